// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: the library opens its device on first use, once, and tries again
 * after a failure.
 *
 * Runs on the host without the module: it is linked with libhostmem.a, and the
 * open() and ioctl() below, which the library then calls, play the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/hostmem.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "ioctl_request.h"
#include "manager.h"

#define THREADS		8
#define CLRNOTAVAILABLE	((HRESULT)0x80131023)

static atomic_uint opens;
static atomic_int used_fd;
static int open_errno;
static int open_flags;
static char opened[64];
static pthread_barrier_t inside_open;
static atomic_bool wait_inside_open;

int open(const char *path, int flags, ...)
{
	opens++;
	open_flags = flags;
	strncpy(opened, path, sizeof(opened) - 1);
	/* All threads get this far before the first one has a descriptor. */
	if (wait_inside_open)
		pthread_barrier_wait(&inside_open);
	if (open_errno) {
		errno = open_errno;
		return -1;
	}
	return openat(AT_FDCWD, "/dev/null", flags);
}

int ioctl(int fd, hostmem_ioctl_request number, ...)
{
	const unsigned long request = (unsigned long)number;
	struct hostmem_status *status;
	va_list args;

	va_start(args, number);
	status = va_arg(args, void *);
	va_end(args);
	used_fd = fd;
	if (request == HOSTMEM_IOC_STATUS)
		status->out_id = 1;
	return 0;
}

static unsigned int tests;
static unsigned int failures;

#define ok(condition, ...)						\
	do {								\
		int good = (condition);					\
									\
		failures += !good;					\
		printf("%s %u ", good ? "ok" : "not ok", ++tests);	\
		printf(__VA_ARGS__);					\
		putchar('\n');						\
		if (!good)						\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
	} while (0)

static unsigned int descriptors(void)
{
	unsigned int n = 0;
	int fd;

	for (fd = 0; fd < 100; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_no_device(int errnum, const char *name)
{
	void *mem = &mem;
	SIZE_T result = 1;

	open_errno = errnum;
	errno = ERANGE;
	ok(HostVirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE, eTaskCritical,
			    &mem) == CLRNOTAVAILABLE && !mem &&
	   HostVirtualFree(NULL, 0, MEM_RELEASE) == CLRNOTAVAILABLE &&
	   HostVirtualQuery(NULL, &mem, 48, &result) == CLRNOTAVAILABLE && !result,
	   "open fails with %s: HOST_E_CLRNOTAVAILABLE", name);
	ok(!VirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE) &&
	   GetLastError() == 21 && errno == ERANGE,
	   "open fails with %s: 21, and errno is left alone", name);
	open_errno = 0;
}

static void *use(void *arg)
{
	(void)arg;
	return VirtualFree(NULL, 0, MEM_RELEASE) ? &opens : NULL;
}

static void test_race(void)
{
	unsigned int before = descriptors();
	pthread_t threads[THREADS];
	unsigned int succeeded = 0;
	void *result;
	int i;

	opens = 0;
	pthread_barrier_init(&inside_open, NULL, THREADS);
	wait_inside_open = true;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, use, NULL);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		succeeded += !!result;
	}
	wait_inside_open = false;
	ok(opens == THREADS && succeeded == THREADS,
	   "%d threads that open at the same time all succeed", THREADS);
	ok(descriptors() == before + 1, "one descriptor is left open");
	ok(use(NULL) && opens == THREADS &&
	   used_fd == hostmem_file_fd(hostmem_default_manager.file),
	   "later calls use it and open nothing");
	ok(!strcmp(opened, "/dev/hostmem") &&
	   open_flags == (O_RDWR | O_CLOEXEC),
	   "it is /dev/hostmem, read-write and closed by exec");
}

static void test_fork(void)
{
	int status = -1;
	pid_t child;

	opens = 0;
	fflush(stdout);
	child = fork();
	if (!child)
		_exit(!(use(NULL) && !opens &&
			used_fd == hostmem_file_fd(hostmem_default_manager.file)));
	ok(child > 0 && waitpid(child, &status, 0) == child && !status,
	   "a fork child uses its parent's descriptor and opens nothing");
}

static void *last_error_of_new_thread(void *arg)
{
	*(DWORD *)arg = GetLastError();
	SetLastError(5);
	return NULL;
}

static void test_last_error(void)
{
	DWORD other = 1;
	pthread_t thread;

	SetLastError(0xE0000001);
	pthread_create(&thread, NULL, last_error_of_new_thread, &other);
	pthread_join(thread, NULL);
	ok(other == 0 && GetLastError() == 0xE0000001,
	   "each thread has a last error of its own, 0 at first");
}

int main(void)
{
	printf("1..12\n");
	test_no_device(ENOENT, "ENOENT");
	test_no_device(EACCES, "EACCES");
	test_no_device(EMFILE, "EMFILE");
	test_race();
	test_fork();
	test_last_error();
	return failures || tests != 12;
}
