// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: SIGSEGV and SIGBUS that are not the fault callback's go where they went
 * before: faults elsewhere, signals that are sent, and all while there is no callback.
 *
 * Runs on the host without the module: see fault_pages.h.
 */
#define _GNU_SOURCE
#include "fault_pages.h"

static void previous_plain(int signo)
{
	previous_calls++;
	mask_good = blocked(signo) && !blocked(SIGUSR1);
	open_up((void *)foreign);
	open_up((void *)foreign_guard);
}

static void handle_plain(void (*handler)(int))
{
	signal(SIGSEGV, handler);
	signal(SIGBUS, handler);
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

static const struct fault_case cases[] = {
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
};

int main(void)
{
	return run_cases(cases, sizeof(cases) / sizeof(cases[0]));
}
