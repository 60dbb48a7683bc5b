/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <memoryapi.h>: <hostmem/memoryapi.h>, and what Windows has beside it.  All
 * functions act on the process's default manager.  Of processes there is the caller's
 * own: GetCurrentProcess(), and with any other handle ERROR_INVALID_HANDLE.
 */
#ifndef HOSTMEM_WIN32_MEMORYAPI_H
#define HOSTMEM_WIN32_MEMORYAPI_H

#include <hostmem/memoryapi.h>

#include "minwindef.h"

/* No node is preferred. */
#define NUMA_NO_PREFERRED_NODE		0xFFFFFFFFu

/* How little OfferVirtualMemory()'s contents are worth; all the same here. */
typedef enum _OFFER_PRIORITY {
	VmOfferPriorityVeryLow = 1,
	VmOfferPriorityLow,
	VmOfferPriorityBelowNormal,
	VmOfferPriorityNormal
} OFFER_PRIORITY;

typedef struct _WIN32_MEMORY_RANGE_ENTRY {
	PVOID VirtualAddress;
	SIZE_T NumberOfBytes;
} WIN32_MEMORY_RANGE_ENTRY, *PWIN32_MEMORY_RANGE_ENTRY;

typedef enum _MEMORY_RESOURCE_NOTIFICATION_TYPE {
	LowMemoryResourceNotification,
	HighMemoryResourceNotification
} MEMORY_RESOURCE_NOTIFICATION_TYPE;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * VirtualAllocEx() - VirtualAlloc() with a process (rules A17, N3)
 * @hProcess: GetCurrentProcess()
 * @lpAddress: where, or NULL
 * @dwSize: bytes, not 0
 * @flAllocationType: MEM_*
 * @flProtect: PAGE_*
 *
 * Return: as VirtualAlloc(), or NULL with ERROR_INVALID_HANDLE
 */
HOSTMEM_API LPVOID VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
				  DWORD flAllocationType, DWORD flProtect)
	HOSTMEM_SYMBOL(VirtualAllocEx);

/**
 * VirtualAllocExNuma() - VirtualAllocEx() with a NUMA node (rule N3)
 * @hProcess: GetCurrentProcess()
 * @lpAddress: where, or NULL
 * @dwSize: bytes, not 0
 * @flAllocationType: MEM_*
 * @flProtect: PAGE_*
 * @nndPreferred: number of a node, or NUMA_NO_PREFERRED_NODE
 *
 * Memory comes from the caller's node or where its policy says (set_mempolicy(2)): that
 * there is a node @nndPreferred is all that it is asked for.
 *
 * Return: as VirtualAllocEx(), or NULL with ERROR_INVALID_PARAMETER: no such node
 */
HOSTMEM_API LPVOID VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
				      DWORD flAllocationType, DWORD flProtect,
				      DWORD nndPreferred)
	HOSTMEM_SYMBOL(VirtualAllocExNuma);

/**
 * VirtualFreeEx() - VirtualFree() with a process (rules A17, N3)
 * @hProcess: GetCurrentProcess()
 * @lpAddress: first byte
 * @dwSize: bytes; 0 is the whole region
 * @dwFreeType: MEM_DECOMMIT or MEM_RELEASE
 *
 * Return: as VirtualFree(), or FALSE with ERROR_INVALID_HANDLE
 */
HOSTMEM_API BOOL VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
			       DWORD dwFreeType)
	HOSTMEM_SYMBOL(VirtualFreeEx);

/**
 * VirtualProtectEx() - VirtualProtect() with a process (rules N3, T18)
 * @hProcess: GetCurrentProcess()
 * @lpAddress: first byte
 * @dwSize: bytes, not 0
 * @flNewProtect: PAGE_*
 * @lpflOldProtect: receives the protection that the first page had
 *
 * Return: as VirtualProtect(), or FALSE with ERROR_INVALID_HANDLE
 */
HOSTMEM_API BOOL VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
				  DWORD flNewProtect, PDWORD lpflOldProtect)
	HOSTMEM_SYMBOL(VirtualProtectEx);

/**
 * VirtualQueryEx() - VirtualQuery() with a process (rule N3)
 * @hProcess: GetCurrentProcess()
 * @lpAddress: any address of user space
 * @lpBuffer: receives the answer
 * @dwLength: bytes at @lpBuffer, at least 48
 *
 * Return: as VirtualQuery(), or 0 with ERROR_INVALID_HANDLE
 */
HOSTMEM_API SIZE_T VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress,
				  PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
	HOSTMEM_SYMBOL(VirtualQueryEx);

/**
 * VirtualAlloc2() - VirtualAlloc() with a process and requirements (rule N2)
 * @Process: GetCurrentProcess()
 * @BaseAddress: where, or NULL
 * @Size: bytes, not 0
 * @AllocationType: MEM_*; placeholders are refused
 * @PageProtection: PAGE_*
 * @ExtendedParameters: what else to look at; of each type at most one
 * @ParameterCount: how many these are
 *
 * MemExtendedParameterAddressRequirements goes with MEM_RESERVE and no @BaseAddress.  Its
 * HighestEndingAddress may also be GetSystemInfo()'s last address.  A region as low as it
 * can be is what one gets, if there are bounds; with MEM_TOP_DOWN as high.
 * MemExtendedParameterNumaNode is as for VirtualAllocExNuma().
 *
 * Return: as VirtualAlloc(), or NULL with ERROR_INVALID_HANDLE;
 * ERROR_INVALID_PARAMETER: also for parameters that are wrong;
 * ERROR_NOT_ENOUGH_MEMORY: also if there is no room that meets the requirements.
 */
