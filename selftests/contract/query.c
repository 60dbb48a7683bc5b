// SPDX-License-Identifier: GPL-2.0
/*
 * Description: VirtualQuery: run lengths, limits of the address space, and
 * queries while threads are stopped (rules Q1-Q11, H13).
 */
#include "hostmem_test.h"

#include <pthread.h>
#include <semaphore.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(4 * BLOCK)

FIXTURE(query)
{
	char *base;
};

FIXTURE_SETUP(query)
{
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
}

FIXTURE_TEARDOWN(query)
{
}

TEST_F(query, short_buffer_is_left_alone_Q1)
{
	static const SIZE_T lengths[] = { 0, 1, 8, 40, 47 };
	MEMORY_BASIC_INFORMATION info, poison;
	SIZE_T result;
	size_t i;

	memset(&poison, POISON_BYTE, sizeof(poison));
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		memcpy(&info, &poison, sizeof(info));
		SetLastError(POISON_DWORD);
		EXPECT_EQ(0, VirtualQuery(self->base, &info, lengths[i]));
		EXPECT_EQ(ERROR_BAD_LENGTH, GetLastError());
		result = POISON_DWORD;
		EXPECT_EQ(HRESULT_FROM_WIN32(ERROR_BAD_LENGTH),
			  HostVirtualQuery(self->base, &info, lengths[i],
					   &result));
		EXPECT_EQ(0, result);
		EXPECT_EQ(0, memcmp(&info, &poison, sizeof(info)));
	}
	/* Length comes before the buffer. */
	EXPECT_EQ(0, VirtualQuery(self->base, NULL, 47));
	EXPECT_EQ(ERROR_BAD_LENGTH, GetLastError());
}

TEST_F(query, long_buffer_gets_48_bytes_Q2)
{
	unsigned char buffer[100];
	SIZE_T result = POISON_DWORD;
	size_t i;

	memset(buffer, POISON_BYTE, sizeof(buffer));
	EXPECT_EQ(48, sizeof(MEMORY_BASIC_INFORMATION));
	EXPECT_EQ(48, VirtualQuery(self->base,
				   (MEMORY_BASIC_INFORMATION *)buffer,
				   sizeof(buffer)));
	EXPECT_EQ(S_OK, HostVirtualQuery(self->base, buffer, sizeof(buffer),
					 &result));
	EXPECT_EQ(48, result);
	for (i = 48; i < sizeof(buffer); i++) {
		EXPECT_EQ(POISON_BYTE, buffer[i]);
	}
}

TEST_F(query, bad_out_pointers_Q11)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T result = POISON_DWORD;
	char *readonly = mmap(NULL, PAGE, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, readonly);
	EXPECT_EQ(0, VirtualQuery(self->base, NULL, 48));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	EXPECT_EQ(E_POINTER, HostVirtualQuery(self->base, NULL, 48, &result));
	EXPECT_EQ(0, result);
	EXPECT_EQ(E_POINTER, HostVirtualQuery(self->base, &info, 48, NULL));

	SetLastError(POISON_DWORD);
	EXPECT_EQ(0, VirtualQuery(self->base,
				  (MEMORY_BASIC_INFORMATION *)readonly, 48));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	result = POISON_DWORD;
	EXPECT_EQ(E_NOACCESS, HostVirtualQuery(self->base, readonly, 48,
					       &result));
	EXPECT_EQ(0, result);
	/* Reserved pages are no buffer. */
	EXPECT_EQ(E_NOACCESS, HostVirtualQuery(self->base, self->base, 48,
					       &result));
}

TEST_F(query, buffer_in_own_memory)
{
	MEMORY_BASIC_INFORMATION *info;

	info = commit_at(self->base, PAGE, PAGE_READWRITE);
	ASSERT_NE(NULL, info);
	EXPECT_EQ(48, VirtualQuery(info, info, 48));
	EXPECT_EQ((void *)info, info->BaseAddress);
	EXPECT_EQ(MEM_COMMIT, info->State);
}

TEST_F(query, above_user_space_Q3)
{
	const uintptr_t bad[] = {
		user_limit(), user_limit() + 1, (uintptr_t)1 << 63,
		0xffff888000000000, ~(uintptr_t)0,
	};
	MEMORY_BASIC_INFORMATION info;
	SIZE_T result;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		SetLastError(POISON_DWORD);
		EXPECT_EQ(0, VirtualQuery((void *)bad[i], &info, sizeof(info)));
		EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
		result = POISON_DWORD;
		EXPECT_EQ(E_INVALIDARG, HostVirtualQuery((void *)bad[i], &info,
							 sizeof(info), &result));
		EXPECT_EQ(0, result);
	}
}

