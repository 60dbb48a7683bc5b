/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Instruction fetches that were refused.  Where the kernel refuses those from pages without
 * a page table entry by itself, the device hasn't been asked, and the library does that:
 * in the fetch.c of the directory with the processor's name.  Called by fault.c.
 */
#ifndef HOSTMEM_FETCH_H
#define HOSTMEM_FETCH_H

#include <signal.h>
#include <ucontext.h>

enum hostmem_fetch {
	HOSTMEM_FETCH_REFUSED,	/* for good, or it was no fetch */
	HOSTMEM_FETCH_GUARD,	/* it was the first access to a guard page */
	HOSTMEM_FETCH_AGAIN,	/* it may be done, and now it can */
};

/**
 * hostmem_fetch_settle() - tell what a SIGSEGV is that may come from a fetch
 * @info: of its handler
 * @context: of its handler
 *
 * Context: a signal handler; takes no lock.
 */
enum hostmem_fetch hostmem_fetch_settle(const siginfo_t *info, const ucontext_t *context);

#endif /* HOSTMEM_FETCH_H */
