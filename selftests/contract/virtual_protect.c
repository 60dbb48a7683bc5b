// SPDX-License-Identifier: GPL-2.0
/*
 * Description: VirtualProtect in both shapes: what it answers, what it refuses, and what
 * it leaves alone (rules H14, P1-P10, T1-T10, T12, T13, T16, T17, X5, X7, X8).
 */
#include "virtual_protect.h"

/* A call that fails alike in both shapes. */
#define EXPECT_PROTECT_FAILS(error, hresult, address, size, protect) do {	\
	DWORD __old;								\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(FALSE, VirtualProtect((void *)(address), size, protect,	\
					&__old));				\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
	EXPECT_EQ((hresult), HostVirtualProtect((void *)(address), size,	\
						protect, &__old));		\
} while (0)

TEST_F(virtual_protect, tells_the_first_page_and_changes_all_T1)
{
	char *mixed = self->base + GRANULE - 8 * PAGE;

	EXPECT_PROTECTS(PAGE_READWRITE, mixed, 8 * PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(mixed, self->base, 8 * PAGE, PAGE_READONLY);
	EXPECT_PROTECTS(PAGE_READONLY, mixed, 16 * PAGE, PAGE_EXECUTE_READ);
	EXPECT_COMMITTED(mixed, self->base, 16 * PAGE, PAGE_EXECUTE_READ);
	EXPECT_EQ(MAY_READ | MAY_EXECUTE, found(mixed));
	EXPECT_EQ(MAY_READ | MAY_EXECUTE, found(mixed + 15 * PAGE));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(mixed - PAGE));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(mixed + 16 * PAGE));
}

