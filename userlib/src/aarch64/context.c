// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The registers of arm64, as Linux has them in a signal handler and as Windows' CONTEXT
 * has them.  See context.h.
 */
#define _GNU_SOURCE
#include <asm/sigcontext.h>
#include <stddef.h>
#include <string.h>

#include "../context.h"

_Static_assert(sizeof(CONTEXT) == 0x390, "size on Windows");
_Static_assert(offsetof(CONTEXT, Cpsr) == 0x4, "Windows");
_Static_assert(offsetof(CONTEXT, X0) == 0x8, "Windows");
_Static_assert(offsetof(CONTEXT, X18) == 0x98, "Windows");
_Static_assert(offsetof(CONTEXT, Fp) == 0xf0, "Windows");
_Static_assert(offsetof(CONTEXT, Lr) == 0xf8, "Windows");
_Static_assert(offsetof(CONTEXT, Sp) == 0x100, "Windows");
_Static_assert(offsetof(CONTEXT, Pc) == 0x108, "Windows");
_Static_assert(offsetof(CONTEXT, V) == 0x110, "Windows");
_Static_assert(offsetof(CONTEXT, Fpcr) == 0x310, "Windows");
_Static_assert(offsetof(CONTEXT, Bcr) == 0x318, "Windows");
_Static_assert(offsetof(CONTEXT, Wvr) == 0x380, "Windows");

_Static_assert(sizeof(((CONTEXT *)0)->X) == sizeof(((mcontext_t *)0)->regs), "Linux");
_Static_assert(sizeof(((CONTEXT *)0)->V) == sizeof(((struct fpsimd_context *)0)->vregs),
	       "Linux");

/* What the exception was, as the processor says, and of a data abort: was it a write? */
#define ESR_CLASS(esr)		((esr) >> 26 & 0x3f)
#define CLASS_FETCH_ABORT	0x20
#define CLASS_DATA_ABORT	0x24
#define ESR_WRITE		(1 << 6)
/* A cache's maintenance, which the processor calls a write. */
#define ESR_MAINTENANCE		(1 << 8)

/* Of the flags those that are the conditions. */
#define CONDITIONS		0xf0000000u

/* The records of a signal's frame end with one of no size. */
static struct _aarch64_ctx *find_record(const ucontext_t *from, uint32_t magic)
{
	const unsigned char *at = (const unsigned char *)from->uc_mcontext.__reserved;
	const unsigned char *end = at + sizeof(from->uc_mcontext.__reserved);
	struct _aarch64_ctx *record;

	while (at + sizeof(*record) <= end) {
		record = (struct _aarch64_ctx *)(uintptr_t)at;
		if (record->magic == magic)
			return record;
		if (!record->magic || record->size < sizeof(*record))
			break;
		at += record->size;
	}
	return NULL;
}

static struct fpsimd_context *find_fpsimd(const ucontext_t *from)
{
	return (struct fpsimd_context *)(void *)find_record(from, FPSIMD_MAGIC);
}

DWORD hostmem_context_access(const ucontext_t *from)
{
	const struct esr_context *record =
		(const struct esr_context *)(const void *)find_record(from, ESR_MAGIC);

	/* It is left out where no instruction has met memory. */
	if (!record)
		return EXCEPTION_READ_FAULT;
	if (ESR_CLASS(record->esr) == CLASS_FETCH_ABORT)
		return EXCEPTION_EXECUTE_FAULT;
	if (ESR_CLASS(record->esr) == CLASS_DATA_ABORT &&
	    (record->esr & (ESR_WRITE | ESR_MAINTENANCE)) == ESR_WRITE)
		return EXCEPTION_WRITE_FAULT;
	return EXCEPTION_READ_FAULT;
}

void *hostmem_context_instruction(const ucontext_t *from)
{
	return (void *)(uintptr_t)from->uc_mcontext.pc;
}

void hostmem_context_read(CONTEXT *to, const ucontext_t *from)
{
	const struct fpsimd_context *fp = find_fpsimd(from);
	const mcontext_t *regs = &from->uc_mcontext;

	memset(to, 0, sizeof(*to));
	to->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
	to->Cpsr = (DWORD)regs->pstate;
	memcpy(to->X, regs->regs, sizeof(to->X));
	to->Sp = regs->sp;
	to->Pc = regs->pc;

	if (fp) {
		to->ContextFlags |= CONTEXT_FLOATING_POINT;
		memcpy(to->V, fp->vregs, sizeof(to->V));
		to->Fpcr = fp->fpcr;
		to->Fpsr = fp->fpsr;
	}
}

void hostmem_context_write(ucontext_t *to, const CONTEXT *from)
{
	struct fpsimd_context *fp = find_fpsimd(to);
	mcontext_t *regs = &to->uc_mcontext;

	/* Of others the kernel doesn't take all, and kills for some. */
	regs->pstate = (regs->pstate & ~(unsigned long long)CONDITIONS) |
		       (from->Cpsr & CONDITIONS);
	memcpy(regs->regs, from->X, sizeof(from->X));
	regs->sp = from->Sp;
	regs->pc = from->Pc;

	if (fp) {
		memcpy(fp->vregs, from->V, sizeof(from->V));
		fp->fpcr = from->Fpcr;
		fp->fpsr = from->Fpsr;
	}
}
