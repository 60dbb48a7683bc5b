// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: which SIGSEGV and SIGBUS the fault callback gets and with what, how
 * the process dies if it declines, and that all others go where they went before.
 *
 * Runs on the host without the module: it is linked with libhostmem.a, and the
 * ioctl() below, which the library then calls, says which memory is the library's.
 * Pages without access play the pages of a region, and pages behind the end of a
 * file, which raise SIGBUS, play guard pages.  Each case has a child of its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>
#include <linux/hostmem.h>

#include "ioctl_request.h"

#define PAGE	4096
#define GUARD	0x80000001u
#define DENIED	0xC0000005u

/* Pages of the library and of others; the first two raise SIGSEGV, these SIGBUS. */
static volatile char *own, *foreign, *own_guard, *foreign_guard;
static int guard_file, foreign_file;

static bool in_page(uintptr_t addr, volatile void *page)
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

/* What the child has seen */
static volatile unsigned int calls;
static volatile unsigned int previous_calls;
static volatile DWORD seen_code, seen_access;
static void *volatile seen_address;
static void *volatile seen_context;

static void open_up(void *address)
{
	if (in_page((uintptr_t)address, own) || in_page((uintptr_t)address, foreign))
		mprotect((void *)((uintptr_t)address & -PAGE), PAGE,
			 PROT_READ | PROT_WRITE | PROT_EXEC);
	else
		(void)!ftruncate(in_page((uintptr_t)address, own_guard) ?
				 guard_file : foreign_file, PAGE);
}

static BOOL record(DWORD code, DWORD access, void *address, void *context)
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
static BOOL decline(DWORD code, DWORD access, void *address, void *context)
{
	record(code, access, address, context);
	return FALSE;
}

static BOOL record_nested(DWORD code, DWORD access, void *address, void *context)
{
	if (code == DENIED)
		own_guard[7] = 1;
	return record(code, access, address, context);
}

static sigjmp_buf past;

static BOOL leave(DWORD code, DWORD access, void *address, void *context)
{
	record(code, access, address, context);
	siglongjmp(past, 1);
}

static bool seen(unsigned int n, DWORD code, DWORD access, volatile void *address)
{
	return calls == n && seen_code == code && seen_access == access &&
	       seen_address == address;
}

static bool blocked(int signo)
{
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	return sigismember(&mask, signo);
}

static volatile bool mask_good;
static int expect_defer = 1;

static void previous_info(int signo, siginfo_t *info, void *context)
{
	previous_calls++;
	mask_good = blocked(signo) == expect_defer && blocked(SIGUSR1) && context &&
		    info->si_signo == signo;
	seen_address = info->si_addr;
	open_up(info->si_addr);
}

static void previous_plain(int signo)
{
	previous_calls++;
	mask_good = blocked(signo) && !blocked(SIGUSR1);
	open_up((void *)foreign);
	open_up((void *)foreign_guard);
}

static void handle(void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = flags,
	};

	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

static void handle_plain(void (*handler)(int))
{
	signal(SIGSEGV, handler);
	signal(SIGBUS, handler);
}

/*
 * The cases: true is good; what they have to die of is in the table
 */

static bool write_violation(void)
{
	HostSetFaultCallback(record, (void *)&calls);
	errno = ERANGE;
	own[5] = 9;
	return seen(1, DENIED, 1, own + 5) && seen_context == &calls &&
	       own[5] == 9 && errno == ERANGE;
}

static bool read_violation(void)
{
	HostSetFaultCallback(record, NULL);
	return !own[6] && seen(1, DENIED, 0, own + 6) && !seen_context;
}

static bool execute_violation(void)
{
	mprotect((void *)own, PAGE, PROT_READ | PROT_WRITE);
	*own = (char)0xc3;	/* ret */
	HostSetFaultCallback(record, NULL);
	((void (*)(void))(uintptr_t)own)();
	return seen(1, DENIED, 8, own);
}

static bool guard_hit(void)
{
	HostSetFaultCallback(record, NULL);
	own_guard[8] = 3;
	return seen(1, GUARD, 1, own_guard + 8) && own_guard[8] == 3;
}

static bool declined_violation(void)
{
	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(decline, NULL);
	own[0] = 1;
	return false;
}

static bool declined_guard(void)
{
	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(decline, NULL);
	own_guard[0] = 1;
	return false;
}

static bool nested(void)
{
	HostSetFaultCallback(record_nested, NULL);
	own[5] = 9;
	return seen(2, DENIED, 1, own + 5) && own_guard[7] == 1;
}

static bool jump_out(void)
{
	HostSetFaultCallback(leave, NULL);
	if (!sigsetjmp(past, 0))
		own[5] = 9;
	if (!sigsetjmp(past, 0))
		own_guard[5] = 9;
	return calls == 2 && !blocked(SIGSEGV) && !blocked(SIGBUS);
}

