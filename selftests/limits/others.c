// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what one process holds, polls or waits for costs the calls of others
 * nothing (rules S1, S2).
 *
 * Sets the module's parameters, so it needs root, and puts them back.  Costs are
 * compared, never measured: the least of many, with and without the others.
 */
#include "hostmem_limits.h"

#include <sys/epoll.h>
#include <sys/resource.h>

#define LIMIT_MB	32
#define LIMIT		(LIMIT_MB * MIB)

#define LOW		HOSTMEM_AVAILABLE_LOW
#define HIGH		HOSTMEM_AVAILABLE_HIGH

/* Whose own limit makes each commit of nearly all of it, and its end, a change. */
#define OWN		(16 * PAGE)
#define NEARLY		(15 * PAGE)

FIXTURE(others)
{
	int fd;
	uintptr_t base;
};

FIXTURE_SETUP(others)
{
	struct rlimit files = { 4096, 4096 };

	SET_PARAMETERS(LIMIT_MB, 10);
	setrlimit(RLIMIT_NOFILE, &files);
	self->base = open_region(&self->fd, OWN);
	ASSERT_NE(0, self->base);
	ASSERT_EQ(0, raw_limit(self->fd, OWN));
	ASSERT_EQ(HIGH, available(self->fd));
}

FIXTURE_TEARDOWN(others)
{
}

static int commit_and_decommit(int fd, uintptr_t base, size_t size)
{
	int err = raw_commit(fd, base, size, PROCESS, AT_ONCE);

	return err ? err : raw_decommit(fd, base, size);
}

/* The least that a commit and a decommit take, in nanoseconds; 0 if one fails. */
static uint64_t cost(int fd, uintptr_t base, size_t size)
{
	uint64_t start, took, least = UINT64_MAX;
	int i;

	for (i = 0; i < 300; i++) {
		start = monotonic_ns();
		if (commit_and_decommit(fd, base, size))
			return 0;
		took = monotonic_ns() - start;
		least = took < least ? took : least;
	}
	return least;
}

/* How often a thread has gone to sleep. */
static int64_t sleeps_of(pid_t tid)
{
	char path[64], line[128];
	int64_t number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %" SCNd64, &number) == 1)
			break;
	if (file)
		fclose(file);
	return number;
}

/*
 * Pollers
 */

TEST_F(others, who_poll_are_not_woken_by_a_commit_S1)
{
	int other, i, flips = times(1000);
	struct poller poller;
	uintptr_t base;
	int64_t before;

	base = open_region(&other, LIMIT);
	ASSERT_NE(0, base);
	ASSERT_EQ(HIGH, available(other));
	START_POLLER(&poller, other, POLLIN);
	before = sleeps_of(poller.tid);
	ASSERT_LT(0, before);
	for (i = 0; i < flips; i++) {
		ASSERT_EQ(0, commit_and_decommit(self->fd, self->base, NEARLY));
		sched_yield();
	}
	EXPECT_LT(sleeps_of(poller.tid), before + 10);
	/* But by one of its own file. */
	ASSERT_EQ(0, raw_commit(other, base, LIMIT, PROCESS, AT_ONCE));
	EXPECT_POLLED(POLLIN, &poller);
}

/* Files with epolls that each watch all of them. */
struct watched {
	int fds[128];
	int epolls[128];
};

static bool watch_all(struct watched *watched)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	size_t i, j, nr = times(ARRAY_SIZE(watched->epolls));

	for (i = 0; i < ARRAY_SIZE(watched->fds); i++) {
		watched->fds[i] = open_device();
		if (available(watched->fds[i]) != HIGH)
			return false;
	}
	for (i = 0; i < nr; i++) {
		watched->epolls[i] = epoll_create1(EPOLL_CLOEXEC);
		for (j = 0; j < ARRAY_SIZE(watched->fds); j++)
			if (epoll_ctl(watched->epolls[i], EPOLL_CTL_ADD,
				      watched->fds[j], &event))
				return false;
	}
	return true;
}

