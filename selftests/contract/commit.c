// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_COMMIT: which pages, with what in them, and what it refuses (rules
 * C1-C4, C6, C8, C9, C11, C12, C16, A13, A16).
 */
#include "hostmem_test.h"

#include <sys/resource.h>

/* 64 KiB below a block's end, so that a region here begins with a stump. */
#define FIXED		((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION		(3 * BLOCK)

FIXTURE(commit)
{
	int fd;
	char *base;
};

FIXTURE_SETUP(commit)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
}

FIXTURE_TEARDOWN(commit)
{
}

TEST_F(commit, at_null_reserves_too_C1_C11)
{
	static const DWORD types[] = { MEM_COMMIT, MEM_COMMIT | MEM_TOP_DOWN };
	char *base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		base = VirtualAlloc(NULL, 2 * PAGE + 1, types[i], PAGE_READWRITE);
		ASSERT_NE(NULL, base);
		EXPECT_EQ(0, (uintptr_t)base % GRANULE);
		EXPECT_COMMITTED(base, base, 3 * PAGE, PAGE_READWRITE);
		stamp(base, 3 * PAGE, i);
		EXPECT_EQ(NULL, unstamped(base, 3 * PAGE, i));
	}
	base = VirtualAlloc(NULL, PAGE, MEM_COMMIT, PAGE_READONLY);
	EXPECT_QUERY(base, base, base, PAGE_READONLY, PAGE, MEM_COMMIT,
		     PAGE_READONLY, MEM_PRIVATE);
}

TEST_F(commit, takes_every_page_that_has_a_byte_C2_A16)
{
	char *base = self->base;

	EXPECT_EQ(base + PAGE, commit_at(base + 2 * PAGE - 1, 2, PAGE_READWRITE));
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 3 * PAGE, base, REGION - 3 * PAGE);

	EXPECT_EQ(base + REGION - PAGE,
		  commit_at(base + REGION - 1, 1, PAGE_READWRITE));
	EXPECT_COMMITTED(base + REGION - PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(base, commit_at(base, 1, PAGE_READWRITE));
	EXPECT_COMMITTED(base, base, 3 * PAGE, PAGE_READWRITE);
	EXPECT_EQ(4 * PAGE, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(commit, of_a_hole_in_what_is_committed_C6_C8)
{
	char *base = self->base;

	/* Pages 0 and 2 of each four, across a block's end. */
	for (size_t at = 0; at < 2 * GRANULE; at += 2 * PAGE) {
		ASSERT_EQ(base + at, commit_at(base + at, PAGE, PAGE_READWRITE));
		stamp(base + at, PAGE, 2);
	}
	ASSERT_EQ(base, commit_at(base, 2 * GRANULE, PAGE_READONLY));
	EXPECT_COMMITTED(base, base, 2 * GRANULE, PAGE_READONLY);
	for (size_t at = 0; at < 2 * GRANULE; at += 2 * PAGE) {
		EXPECT_EQ(NULL, unstamped(base + at, PAGE, 2));
		EXPECT_EQ(NULL, nonzero(base + at + PAGE, PAGE));
		EXPECT_SEGV(base + at, try_write(base + at, 1));
	}
	EXPECT_EQ(2 * GRANULE, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(commit, of_free_memory_is_refused_C3)
{
	struct hostmem_status before = hostmem_status(self->fd);
	char *alone = reserve_at(0x70000000, 3 * PAGE);

	ASSERT_NE(NULL, alone);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   alone + GRANULE, PAGE, MEM_COMMIT, PAGE_READWRITE);
	/* The rest of the last granule (B6). */
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   alone + 3 * PAGE, PAGE, MEM_COMMIT, PAGE_READWRITE);
	EXPECT_FREE(alone + 3 * PAGE);
	EXPECT_EQ(before.out_committed_bytes,
		  hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(commit, of_foreign_memory_is_refused_C3)
{
	char *foreign = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_NE(MAP_FAILED, foreign);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, foreign, PAGE,
			   MEM_COMMIT, PAGE_READWRITE);
	EXPECT_TRUE(can_read(foreign));
	EXPECT_FALSE(can_write(foreign));
}

TEST_F(commit, beyond_the_region_is_refused_as_a_whole_C4)
{
	struct hostmem_status before;
	char *base = self->base;
	char *next = reserve_at(base + REGION, GRANULE);

	ASSERT_EQ(base + REGION, next);
	ASSERT_EQ(base + REGION - PAGE,
		  commit_at(base + REGION - PAGE, PAGE, PAGE_READWRITE));
	before = hostmem_status(self->fd);

	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   base + REGION - 2 * PAGE, 3 * PAGE, MEM_COMMIT,
			   PAGE_READONLY);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   base, REGION + 1, MEM_COMMIT, PAGE_READONLY);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   next, GRANULE + 1, MEM_COMMIT, PAGE_READONLY);
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_RESERVED(base, base, REGION - PAGE);
	EXPECT_COMMITTED(base + REGION - PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(next, next, GRANULE);
}

TEST_F(commit, with_reserve_over_a_region_is_refused_C12)
{
	struct hostmem_status before = hostmem_status(self->fd);

	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, self->base,
			   PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   self->base + BLOCK, PAGE, MEM_RESERVE | MEM_COMMIT,
			   PAGE_READWRITE);
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_RESERVED(self->base, self->base, REGION);
}

