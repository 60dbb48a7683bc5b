// SPDX-License-Identifier: GPL-2.0
/*
 * Description: core dumps: committed pages of every region are in them, whatever
 * their protection, as the memory of any program is; and what debuggers see that write
 * core files themselves.
 */
#include "dump.h"

#define KINDS	(2 * ARRAY_SIZE(protections))

/* Give each page of a stamped range another protection; every other has a guard. */
static bool protect_all_ways(char *base, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++) {
		DWORD protect = protections[i % KINDS / 2].protect, old;

		if (i % 2 && protect != PAGE_NOACCESS)
			protect |= PAGE_GUARD;
		if (!VirtualProtect(base + i * PAGE, PAGE, protect, &old))
			return false;
	}
	return true;
}

#define SMALL		(BLOCK + 4 * GRANULE)
#define SMALL_PAGES	(SMALL / PAGE)
#define RESERVED	700

static void small_region(struct note *note)
{
	char *base = both_at(FIXED, SMALL, PAGE_READWRITE);
	char *single = both_at(NULL, PAGE, PAGE_READONLY);

	CHECK(base == (char *)FIXED && single);
	stamp(base, SMALL, 1);
	CHECK(protect_all_ways(base, SMALL_PAGES));
	CHECK(VirtualFree(base + RESERVED % SMALL_PAGES * PAGE, PAGE, MEM_DECOMMIT));
	CHECK(commit_at(single, PAGE, PAGE_READWRITE));
	stamp(single, PAGE, 2);
	note->base[0] = (uintptr_t)single;
}

TEST_F(dump, has_pages_of_all_protections)
{
	size_t reserved = RESERVED % SMALL_PAGES;

	DIE(small_region);
	EXPECT_SEGMENT(&self->core, FIXED, SMALL, SMALL);
	EXPECT_TRUE(core_stamped(&self->core, FIXED, 0, reserved, 1));
	EXPECT_TRUE(core_zero(&self->core, FIXED, reserved));
	EXPECT_TRUE(core_stamped(&self->core, FIXED, reserved + 1,
				 SMALL_PAGES - reserved - 1, 1));
	EXPECT_SEGMENT(&self->core, self->note->base[0], PAGE, PAGE);
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], 0, 1, 2));
}

/* Large pages, and what lies next to them. */
static void large_region(struct note *note)
{
	char *next;
	char *base = VirtualAlloc(NULL, 2 * BLOCK,
				  MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
				  PAGE_READWRITE);

	CHECK(base);
	next = both_at(NULL, PAGE, PAGE_READWRITE);
	CHECK(next);
	stamp(base, 2 * BLOCK, 3);
	stamp(next, PAGE, 4);
	note->base[0] = (uintptr_t)base;
	note->base[1] = (uintptr_t)next;
}

TEST_F(dump, has_large_pages)
{
	if (!has_large_pages())
		SKIP(return, "this kernel has no large pages for such regions");
	DIE(large_region);
	EXPECT_SEGMENT(&self->core, self->note->base[0], 2 * BLOCK, 2 * BLOCK);
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], 0,
				 2 * BLOCK / PAGE, 3));
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[1], 0, 1, 4));
}

#define SPARSE		(256 * MIB)

static const size_t islands[] = { 3, SPARSE / 2 / PAGE - 1, SPARSE / PAGE - 2 };

static void sparse_region(struct note *note)
{
	char *base = reserve_at(NULL, SPARSE);
	size_t i;

	CHECK(base);
	for (i = 0; i < ARRAY_SIZE(islands); i++) {
		char *island = base + islands[i] * PAGE;

		CHECK(commit_at(island, 2 * PAGE, PAGE_READWRITE) == island);
		stamp(island, 2 * PAGE, 5);
	}
	note->base[0] = (uintptr_t)base;
}

TEST_F(dump, has_what_lies_far_apart)
{
	const struct core *core = &self->core;
	uintptr_t base, end;
	size_t i;

	DIE(sparse_region);
	base = self->note->base[0];
	EXPECT_SEGMENT(core, base, islands[0] * PAGE, 0);
	for (i = 0; i < ARRAY_SIZE(islands); i++) {
		uintptr_t island = base + islands[i] * PAGE;

		EXPECT_SEGMENT(core, island, 2 * PAGE, 2 * PAGE);
		EXPECT_TRUE(core_stamped(core, island, 0, 2, 5));
		end = base + (i + 1 < ARRAY_SIZE(islands) ?
			      islands[i + 1] * PAGE : SPARSE);
		if (end > island + 2 * PAGE)
			EXPECT_SEGMENT(core, island + 2 * PAGE,
				       end - island - 2 * PAGE, 0);
	}
}

