// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what doesn't grow: a query with the size of what it finds, reclaim with
 * the number of files that have nothing to give (rules Q6, S1).
 *
 * Compares the same work with itself, by the quickest of many rounds each, and with
 * so much that what grows is ten times dearer.
 */
#include "hostmem_limits.h"

#include <sys/resource.h>

#define ROUNDS	100

/* Nanoseconds of the quickest of several rounds. */
static uint64_t quickest(void (*work)(void *arg), void *arg, int rounds)
{
	uint64_t best = UINT64_MAX, start, took;

	while (rounds--) {
		start = monotonic_ns();
		work(arg);
		took = monotonic_ns() - start;
		if (took < best)
			best = took;
	}
	return best;
}

struct place {
	int fd;
	uintptr_t addr;
};

static void query_often(void *arg)
{
	struct place *place = arg;
	struct hostmem_memory_info info;
	int i;

	for (i = 0; i < 20; i++)
		raw_query(place->fd, place->addr, &info);
}

/* A region of @size, all of it committed alike, and what a query of it costs. */
static uint64_t cost_of_query(struct __test_metadata *_metadata, int fd, size_t size)
{
	struct place place = { .fd = fd };
	struct hostmem_memory_info info;
	uint64_t cost;

	EXPECT_EQ(0, raw_alloc(fd, 0, size, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &place.addr));
	EXPECT_EQ(0, raw_query(fd, place.addr, &info));
	EXPECT_EQ(size, info.region_size);
	cost = quickest(query_often, &place, ROUNDS);
	EXPECT_EQ(0, raw_release(fd, place.addr));
	return cost;
}

TEST(query_costs_the_same_whatever_it_finds)
{
	int fd = open_device();
	uint64_t small, large;

	ASSERT_LE(0, fd);
	small = cost_of_query(_metadata, fd, MIB);
	large = cost_of_query(_metadata, fd, 384 * MIB);
	EXPECT_GE(3 * small, large)
		TH_LOG("%" PRIu64 " ns, %" PRIu64 " ns", small, large);
}

/* The same where pages were committed, one in each block, and are no more. */
TEST(query_costs_the_same_whatever_was_there)
{
	const size_t blocks = 1024;
	int fd = open_device();
	struct hostmem_memory_info info;
	struct place place = { .fd = fd };
	uint64_t before, after;
	size_t i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_alloc(fd, 0, blocks * BLOCK, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &place.addr));
	before = quickest(query_often, &place, ROUNDS);
	for (i = 0; i < blocks; i++)
		ASSERT_EQ(0, raw_commit(fd, place.addr + i * BLOCK, PAGE, PROCESS,
					AT_ONCE));
	ASSERT_EQ(0, raw_decommit(fd, place.addr, (blocks - 1) * BLOCK));
	ASSERT_EQ(0, raw_query(fd, place.addr, &info));
	EXPECT_EQ(HOSTMEM_RESERVE, info.state);
	EXPECT_EQ((blocks - 1) * BLOCK, info.region_size);
	after = quickest(query_often, &place, ROUNDS);
	EXPECT_GE(3 * before, after)
		TH_LOG("%" PRIu64 " ns, %" PRIu64 " ns", before, after);
}

#define FILES	40000

/* Has a page's contents gone, which is the only one that may. */
static void reclaim_one(void *arg)
{
	struct place *place = arg;
	uintptr_t out;

	*(volatile char *)place->addr = 1;
	if (raw_alloc(place->fd, place->addr, PAGE, HOSTMEM_RESET,
		      HOSTMEM_READWRITE, &out) ||
	    !write_file("/proc/sys/vm/drop_caches", "2") ||
	    !raw_alloc(place->fd, place->addr, PAGE, HOSTMEM_RESET_UNDO,
		       HOSTMEM_READWRITE, &out))
		abort();
}

static uint64_t cost_of_reclaim(struct __test_metadata *_metadata)
{
	struct place place = { .fd = open_device() };

	EXPECT_EQ(0, raw_alloc(place.fd, 0, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &place.addr));
	return quickest(reclaim_one, &place, 10);
}

/* Files that have nothing to give are not looked at. */
TEST(reclaim_costs_the_same_however_many_files_are_open)
{
	const struct rlimit many = { FILES + 100, FILES + 100 };
	uint64_t few, more;
	int i;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &many));
	few = cost_of_reclaim(_metadata);
	for (i = 0; i < FILES; i++)
		ASSERT_LE(0, open_device());
	more = cost_of_reclaim(_metadata);
	EXPECT_GE(3 * few, more)
		TH_LOG("%" PRIu64 " ns, %" PRIu64 " ns", few, more);
}

TEST_HARNESS_MAIN
