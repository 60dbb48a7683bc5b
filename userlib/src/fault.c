// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Faults, from the signal to the vectored handlers of the program, and in memory of the
 * library to its callback; and the way of all other SIGSEGVs and SIGBUSes to the handlers
 * that were there before.
 *
 * What runs in the signal handlers takes no lock and needs little stack: they run on
 * the thread's alternate one if it has one, because the page that was hit may be the
 * guard of the thread's own stack.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "context.h"
#include "fault.h"
#include "fetch.h"
#include "owned.h"
#include "vectored.h"

/**
 * struct hostmem_callback - what the program wants to be called, and with what
 * @function: not NULL; invariant
 * @context: invariant
 * @next: another one that was made before; invariant
 *
 * A handler may still be using one that was replaced long ago, so none is ever
 * freed, but one that is set again is used again.
 */
struct hostmem_callback {
	HOSTMEM_FAULT_CALLBACK function;
	void *context;
	struct hostmem_callback *next;
};

/**
 * struct hostmem_handled - a signal that this file handles
 * @replaced: what was installed before, as it was seen before and when it was
 *	replaced: the handler may run between the two
 * @previous: the element of @replaced that counts
 * @spent: the previous handler has been called and had SA_RESETHAND
 */
struct hostmem_handled {
	struct sigaction replaced[2];
	const struct sigaction *_Atomic previous;
	atomic_bool spent;
};

static struct hostmem_handled handled_segv, handled_bus;

/* Held while a callback is set; guards the list. */
static pthread_mutex_t setting = PTHREAD_MUTEX_INITIALIZER;
static struct hostmem_callback *all_callbacks;

/*
 * Held while the handlers are installed, which sets the other.  Whoever holds it blocks
 * all signals: so a signal handler may take it.
 */
static pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool installed;

/* The one that counts, or NULL; written with the lock, read without. */
static const struct hostmem_callback *_Atomic current_callback;

/*
 * Have the default action happen to the code that was interrupted.  To return
 * and to wait for the next fault won't do, as a guard page fires but once.  So the
 * signal is sent again, but blocked until the handler returns: it arrives before
 * the access is retried, and the core dump shows the access and not the handler.
 */
static __attribute__((noinline)) void
default_action(int signo, siginfo_t *info, ucontext_t *context)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	pid_t pid = getpid();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(signo, &action, NULL);
	sigdelset(&context->uc_sigmask, signo);

	/*
	 * The kernel takes any siginfo that a process sends to itself.  A sandbox
	 * may forbid the call; and the first process of a container, which its own
	 * signals don't kill, would go on as if nothing had happened.
	 */
	if (syscall(SYS_rt_tgsigqueueinfo, pid, syscall(SYS_gettid), signo, info) ||
	    (pid == 1 && info->si_code > 0))
		_exit(128 + signo);
}

/* Call a previous handler with the signals blocked that it wants blocked. */
static __attribute__((noinline)) void
call_handler(const struct sigaction *action, int signo, siginfo_t *info,
	     void *context)
{
	sigset_t mask = action->sa_mask;

	if (!(action->sa_flags & SA_NODEFER))
		sigaddset(&mask, signo);
	/* The return from our own handler brings the old mask back. */
	pthread_sigmask(SIG_BLOCK, &mask, NULL);

	if (action->sa_flags & SA_SIGINFO)
		action->sa_sigaction(signo, info, context);
	else
		action->sa_handler(signo);
}

/* Do what the kernel would do if this file handled nothing. */
static void previous_action(int signo, siginfo_t *info, void *context)
{
	struct hostmem_handled *handled = signo == SIGBUS ? &handled_bus :
							    &handled_segv;
	const struct sigaction *action = atomic_load(&handled->previous);

	if (action->sa_handler == SIG_IGN) {
		/* A fault can't be ignored, only a signal that was sent. */
		if (info->si_code > 0)
			default_action(signo, info, context);
	} else if (action->sa_handler == SIG_DFL ||
		   ((unsigned int)action->sa_flags & SA_RESETHAND &&
		    atomic_exchange(&handled->spent, true))) {
		default_action(signo, info, context);
	} else {
		call_handler(action, signo, info, context);
	}
}