TEST_F(virtual_protect, rounds_outward_T2_T3)
{
	char *page = self->base + 4 * PAGE;

	EXPECT_PROTECTS(PAGE_READWRITE, page + 1, 1, PAGE_READONLY);
	EXPECT_COMMITTED(page, self->base, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(self->base, self->base, 4 * PAGE, PAGE_READWRITE);
	/* Two bytes on two pages. */
	EXPECT_PROTECTS(PAGE_READWRITE, page - 1, 2, PAGE_NOACCESS);
	EXPECT_COMMITTED(page - PAGE, self->base, 2 * PAGE, PAGE_NOACCESS);
	EXPECT_COMMITTED(self->base, self->base, 3 * PAGE, PAGE_READWRITE);
	/* Up to the last byte of a page. */
	EXPECT_PROTECTS(PAGE_NOACCESS, page, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(page, self->base, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(page + PAGE, self->base, REGION - 5 * PAGE,
			 PAGE_READWRITE);
}

TEST_F(virtual_protect, in_the_hosting_shape_T1_H14)
{
	char *page = self->base + GRANULE;
	DWORD old = POISON_DWORD;

	EXPECT_EQ(S_OK, HostVirtualProtect(page, 1, PAGE_READONLY, &old));
	EXPECT_EQ(PAGE_READWRITE, old);
	EXPECT_COMMITTED(page, self->base, PAGE, PAGE_READONLY);
	EXPECT_EQ(S_OK, HostVirtualProtect(page, 1, PAGE_NOACCESS, &old));
	EXPECT_EQ(PAGE_READONLY, old);
	EXPECT_EQ(0, found(page));
}

TEST_F(virtual_protect, wants_a_pointer_for_the_old_T4)
{
	void *readonly = mmap(NULL, PAGE, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, readonly);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(FALSE, VirtualProtect(self->base, PAGE, PAGE_READONLY, NULL));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	EXPECT_EQ(E_POINTER, HostVirtualProtect(self->base, PAGE, PAGE_READONLY,
						NULL));
	SetLastError(POISON_DWORD);
	EXPECT_EQ(FALSE, VirtualProtect(self->base, PAGE, PAGE_READONLY,
					readonly));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	EXPECT_EQ(E_NOACCESS, HostVirtualProtect(self->base, PAGE, PAGE_READONLY,
						 readonly));
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(self->base));
}

/* It either fails and has changed nothing, or tells the old one and succeeds. */
TEST_F(virtual_protect, of_the_page_with_the_old_itself_T4)
{
	DWORD *old = (DWORD *)(self->base + GRANULE);
	char *page = (char *)old;

	if (VirtualProtect(page, PAGE, PAGE_READONLY, old)) {
		EXPECT_EQ(PAGE_READONLY, query(page).Protect);
	} else {
		EXPECT_EQ(ERROR_NOACCESS, GetLastError());
		EXPECT_EQ(PAGE_READWRITE, query(page).Protect);
	}
}

/* Bits 0-3 in all combinations, then bits 4-7: 31 values. */
TEST_F(virtual_protect, takes_six_protections_of_31_P1_P2_P3_T5)
{
	static const DWORD good[] = { 0x01, 0x02, 0x04, 0x10, 0x20, 0x40 };
	DWORD before = PAGE_READWRITE;
	unsigned int value, taken = 0;
	size_t i;

	for (value = 0; value < 31; value++) {
		DWORD protect = value < 16 ? value : (value - 15) << 4;
		bool valid = false;

		for (i = 0; i < ARRAY_SIZE(good); i++)
			valid |= protect == good[i];
		if (valid) {
			EXPECT_PROTECTS(before, self->base, PAGE, protect);
			before = protect;
			taken++;
		} else {
			EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER,
					     E_INVALIDARG, self->base, PAGE,
					     protect);
		}
		EXPECT_EQ(before, query(self->base).Protect)
			TH_LOG("after 0x%x", protect);
	}
	EXPECT_EQ(6, taken);
}

TEST_F(virtual_protect, takes_no_other_bits_and_pairs_P2_P4_P5_P6)
{
	static const DWORD bad[] = {
		PAGE_READONLY | PAGE_EXECUTE, PAGE_READWRITE | 0x80,
		0x02 | 0x04, 0x20 | 0x40, 0x800, PAGE_READWRITE | 0x800,
		PAGE_READWRITE | 0x1000, PAGE_READWRITE | 0x80000000u,
		0xffffffffu, PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE,
		PAGE_NOACCESS | PAGE_GUARD, PAGE_NOACCESS | PAGE_NOCACHE,
		PAGE_NOACCESS | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE,
		PAGE_READWRITE | PAGE_GUARD | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				     self->base, PAGE, bad[i]);
		/* First of all errors (X7, T6). */
		EXPECT_EQ(FALSE, VirtualProtect(self->base, PAGE, bad[i], NULL));
		EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
		EXPECT_EQ(E_INVALIDARG, HostVirtualProtect(self->base, PAGE,
							   bad[i], NULL));
		EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				     self->base + 16 * GIB, PAGE, bad[i]);
	}
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(virtual_protect, changes_nothing_unless_all_is_committed_T7)
{
	char *hole = self->base + GRANULE + BLOCK / 2;
	char *last = self->base + REGION - PAGE;

	ASSERT_TRUE(VirtualFree(hole, PAGE, MEM_DECOMMIT));
	ASSERT_TRUE(VirtualFree(last, PAGE, MEM_DECOMMIT));

	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, hole, 1,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, hole - 1, 2,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, self->base,
			     REGION, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, hole + PAGE,
			     last + 1 - (hole + PAGE), PAGE_NOACCESS);
	EXPECT_COMMITTED(self->base, self->base, hole - self->base,
			 PAGE_READWRITE);
	EXPECT_COMMITTED(hole + PAGE, self->base, last - (hole + PAGE),
			 PAGE_READWRITE);
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(self->base));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(hole - PAGE));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(last - PAGE));

	/* Between the holes, to the byte. */
	EXPECT_PROTECTS(PAGE_READWRITE, hole + PAGE, last - (hole + PAGE),
			PAGE_READONLY);
}

TEST_F(virtual_protect, stays_inside_one_region_T8_X5)
{
	char *next = self->base + REGION;
	char *foreign = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, foreign);
	ASSERT_EQ(next, both_at(next, 2 * PAGE, PAGE_READWRITE));

	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, next - 1, 2,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, self->base,
			     REGION + 1, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, next,
			     2 * PAGE + 1, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			     next + 2 * PAGE, PAGE, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, NULL, PAGE,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, foreign, PAGE,
			     PAGE_READONLY);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, 2 * PAGE, PAGE_READWRITE);
	EXPECT_TRUE(can_write(foreign));
}

TEST_F(virtual_protect, refuses_ranges_that_are_none_T9_T10_X8)
{
	uintptr_t limit = user_limit();

	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base, 0,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, limit, PAGE,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, ~0ul, 1,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
			     1ul << 63, PAGE, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base,
			     limit - FIXED + 1, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base,
			     ~0ul, PAGE_READONLY);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(virtual_protect, keeps_what_was_allocated_T12)
{
	char *page = both_at(NULL, 4 * PAGE, PAGE_EXECUTE_READ);

	ASSERT_NE(NULL, page);
	EXPECT_PROTECTS(PAGE_EXECUTE_READ, page, PAGE, PAGE_NOACCESS);
	EXPECT_QUERY(page, page, page, PAGE_EXECUTE_READ, PAGE, MEM_COMMIT,
		     PAGE_NOACCESS, MEM_PRIVATE);
	EXPECT_QUERY(page + PAGE, page + PAGE, page, PAGE_EXECUTE_READ, 3 * PAGE,
		     MEM_COMMIT, PAGE_EXECUTE_READ, MEM_PRIVATE);
}

