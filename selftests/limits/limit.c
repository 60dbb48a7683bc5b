// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the commit limit of the module and what of it each critical
 * level may use (rules A13, C16, H3, H6).
 *
 * Sets the module's parameters, so it needs root, and puts them back.
 */
#include "hostmem_limits.h"

#define LIMIT_MB	100
#define LIMIT		(LIMIT_MB * MIB)
#define REGION		(2 * LIMIT)

/* A region of nothing but reserved pages, twice as large as the limit. */
FIXTURE(limit)
{
	int fd;
	char *base;
};

FIXTURE_SETUP(limit)
{
	SET_PARAMETERS(LIMIT_MB, 10);
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = reserve_at(NULL, REGION);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(limit)
{
}

#define TOTAL() (hostmem_status(self->fd).out_total_committed_bytes)

static HRESULT commit_level(char *addr, size_t size, EMemoryCriticalLevel level)
{
	void *mem = POISON_POINTER;
	HRESULT hr = HostVirtualAlloc(addr, size, MEM_COMMIT, PAGE_READWRITE,
				      level, &mem);

	/* What comes back must fit the result (H1, H2). */
	if (mem != (hr ? NULL : addr))
		return E_UNEXPECTED;
	return hr;
}

TEST_F(limit, all_of_it_and_not_a_page_more_A13)
{
	char *base = self->base;

	ASSERT_EQ(base, commit_at(base, LIMIT, PAGE_READWRITE));
	EXPECT_EQ(LIMIT, TOTAL());
	EXPECT_EQ(NULL, nonzero(base + LIMIT - BLOCK, BLOCK));
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, base + LIMIT,
			   1, MEM_COMMIT, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL, 1,
			   MEM_COMMIT, PAGE_READWRITE);
	EXPECT_RESERVED(base + LIMIT, base, REGION - LIMIT);

	/* A page given back is a page to be had, and one only. */
	ASSERT_TRUE(VirtualFree(base + 5 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_EQ(LIMIT - PAGE, TOTAL());
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, base + LIMIT,
			   PAGE + 1, MEM_COMMIT, PAGE_READWRITE);
	EXPECT_EQ(base + LIMIT, commit_at(base + LIMIT, PAGE, PAGE_READWRITE));
	EXPECT_EQ(LIMIT, TOTAL());
	/* Page tables are given back with the region (S5). */
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_GE(REGION / (512 * PAGE) * PAGE, TOTAL());
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_EQ(0, TOTAL());
}

TEST_F(limit, refused_commit_changes_nothing_C16)
{
	struct hostmem_status before;
	char *base = self->base;

	ASSERT_NE(NULL, commit_at(base + 3 * PAGE, PAGE, PAGE_READWRITE));
	ASSERT_NE(NULL, commit_at(base + BLOCK, PAGE, PAGE_READONLY));
	stamp(base + 3 * PAGE, PAGE, 1);
	before = hostmem_status(self->fd);

	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, base,
			   LIMIT + 2 * PAGE + 1, MEM_COMMIT, PAGE_EXECUTE_READ);
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_RESERVED(base, base, 3 * PAGE);
	EXPECT_COMMITTED(base + 3 * PAGE, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + 4 * PAGE, base, BLOCK - 4 * PAGE);
	EXPECT_COMMITTED(base + BLOCK, base, PAGE, PAGE_READONLY);
	EXPECT_RESERVED(base + BLOCK + PAGE, base, REGION - BLOCK - PAGE);
	EXPECT_EQ(NULL, unstamped(base + 3 * PAGE, PAGE, 1));
	EXPECT_TRUE(can_write(base + 3 * PAGE));
	EXPECT_FALSE(can_write(base + BLOCK));
	EXPECT_FALSE(can_read(base));

	/* With two pages there already, this is just all of the limit. */
	EXPECT_EQ(base, commit_at(base, LIMIT, PAGE_READWRITE));
	EXPECT_EQ(LIMIT, TOTAL());
}

TEST_F(limit, refused_reserve_and_commit_leaves_no_region_A15)
{
	struct hostmem_status before = hostmem_status(self->fd);
	void *place = (void *)0x50000000;

	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL,
			   LIMIT + 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL,
			   LIMIT + 1, MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, place,
			   LIMIT + 1, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_FREE(place);
	EXPECT_EQ(0, mappings(getpid(), 0x50000000, 0x50000000 + LIMIT));
	EXPECT_EQ(place, reserve_at(place, LIMIT + 1));
}

