// SPDX-License-Identifier: GPL-2.0
/*
 * Description: HOSTMEM_IOC_LOAD: its numbers, and when it calls memory low, neutral or
 * high, for the limits and for the machine's memory, whoever takes it (rules H15, H17,
 * H18).
 */
#include "pressure.h"

#include <sched.h>
#include <sys/epoll.h>

/*
 * Numbers
 */

/* What zones keep back for a while when memory is fragmented. */
static int64_t kept_back(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	int64_t pages, sum = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " boost %" SCNd64, &pages) == 1)
			sum += pages;
	if (file)
		fclose(file);
	return sum * PAGE;
}

/* What is available to pages that stay where they are, which those in CMA's areas don't. */
static int64_t available_for_good(void)
{
	int64_t cma = meminfo("CmaFree");

	return meminfo("MemAvailable") - (cma > 0 ? cma : 0);
}

TEST_F(load, tells_what_the_kernel_tells_H15)
{
	int64_t before = available_for_good(), after, kept = kept_back();
	struct hostmem_load load = load_of(self->fd);

	after = available_for_good();
	EXPECT_EQ(sizeof(load), load.size);
	EXPECT_EQ(meminfo("MemTotal"), load.out_total_bytes);
	/* Others have memory, too, and may take some or give it back. */
	EXPECT_LE((before < after ? before : after) - kept - 4 * (int64_t)MIB,
		  (int64_t)load.out_available_bytes);
	EXPECT_GE((before > after ? before : after) + 4 * (int64_t)MIB,
		  (int64_t)load.out_available_bytes);
}

/* What one commits others can't have. */
TEST_F(load, follows_commits)
{
	int64_t before, after, much;

	ASSERT_TRUE(set_number("commit_limit_mb", PLENTY_MB));
	before = load_of(self->other).out_available_bytes;
	much = before / 2 / BLOCK * BLOCK;
	ASSERT_EQ(0, raw_alloc(self->fd, 0, much, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &self->base));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, much, PROCESS, AT_ONCE));
	after = load_of(self->other).out_available_bytes;
	/*
	 * What earlier processes had may still be on its way back to the machine,
	 * and zones may begin or cease to keep some back.
	 */
	EXPECT_LE(much / 2, before - after);
	EXPECT_GE(much * 3 / 2, before - after);
}

TEST_F(load, tells_the_room_of_the_highest_level)
{
	uintptr_t base = self->base;
	struct hostmem_load load;

	EXPECT_EQ(LIMIT, load_of(self->fd).out_room_bytes);
	ASSERT_EQ(0, raw_commit(self->fd, base, 3 * PAGE, TASK, AT_ONCE));
	EXPECT_EQ(LIMIT - 3 * PAGE, load_of(self->fd).out_room_bytes);
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, MIB, TASK, AT_ONCE));
	EXPECT_EQ(LIMIT - MIB - 3 * PAGE, load_of(self->fd).out_room_bytes);

	ASSERT_EQ(0, raw_limit(self->fd, 10 * PAGE));
	EXPECT_EQ(7 * PAGE, load_of(self->fd).out_room_bytes);
	EXPECT_EQ(LIMIT - MIB - 3 * PAGE, load_of(self->other).out_room_bytes);
	ASSERT_EQ(0, raw_commit(self->fd, base + MIB, 7 * PAGE, PROCESS, AT_ONCE));
	EXPECT_EQ(0, load_of(self->fd).out_room_bytes);
	ASSERT_EQ(0, raw_limit(self->fd, 2 * PAGE));
	EXPECT_EQ(0, load_of(self->fd).out_room_bytes);

	ASSERT_TRUE(set_number("commit_limit_mb", 1));
	EXPECT_EQ(0, load_of(self->other).out_room_bytes);
	ASSERT_TRUE(set_number("commit_limit_mb", PLENTY_MB));
	EXPECT_EQ(0, load_of(self->fd).out_room_bytes);
	load = load_of(self->other);
	EXPECT_EQ(load.out_available_bytes, load.out_room_bytes);
}

/*
 * Low, neutral, high
 */

FIXTURE(level)
{
	int fd, other;
	uintptr_t base;
};

FIXTURE_VARIANT(level)
{
	bool own;
};

