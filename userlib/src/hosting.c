// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <hostmem/mscoree.h>: the operations of the default manager, with HRESULTs.  Other
 * managers are in com_manager.c, with heaps and all that they bring; a program that
 * doesn't use them need not be linked with them.
 */
#include <hostmem/mscoree.h>

#include "errors.h"
#include "load.h"
#include "manager.h"

HRESULT HostVirtualAlloc(void *pAddress, SIZE_T dwSize, DWORD flAllocationType,
			 DWORD flProtect, EMemoryCriticalLevel dwCriticalLevel,
			 void **ppMem)
{
	return hostmem_error_hresult(
		hostmem_manager_alloc(&hostmem_default_manager, pAddress, dwSize,
				      flAllocationType, flProtect,
				      (DWORD)dwCriticalLevel, ppMem));
}

HRESULT HostVirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
{
	return hostmem_error_hresult(
		hostmem_manager_free(&hostmem_default_manager, lpAddress, dwSize,
				     dwFreeType));
}

HRESULT HostVirtualQuery(void *lpAddress, void *lpBuffer, SIZE_T dwLength,
			 SIZE_T *pResult)
{
	return hostmem_error_hresult(
		hostmem_manager_query(&hostmem_default_manager, lpAddress,
				      lpBuffer, dwLength, pResult));
}

HRESULT HostVirtualProtect(void *lpAddress, SIZE_T dwSize, DWORD flNewProtect,
			   DWORD *pflOldProtect)
{
	return hostmem_error_hresult(
		hostmem_manager_protect(&hostmem_default_manager, lpAddress,
					dwSize, flNewProtect, pflOldProtect));
}

HRESULT HostGetMemoryLoad(DWORD *pMemoryLoad, SIZE_T *pAvailableBytes)
{
	return hostmem_error_hresult(
		hostmem_load_get(&hostmem_default_manager, pMemoryLoad,
				 pAvailableBytes));
}
