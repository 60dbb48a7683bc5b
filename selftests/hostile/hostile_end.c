// SPDX-License-Identifier: GPL-2.0
/*
 * Description: processes that end while their threads are in the middle of calls,
 * by whatever cause, give everything back and leave nothing to be seen.
 *
 * Sets kernel.core_pattern, so it needs root, and puts it back.
 */
#include "hostile.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define HELD		MIB
#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

KEEP_SETTING(core_pattern, CORE_PATTERN)

FIXTURE(end)
{
	int fd;
	__u64 total;
};

FIXTURE_SETUP(end)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->total = hostmem_status(self->fd).out_total_committed_bytes;
}

FIXTURE_TEARDOWN(end)
{
	EXPECT_EQ(self->total, hostmem_status(self->fd).out_total_committed_bytes);
}

/* A process's own file, for all of its threads. */
static int mine;

/* A call of any kind on any range of @base, or of @watched. */
static void call_at_random(uintptr_t base, uintptr_t watched, uint64_t *rng)
{
	uintptr_t start = base + random_below(rng, HELD / PAGE / 2) * PAGE, out;
	size_t size = (1 + random_below(rng, HELD / PAGE / 2)) * PAGE;
	uint64_t pages[16];

	switch (random_below(rng, 9)) {
	case 0:
		raw_free(mine, start, size, HOSTMEM_DECOMMIT);
		break;
	case 1:
	case 2:
		raw_alloc(mine, start, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			  &out);
		break;
	case 3:
		raw_protect(mine, start, size, HOSTMEM_READONLY);
		break;
	case 4:
		raw_alloc(mine, start, size, HOSTMEM_RESET, HOSTMEM_READWRITE,
			  &out);
		break;
	case 5:
		out = raw_both(mine, 0, HELD, HOSTMEM_NOACCESS);
		raw_free(mine, out, 0, HOSTMEM_RELEASE);
		break;
	case 6:
		raw_alloc(mine, watched, HELD, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			  &out);
		try_write((char *)watched + random_below(rng, HELD), 1);
		break;
	case 7:
		raw_protect(mine, start, PAGE, HOSTMEM_READWRITE | HOSTMEM_GUARD);
		try_read((char *)start);
		break;
	default:
		raw_watch(mine, watched, HELD, HOSTMEM_WATCH_RESET, pages,
			  &(uint64_t){ 16 });
	}
}

static void *call_for_ever(void *arg)
{
	uint64_t rng = (uintptr_t)arg + 1;
	uintptr_t base = raw_both(mine, 0, HELD, HOSTMEM_READWRITE), watched;

	if (raw_alloc(mine, 0, HELD, HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH,
		      HOSTMEM_READWRITE, &watched))
		_exit(99);
	for (;;)
		call_at_random(base, watched, &rng);
	return NULL;
}

/* Start @nr threads that call for ever, in a process that has called nothing. */
static void start_callers(int nr)
{
	pthread_t thread;
	long i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mine = open_device();
	for (i = 1; i <= nr; i++)
		if (pthread_create(&thread, NULL, call_for_ever, (void *)i))
			_exit(98);
}

/* Call for a while. */
static void call_often(int nr)
{
	uintptr_t base;

	while (nr--) {
		base = raw_both(mine, 0, HELD, HOSTMEM_READWRITE);
		raw_free(mine, base, 0, HOSTMEM_RELEASE);
	}
}

TEST_F(end, by_kill_at_any_moment)
{
	uint64_t rng = 31415926;
	int i, ready[2];
	volatile int spin;
	pid_t child;
	char byte;

	for (i = 0; i < 24; i++) {
		ASSERT_EQ(0, pipe(ready));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			start_callers(i % 3);
			if (write(ready[1], "x", 1) == 1)
				call_for_ever(NULL);
			_exit(97);
		}
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		for (spin = random_below(&rng, 1000000); spin; spin--)
			;
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(SIGKILL, status_of(child));
		ASSERT_EQ(self->total,
			  hostmem_status(self->fd).out_total_committed_bytes)
			TH_LOG("round %d", i);
		close(ready[0]);
		close(ready[1]);
	}
}

TEST_F(end, by_exit_and_faults_while_others_are_in_calls)
{
	volatile char *volatile nowhere = NULL;
	pid_t child;
	int i;

	for (i = 0; i < 8; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			start_callers(2);
			call_often(3);
			switch (i % 4) {
			case 0:
				_exit(0);
			case 1:
				raise(SIGTERM);
				break;
			case 2:
				*nowhere = 1;
				break;
			default:
				execlp("true", "true", NULL);
			}
			_exit(96);
		}
		ASSERT_EQ(i % 4 == 1 ? SIGTERM : i % 4 == 2 ? SIGSEGV : 0,
			  status_of(child) & ~0x80);
		ASSERT_EQ(self->total,
			  hostmem_status(self->fd).out_total_committed_bytes);
	}
}

