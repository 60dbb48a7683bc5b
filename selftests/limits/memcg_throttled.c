// SPDX-License-Identifier: GPL-2.0
/*
 * Description: a memory cgroup that is throttled holds up no other (rule S3).
 */
#include "memcg.h"

/*
 * A cgroup above its memory.high is throttled: its commit takes for ever.  That holds
 * up no commit of another cgroup, be it one of its own limit or below the same one,
 * though both have little left.
 */
FIXTURE(throttled)
{
	struct run *run;
	int fd;
};

FIXTURE_VARIANT(throttled)
{
	size_t inner_max, other_max, outer_max;
};

FIXTURE_VARIANT_ADD(throttled, beside_another_limit)
{
	.inner_max = 90 * MIB,
	.other_max = 24 * MIB,
	.outer_max = 1024 * MIB,
};

FIXTURE_VARIANT_ADD(throttled, below_the_same_limit)
{
	.inner_max = 1024 * MIB,
	.other_max = 1024 * MIB,
	.outer_max = 64 * MIB,
};

FIXTURE_SETUP(throttled)
{
	SET_UP_GROUPS();
	ASSERT_TRUE(write_number(INNER, "memory.max", variant->inner_max));
	ASSERT_TRUE(write_number(OTHER, "memory.max", variant->other_max));
	ASSERT_TRUE(write_number(OUTER, "memory.max", variant->outer_max));
}

FIXTURE_TEARDOWN(throttled)
{
	TEAR_DOWN_GROUPS();
}

/*
 * Single pages lack, so that the commit charges in small pieces; and together with what
 * is left to all commits at a time, they are more than the limit leaves.
 */
static int be_throttled(void *arg)
{
	const size_t size = 64 * MIB;
	struct run *run = arg;
	uintptr_t base;
	size_t at;
	int fd;

	CHECK(join(INNER));
	base = open_region(&fd, size);
	CHECK(base);
	for (at = 0; at < size; at += 2 * PAGE)
		CHECK(!raw_commit(fd, base + at, PAGE, PROCESS, AT_ONCE));
	CHECK(write_number(INNER, "memory.high", MIB));
	run->state = 1;
	raw_commit(fd, base, size, PROCESS, AT_ONCE);
	run->state = 2;
	return 0;
}

static int commit_little(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int fd, i;

	CHECK(join(OTHER));
	base = open_region(&fd, MIB);
	CHECK(base);
	for (i = 0; i < 16; i++)
		CHECK(!raw_commit(fd, base + i * GRANULE, GRANULE, PROCESS, AT_ONCE));
	return 0;
}

TEST_F(throttled, holds_up_no_other_S3)
{
	pid_t child = start_child(be_throttled, self->run);
	int64_t before;

	ASSERT_LE(0, child);
	while (!self->run->state) {
		ASSERT_EQ(0, waitpid(child, NULL, WNOHANG))
			TH_LOG("line %d", self->run->line);
		sched_yield();
	}
	before = events(INNER, "high");
	/* From now on it sleeps, in its charges, more than anything else. */
	while (events(INNER, "high") <= before + 1 && self->run->state == 1)
		sched_yield();
	EXPECT_CHILD(commit_little);
	EXPECT_EQ(1, atomic_load(&self->run->state))
		TH_LOG("the other one wasn't throttled");
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
}

TEST_HARNESS_MAIN
