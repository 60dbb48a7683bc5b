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
 * HostVirtualAlloc() - reserve address space, commit or reset pages
 * @pAddress: where.  A new region begins at @pAddress rounded down to 64 KiB, a
 *	commit in an existing one at @pAddress rounded down to 4096 bytes (rules
 *	B2, C2); the end is rounded up to 4096 bytes.  NULL: the kernel chooses,
 *	and MEM_COMMIT alone reserves, too (rule C1).
 * @dwSize: bytes, not 0
 * @flAllocationType: MEM_RESERVE, MEM_COMMIT or both; MEM_TOP_DOWN may be added.
 *	MEM_WRITE_WATCH goes with MEM_RESERVE, MEM_LARGE_PAGES with both.  Or,
 *	alone, MEM_RESET or MEM_RESET_UNDO (rules A2-A7).
 * @flProtect: PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE,
 *	PAGE_EXECUTE_READ or PAGE_EXECUTE_READWRITE, all but the first with at
 *	most one of PAGE_GUARD, PAGE_NOCACHE and PAGE_WRITECOMBINE; must be valid
 *	for reservations and resets, too (rules A8, P1-P10)
 * @dwCriticalLevel: how much depends on the commit
 * @ppMem: receives the first byte of what was reserved or committed, NULL on
 *	failure (rules H1, H2)
 *
 * Commits are all or nothing, and eager: on return the pages are zeroed and
 * mapped, no later touch fails for lack of memory.  Pages that were committed
 * before keep their contents and take the new protection (rules C5-C9, C16).
 *
 * The first access to a page with PAGE_GUARD raises SIGBUS and clears the guard of
 * that page (rules G1-G3).  MEM_WRITE_WATCH makes a region for GetWriteWatch().
 * MEM_RESET tells that the contents of pages aren't needed: under memory pressure
 * they become zeros, until they are written again (rules R1-R7).  MEM_RESET_UNDO
 * takes that back, and fails if it comes too late (rule R11).  MEM_LARGE_PAGES
 * needs CAP_IPC_LOCK, and an address and a size that are multiples of
 * GetLargePageMinimum() (rules L1-L3).
 *
 * Return: S_OK, or
 * E_POINTER: @ppMem is NULL (rule H5);
 * E_INVALIDARG: an argument is wrong by itself (rules A1-A11, P1-P6, L1);
 * HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS): the range meets a region that
 * exists, or for a commit or a reset, isn't inside one region; or MEM_RESET_UNDO
 * came too late (rules B5, C3, C4, C12, R5, R11);
 * E_OUTOFMEMORY: no address space, no memory or the commit limit (rule H3);
 * HRESULT_FROM_WIN32(ERROR_PRIVILEGE_NOT_HELD): large pages without CAP_IPC_LOCK
 * (rules A14, L2);
 * HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED): this kernel has no large pages for the
 * library;
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

/**
 * HostVirtualProtect() - change the protection of committed pages
 * @lpAddress: first byte
 * @dwSize: bytes, not 0; all pages that contain one of them are meant (rules T2,
 *	T3)
 * @flNewProtect: protection that all of them get, as for HostVirtualAlloc().  With
 *	PAGE_GUARD it arms the pages' guards, without it disarms them (rule G5).
 *	PAGE_NOCACHE and PAGE_WRITECOMBINE belong to the region, which keeps what
 *	it was reserved with (rules P8, P9).
 * @pflOldProtect: receives the protection that the first page had (rule T1).  What
 *	is there after a failure is unspecified.
 *
 * Contents are kept (rule T13), what queries report as AllocationProtect doesn't
 * change (rule T12).
 *
 * Return: S_OK, or
 * E_INVALIDARG: a bad protection, which is checked first, size 0, or a range
 * outside of user space (rules T5, T6, T9, T10);
 * E_POINTER: @pflOldProtect is NULL (rules T4, H14);
 * HRESULT_FROM_WIN32(ERROR_NOACCESS): @pflOldProtect can't be written;
 * HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS): not all pages are committed, or they
 * aren't inside one region (rules T7, T8);
 * or what any function may return.  A call that fails has changed no page.
 */
HOSTMEM_API HRESULT HostVirtualProtect(void *lpAddress, SIZE_T dwSize,
				       DWORD flNewProtect, DWORD *pflOldProtect);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_MSCOREE_H */