TEST_F(virtual_protect, keeps_contents_and_charge_T13)
{
	struct hostmem_status before = hostmem_status(self->fd);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		DWORD protect = protections[i].protect;

		stamp(self->base, REGION, i);
		EXPECT_PROTECTS(PAGE_READWRITE, self->base, REGION, protect);
		EXPECT_SAME_STATUS(before, self->fd);
		EXPECT_PROTECTS(protect, self->base, REGION, PAGE_READWRITE);
		EXPECT_EQ(NULL, unstamped(self->base, REGION, i));
	}
}

TEST_F(virtual_protect, merges_equal_runs_again_T16)
{
	char *base = self->base;
	uint64_t rng = 99;
	int i;

	for (i = 0; i < 300; i++) {
		size_t first = random_below(&rng, PAGES);
		size_t nr = 1 + random_below(&rng, PAGES - first);
		DWORD protect = protections[random_below(&rng, 6)].protect;

		EXPECT_PROTECTS(query(base + first * PAGE).Protect,
				base + first * PAGE, nr * PAGE, protect);
	}
	EXPECT_PROTECTS(query(base).Protect, base, REGION, PAGE_READWRITE);
	EXPECT_COMMITTED(base, base, REGION, PAGE_READWRITE);
	/* By parts, too. */
	EXPECT_PROTECTS(PAGE_READWRITE, base + GRANULE, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(base, base, GRANULE, PAGE_READWRITE);
	EXPECT_PROTECTS(PAGE_READONLY, base + GRANULE, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base, base, REGION, PAGE_READWRITE);
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
}

TEST_F(virtual_protect, obeys_the_regions_cache_attribute_P8)
{
	DWORD nocache = PAGE_READWRITE | PAGE_NOCACHE;
	char *base = both_at(NULL, 2 * PAGE, nocache);

	ASSERT_NE(NULL, base);
	EXPECT_QUERY(base, base, base, nocache, 2 * PAGE, MEM_COMMIT, nocache,
		     MEM_PRIVATE);
	EXPECT_PROTECTS(nocache, base, PAGE, PAGE_READWRITE);
	EXPECT_QUERY(base, base, base, nocache, 2 * PAGE, MEM_COMMIT, nocache,
		     MEM_PRIVATE);
	EXPECT_PROTECTS(nocache, base, PAGE, PAGE_READONLY);
	EXPECT_QUERY(base, base, base, nocache, PAGE, MEM_COMMIT,
		     PAGE_READONLY | PAGE_NOCACHE, MEM_PRIVATE);
	EXPECT_SEGV(base, try_write(base, 1));
	EXPECT_NO_FAULT(try_write(base + PAGE, 1));
	/* Which NOACCESS can't have (P5), and so does not show. */
	EXPECT_PROTECTS(PAGE_READONLY | PAGE_NOCACHE, base, PAGE, PAGE_NOACCESS);
	EXPECT_PROTECTS(PAGE_NOACCESS, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(nocache, query(base).Protect);
}

TEST_F(virtual_protect, ignores_a_cache_attribute_elsewhere_P9_P10)
{
	EXPECT_PROTECTS(PAGE_READWRITE, self->base, PAGE,
			PAGE_READONLY | PAGE_NOCACHE);
	EXPECT_COMMITTED(self->base, self->base, PAGE, PAGE_READONLY);
	EXPECT_PROTECTS(PAGE_READONLY, self->base, PAGE,
			PAGE_READWRITE | PAGE_WRITECOMBINE);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(virtual_protect, write_combining_is_the_regions_P7_P10)
{
	DWORD combine = PAGE_READONLY | PAGE_WRITECOMBINE;
	char *base = both_at(NULL, PAGE, combine);

	ASSERT_NE(NULL, base);
	EXPECT_QUERY(base, base, base, combine, PAGE, MEM_COMMIT, combine,
		     MEM_PRIVATE);
	EXPECT_PROTECTS(combine, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(PAGE_READWRITE | PAGE_WRITECOMBINE, query(base).Protect);
	EXPECT_NO_FAULT(try_write(base, 1));
}

TEST_HARNESS_MAIN
