// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what refused commits leave to everything else in their memory cgroup,
 * while they find out that there is no more (rule A13).
 */
#include "memcg.h"

/* Enough for a new mapping and its first pages. */
#define LEAST	((int64_t)(32 * PAGE))

FIXTURE(refused)
{
	struct run *run;
	int fd;
};

FIXTURE_VARIANT(refused)
{
	size_t step;
};

FIXTURE_VARIANT_ADD(refused, page)
{
	.step = PAGE,
};

FIXTURE_VARIANT_ADD(refused, granule)
{
	.step = GRANULE,
};

FIXTURE_VARIANT_ADD(refused, some_blocks)
{
	.step = 3 * BLOCK,
};

FIXTURE_SETUP(refused)
{
	SET_UP_GROUPS();
	self->run->step = variant->step;
	self->run->max = 8 * MIB;
	/* The debug kernel takes long for one small step after another. */
	if (is_debug_kernel() && variant->step == PAGE)
		self->run->max /= 2;
	ASSERT_TRUE(write_number(INNER, "memory.max", self->run->max));
}

FIXTURE_TEARDOWN(refused)
{
	TEAR_DOWN_GROUPS();
}

static int be_refused(void *arg)
{
	struct run *run = arg;
	int fd, refused = 0, err;
	uintptr_t base, at;

	/* Each processor keeps some of what is charged; here it's always the same one. */
	CHECK(run_on(sched_getcpu()));
	CHECK(join(run->group));
	CHECK(!run->size || memory_that_may_go(run->size));
	base = open_region(&fd, 2 * run->max);
	CHECK(base);
	/* After a refusal the kernel may find some more. */
	for (at = base; refused < 20 && at < base + run->max; ) {
		err = raw_commit(fd, at, run->step, PROCESS, AT_ONCE);
		CHECK(!err || err == -ENOMEM);
		refused += !!err;
		at += err ? 0 : run->step;
	}
	CHECK(refused == 20);
	CHECK(at + run->step >= base + run->max - SLACK);
	run->state = (at - base) / PAGE;
	return 0;
}

TEST_F(refused, never_has_the_last_of_it_A13)
{
	int64_t peak;

	EXPECT_CHILD(be_refused);
	peak = read_number(INNER, "memory.peak");
	ASSERT_LT(0, peak);
	EXPECT_GE((int64_t)self->run->max - LEAST, peak);
}

TEST_F(refused, gets_all_that_may_go_first_A13)
{
	int without;

	EXPECT_CHILD(be_refused);
	without = self->run->state;
	self->run->size = self->run->max / 2;
	EXPECT_CHILD(be_refused);
	EXPECT_GE(self->run->state * (int64_t)PAGE,
		  without * (int64_t)PAGE - (int64_t)self->run->step - LEAST);
}

TEST_HARNESS_MAIN
