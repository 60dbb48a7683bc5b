/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <psapi.h>: how much memory the machine and the process use (rule N6).  What is
 * committed is what the device has in its books, which are those that refuse a commit.
 */
#ifndef HOSTMEM_WIN32_PSAPI_H
#define HOSTMEM_WIN32_PSAPI_H

#include "minwindef.h"

/**
 * struct _PERFORMANCE_INFORMATION - the machine
 * @cb: bytes of this structure
 * @CommitTotal: committed by all processes, in pages as the next eight
 * @CommitLimit: what the module lets them commit
 * @CommitPeak: the highest @CommitTotal that this process has been told
 * @PhysicalTotal: RAM, or what the memory cgroup may have
 * @PhysicalAvailable: what of it can be had without swapping
 * @SystemCache: pages of files
 * @KernelTotal: the next two together
 * @KernelPaged: kernel memory that can be reclaimed
 * @KernelNonpaged: kernel memory that can't
 * @PageSize: bytes of a page, 4096
 * @HandleCount: open files of all processes
 * @ProcessCount: processes in /proc
 * @ThreadCount: threads of the machine
 *
 * The last three and what is about the kernel are 0 without /proc.
 */
typedef struct _PERFORMANCE_INFORMATION {
	DWORD cb;
	SIZE_T CommitTotal;
	SIZE_T CommitLimit;
	SIZE_T CommitPeak;
	SIZE_T PhysicalTotal;
	SIZE_T PhysicalAvailable;
	SIZE_T SystemCache;
	SIZE_T KernelTotal;
	SIZE_T KernelPaged;
	SIZE_T KernelNonpaged;
	SIZE_T PageSize;
	DWORD HandleCount;
	DWORD ProcessCount;
	DWORD ThreadCount;
} PERFORMANCE_INFORMATION, *PPERFORMANCE_INFORMATION;

/* Windows' headers had these names first. */
typedef PERFORMANCE_INFORMATION PERFORMACE_INFORMATION, *PPERFORMACE_INFORMATION;

/**
 * struct _PROCESS_MEMORY_COUNTERS - the process, in bytes
 * @cb: bytes of this structure
 * @PageFaultCount: page faults so far
 * @PeakWorkingSetSize: the most RAM that it has had
 * @WorkingSetSize: RAM that it has
 * @QuotaPeakPagedPoolUsage: 0
 * @QuotaPagedPoolUsage: 0
 * @QuotaPeakNonPagedPoolUsage: 0
 * @QuotaNonPagedPoolUsage: 0
 * @PagefileUsage: what is charged for memory of the functions that name no manager, with
 *	page tables
 * @PeakPagefileUsage: the highest @PagefileUsage that it has been told
 */
typedef struct _PROCESS_MEMORY_COUNTERS {
	DWORD cb;
	DWORD PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
} PROCESS_MEMORY_COUNTERS, *PPROCESS_MEMORY_COUNTERS;

/**
 * struct _PROCESS_MEMORY_COUNTERS_EX - the same, and one more
 * @cb: bytes of this structure
 * @PageFaultCount: as above, with all up to the last
 * @PeakWorkingSetSize: as above
 * @WorkingSetSize: as above
 * @QuotaPeakPagedPoolUsage: as above
 * @QuotaPagedPoolUsage: as above
 * @QuotaPeakNonPagedPoolUsage: as above
 * @QuotaNonPagedPoolUsage: as above
 * @PagefileUsage: as above
 * @PeakPagefileUsage: as above
 * @PrivateUsage: the same as @PagefileUsage
 */
typedef struct _PROCESS_MEMORY_COUNTERS_EX {
	DWORD cb;
	DWORD PageFaultCount;
	SIZE_T PeakWorkingSetSize;
	SIZE_T WorkingSetSize;
	SIZE_T QuotaPeakPagedPoolUsage;
	SIZE_T QuotaPagedPoolUsage;
	SIZE_T QuotaPeakNonPagedPoolUsage;
	SIZE_T QuotaNonPagedPoolUsage;
	SIZE_T PagefileUsage;
	SIZE_T PeakPagefileUsage;
	SIZE_T PrivateUsage;
} PROCESS_MEMORY_COUNTERS_EX, *PPROCESS_MEMORY_COUNTERS_EX;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * GetPerformanceInfo() - tell how much memory the machine uses
 * @pPerformanceInformation: receives it
 * @cb: bytes there, at least those of the structure
 *
 * Return: TRUE, or FALSE with ERROR_BAD_LENGTH; ERROR_NOACCESS for NULL; or what
 * <hostmem/memoryapi.h> tells of devices
 */
HOSTMEM_API BOOL WINAPI GetPerformanceInfo(PPERFORMANCE_INFORMATION pPerformanceInformation,
					   DWORD cb)
	HOSTMEM_SYMBOL(GetPerformanceInfo);

/**
 * GetProcessMemoryInfo() - tell how much memory the process uses
 * @Process: GetCurrentProcess()
 * @ppsmemCounters: receives a PROCESS_MEMORY_COUNTERS, or a PROCESS_MEMORY_COUNTERS_EX if
 *	there is room for one
 * @cb: bytes there
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE; ERROR_INSUFFICIENT_BUFFER;
 * ERROR_NOACCESS for NULL; or what <hostmem/memoryapi.h> tells of devices
 */
HOSTMEM_API BOOL WINAPI GetProcessMemoryInfo(HANDLE Process,
					     PPROCESS_MEMORY_COUNTERS ppsmemCounters,
					     DWORD cb)
	HOSTMEM_SYMBOL(GetProcessMemoryInfo);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_PSAPI_H */
