/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The stage of the fault tests: pages without access play the pages of a region, and
 * pages behind the end of a file, which raise SIGBUS, play guard pages.
 *
 * No module is needed: the test is linked with libhostmem.a, and the ioctl() below, which
 * the library then calls, says which memory is the library's.  Each case has a child of
 * its own.
 */
#ifndef HOST_FAULT_PAGES_H
#define HOST_FAULT_PAGES_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>
#include <linux/hostmem.h>

#include "ioctl_request.h"

#define HELPER	static inline __attribute__((unused))

#define PAGE	4096
#define DENIED	0xC0000005u

/* Pages of the library and of others; the first two raise SIGSEGV, these SIGBUS. */
static volatile char *own, *foreign, *own_guard, *foreign_guard;
static int guard_file, foreign_file;

HELPER bool in_page(uintptr_t addr, volatile void *page)
{
	return addr - (uintptr_t)page < PAGE;
}

/* Which file of the device a descriptor is; 0: none. */
static uint32_t ids[100];
static bool no_such_device;

int open(const char *path, int flags, ...)
{
	static uint32_t last;
	int fd = -1;

	if (!no_such_device && !strcmp(path, "/dev/hostmem"))
		fd = openat(AT_FDCWD, "/dev/null", flags);
	if (fd >= 0)
		ids[fd] = ++last;
	else
		errno = ENOENT;
	return fd;
}

int close(int fd)
{
	if (fd >= 0)
		ids[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

/*
 * All that is the library's is another manager's than of the file that is asked.
 */
int ioctl(int fd, hostmem_ioctl_request number, ...)
{
	const unsigned long request = (unsigned long)number;
	struct hostmem_status *status;
	struct hostmem_query *query;
	va_list args;

	va_start(args, number);
	status = va_arg(args, void *);
	va_end(args);
	query = (void *)status;
	if (!ids[fd] || (status->id && status->id != ids[fd])) {
		errno = ids[fd] ? EBADF : ENOTTY;
		return -1;
	}
	if (request == HOSTMEM_IOC_STATUS)
		status->out_id = ids[fd];
	if (request == HOSTMEM_IOC_QUERY)
		query->out_own = in_page(query->addr, own) ||
				 in_page(query->addr, own_guard) ? 2 : 0;
	return 0;
}

/* What the child has seen. */
static volatile unsigned int calls;
static volatile unsigned int previous_calls;
static volatile DWORD seen_code, seen_access;
static void *volatile seen_address;
static void *volatile seen_context;

HELPER void open_up(void *address)
{
	if (in_page((uintptr_t)address, own) || in_page((uintptr_t)address, foreign))
		mprotect((void *)((uintptr_t)address & -PAGE), PAGE,
			 PROT_READ | PROT_WRITE | PROT_EXEC);
	else
		(void)!ftruncate(in_page((uintptr_t)address, own_guard) ?
				 guard_file : foreign_file, PAGE);
}

HELPER BOOL record(DWORD code, DWORD access, void *address, void *context)
{
	calls++;
	seen_code = code;
	seen_access = access;
	seen_address = address;
	seen_context = context;
	open_up(address);
	errno = EDOM;
	return TRUE;
}

/* The retry would succeed, but is not wanted. */
HELPER BOOL decline(DWORD code, DWORD access, void *address, void *context)
{
	record(code, access, address, context);
	return FALSE;
}

HELPER bool blocked(int signo)
{
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	return sigismember(&mask, signo);
}

static volatile bool mask_good;
static int expect_defer = 1;

HELPER void previous_info(int signo, siginfo_t *info, void *context)
{
	previous_calls++;
	mask_good = blocked(signo) == expect_defer && blocked(SIGUSR1) && context &&
		    info->si_signo == signo;
	seen_address = info->si_addr;
	open_up(info->si_addr);
}

HELPER void handle(void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = flags,
	};

	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/**
 * struct fault_case - a case
 * @name: what it is about
 * @run: in a child; true is good
 * @death: the signal that it has to die of; 0 if it has to return
 */
struct fault_case {
	const char *name;
	bool (*run)(void);
	int death;
};

HELPER volatile char *behind_the_end(int *file)
{
	*file = memfd_create("guard", 0);
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *file, 0);
}

HELPER int run_child(const struct fault_case *fault_case)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	own = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	foreign = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	own_guard = behind_the_end(&guard_file);
	foreign_guard = behind_the_end(&foreign_file);
	return !fault_case->run();
}

HELPER bool run_case(const struct fault_case *fault_case, size_t number)
{
	int status = -1;
	bool good;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(run_child(fault_case));
	waitpid(child, &status, 0);
	if (fault_case->death)
		good = WIFSIGNALED(status) && WTERMSIG(status) == fault_case->death;
	else
		good = WIFEXITED(status) && !WEXITSTATUS(status);
	printf("%s %zu %s\n", good ? "ok" : "not ok", number, fault_case->name);
	if (!good)
		printf("# wait status 0x%x\n", (unsigned int)status);
	return good;
}

/* Return: what main() does. */
HELPER int run_cases(const struct fault_case *cases, size_t count)
{
	bool good = true;
	size_t i;

	printf("1..%zu\n", count);
	for (i = 0; i < count; i++)
		good &= run_case(&cases[i], i + 1);
	return !good;
}

#endif /* HOST_FAULT_PAGES_H */
