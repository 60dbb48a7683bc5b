// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The registers of x86-64, as Linux has them in a signal handler and as Windows' CONTEXT
 * has them.  See context.h.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>

#include "../context.h"

_Static_assert(sizeof(CONTEXT) == 1232, "size on Windows");
_Static_assert(offsetof(CONTEXT, ContextFlags) == 0x30, "Windows");
_Static_assert(offsetof(CONTEXT, SegCs) == 0x38, "Windows");
_Static_assert(offsetof(CONTEXT, EFlags) == 0x44, "Windows");
_Static_assert(offsetof(CONTEXT, Dr0) == 0x48, "Windows");
_Static_assert(offsetof(CONTEXT, Rax) == 0x78, "Windows");
_Static_assert(offsetof(CONTEXT, Rsp) == 0x98, "Windows");
_Static_assert(offsetof(CONTEXT, R8) == 0xb8, "Windows");
_Static_assert(offsetof(CONTEXT, Rip) == 0xf8, "Windows");
_Static_assert(offsetof(CONTEXT, FltSave) == 0x100, "Windows");
_Static_assert(offsetof(CONTEXT, Xmm0) == 0x1a0, "Windows");
_Static_assert(offsetof(CONTEXT, VectorRegister) == 0x300, "Windows");
_Static_assert(offsetof(CONTEXT, LastExceptionFromRip) == 0x4c8, "Windows");

/* The page fault, and bits of its error code. */
#define TRAP_PAGE_FAULT	14
#define PF_WRITE	(1 << 1)
#define PF_FETCH	(1 << 4)

/* Where Windows has a register, and where Linux has it. */
struct place {
	size_t ours;
	int theirs;
};

static const struct place places[] = {
	{ offsetof(CONTEXT, Rax), REG_RAX }, { offsetof(CONTEXT, Rcx), REG_RCX },
	{ offsetof(CONTEXT, Rdx), REG_RDX }, { offsetof(CONTEXT, Rbx), REG_RBX },
	{ offsetof(CONTEXT, Rsp), REG_RSP }, { offsetof(CONTEXT, Rbp), REG_RBP },
	{ offsetof(CONTEXT, Rsi), REG_RSI }, { offsetof(CONTEXT, Rdi), REG_RDI },
	{ offsetof(CONTEXT, R8), REG_R8 }, { offsetof(CONTEXT, R9), REG_R9 },
	{ offsetof(CONTEXT, R10), REG_R10 }, { offsetof(CONTEXT, R11), REG_R11 },
	{ offsetof(CONTEXT, R12), REG_R12 }, { offsetof(CONTEXT, R13), REG_R13 },
	{ offsetof(CONTEXT, R14), REG_R14 }, { offsetof(CONTEXT, R15), REG_R15 },
	{ offsetof(CONTEXT, Rip), REG_RIP },
};

#define PLACES	(sizeof(places) / sizeof(places[0]))

/* Both have what FXSAVE stores.  Behind the registers the kernel has notes of its own. */
#define FXSAVE_BYTES	offsetof(XSAVE_FORMAT, Reserved4)

/* The processor's layout, for which each C library has another type. */
_Static_assert(sizeof(XSAVE_FORMAT) == sizeof(*(fpregset_t)NULL), "Linux");
_Static_assert(offsetof(XSAVE_FORMAT, MxCsr) == 24, "FXSAVE");
_Static_assert(offsetof(XSAVE_FORMAT, MxCsr_Mask) == 28, "FXSAVE");
_Static_assert(offsetof(XSAVE_FORMAT, XmmRegisters) == 160, "FXSAVE");

/* The bits of MXCSR on processors that don't tell which there are. */
#define MXCSR_DEFAULT_MASK	0xffbfu

DWORD hostmem_context_access(const ucontext_t *from)
{
	greg_t error = from->uc_mcontext.gregs[REG_ERR];

	/* Others have error codes of other kinds. */
	if (from->uc_mcontext.gregs[REG_TRAPNO] != TRAP_PAGE_FAULT)
		return EXCEPTION_READ_FAULT;
	if (error & PF_FETCH)
		return EXCEPTION_EXECUTE_FAULT;
	return error & PF_WRITE ? EXCEPTION_WRITE_FAULT : EXCEPTION_READ_FAULT;
}

void *hostmem_context_instruction(const ucontext_t *from)
{
	return (void *)from->uc_mcontext.gregs[REG_RIP];
}

void hostmem_context_read(CONTEXT *to, const ucontext_t *from)
{
	const greg_t *regs = from->uc_mcontext.gregs;
	uint64_t selectors = (uint64_t)regs[REG_CSGSFS];
	size_t i;

	memset(to, 0, sizeof(*to));
	to->ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
	for (i = 0; i < PLACES; i++)
		memcpy((char *)to + places[i].ours, &regs[places[i].theirs],
		       sizeof(DWORD64));
	to->EFlags = (DWORD)regs[REG_EFL];
	to->SegCs = (WORD)selectors;
	to->SegGs = (WORD)(selectors >> 16);
	to->SegFs = (WORD)(selectors >> 32);
	to->SegSs = (WORD)(selectors >> 48);

	if (from->uc_mcontext.fpregs) {
		to->ContextFlags |= CONTEXT_FLOATING_POINT;
		memcpy(&to->FltSave, from->uc_mcontext.fpregs, FXSAVE_BYTES);
		to->MxCsr = to->FltSave.MxCsr;
	}
}

void hostmem_context_write(ucontext_t *to, const CONTEXT *from)
{
	XSAVE_FORMAT *fp = (void *)to->uc_mcontext.fpregs;
	greg_t *regs = to->uc_mcontext.gregs;
	DWORD mask;
	size_t i;

	for (i = 0; i < PLACES; i++)
		memcpy(&regs[places[i].theirs], (const char *)from + places[i].ours,
		       sizeof(DWORD64));
	/* The kernel takes those that a program may set. */
	regs[REG_EFL] = from->EFlags;

	if (fp) {
		mask = fp->MxCsr_Mask ? fp->MxCsr_Mask : MXCSR_DEFAULT_MASK;
		memcpy(fp, &from->FltSave, FXSAVE_BYTES);
		/* Other bits would be a fault, of the return from the signal. */
		fp->MxCsr = from->MxCsr & mask;
		fp->MxCsr_Mask = mask;
	}
}
