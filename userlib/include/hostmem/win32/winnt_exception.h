/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The part of Windows' <winnt.h> about exceptions: what a vectored handler is given, and
 * what it returns (rule N10).  Included by winnt.h; the functions are in
 * errhandlingapi.h.
 */
/* It includes this one, when it has what this needs. */
#include "winnt.h"

#ifndef HOSTMEM_WIN32_WINNT_EXCEPTION_H
#define HOSTMEM_WIN32_WINNT_EXCEPTION_H

/* Codes, beside those of <hostmem/memoryapi.h>. */
#define EXCEPTION_DATATYPE_MISALIGNMENT	STATUS_DATATYPE_MISALIGNMENT
#define EXCEPTION_IN_PAGE_ERROR		STATUS_IN_PAGE_ERROR

/* What a handler returns. */
#define EXCEPTION_EXECUTE_HANDLER	1
#define EXCEPTION_CONTINUE_SEARCH	0
#define EXCEPTION_CONTINUE_EXECUTION	(-1)

/* The one flag that there is on Windows for a fault; none has it here. */
#define EXCEPTION_NONCONTINUABLE	0x1u

#define EXCEPTION_MAXIMUM_PARAMETERS	15

/**
 * struct _EXCEPTION_RECORD - what has happened
 * @ExceptionCode: EXCEPTION_GUARD_PAGE, EXCEPTION_ACCESS_VIOLATION; in memory that isn't
 *	the library's also EXCEPTION_IN_PAGE_ERROR, for a mapping whose file is shorter,
 *	and EXCEPTION_DATATYPE_MISALIGNMENT
 * @ExceptionFlags: 0
 * @ExceptionRecord: NULL
 * @ExceptionAddress: the instruction that faulted
 * @NumberParameters: how many of the next count: 2, for EXCEPTION_IN_PAGE_ERROR 3, for
 *	EXCEPTION_DATATYPE_MISALIGNMENT 0
 * @ExceptionInformation: [0] is EXCEPTION_READ_FAULT, EXCEPTION_WRITE_FAULT or
 *	EXCEPTION_EXECUTE_FAULT; [1] is the address that was accessed, or all ones where the
 *	processor doesn't tell, as for one that isn't canonical; [2] is
 *	STATUS_IN_PAGE_ERROR
 */
typedef struct _EXCEPTION_RECORD {
	DWORD ExceptionCode;
	DWORD ExceptionFlags;
	struct _EXCEPTION_RECORD *ExceptionRecord;
	PVOID ExceptionAddress;
	DWORD NumberParameters;
	ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

/**
 * struct _EXCEPTION_POINTERS - what a handler is given
 * @ExceptionRecord: what has happened
 * @ContextRecord: the registers as they were then; changes count if a handler returns
 *	EXCEPTION_CONTINUE_EXECUTION
 */
typedef struct _EXCEPTION_POINTERS {
	PEXCEPTION_RECORD ExceptionRecord;
	PCONTEXT ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS, *LPEXCEPTION_POINTERS;

/**
 * typedef PVECTORED_EXCEPTION_HANDLER - decides about a fault
 * @ExceptionInfo: lives until the handler returns
 *
 * Return: EXCEPTION_CONTINUE_EXECUTION to go on with the registers of @ExceptionInfo,
 * which tries the access again if they aren't changed; EXCEPTION_CONTINUE_SEARCH to have
 * the next handler asked
 */
typedef LONG (NTAPI *PVECTORED_EXCEPTION_HANDLER)(EXCEPTION_POINTERS *ExceptionInfo);

#endif /* HOSTMEM_WIN32_WINNT_EXCEPTION_H */