TEST_F(query, ends_of_user_space_Q3_Q8_Q10)
{
	uintptr_t last = user_limit() - PAGE;
	MEMORY_BASIC_INFORMATION info;

	EXPECT_QUERY(user_limit() - 1, last, NULL, 0, PAGE, MEM_FREE,
		     PAGE_NOACCESS, 0);
	EXPECT_QUERY(user_limit() - 2, last, NULL, 0, PAGE, MEM_FREE,
		     PAGE_NOACCESS, 0);
	info = query(NULL);
	EXPECT_EQ(MEM_FREE, info.State);
	EXPECT_EQ(NULL, info.BaseAddress);
	EXPECT_EQ(NULL, info.AllocationBase);
	EXPECT_LE(GRANULE, info.RegionSize);
	EXPECT_EQ(0, mappings(getpid(), 0, info.RegionSize));
	EXPECT_EQ(1, mappings(getpid(), info.RegionSize, info.RegionSize + 1));
}

TEST_F(query, base_is_the_page_and_size_what_is_left_Q4_Q5_Q7)
{
	char *base = self->base;

	EXPECT_QUERY(base + 0xf700, base + 0xf000, base, PAGE_READWRITE,
		     REGION - 0xf000, MEM_RESERVE, 0, MEM_PRIVATE);
	EXPECT_QUERY(base + 0xfff, base, base, PAGE_READWRITE, REGION,
		     MEM_RESERVE, 0, MEM_PRIVATE);
	EXPECT_QUERY(base + REGION - 1, base + REGION - PAGE, base,
		     PAGE_READWRITE, PAGE, MEM_RESERVE, 0, MEM_PRIVATE);
}

TEST_F(query, runs_cross_blocks_Q5_Q6_Q7)
{
	char *base = self->base;
	/* The last page of a block and the first of the next but two. */
	size_t first = GRANULE - PAGE, size = 2 * BLOCK + 2 * PAGE;

	ASSERT_NE(NULL, commit_at(base + first, size, PAGE_READWRITE));
	EXPECT_RESERVED(base, base, first);
	EXPECT_COMMITTED(base + first, base, size, PAGE_READWRITE);
	EXPECT_COMMITTED(base + first + PAGE, base, size - PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + first + size - PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + first + size, base, REGION - first - size);

	/* The same protection elsewhere in a block doesn't join. */
	ASSERT_NE(NULL, commit_at(base + GRANULE + BLOCK, PAGE, PAGE_READONLY));
	EXPECT_COMMITTED(base + first, base, BLOCK + PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base + GRANULE + BLOCK, base, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(base + GRANULE + BLOCK + PAGE, base, BLOCK,
			 PAGE_READWRITE);
	ASSERT_NE(NULL, commit_at(base + GRANULE + BLOCK, PAGE, PAGE_READWRITE));
	EXPECT_COMMITTED(base + first, base, size, PAGE_READWRITE);

	/* A hole at the end of a block. */
	ASSERT_TRUE(VirtualFree(base + GRANULE + BLOCK - PAGE, PAGE,
				MEM_DECOMMIT));
	EXPECT_COMMITTED(base + first, base, BLOCK, PAGE_READWRITE);
	EXPECT_RESERVED(base + GRANULE + BLOCK - PAGE, base, PAGE);
	EXPECT_COMMITTED(base + GRANULE + BLOCK, base, BLOCK + PAGE,
			 PAGE_READWRITE);
}

TEST_F(query, reserved_run_crosses_blocks_with_and_without_pages_Q7)
{
	char *base = self->base;

	/* A page in the second and one in the last block. */
	ASSERT_NE(NULL, commit_at(base + GRANULE + 5 * PAGE, PAGE, PAGE_NOACCESS));
	ASSERT_NE(NULL, commit_at(base + REGION - 2 * PAGE, PAGE, PAGE_NOACCESS));
	EXPECT_RESERVED(base, base, GRANULE + 5 * PAGE);
	EXPECT_COMMITTED(base + GRANULE + 5 * PAGE, base, PAGE, PAGE_NOACCESS);
	EXPECT_RESERVED(base + GRANULE + 6 * PAGE, base,
			REGION - GRANULE - 8 * PAGE);
	EXPECT_RESERVED(base + 2 * BLOCK, base, REGION - 2 * BLOCK - 2 * PAGE);
	EXPECT_RESERVED(base + REGION - PAGE, base, PAGE);
}

TEST_F(query, each_protection_is_a_run_Q5_Q6)
{
	char *base = self->base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		ASSERT_NE(NULL, commit_at(base + i * 3 * PAGE, 3 * PAGE,
					  protections[i].protect));
	}
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		EXPECT_COMMITTED(base + i * 3 * PAGE, base, 3 * PAGE,
				 protections[i].protect);
		EXPECT_COMMITTED(base + (i * 3 + 2) * PAGE, base, PAGE,
				 protections[i].protect);
	}
}

