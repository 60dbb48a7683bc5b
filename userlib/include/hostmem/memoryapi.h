/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The Win32 shape of the library, for programs that were written for Windows.
 * <hostmem/mscoree.h> is the hosting shape of the same calls on the same memory;
 * its comments tell the rules for arguments, which are not repeated here.
 *
 * All functions may be called from any thread and from signal handlers, take no
 * lock and leave errno alone.  A failure leaves its code for GetLastError() of
 * the same thread, a success leaves the last error as it was (rule A18).
 *
 * Besides its own codes each of VirtualAlloc(), VirtualFree() and VirtualQuery()
 * may leave
 *
 * - ERROR_NOT_READY: /dev/hostmem can't be opened; the next call tries again
 * - ERROR_ACCESS_DENIED: a child made by fork() called, and its parent opened
 *   the device
 * - ERROR_OPERATION_ABORTED: a fatal signal ended the call
 * - ERROR_GEN_FAILURE: the kernel gave an answer that it should never give.
 *   From then on every call of the process fails with ERROR_NOT_READY.
 */
#ifndef HOSTMEM_MEMORYAPI_H
#define HOSTMEM_MEMORYAPI_H

#include <hostmem/memory.h>
#include <hostmem/types.h>
#include <hostmem/winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * VirtualAlloc() - reserve address space, commit pages, or both
 * @lpAddress: where, or NULL
 * @dwSize: bytes, not 0
 * @flAllocationType: MEM_RESERVE, MEM_COMMIT or both; MEM_TOP_DOWN may be added
 * @flProtect: PAGE_*
 *
 * The same as HostVirtualAlloc() with eProcessCritical: Windows has no levels,
 * and its programs may expect the whole of the commit limit.
 *
 * Return: first byte of what was reserved or committed (rule A16), or NULL with
 * ERROR_INVALID_PARAMETER: an argument is wrong by itself (rules A1-A11, P1-P6);
 * ERROR_INVALID_ADDRESS: the range meets a region that exists, or for a commit,
 * isn't inside one region (rules B5, C3, C4, C12);
 * ERROR_COMMITMENT_LIMIT: the commit limit, or no memory (rule A13);
 * ERROR_NOT_ENOUGH_MEMORY: no address space (rule A12);
 * ERROR_ACCESS_DENIED: the system forbids the mapping.
 */
HOSTMEM_API LPVOID VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize,
				DWORD flAllocationType, DWORD flProtect);

/**
 * VirtualFree() - decommit pages or release a region
 * @lpAddress: first byte
 * @dwSize: bytes; 0 is the whole region
 * @dwFreeType: MEM_DECOMMIT or MEM_RELEASE
 *
 * Return: TRUE, or FALSE with
 * ERROR_INVALID_PARAMETER: a bad type, a size with MEM_RELEASE, a range that
 * passes the end of its region or of user space (rules F1, F2, F10, F13);
 * ERROR_INVALID_ADDRESS: @lpAddress lies in no region of the library, or the
 * call needs a region's first page and it lies in another (rules F4, F5, F7,
 * F14).
 */
HOSTMEM_API BOOL VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType);

/**
 * VirtualQuery() - tell what lies at an address
 * @lpAddress: any address of user space
 * @lpBuffer: receives the answer
 * @dwLength: bytes at @lpBuffer, at least 48
 *
 * Return: bytes written, 48 (rule Q2), or 0 with
 * ERROR_BAD_LENGTH: @dwLength is too small, which is checked before @lpBuffer
 * (rule Q1);
 * ERROR_INVALID_PARAMETER: @lpAddress is above user space (rule Q3);
 * ERROR_NOACCESS: @lpBuffer is NULL or can't be written (rule Q11).
 */
HOSTMEM_API SIZE_T VirtualQuery(LPCVOID lpAddress,
				PMEMORY_BASIC_INFORMATION lpBuffer,
				SIZE_T dwLength);

/**
 * GetLastError() - the calling thread's last error
 *
 * Return: Win32 error code of the last function of this header that failed, or
 * what SetLastError() has put there since; 0 in a new thread.  The functions of
 * <hostmem/mscoree.h> don't change it.
 */
HOSTMEM_API DWORD GetLastError(void);

/**
 * SetLastError() - set the calling thread's last error
 * @dwErrCode: any value
 */
HOSTMEM_API void SetLastError(DWORD dwErrCode);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_MEMORYAPI_H */
