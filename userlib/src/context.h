/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What a signal handler finds of the code that was interrupted, and the same as Windows'
 * CONTEXT.  All that knows a processor's registers is in the context.c of a directory with
 * its name.  Called by fault.c and vectored.c.
 */
#ifndef HOSTMEM_CONTEXT_H
#define HOSTMEM_CONTEXT_H

#include <ucontext.h>

#include <hostmem/win32/winnt.h>

/**
 * hostmem_context_access() - tell what the code that faulted wanted to do
 * @from: of the handler of a fault
 *
 * Return: EXCEPTION_*_FAULT
 */
DWORD hostmem_context_access(const ucontext_t *from);

/**
 * hostmem_context_instruction() - tell where the code that was interrupted is
 * @from: of a signal handler
 *
 * Return: address of the next instruction
 */
void *hostmem_context_instruction(const ucontext_t *from);

/**
 * hostmem_context_read() - fill in a CONTEXT
 * @to: all of it is set
 * @from: of a signal handler
 */
void hostmem_context_read(CONTEXT *to, const ucontext_t *from);

/**
 * hostmem_context_write() - have the code go on with the registers of a CONTEXT
 * @to: of a signal handler
 * @from: filled in by hostmem_context_read(), and changed
 */
void hostmem_context_write(ucontext_t *to, const CONTEXT *from);

#endif /* HOSTMEM_CONTEXT_H */