FIXTURE_VARIANT_ADD(level, of_own_limit)
{
	.own = true,
};

FIXTURE_VARIANT_ADD(level, of_the_modules_limit)
{
	.own = false,
};

FIXTURE_SETUP(level)
{
	SET_PARAMETERS(variant->own ? PLENTY_MB : LIMIT_MB, 10);
	self->other = open_device();
	ASSERT_LE(0, self->other);
	self->base = open_region(&self->fd, 2 * LIMIT);
	ASSERT_NE(0, self->base);
	if (variant->own) {
		ASSERT_EQ(0, raw_limit(self->fd, LIMIT));
	}
	ASSERT_EQ(HIGH, available(self->fd));
}

FIXTURE_TEARDOWN(level)
{
}

/*
 * It sinks step by step, and a task hears of it before it is refused; so there
 * is time to give memory back.  And it rises as it has sunk.
 */
TEST_F(level, goes_with_what_is_committed_H18)
{
	size_t step = LIMIT / 128, at = 0, neutral_at = 0, low_at = 0;
	uint32_t now, last = HIGH;

	while (!raw_commit(self->fd, self->base + at, step, TASK, AT_ONCE)) {
		at += step;
		now = available(self->fd);
		ASSERT_TRUE(now == last || now == last - 1)
			TH_LOG("%u after %u", now, last);
		EXPECT_EQ(variant->own ? HIGH : now, available(self->other));
		if (now == NEUTRAL && last == HIGH)
			neutral_at = at;
		if (now == LOW && last == NEUTRAL)
			low_at = at;
		last = now;
	}
	EXPECT_EQ(LOW, last);
	EXPECT_LT(LIMIT / 2, neutral_at);
	EXPECT_LT(neutral_at, low_at);
	EXPECT_LT(low_at, at);

	/* More critical commits don't change that. */
	EXPECT_EQ(0, raw_commit(self->fd, self->base, LIMIT, PROCESS, AT_ONCE));
	EXPECT_EQ(LOW, available(self->fd));
	for (at = LIMIT; at; at -= step) {
		ASSERT_EQ(0, raw_decommit(self->fd, self->base + at - step, step));
		now = available(self->fd);
		EXPECT_EQ(at - step < neutral_at ? HIGH :
			  at - step < low_at ? NEUTRAL : LOW, now);
	}
}

TEST_F(level, goes_with_the_reserve_H18)
{
	ASSERT_EQ(0, raw_commit(self->fd, self->base, LIMIT / 2, TASK, AT_ONCE));
	EXPECT_EQ(HIGH, available(self->fd));
	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	EXPECT_EQ(LOW, available(self->fd));
	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	EXPECT_EQ(HIGH, available(self->fd));
}

TEST_F(load, of_no_room_at_all_is_low)
{
	ASSERT_EQ(0, raw_limit(self->fd, 0));
	EXPECT_EQ(LOW, available(self->fd));
	EXPECT_EQ(HIGH, available(self->other));
}

/*
 * The machine's memory.  Nobody tells the module when others take it: it looks,
 * so these tests wait in poll(2), but not for ever.
 */
#define PATIENCE	(60 * 1000)

FIXTURE(machine)
{
	int fd;
	uintptr_t base;
	uint64_t total;
};

FIXTURE_SETUP(machine)
{
	SET_PARAMETERS(PLENTY_MB, 0);
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->total = load_of(self->fd).out_total_bytes;
	ASSERT_EQ(0, raw_alloc(self->fd, 0, self->total, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &self->base));
	ASSERT_EQ(HIGH, available(self->fd));
}

FIXTURE_TEARDOWN(machine)
{
}

/* Read until it says so, and sleep in between.  Returns the last reading. */
static struct hostmem_load until_it_is(uint32_t level, int fd)
{
	struct pollfd change = { .fd = fd, .events = POLLIN };
	struct hostmem_load load = load_of(fd);

	while (load.out_available != level && poll(&change, 1, PATIENCE) == 1)
		load = load_of(fd);
	return load;
}