static void other_kinds(struct note *note)
{
	char *watched = VirtualAlloc(NULL, BLOCK, MEM_RESERVE | MEM_COMMIT |
				     MEM_WRITE_WATCH, PAGE_READWRITE);
	char *reset = both_at(NULL, 8 * PAGE, PAGE_READWRITE);
	int fd = open_device();
	uintptr_t other;

	CHECK(watched && reset && fd >= 0);
	stamp(watched, BLOCK, 6);
	CHECK(!ResetWriteWatch(watched, BLOCK));
	stamp(watched, GRANULE, 7);
	/* Of four pages the contents go, two are written again. */
	stamp(reset, 8 * PAGE, 8);
	CHECK(VirtualAlloc(reset + PAGE, 6 * PAGE, MEM_RESET, PAGE_READWRITE));
	stamp(reset + 2 * PAGE, 2 * PAGE, 9);
	CHECK(write_file("/proc/sys/vm/drop_caches", "2"));
	/* And these may go, but didn't yet. */
	CHECK(VirtualAlloc(reset + 3 * PAGE, PAGE, MEM_RESET, PAGE_READWRITE));
	CHECK(!raw_alloc(fd, 0, BLOCK, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			 HOSTMEM_READWRITE, &other));
	stamp((void *)other, BLOCK, 10);
	note->base[0] = (uintptr_t)watched;
	note->base[1] = (uintptr_t)reset;
	note->base[2] = other;
}

TEST_F(dump, has_watched_memory_and_that_of_other_files)
{
	const struct core *core = &self->core;
	uintptr_t *base = self->note->base;

	DIE(other_kinds);
	EXPECT_TRUE(core_stamped(core, base[0], 0, GRANULE / PAGE, 7));
	EXPECT_TRUE(core_stamped(core, base[0], GRANULE / PAGE,
				 (BLOCK - GRANULE) / PAGE, 6));
	EXPECT_TRUE(core_stamped(core, base[2], 0, BLOCK / PAGE, 10));
}

TEST_F(dump, has_zeroes_for_contents_that_have_gone)
{
	const struct core *core = &self->core;
	uintptr_t *base = self->note->base;
	size_t gone[] = { 1, 4, 5, 6 }, i;

	DIE(other_kinds);
	EXPECT_SEGMENT(core, base[1], 8 * PAGE, 8 * PAGE);
	EXPECT_TRUE(core_stamped(core, base[1], 0, 1, 8));
	EXPECT_TRUE(core_stamped(core, base[1], 2, 2, 9));
	EXPECT_TRUE(core_stamped(core, base[1], 7, 1, 8));
	for (i = 0; i < ARRAY_SIZE(gone); i++)
		EXPECT_TRUE(core_zero(core, base[1], gone[i]));
}

/*
 * Where far more is reserved than committed: dumps would take hours otherwise
 */

#define GIANT	(64 * TIB)
#define GIANT_PART	(times(64) * MIB)

static void giant_region(struct note *note)
{
	char *before = both_at(FIXED, BLOCK, PAGE_READWRITE);
	char *giant = reserve_at(NULL, GIANT);
	char *after = both_at(NULL, GRANULE, PAGE_READWRITE);

	CHECK(before && giant && after);
	CHECK(commit_at(giant, GIANT_PART, PAGE_READWRITE));
	CHECK(commit_at(giant + GIANT / 2, BLOCK, PAGE_READWRITE));
	stamp(giant, GIANT_PART, 19);
	stamp(giant + GIANT / 2, BLOCK, 20);
	stamp(before, BLOCK, 11);
	stamp(after, GRANULE, 12);
	note->base[0] = (uintptr_t)before;
	note->base[1] = (uintptr_t)giant;
	note->base[2] = (uintptr_t)after;
}

static void giant_region_and_all_that_is_shared(struct note *note)
{
	giant_region(note);
	CHECK(write_file("/proc/self/coredump_filter", "0x7f"));
}

#define EXPECT_GIANT_AND_NEIGHBOURS() do {				\
	const uintptr_t __giant = self->note->base[1];			\
	const uintptr_t __half = __giant + GIANT / 2;			\
									\
	EXPECT_SEGMENT(&self->core, __giant, GIANT_PART, GIANT_PART);	\
	EXPECT_TRUE(core_stamped(&self->core, __giant, 0,		\
				 GIANT_PART / PAGE, 19));			\
	EXPECT_SEGMENT(&self->core, __giant + GIANT_PART,		\
		       GIANT / 2 - GIANT_PART, 0);			\
	EXPECT_SEGMENT(&self->core, __half, BLOCK, BLOCK);		\
	EXPECT_TRUE(core_stamped(&self->core, __half, 0, BLOCK / PAGE, 20)); \
	EXPECT_SEGMENT(&self->core, __half + BLOCK, GIANT / 2 - BLOCK, 0); \
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], 0,	\
				 BLOCK / PAGE, 11));			\
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[2], 0,	\
				 GRANULE / PAGE, 12));			\
} while (0)

