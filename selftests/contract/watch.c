// SPDX-License-Identifier: GPL-2.0
/*
 * Description: write watch: which pages it reports and resets, whatever happens to them
 * (rules W1-W13, W15-W17, W26).
 */
#include "watch.h"

TEST_F(watch, is_clean_when_fresh_W3)
{
	EXPECT_WRITTEN();
	EXPECT_EQ(NULL, nonzero(self->base, REGION));
	EXPECT_WRITTEN();
}

TEST_F(watch, tells_single_writes_W4_W26)
{
	char *tiny = VirtualAlloc(NULL, 1, WATCHED | MEM_COMMIT, PAGE_READWRITE);

	poke(self->base, 1);
	EXPECT_WRITTEN(1);
	poke(self->base, 0);
	poke(self->base, PAGES - 1);
	/* On both sides of a block's end. */
	poke(self->base, GRANULE / PAGE);
	poke(self->base, GRANULE / PAGE - 1);
	EXPECT_WRITTEN(0, 1, 15, 16, PAGES - 1);
	poke(self->base, 1);
	EXPECT_WRITTEN(0, 1, 15, 16, PAGES - 1);

	ASSERT_NE(NULL, tiny);
	*tiny = 1;
	EXPECT_EQ(0, collect_at_most(1, 0, tiny, 1));
	EXPECT_EQ(1, report.count);
	EXPECT_EQ(tiny, report.pages[0]);
	EXPECT_EQ(PAGE, query(tiny).RegionSize);
}

TEST_F(watch, tells_a_write_across_two_pages_W5)
{
	*(volatile uint64_t *)(self->base + 16 * PAGE - 1) = ~0ull;
	EXPECT_WRITTEN(15, 16);
}

TEST_F(watch, is_blind_to_reads_W6)
{
	size_t i;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	for (i = 0; i < PAGES; i++)
		EXPECT_NO_FAULT(try_read(self->base + i * PAGE));
	EXPECT_EQ(100, write(fds[1], self->base + PAGE - 50, 100));
	EXPECT_WRITTEN();
}

TEST_F(watch, query_is_not_destructive_and_reset_is_W7)
{
	poke(self->base, 3);
	poke(self->base, 300);
	EXPECT_WRITTEN(3, 300);
	EXPECT_WRITTEN(3, 300);
	EXPECT_RESET(3, 300);
	EXPECT_WRITTEN();
	EXPECT_RESET();
	poke(self->base, 300);
	EXPECT_RESET(300);
	poke(self->base, 300);
	EXPECT_RESET(300);
	EXPECT_EQ(1, self->base[300 * PAGE + 321]);
}

TEST_F(watch, resets_only_what_it_returns_W8)
{
	unsigned int i;

	for (i = 0; i < PAGES; i += 100)
		poke(self->base, i);
	EXPECT_REPORT(1, 0, self->base, REGION, 0);
	EXPECT_REPORT(2, 0, self->base, REGION, 0, 100);
	EXPECT_REPORT(1, WRITE_WATCH_FLAG_RESET, self->base, REGION, 0);
	EXPECT_WRITTEN(100, 200, 300, 400, 500);
	EXPECT_REPORT(3, WRITE_WATCH_FLAG_RESET, self->base, REGION,
		      100, 200, 300);
	EXPECT_REPORT(2, WRITE_WATCH_FLAG_RESET, self->base, REGION, 400, 500);
	EXPECT_WRITTEN();

	/* Neighbours. */
	for (i = 10; i < 20; i++)
		poke(self->base, i);
	EXPECT_REPORT(4, WRITE_WATCH_FLAG_RESET, self->base, REGION,
		      10, 11, 12, 13);
	EXPECT_WRITTEN(14, 15, 16, 17, 18, 19);
}

TEST_F(watch, takes_any_part_of_the_region_W9)
{
	char *base = self->base;
	unsigned int i;

	for (i = 10; i < 20; i++)
		poke(base, i);
	EXPECT_REPORT(512, 0, base + 12 * PAGE, 3 * PAGE, 12, 13, 14);
	EXPECT_REPORT(512, 0, base + 12 * PAGE - 1, 2, 11, 12);
	EXPECT_REPORT(512, 0, base + 15 * PAGE + 5, 1, 15);
	EXPECT_REPORT(512, 0, base + 18 * PAGE, REGION - 18 * PAGE, 18, 19);
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, base + 16 * PAGE - 1, 2,
		      15, 16);
	EXPECT_WRITTEN(10, 11, 12, 13, 14, 17, 18, 19);
}

/* PTEs are looked at many at a time, from the first of the range on. */
TEST_F(watch, finds_every_page_wherever_it_begins_W9)
{
	char *block = self->base + GRANULE;
	size_t first, i, nr = BLOCK / PAGE, wrong;

	for (first = 0; first < 64; first++) {
		for (i = 0; i < nr; i++)
			poke(block, i);
		EXPECT_EQ(0, collect_at_most(nr, WRITE_WATCH_FLAG_RESET,
					     block + first * PAGE, BLOCK - first * PAGE));
		ASSERT_EQ(nr - first, report.count)
			TH_LOG("from page %zu on", first);
		for (i = first, wrong = 0; i < nr; i++)
			wrong += report.pages[i - first] != block + i * PAGE;
		EXPECT_EQ(0, wrong);
		EXPECT_EQ(0, ResetWriteWatch(block, BLOCK));
	}
}