TEST_F(machine, full_of_commits_is_low_before_it_refuses_H18)
{
	const size_t step = 4 * MIB;
	struct hostmem_load load = { .out_available = HIGH };
	size_t at = 0, low_at = 0;
	uint32_t last;
	int err;

	while (!(err = raw_commit(self->fd, self->base + at, step, PROCESS,
				  AT_ONCE))) {
		at += step;
		last = load.out_available;
		load = load_of(self->fd);
		if (load.out_available == LOW && !low_at)
			low_at = at;
		/* What is available is an estimate, and may waver at a threshold. */
		ASSERT_LE(load.out_available, last + 1);
	}
	EXPECT_EQ(-ENOMEM, err);
	EXPECT_EQ(LOW, load.out_available);
	EXPECT_NE(0, low_at);
	EXPECT_LT(low_at, at);
	/* Neither a little while before nor far away from it. */
	EXPECT_LT(self->total / 2, low_at);
	EXPECT_GT(self->total / 8, load.out_available_bytes);
	EXPECT_NE(0, load.out_available_bytes);

	ASSERT_EQ(0, raw_decommit(self->fd, self->base, at));
	EXPECT_EQ(HIGH, until_it_is(HIGH, self->fd).out_available);
}

/* Take ordinary memory while more than a little is left, until told to go. */
struct hog {
	int order[2];
	uint64_t leave;
	atomic_bool full;
};

static int hog_memory(void *arg)
{
	struct hog *hog = arg;
	struct pollfd order = { .fd = hog->order[0], .events = POLLIN };
	int fd = open_device();

	close(hog->order[1]);
	/* What zones keep back, they may give free again: so go on looking. */
	while (!poll(&order, 1, 0)) {
		if (load_of(fd).out_room_bytes <= hog->leave) {
			hog->full = true;
			sched_yield();
		} else if (mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				-1, 0) == MAP_FAILED) {
			return 1;
		}
	}
	return order.revents != POLLIN;
}

TEST_F(machine, full_of_other_memory_is_low_H18)
{
	struct hog *hog = shared_memory(sizeof(*hog));
	struct hostmem_load load;
	pid_t child;

	ASSERT_NE(NULL, hog);
	ASSERT_EQ(0, pipe2(hog->order, O_CLOEXEC));
	hog->leave = self->total / 24;
	child = start_child(hog_memory, hog);
	ASSERT_LE(0, child);
	load = until_it_is(LOW, self->fd);
	EXPECT_EQ(LOW, load.out_available);
	EXPECT_GT(self->total / 8, load.out_available_bytes);
	EXPECT_EQ(load.out_available_bytes, load.out_room_bytes);

	while (!hog->full)
		sched_yield();
	/* What commits leave to others is not enough for this one. */
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, self->total / 8,
				      PROCESS, AT_ONCE));
	EXPECT_EQ(0, committed(self->fd));
	ASSERT_EQ(1, write(hog->order[1], "x", 1));
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(HIGH, until_it_is(HIGH, self->fd).out_available);
}

/*
 * The module may look at another moment than those who read: whatever it has seen
 * before, a change after a reading wakes.  Goes to and fro where low begins.
 */
TEST_F(machine, wakes_for_a_change_right_after_a_reading_H17)
{
	/* Much more than what processors keep at hand, and not up to high. */
	const size_t step = 4 * MIB, swing = self->total * 3 / 32 / step * step;
	struct epoll_event event = { .events = EPOLLIN };
	int round, poll_fd = epoll_create1(EPOLL_CLOEXEC);
	size_t at = 0;

	for (round = 0; round < 6; round++) {
		for (; available(self->fd) != LOW; at += step) {
			ASSERT_EQ(0, raw_commit(self->fd, self->base + at, step,
						PROCESS, AT_ONCE));
		}
		ASSERT_EQ(0, epoll_ctl(poll_fd, EPOLL_CTL_ADD, self->fd, &event));
		at -= swing;
		ASSERT_EQ(0, raw_decommit(self->fd, self->base + at, swing));
		ASSERT_EQ(1, epoll_wait(poll_fd, &event, 1, PATIENCE / 2))
			TH_LOG("round %d: no wake, and now it is %u", round,
			       available(self->fd));
		ASSERT_EQ(0, epoll_ctl(poll_fd, EPOLL_CTL_DEL, self->fd, NULL));
		/* Let the module see it, too, when it looks for itself. */
		ASSERT_NE(LOW, available(self->fd));
	}
}

TEST_HARNESS_MAIN
