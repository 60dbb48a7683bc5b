// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_RESERVE: where regions lie, what they refuse and what they cost
 * (rules B1, B4-B6, B8-B10, B13, A1, A12).
 */
#include "hostmem_test.h"

/* Nothing else of a test program is near these addresses. */
#define FIXED	((uintptr_t)0x50000000)

FIXTURE(reserve)
{
	int fd;
};

FIXTURE_SETUP(reserve)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(reserve)
{
}

TEST_F(reserve, null_address_gives_granule_and_whole_pages_B1)
{
	static const size_t sizes[] = {
		1, PAGE, PAGE + 1, 0x2000, 0xfffc, 0x10000, 0x10001,
		BLOCK - 1, BLOCK, BLOCK + 1, GIB + 1,
	};
	size_t i, rounded;
	char *base;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		rounded = (sizes[i] + PAGE - 1) & -PAGE;
		base = reserve_at(NULL, sizes[i]);
		ASSERT_NE(NULL, base);
		EXPECT_EQ(0, (uintptr_t)base % GRANULE);
		EXPECT_RESERVED(base, base, rounded);
		EXPECT_FREE(base + rounded);
		EXPECT_EQ(rounded, hostmem_status(self->fd).out_reserved_bytes);
		EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	}
}

TEST_F(reserve, null_address_never_overlaps_B1)
{
	char *bases[64];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		bases[i] = reserve_at(NULL, (i % 7 + 1) * PAGE);
		ASSERT_NE(NULL, bases[i]);
		EXPECT_EQ(0, (uintptr_t)bases[i] % GRANULE);
		for (j = 0; j < i; j++) {
			EXPECT_NE(bases[j], bases[i]);
		}
		EXPECT_RESERVED(bases[i], bases[i], (i % 7 + 1) * PAGE);
	}
	EXPECT_EQ(ARRAY_SIZE(bases), hostmem_status(self->fd).out_regions);
}

TEST_F(reserve, commits_pages_below_the_address_B4)
{
	char *base = both_at(FIXED + 0x4080, 0x1000, PAGE_READWRITE);

	ASSERT_EQ((char *)FIXED, base);
	EXPECT_EQ(NULL, nonzero(base, 0x6000));
	stamp(base, 0x6000, 1);
	EXPECT_EQ(NULL, unstamped(base, 0x6000, 1));
	EXPECT_EQ(0x6000, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(reserve, over_own_region_is_refused_B5_C12)
{
	static const struct {
		uintptr_t addr;
		size_t size;
	} rows[] = {
		{ FIXED + 0x10000, 0x20000 },	/* the same */
		{ FIXED + 0x10000, 0x1000 },	/* its beginning */
		{ FIXED + 0x20000, 0x10000 },	/* its end */
		{ FIXED + 0x1f000, 0x1000 },	/* inside */
		{ FIXED + 0x20000, 0x80000 },	/* past its end */
		{ FIXED, 0x10001 },		/* up to its first page */
		{ FIXED, 0x80000 },		/* all around it */
	};
	struct hostmem_status before;
	char *base;
	size_t i;

	base = reserve_at(FIXED + 0x10000, 0x20000);
	ASSERT_EQ((char *)FIXED + 0x10000, base);
	ASSERT_EQ(base + PAGE, commit_at(base + PAGE, PAGE, PAGE_READWRITE));
	stamp(base + PAGE, PAGE, 1);
	before = hostmem_status(self->fd);

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   rows[i].addr, rows[i].size, MEM_RESERVE,
				   PAGE_READONLY);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   rows[i].addr, rows[i].size,
				   MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
	}
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_RESERVED(base, base, PAGE);
	EXPECT_COMMITTED(base + PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 2 * PAGE, base, 0x20000 - 2 * PAGE);
	EXPECT_EQ(NULL, unstamped(base + PAGE, PAGE, 1));
	EXPECT_FREE(FIXED);
	EXPECT_FREE(base + 0x20000);
}

TEST_F(reserve, over_foreign_memory_is_refused_B5)
{
	static const int prots[] = { PROT_READ | PROT_WRITE, PROT_NONE };
	struct hostmem_status before = hostmem_status(self->fd);
	char *foreign;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		foreign = mmap((void *)(FIXED + GRANULE), 2 * PAGE,
			       PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			       -1, 0);
		ASSERT_EQ((char *)FIXED + GRANULE, foreign);
		stamp(foreign, 2 * PAGE, 1);
		ASSERT_EQ(0, mprotect(foreign, 2 * PAGE, prots[i]));

		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   foreign, PAGE, MEM_RESERVE, PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   foreign + PAGE, PAGE, MEM_RESERVE,
				   PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   FIXED, 3 * GRANULE, MEM_RESERVE | MEM_COMMIT,
				   PAGE_READWRITE);
		/* Free, but its granule isn't. */
		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   foreign + 4 * PAGE, PAGE, MEM_RESERVE,
				   PAGE_READWRITE);

		EXPECT_SAME_STATUS(before, self->fd);
		ASSERT_EQ(0, mprotect(foreign, 2 * PAGE, PROT_READ));
		EXPECT_EQ(NULL, unstamped(foreign, 2 * PAGE, 1));
		ASSERT_EQ(0, munmap(foreign, 2 * PAGE));
	}
	EXPECT_EQ((void *)FIXED, reserve_at(FIXED, 3 * GRANULE));
}

