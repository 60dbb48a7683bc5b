// SPDX-License-Identifier: GPL-2.0
/*
 * Description: commits belong to the memory cgroup of who makes them, and where a
 * cgroup's limit is reached they fail, while nobody is killed (rules A13, C16).
 *
 * Makes cgroups and sets the module's parameters, so it needs root.
 */
#include "cgroup.h"

#define OUTER		CGROUPS "/hostmem-test"
#define INNER		OUTER "/inner"
#define OTHER		OUTER "/other"

/* Of an earlier test, too, that didn't get to its end. */
static void remove_groups(void)
{
	rmdir(OTHER);
	rmdir(INNER);
	rmdir(OUTER);
}

/* The line in which a child went wrong, for its exit status has too few bits. */
struct run {
	const char *group;	/* what it shall live in */
	atomic_int state;	/* of who is to be waited for */
	size_t max;		/* that group's limit */
	size_t size;
	size_t step;
	int line;
};

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		run->line = __LINE__;					\
		return 1;						\
	}								\
} while (0)

#define SET_UP_GROUPS() do {						\
	SET_PARAMETERS(PLENTY_MB, 0);					\
	self->fd = open_device();					\
	ASSERT_LE(0, self->fd);						\
	self->run = shared_memory(sizeof(*self->run));			\
	ASSERT_NE(NULL, self->run);					\
	remove_groups();						\
	ASSERT_TRUE(write_file(CGROUPS "/cgroup.subtree_control",	\
			       "+memory"));				\
	ASSERT_EQ(0, mkdir(OUTER, 0755));				\
	ASSERT_TRUE(write_file(OUTER "/cgroup.subtree_control",		\
			       "+memory"));				\
	ASSERT_EQ(0, mkdir(INNER, 0755));				\
	ASSERT_EQ(0, mkdir(OTHER, 0755));				\
	self->run->group = INNER;					\
} while (0)

/* Whatever has happened: nobody was killed, and nothing is left. */
#define TEAR_DOWN_GROUPS() do {						\
	EXPECT_EQ(0, events(OUTER, "oom_kill"));			\
	EXPECT_EQ(0, total_committed(self->fd));			\
	remove_groups();						\
	EXPECT_EQ(-1, access(OUTER, F_OK));				\
} while (0)

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

#define EXPECT_CHILD(function) do {					\
	pid_t __child = start_child(function, self->run);		\
									\
	ASSERT_LE(0, __child);						\
	EXPECT_EQ(0, status_of(__child))				\
		TH_LOG("line %d", self->run->line);			\
	self->run->line = 0;						\
} while (0)

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
	ASSERT_TRUE(write_number(variant->outer ? OUTER : INNER, "memory.max",
				 variant->max));
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
	size_t more;

	/* Its page tables are 112 pages. */
	self->run->size = 112 * BLOCK;
	for (more = 0; more < 2 * MIB; more += 128 * KIB) {
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

/* Threads that take the last of it at the same time. */
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
	EXPECT_CHILD(take_in_threads);
}

/*
 * What can be reclaimed is no reason to refuse.  In place of page cache, which
 * needs a disk, it is memory that its owner doesn't want any more: to the kernel
 * that is the same.
 */