TEST_F(query, never_crosses_a_region_Q5)
{
	char *next = reserve_at(self->base + REGION, GRANULE);

	ASSERT_EQ(self->base + REGION, next);
	EXPECT_RESERVED(self->base, self->base, REGION);
	EXPECT_RESERVED(next, next, GRANULE);
	ASSERT_NE(NULL, commit_at(self->base + REGION - PAGE, PAGE, PAGE_READWRITE));
	ASSERT_NE(NULL, commit_at(next, PAGE, PAGE_READWRITE));
	EXPECT_COMMITTED(self->base + REGION - PAGE, self->base, PAGE,
			 PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, PAGE, PAGE_READWRITE);
}

TEST_F(query, allocation_protect_is_the_reserves_Q6_Q7)
{
	char *base = VirtualAlloc(NULL, 4 * PAGE, MEM_RESERVE, PAGE_EXECUTE_READ);

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, commit_at(base + PAGE, PAGE, PAGE_READONLY));
	EXPECT_QUERY(base, base, base, PAGE_EXECUTE_READ, PAGE, MEM_RESERVE, 0,
		     MEM_PRIVATE);
	EXPECT_QUERY(base + PAGE, base + PAGE, base, PAGE_EXECUTE_READ, PAGE,
		     MEM_COMMIT, PAGE_READONLY, MEM_PRIVATE);
}

TEST_F(query, free_memory_up_to_the_next_region_Q8_Q9)
{
	char *base = reserve_at(FIXED + 2 * REGION, 3 * PAGE);

	ASSERT_EQ((char *)FIXED + 2 * REGION, base);
	EXPECT_QUERY(FIXED + REGION + 5, FIXED + REGION, NULL, 0, REGION,
		     MEM_FREE, PAGE_NOACCESS, 0);
	EXPECT_QUERY(base - 1, base - PAGE, NULL, 0, PAGE, MEM_FREE,
		     PAGE_NOACCESS, 0);
	/* The rest of the granule belongs to no region. */
	ASSERT_EQ(base + GRANULE, reserve_at(base + GRANULE, PAGE));
	EXPECT_QUERY(base + 3 * PAGE, base + 3 * PAGE, NULL, 0,
		     GRANULE - 3 * PAGE, MEM_FREE, PAGE_NOACCESS, 0);
}

/*
 * Threads that change the region all the time, and can be stopped anywhere
 * outside the kernel.
 */
struct mutator {
	pthread_t thread;
	char *at;
	sem_t stopped;
	sem_t go_on;
};

static _Thread_local struct mutator *self_mutator;
static volatile bool done;

static void stop(int signo)
{
	int saved = errno;

	(void)signo;
	sem_post(&self_mutator->stopped);
	while (sem_wait(&self_mutator->go_on))
		;
	errno = saved;
}

static void *mutate(void *mutator)
{
	size_t i;

	self_mutator = mutator;
	sem_post(&self_mutator->stopped);
	for (i = 0; !done; i = (i + 1) % 16) {
		char *at = self_mutator->at + i * PAGE;

		commit_at(at, 3 * PAGE, PAGE_READWRITE);
		VirtualFree(at, 2 * PAGE, MEM_DECOMMIT);
	}
	return NULL;
}

static void wait_until_stopped(struct mutator *mutator)
{
	while (sem_wait(&mutator->stopped))
		;
}

TEST_F(query, needs_no_thread_to_move_H13)
{
	struct sigaction action = { .sa_handler = stop };
	struct mutator mutators[2];
	size_t i, round;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	for (i = 0; i < ARRAY_SIZE(mutators); i++) {
		mutators[i].at = self->base + i * GRANULE;
		ASSERT_EQ(0, sem_init(&mutators[i].stopped, 0, 0));
		ASSERT_EQ(0, sem_init(&mutators[i].go_on, 0, 0));
		ASSERT_EQ(0, pthread_create(&mutators[i].thread, NULL, mutate,
					    &mutators[i]));
		wait_until_stopped(&mutators[i]);
	}

	for (round = 0; round < 300; round++) {
		for (i = 0; i < ARRAY_SIZE(mutators); i++) {
			ASSERT_EQ(0, pthread_kill(mutators[i].thread, SIGUSR1));
		}
		for (i = 0; i < ARRAY_SIZE(mutators); i++)
			wait_until_stopped(&mutators[i]);
		/* Would block for good if a stopped thread held a lock. */
		EXPECT_EQ((void *)self->base, query(self->base).AllocationBase);
		EXPECT_EQ(MEM_COMMIT, query(&round).State);
		EXPECT_EQ(MEM_FREE, query(NULL).State);
		for (i = 0; i < ARRAY_SIZE(mutators); i++)
			sem_post(&mutators[i].go_on);
	}
	done = true;
	for (i = 0; i < ARRAY_SIZE(mutators); i++) {
		ASSERT_EQ(0, pthread_join(mutators[i].thread, NULL));
	}
}

TEST_HARNESS_MAIN