static bool fault_is_ours(int signo, const siginfo_t *info)
{
	/* Other SIGBUSes of our pages tell of broken memory. */
	if (signo == SIGBUS ? info->si_code != BUS_ADRERR : info->si_code <= 0)
		return false;

	return hostmem_owned(info->si_addr);
}

static void handle_settled(int signo, siginfo_t *info, void *context)
{
	const struct hostmem_callback *callback = atomic_load(&current_callback);
	bool vectored = hostmem_vectored_any();
	int saved = errno;
	bool ours;

	/* A vectored handler sees a SIGSEGV alike wherever it comes from. */
	ours = (callback || (vectored && signo == SIGBUS)) && fault_is_ours(signo, info);
	/* The kernel has a signal of its own for guard pages. */
	if (vectored && hostmem_vectored_call(signo, info, context, ours && signo == SIGBUS))
		return;
	if (!callback || !ours) {
		previous_action(signo, info, context);
		return;
	}
	if (!callback->function(signo == SIGBUS ? EXCEPTION_GUARD_PAGE :
						  EXCEPTION_ACCESS_VIOLATION,
				hostmem_context_access(context), info->si_addr,
				callback->context))
		default_action(signo, info, context);
	errno = saved;
}

static void handle_fault(int signo, siginfo_t *info, void *context)
{
	siginfo_t guard;

	switch (signo == SIGSEGV ? hostmem_fetch_settle(info, context) :
				   HOSTMEM_FETCH_REFUSED) {
	case HOSTMEM_FETCH_AGAIN:
		return;
	case HOSTMEM_FETCH_GUARD:
		/* What the kernel says of any other first access. */
		guard = *info;
		guard.si_signo = SIGBUS;
		guard.si_code = BUS_ADRERR;
		handle_settled(SIGBUS, &guard, context);
		return;
	case HOSTMEM_FETCH_REFUSED:
		handle_settled(signo, info, context);
	}
}

static void install(int signo, struct hostmem_handled *handled)
{
	struct sigaction *replaced = handled->replaced;
	struct sigaction ours = {
		.sa_sigaction = handle_fault,
		/* Callbacks may hit guard pages, too: the signal isn't blocked. */
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	sigemptyset(&ours.sa_mask);
	sigaction(signo, NULL, &replaced[0]);
	atomic_store(&handled->previous, &replaced[0]);
	/* Matters for signals that are sent to a thread in a system call. */
	if (replaced[0].sa_handler == SIG_IGN || replaced[0].sa_flags & SA_RESTART)
		ours.sa_flags |= SA_RESTART;
	sigaction(signo, &ours, &replaced[1]);
	atomic_store(&handled->previous, &replaced[1]);
}

void hostmem_fault_install(void)
{
	sigset_t all, before;

	if (atomic_load(&installed))
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pthread_mutex_lock(&installing);
	if (!atomic_load(&installed)) {
		hostmem_owned_open();
		install(SIGSEGV, &handled_segv);
		install(SIGBUS, &handled_bus);
		atomic_store(&installed, true);
	}
	pthread_mutex_unlock(&installing);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Find a callback among those that were set before, or make it.  NULL: no memory. */
static const struct hostmem_callback *
get_callback(HOSTMEM_FAULT_CALLBACK function, void *context)
{
	struct hostmem_callback *callback;

	for (callback = all_callbacks; callback; callback = callback->next)
		if (callback->function == function && callback->context == context)
			return callback;

	callback = malloc(sizeof(*callback));
	if (!callback)
		return NULL;
	*callback = (struct hostmem_callback){ function, context, all_callbacks };
	all_callbacks = callback;
	return callback;
}

enum hostmem_error hostmem_fault_set_callback(HOSTMEM_FAULT_CALLBACK function,
					      void *context)
{
	const struct hostmem_callback *callback = NULL;
	int saved = errno;

	pthread_mutex_lock(&setting);
	if (function)
		callback = get_callback(function, context);
	if (callback || !function)
		atomic_store(&current_callback, callback);
	if (callback)
		hostmem_fault_install();
	pthread_mutex_unlock(&setting);

	errno = saved;
	return callback || !function ? HOSTMEM_OK : HOSTMEM_ERR_NO_SPACE;
}
