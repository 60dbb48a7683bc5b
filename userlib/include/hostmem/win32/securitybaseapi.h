/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <securitybaseapi.h>: privileges of a process, of which there is the one for
 * large pages (rule N9).  LookupPrivilegeValue() is in <winbase.h>.
 */
#ifndef HOSTMEM_WIN32_SECURITYBASEAPI_H
#define HOSTMEM_WIN32_SECURITYBASEAPI_H

#include "minwindef.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * AdjustTokenPrivileges() - switch privileges on or off
 * @TokenHandle: of OpenProcessToken() with TOKEN_ADJUST_PRIVILEGES
 * @DisableAllPrivileges: TRUE: switch all off, and don't look at @NewState
 * @NewState: which, and SE_PRIVILEGE_ENABLED or 0 for each; at most 64
 * @BufferLength: bytes at @PreviousState
 * @PreviousState: receives those that have changed, and what they were; or NULL.  Needs
 *	TOKEN_QUERY.
 * @ReturnLength: receives the bytes that @PreviousState takes; may be NULL if that is
 *
 * SeLockMemoryPrivilege can be switched on by who has CAP_IPC_LOCK.  It is a note and no
 * more: MEM_LARGE_PAGES asks for the capability, whether the privilege is on or off.
 *
 * Return: TRUE, also with ERROR_NOT_ALL_ASSIGNED as last error, which is otherwise
 * ERROR_SUCCESS: some are no privileges that the caller has, and the others have been
 * switched; or FALSE with
 * ERROR_INVALID_HANDLE;
 * ERROR_ACCESS_DENIED: the handle isn't for that;
 * ERROR_INVALID_PARAMETER: there is no @NewState, or too much of it;
 * ERROR_NOACCESS: there is no @ReturnLength;
 * ERROR_INSUFFICIENT_BUFFER: @BufferLength is less than what @ReturnLength tells; nothing
 * has changed.
 */
HOSTMEM_API BOOL WINAPI AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges,
					      PTOKEN_PRIVILEGES NewState,
					      DWORD BufferLength,
					      PTOKEN_PRIVILEGES PreviousState,
					      PDWORD ReturnLength)
	HOSTMEM_SYMBOL(AdjustTokenPrivileges);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_SECURITYBASEAPI_H */
