// SPDX-License-Identifier: GPL-2.0
/*
 * Description: memory cgroups: who is charged, and that commits fail at the limit.
 */
#include "hostile_cgroup.h"

#define ROUNDS	4

static int is_charged(void)
{
	size_t size = 16 * MIB;
	uintptr_t base, out;
	int64_t before;
	int fd = open_device();

	CHECK(!enter());
	CHECK(!raw_alloc(fd, 0, 64 * TIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			 &base));
	before = charged();
	CHECK(before >= 0 && before < (int64_t)BATCHES);
	CHECK(!raw_alloc(fd, base, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out));
	CHECK(about(charged(), before + size));
	CHECK(!raw_alloc(fd, base + size, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			 &out));
	CHECK(about(charged(), before + 2 * size));
	CHECK(!raw_free(fd, base + size / 2, size, HOSTMEM_DECOMMIT));
	CHECK(about(charged(), before + size));
	CHECK(!raw_free(fd, base, 0, HOSTMEM_RELEASE));
	CHECK(about(charged(), before));
	return 0;
}

TEST_F(cgroup, is_charged_and_gets_it_back)
{
	EXPECT_CHILD(is_charged());
	EXPECT_TRUE(about(charged(), 0));
}

/*
 * Commit pieces until none is left; then it must go on with what there is.  What
 * is taken before decides which allocation is the one that meets the limit.
 */
static int fill(size_t piece, size_t step)
{
	size_t most = 2 * LIMIT / piece, nr, round;
	int fd = open_device(), ret = 0;
	uintptr_t base, out;
	size_t taken = 0;

	CHECK(!enter());
	CHECK(!raw_alloc(fd, 0, most * step, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			 &base));
	for (round = 0; round < ROUNDS; round++) {
		CHECK(raw_both(fd, 0, (1 + round) * PAGE, HOSTMEM_READWRITE));
		taken += (1 + round) * PAGE;
		for (nr = 0; nr < most; nr++) {
			ret = raw_alloc(fd, base + nr * step, piece,
					HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out);
			if (ret)
				break;
			*(uint64_t *)(base + nr * step) = nr + 1;
		}
		CHECK(ret == -ENOMEM);
		CHECK(nr > LIMIT / piece / 8);
		CHECK(nr <= LIMIT / piece);
		CHECK(hostmem_status(fd).out_committed_bytes == taken + nr * piece);
		while (nr--)
			CHECK(*(uint64_t *)(base + nr * step) == nr + 1);
		CHECK(!raw_free(fd, base, 0, HOSTMEM_DECOMMIT));
		CHECK(hostmem_status(fd).out_committed_bytes == taken);
	}
	return 0;
}

#define EXPECT_FILL(piece, step) do {					\
	ASSERT_TRUE(set_limit(LIMIT));					\
	EXPECT_CHILD(fill(piece, step));				\
	EXPECT_EQ(0, killed());						\
} while (0)

TEST_F(cgroup, at_its_limit_has_large_commits_fail_and_no_one_killed)
{
	EXPECT_FILL(4 * MIB, 4 * MIB);
	EXPECT_FILL(MIB, MIB + PAGE);
}

TEST_F(cgroup, at_its_limit_has_small_commits_fail_and_no_one_killed)
{
	EXPECT_FILL(GRANULE, GRANULE);
	EXPECT_FILL(4 * PAGE, 4 * PAGE);
}

/* As many page tables as pages, and they are charged, too. */
TEST_F(cgroup, at_its_limit_has_spread_out_commits_fail_and_no_one_killed)
{
	EXPECT_FILL(PAGE, BLOCK);
}

TEST_HARNESS_MAIN
