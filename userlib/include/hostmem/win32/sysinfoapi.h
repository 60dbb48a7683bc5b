/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <sysinfoapi.h>: what the machine is like.
 */
#ifndef HOSTMEM_WIN32_SYSINFOAPI_H
#define HOSTMEM_WIN32_SYSINFOAPI_H

#include "minwindef.h"

/**
 * struct _SYSTEM_INFO - what GetSystemInfo() tells (rule N1)
 * @wProcessorArchitecture: PROCESSOR_ARCHITECTURE_*
 * @wReserved: 0
 * @dwOemId: both of them, obsolete
 * @dwPageSize: bytes of a page, 4096
 * @lpMinimumApplicationAddress: the first address that a reservation may have, 0x10000
 * @lpMaximumApplicationAddress: the last one that VirtualQuery() takes
 * @dwActiveProcessorMask: a bit for each processor that the process may run on
 * @dwNumberOfProcessors: how many these are
 * @dwProcessorType: PROCESSOR_AMD_X8664; on ARM64 0
 * @dwAllocationGranularity: bytes of which the address of a reservation is a multiple,
 *	65536
 * @wProcessorLevel: the processor's family
 * @wProcessorRevision: its model times 256, and its stepping
 */
HOSTMEM_EXTENSION typedef struct _SYSTEM_INFO {
	HOSTMEM_EXTENSION union {
		DWORD dwOemId;

		HOSTMEM_EXTENSION struct {
			WORD wProcessorArchitecture;
			WORD wReserved;
		};
	};
	DWORD dwPageSize;
	LPVOID lpMinimumApplicationAddress;
	LPVOID lpMaximumApplicationAddress;
	DWORD_PTR dwActiveProcessorMask;
	DWORD dwNumberOfProcessors;
	DWORD dwProcessorType;
	DWORD dwAllocationGranularity;
	WORD wProcessorLevel;
	WORD wProcessorRevision;
} SYSTEM_INFO, *LPSYSTEM_INFO;

/**
 * struct _MEMORYSTATUSEX - how much memory there is (rules N6, S6)
 * @dwLength: bytes of this structure; set by the caller
 * @dwMemoryLoad: percent of @ullTotalPhys in use, as HostGetMemoryLoad() tells
 * @ullTotalPhys: bytes of RAM, or what the memory cgroup may have
 * @ullAvailPhys: what of them can be had without swapping
 * @ullTotalPageFile: what all commits together may take: the least of @ullTotalPhys and the
 *	limits
 * @ullAvailPageFile: what a commit may take now, as HostGetMemoryLoad() tells
 * @ullTotalVirtual: bytes of user space
 * @ullAvailVirtual: what of it isn't mapped; all of it without /proc
 * @ullAvailExtendedVirtual: 0
 */
typedef struct _MEMORYSTATUSEX {
	DWORD dwLength;
	DWORD dwMemoryLoad;
	DWORDLONG ullTotalPhys;
	DWORDLONG ullAvailPhys;
	DWORDLONG ullTotalPageFile;
	DWORDLONG ullAvailPageFile;
	DWORDLONG ullTotalVirtual;
	DWORDLONG ullAvailVirtual;
	DWORDLONG ullAvailExtendedVirtual;
} MEMORYSTATUSEX, *LPMEMORYSTATUSEX;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * GetSystemInfo() - tell what the machine is like (rule N1)
 * @lpSystemInfo: receives it
 *
 * Works without a device, too, and doesn't make the caller its owner.
 */
HOSTMEM_API void GetSystemInfo(LPSYSTEM_INFO lpSystemInfo)
	HOSTMEM_SYMBOL(GetSystemInfo);

/**
 * GetNativeSystemInfo() - the same, as all processes are native ones
 * @lpSystemInfo: receives it
 */
HOSTMEM_API void GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo)
	HOSTMEM_SYMBOL(GetNativeSystemInfo);

/**
 * GetTickCount64() - milliseconds since the machine was started
 *
 * Return: their number; the time that it sleeps counts
 */
HOSTMEM_API ULONGLONG GetTickCount64(void)
	HOSTMEM_SYMBOL(GetTickCount64);

/**
 * GetTickCount() - the same in 32 bits, which begins anew every 49.7 days
 *
 * Return: their number, modulo 2^32
 */
HOSTMEM_API DWORD GetTickCount(void)
	HOSTMEM_SYMBOL(GetTickCount);

/**
 * GlobalMemoryStatusEx() - tell how much memory there is (rule N6)
 * @lpBuffer: receives it
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_PARAMETER: dwLength isn't that of the
 * structure; ERROR_NOACCESS for NULL; or what <hostmem/memoryapi.h> tells of devices
 */
HOSTMEM_API BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer)
	HOSTMEM_SYMBOL(GlobalMemoryStatusEx);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_SYSINFOAPI_H */
