/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of limits, waiting and memory pressure share: the module's
 * parameters, the raw calls that hostmem_test.h hasn't, and commits in threads
 * of their own, which may wait.
 *
 * The parameters are the whole machine's: only one of these programs can run at
 * a time, as root.
 */
#ifndef HOSTMEM_LIMITS_H
#define HOSTMEM_LIMITS_H

#include "hostmem_processes.h"
#include "hostmem_test.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#define PARAMETERS	"/sys/module/hostmem/parameters/"

/* All that the module's limit can be: other ends are met first. */
#define PLENTY_MB	((size_t)meminfo("MemTotal") / MIB)

/*
 * The parameters
 */

HELPER bool set_parameter(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	return write_file(path, value);
}

HELPER bool set_number(const char *name, unsigned long number)
{
	char value[32];

	snprintf(value, sizeof(value), "%lu", number);
	return set_parameter(name, value);
}

HELPER bool get_parameter(const char *name, char value[32])
{
	ssize_t length;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, value, 31);
	close(fd);
	value[length > 0 ? length : 0] = 0;
	return length > 0;
}

/*
 * The parameters as they were before the first test.  The program puts them
 * back when all tests are through, for a test that dies can't.
 */
static char limit_before[32], reserve_before[32];

static void __attribute__((constructor)) save_parameters(void)
{
	get_parameter("commit_limit_mb", limit_before);
	get_parameter("critical_reserve_pct", reserve_before);
}

static void __attribute__((destructor)) restore_parameters(void)
{
	set_parameter("commit_limit_mb", limit_before);
	set_parameter("critical_reserve_pct", reserve_before);
}

/* The tests count on all of the limit: nobody else has committed anything. */
#define SET_PARAMETERS(limit_mb, reserve_pct) do {			\
	int __fd = open_device();					\
									\
	ASSERT_LE(0, __fd);						\
	ASSERT_TRUE(set_number("commit_limit_mb", limit_mb))		\
		TH_LOG("can't write " PARAMETERS ": run as root");	\
	ASSERT_TRUE(set_number("critical_reserve_pct", reserve_pct));	\
	ASSERT_EQ(0, hostmem_status(__fd).out_total_committed_bytes);	\
	ASSERT_EQ((limit_mb) * MIB,					\
		  hostmem_status(__fd).out_commit_limit_bytes);		\
	close(__fd);							\
} while (0)

/*
 * The raw calls: 0 or -errno
 */

#define TASK		HOSTMEM_LEVEL_TASK
#define APPDOMAIN	HOSTMEM_LEVEL_APPDOMAIN
#define PROCESS		HOSTMEM_LEVEL_PROCESS

/* Deadlines: no waiting, one that has passed, one that never will. */
#define AT_ONCE		0ull
#define LONG_AGO	1ull
#define FOREVER		UINT64_MAX

HELPER uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

HELPER int raw_commit(int fd, uintptr_t addr, uint64_t length, uint32_t level,
		      uint64_t deadline)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = HOSTMEM_COMMIT,
		.protect = HOSTMEM_READWRITE,
		.level = level,
		.flags = default_flags(addr, HOSTMEM_COMMIT),
		.addr = addr,
		.length = length,
		.deadline = deadline,
	};

	return raw_call(fd, HOSTMEM_IOC_ALLOC, &arg);
}

HELPER int raw_decommit(int fd, uintptr_t addr, uint64_t length)
{
	return raw_free(fd, addr, length, HOSTMEM_DECOMMIT);
}

HELPER int raw_release(int fd, uintptr_t addr)
{
	return raw_free(fd, addr, 0, HOSTMEM_RELEASE);
}

HELPER int raw_limit(int fd, uint64_t bytes)
{
	struct hostmem_limit arg = { .size = sizeof(arg), .bytes = bytes };

	return raw_call(fd, HOSTMEM_IOC_LIMIT, &arg);
}

HELPER int raw_shutdown(int fd)
{
	struct hostmem_shutdown arg = { .size = sizeof(arg) };

	return raw_call(fd, HOSTMEM_IOC_SHUTDOWN, &arg);
}

HELPER int raw_load(int fd, struct hostmem_load *load)
{
	memset(load, POISON_BYTE, sizeof(*load));
	load->size = sizeof(*load);
	load->id = 0;
	load->reserved = 0;
	return raw_call(fd, HOSTMEM_IOC_LOAD, load);
}

/* HOSTMEM_AVAILABLE_*, or what is none if that fails. */
HELPER uint32_t available(int fd)
{
	struct hostmem_load load;

	raw_load(fd, &load);
	return load.out_available;
}

HELPER uint64_t committed(int fd)
{
	return hostmem_status(fd).out_committed_bytes;
}

