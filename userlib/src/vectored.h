/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Vectored exception handlers: the list of those that the program has added, and how a
 * signal is put to them.  Called by fault.c, in signal handlers.
 */
#ifndef HOSTMEM_VECTORED_H
#define HOSTMEM_VECTORED_H

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

/**
 * hostmem_vectored_any() - tell whether there are handlers
 *
 * Return: true if there is at least one
 */
bool hostmem_vectored_any(void);

/**
 * hostmem_vectored_call() - ask the handlers about a signal
 * @signo: SIGSEGV or SIGBUS
 * @info: of the signal handler
 * @context: of the signal handler; changed if a handler says so
 * @guard: it is a guard page of the library
 *
 * Keeps errno.
 *
 * Return: true if the code shall go on; false if no handler wants that, or the signal is
 * no fault
 */
bool hostmem_vectored_call(int signo, const siginfo_t *info, ucontext_t *context,
			   bool guard);

#endif /* HOSTMEM_VECTORED_H */