TEST_F(others, who_poll_cost_a_commit_nothing_S1)
{
	uint64_t alone = cost(self->fd, self->base, NEARLY), beside;
	struct watched watched;

	ASSERT_NE(0, alone);
	ASSERT_TRUE(watch_all(&watched));
	beside = cost(self->fd, self->base, NEARLY);
	ASSERT_NE(0, beside);
	EXPECT_LT(beside, 4 * alone);
}

/* However many they are, each hears of a change of the module's limit, and of the next. */
#define FILES	700

TEST_F(others, who_poll_all_hear_of_the_modules_limit)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int poll_fd = epoll_create1(EPOLL_CLOEXEC);
	static struct epoll_event events[FILES];
	static bool heard[FILES];
	static int fds[FILES];
	int i, nr, got, round;
	uintptr_t base;
	int other;

	base = open_region(&other, LIMIT);
	ASSERT_NE(0, base);
	for (i = 0; i < FILES; i++) {
		fds[i] = open_device();
		ASSERT_EQ(HIGH, available(fds[i]));
		event.data.u32 = i;
		ASSERT_EQ(0, epoll_ctl(poll_fd, EPOLL_CTL_ADD, fds[i], &event));
	}
	for (round = 0; round < 4; round++) {
		uint32_t level = round % 2 ? HIGH : LOW;

		ASSERT_EQ(0, level == LOW ?
			     raw_commit(other, base, LIMIT, PROCESS, AT_ONCE) :
			     raw_decommit(other, base, LIMIT));
		memset(heard, 0, sizeof(heard));
		for (nr = 0; nr < FILES; nr += got) {
			got = epoll_wait(poll_fd, events, FILES, -1);
			ASSERT_LT(0, got);
			for (i = 0; i < got; i++) {
				/* Once, as long as it hasn't been read. */
				ASSERT_FALSE(heard[events[i].data.u32]);
				heard[events[i].data.u32] = true;
			}
		}
		for (i = 0; i < FILES; i++) {
			ASSERT_EQ(level, available(fds[i]));
		}
	}
}

/* Files come and go while the module goes through those that are polled. */
TEST_F(others, who_poll_may_go_at_any_time)
{
	int round, i, other, poll_fd = epoll_create1(EPOLL_CLOEXEC);
	int rounds = is_debug_kernel() ? 8 : 20;
	struct epoll_event event = { .events = EPOLLIN };
	struct poller poller;
	static int fds[300];
	uintptr_t base;

	base = open_region(&other, LIMIT);
	ASSERT_NE(0, base);
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < 300; i++) {
			fds[i] = open_device();
			ASSERT_LE(0, fds[i]);
			ASSERT_NE(0, available(fds[i]));
			ASSERT_EQ(0, epoll_ctl(poll_fd, EPOLL_CTL_ADD, fds[i],
					       &event));
		}
		ASSERT_EQ(0, round % 2 ? raw_decommit(other, base, LIMIT) :
					 raw_commit(other, base, LIMIT, PROCESS,
						    AT_ONCE));
		if (round % 4 == 0) {
			ASSERT_EQ(1, epoll_wait(poll_fd, &event, 1, -1));
		}
		event.events = EPOLLIN;
		for (i = 0; i < 300; i++)
			close(fds[i]);
	}
	/* Who stays is told still. */
	ASSERT_NE(0, available(self->fd));
	ASSERT_EQ(0, raw_decommit(other, base, LIMIT));
	ASSERT_EQ(HIGH, available(self->fd));
	START_POLLER(&poller, self->fd, POLLIN);
	ASSERT_EQ(0, raw_commit(other, base, LIMIT, PROCESS, AT_ONCE));
	EXPECT_POLLED(POLLIN, &poller);
}

/*
 * Waiters
 */

#define CROWD	4000