/* It stops the process wherever it is, looks around, and goes again. */
TEST_F(end, by_a_debugger_that_comes_and_goes)
{
	uint64_t rng = 141421;
	pid_t child = fork();
	int i, status;

	ASSERT_LE(0, child);
	if (!child) {
		start_callers(1);
		call_for_ever(NULL);
	}
	for (i = 0; i < 40; i++) {
		uintptr_t at = SPECIMEN + random_below(&rng, SPECIMEN_SIZE) * 8;

		ASSERT_EQ(0, ptrace(PTRACE_SEIZE, child, NULL, NULL));
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, child, NULL, NULL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		ASSERT_TRUE(WIFSTOPPED(status));
		ptrace(PTRACE_PEEKDATA, child, at, NULL);
		ptrace(PTRACE_POKEDATA, child, at, 1);
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, child, NULL, NULL));
	}
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, child, NULL, PTRACE_O_EXITKILL));
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
}

/* The main thread is gone; the others have the memory, and use it. */
static void *outlive_main(void *arg)
{
	uintptr_t base = raw_both(mine, 0, HELD, HOSTMEM_READWRITE), next;
	char path[64], state = 0;
	int fd, i;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	while (state != 'Z') {
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, path + 32, 31) < 0)
			_exit(1);
		close(fd);
		path[63] = 0;
		state = strchr(path + 32, ')')[2];
	}
	stamp((void *)base, HELD, 1);
	for (i = 0; i < 10; i++) {
		next = raw_both(mine, 0, HELD, HOSTMEM_READWRITE);
		if (!next || nonzero((void *)next, HELD))
			_exit(2);
		stamp((void *)next, HELD, 2);
		if (raw_free(mine, next, 0, HOSTMEM_RELEASE))
			_exit(3);
	}
	_exit(unstamped((void *)base, HELD, 1) ? 4 : 0);
}

TEST_F(end, of_the_main_thread_is_not_the_end)
{
	pthread_t thread;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		mine = open_device();
		pthread_create(&thread, NULL, outlive_main, NULL);
		syscall(SYS_exit, 0);
	}
	EXPECT_EQ(0, status_of(child));
}

static void *fork_for_ever(void *arg)
{
	pid_t child;

	(void)arg;
	for (;;) {
		child = fork();
		if (!child)
			_exit(0);
		if (child > 0)
			status_of(child);
	}
	return NULL;
}

/* A fork copies the address space that others are changing. */
TEST_F(end, while_others_fork)
{
	pthread_t thread;
	pid_t child;
	int i;

	for (i = 0; i < 2; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			start_callers(1);
			pthread_create(&thread, NULL, fork_for_ever, NULL);
			call_often(10);
			_exit(0);
		}
		EXPECT_EQ(0, status_of(child));
		ASSERT_EQ(self->total,
			  hostmem_status(self->fd).out_total_committed_bytes);
	}
}

/*
 * Core dumps
 */

#define SECRET	0x5ec3e7c0ffee5ec3ull

static void dump_core(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	uint64_t *base, *end;

	mine = open_device();
	base = (uint64_t *)raw_both(mine, 0, HELD, HOSTMEM_READWRITE);
	end = base + HELD / 8;
	/* Computed, so that the program itself hasn't got it. */
	while (base < end)
		*base++ = SECRET ^ ((uintptr_t)mine << 63);
	raw_protect(mine, (uintptr_t)end - HELD, PAGE, HOSTMEM_READWRITE | HOSTMEM_GUARD);
	raw_protect(mine, (uintptr_t)end - PAGE, PAGE, HOSTMEM_NOACCESS);
	/* Whatever kinds of memory a dump is asked to have. */
	write_file("/proc/self/coredump_filter", "0x1ff");
	setrlimit(RLIMIT_CORE, &limit);
	start_callers(1);
	abort();
}

/* How often a file has the secret at its natural place; -1 without a file. */
static long secrets_in(const char *path)
{
	uint64_t buffer[512];
	long found = 0;
	ssize_t got;
	int i, fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		for (i = 0; i < got / 8; i++)
			found += buffer[i] << 1 == (uint64_t)SECRET << 1;
	close(fd);
	return found;
}

/* Whatever can be done with the pages while the process lives. */
TEST_F(end, by_a_core_dump_with_all_its_memory)
{
	char path[64];
	pid_t child;
	int status;

	ASSERT_TRUE(write_file(CORE_PATTERN, "/tmp/hostile.%p"));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		dump_core();
	status = status_of(child);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGABRT, WTERMSIG(status));
	EXPECT_TRUE(WCOREDUMP(status));
	snprintf(path, sizeof(path), "/tmp/hostile.%d", child);
	/* One may be in a register. */
	EXPECT_LE((long)HELD / 8, secrets_in(path));
	EXPECT_GT((long)HELD / 8 + 16, secrets_in(path));
	EXPECT_EQ(0, unlink(path));
}

TEST_HARNESS_MAIN
