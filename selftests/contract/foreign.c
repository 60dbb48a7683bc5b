// SPDX-License-Identifier: GPL-2.0
/*
 * Description: VirtualQuery of memory that is not the library's: mappings of the
 * process, regions of other files, and a walk over all there is (rules Q5, Q8,
 * Q13, S8).  Images and stacks have programs of their own.
 */
#include "hostmem_test.h"

#include <pthread.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(4 * BLOCK)

FIXTURE(foreign)
{
	char *base;
};

FIXTURE_SETUP(foreign)
{
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
}

FIXTURE_TEARDOWN(foreign)
{
}

TEST_F(foreign, other_mappings_are_not_free_Q13)
{
	static const struct {
		int prot;
		DWORD protect;
	} rows[] = {
		{ PROT_NONE,				PAGE_NOACCESS },
		{ PROT_READ,				PAGE_READONLY },
		{ PROT_READ | PROT_WRITE,		PAGE_READWRITE },
		{ PROT_READ | PROT_EXEC,		PAGE_EXECUTE_READ },
		{ PROT_READ | PROT_WRITE | PROT_EXEC,	PAGE_EXECUTE_READWRITE },
	};
	char *place = self->base + REGION + PAGE;
	int fd = memfd_create("hostmem", MFD_CLOEXEC);
	size_t i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 3 * PAGE));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(place, mmap(place, 3 * PAGE, rows[i].prot,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
				      -1, 0));
		EXPECT_QUERY(place + PAGE + 1, place + PAGE, place,
			     rows[i].protect, 2 * PAGE, MEM_COMMIT,
			     rows[i].protect, MEM_PRIVATE);
		/* What lies before it is free, up to it. */
		EXPECT_QUERY(place - PAGE, place - PAGE, NULL, 0, PAGE,
			     MEM_FREE, PAGE_NOACCESS, 0);
		EXPECT_FREE(place + 3 * PAGE);
		ASSERT_EQ(0, munmap(place, 3 * PAGE));
		EXPECT_FREE(place);

		ASSERT_EQ(place, mmap(place, 3 * PAGE, rows[i].prot,
				      MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0));
		EXPECT_QUERY(place, place, place, rows[i].protect, 3 * PAGE,
			     MEM_COMMIT, rows[i].protect, MEM_MAPPED);
		ASSERT_EQ(0, munmap(place, 3 * PAGE));
	}
}

TEST_F(foreign, neighbours_of_a_region_are_told_apart_Q5_Q13)
{
	char *after = mmap(self->base + REGION, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			   -1, 0);
	char *before = mmap(self->base - PAGE, PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);

	ASSERT_EQ(self->base + REGION, after);
	ASSERT_EQ(self->base - PAGE, before);
	EXPECT_RESERVED(self->base, self->base, REGION);
	EXPECT_QUERY(before, before, before, PAGE_NOACCESS, PAGE, MEM_COMMIT,
		     PAGE_NOACCESS, MEM_PRIVATE);
	EXPECT_QUERY(after, after, after, PAGE_READWRITE, PAGE, MEM_COMMIT,
		     PAGE_READWRITE, MEM_PRIVATE);
}

/* Opened for reading only, a shared mapping is as private to the kernel. */
TEST_F(foreign, shared_mapping_of_a_file_that_may_only_be_read_Q13)
{
	char *place = self->base + REGION;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(place, mmap(place, 2 * PAGE, PROT_READ | PROT_EXEC,
			      MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0));
	EXPECT_QUERY(place, place, place, PAGE_EXECUTE_READ, 2 * PAGE,
		     MEM_COMMIT, PAGE_EXECUTE_READ, MEM_MAPPED);
}

TEST_F(foreign, private_mapping_of_dev_zero_is_anonymous_Q13)
{
	char *place = self->base + REGION;
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(place, mmap(place, 2 * PAGE, PROT_READ | PROT_EXEC,
			      MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0));
	EXPECT_QUERY(place, place, place, PAGE_EXECUTE_READ, 2 * PAGE,
		     MEM_COMMIT, PAGE_EXECUTE_READ, MEM_PRIVATE);
}

