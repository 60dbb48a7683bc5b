/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The part of Windows' <winnt.h> that is another one for each processor: CONTEXT, the
 * registers of a thread, laid out as on Windows (rule N10).  Included by
 * winnt_exception.h, which tells what is done with it.
 */
/* It includes this one, when it has what this needs. */
#include "winnt.h"

#ifndef HOSTMEM_WIN32_WINNT_CONTEXT_H
#define HOSTMEM_WIN32_WINNT_CONTEXT_H

#if defined(__x86_64__)

#define CONTEXT_AMD64			0x00100000u
#define CONTEXT_CONTROL			(CONTEXT_AMD64 | 0x1u)
#define CONTEXT_INTEGER			(CONTEXT_AMD64 | 0x2u)
#define CONTEXT_SEGMENTS		(CONTEXT_AMD64 | 0x4u)
#define CONTEXT_FLOATING_POINT		(CONTEXT_AMD64 | 0x8u)
#define CONTEXT_DEBUG_REGISTERS		(CONTEXT_AMD64 | 0x10u)
#define CONTEXT_FULL		(CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT)
#define CONTEXT_ALL		(CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS)

typedef struct DECLSPEC_ALIGN(16) _M128A {
	ULONGLONG Low;
	LONGLONG High;
} M128A, *PM128A;

/* As the processor's FXSAVE stores them. */
typedef struct DECLSPEC_ALIGN(16) _XSAVE_FORMAT {
	WORD ControlWord;
	WORD StatusWord;
	BYTE TagWord;
	BYTE Reserved1;
	WORD ErrorOpcode;
	DWORD ErrorOffset;
	WORD ErrorSelector;
	WORD Reserved2;
	DWORD DataOffset;
	WORD DataSelector;
	WORD Reserved3;
	DWORD MxCsr;
	DWORD MxCsr_Mask;
	M128A FloatRegisters[8];
	M128A XmmRegisters[16];
	BYTE Reserved4[96];
} XSAVE_FORMAT, *PXSAVE_FORMAT;

typedef XSAVE_FORMAT XMM_SAVE_AREA32, *PXMM_SAVE_AREA32;

/**
 * struct _CONTEXT - the registers of a thread
 * @P1Home: as the next five not used
 * @P2Home: not used
 * @P3Home: not used
 * @P4Home: not used
 * @P5Home: not used
 * @P6Home: not used
 * @ContextFlags: CONTEXT_*: which of the others count
 * @MxCsr: what SSE does about rounding and errors; counts rather than @FltSave's
 * @SegCs: as the next five to be read only
 * @SegDs: 0
 * @SegEs: 0
 * @SegFs: selector
 * @SegGs: selector
 * @SegSs: selector
 * @EFlags: flags
 * @Dr0: as the next five 0
 * @Dr1: 0
 * @Dr2: 0
 * @Dr3: 0
 * @Dr6: 0
 * @Dr7: 0
 * @Rax: integer register, as the next 15
 * @Rcx: integer register
 * @Rdx: integer register
 * @Rbx: integer register
 * @Rsp: stack pointer
 * @Rbp: integer register
 * @Rsi: integer register
 * @Rdi: integer register
 * @R8: integer register
 * @R9: integer register
 * @R10: integer register
 * @R11: integer register
 * @R12: integer register
 * @R13: integer register
 * @R14: integer register
 * @R15: integer register
 * @Rip: address of the next instruction
 * @FltSave: x87 and SSE
 * @Header: the beginning of @FltSave
 * @Legacy: its FloatRegisters
 * @Xmm0: its XmmRegisters, as the next 15
 * @Xmm1: SSE register
 * @Xmm2: SSE register
 * @Xmm3: SSE register
 * @Xmm4: SSE register
 * @Xmm5: SSE register
 * @Xmm6: SSE register
 * @Xmm7: SSE register
 * @Xmm8: SSE register
 * @Xmm9: SSE register
 * @Xmm10: SSE register
 * @Xmm11: SSE register
 * @Xmm12: SSE register
 * @Xmm13: SSE register
 * @Xmm14: SSE register
 * @Xmm15: SSE register
 * @VectorRegister: not used
 * @VectorControl: not used
 * @DebugControl: as all that follow 0
 * @LastBranchToRip: 0
 * @LastBranchFromRip: 0
 * @LastExceptionToRip: 0
 * @LastExceptionFromRip: 0
 */
HOSTMEM_EXTENSION typedef struct DECLSPEC_ALIGN(16) _CONTEXT {
	DWORD64 P1Home;
	DWORD64 P2Home;
	DWORD64 P3Home;
	DWORD64 P4Home;
	DWORD64 P5Home;
	DWORD64 P6Home;
	DWORD ContextFlags;
	DWORD MxCsr;
	WORD SegCs;
	WORD SegDs;
	WORD SegEs;
	WORD SegFs;
	WORD SegGs;
	WORD SegSs;
	DWORD EFlags;
	DWORD64 Dr0;
	DWORD64 Dr1;
	DWORD64 Dr2;
	DWORD64 Dr3;
	DWORD64 Dr6;
	DWORD64 Dr7;
	DWORD64 Rax;
	DWORD64 Rcx;
	DWORD64 Rdx;
	DWORD64 Rbx;
	DWORD64 Rsp;
	DWORD64 Rbp;
	DWORD64 Rsi;
	DWORD64 Rdi;
	DWORD64 R8;
	DWORD64 R9;
	DWORD64 R10;
	DWORD64 R11;
	DWORD64 R12;
	DWORD64 R13;
	DWORD64 R14;
	DWORD64 R15;
	DWORD64 Rip;
	HOSTMEM_EXTENSION union {
		XMM_SAVE_AREA32 FltSave;
		HOSTMEM_EXTENSION struct {
			M128A Header[2];
			M128A Legacy[8];
			M128A Xmm0;
			M128A Xmm1;
			M128A Xmm2;
			M128A Xmm3;
			M128A Xmm4;
			M128A Xmm5;
			M128A Xmm6;
			M128A Xmm7;
			M128A Xmm8;
			M128A Xmm9;
			M128A Xmm10;
			M128A Xmm11;
			M128A Xmm12;
			M128A Xmm13;
			M128A Xmm14;
			M128A Xmm15;
		};
	};
	M128A VectorRegister[26];
	DWORD64 VectorControl;
	DWORD64 DebugControl;
	DWORD64 LastBranchToRip;
	DWORD64 LastBranchFromRip;
	DWORD64 LastExceptionToRip;
	DWORD64 LastExceptionFromRip;
} CONTEXT, *PCONTEXT, *LPCONTEXT;

