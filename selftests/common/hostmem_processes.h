/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Children of a test that work beside it, and what it shares with them.  Part of
 * hostmem_limits.h.
 */
#ifndef HOSTMEM_PROCESSES_H
#define HOSTMEM_PROCESSES_H

#include "hostmem_base.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

/**
 * struct time_namespace - a function, and what the clock of its process shall be
 * @seconds: by which CLOCK_MONOTONIC is ahead of the machine's, or behind it
 * @function: what to run there
 * @arg: its argument
 */
struct time_namespace {
	int seconds;
	int (*function)(void *arg);
	void *arg;
};

HELPER pid_t start_child(int (*function)(void *), void *arg);

/* For start_child(): only the children of who makes a time namespace are in it. */
HELPER int in_time_namespace(void *arg)
{
	const struct time_namespace *space = arg;
	int fd, length, status;
	char line[64];

	if (unshare(CLONE_NEWTIME))
		return 100;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	length = snprintf(line, sizeof(line), "monotonic %d 0\n", space->seconds);
	if (write(fd, line, length) != length)
		return 101;
	close(fd);
	status = status_of(start_child(space->function, space->arg));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 102;
}

/* Run @function in a child that doesn't outlive the test. */
HELPER pid_t start_child(int (*function)(void *), void *arg)
{
	pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(function(arg));
	}
	return child;
}

HELPER int want_processor(void *arg)
{
	(void)arg;
	for (;;)
		;
	return 0;
}

/* A child that wants this processor, the first, all the time: so we lose it anywhere. */
HELPER pid_t start_competitor(void)
{
	return run_on(0) ? start_child(want_processor, NULL) : -1;
}

/* Memory that parent and children share. */
HELPER void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* In memory that is shared: where so many threads wait for each other. */
HELPER bool share_barrier(pthread_barrier_t *barrier, unsigned int threads)
{
	pthread_barrierattr_t shared;

	return !pthread_barrierattr_init(&shared) &&
	       !pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED) &&
	       !pthread_barrier_init(barrier, &shared, threads);
}

#endif /* HOSTMEM_PROCESSES_H */