/* Whose an address is, and what lies there. */
static int query_as(int fd, uintptr_t addr, struct hostmem_memory_info *info)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.out_own = POISON_DWORD,
		.addr = addr,
		.buffer = (uintptr_t)info,
	};
	int err;

	memset(info, POISON_BYTE, sizeof(*info));
	err = raw_call(fd, HOSTMEM_IOC_QUERY, &arg);
	return err ?: (int)arg.out_own;
}

/* Both files tell the same; only whose it is differs. */
#define EXPECT_ALIKE(owner, other, address) do {			\
	struct hostmem_memory_info __mine, __theirs;			\
									\
	EXPECT_EQ(1, query_as(owner, (uintptr_t)(address), &__mine));	\
	EXPECT_EQ(2, query_as(other, (uintptr_t)(address), &__theirs));	\
	EXPECT_EQ(0, memcmp(&__mine, &__theirs, sizeof(__mine)));	\
} while (0)

TEST_F(foreign, regions_of_another_file_are_told_as_it_tells_them_S8)
{
	struct hostmem_memory_info info;
	int first = library_fd(), second = open_device();
	uintptr_t base, at;
	size_t i;

	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, raw_alloc(second, 0, 2 * BLOCK, HOSTMEM_RESERVE,
			       HOSTMEM_EXECUTE_READ, &base));
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		at = base + (3 * i + 1) * PAGE;
		ASSERT_EQ(0, raw_alloc(second, at, 2 * PAGE, HOSTMEM_COMMIT,
				       protections[i].protect, &at));
	}
	at = base + BLOCK;
	ASSERT_EQ(0, raw_alloc(second, at, PAGE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE | HOSTMEM_GUARD, &at));
	for (at = base; at < base + 2 * BLOCK; at += PAGE)
		EXPECT_ALIKE(second, first, at);
	for (at = FIXED; at < FIXED + REGION; at += 5 * GRANULE)
		EXPECT_ALIKE(first, second, at);

	/* The library's functions see them, too. */
	EXPECT_QUERY(base + PAGE, base + PAGE, base, PAGE_EXECUTE_READ,
		     2 * PAGE, MEM_COMMIT, PAGE_NOACCESS, MEM_PRIVATE);
	EXPECT_QUERY(base + BLOCK, base + BLOCK, base, PAGE_EXECUTE_READ, PAGE,
		     MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD, MEM_PRIVATE);
	EXPECT_QUERY(base, base, base, PAGE_EXECUTE_READ, PAGE, MEM_RESERVE, 0,
		     MEM_PRIVATE);

	/* A region lasts as long as its mapping, the descriptor may go before. */
	ASSERT_EQ(0, close(second));
	EXPECT_EQ(2, query_as(first, base, &info));
	ASSERT_EQ(0, munmap((void *)base, 2 * BLOCK));
	EXPECT_EQ(0, query_as(first, base, &info));
	EXPECT_EQ(HOSTMEM_FREE, info.state);
}

TEST_F(foreign, other_mappings_of_the_device_are_no_regions_S8)
{
	struct hostmem_memory_info info;
	int second = open_device();
	void *load;

	ASSERT_LE(0, second);
	load = mmap(NULL, HOSTMEM_LOAD_PAGES * PAGE, PROT_READ, MAP_SHARED,
		    second, HOSTMEM_LOAD_OFFSET);
	ASSERT_NE(MAP_FAILED, load);
	EXPECT_EQ(0, query_as(second, (uintptr_t)load, &info));
	EXPECT_EQ(HOSTMEM_MAPPED, info.type);
	EXPECT_EQ(HOSTMEM_COMMIT, info.state);
	EXPECT_EQ(HOSTMEM_READONLY, info.protect);
	EXPECT_EQ((uintptr_t)load, info.allocation_base);
	EXPECT_EQ(HOSTMEM_LOAD_PAGES * PAGE, info.region_size);
	EXPECT_EQ(0, query_as(library_fd(), (uintptr_t)load, &info));
	EXPECT_EQ(HOSTMEM_MAPPED, info.type);
}