static bool foreign_faults(void)
{
	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(record, NULL);
	foreign[3] = 1;
	if (seen_address != foreign + 3 || !mask_good)
		return false;
	foreign_guard[4] = 1;
	return seen_address == foreign_guard + 4 && mask_good &&
	       previous_calls == 2 && !calls && !blocked(SIGUSR1) &&
	       !blocked(SIGSEGV) && !blocked(SIGBUS);
}

static bool foreign_plain(void)
{
	handle_plain(previous_plain);
	HostSetFaultCallback(record, NULL);
	foreign[3] = 1;
	return previous_calls == 1 && !calls && mask_good;
}

static bool foreign_nodefer(void)
{
	expect_defer = 0;
	handle(previous_info, SA_SIGINFO | SA_NODEFER);
	HostSetFaultCallback(record, NULL);
	foreign_guard[3] = 1;
	return previous_calls == 1 && mask_good;
}

static bool foreign_resethand(void)
{
	handle(previous_info, (int)(SA_SIGINFO | SA_RESETHAND));
	HostSetFaultCallback(record, NULL);
	foreign[3] = 1;
	own[3] = 1;
	foreign_guard[3] = 1;
	if (previous_calls != 2 || calls != 1)
		_exit(1);
	mprotect((void *)foreign, PAGE, PROT_NONE);
	foreign[3] = 1;
	return false;
}

static bool foreign_default(void)
{
	HostSetFaultCallback(record, NULL);
	foreign_guard[3] = 1;
	return false;
}

static bool foreign_ignored(void)
{
	handle_plain(SIG_IGN);
	HostSetFaultCallback(record, NULL);
	raise(SIGSEGV);
	raise(SIGBUS);
	own[3] = 1;
	if (calls != 1)
		_exit(1);
	foreign[3] = 1;
	return false;
}

static bool sent_default(void)
{
	HostSetFaultCallback(record, NULL);
	own[3] = 1;
	if (calls != 1)
		_exit(1);
	raise(SIGBUS);
	return false;
}

/* The signal is only unblocked while the thread waits. */
static bool sent_while_suspended(void)
{
	sigset_t mask, wait;

	HostSetFaultCallback(record, NULL);
	sigprocmask(SIG_SETMASK, NULL, &wait);
	mask = wait;
	sigaddset(&mask, SIGSEGV);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	raise(SIGSEGV);
	sigsuspend(&wait);
	return false;
}

static bool sent_handled(void)
{
	union sigval value = { .sival_ptr = (void *)own };

	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(record, NULL);
	/* Puts an address of the library where si_addr is. */
	sigqueue(getpid(), SIGSEGV, value);
	return previous_calls == 1 && !calls;
}

static bool no_callback(void)
{
	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(NULL, NULL);
	own[3] = 1;
	mprotect((void *)own, PAGE, PROT_NONE);
	HostSetFaultCallback(record, NULL);
	HostSetFaultCallback(NULL, (void *)&calls);
	own[3] = 1;
	own_guard[3] = 1;
	return previous_calls == 3 && !calls;
}

static bool no_callback_default(void)
{
	HostSetFaultCallback(decline, NULL);
	HostSetFaultCallback(NULL, NULL);
	own_guard[3] = 1;
	return false;
}

static bool no_device(void)
{
	no_such_device = true;
	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(record, NULL);
	own[3] = 1;
	return previous_calls == 1 && !calls;
}

/* As daemons do; and other files get the numbers (rules S7, S8). */
static bool descriptors_closed(void)
{
	int fd, other;

	HostSetFaultCallback(record, NULL);
	for (fd = 3; fd < 20; fd++)
		if (ids[fd])
			close(fd);
	own[3] = 1;
	mprotect((void *)own, PAGE, PROT_NONE);
	for (fd = 3; fd < 20; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/hostmem", O_RDWR) < 0)
			return false;
	own[3] = 1;
	mprotect((void *)own, PAGE, PROT_NONE);
	for (fd = 3; fd < 20; fd++)
		if (ids[fd]) {
			close(fd);
			other = memfd_create("other", 0);
			if (other != fd)
				return false;
		}
	own[3] = 1;
	own_guard[3] = 1;
	return calls == 4;
}

static bool device_comes_later(void)
{
	no_such_device = true;
	handle(previous_info, SA_SIGINFO);
	HostSetFaultCallback(record, NULL);
	no_such_device = false;
	own[3] = 1;
	return !previous_calls && calls == 1;
}

static void *touch_stack(void *arg)
{
	/* Of the processor, if the kernel tells. */
	const size_t least = getauxval(AT_MINSIGSTKSZ);
	stack_t stack = {
		.ss_sp = arg, .ss_size = (least ? least : (size_t)MINSIGSTKSZ) + 1024,
	};

	sigaltstack(&stack, NULL);
	/* An access by code whose stack pointer is in the page without access. */
	__asm__ volatile("mov %%rsp, %%rbx\n\t"
			 "mov %0, %%rsp\n\t"
			 "push %%rbx\n\t"
			 "pop %%rbx\n\t"
			 "mov %%rbx, %%rsp"
			 : : "r"(own + PAGE) : "rbx", "memory");
	return NULL;
}

static bool alternate_stack(void)
{
	pthread_t thread;

	HostSetFaultCallback(record, NULL);
	pthread_create(&thread, NULL, touch_stack, malloc(1 << 16));
	pthread_join(thread, NULL);
	return seen(1, DENIED, 1, own + PAGE - 8);
}

static pthread_barrier_t together;

static void *set_together(void *arg)
{
	pthread_barrier_wait(&together);
	HostSetFaultCallback(record, arg);
	return NULL;
}

static bool installed_once(void)
{
	pthread_t threads[8];
	int i;

	handle(previous_info, SA_SIGINFO);
	pthread_barrier_init(&together, NULL, 8);
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, set_together,
			       (void *)(intptr_t)i);
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	foreign[3] = 1;
	own[3] = 1;
	return previous_calls == 1 && calls == 1;
}

