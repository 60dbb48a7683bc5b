/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <processthreadsapi.h>: the process, and the calling thread (rules N8, N9).
 */
#ifndef HOSTMEM_WIN32_PROCESSTHREADSAPI_H
#define HOSTMEM_WIN32_PROCESSTHREADSAPI_H

#include "minwindef.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * GetCurrentProcess() - the handle of the process
 *
 * Return: -1, as on Windows, for functions that want a process
 */
HOSTMEM_API HANDLE WINAPI GetCurrentProcess(void)
	HOSTMEM_SYMBOL(GetCurrentProcess);

/**
 * GetCurrentProcessId() - the number of the process
 *
 * Return: getpid(2)
 */
HOSTMEM_API DWORD WINAPI GetCurrentProcessId(void)
	HOSTMEM_SYMBOL(GetCurrentProcessId);

/**
 * SwitchToThread() - let another thread run
 *
 * Return: not 0 if one has run, 0 if none was ready
 */
HOSTMEM_API BOOL WINAPI SwitchToThread(void)
	HOSTMEM_SYMBOL(SwitchToThread);

/**
 * FlushInstructionCache() - have the processor see code that has been written
 * @hProcess: GetCurrentProcess()
 * @lpBaseAddress: the first byte, or NULL
 * @dwSize: bytes
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE
 */
HOSTMEM_API BOOL WINAPI FlushInstructionCache(HANDLE hProcess, LPCVOID lpBaseAddress,
					      SIZE_T dwSize)
	HOSTMEM_SYMBOL(FlushInstructionCache);

/**
 * GetCurrentThreadStackLimits() - tell where the calling thread's stack is
 * @LowLimit: receives its first byte; that of the first thread may grow down to there
 * @HighLimit: receives its end
 *
 * As NtCurrentTeb(): not for signal handlers until the thread has called one of the two.
 */
HOSTMEM_API void WINAPI GetCurrentThreadStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
	HOSTMEM_SYMBOL(GetCurrentThreadStackLimits);

/**
 * OpenProcessToken() - have a handle by which privileges can be asked for (rule N9)
 * @ProcessHandle: GetCurrentProcess()
 * @DesiredAccess: TOKEN_*
 * @TokenHandle: receives a handle, for CloseHandle() in the end
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE; ERROR_NOACCESS: @TokenHandle is NULL;
 * ERROR_NOT_ENOUGH_MEMORY
 */
HOSTMEM_API BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess,
					 PHANDLE TokenHandle)
	HOSTMEM_SYMBOL(OpenProcessToken);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_PROCESSTHREADSAPI_H */