/* Wait for what one's own limit never allows, in as many threads as there can be. */
static int wait_in_a_crowd(void *arg)
{
	static struct waiter crowd[CROWD];
	atomic_int *state = arg;
	pthread_attr_t attr;
	uintptr_t base;
	uint64_t nr;
	int i, fd;

	base = open_region(&fd, MIB);
	if (!base || raw_limit(fd, 0) || pthread_attr_init(&attr) ||
	    pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN > 65536 ?
				      PTHREAD_STACK_MIN : 65536))
		return 1;
	/* The debug kernel takes ten times the memory for one. */
	for (i = 0; i < (is_debug_kernel() ? CROWD / 5 : CROWD); i++) {
		crowd[i] = (struct waiter) {
			.fd = fd, .addr = base, .length = PAGE,
			.level = PROCESS, .deadline = FOREVER,
		};
		if (pthread_create(&crowd[i].thread, &attr, commit_in_thread,
				   &crowd[i]))
			break;
	}
	nr = i;
	if (nr < CROWD / 8)
		return 2;
	while (waiting(fd) < nr)
		sched_yield();
	*state = 1;
	for (;;)
		pause();
}

TEST_F(others, who_wait_cost_a_commit_nothing_S1)
{
	atomic_int *waiting = shared_memory(sizeof(*waiting));
	uint64_t alone = cost(self->fd, self->base, PAGE), beside;
	pid_t child;

	ASSERT_NE(0, alone);
	ASSERT_NE(NULL, waiting);
	child = start_child(wait_in_a_crowd, waiting);
	ASSERT_LT(0, child);
	while (!*waiting) {
		ASSERT_EQ(0, waitpid(child, NULL, WNOHANG));
		sched_yield();
	}
	beside = cost(self->fd, self->base, PAGE);
	ASSERT_NE(0, beside);
	EXPECT_LT(beside, 3 * alone);
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
}

/*
 * A process that holds a page and waits for the whole limit, which it can't have
 * before it gives that back, holds up nobody (rule S2).
 */
static int wait_for_everything(void *arg)
{
	struct waiter waiter = {
		.length = LIMIT, .level = PROCESS, .deadline = FOREVER,
	};
	atomic_int *state = arg;

	waiter.addr = open_region(&waiter.fd, 2 * LIMIT);
	if (!waiter.addr ||
	    raw_commit(waiter.fd, waiter.addr + LIMIT, PAGE, TASK, AT_ONCE) ||
	    pthread_create(&waiter.thread, NULL, commit_in_thread, &waiter))
		return 1;
	while (!waiting(waiter.fd))
		sched_yield();
	*state = 1;
	for (;;)
		pause();
}

TEST_F(others, who_wait_for_everything_hold_up_nobody_S2)
{
	atomic_int *state = shared_memory(sizeof(*state));
	struct waiter waiter = {
		.length = 2 * MIB, .level = TASK, .deadline = FOREVER,
	};
	uintptr_t base;
	pid_t child;
	int other;

	ASSERT_NE(NULL, state);
	child = start_child(wait_for_everything, state);
	ASSERT_LT(0, child);
	while (!*state) {
		ASSERT_EQ(0, waitpid(child, NULL, WNOHANG));
		sched_yield();
	}
	/* What fits isn't made to wait, however long it might. */
	EXPECT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, FOREVER));

	/* Nor does what waits itself wait longer than for its room. */
	base = open_region(&other, 2 * LIMIT);
	ASSERT_NE(0, base);
	waiter.addr = open_region(&waiter.fd, LIMIT);
	ASSERT_NE(0, waiter.addr);
	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	ASSERT_EQ(0, raw_commit(other, base, LIMIT - MIB, TASK, AT_ONCE));
	START_WAITER(&waiter);
	ASSERT_EQ(0, raw_decommit(other, base, 2 * MIB));
	EXPECT_ENDS(0, &waiter);
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
}

TEST_HARNESS_MAIN