HOSTMEM_API PVOID VirtualAlloc2(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
				ULONG AllocationType, ULONG PageProtection,
				MEM_EXTENDED_PARAMETER *ExtendedParameters,
				ULONG ParameterCount)
	HOSTMEM_SYMBOL(VirtualAlloc2);

/**
 * VirtualAlloc2FromApp() - VirtualAlloc2() without executable memory (rule N2)
 * @Process: GetCurrentProcess()
 * @BaseAddress: where, or NULL
 * @Size: bytes, not 0
 * @AllocationType: MEM_*
 * @PageProtection: PAGE_*, none of PAGE_EXECUTE*
 * @ExtendedParameters: what else to look at
 * @ParameterCount: how many these are
 *
 * Return: as VirtualAlloc2()
 */
HOSTMEM_API PVOID VirtualAlloc2FromApp(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
				       ULONG AllocationType, ULONG PageProtection,
				       MEM_EXTENDED_PARAMETER *ExtendedParameters,
				       ULONG ParameterCount)
	HOSTMEM_SYMBOL(VirtualAlloc2FromApp);

/**
 * VirtualAllocFromApp() - VirtualAlloc() without executable memory (rule N2)
 * @BaseAddress: where, or NULL
 * @Size: bytes, not 0
 * @AllocationType: MEM_*
 * @Protection: PAGE_*, none of PAGE_EXECUTE*
 *
 * Return: as VirtualAlloc()
 */
HOSTMEM_API PVOID VirtualAllocFromApp(PVOID BaseAddress, SIZE_T Size,
				      ULONG AllocationType, ULONG Protection)
	HOSTMEM_SYMBOL(VirtualAllocFromApp);

/**
 * VirtualProtectFromApp() - VirtualProtect() without executable memory (rule N2)
 * @Address: first byte
 * @Size: bytes, not 0
 * @NewProtection: PAGE_*, none of PAGE_EXECUTE*
 * @OldProtection: receives the protection that the first page had
 *
 * Return: as VirtualProtect()
 */
HOSTMEM_API BOOL VirtualProtectFromApp(PVOID Address, SIZE_T Size, ULONG NewProtection,
				       PULONG OldProtection)
	HOSTMEM_SYMBOL(VirtualProtectFromApp);

/**
 * ReadProcessMemory() - copy memory that may be inaccessible (rule N3)
 * @hProcess: GetCurrentProcess()
 * @lpBaseAddress: where from
 * @lpBuffer: where to
 * @nSize: bytes
 * @lpNumberOfBytesRead: receives how many have been copied, on failure, too; or NULL
 *
 * An armed guard page is inaccessible, and has no guard afterwards (rule G8).
 *
 * Return: TRUE if all have; or FALSE with
 * ERROR_INVALID_HANDLE;
 * ERROR_PARTIAL_COPY: the rest, or all, can't be read;
 * ERROR_NOACCESS: @lpBuffer can't be written;
 * ERROR_NOT_ENOUGH_MEMORY: no memory for what the copy goes by.
 */
HOSTMEM_API BOOL ReadProcessMemory(HANDLE hProcess, LPCVOID lpBaseAddress,
				   LPVOID lpBuffer, SIZE_T nSize,
				   SIZE_T *lpNumberOfBytesRead)
	HOSTMEM_SYMBOL(ReadProcessMemory);

/**
 * WriteProcessMemory() - write to memory that may be inaccessible (rule N3)
 * @hProcess: GetCurrentProcess()
 * @lpBaseAddress: where to
 * @lpBuffer: where from
 * @nSize: bytes
 * @lpNumberOfBytesWritten: receives how many have been copied, on failure, too; or NULL
 *
 * Return: TRUE if all have; or FALSE with
 * ERROR_INVALID_HANDLE;
 * ERROR_NOACCESS: @lpBaseAddress can't be written, or @lpBuffer can't be read;
 * ERROR_PARTIAL_COPY: from some later byte on it can't be written;
 * ERROR_NOT_ENOUGH_MEMORY: no memory for what the copy goes by.
 */
HOSTMEM_API BOOL WriteProcessMemory(HANDLE hProcess, LPVOID lpBaseAddress,
				    LPCVOID lpBuffer, SIZE_T nSize,
				    SIZE_T *lpNumberOfBytesWritten)
	HOSTMEM_SYMBOL(WriteProcessMemory);

