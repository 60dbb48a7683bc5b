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

#else
#error "CONTEXT isn't known for this processor"
#endif

#endif /* HOSTMEM_WIN32_WINNT_CONTEXT_H */
