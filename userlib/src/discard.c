// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <memoryapi.h> of include/hostmem/win32: contents that may go, and memory that will be
 * needed soon (rule N5).  The first three return their error and set no last error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/hostmem.h>
#include <sys/mman.h>

#include <hostmem/win32/memoryapi.h>
#include <hostmem/mscoree.h>

#include "manager.h"
#include "owned.h"
#include "user_space.h"
#include "win32.h"

/* MEM_RESET or MEM_RESET_UNDO of whole pages. */
static enum hostmem_error reset(const void *addr, SIZE_T size, DWORD type)
{
	const uintptr_t mask = HOSTMEM_PAGE_SIZE - 1;
	void *start = (void *)(uintptr_t)addr, *mem;

	if ((uintptr_t)addr & mask || size & mask)
		return HOSTMEM_ERR_ARGUMENT;
	return hostmem_manager_alloc(&hostmem_default_manager, start, size, type,
				     PAGE_NOACCESS, eProcessCritical, &mem);
}

/* Do these pages lie in one region?  If so, it is something else that is wrong. */
static bool are_in_one_region(const void *addr, SIZE_T size)
{
	void *base = NULL;
	struct hostmem_run run;
	uintptr_t at, end;

	if (!hostmem_pages_of(addr, size, &at, &end))
		return false;
	for (; at < end; at = run.end) {
		if (hostmem_run_at(at, end, &run) || !run.info.AllocationBase ||
		    (base && run.info.AllocationBase != base))
			return false;
		base = run.info.AllocationBase;
	}
	return hostmem_owned(addr);
}

DWORD DiscardVirtualMemory(PVOID VirtualAddress, SIZE_T Size)
{
	return hostmem_error_win32(reset(VirtualAddress, Size, MEM_RESET));
}

DWORD OfferVirtualMemory(PVOID VirtualAddress, SIZE_T Size, OFFER_PRIORITY Priority)
{
	if ((int)Priority < VmOfferPriorityVeryLow || Priority > VmOfferPriorityNormal)
		return ERROR_INVALID_PARAMETER;
	return hostmem_error_win32(reset(VirtualAddress, Size, MEM_RESET));
}

DWORD ReclaimVirtualMemory(const void *VirtualAddress, SIZE_T Size)
{
	enum hostmem_error error = reset(VirtualAddress, Size, MEM_RESET_UNDO);

	if (error == HOSTMEM_ERR_ADDRESS && are_in_one_region(VirtualAddress, Size))
		return ERROR_BUSY;
	return hostmem_error_win32(error);
}

BOOL PrefetchVirtualMemory(HANDLE hProcess, ULONG_PTR NumberOfEntries,
			   PWIN32_MEMORY_RANGE_ENTRY VirtualAddresses, ULONG Flags)
{
	int saved = errno;
	ULONG_PTR i;

	if (!hostmem_win32_own_process(hProcess))
		return FALSE;
	if (!NumberOfEntries || Flags)
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	if (!VirtualAddresses)
		return hostmem_win32_fail(ERROR_NOACCESS);
	for (i = 0; i < NumberOfEntries; i++) {
		uintptr_t start, end;

		/* It is advice: what can't be had is no error. */
		if (hostmem_pages_of(VirtualAddresses[i].VirtualAddress,
				     VirtualAddresses[i].NumberOfBytes, &start, &end))
			madvise((void *)start, end - start, MADV_WILLNEED);
	}
	errno = saved;
	return TRUE;
}
