// SPDX-License-Identifier: GPL-2.0
/*
 * Description: commits belong to the memory cgroup of who makes them, and where a
 * cgroup's limit is reached they fail, while nobody is killed (rules A13, C16).
 */
#include "memcg.h"

FIXTURE(cgroup)
{
	struct run *run;
	int fd;
};

FIXTURE_SETUP(cgroup)
{
	SET_UP_GROUPS();
}

FIXTURE_TEARDOWN(cgroup)
{
	TEAR_DOWN_GROUPS();
}

static int commit_and_decommit(void *arg)
{
	struct run *run = arg;
	int64_t before;
	uintptr_t base;
	int fd;

	/* It counts where one lives now, not where the file was opened. */
	base = open_region(&fd, 2 * run->size);
	CHECK(base);
	CHECK(!raw_commit(fd, base, run->size, PROCESS, AT_ONCE));
	CHECK(current(run->group) < SLACK);
	CHECK(join(run->group));
	before = current(run->group);
	CHECK(!raw_commit(fd, base + run->size, run->size, PROCESS, AT_ONCE));
	CHECK(current(run->group) - before >= (int64_t)run->size - STOCK);
	CHECK(current(run->group) - before < (int64_t)run->size + SLACK);
	CHECK(!raw_decommit(fd, base + run->size, run->size / 2));
	CHECK(current(run->group) - before < (int64_t)run->size / 2 + SLACK);
	CHECK(current(run->group) - before >= (int64_t)run->size / 2 - STOCK);
	CHECK(!raw_decommit(fd, base, 2 * run->size));
	CHECK(current(run->group) - before < SLACK);
	/* With and without a region's end. */
	CHECK(!raw_commit(fd, base, run->size, PROCESS, AT_ONCE));
	CHECK(current(run->group) - before >= (int64_t)run->size - STOCK);
	CHECK(!raw_release(fd, base));
	CHECK(current(run->group) - before < SLACK);
	CHECK(raw_commit(fd, 0, run->size, PROCESS, AT_ONCE) == 0);
	return 0;
}

TEST_F(cgroup, is_charged_for_what_its_members_commit)
{
	self->run->size = 32 * MIB;
	EXPECT_CHILD(commit_and_decommit);
	/* And no longer than they live. */
	EXPECT_GT(SLACK, current(INNER));
}

/*
 * The limit of a cgroup.  The memory that a refused commit leaves is enough for
 * what any process does: here, a few new pages.
 */
#define FEW	(8 * PAGE)

