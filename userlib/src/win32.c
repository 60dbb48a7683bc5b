// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <hostmem/memoryapi.h>: the operations of the default manager, with a last
 * error per thread.
 */
#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "errors.h"
#include "fault.h"
#include "manager.h"
#include "win32.h"

/*
 * The other TLS models let a thread's first access allocate memory, which would
 * wait for malloc's lock in a thread that is stopped (rule H13).
 */
static _Thread_local DWORD last_error __attribute__((tls_model("initial-exec")));

BOOL hostmem_win32_result(enum hostmem_error error)
{
	if (error)
		last_error = hostmem_error_win32(error);
	return !error;
}

BOOL hostmem_win32_fail(DWORD code)
{
	last_error = code;
	return FALSE;
}

bool hostmem_win32_own_process(HANDLE process)
{
	return (LONG_PTR)process == -1 || hostmem_win32_fail(ERROR_INVALID_HANDLE);
}

LPVOID VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize, DWORD flAllocationType,
		    DWORD flProtect)
{
	void *mem;

	/* Windows lets every caller have the whole commit limit. */
	hostmem_win32_result(
		hostmem_manager_alloc(&hostmem_default_manager, lpAddress, dwSize,
				      flAllocationType, flProtect,
				      eProcessCritical, &mem));
	return mem;
}

BOOL VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
	return hostmem_win32_result(
		hostmem_manager_free(&hostmem_default_manager, lpAddress, dwSize,
				     dwFreeType));
}

SIZE_T VirtualQuery(LPCVOID lpAddress, PMEMORY_BASIC_INFORMATION lpBuffer,
		    SIZE_T dwLength)
{
	SIZE_T written;

	hostmem_win32_result(
		hostmem_manager_query(&hostmem_default_manager, lpAddress,
				      lpBuffer, dwLength, &written));
	return written;
}

BOOL VirtualProtect(LPVOID lpAddress, SIZE_T dwSize, DWORD flNewProtect,
		    PDWORD lpflOldProtect)
{
	return hostmem_win32_result(
		hostmem_manager_protect(&hostmem_default_manager, lpAddress,
					dwSize, flNewProtect, lpflOldProtect));
}

/* What both write watch functions return for a failure. */
#define WATCH_FAILED	(~(UINT)0)

UINT GetWriteWatch(DWORD dwFlags, PVOID lpBaseAddress, SIZE_T dwRegionSize,
		   PVOID *lpAddresses, ULONG_PTR *lpdwCount,
		   LPDWORD lpdwGranularity)
{
	BOOL good = hostmem_win32_result(
		hostmem_manager_get_watch(&hostmem_default_manager, dwFlags,
					  lpBaseAddress, dwRegionSize,
					  lpAddresses, lpdwCount,
					  lpdwGranularity));

	return good ? 0 : WATCH_FAILED;
}

UINT ResetWriteWatch(LPVOID lpBaseAddress, SIZE_T dwRegionSize)
{
	BOOL good = hostmem_win32_result(
		hostmem_manager_reset_watch(&hostmem_default_manager,
					    lpBaseAddress, dwRegionSize));

	return good ? 0 : WATCH_FAILED;
}

SIZE_T GetLargePageMinimum(void)
{
	SIZE_T bytes;

	hostmem_win32_result(
		hostmem_manager_large_page(&hostmem_default_manager, &bytes));
	return bytes;
}

BOOL HostSetFaultCallback(HOSTMEM_FAULT_CALLBACK callback, void *context)
{
	return hostmem_win32_result(hostmem_fault_set_callback(callback, context));
}

DWORD GetLastError(void)
{
	return last_error;
}

void SetLastError(DWORD dwErrCode)
{
	last_error = dwErrCode;
}