TEST_F(commit, of_more_than_there_is_changes_nothing_A13_C16)
{
	struct hostmem_status before;
	char *base = reserve_at(NULL, TIB);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(base + PAGE, commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	stamp(base + PAGE, PAGE, 1);
	before = hostmem_status(self->fd);

	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, base, TIB,
			   MEM_COMMIT, PAGE_READONLY);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL, TIB,
			   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL, TIB,
			   MEM_COMMIT, PAGE_READWRITE);
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 2 * PAGE, base, TIB - 2 * PAGE);
	EXPECT_EQ(NULL, unstamped(base + PAGE, PAGE, 1));
	EXPECT_TRUE(can_write(base + PAGE));
}

TEST_F(commit, of_what_was_dirty_before_is_zero_C9)
{
	char *base;
	int i;

	ASSERT_EQ(self->base, commit_at(self->base, REGION, PAGE_READWRITE));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(NULL, nonzero(self->base, REGION));
		memset(self->base, 0xa5, REGION);
		ASSERT_TRUE(VirtualFree(self->base, REGION, MEM_DECOMMIT));
		ASSERT_EQ(self->base,
			  commit_at(self->base, REGION, PAGE_READWRITE));
	}
	for (i = 0; i < 3; i++) {
		base = both_at(NULL, 4 * BLOCK, PAGE_READWRITE);
		ASSERT_NE(NULL, base);
		EXPECT_EQ(NULL, nonzero(base, 4 * BLOCK));
		memset(base, 0xa5, 4 * BLOCK);
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	}
}

/* Fill memory of the device and of the kernel's usual kind, then exit. */
static void leave_dirt(size_t size)
{
	int fd = open_device();
	uintptr_t ours;
	void *other;

	if (raw_alloc(fd, 0, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &ours))
		_exit(1);
	memset((void *)ours, 0xa5, size);
	other = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (other == MAP_FAILED)
		_exit(2);
	memset(other, 0xa5, size);
	_exit(0);
}

TEST_F(commit, of_what_another_process_left_is_zero_C9)
{
	size_t size = 64 * MIB;
	pid_t child = fork();
	char *base;

	ASSERT_LE(0, child);
	if (!child)
		leave_dirt(size);
	ASSERT_EQ(0, status_of(child));
	base = both_at(NULL, 2 * size, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(NULL, nonzero(base, 2 * size));
}

TEST_F(commit, is_eager)
{
	struct rusage before, after;
	size_t at;

	ASSERT_EQ(self->base, commit_at(self->base, REGION, PAGE_READWRITE));
	ASSERT_EQ(0, getrusage(RUSAGE_THREAD, &before));
	for (at = 0; at < REGION; at += PAGE)
		*(volatile char *)(self->base + at) = 1;
	ASSERT_EQ(0, getrusage(RUSAGE_THREAD, &after));
	/* One fault for each of 1,536 pages, were they not there already. */
	EXPECT_GT(16, after.ru_minflt - before.ru_minflt);
	EXPECT_EQ(before.ru_majflt, after.ru_majflt);
}

TEST_F(commit, of_64_kib_at_odd_offsets_C2_C8)
{
	size_t at;

	for (at = PAGE; at + GRANULE <= REGION; at += GRANULE + 3 * PAGE) {
		char *start = self->base + at;

		ASSERT_EQ(start, commit_at(start, GRANULE, PAGE_READWRITE));
		EXPECT_EQ(NULL, nonzero(start, GRANULE));
		stamp(start, GRANULE, 3);
		EXPECT_COMMITTED(start, self->base, GRANULE, PAGE_READWRITE);
	}
	for (at = PAGE; at + GRANULE <= REGION; at += GRANULE + 3 * PAGE) {
		EXPECT_EQ(NULL, unstamped(self->base + at, GRANULE, 3));
		EXPECT_FALSE(can_read(self->base + at - 1));
	}
}

TEST_F(commit, page_by_page_C2)
{
	size_t pages = (BLOCK + 2 * GRANULE) / PAGE;
	size_t i, at;

	/* In an order that jumps: 7 has no factor in common with the number. */
	ASSERT_NE(0, pages % 7);
	for (i = 0; i < pages; i++) {
		at = i * 7 % pages * PAGE;
		ASSERT_EQ(self->base + at,
			  commit_at(self->base + at, PAGE, PAGE_READWRITE));
		EXPECT_EQ(NULL, nonzero(self->base + at, PAGE));
		stamp(self->base + at, PAGE, 4);
	}
	EXPECT_COMMITTED(self->base, self->base, pages * PAGE, PAGE_READWRITE);
	EXPECT_EQ(NULL, unstamped(self->base, pages * PAGE, 4));
}

TEST_HARNESS_MAIN