/**
 * VirtualLock() - lock pages in RAM (rules K1-K3, N4)
 * @lpAddress: first byte
 * @dwSize: bytes, not 0
 *
 * The library's committed memory is in RAM anyway; other memory is locked by mlock(2).
 * Not for signal handlers, as VirtualUnlock() isn't either.
 *
 * Return: TRUE, or FALSE with
 * ERROR_INVALID_PARAMETER: NULL, size 0, or an end that there are no addresses for;
 * ERROR_NOACCESS: pages that aren't committed, or have PAGE_NOACCESS;
 * STATUS_GUARD_PAGE_VIOLATION (0x80000001): an armed guard page, the first of which has
 * no guard afterwards (rule G7);
 * ERROR_WORKING_SET_QUOTA, ERROR_PRIVILEGE_NOT_HELD: mlock(2) refuses by a limit.
 */
HOSTMEM_API BOOL VirtualLock(LPVOID lpAddress, SIZE_T dwSize)
	HOSTMEM_SYMBOL(VirtualLock);

/**
 * VirtualUnlock() - lock pages no more (rules K1, K4, N4)
 * @lpAddress: first byte
 * @dwSize: bytes, not 0
 *
 * One unlock is enough, however often they have been locked.  Contents stay, also after
 * MEM_RESET.
 *
 * Return: TRUE, or FALSE with
 * ERROR_INVALID_PARAMETER: NULL, size 0, or an end that there are no addresses for;
 * ERROR_NOT_LOCKED: pages that haven't been locked, or have been decommitted since.
 */
HOSTMEM_API BOOL VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize)
	HOSTMEM_SYMBOL(VirtualUnlock);

/**
 * DiscardVirtualMemory() - give up contents, as MEM_RESET does (rule N5)
 * @VirtualAddress: of a page
 * @Size: bytes, a multiple of 4096, not 0
 *
 * Return: ERROR_SUCCESS, ERROR_INVALID_PARAMETER, or what VirtualAlloc() would leave; the
 * last error stays as it is
 */
HOSTMEM_API DWORD DiscardVirtualMemory(PVOID VirtualAddress, SIZE_T Size)
	HOSTMEM_SYMBOL(DiscardVirtualMemory);

/**
 * OfferVirtualMemory() - give up contents until they are reclaimed (rule N5)
 * @VirtualAddress: of a page
 * @Size: bytes, a multiple of 4096, not 0
 * @Priority: VmOfferPriority*
 *
 * Unlike on Windows the pages remain accessible; who writes to one keeps it.
 *
 * Return: as DiscardVirtualMemory()
 */
HOSTMEM_API DWORD OfferVirtualMemory(PVOID VirtualAddress, SIZE_T Size,
				     OFFER_PRIORITY Priority)
	HOSTMEM_SYMBOL(OfferVirtualMemory);

/**
 * ReclaimVirtualMemory() - want contents back, as MEM_RESET_UNDO does (rule N5)
 * @VirtualAddress: of a page
 * @Size: bytes, a multiple of 4096, not 0
 *
 * Return: ERROR_SUCCESS: all of them are there; ERROR_BUSY: some have become zeroes; or
 * as DiscardVirtualMemory()
 */
HOSTMEM_API DWORD ReclaimVirtualMemory(const void *VirtualAddress, SIZE_T Size)
	HOSTMEM_SYMBOL(ReclaimVirtualMemory);

/**
 * PrefetchVirtualMemory() - say what will be needed soon (rule N5)
 * @hProcess: GetCurrentProcess()
 * @NumberOfEntries: how many ranges, not 0
 * @VirtualAddresses: the ranges; what there is no memory at is left out
 * @Flags: 0
 *
 * The library's memory is there anyway.  Other memory is read from its files.
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, or
 * ERROR_NOACCESS: there is no array
 */
HOSTMEM_API BOOL PrefetchVirtualMemory(HANDLE hProcess, ULONG_PTR NumberOfEntries,
				       PWIN32_MEMORY_RANGE_ENTRY VirtualAddresses,
				       ULONG Flags)
	HOSTMEM_SYMBOL(PrefetchVirtualMemory);

/**
 * CreateMemoryResourceNotification() - have a handle that tells whether memory is short
 * @NotificationType: LowMemoryResourceNotification or HighMemoryResourceNotification
 *
 * Return: a handle, for CloseHandle() in the end; or NULL with ERROR_INVALID_PARAMETER,
 * ERROR_NOT_ENOUGH_MEMORY, or what <hostmem/memoryapi.h> tells of devices (rule N6)
 */
HOSTMEM_API HANDLE WINAPI
CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE NotificationType)
	HOSTMEM_SYMBOL(CreateMemoryResourceNotification);

/**
 * QueryMemoryResourceNotification() - tell whether memory is short, or plentiful
 * @ResourceNotificationHandle: of CreateMemoryResourceNotification()
 * @ResourceState: receives TRUE if it is what the handle is for.  The machine's memory
 *	counts, the memory cgroup's and the module's limit (rule H18).
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER: there is no
 * @ResourceState; or what <hostmem/memoryapi.h> tells of devices
 */
HOSTMEM_API BOOL WINAPI QueryMemoryResourceNotification(HANDLE ResourceNotificationHandle,
							PBOOL ResourceState)
	HOSTMEM_SYMBOL(QueryMemoryResourceNotification);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_MEMORYAPI_H */