TEST_F(dump, has_what_is_committed_in_64_TiB)
{
	DIE(giant_region);
	EXPECT_GIANT_AND_NEIGHBOURS();
}

TEST_F(dump, has_what_is_committed_in_64_TiB_if_shared_memory_is_wanted_too)
{
	DIE(giant_region_and_all_that_is_shared);
	EXPECT_GIANT_AND_NEIGHBOURS();
}

/* Where much is committed, the gaps are in the dump, too. */
#define DENSE		(GIB + 256 * MIB)
#define DENSE_PART	(96 * MIB)

static void dense_region(struct note *note)
{
	char *base = reserve_at(NULL, DENSE);

	CHECK(base && commit_at(base + DENSE / 2, DENSE_PART, PAGE_READWRITE));
	stamp(base + DENSE / 2, DENSE_PART, 14);
	note->base[0] = (uintptr_t)base;
}

TEST_F(dump, is_whole_where_much_is_committed)
{
	DIE(dense_region);
	EXPECT_SEGMENT(&self->core, self->note->base[0], DENSE, DENSE);
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], DENSE / 2 / PAGE,
				 DENSE_PART / PAGE, 14));
}

/*
 * The user's word
 */

/* Advised before there is a page, when there are some, and not at all. */
static void advised_regions(struct note *note)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		char *base = reserve_at(NULL, 2 * BLOCK);

		CHECK(base);
		CHECK(i != 0 || !madvise(base, 2 * BLOCK, MADV_DONTDUMP));
		CHECK(commit_at(base, 2 * BLOCK, PAGE_READWRITE));
		CHECK(i != 1 || !madvise(base, 2 * BLOCK, MADV_DONTDUMP));
		stamp(base, 2 * BLOCK, 15);
		note->base[i] = (uintptr_t)base;
	}
}

TEST_F(dump, has_not_what_the_user_has_advised_against)
{
	uintptr_t *base = self->note->base;

	DIE(advised_regions);
	EXPECT_SEGMENT(&self->core, base[0], 2 * BLOCK, 0);
	EXPECT_SEGMENT(&self->core, base[1], 2 * BLOCK, 0);
	EXPECT_SEGMENT(&self->core, base[2], 2 * BLOCK, 2 * BLOCK);
	EXPECT_TRUE(core_stamped(&self->core, base[2], 0, 2 * BLOCK / PAGE, 15));
}

/* Private memory is bit 0 of coredump_filter, shared memory of files is bit 3. */
static void filtered_region(struct note *note)
{
	small_region(note);
	CHECK(write_file("/proc/self/coredump_filter", "0x8"));
}

TEST_F(dump, is_filtered_as_private_memory)
{
	DIE(filtered_region);
	EXPECT_SEGMENT(&self->core, FIXED, SMALL, 0);
}

/*
 * Debuggers that write core files: they pass over what /proc/PID/smaps calls "io",
 * a device's, or "dd", not to be dumped
 */

TEST(debuggers_find_memory_worth_a_core_file)
{
	char *small = both_at(NULL, PAGE, PAGE_NOACCESS);
	char *base = reserve_at(NULL, 4 * BLOCK);
	char *giant = reserve_at(NULL, GIANT);
	size_t i;

	ASSERT_NE(NULL, small);
	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, giant);
	EXPECT_FLAGS(small, false, false);
	EXPECT_FLAGS(base, false, false);
	EXPECT_FLAGS(giant, !is_pinnable(), false);
	for (i = 0; i < 4; i++) {
		if (i == 2)
			ASSERT_EQ(0, madvise(base, 4 * BLOCK, MADV_DONTDUMP));
		ASSERT_NE(NULL, commit_at(base + i * BLOCK, 3 * PAGE, PAGE_READWRITE));
		EXPECT_FLAGS(base, false, i >= 2);
		ASSERT_NE(NULL, commit_at(giant + i * BLOCK, PAGE, PAGE_READWRITE));
		EXPECT_FLAGS(giant, !is_pinnable(), false);
	}
}

/* What is sparse no more is found, and stays so. */
TEST(debuggers_find_a_giant_once_it_is_full)
{
	char *base = reserve_at(NULL, DENSE);

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_FLAGS(base, !is_pinnable(), false);
	ASSERT_NE(NULL, commit_at(base, DENSE_PART, PAGE_READWRITE));
	EXPECT_FLAGS(base, false, false);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_FLAGS(base, false, false);
}

TEST_HARNESS_MAIN