static atomic_bool mixed;
static atomic_bool stop;

static BOOL first(DWORD code, DWORD access, void *address, void *context)
{
	if (context != &calls)
		mixed = true;
	return record(code, access, address, context);
}

static BOOL second(DWORD code, DWORD access, void *address, void *context)
{
	if (context != &previous_calls)
		mixed = true;
	return record(code, access, address, context);
}

static void *change(void *arg)
{
	while (!stop) {
		HostSetFaultCallback(first, (void *)&calls);
		HostSetFaultCallback(second, (void *)&previous_calls);
	}
	return arg;
}

static bool changed_meanwhile(void)
{
	pthread_t thread;
	int i;

	HostSetFaultCallback(first, (void *)&calls);
	pthread_create(&thread, NULL, change, NULL);
	for (i = 0; i < 20000; i++) {
		mprotect((void *)own, PAGE, PROT_NONE);
		own[3] = 1;
	}
	stop = true;
	pthread_join(thread, NULL);
	return calls == 20000 && !mixed;
}

static const struct {
	const char *name;
	bool (*run)(void);
	int death;
} cases[] = {
	{ "a write to an own page: 0xC0000005, 1, the address", write_violation, 0 },
	{ "a read of an own page: 0xC0000005, 0", read_violation, 0 },
	{ "a call of an own page: 0xC0000005, 8", execute_violation, 0 },
	{ "SIGBUS on an own page: 0x80000001, 1", guard_hit, 0 },
	{ "FALSE for a violation: dies of SIGSEGV", declined_violation, SIGSEGV },
	{ "FALSE for a guard page: dies of SIGBUS", declined_guard, SIGBUS },
	{ "a callback that hits a guard page", nested, 0 },
	{ "a callback that jumps out", jump_out, 0 },
	{ "faults elsewhere: the previous handler with its mask", foreign_faults, 0 },
	{ "... a handler with one argument", foreign_plain, 0 },
	{ "... SA_NODEFER", foreign_nodefer, 0 },
	{ "... SA_RESETHAND: once, then dies", foreign_resethand, SIGSEGV },
	{ "... no handler: dies of SIGBUS", foreign_default, SIGBUS },
	{ "... ignored: only signals that are sent", foreign_ignored, SIGSEGV },
	{ "a sent signal without a previous handler: dies", sent_default, SIGBUS },
	{ "... while the thread waits for it", sent_while_suspended, SIGSEGV },
	{ "a sent signal never is the callback's", sent_handled, 0 },
	{ "no callback: the previous handler for own pages", no_callback, 0 },
	{ "... and no handler: dies", no_callback_default, SIGBUS },
	{ "no device: nothing is the callback's", no_device, 0 },
	{ "a device that comes after the callback", device_comes_later, 0 },
	{ "a program that has closed all descriptors", descriptors_closed, 0 },
	{ "a stack pointer in an own page, on a small alternate stack",
	  alternate_stack, 0 },
	{ "threads that set the first callback together", installed_once, 0 },
	{ "callback and context fit each other while they change", changed_meanwhile, 0 },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static volatile char *behind_the_end(int *file)
{
	*file = memfd_create("guard", 0);
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *file, 0);
}

static int run_child(size_t i)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	own = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	foreign = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	own_guard = behind_the_end(&guard_file);
	foreign_guard = behind_the_end(&foreign_file);
	return !cases[i].run();
}

int main(void)
{
	unsigned int failures = 0;
	size_t i;

	printf("1..%zu\n", CASES);
	for (i = 0; i < CASES; i++) {
		int status = -1;
		bool good;
		pid_t child;

		fflush(stdout);
		child = fork();
		if (!child)
			_exit(run_child(i));
		waitpid(child, &status, 0);
		if (cases[i].death)
			good = WIFSIGNALED(status) && WTERMSIG(status) == cases[i].death;
		else
			good = WIFEXITED(status) && !WEXITSTATUS(status);
		failures += !good;
		printf("%s %zu %s\n", good ? "ok" : "not ok", i + 1, cases[i].name);
		if (!good)
			printf("# wait status 0x%x\n", (unsigned int)status);
	}
	return !!failures;
}
