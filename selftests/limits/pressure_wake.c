// SPDX-License-Identifier: GPL-2.0
/*
 * Description: poll(2) that tells when the answer of HOSTMEM_IOC_LOAD changes: when it is
 * readable, and what wakes who sleeps in it (rule H17).
 */
#include "pressure.h"

#include <sys/epoll.h>
#include <sys/select.h>

/* What poll(2) says without waiting. */
static int polled(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 ? poll_fd.revents : 0;
}

/*
 * poll(2)
 */

TEST_F(load, polls_readable_until_it_has_been_read)
{
	int fresh = open_device();

	ASSERT_LE(0, fresh);
	EXPECT_EQ(POLLIN, polled(fresh));
	EXPECT_EQ(POLLIN, polled(fresh));
	ASSERT_EQ(HIGH, available(fresh));
	EXPECT_EQ(0, polled(fresh));
	/* Each file for itself. */
	EXPECT_EQ(0, polled(self->fd));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, LIMIT, PROCESS, AT_ONCE));
	EXPECT_EQ(POLLIN, polled(self->fd));
	EXPECT_EQ(POLLIN, polled(fresh));
	ASSERT_EQ(LOW, available(self->fd));
	EXPECT_EQ(0, polled(self->fd));
	EXPECT_EQ(POLLIN, polled(fresh));
	/* Back to what has been read. */
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, LIMIT));
	EXPECT_EQ(POLLIN, polled(self->fd));
	EXPECT_EQ(0, polled(fresh));
	/* A small change is none. */
	ASSERT_EQ(HIGH, available(self->fd));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	EXPECT_EQ(0, polled(self->fd));
}

TEST_F(load, is_no_reading_by_itself)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLOUT | POLLPRI };

	ASSERT_EQ(0, raw_commit(self->fd, self->base, LIMIT, PROCESS, AT_ONCE));
	EXPECT_EQ(0, poll(&poll_fd, 1, 0));
	/* What STATUS tells is something else. */
	EXPECT_EQ(LIMIT, committed(self->fd));
	EXPECT_EQ(POLLIN, polled(self->fd));
}

/*
 * What wakes who sleeps in poll(2): one variant for each cause, which makes
 * little available, and its opposite.
 */
struct cause {
	int fd, other;
	uintptr_t base, other_base;
	struct waiter waiter;
};

FIXTURE(wake)
{
	struct cause cause;
};

FIXTURE_VARIANT(wake)
{
	bool (*lower)(struct cause *cause);
	bool (*raise)(struct cause *cause);	/* if it can be undone */
};

static bool own_commit(struct cause *cause)
{
	return !raw_commit(cause->fd, cause->base, LIMIT, PROCESS, AT_ONCE);
}

static bool own_release(struct cause *cause)
{
	return !raw_release(cause->fd, cause->base);
}

static bool others_commit(struct cause *cause)
{
	return !raw_commit(cause->other, cause->other_base, LIMIT, PROCESS,
			   AT_ONCE);
}

static bool others_decommit(struct cause *cause)
{
	return !raw_decommit(cause->other, cause->other_base, LIMIT);
}

static bool others_shutdown(struct cause *cause)
{
	return !raw_shutdown(cause->other);
}

static bool small_own_limit(struct cause *cause)
{
	return !raw_limit(cause->fd, 0);
}

static bool small_limit(struct cause *cause)
{
	(void)cause;
	return set_number("commit_limit_mb", 2);
}

static bool great_limit(struct cause *cause)
{
	(void)cause;
	return set_number("commit_limit_mb", LIMIT_MB);
}

static bool great_reserve(struct cause *cause)
{
	(void)cause;
	return set_number("critical_reserve_pct", 95);
}

static bool small_reserve(struct cause *cause)
{
	(void)cause;
	return set_number("critical_reserve_pct", 10);
}

FIXTURE_VARIANT_ADD(wake, by_own_commit)
{
	.lower = own_commit,
	.raise = own_release,
};

FIXTURE_VARIANT_ADD(wake, by_others_commit)
{
	.lower = others_commit,
	.raise = others_decommit,
};

FIXTURE_VARIANT_ADD(wake, by_others_shutdown)
{
	.lower = others_commit,
	.raise = others_shutdown,
};

FIXTURE_VARIANT_ADD(wake, by_own_limit)
{
	.lower = small_own_limit,
};

FIXTURE_VARIANT_ADD(wake, by_the_modules_limit)
{
	.lower = small_limit,
	.raise = great_limit,
};

FIXTURE_VARIANT_ADD(wake, by_the_reserve)
{
	.lower = great_reserve,
	.raise = small_reserve,
};

FIXTURE_SETUP(wake)
{
	struct cause *cause = &self->cause;

	SET_PARAMETERS(LIMIT_MB, 10);
	cause->base = open_region(&cause->fd, LIMIT);
	ASSERT_NE(0, cause->base);
	cause->other_base = open_region(&cause->other, LIMIT);
	ASSERT_NE(0, cause->other_base);
	/* So that limits and reserves of any size make a difference. */
	ASSERT_EQ(0, raw_commit(cause->other, 0, 2 * MIB, TASK, AT_ONCE));
	ASSERT_EQ(HIGH, available(cause->fd));
	if (variant->lower == own_commit || variant->lower == others_commit) {
		ASSERT_TRUE(set_number("commit_limit_mb", LIMIT_MB + 2));
	}
}