HELPER uint64_t total_committed(int fd)
{
	return hostmem_status(fd).out_total_committed_bytes;
}

HELPER uint64_t prepared(int fd)
{
	return hostmem_status(fd).out_prepared_bytes;
}

/*
 * Wait until so much is ready.  Nobody tells, and the thread that does it has the lowest
 * priority: so look again and again, with the processor left to it in between, as often
 * as takes minutes.
 */
HELPER bool until_prepared(int fd, uint64_t bytes)
{
	unsigned int i;

	for (i = 0; i < MOST_YIELDS; i++) {
		if (prepared(fd) == bytes)
			return true;
		sched_yield();
	}
	return false;
}

/* A file of its own with a region of reserved pages; 0 if that fails. */
HELPER uintptr_t open_region(int *fd, size_t size)
{
	uintptr_t base;

	*fd = open_device();
	return raw_alloc(*fd, 0, size, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			 &base) ? 0 : base;
}

/*
 * Commits that may wait, each in a thread of its own
 */

/**
 * struct waiter - a commit in a thread
 * @fd: the file
 * @addr: first byte; 0 reserves, too
 * @length: bytes
 * @level: HOSTMEM_LEVEL_*
 * @deadline: nanoseconds of CLOCK_MONOTONIC
 * @tid: the thread's, once it runs
 * @result: of the call, once it is @done
 * @done: has the call come back?
 */
struct waiter {
	int fd;
	uintptr_t addr;
	size_t length;
	uint32_t level;
	uint64_t deadline;
	pthread_t thread;
	_Atomic pid_t tid;
	int result;
	atomic_bool done;
};

HELPER void *commit_in_thread(void *arg)
{
	struct waiter *waiter = arg;

	waiter->tid = gettid();
	waiter->result = raw_commit(waiter->fd, waiter->addr, waiter->length,
				    waiter->level, waiter->deadline);
	waiter->done = true;
	return NULL;
}

HELPER uint64_t waiting(int fd)
{
	return hostmem_status(fd).out_waiting;
}

/* Start a commit that has to wait; it is in its queue when this is through. */
#define START_WAITER(who) do {						\
	struct waiter *__w = (who);					\
	uint64_t __waiting = waiting(__w->fd);				\
									\
	ASSERT_EQ(0, pthread_create(&__w->thread, NULL, commit_in_thread,	\
				    __w));				\
	while (waiting(__w->fd) == __waiting && !__w->done)		\
		sched_yield();						\
	ASSERT_FALSE(atomic_load(&__w->done))				\
		TH_LOG("did not wait, but returned %d", __w->result);	\
} while (0)

/* Wait for its end, be it there already or about to come. */
#define EXPECT_ENDS(expected, who) do {					\
	struct waiter *__w = (who);					\
									\
	ASSERT_EQ(0, pthread_join(__w->thread, NULL));			\
	EXPECT_EQ(expected, __w->result);				\
} while (0)

/*
 * Threads that poll
 */

/**
 * struct poller - a poll(2) without end in a thread
 * @poll: of what, for what, and what came
 * @tid: the thread's, once it runs
 * @result: of the call, once it is @done
 * @done: has the call come back?
 */
struct poller {
	struct pollfd poll;
	pthread_t thread;
	_Atomic pid_t tid;
	int result;
	atomic_bool done;
};

HELPER void *poll_in_thread(void *arg)
{
	struct poller *poller = arg;

	poller->tid = gettid();
	poller->result = poll(&poller->poll, 1, -1);
	poller->done = true;
	return NULL;
}

/* Does a thread of this process sleep? */
HELPER bool sleeps(pid_t tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state == 'S';
}

/* Start a poll that has to wait; it does when this is through. */
#define START_POLLER(who, descriptor, wanted) do {			\
	struct poller *__p = (who);					\
									\
	*__p = (struct poller) {					\
		.poll = { .fd = (descriptor), .events = (wanted) },	\
	};								\
	ASSERT_EQ(0, pthread_create(&__p->thread, NULL, poll_in_thread,	\
				    __p));				\
	while (!__p->done && !(__p->tid && sleeps(__p->tid)))		\
		sched_yield();						\
	ASSERT_FALSE(atomic_load(&__p->done))				\
		TH_LOG("poll() did not wait: %#x", __p->poll.revents);	\
} while (0)

#define EXPECT_POLLED(expected, who) do {				\
	struct poller *__p = (who);					\
									\
	ASSERT_EQ(0, pthread_join(__p->thread, NULL));			\
	EXPECT_EQ(1, __p->result);					\
	EXPECT_EQ(expected, __p->poll.revents);				\
} while (0)

#endif /* HOSTMEM_LIMITS_H */
