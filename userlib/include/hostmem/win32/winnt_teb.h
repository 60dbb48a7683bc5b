/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The part of Windows' <winnt.h> about the thread that calls: its block, of which there is
 * the beginning, and how a processor waits (rule N8).  Included by winnt.h.
 */
/* It includes this one, when it has what this needs. */
#include "winnt.h"

#ifndef HOSTMEM_WIN32_WINNT_TEB_H
#define HOSTMEM_WIN32_WINNT_TEB_H

/**
 * struct _TEB - a thread
 * @NtTib: its stack
 */
typedef struct _TEB {
	NT_TIB NtTib;
} TEB, *PTEB;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * NtCurrentTeb() - the block of the calling thread
 *
 * StackBase is where its stack ends, and StackLimit where it begins; that of the first
 * thread may grow down to there.  They are found out by the thread's first call, which isn't
 * for signal handlers; both are NULL while it looks, and if it can't, for lack of /proc.
 * Stacks that the thread has taken itself, alternate ones for instance, are others.
 *
 * Return: an address that no other thread has as long as the thread lives
 */
HOSTMEM_API struct _TEB *NtCurrentTeb(void)
	HOSTMEM_SYMBOL(NtCurrentTeb);

#ifdef __cplusplus
}
#endif

/**
 * YieldProcessor() - tell the processor that this is a loop which waits for another one
 */
static __inline__ __attribute__((__unused__)) void YieldProcessor(void)
{
#if defined(__x86_64__)
	__asm__ volatile("pause" : : : "memory");
#else
	__asm__ volatile("yield" : : : "memory");
#endif
}

#endif /* HOSTMEM_WIN32_WINNT_TEB_H */
