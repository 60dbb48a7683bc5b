/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <errhandlingapi.h>: handlers for faults, with the registers of the code that
 * faulted (rule N10).  GetLastError() and SetLastError() are those of
 * <hostmem/memoryapi.h>.  Frames (__try) need a compiler's help and are absent, as are
 * handlers of last resort and of exceptions that a program raises itself.
 */
#ifndef HOSTMEM_WIN32_ERRHANDLINGAPI_H
#define HOSTMEM_WIN32_ERRHANDLINGAPI_H

#include "minwindef.h"
#include "winnt_exception.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * AddVectoredExceptionHandler() - have a function asked about each fault
 * @First: not 0: before all that there are now; 0: after them
 * @Handler: the function
 *
 * Handlers are asked one after the other, in the thread that faulted and by a handler of
 * its signal, until one returns EXCEPTION_CONTINUE_EXECUTION.  If none does,
 * HostSetFaultCallback()'s is called for memory of the library, and otherwise, or if there
 * is none, what the signal did before the library handled it.
 *
 * The first call installs handlers for SIGSEGV and SIGBUS, for good, as
 * HostSetFaultCallback() does.  A function that is added twice is asked twice.
 *
 * Context: any, signal handlers and handlers of faults, too.
 * Return: what RemoveVectoredExceptionHandler() takes; or NULL with
 * ERROR_INVALID_PARAMETER: @Handler is NULL;
 * ERROR_NOT_ENOUGH_MEMORY: there is no memory for the list.
 */
HOSTMEM_API PVOID WINAPI AddVectoredExceptionHandler(ULONG First,
						     PVECTORED_EXCEPTION_HANDLER Handler)
	HOSTMEM_SYMBOL(AddVectoredExceptionHandler);

/**
 * RemoveVectoredExceptionHandler() - no longer have it asked
 * @Handle: of AddVectoredExceptionHandler()
 *
 * Doesn't wait: another thread may be in the function still, or about to call it.
 *
 * Context: any, signal handlers and handlers of faults, too, also the one itself.
 * Return: not 0; or 0 with ERROR_INVALID_PARAMETER: there is none such, or it has been
 * removed.
 */
HOSTMEM_API ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle)
	HOSTMEM_SYMBOL(RemoveVectoredExceptionHandler);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_ERRHANDLINGAPI_H */
