// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <memoryapi.h> of include/hostmem/win32: the functions of <hostmem/memoryapi.h> once
 * more, with a process, which can only be the caller's (rules A17, N3), or for programs
 * that may not have executable memory (rule N2).
 */
#include <hostmem/win32/memoryapi.h>

#include "numa.h"
#include "win32.h"

LPVOID VirtualAllocEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
		      DWORD flAllocationType, DWORD flProtect)
{
	if (!hostmem_win32_own_process(hProcess))
		return NULL;
	return VirtualAlloc(lpAddress, dwSize, flAllocationType, flProtect);
}

LPVOID VirtualAllocExNuma(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
			  DWORD flAllocationType, DWORD flProtect, DWORD nndPreferred)
{
	if (!hostmem_win32_own_process(hProcess))
		return NULL;
	if (nndPreferred != NUMA_NO_PREFERRED_NODE &&
	    !hostmem_numa_node_exists(nndPreferred)) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	return VirtualAlloc(lpAddress, dwSize, flAllocationType, flProtect);
}

BOOL VirtualFreeEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
	return hostmem_win32_own_process(hProcess) &&
	       VirtualFree(lpAddress, dwSize, dwFreeType);
}

BOOL VirtualProtectEx(HANDLE hProcess, LPVOID lpAddress, SIZE_T dwSize,
		      DWORD flNewProtect, PDWORD lpflOldProtect)
{
	return hostmem_win32_own_process(hProcess) &&
	       VirtualProtect(lpAddress, dwSize, flNewProtect, lpflOldProtect);
}

SIZE_T VirtualQueryEx(HANDLE hProcess, LPCVOID lpAddress,
		      PMEMORY_BASIC_INFORMATION lpBuffer, SIZE_T dwLength)
{
	if (!hostmem_win32_own_process(hProcess))
		return 0;
	return VirtualQuery(lpAddress, lpBuffer, dwLength);
}

static bool is_executable(ULONG protect)
{
	return protect & (PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE |
			  PAGE_EXECUTE_WRITECOPY);
}

PVOID VirtualAllocFromApp(PVOID BaseAddress, SIZE_T Size, ULONG AllocationType,
			  ULONG Protection)
{
	if (is_executable(Protection)) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	return VirtualAlloc(BaseAddress, Size, AllocationType, Protection);
}

PVOID VirtualAlloc2FromApp(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
			   ULONG AllocationType, ULONG PageProtection,
			   MEM_EXTENDED_PARAMETER *ExtendedParameters,
			   ULONG ParameterCount)
{
	if (is_executable(PageProtection)) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	return VirtualAlloc2(Process, BaseAddress, Size, AllocationType, PageProtection,
			     ExtendedParameters, ParameterCount);
}

BOOL VirtualProtectFromApp(PVOID Address, SIZE_T Size, ULONG NewProtection,
			   PULONG OldProtection)
{
	if (is_executable(NewProtection))
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	return VirtualProtect(Address, Size, NewProtection, OldProtection);
}
