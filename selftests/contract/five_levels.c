// SPDX-License-Identifier: GPL-2.0
/*
 * Description: page tables of five levels. What asks for addresses above the 2^47 of
 * four levels has them, and all else stays below, as the kernel keeps it for programs
 * that count on it.
 */
#include "hostmem_test.h"

#define FOUR	((uintptr_t)1 << 47)
#define FIVE	(((uintptr_t)1 << 56) - PAGE)
#define HIGH	((uintptr_t)1 << 50)

/* The kernel takes the flag away where it has only four. */
static bool has_five_levels(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char word[64];
	bool has = false;

	while (file && !has && fscanf(file, "%63s", word) == 1)
		has = !strcmp(word, "la57");
	if (file)
		fclose(file);
	return has;
}

static void __attribute__((constructor)) skip_without_five_levels(void)
{
	if (has_five_levels())
		return;
	ksft_print_header();
	ksft_exit_skip("page tables have four levels\n");
}

TEST(are_there)
{
	EXPECT_EQ(FIVE, user_limit());
}

/* All that a region can go through. */
#define EXPECT_USABLE(start) do {						\
	char *__base = (char *)(start);						\
	DWORD __old;								\
	PVOID __pages[4];							\
	ULONG_PTR __count = ARRAY_SIZE(__pages);				\
	DWORD __size;								\
										\
	ASSERT_EQ(__base, VirtualAlloc(__base, 4 * BLOCK,			\
				       MEM_RESERVE | MEM_WRITE_WATCH,		\
				       PAGE_READWRITE));			\
	EXPECT_RESERVED(__base, __base, 4 * BLOCK);				\
	EXPECT_NOTHING_ALLOWED(__base);						\
	ASSERT_EQ(__base, commit_at(__base, 4 * BLOCK, PAGE_READWRITE));	\
	EXPECT_COMMITTED(__base, __base, 4 * BLOCK, PAGE_READWRITE);		\
	EXPECT_EQ(NULL, nonzero(__base, 4 * BLOCK));				\
	stamp(__base + BLOCK, PAGE, 1);						\
	stamp(__base + 3 * BLOCK, PAGE, 1);					\
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, __base, 4 * BLOCK,	\
				   __pages, &__count, &__size));		\
	EXPECT_EQ(2, __count);							\
	EXPECT_EQ(__base + BLOCK, __pages[0]);					\
	EXPECT_EQ(__base + 3 * BLOCK, __pages[1]);				\
	EXPECT_TRUE(VirtualProtect(__base + BLOCK, PAGE, PAGE_READONLY, &__old)); \
	EXPECT_FALSE(can_write(__base + BLOCK));				\
	EXPECT_TRUE(VirtualFree(__base + BLOCK, BLOCK, MEM_DECOMMIT));		\
	EXPECT_NOTHING_ALLOWED(__base + BLOCK);					\
	EXPECT_EQ(NULL, unstamped(__base + 3 * BLOCK, PAGE, 1));		\
	EXPECT_TRUE(VirtualFree(__base, 0, MEM_RELEASE));			\
	EXPECT_FREE(__base);							\
} while (0)

TEST(hold_regions_that_ask_for_it_B2)
{
	EXPECT_USABLE(HIGH);
}

TEST(hold_regions_around_the_old_limit)
{
	EXPECT_USABLE(FOUR - 2 * BLOCK);
}

/* The last page below 2^56 is nobody's, so the last granule has one page less. */
TEST(end_a_page_below_2_to_the_56_A10)
{
	char *last = (char *)(FIVE + PAGE - GRANULE);

	EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, last, GRANULE,
			   MEM_RESERVE, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, FIVE, PAGE,
			   MEM_RESERVE, PAGE_READWRITE);
	ASSERT_EQ(last, both_at(last, GRANULE - PAGE, PAGE_READWRITE));
	EXPECT_TRUE(can_write((char *)FIVE - 1));
	EXPECT_TRUE(VirtualFree(last, 0, MEM_RELEASE));
}

/* To the end, whose last page is there to be asked about (rule Q3). */
TEST(are_free_to_the_end_Q3)
{
	MEMORY_BASIC_INFORMATION info = query((void *)HIGH);

	EXPECT_EQ(MEM_FREE, info.State);
	EXPECT_EQ((void *)HIGH, info.BaseAddress);
	EXPECT_EQ(FIVE - HIGH, info.RegionSize);
	EXPECT_QUERY(FIVE - 1, FIVE - PAGE, NULL, 0, PAGE, MEM_FREE, PAGE_NOACCESS, 0);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(0, VirtualQuery((void *)FIVE, &info, sizeof(info)));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
}

TEST(hold_more_than_four_could)
{
	const size_t size = (size_t)1 << 54;
	int64_t before = own_status("VmPTE");
	char *base = reserve_at(HIGH, size);

	ASSERT_EQ((char *)HIGH, base);
	ASSERT_EQ(base + size - PAGE, commit_at(base + size - PAGE, PAGE, PAGE_READWRITE));
	EXPECT_TRUE(can_write(base + size - 1));
	EXPECT_RESERVED(base, base, size - PAGE);
	EXPECT_COMMITTED(base + size - PAGE, base, PAGE, PAGE_READWRITE);
	/* One page of tables at each level but the first, whatever the size. */
	EXPECT_LE(own_status("VmPTE") - before, (int64_t)(4 * PAGE));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

/*
 * Without an address, from either end: programs keep things in the upper bits.  That
 * there is no more room is no reason to give them what they can't use (rule A12).
 */
TEST(hold_nothing_that_does_not_ask_B1_B8)
{
	const DWORD types[] = { MEM_RESERVE, MEM_RESERVE | MEM_TOP_DOWN };
	const size_t size = FOUR / 8;
	unsigned int i, nr;
	char *bases[8];

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (nr = 0; nr < ARRAY_SIZE(bases); nr++) {
			SetLastError(POISON_DWORD);
			bases[nr] = VirtualAlloc(NULL, size, types[i], PAGE_READWRITE);
			if (!bases[nr])
				break;
			EXPECT_GE(FOUR, (uintptr_t)bases[nr] + size);
		}
		EXPECT_LT(0, nr);
		ASSERT_GT(ARRAY_SIZE(bases), nr);
		EXPECT_EQ(ERROR_NOT_ENOUGH_MEMORY, GetLastError());
		while (nr--)
			EXPECT_TRUE(VirtualFree(bases[nr], 0, MEM_RELEASE));
		EXPECT_ALLOC_FAILS(ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY, NULL, 2 * FOUR,
				   types[i], PAGE_READWRITE);
	}
	/* Where it asks for it, there is room all the same. */
	EXPECT_EQ((char *)HIGH, reserve_at(HIGH, 2 * FOUR));
}

TEST_HARNESS_MAIN
