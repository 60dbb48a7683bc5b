// SPDX-License-Identifier: GPL-2.0
/*
 * Description: memory that is prepared ahead where there isn't enough: nobody misses it,
 * neither commits, up to the limits, the machine's memory and the cgroup's, nor anything
 * else (rules A13, C16, S6).
 *
 * Makes cgroups and sets the module's parameters, so it needs root.
 */
#include "memcg.h"
#include "pool.h"

#define WANTED		(16 * MIB)
#define LIMIT		(32 * MIB)

FIXTURE(cgroup)
{
	struct run *run;
	int fd;
};

FIXTURE_SETUP(cgroup)
{
	SET_UP_GROUPS();
	ASSERT_TRUE(set_number("pool_limit_mb", 64));
}

FIXTURE_TEARDOWN(cgroup)
{
	TEAR_DOWN_GROUPS();
}

/* The charge of its cgroup has changed since it was @before by @by. */
#define GREW(before, by)						\
	(current(run->group) - (before) >= (int64_t)(by) - STOCK &&	\
	 current(run->group) - (before) < (int64_t)(by) + SLACK)

static int charge_pool(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int64_t before;
	int fd;

	fd = open_device();
	CHECK(join(run->group));
	before = current(run->group);
	CHECK(prepare(fd, WANTED));
	CHECK(GREW(before, WANTED));
	/* What has been taken is missing, and only until the thread has made others. */
	base = reserve_region(fd, WANTED + BLOCK, 0);
	CHECK(base);
	base = (base + BLOCK - 1) & -BLOCK;
	CHECK(!raw_commit(fd, base, WANTED, PROCESS, AT_ONCE));
	CHECK(until_prepared(fd, WANTED));
	CHECK(GREW(before, 2 * WANTED));
	CHECK(!raw_prepare(fd, 0));
	CHECK(GREW(before, WANTED));
	/* Pages of it that go alone are free at once, and so are those that were whole. */
	CHECK(!raw_decommit(fd, base + PAGE, WANTED / 2));
	CHECK(GREW(before, WANTED / 2));
	CHECK(!raw_decommit(fd, base, WANTED));
	CHECK(GREW(before, 0));
	return 0;
}

TEST_F(cgroup, is_charged_for_what_is_prepared_for_its_members)
{
	EXPECT_CHILD(charge_pool);
	EXPECT_GT(SLACK, current(INNER));
}

static int move(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int fd = open_device();

	base = reserve_region(fd, WANTED + BLOCK, 0);
	CHECK(base);
	base = (base + BLOCK - 1) & -BLOCK;
	CHECK(join(INNER));
	CHECK(prepare(fd, WANTED));
	CHECK(current(INNER) >= (int64_t)WANTED - STOCK);
	CHECK(join(OTHER));
	if (run->size) {
		CHECK(!raw_commit(fd, base, WANTED, PROCESS, AT_ONCE));
		CHECK(until_prepared(fd, WANTED));
	} else {
		CHECK(prepare(fd, 2 * WANTED));
	}
	CHECK(current(OTHER) >= (int64_t)(2 * WANTED) - STOCK);
	CHECK(current(INNER) < SLACK + STOCK);
	return 0;
}

TEST_F(cgroup, is_that_of_the_process_now)
{
	EXPECT_CHILD(move);
	self->run->size = 1;
	EXPECT_CHILD(move);
}

/* Commit until it is refused, in steps that aren't whole blocks.  Return how much. */
static size_t commit_all(int fd, uintptr_t base, size_t size, size_t step)
{
	size_t done = 0;

	while (done < size && !raw_commit(fd, base + done, step, PROCESS, AT_ONCE))
		done += step;
	return done;
}

static int commit_up_to_max(void *arg)
{
	struct run *run = arg;
	size_t without, with;
	uintptr_t base;
	int fd = open_device();

	CHECK(join(run->group));
	base = reserve_region(fd, 2 * run->max, 0);
	CHECK(base);
	without = commit_all(fd, base, 2 * run->max, run->step);
	CHECK(without >= run->max - 2 * SLACK - run->step);
	CHECK(!raw_decommit(fd, base, 0));
	CHECK(prepare(fd, run->size));
	with = commit_all(fd, base, 2 * run->max, run->step);
	CHECK(with + run->step + STOCK >= without);
	CHECK(committed(fd) == with);
	CHECK(!raw_decommit(fd, base, 0));
	/* And all at once. */
	CHECK(prepare(fd, run->size));
	CHECK(!raw_commit(fd, base, without - run->step - STOCK, PROCESS, AT_ONCE));
	return 0;
}

TEST_F(cgroup, may_commit_up_to_its_limit)
{
	static const size_t steps[] = { 3 * MIB, BLOCK, 64 * KIB };
	size_t i;

	self->run->max = 64 * MIB;
	self->run->size = WANTED;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		self->run->step = steps[i];
		ASSERT_TRUE(write_number(INNER, "memory.max", self->run->max));
		EXPECT_CHILD(commit_up_to_max);
	}
}

/* Of the group above: then the pools of all below it are in the way. */
static int fill_and_wait(void *arg)
{
	struct run *run = arg;
	int fd = open_device();

	CHECK(join(OTHER));
	CHECK(prepare(fd, run->size));
	run->state = 1;
	while (run->state == 1)
		sched_yield();
	CHECK(prepared(fd) < run->size);
	return 0;
}

static int commit_beside(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int fd = open_device();

	CHECK(join(INNER));
	base = reserve_region(fd, run->max, 0);
	CHECK(base);
	CHECK(!raw_commit(fd, base, run->max - run->size / 2, PROCESS, AT_ONCE));
	return 0;
}