static bool lives(void)
{
	char *memory = mmap(NULL, FEW, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	stamp(memory, FEW, 3);
	return !unstamped(memory, FEW, 3) && !munmap(memory, FEW);
}

static int commit_until_refused(void *arg)
{
	struct run *run = arg;
	size_t done[2];
	uintptr_t base;
	int fd, round, i;

	CHECK(join(run->group));
	base = open_region(&fd, 4 * run->max);
	CHECK(base);
	for (round = 0; round < 2; round++) {
		size_t at = 0;
		int err = 0;

		while (at < 2 * run->max) {
			err = raw_commit(fd, base + at, run->step, PROCESS,
					 AT_ONCE);
			if (err)
				break;
			at += run->step;
		}
		CHECK(err == -ENOMEM);
		done[round] = at;
		/* Trying again and again does no harm; the kernel may find some. */
		for (i = 0; i < 20; i++) {
			err = raw_commit(fd, base + at, run->step, PROCESS,
					 AT_ONCE);
			CHECK(!err || err == -ENOMEM);
			at += err ? 0 : run->step;
		}
		CHECK(raw_commit(fd, base + at, run->step + BLOCK, PROCESS,
				 AT_ONCE) == -ENOMEM);
		CHECK(committed(fd) == at);
		CHECK(lives());
		stamp((void *)base, at, 1);
		CHECK(!unstamped((void *)base, at, 1));
		CHECK(!raw_decommit(fd, base, 2 * run->max));
	}
	/* Most of the cgroup's memory could be had, the second time, too. */
	CHECK(done[0] >= run->max - 2 * SLACK - run->step);
	CHECK(done[1] >= run->max - 2 * SLACK - run->step);
	return 0;
}

FIXTURE(steps)
{
	struct run *run;
	int fd;
};

FIXTURE_VARIANT(steps)
{
	size_t step;
	size_t max;
	bool outer;		/* it is the parent that has the limit */
};

FIXTURE_VARIANT_ADD(steps, of_pages)
{
	.step = PAGE,
	.max = 16 * MIB,
};

FIXTURE_VARIANT_ADD(steps, of_granules)
{
	.step = GRANULE,
	.max = 64 * MIB,
};

FIXTURE_VARIANT_ADD(steps, of_granules_below_a_limited_parent)
{
	.step = GRANULE,
	.max = 64 * MIB,
	.outer = true,
};

FIXTURE_VARIANT_ADD(steps, of_blocks)
{
	.step = 4 * BLOCK,
	.max = 64 * MIB,
};

FIXTURE_VARIANT_ADD(steps, of_all_at_once)
{
	.step = 48 * MIB,
	.max = 64 * MIB,
};

FIXTURE_SETUP(steps)
{
	SET_UP_GROUPS();
	self->run->step = variant->step;
	self->run->max = variant->max;
	/* The debug kernel takes long for one small step after another. */
	if (is_debug_kernel() && variant->step <= GRANULE)
		self->run->max /= variant->step == PAGE ? 2 : 4;
	ASSERT_TRUE(write_number(variant->outer ? OUTER : INNER, "memory.max",
				 self->run->max));
}

FIXTURE_TEARDOWN(steps)
{
	TEAR_DOWN_GROUPS();
}

TEST_F(steps, end_in_refusals_A13)
{
	EXPECT_CHILD(commit_until_refused);
}

/* All that one commit needs beside its pages fits, or the commit is refused. */
static int commit_once(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int fd, err;

	CHECK(join(run->group));
	base = open_region(&fd, run->size);
	CHECK(base);
	CHECK(write_number(run->group, "memory.max",
			   current(run->group) + run->step));
	err = raw_commit(fd, base, run->size, PROCESS, AT_ONCE);
	CHECK(!err || err == -ENOMEM);
	CHECK(committed(fd) == (err ? 0 : run->size));
	/* Who has got all of it has none to spare. */
	CHECK(!err || lives());
	if (!err)
		stamp((void *)base, run->size, 1);
	return 0;
}

TEST_F(cgroup, with_room_for_the_pages_alone_refuses)
{
	size_t more, step = (is_debug_kernel() ? 512 : 128) * KIB;

	/* Its page tables are 112 pages. */
	self->run->size = 112 * BLOCK;
	for (more = 0; more < 2 * MIB; more += step) {
		ASSERT_TRUE(write_file(INNER "/memory.max", "max"));
		self->run->step = self->run->size + more;
		EXPECT_CHILD(commit_once);
		ASSERT_EQ(0, events(INNER, "oom_kill"))
			TH_LOG("with %zu KiB more", more / KIB);
	}
}

TEST_F(cgroup, with_hardly_any_room_refuses)
{
	/* A hundred times of what there is, but no more than the machine has. */
	self->run->size = 128 * BLOCK;
	self->run->step = 256 * KIB;
	EXPECT_CHILD(commit_once);
	ASSERT_EQ(0, events(INNER, "oom_kill"));
	ASSERT_TRUE(write_file(INNER "/memory.max", "max"));
	self->run->step = 8 * MIB;
	EXPECT_CHILD(commit_once);
}

/*
 * Threads that take the last of it at the same time.  They begin when all have a region:
 * a cgroup that is full may have none.
 */
#define TAKERS	4

struct taker {
	pthread_t thread;
	const struct run *run;
	int fd;
	uintptr_t base;
	int err;
};

static void *take(void *arg)
{
	struct taker *taker = arg;
	const struct run *run = taker->run;
	size_t at;
	int round;

	pthread_barrier_wait(run->start);
	for (round = 0; round < 3; round++) {
		for (at = 0; at < run->max; at += run->step) {
			taker->err = raw_commit(taker->fd, taker->base + at,
						run->step, PROCESS, AT_ONCE);
			if (taker->err)
				break;
		}
		if (taker->err != -ENOMEM ||
		    raw_decommit(taker->fd, taker->base, 2 * run->max))
			break;
	}
	return NULL;
}

static int take_in_threads(void *arg)
{
	struct run *run = arg;
	struct taker takers[TAKERS];
	int i;

	CHECK(join(run->group));
	for (i = 0; i < TAKERS; i++) {
		takers[i] = (struct taker){ .run = run };
		takers[i].base = open_region(&takers[i].fd, 2 * run->max);
		CHECK(takers[i].base);
		CHECK(!pthread_create(&takers[i].thread, NULL, take, &takers[i]));
	}
	for (i = 0; i < TAKERS; i++) {
		CHECK(!pthread_join(takers[i].thread, NULL));
		/* A thread may have come to its end when others had none. */
		CHECK(!takers[i].err || takers[i].err == -ENOMEM);
	}
	CHECK(lives());
	return 0;
}

TEST_F(steps, end_in_refusals_for_threads_A13)
{
	self->run->start = shared_memory(sizeof(pthread_barrier_t));
	ASSERT_NE(NULL, self->run->start);
	ASSERT_TRUE(share_barrier(self->run->start, TAKERS));
	EXPECT_CHILD(take_in_threads);
}

/* The same for processes in two cgroups, if the limit is that of both. */
TEST_F(steps, end_in_refusals_for_two_cgroups_A13)
{
	struct run *other = shared_memory(sizeof(*other));
	pid_t children[2];

	ASSERT_NE(NULL, other);
	self->run->start = shared_memory(sizeof(pthread_barrier_t));
	ASSERT_NE(NULL, self->run->start);
	ASSERT_TRUE(share_barrier(self->run->start, 2 * TAKERS));
	*other = *self->run;
	other->group = OTHER;
	children[0] = start_child(take_in_threads, self->run);
	children[1] = start_child(take_in_threads, other);
	ASSERT_LE(0, children[0]);
	ASSERT_LE(0, children[1]);
	EXPECT_EQ(0, status_of(children[0]))
		TH_LOG("line %d", self->run->line);
	EXPECT_EQ(0, status_of(children[1]))
		TH_LOG("line %d", other->line);
}

/* What can be reclaimed is no reason to refuse. */
static int commit_in_place_of_cache(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	size_t at;
	char *cache;
	int fd;

	CHECK(join(run->group));
	cache = memory_that_may_go(run->max / 2);
	CHECK(cache);
	CHECK(current(run->group) >= (int64_t)(run->max / 2));
	base = open_region(&fd, run->max);
	CHECK(base);
	for (at = 0; at < 3 * run->max / 4; at += run->step)
		CHECK(!raw_commit(fd, base + at, run->step, PROCESS, AT_ONCE));
	stamp((void *)base, 3 * run->max / 4, 2);
	CHECK(unstamped(cache, run->max / 2, 1));
	CHECK(!unstamped((void *)base, 3 * run->max / 4, 2));
	return 0;
}

TEST_F(steps, get_what_can_be_reclaimed)
{
	EXPECT_CHILD(commit_in_place_of_cache);
}

/* The charge stays with a cgroup, even one that is gone. */
static int leave_and_free(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int fd;

	CHECK(join(run->group));
	base = open_region(&fd, 2 * run->size);
	CHECK(base);
	CHECK(!raw_commit(fd, base, run->size, PROCESS, AT_ONCE));
	CHECK(join(CGROUPS));
	CHECK(current(run->group) >= (int64_t)run->size);
	CHECK(!rmdir(run->group));
	CHECK(current(OUTER) >= (int64_t)run->size);
	stamp((void *)base, run->size, 1);
	CHECK(!raw_decommit(fd, base, run->size / 2));
	CHECK(current(OUTER) < (int64_t)(run->size / 2) + SLACK);
	/* New ones are charged where the process is now. */
	CHECK(!raw_commit(fd, base + run->size, run->size, PROCESS, AT_ONCE));
	CHECK(current(OUTER) < (int64_t)(run->size / 2) + SLACK);
	CHECK(!unstamped((void *)(base + run->size / 2), run->size / 2, 1));
	return 0;
}

TEST_F(cgroup, may_go_before_its_memory)
{
	self->run->size = 16 * MIB;
	EXPECT_CHILD(leave_and_free);
	EXPECT_GT(SLACK, current(OUTER));
}

TEST_HARNESS_MAIN