TEST_F(limit, commit_again_costs_nothing_C5)
{
	char *base = self->base;

	ASSERT_EQ(base, commit_at(base, LIMIT, PAGE_READWRITE));
	EXPECT_EQ(base, commit_at(base, LIMIT, PAGE_READONLY));
	EXPECT_EQ(base + 7 * PAGE, commit_at(base + 7 * PAGE, BLOCK,
					     PAGE_READWRITE));
	EXPECT_EQ(LIMIT, TOTAL());
	/* Nor does it matter how much of the limit the caller may use. */
	EXPECT_EQ(S_OK, commit_level(base, LIMIT, eTaskCritical));
	/* Reserving costs nothing either. */
	EXPECT_NE(NULL, reserve_at(NULL, TIB));
}

TEST_F(limit, levels_reach_into_the_reserve_one_after_the_other_H6)
{
	static const struct {
		EMemoryCriticalLevel level;
		size_t may_use;
	} rows[] = {
		{ eTaskCritical,	LIMIT / 100 * 90 },
		{ eAppDomainCritical,	LIMIT / 100 * 95 },
		{ eProcessCritical,	LIMIT },
	};
	char *base = self->base;
	size_t used = 0, i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t more = rows[i].may_use - used;

		EXPECT_EQ(E_OUTOFMEMORY, commit_level(base + used, more + PAGE,
						      rows[i].level));
		EXPECT_EQ(used, TOTAL());
		EXPECT_EQ(S_OK, commit_level(base + used, more, rows[i].level));
		used += more;
		EXPECT_EQ(used, TOTAL());
		/* Neither this level nor a lower one gets another page. */
		for (j = 0; j <= i; j++) {
			EXPECT_EQ(E_OUTOFMEMORY, commit_level(base + used, PAGE,
							      rows[j].level));
		}
	}
	EXPECT_EQ(LIMIT, used);
}

TEST_F(limit, reserve_follows_its_parameter_H6)
{
	char *base = self->base;

	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	EXPECT_EQ(S_OK, commit_level(base, LIMIT, eTaskCritical));
	EXPECT_EQ(E_OUTOFMEMORY, commit_level(base + LIMIT, PAGE,
					      eProcessCritical));
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));

	ASSERT_TRUE(set_number("critical_reserve_pct", 100));
	EXPECT_EQ(E_OUTOFMEMORY, commit_level(base, PAGE, eTaskCritical));
	EXPECT_EQ(S_OK, commit_level(base, LIMIT / 2, eAppDomainCritical));
	EXPECT_EQ(E_OUTOFMEMORY, commit_level(base + LIMIT / 2, PAGE,
					      eAppDomainCritical));
	EXPECT_EQ(S_OK, commit_level(base, LIMIT, eProcessCritical));
}

TEST_F(limit, win32_callers_may_use_all_of_it)
{
	ASSERT_EQ(S_OK, commit_level(self->base, LIMIT / 100 * 90,
				     eTaskCritical));
	EXPECT_EQ(self->base, commit_at(self->base, LIMIT, PAGE_READWRITE));
	EXPECT_EQ(LIMIT, TOTAL());
}

TEST_F(limit, may_sink_below_what_is_committed)
{
	char *base = self->base;

	ASSERT_EQ(base, commit_at(base, LIMIT, PAGE_READWRITE));
	stamp(base, LIMIT, 1);
	ASSERT_TRUE(set_number("commit_limit_mb", LIMIT_MB / 2));
	EXPECT_EQ(LIMIT / 2, hostmem_status(self->fd).out_commit_limit_bytes);
	EXPECT_EQ(LIMIT, TOTAL());
	EXPECT_EQ(NULL, unstamped(base, LIMIT, 1));
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, base + LIMIT,
			   PAGE, MEM_COMMIT, PAGE_READWRITE);
	EXPECT_EQ(base, commit_at(base, LIMIT, PAGE_READONLY));

	ASSERT_TRUE(VirtualFree(base, LIMIT / 2, MEM_DECOMMIT));
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, base, PAGE,
			   MEM_COMMIT, PAGE_READWRITE);
	ASSERT_TRUE(VirtualFree(base + LIMIT / 2, PAGE, MEM_DECOMMIT));
	EXPECT_EQ(base, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_EQ(LIMIT / 2, TOTAL());
}

TEST_F(limit, default_is_three_quarters_of_memory)
{
	uint64_t limit, ram = meminfo("MemTotal");

	ASSERT_TRUE(set_number("commit_limit_mb", 0));
	limit = hostmem_status(self->fd).out_commit_limit_bytes;
	EXPECT_LE(ram / 4 * 3 - MIB, limit);
	EXPECT_GE(ram / 4 * 3 + MIB, limit);
}