TEST_F(cgroup, may_have_what_is_prepared_for_others_in_it)
{
	pid_t other;

	self->run->max = 64 * MIB;
	self->run->size = WANTED;
	ASSERT_TRUE(write_number(OUTER, "memory.max", self->run->max));
	other = start_child(fill_and_wait, self->run);
	while (!self->run->state && !kill(other, 0) && !waitpid(other, NULL, WNOHANG))
		sched_yield();
	ASSERT_EQ(1, atomic_load(&self->run->state))
		TH_LOG("line %d", self->run->line);
	EXPECT_CHILD(commit_beside);
	self->run->state = 2;
	EXPECT_EQ(0, status_of(other))
		TH_LOG("line %d", self->run->line);
}

/* What is no commit isn't refused, but would be killed. */
static int touch_up_to_max(void *arg)
{
	struct run *run = arg;
	size_t size = run->max - run->size / 2;
	int fd = open_device();
	char *memory;

	CHECK(join(run->group));
	CHECK(prepare(fd, run->size));
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	CHECK(memory != MAP_FAILED);
	stamp(memory, size, 1);
	CHECK(!unstamped(memory, size, 1));
	CHECK(prepared(fd) < run->size);
	return 0;
}

TEST_F(cgroup, is_not_killed_for_it)
{
	self->run->max = 64 * MIB;
	self->run->size = WANTED;
	ASSERT_TRUE(write_number(INNER, "memory.max", self->run->max));
	EXPECT_CHILD(touch_up_to_max);
	EXPECT_EQ(0, events(INNER, "oom"));
}

/* Nothing new is made there, so what becomes ready is what has been used. */
static int use_again(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	int fd = open_device(), round;

	CHECK(join(run->group));
	base = reserve_region(fd, run->size + BLOCK, 0);
	CHECK(base);
	base = (base + BLOCK - 1) & -BLOCK;
	CHECK(prepare(fd, run->size));
	CHECK(write_number(run->group, "memory.max", run->size + run->size / 8));
	for (round = 0; round < 20; round++) {
		CHECK(until_prepared(fd, run->size));
		CHECK(!raw_commit(fd, base, run->size, PROCESS, AT_ONCE));
		CHECK(!prepared(fd));
		CHECK(module_areas() == (int)(run->size / BLOCK));
		CHECK(!not_zero(base, run->size));
		memset((void *)base, 0x5a, run->size);
		CHECK(!raw_decommit(fd, base, run->size));
	}
	return 0;
}

TEST_F(cgroup, uses_what_it_has_again)
{
	self->run->size = LIMIT;
	EXPECT_CHILD(use_again);
}

FIXTURE(machine)
{
	int fd;
};

FIXTURE_SETUP(machine)
{
	SET_PARAMETERS(PLENTY_MB, 0);
	ASSERT_TRUE(set_number("pool_limit_mb", 64));
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(machine)
{
}

TEST_F(machine, limit_counts_what_is_committed)
{
	uintptr_t base = reserve_region(self->fd, 2 * LIMIT, 0);

	ASSERT_NE(0, base);
	ASSERT_TRUE(set_number("commit_limit_mb", LIMIT / MIB));
	ASSERT_TRUE(prepare(self->fd, WANTED));
	EXPECT_EQ(0, total_committed(self->fd));
	EXPECT_EQ(0, raw_commit(self->fd, base, LIMIT, PROCESS, AT_ONCE));
	EXPECT_EQ(LIMIT, total_committed(self->fd));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, base + LIMIT, PAGE, PROCESS, AT_ONCE));
}

/* For a second, too, nothing comes back. */
TEST_F(machine, takes_it_back_when_it_wants_memory)
{
	ASSERT_TRUE(prepare(self->fd, WANTED));
	ASSERT_TRUE(write_file("/proc/sys/vm/drop_caches", "2"));
	EXPECT_EQ(0, prepared(self->fd));
	EXPECT_TRUE(until_prepared(self->fd, WANTED));
}

TEST_F(machine, counts_it_as_available)
{
	struct hostmem_load before, load;
	unsigned int round, good = 0;

	/* The kernel has its own needs meanwhile, but not the same in each round. */
	for (round = 0; round < 5; round++) {
		ASSERT_EQ(0, raw_prepare(self->fd, 0));
		ASSERT_EQ(0, raw_load(self->fd, &before));
		ASSERT_TRUE(prepare(self->fd, 64 * MIB));
		ASSERT_EQ(0, raw_load(self->fd, &load));
		good += load.out_available_bytes + 32 * MIB > before.out_available_bytes;
	}
	EXPECT_LT(0, good);
}

TEST_F(machine, may_be_committed_all_of)
{
	size_t size = PLENTY_MB * MIB, step = 5 * MIB, without, with;
	uintptr_t base = reserve_region(self->fd, size, 0);
	int other = open_device();
	unsigned int rounds = 0;

	ASSERT_NE(0, base);
	/* As above: what is not given back is missing in each round. */
	do {
		ASSERT_EQ(0, raw_prepare(other, 0));
		without = commit_all(self->fd, base, size, step);
		ASSERT_GT(size, without);
		ASSERT_EQ(0, raw_decommit(self->fd, base, 0));
		ASSERT_TRUE(prepare(other, 64 * MIB));
		with = commit_all(self->fd, base, size, step);
		ASSERT_EQ(0, raw_decommit(self->fd, base, 0));
	} while (without > with + 32 * MIB && ++rounds < 5);
	EXPECT_LE(without, with + 32 * MIB);
	close(other);
}

TEST_HARNESS_MAIN
