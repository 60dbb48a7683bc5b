// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: which SIGSEGV and SIGBUS the fault callback gets and with what, how
 * the process dies if it declines, and that it gets them whatever else the program does.
 *
 * Runs on the host without the module: see fault_pages.h.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/auxv.h>

#include "fault_pages.h"

#define GUARD	0x80000001u

static bool seen(unsigned int n, DWORD code, DWORD access, volatile void *address)
{
	return calls == n && seen_code == code && seen_access == access &&
	       seen_address == address;
}

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

static BOOL record_nested(DWORD code, DWORD access, void *address, void *context)
{
	if (code == DENIED)
		own_guard[7] = 1;
	return record(code, access, address, context);
}

static bool nested(void)
{
	HostSetFaultCallback(record_nested, NULL);
	own[5] = 9;
	return seen(2, DENIED, 1, own + 5) && own_guard[7] == 1;
}

static sigjmp_buf past;

static BOOL leave(DWORD code, DWORD access, void *address, void *context)
{
	record(code, access, address, context);
	siglongjmp(past, 1);
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

static const struct fault_case cases[] = {
	{ "a write to an own page: 0xC0000005, 1, the address", write_violation, 0 },
	{ "a read of an own page: 0xC0000005, 0", read_violation, 0 },
	{ "a call of an own page: 0xC0000005, 8", execute_violation, 0 },
	{ "SIGBUS on an own page: 0x80000001, 1", guard_hit, 0 },
	{ "FALSE for a violation: dies of SIGSEGV", declined_violation, SIGSEGV },
	{ "FALSE for a guard page: dies of SIGBUS", declined_guard, SIGBUS },
	{ "a callback that hits a guard page", nested, 0 },
	{ "a callback that jumps out", jump_out, 0 },
	{ "no device: nothing is the callback's", no_device, 0 },
	{ "a device that comes after the callback", device_comes_later, 0 },
	{ "a program that has closed all descriptors", descriptors_closed, 0 },
	{ "a stack pointer in an own page, on a small alternate stack",
	  alternate_stack, 0 },
	{ "threads that set the first callback together", installed_once, 0 },
	{ "callback and context fit each other while they change", changed_meanwhile, 0 },
};

int main(void)
{
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}