#elif defined(__aarch64__)

#define CONTEXT_ARM64			0x00400000u
#define CONTEXT_CONTROL			(CONTEXT_ARM64 | 0x1u)
#define CONTEXT_INTEGER			(CONTEXT_ARM64 | 0x2u)
#define CONTEXT_FLOATING_POINT		(CONTEXT_ARM64 | 0x4u)
#define CONTEXT_DEBUG_REGISTERS		(CONTEXT_ARM64 | 0x8u)
#define CONTEXT_X18			(CONTEXT_ARM64 | 0x10u)
#define CONTEXT_FULL		(CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT)
#define CONTEXT_ALL		(CONTEXT_FULL | CONTEXT_DEBUG_REGISTERS | CONTEXT_X18)

#define ARM64_MAX_BREAKPOINTS		8
#define ARM64_MAX_WATCHPOINTS		2

HOSTMEM_EXTENSION typedef union DECLSPEC_ALIGN(16) _ARM64_NT_NEON128 {
	HOSTMEM_EXTENSION struct {
		ULONGLONG Low;
		LONGLONG High;
	};
	double D[2];
	float S[4];
	WORD H[8];
	BYTE B[16];
} ARM64_NT_NEON128, *PARM64_NT_NEON128;

/**
 * struct _CONTEXT - the registers of a thread
 * @ContextFlags: CONTEXT_*: which of the others count
 * @Cpsr: flags; of what is set, those of conditions count
 * @X0: integer register, as the next 28
 * @X1: integer register
 * @X2: integer register
 * @X3: integer register
 * @X4: integer register
 * @X5: integer register
 * @X6: integer register
 * @X7: integer register
 * @X8: integer register
 * @X9: integer register
 * @X10: integer register
 * @X11: integer register
 * @X12: integer register
 * @X13: integer register
 * @X14: integer register
 * @X15: integer register
 * @X16: integer register
 * @X17: integer register
 * @X18: integer register; one like the others on Linux
 * @X19: integer register
 * @X20: integer register
 * @X21: integer register
 * @X22: integer register
 * @X23: integer register
 * @X24: integer register
 * @X25: integer register
 * @X26: integer register
 * @X27: integer register
 * @X28: integer register
 * @Fp: the frame pointer, x29
 * @Lr: the link register, x30
 * @X: all of these
 * @Sp: stack pointer
 * @Pc: address of the next instruction
 * @V: floating point and SIMD
 * @Fpcr: what these do about rounding and errors
 * @Fpsr: what they have found
 * @Bcr: as all that follow 0
 * @Bvr: 0
 * @Wcr: 0
 * @Wvr: 0
 */
HOSTMEM_EXTENSION typedef struct DECLSPEC_ALIGN(16) _CONTEXT {
	DWORD ContextFlags;
	DWORD Cpsr;
	HOSTMEM_EXTENSION union {
		HOSTMEM_EXTENSION struct {
			DWORD64 X0;
			DWORD64 X1;
			DWORD64 X2;
			DWORD64 X3;
			DWORD64 X4;
			DWORD64 X5;
			DWORD64 X6;
			DWORD64 X7;
			DWORD64 X8;
			DWORD64 X9;
			DWORD64 X10;
			DWORD64 X11;
			DWORD64 X12;
			DWORD64 X13;
			DWORD64 X14;
			DWORD64 X15;
			DWORD64 X16;
			DWORD64 X17;
			DWORD64 X18;
			DWORD64 X19;
			DWORD64 X20;
			DWORD64 X21;
			DWORD64 X22;
			DWORD64 X23;
			DWORD64 X24;
			DWORD64 X25;
			DWORD64 X26;
			DWORD64 X27;
			DWORD64 X28;
			DWORD64 Fp;
			DWORD64 Lr;
		};
		DWORD64 X[31];
	};
	DWORD64 Sp;
	DWORD64 Pc;
	ARM64_NT_NEON128 V[32];
	DWORD Fpcr;
	DWORD Fpsr;
	DWORD Bcr[ARM64_MAX_BREAKPOINTS];
	DWORD64 Bvr[ARM64_MAX_BREAKPOINTS];
	DWORD Wcr[ARM64_MAX_WATCHPOINTS];
	DWORD64 Wvr[ARM64_MAX_WATCHPOINTS];
} CONTEXT, *PCONTEXT, *LPCONTEXT;

#else
#error "CONTEXT isn't known for this processor"
#endif

#endif /* HOSTMEM_WIN32_WINNT_CONTEXT_H */