TEST_F(reserve, rest_of_the_last_granule_is_free_but_useless_B6)
{
	char *base = reserve_at(FIXED, 3 * PAGE);
	char *other;
	int i;

	ASSERT_EQ((char *)FIXED, base);
	EXPECT_QUERY(base + 3 * PAGE, base + 3 * PAGE, NULL, 0,
		     query(base + 3 * PAGE).RegionSize, MEM_FREE, PAGE_NOACCESS,
		     0);
	for (i = 3; i < 16; i++) {
		EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				   base + i * PAGE, PAGE, MEM_RESERVE,
				   PAGE_READWRITE);
	}
	for (i = 0; i < 64; i++) {
		other = reserve_at(NULL, PAGE);
		ASSERT_NE(NULL, other);
		EXPECT_EQ(0, (uintptr_t)other % GRANULE);
	}
	/* The next granule is another matter. */
	EXPECT_EQ(base + GRANULE, reserve_at(base + GRANULE, PAGE));
}

TEST_F(reserve, top_down_is_above_bottom_up_B8)
{
	static const size_t sizes[] = { PAGE, GRANULE, BLOCK, GIB };
	char *low, *high, *next;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		low = VirtualAlloc(NULL, sizes[i], MEM_RESERVE, PAGE_READWRITE);
		high = VirtualAlloc(NULL, sizes[i], MEM_RESERVE | MEM_TOP_DOWN,
				    PAGE_READWRITE);
		next = VirtualAlloc(NULL, sizes[i], MEM_RESERVE | MEM_TOP_DOWN,
				    PAGE_READWRITE);
		ASSERT_NE(NULL, low);
		ASSERT_NE(NULL, high);
		ASSERT_NE(NULL, next);
		EXPECT_LT(low, next);
		EXPECT_LT(next, high);
		EXPECT_EQ(0, (uintptr_t)low % GRANULE);
		EXPECT_EQ(0, (uintptr_t)high % GRANULE);
		EXPECT_EQ(0, (uintptr_t)next % GRANULE);
		EXPECT_RESERVED(high, high, sizes[i]);
	}
}

TEST_F(reserve, top_down_with_an_address_means_nothing_B8)
{
	EXPECT_EQ((void *)FIXED,
		  VirtualAlloc((void *)(FIXED + 1), PAGE,
			       MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE));
	EXPECT_RESERVED(FIXED, FIXED, 2 * PAGE);
}

TEST_F(reserve, reserved_pages_have_no_access_and_no_charge_B9)
{
	struct hostmem_status before = hostmem_status(self->fd);
	char *base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		base = VirtualAlloc(NULL, BLOCK + GRANULE, MEM_RESERVE,
				    protections[i].protect);
		ASSERT_NE(NULL, base);
		EXPECT_QUERY(base, base, base, protections[i].protect,
			     BLOCK + GRANULE, MEM_RESERVE, 0, MEM_PRIVATE);
		EXPECT_NOTHING_ALLOWED(base);
		EXPECT_NOTHING_ALLOWED(base + 5 * PAGE + 123);
		EXPECT_NOTHING_ALLOWED(base + BLOCK + GRANULE - 1);
		EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
	}
	EXPECT_EQ(before.out_total_committed_bytes,
		  hostmem_status(self->fd).out_total_committed_bytes);
}