FIXTURE_TEARDOWN(wake)
{
}

TEST_F(wake, a_sleeping_poll_H17)
{
	struct cause *cause = &self->cause;
	struct poller poller;

	START_POLLER(&poller, cause->fd, POLLIN);
	ASSERT_TRUE(variant->lower(cause));
	EXPECT_POLLED(POLLIN, &poller);
	EXPECT_EQ(LOW, available(cause->fd));
	if (!variant->raise)
		return;
	START_POLLER(&poller, cause->fd, POLLIN);
	ASSERT_TRUE(variant->raise(cause));
	EXPECT_POLLED(POLLIN, &poller);
	EXPECT_EQ(HIGH, available(cause->fd));
}

/* Room that is given to those who wait at once was never there. */
TEST_F(load, changes_when_a_waiter_is_served)
{
	struct waiter waiter = {
		.fd = self->other, .addr = self->other_base, .length = LIMIT,
		.level = PROCESS, .deadline = FOREVER,
	};
	struct poller poller;

	ASSERT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	START_WAITER(&waiter);
	ASSERT_EQ(HIGH, available(self->fd));
	START_POLLER(&poller, self->fd, POLLIN);
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, PAGE));
	EXPECT_ENDS(0, &waiter);
	EXPECT_POLLED(POLLIN, &poller);
	EXPECT_EQ(LOW, available(self->fd));
}

static void interrupt(int signo)
{
	(void)signo;
}

/* Nor is the room that one who gives up leaves to those behind. */
TEST_F(load, changes_when_one_gives_up_and_another_is_served)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct waiter first = {
		.fd = self->other, .addr = self->other_base, .length = LIMIT,
		.level = PROCESS, .deadline = FOREVER,
	}, second = {
		.fd = self->fd, .addr = self->base + MIB, .length = LIMIT - PAGE,
		.level = PROCESS, .deadline = FOREVER,
	};
	struct poller poller;

	sigaction(SIGUSR1, &action, NULL);
	ASSERT_EQ(0, raw_commit(self->fd, self->base, 2 * PAGE, TASK, AT_ONCE));
	START_WAITER(&first);
	START_WAITER(&second);
	/* From now on the second would fit, but the first is before it. */
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, PAGE));
	EXPECT_EQ(1, waiting(self->fd));
	ASSERT_EQ(HIGH, available(self->fd));
	START_POLLER(&poller, self->fd, POLLIN);
	ASSERT_EQ(0, pthread_kill(first.thread, SIGUSR1));
	EXPECT_ENDS(-EINTR, &first);
	EXPECT_ENDS(0, &second);
	EXPECT_POLLED(POLLIN, &poller);
	EXPECT_EQ(LOW, available(self->fd));
}

TEST_F(load, wakes_all_that_poll)
{
	struct poller pollers[8];
	size_t i;

	ASSERT_EQ(HIGH, available(self->other));
	for (i = 0; i < ARRAY_SIZE(pollers); i++) {
		START_POLLER(&pollers[i], i % 2 ? self->fd : self->other, POLLIN);
	}
	ASSERT_EQ(0, raw_commit(self->fd, self->base, LIMIT, PROCESS, AT_ONCE));
	for (i = 0; i < ARRAY_SIZE(pollers); i++) {
		EXPECT_POLLED(POLLIN, &pollers[i]);
	}
}

TEST_F(load, works_with_epoll_and_select)
{
	int level = epoll_create1(EPOLL_CLOEXEC), edge = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	struct timeval zero = {};
	fd_set set;
	int round;

	ASSERT_EQ(0, epoll_ctl(level, EPOLL_CTL_ADD, self->fd, &event));
	event.events = EPOLLIN | EPOLLET;
	ASSERT_EQ(0, epoll_ctl(edge, EPOLL_CTL_ADD, self->fd, &event));
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, epoll_wait(level, &event, 1, 0));
		ASSERT_EQ(0, epoll_wait(edge, &event, 1, 0));
		FD_ZERO(&set);
		FD_SET(self->fd, &set);
		zero = (struct timeval){};
		EXPECT_EQ(0, select(self->fd + 1, &set, NULL, NULL, &zero));

		ASSERT_EQ(0, round % 2 ?
			     raw_decommit(self->fd, self->base, LIMIT) :
			     raw_commit(self->fd, self->base, LIMIT, PROCESS,
					AT_ONCE));
		EXPECT_EQ(1, epoll_wait(level, &event, 1, 0));
		EXPECT_EQ(EPOLLIN, event.events);
		EXPECT_EQ(1, epoll_wait(level, &event, 1, 0));
		EXPECT_EQ(1, epoll_wait(edge, &event, 1, 0));
		EXPECT_EQ(0, epoll_wait(edge, &event, 1, 0));
		FD_ZERO(&set);
		FD_SET(self->fd, &set);
		EXPECT_EQ(1, select(self->fd + 1, &set, NULL, NULL, NULL));
		EXPECT_TRUE(FD_ISSET(self->fd, &set));
		available(self->fd);
	}
	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_EQ(1, epoll_wait(level, &event, 1, 0));
	EXPECT_EQ(EPOLLHUP, event.events);
	FD_ZERO(&set);
	FD_SET(self->fd, &set);
	EXPECT_EQ(1, select(self->fd + 1, &set, NULL, NULL, NULL));
}

TEST_HARNESS_MAIN