TEST_F(limit, holds_for_all_files_together)
{
	int other = open_device();
	char *base = self->base;
	uintptr_t base2, out;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, raw_alloc(other, 0, LIMIT, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &base2));
	ASSERT_EQ(base, commit_at(base, LIMIT / 2, PAGE_READWRITE));
	EXPECT_EQ(-ENOMEM, raw_alloc(other, base2, LIMIT / 2 + PAGE,
				     HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, raw_alloc(other, base2, LIMIT / 2, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &out));
	EXPECT_EQ(LIMIT, TOTAL());
	EXPECT_EQ(LIMIT / 2, hostmem_status(other).out_committed_bytes);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY,
			   base + LIMIT / 2, PAGE, MEM_COMMIT, PAGE_READWRITE);
	ASSERT_EQ(0, raw_free(other, base2, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(base, commit_at(base, LIMIT, PAGE_READWRITE));
}

/*
 * Each thread takes pages until there are none left, in its own part of the
 * region, gives some back and takes again.
 */
#define THREADS		4
#define RACE_MB		8
#define RACE_PAGES	(RACE_MB * MIB / PAGE)

struct taker {
	pthread_t thread;
	int fd;
	char *base;		/* RACE_PAGES pages */
	unsigned long taken;
	unsigned int seed;
	bool exceeded;
	bool failed;
};

static void *take(void *arg)
{
	struct taker *taker = arg;
	uint64_t rng = 1000 + taker->seed;
	unsigned long next = 0;
	HRESULT hr;
	int round;

	for (round = 0; round < 8; round++) {
		while (next < RACE_PAGES) {
			hr = commit_level(taker->base + next * PAGE, PAGE,
					  eProcessCritical);
			if (hr == E_OUTOFMEMORY)
				break;
			if (hr != S_OK)
				taker->failed = true;
			next++;
			if (hostmem_status(taker->fd).out_total_committed_bytes >
			    RACE_MB * MIB)
				taker->exceeded = true;
		}
		if (round < 7 && next) {
			unsigned long back = 1 + random_below(&rng, next);

			next -= back;
			if (!VirtualFree(taker->base + next * PAGE, back * PAGE,
					 MEM_DECOMMIT))
				taker->failed = true;
		}
	}
	taker->taken = next;
	return NULL;
}

TEST_F(limit, holds_among_racing_threads)
{
	struct taker takers[THREADS] = {};
	unsigned long sum = 0;
	int i;

	ASSERT_TRUE(set_number("commit_limit_mb", RACE_MB));
	for (i = 0; i < THREADS; i++) {
		takers[i].fd = self->fd;
		takers[i].seed = i;
		takers[i].base = self->base + i * RACE_PAGES * PAGE;
		ASSERT_EQ(0, pthread_create(&takers[i].thread, NULL, take,
					    &takers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(takers[i].thread, NULL));
		EXPECT_FALSE(takers[i].exceeded);
		EXPECT_FALSE(takers[i].failed);
		sum += takers[i].taken;
	}
	EXPECT_EQ(sum * PAGE, TOTAL());
	EXPECT_EQ(sum * PAGE, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_GE(RACE_PAGES, sum);
	/* What is left can be had to the last page. */
	EXPECT_EQ(E_OUTOFMEMORY,
		  commit_level(self->base + THREADS * RACE_PAGES * PAGE,
			       (RACE_PAGES - sum + 1) * PAGE, eProcessCritical));
	if (sum < RACE_PAGES) {
		EXPECT_EQ(S_OK,
			  commit_level(self->base + THREADS * RACE_PAGES * PAGE,
				       (RACE_PAGES - sum) * PAGE,
				       eProcessCritical));
	}
	EXPECT_EQ(RACE_MB * MIB, TOTAL());
}

/* The machine's memory ends before the limit: an error, and no one dies. */
TEST_F(limit, more_than_the_machine_has_is_refused_H3)
{
	/* All that the limit allows is more than others leave. */
	size_t ram = meminfo("MemTotal"), size = ram / MIB * MIB - BLOCK;
	struct hostmem_status before;
	char *base = reserve_at(NULL, 2 * ram);

	ASSERT_NE(NULL, base);
	ASSERT_EQ(base + BLOCK, commit_at(base + BLOCK, PAGE, PAGE_READWRITE));
	stamp(base + BLOCK, PAGE, 1);
	ASSERT_TRUE(set_number("commit_limit_mb", ram / MIB));
	before = hostmem_status(self->fd);
	ASSERT_LE(before.out_total_committed_bytes + size,
		  before.out_commit_limit_bytes);

	EXPECT_EQ(E_OUTOFMEMORY, commit_level(base, size, eProcessCritical));
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_RESERVED(base, base, BLOCK);
	EXPECT_COMMITTED(base + BLOCK, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(NULL, unstamped(base + BLOCK, PAGE, 1));
	EXPECT_EQ(base, commit_at(base, 4 * BLOCK, PAGE_READWRITE));
}

TEST_HARNESS_MAIN
