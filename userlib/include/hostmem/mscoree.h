/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The hosting shape of the library: the calls that a host of the CLR answers,
 * as plain functions that return an HRESULT.  <hostmem/memoryapi.h> is the
 * Win32 shape of the same calls on the same memory; a program may use both.
 *
 * All functions work on one manager per process, which opens /dev/hostmem when
 * it is used first.  They may be called from any thread and from signal
 * handlers, take no lock and leave errno alone.  Success is S_OK and nothing
 * else (rules H1, H10, H13).
 *
 * Any of them may return
 *
 * - HOST_E_CLRNOTAVAILABLE: the device can't be opened; the next call tries
 *   again
 * - HOST_E_NOT_OWNER: a child made by fork() called, and its parent opened the
 *   device; the parent's memory isn't in the child
 * - HOST_E_ABANDONED: a fatal signal ended the call
 * - E_FAIL: the kernel gave an answer that it should never give.  From then on
 *   every call of the process returns HOST_E_CLRNOTAVAILABLE (rule H8).
 */
#ifndef HOSTMEM_MSCOREE_H
#define HOSTMEM_MSCOREE_H

#include <hostmem/memory.h>
#include <hostmem/types.h>
#include <hostmem/winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum EMemoryCriticalLevel - what fails if a commit fails (rule H6)
 * @eTaskCritical: the task of the caller
 * @eAppDomainCritical: the caller's application domain
 * @eProcessCritical: the whole process
 *
 * The module may keep a part of the commit limit for the higher levels;
 * @eProcessCritical may use all of it.
 */
typedef enum EMemoryCriticalLevel {
	eTaskCritical = 0,
	eAppDomainCritical = 1,
	eProcessCritical = 2
} EMemoryCriticalLevel;

/**
 * HostVirtualAlloc() - reserve address space, commit pages, or both
 * @pAddress: where.  A new region begins at @pAddress rounded down to 64 KiB, a
 *	commit in an existing one at @pAddress rounded down to 4096 bytes (rules
 *	B2, C2); the end is rounded up to 4096 bytes.  NULL: the kernel chooses,
 *	and MEM_COMMIT alone reserves, too (rule C1).
 * @dwSize: bytes, not 0
 * @flAllocationType: MEM_RESERVE, MEM_COMMIT or both; MEM_TOP_DOWN may be added
 * @flProtect: PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE,
 *	PAGE_EXECUTE_READ or PAGE_EXECUTE_READWRITE; must be valid for
 *	reservations, too (rule A8)
 * @dwCriticalLevel: how much depends on the commit
 * @ppMem: receives the first byte of what was reserved or committed, NULL on
 *	failure (rules H1, H2)
 *
 * Commits are all or nothing, and eager: on return the pages are zeroed and
 * mapped, no later touch fails for lack of memory.  Pages that were committed
 * before keep their contents and take the new protection (rules C5-C9, C16).
 *
 * Return: S_OK, or
 * E_POINTER: @ppMem is NULL (rule H5);
 * E_INVALIDARG: an argument is wrong by itself (rules A1-A11, P1-P6);
 * HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS): the range meets a region that
 * exists, or for a commit, isn't inside one region (rules B5, C3, C4, C12);
 * E_OUTOFMEMORY: no address space, no memory or the commit limit (rule H3);
 * E_ACCESSDENIED: the system forbids the mapping, e.g. an executable one of a
 * device that is mounted noexec;
 * or what any function may return.  A call that fails has changed nothing.
 */
HOSTMEM_API HRESULT HostVirtualAlloc(void *pAddress, SIZE_T dwSize,
				     DWORD flAllocationType, DWORD flProtect,
				     EMemoryCriticalLevel dwCriticalLevel,
				     void **ppMem);

/**
 * HostVirtualFree() - decommit pages or release a region
 * @lpAddress: first byte.  For MEM_RELEASE, and with @dwSize 0, it must lie in
 *	the first page of a region (rules F3, F6).
 * @dwSize: bytes; both ends are rounded outward to 4096 bytes (rule F8).  0 is
 *	the whole region, and the only value for MEM_RELEASE (rule F2).
 * @dwFreeType: MEM_DECOMMIT or MEM_RELEASE
 *
 * Return: S_OK, or
 * E_INVALIDARG: a bad type, a size with MEM_RELEASE, a range that passes the
 * end of its region or of user space (rules F1, F2, F10, F13);
 * HOST_E_INVALIDOPERATION: @lpAddress lies in no region of the library (rules
 * F5, F14, H11);
 * HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS): @lpAddress lies in a region, but
 * not in its first page (rules F4, F7);
 * or what any function may return.  A call that fails has changed nothing.
 */
HOSTMEM_API HRESULT HostVirtualFree(LPVOID lpAddress, SIZE_T dwSize,
				    DWORD dwFreeType);

/**
 * HostVirtualQuery() - tell what lies at an address
 * @lpAddress: any address of user space
 * @lpBuffer: receives a MEMORY_BASIC_INFORMATION
 * @dwLength: bytes at @lpBuffer, at least 48
 * @pResult: receives the bytes written: 48, or 0 on failure
 *
 * Return: S_OK, or
 * E_POINTER: @pResult or @lpBuffer is NULL (rule Q11);
 * HRESULT_FROM_WIN32(ERROR_BAD_LENGTH): @dwLength is too small, which is
 * checked before @lpBuffer (rule Q1);
 * E_INVALIDARG: @lpAddress is above user space (rule Q3);
 * HRESULT_FROM_WIN32(ERROR_NOACCESS): @lpBuffer can't be written;
 * or what any function may return.
 */
HOSTMEM_API HRESULT HostVirtualQuery(void *lpAddress, void *lpBuffer,
				     SIZE_T dwLength, SIZE_T *pResult);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_MSCOREE_H */