/*
 * Mappings and regions of another file that come and go meanwhile: each answer is
 * one that was true at some time.
 */
#define PLACE	((uintptr_t)0x60000000)

static volatile bool done;

static void *come_and_go(void *unused)
{
	int other = open_device();
	uintptr_t base;

	while (!done) {
		if (!raw_alloc(other, PLACE, 2 * GRANULE,
			       HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base))
			raw_free(other, PLACE, 0, HOSTMEM_RELEASE);
		mmap((void *)PLACE, GRANULE, PROT_READ,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		mmap((void *)(PLACE + GRANULE), PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
		     MAP_FIXED_NOREPLACE, -1, 0);
		munmap((void *)PLACE, GRANULE);
		munmap((void *)(PLACE + GRANULE), PAGE);
	}
	return unused;
}

TEST_F(foreign, what_comes_and_goes_is_one_thing_at_a_time_S8)
{
	unsigned int seen[3] = {}, i;
	struct hostmem_memory_info info;
	int fd = library_fd(), own;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, come_and_go, NULL));
	for (i = 0; i < 3000000; i++) {
		if (i >= times(20000) && seen[0] && seen[2])
			break;
		own = query_as(fd, PLACE + PAGE, &info);
		ASSERT_TRUE(own == 0 || own == 2);
		seen[own]++;
		EXPECT_EQ(PLACE + PAGE, info.base);
		if (own) {
			EXPECT_EQ(PLACE, info.allocation_base);
			EXPECT_EQ(2 * GRANULE - PAGE, info.region_size);
		} else if (info.state == HOSTMEM_COMMIT) {
			EXPECT_EQ(PLACE, info.allocation_base);
			EXPECT_EQ(GRANULE - PAGE, info.region_size);
			EXPECT_EQ(HOSTMEM_READONLY, info.protect);
		} else if (info.state == HOSTMEM_RESERVE) {
			EXPECT_EQ(GRANULE - PAGE, info.region_size);
			EXPECT_GE(PLACE, info.allocation_base);
		} else {
			EXPECT_EQ(HOSTMEM_FREE, info.state);
			EXPECT_EQ(0, info.allocation_base);
		}
	}
	EXPECT_LT(0, seen[0]);
	EXPECT_LT(0, seen[2]);
	done = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

TEST_F(foreign, walk_covers_the_address_space_Q5_Q8)
{
	uintptr_t addr = 0, limit = user_limit(), base = 0;
	MEMORY_BASIC_INFORMATION info;
	int runs = 0, regions = 0, images = 0, kept = 0;
	bool mapped;

	while (addr < limit) {
		info = query((void *)addr);
		ASSERT_EQ((void *)addr, info.BaseAddress);
		ASSERT_LT(0, info.RegionSize);
		ASSERT_GE(limit - addr, info.RegionSize);
		mapped = mappings(getpid(), addr, addr + info.RegionSize);
		/* Reserved for a stack, or by us: then there is a mapping. */
		if (info.State != MEM_RESERVE || info.AllocationBase == self->base) {
			EXPECT_EQ(info.State != MEM_FREE, mapped);
		} else {
			kept += !mapped;
		}
		/* An allocation is in one piece, and begins at its base. */
		if (info.State == MEM_FREE) {
			EXPECT_EQ(NULL, info.AllocationBase);
		} else if ((uintptr_t)info.AllocationBase != base) {
			EXPECT_EQ((void *)addr, info.AllocationBase);
		}
		base = (uintptr_t)info.AllocationBase;
		regions += info.AllocationBase == self->base;
		images += info.Type == MEM_IMAGE && (uintptr_t)base == addr;
		runs++;
		addr += info.RegionSize;
	}
	EXPECT_EQ(limit, addr);
	EXPECT_LT(4, runs);
	EXPECT_EQ(1, regions);
	EXPECT_EQ(1, images);
	EXPECT_EQ(1, kept);
}

TEST_HARNESS_MAIN
