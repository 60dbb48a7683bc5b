/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <winbase.h>: codes and functions that have no header of their own, and the
 * headers that it includes on Windows.
 */
#ifndef HOSTMEM_WIN32_WINBASE_H
#define HOSTMEM_WIN32_WINBASE_H

#include "errhandlingapi.h"
#include "fibersapi.h"
#include "handleapi.h"
#include "libloaderapi.h"
#include "memoryapi.h"
#include "minwindef.h"
#include "processthreadsapi.h"
#include "profileapi.h"
#include "securitybaseapi.h"
#include "synchapi.h"
#include "sysinfoapi.h"
#include "systemtopologyapi.h"
#include "utilapiset.h"

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

/**
 * LookupPrivilegeValueA() - the number of a privilege (rule N9)
 * @lpSystemName: NULL or "", for this machine
 * @lpName: SE_LOCK_MEMORY_NAME, in upper or lower case
 * @lpLuid: receives the number
 *
 * Return: TRUE, or FALSE with ERROR_NO_SUCH_PRIVILEGE: there is no other;
 * ERROR_NOACCESS: @lpLuid is NULL; ERROR_INVALID_PARAMETER: another machine
 */
HOSTMEM_API BOOL WINAPI LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName,
					      PLUID lpLuid)
	HOSTMEM_SYMBOL(LookupPrivilegeValueA);

/**
 * LookupPrivilegeValueW() - the same with wide names
 * @lpSystemName: NULL or an empty string
 * @lpName: SE_LOCK_MEMORY_NAME
 * @lpLuid: receives the number
 *
 * Return: as LookupPrivilegeValueA()
 */
HOSTMEM_API BOOL WINAPI LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName,
					      PLUID lpLuid)
	HOSTMEM_SYMBOL(LookupPrivilegeValueW);

HOSTMEM_API BOOL WINAPI LookupPrivilegeValue(LPCTSTR lpSystemName, LPCTSTR lpName,
					     PLUID lpLuid)
	HOSTMEM_SYMBOL_TEXT(LookupPrivilegeValue);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_WINBASE_H */
