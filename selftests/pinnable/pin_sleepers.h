/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pinnable region with futexes in it, and threads that sleep there.
 */
#ifndef PIN_SLEEPERS_H
#define PIN_SLEEPERS_H

#include "pin.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "hostmem_limits.h"

#define SIZE	(64 * PAGE)

FIXTURE(futex)
{
	int fd;
	char *base;
};

/* A region of @size with @flags; NULL if that fails. */
HELPER char *make_region(int fd, size_t size, uint32_t flags)
{
	uintptr_t base;

	return raw_alloc_as(fd, 0, size, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			    HOSTMEM_READWRITE, flags, &base) ? NULL : (char *)base;
}

FIXTURE_SETUP(futex)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = make_region(self->fd, SIZE, PINNABLE);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(futex)
{
}

/*
 * Threads that sleep
 */

/**
 * struct sleeper - a thread that does something in which it has to sleep
 * @function: what, with @arg
 * @result: what that has returned
 * @tid: the thread's, once it runs
 */
struct sleeper {
	int (*function)(void *arg);
	void *arg;
	int result;
	_Atomic pid_t tid;
	pthread_t thread;
};

HELPER void *sleep_in_thread(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = gettid();
	sleeper->result = sleeper->function(sleeper->arg);
	return NULL;
}

HELPER void wait_until_asleep(const struct sleeper *sleeper)
{
	while (!sleeper->tid || !sleeps(sleeper->tid))
		sched_yield();
}

/* It sleeps when this is through. */
#define START(who, what, argument) do {					\
	struct sleeper *__s = (who);					\
									\
	*__s = (struct sleeper) { .function = (what), .arg = (argument) };	\
	ASSERT_EQ(0, pthread_create(&__s->thread, NULL,			\
				    sleep_in_thread, __s));		\
	wait_until_asleep(__s);						\
} while (0)

#define EXPECT_WOKEN(expected, sleeper) do {				\
	ASSERT_EQ(0, pthread_join((sleeper)->thread, NULL));		\
	EXPECT_EQ(expected, (sleeper)->result);				\
} while (0)

#endif /* PIN_SLEEPERS_H */