static int commit_in_place_of_cache(void *arg)
{
	struct run *run = arg;
	uintptr_t base;
	size_t at;
	char *cache;
	int fd;

	CHECK(join(run->group));
	cache = mmap(NULL, run->max / 2, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(cache != MAP_FAILED);
	CHECK(keep_small(cache, run->max / 2));
	stamp(cache, run->max / 2, 1);
	CHECK(!madvise(cache, run->max / 2, MADV_FREE));
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

/* The same for processes in two cgroups, if the limit is that of both. */
static int take_in_the_other(void *arg)
{
	struct run other = *(struct run *)arg, *run = arg;

	other.group = OTHER;
	CHECK(!take_in_threads(&other));
	return 0;
}

TEST_F(steps, end_in_refusals_for_two_cgroups_A13)
{
	pid_t inner = start_child(take_in_threads, self->run);
	pid_t other = start_child(take_in_the_other, self->run);

	ASSERT_LE(0, inner);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, status_of(inner));
	EXPECT_EQ(0, status_of(other));
}

/*
 * A cgroup above its memory.high is throttled: its commit takes for ever.  That holds
 * up no commit of another cgroup, be it one of its own limit or below the same one,
 * though both have little left (rule S3).
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

/*
 * What is told (rule S6): of the machine and the cgroup, the least.
 */
FIXTURE(told)
{
	struct run *run;
	int fd;
};

FIXTURE_VARIANT(told)
{
	bool outer;
};

FIXTURE_VARIANT_ADD(told, of_the_own_cgroup)
{
	.outer = false,
};

FIXTURE_VARIANT_ADD(told, of_one_above)
{
	.outer = true,
};

FIXTURE_SETUP(told)
{
	SET_UP_GROUPS();
	self->run->max = 96 * MIB;
	self->run->step = 256 * KIB;
	ASSERT_TRUE(write_number(variant->outer ? OUTER : INNER, "memory.max",
				 self->run->max));
}

FIXTURE_TEARDOWN(told)
{
	TEAR_DOWN_GROUPS();
}

#define LOW		HOSTMEM_AVAILABLE_LOW
#define HIGH		HOSTMEM_AVAILABLE_HIGH

/* What a commit takes beside its pages, and what the kernel keeps at hand. */
#define ABOUT		(4 * MIB)

static int compare_told_and_had(void *arg)
{
	struct run *run = arg;
	uint32_t last = HIGH;
	struct hostmem_load load;
	size_t at, room, low_at = 0;
	SIZE_T available_bytes;
	DWORD percent;
	uintptr_t base;
	int fd, err = 0;

	/* The file may have been opened elsewhere. */
	base = open_region(&fd, 2 * run->max);
	CHECK(base);
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_total_bytes == (uint64_t)meminfo("MemTotal"));
	CHECK(join(run->group));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_available == HIGH);
	CHECK(load.out_total_bytes == run->max);
	CHECK(load.out_room_bytes <= run->max);
	CHECK(load.out_room_bytes >= run->max - ABOUT);
	CHECK(load.out_available_bytes == load.out_room_bytes);
	room = load.out_room_bytes;

	for (at = 0; at < run->max; at += run->step) {
		err = raw_commit(fd, base + at, run->step, PROCESS, AT_ONCE);
		if (err)
			break;
		CHECK(!raw_load(fd, &load));
		CHECK(load.out_room_bytes <= room - at);
		CHECK(load.out_room_bytes + at + ABOUT >= room);
		CHECK(load.out_available <= last);
		CHECK(load.out_available >= last - 1);
		last = load.out_available;
		if (last == LOW && !low_at)
			low_at = at;
	}
	/* It was told, with time to do something about it, and in full. */
	CHECK(err == -ENOMEM);
	CHECK(low_at && low_at < at - MIB);
	CHECK(at + ABOUT > room && at <= room);
	CHECK(load.out_room_bytes <= ABOUT);

	/* The library reads the same, with and without a call. */
	CHECK(!HostGetMemoryLoad(&percent, &available_bytes));
	CHECK(percent >= 95 && available_bytes <= ABOUT);
	CHECK(!HostGetMemoryLoad(&percent, &available_bytes));
	CHECK(percent >= 95 && available_bytes <= ABOUT);
	CHECK(!raw_decommit(fd, base, 0));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_available == HIGH);
	CHECK(load.out_room_bytes + ABOUT >= room);
	/* And elsewhere it is the machine again. */
	CHECK(join(CGROUPS));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_total_bytes == (uint64_t)meminfo("MemTotal"));
	return 0;
}

TEST_F(told, room_is_what_can_be_had_S6)
{
	EXPECT_CHILD(compare_told_and_had);
}

/* Not what the limit allows if something is in the way that can be reclaimed. */
static int compare_with_cache(void *arg)
{
	struct run *run = arg;
	struct hostmem_load load;
	char *cache;
	int fd = open_device();

	CHECK(join(run->group));
	cache = mmap(NULL, run->max / 2, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(cache != MAP_FAILED);
	CHECK(!madvise(cache, run->max / 2, MADV_NOHUGEPAGE));
	stamp(cache, run->max / 2, 1);
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_room_bytes <= run->max / 2);
	CHECK(!madvise(cache, run->max / 2, MADV_FREE));
	CHECK(current(run->group) >= (int64_t)(run->max / 2));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_room_bytes >= run->max - ABOUT);
	CHECK(load.out_room_bytes <= run->max);
	return 0;
}

TEST_F(told, room_is_also_what_can_be_reclaimed_S6)
{
	EXPECT_CHILD(compare_with_cache);
}

/* Who polls hears of it, whoever takes the memory, and of its end. */
static int poll_in_cgroup(void *arg)
{
	struct run *run = arg;
	size_t much = run->max - 4 * MIB - current(run->group);
	struct pollfd change = { .fd = open_device(), .events = POLLIN };
	char *memory;

	CHECK(join(run->group));
	CHECK(available(change.fd) == HIGH);
	memory = mmap(NULL, much, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	CHECK(!poll(&change, 1, 0));
	stamp(memory, much, 1);
	CHECK(poll(&change, 1, -1) == 1);
	CHECK(available(change.fd) == LOW);
	CHECK(!munmap(memory, much));
	CHECK(poll(&change, 1, -1) == 1);
	CHECK(available(change.fd) != LOW);
	return 0;
}

TEST_F(told, change_wakes_who_polls_S6)
{
	EXPECT_CHILD(poll_in_cgroup);
}

/* One that sleeps in poll(2) while another process takes it. */
static int sleep_in_poll(void *arg)
{
	struct run *run = arg;
	struct pollfd change = { .fd = open_device(), .events = POLLIN };

	CHECK(join(run->group));
	CHECK(available(change.fd) == HIGH);
	run->state = 1;
	CHECK(poll(&change, 1, -1) == 1);
	CHECK(available(change.fd) != HIGH);
	return 0;
}

static int take_most(void *arg)
{
	struct run *run = arg;
	size_t much = run->max - 4 * MIB - current(run->group);
	char *memory;

	CHECK(join(run->group));
	memory = mmap(NULL, much, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	stamp(memory, much, 1);
	run->state = 2;
	for (;;)
		pause();
}

TEST_F(told, change_by_others_wakes_who_polls_S6)
{
	pid_t child = start_child(sleep_in_poll, self->run), taker;

	ASSERT_LE(0, child);
	while (!self->run->state)
		sched_yield();
	taker = start_child(take_most, self->run);
	ASSERT_LE(0, taker);
	EXPECT_EQ(0, status_of(child))
		TH_LOG("line %d", self->run->line);
	ASSERT_EQ(0, kill(taker, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(taker));
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