/* A stack grows down into what is free before it, and the kernel keeps 1 MiB so. */
TEST_F(reserve, leaves_stacks_room_to_grow)
{
	char *base = reserve_at(NULL, GRANULE), *again;
	volatile char *stack;

	ASSERT_NE(NULL, base);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	stack = mmap(base + 2 * GRANULE, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
		     MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_EQ(base + 2 * GRANULE, stack);
	again = reserve_at(NULL, GRANULE);
	ASSERT_NE(NULL, again);
	EXPECT_TRUE(again > (char *)stack || again + GRANULE + MIB <= (char *)stack)
		TH_LOG("%p, below a stack at %p", again, stack);
	stack[-1] = 1;
	EXPECT_EQ(1, stack[-1]);
}

TEST_F(reserve, again_where_a_region_was_released_B10)
{
	char *base = reserve_at(NULL, 5 * GRANULE);
	int i;

	ASSERT_NE(NULL, base);
	for (i = 0; i < 100; i++) {
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
		EXPECT_FREE(base);
		ASSERT_EQ(base, VirtualAlloc(base, 5 * GRANULE,
					     i % 2 ? MEM_RESERVE :
						     MEM_RESERVE | MEM_COMMIT,
					     PAGE_READWRITE));
	}
	EXPECT_EQ(1, hostmem_status(self->fd).out_regions);
}

TEST_F(reserve, adjacent_regions_stay_apart_B13)
{
	char *left = both_at(FIXED, GRANULE, PAGE_READWRITE);
	char *middle = both_at(FIXED + GRANULE, GRANULE, PAGE_READWRITE);
	char *right = both_at(FIXED + 2 * GRANULE, GRANULE, PAGE_READWRITE);

	ASSERT_EQ((char *)FIXED, left);
	ASSERT_EQ(left + GRANULE, middle);
	ASSERT_EQ(middle + GRANULE, right);
	EXPECT_COMMITTED(left, left, GRANULE, PAGE_READWRITE);
	EXPECT_COMMITTED(left + PAGE, left, GRANULE - PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(middle, middle, GRANULE, PAGE_READWRITE);
	EXPECT_COMMITTED(right, right, GRANULE, PAGE_READWRITE);
	stamp(left, 3 * GRANULE, 1);

	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   middle - PAGE, 2 * PAGE, MEM_COMMIT, PAGE_READONLY);
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
			  middle - PAGE, 2 * PAGE, MEM_DECOMMIT);
	EXPECT_COMMITTED(left, left, GRANULE, PAGE_READWRITE);
	EXPECT_COMMITTED(middle, middle, GRANULE, PAGE_READWRITE);

	ASSERT_TRUE(VirtualFree(middle, 0, MEM_RELEASE));
	EXPECT_QUERY(middle, middle, NULL, 0, GRANULE, MEM_FREE, PAGE_NOACCESS,
		     0);
	EXPECT_NOTHING_ALLOWED(middle);
	EXPECT_EQ(NULL, unstamped(left, GRANULE, 1));
	EXPECT_EQ(NULL, unstamped(right, GRANULE, 1));
}

TEST_F(reserve, lowest_64_kib_are_out_of_bounds_A1)
{
	static const uintptr_t addrs[] = { 1, 0xfff, 0x1000, 0xf000, 0xffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   addrs[i], PAGE, MEM_RESERVE, PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   addrs[i], PAGE, MEM_RESERVE | MEM_COMMIT,
				   PAGE_READWRITE);
	}
}

TEST_F(reserve, more_than_any_hole_is_no_address_space_A12)
{
	struct hostmem_status before = hostmem_status(self->fd);
	size_t size = ((uintptr_t)1 << USER_BITS) - GIB;

	EXPECT_ALLOC_FAILS(ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY, NULL, size,
			   MEM_RESERVE, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY, NULL, size,
			   MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);
	EXPECT_SAME_STATUS(before, self->fd);

	/* Two of these can't be, whatever lies between. */
	size = ((uintptr_t)1 << (USER_BITS - 1)) + TIB;
	ASSERT_NE(NULL, reserve_at(NULL, size));
	EXPECT_ALLOC_FAILS(ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY, NULL, size,
			   MEM_RESERVE, PAGE_READWRITE);
	EXPECT_EQ(1, hostmem_status(self->fd).out_regions);
}

TEST_F(reserve, terabytes_cost_no_memory)
{
	int64_t before = available_memory();
	char *small, *large;
	int i;

	ASSERT_LT(0, before);
	small = reserve_at(NULL, 16 * TIB);
	large = reserve_at(NULL, 64 * TIB);
	ASSERT_NE(NULL, small);
	ASSERT_NE(NULL, large);
	EXPECT_RESERVED(small, small, 16 * TIB);
	EXPECT_RESERVED(large, large, 64 * TIB);
	/* A byte for each GiB would be 80 KiB; a bit for each page, 2.5 GiB. */
	EXPECT_LT(before - 4 * (int64_t)MIB, available_memory());
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);

	/* Each needs the tables for its own place, and no more. */
	for (i = 0; i < 16; i++) {
		char *page = large + i * 4 * TIB + i * GIB + i * PAGE;

		ASSERT_EQ(page, commit_at(page, PAGE, PAGE_READWRITE));
		EXPECT_EQ(NULL, nonzero(page, PAGE));
		stamp(page, PAGE, i);
	}
	EXPECT_EQ(large + 64 * TIB - PAGE,
		  commit_at(large + 64 * TIB - 1, 1, PAGE_READWRITE));
	for (i = 0; i < 16; i++) {
		char *page = large + i * 4 * TIB + i * GIB + i * PAGE;

		EXPECT_EQ(NULL, unstamped(page, PAGE, i));
	}
	EXPECT_EQ(17 * PAGE, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_LT(before - 8 * (int64_t)MIB, available_memory());
	EXPECT_RESERVED(large + PAGE, large, 4 * TIB + GIB);

	EXPECT_TRUE(VirtualFree(large, 0, MEM_RELEASE));
	EXPECT_TRUE(VirtualFree(small, 0, MEM_RELEASE));
	EXPECT_EQ(0, hostmem_status(self->fd).out_reserved_bytes);
}

TEST_HARNESS_MAIN
