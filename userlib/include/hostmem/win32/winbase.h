/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <winbase.h>: codes and functions that have no header of their own, and the
 * headers that it includes on Windows.
 */
#ifndef HOSTMEM_WIN32_WINBASE_H
#define HOSTMEM_WIN32_WINBASE_H

#include "errhandlingapi.h"
#include "fibersapi.h"
#include "memoryapi.h"
#include "minwindef.h"
#include "sysinfoapi.h"
#include "utilapiset.h"

#define INVALID_HANDLE_VALUE	((HANDLE)(LONG_PTR)-1)
#define INFINITE		0xFFFFFFFFu

#define WAIT_OBJECT_0		0x00000000u
#define WAIT_ABANDONED		0x00000080u
#define WAIT_ABANDONED_0	0x00000080u
#define WAIT_FAILED		0xFFFFFFFFu

#ifdef __cplusplus
extern "C" {
#endif

/**
 * IsBadReadPtr() - tell whether some byte can't be read (rule N11)
 * @lp: the first
 * @ucb: how many; with 0 all is well
 *
 * As on Windows: other threads may change what it tells, and an armed guard page is bad
 * and has no guard afterwards.
 *
 * Return: TRUE if it can't, or if the device can't be asked
 */
HOSTMEM_API BOOL IsBadReadPtr(LPCVOID lp, UINT_PTR ucb)
	HOSTMEM_SYMBOL(IsBadReadPtr);

/**
 * IsBadWritePtr() - tell whether some byte can't be written; writes none
 * @lp: the first
 * @ucb: how many
 *
 * Return: as IsBadReadPtr()
 */
HOSTMEM_API BOOL IsBadWritePtr(LPVOID lp, UINT_PTR ucb)
	HOSTMEM_SYMBOL(IsBadWritePtr);

/**
 * IsBadCodePtr() - tell whether the first byte of a function can't be read
 * @lpfn: the function
 *
 * Return: as IsBadReadPtr(); whether it can be executed is no question, on Windows either
 */
HOSTMEM_API BOOL IsBadCodePtr(FARPROC lpfn)
	HOSTMEM_SYMBOL(IsBadCodePtr);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_WINBASE_H */