TEST_F(watch, reset_write_watch_cleans_a_range_W10)
{
	char *base = self->base;
	unsigned int i;
	DWORD old;

	for (i = 10; i < 20; i++)
		poke(base, i);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(0, ResetWriteWatch(base + 12 * PAGE, 2 * PAGE));
	EXPECT_EQ(POISON_DWORD, GetLastError());
	EXPECT_WRITTEN(10, 11, 14, 15, 16, 17, 18, 19);
	EXPECT_EQ(0, ResetWriteWatch(base + 16 * PAGE - 1, 2));
	EXPECT_WRITTEN(10, 11, 14, 17, 18, 19);
	/* Whatever the pages are. */
	ASSERT_TRUE(VirtualProtect(base + 10 * PAGE, PAGE, PAGE_NOACCESS, &old));
	ASSERT_TRUE(VirtualProtect(base + 11 * PAGE, PAGE, PAGE_READONLY, &old));
	ASSERT_TRUE(VirtualFree(base + 14 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_EQ(0, ResetWriteWatch(base + 10 * PAGE, 5 * PAGE));
	EXPECT_WRITTEN(17, 18, 19);
	EXPECT_EQ(0, ResetWriteWatch(base, REGION));
	EXPECT_WRITTEN();
	poke(base, 17);
	EXPECT_WRITTEN(17);
}

TEST_F(watch, passes_over_what_is_not_committed_W11)
{
	char *base = self->base;

	poke(base, 2);
	poke(base, 20);
	ASSERT_TRUE(VirtualFree(base + 5 * PAGE, 10 * PAGE, MEM_DECOMMIT));
	EXPECT_WRITTEN(2, 20);
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, base + 6 * PAGE, PAGE);
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, base + 6 * PAGE, REGION / 2, 20);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_WRITTEN();
	EXPECT_EQ(0, ResetWriteWatch(base, REGION));
}

/* The region may begin without pages, and with any protection. */
TEST_F(watch, lasts_for_the_regions_life_W1)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		DWORD old;

		ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
		ASSERT_EQ((void *)FIXED,
			  VirtualAlloc((void *)FIXED, REGION, WATCHED,
				       protections[i].protect));
		EXPECT_WRITTEN();
		ASSERT_NE(NULL, commit_at(self->base + 4 * PAGE, 4 * PAGE,
					  protections[i].protect));
		EXPECT_WRITTEN();
		ASSERT_TRUE(VirtualProtect(self->base + 4 * PAGE, 4 * PAGE,
					   PAGE_EXECUTE_READWRITE, &old));
		EXPECT_WRITTEN();
		poke(self->base, 5);
		ASSERT_NE(NULL, commit_at(self->base, 20 * PAGE, PAGE_READWRITE));
		EXPECT_WRITTEN(5);
		poke(self->base, 0);
		poke(self->base, 19);
		EXPECT_WRITTEN(0, 5, 19);
	}
}

TEST_F(watch, survives_protect_in_either_direction_W12)
{
	static const DWORD way[] = {
		PAGE_READONLY, PAGE_NOACCESS, PAGE_READWRITE, GUARDED,
		PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
	};
	char *base = self->base;
	size_t i;
	DWORD old;

	poke(base, 3);
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		ASSERT_TRUE(VirtualProtect(base, 10 * PAGE, way[i], &old));
		EXPECT_WRITTEN(3);
	}
	/* What is dirty can be reset in all of them, and none marks. */
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		poke(base, 18);
		/* In the same block, and so far away that each is cleaned by itself. */
		poke(base, 400);
		ASSERT_TRUE(VirtualProtect(base, 20 * PAGE, way[i], &old));
		collect_at_most(512, WRITE_WATCH_FLAG_RESET, base, REGION);
		EXPECT_EQ(base + 18 * PAGE, report.pages[report.count - 2]);
		EXPECT_EQ(base + 400 * PAGE, report.pages[report.count - 1]);
		EXPECT_WRITTEN();
		ASSERT_TRUE(VirtualProtect(base, 20 * PAGE, PAGE_READWRITE, &old));
		EXPECT_WRITTEN();
	}
}

TEST_F(watch, is_cleared_by_decommit_W13)
{
	poke(self->base, 3);
	poke(self->base, 4);
	ASSERT_TRUE(VirtualFree(self->base + 3 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_WRITTEN(4);
	ASSERT_NE(NULL, commit_at(self->base + 3 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_WRITTEN(4);
	poke(self->base, 3);
	EXPECT_WRITTEN(3, 4);
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_DECOMMIT));
	EXPECT_WRITTEN();
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_WRITTEN();
}

TEST_F(watch, survives_a_commit_of_committed_pages_W15)
{
	poke(self->base, 3);
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_WRITTEN(3);
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READONLY));
	EXPECT_WRITTEN(3);
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READWRITE));
	poke(self->base, 4);
	EXPECT_WRITTEN(3, 4);
}

TEST_F(watch, is_invisible_to_queries_W16_Q12)
{
	unsigned int i;

	for (i = 0; i < PAGES; i += 2)
		poke(self->base, i);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(0, ResetWriteWatch(self->base, REGION / 2));
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
}

TEST_F(watch, counts_a_large_region_W17)
{
	size_t nr = 2048, i, wrong = 0;
	DWORD old;
	char *base = VirtualAlloc(NULL, nr * PAGE, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	for (i = 0; i < nr; i += 2)
		poke(base, i);
	ASSERT_TRUE(VirtualProtect(base, nr / 2 * PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(0, collect_at_most(nr - 1, WRITE_WATCH_FLAG_RESET, base,
				     nr * PAGE));
	EXPECT_EQ(nr / 2, report.count);
	for (i = 0; i < nr / 2; i++)
		wrong += report.pages[i] != base + 2 * i * PAGE;
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(POISON_POINTER, report.pages[nr / 2]);
	EXPECT_EQ(0, collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base, nr * PAGE));
	EXPECT_EQ(0, report.count);
}

TEST_HARNESS_MAIN
