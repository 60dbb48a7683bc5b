/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The Win32 shape of the library, for programs that were written for Windows.
 * <hostmem/mscoree.h> is the hosting shape of the same calls on the same memory;
 * its comments tell the rules for arguments, which are not repeated here.
 *
 * All functions may be called from any thread and leave errno alone.  All but
 * HostSetFaultCallback() may be called from signal handlers and take no lock.  A
 * failure leaves its code for GetLastError() of the same thread, a success leaves
 * the last error as it was (rule A18).
 *
 * Besides its own codes each function that asks the device may leave
 *
 * - ERROR_NOT_READY: /dev/hostmem can't be opened; the next call tries again.  Or the
 *   program has closed the library's descriptor while there are regions
 * - ERROR_ACCESS_DENIED: a child made by fork() called, and its parent opened
 *   the device
 * - ERROR_GEN_FAILURE: the kernel gave an answer that it should never give.
 *   From then on every call of the process fails with ERROR_NOT_READY.
 */
#ifndef HOSTMEM_MEMORYAPI_H
#define HOSTMEM_MEMORYAPI_H

#include <hostmem/memory.h>
#include <hostmem/types.h>
#include <hostmem/winerror.h>

/* What a fault is: codes of HOSTMEM_FAULT_CALLBACK. */
#define STATUS_GUARD_PAGE_VIOLATION	0x80000001u
#define STATUS_ACCESS_VIOLATION		0xC0000005u
#define EXCEPTION_GUARD_PAGE		STATUS_GUARD_PAGE_VIOLATION
#define EXCEPTION_ACCESS_VIOLATION	STATUS_ACCESS_VIOLATION

/* What the code that faulted wanted to do. */
#define EXCEPTION_READ_FAULT		0u
#define EXCEPTION_WRITE_FAULT		1u
#define EXCEPTION_EXECUTE_FAULT		8u

#ifdef __cplusplus
extern "C" {
#endif

/**
 * VirtualAlloc() - reserve address space, commit or reset pages
 * @lpAddress: where, or NULL
 * @dwSize: bytes, not 0
 * @flAllocationType: MEM_RESERVE, MEM_COMMIT or both, with what may be added; or
 *	MEM_RESET or MEM_RESET_UNDO
 * @flProtect: PAGE_*
 *
 * The same as HostVirtualAlloc() with eProcessCritical: Windows has no levels,
 * and its programs may expect the whole of the commit limit.
 *
 * Return: first byte of what was reserved or committed (rule A16), or NULL with
 * ERROR_INVALID_PARAMETER: an argument is wrong by itself (rules A1-A11, P1-P6,
 * L1);
 * ERROR_INVALID_ADDRESS: the range meets a region that exists, or for a commit or
 * a reset, isn't inside one region; or MEM_RESET_UNDO came too late (rules B5, C3,
 * C4, C12, R5, R11);
 * ERROR_COMMITMENT_LIMIT: the commit limit, or no memory (rule A13);
 * ERROR_NOT_ENOUGH_MEMORY: no address space (rule A12);
 * ERROR_PRIVILEGE_NOT_HELD: large pages without CAP_IPC_LOCK (rules A14, L2);
 * ERROR_NOT_SUPPORTED: this kernel has no large pages for the library;
 * ERROR_ACCESS_DENIED: the system forbids the mapping.
 */
HOSTMEM_API LPVOID VirtualAlloc(LPVOID lpAddress, SIZE_T dwSize,
				DWORD flAllocationType, DWORD flProtect)
	HOSTMEM_SYMBOL(VirtualAlloc);

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
HOSTMEM_API BOOL VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
	HOSTMEM_SYMBOL(VirtualFree);

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
				SIZE_T dwLength)
	HOSTMEM_SYMBOL(VirtualQuery);

/**
 * VirtualProtect() - change the protection of committed pages
 * @lpAddress: first byte
 * @dwSize: bytes, not 0
 * @flNewProtect: PAGE_*
 * @lpflOldProtect: receives the protection that the first page had
 *
 * The same as HostVirtualProtect().
 *
 * Return: TRUE, or FALSE with
 * ERROR_INVALID_PARAMETER: a bad protection, which is checked first, size 0, or a
 * range outside of user space (rules T5, T6, T9, T10);
 * ERROR_NOACCESS: @lpflOldProtect is NULL or can't be written (rule T4);
 * ERROR_INVALID_ADDRESS: not all pages are committed, or they aren't inside one
 * region (rules T7, T8).
 */
HOSTMEM_API BOOL VirtualProtect(LPVOID lpAddress, SIZE_T dwSize,
				DWORD flNewProtect, PDWORD lpflOldProtect)
	HOSTMEM_SYMBOL(VirtualProtect);

/**
 * GetWriteWatch() - tell which pages of a region have been written
 * @dwFlags: 0, or WRITE_WATCH_FLAG_RESET to have the pages that are reported
 *	count as not written from then on (rules W7, W8)
 * @lpBaseAddress: first byte of a range in a region with MEM_WRITE_WATCH
 * @dwRegionSize: bytes, not 0; both ends are rounded outward to 4096 bytes (rule
 *	W9)
 * @lpAddresses: receives the addresses of the pages, ascending
 * @lpdwCount: room in @lpAddresses, not 0; receives the number of entries, and
 *	what lies beyond them stays as it was (rule W2)
 * @lpdwGranularity: receives the size of a page, 4096
 *
 * Whoever writes is seen, system calls and debuggers, too; a write that comes
 * while the function runs is reported by this call or by the next (rules W4-W6).
 *
 * Return: 0, or ~0u with
 * ERROR_NOACCESS: one of the pointers is NULL or, for @lpAddresses, can't be
 * written (rules W18, W20);
 * ERROR_INVALID_PARAMETER: no room, size 0, a bad flag, or the range isn't inside
 * one region with MEM_WRITE_WATCH (rules W19, W21-W23).
 */
HOSTMEM_API UINT GetWriteWatch(DWORD dwFlags, PVOID lpBaseAddress,
			       SIZE_T dwRegionSize, PVOID *lpAddresses,
			       ULONG_PTR *lpdwCount, LPDWORD lpdwGranularity)
	HOSTMEM_SYMBOL(GetWriteWatch);

/**
 * ResetWriteWatch() - count all pages of a range as not written
 * @lpBaseAddress: first byte of a range in a region with MEM_WRITE_WATCH
 * @dwRegionSize: bytes, not 0; both ends are rounded outward to 4096 bytes
 *
 * Return: 0, or ~0u with ERROR_INVALID_PARAMETER: size 0, or the range isn't
 * inside one region with MEM_WRITE_WATCH (rules W10, W22, W23).
 */
HOSTMEM_API UINT ResetWriteWatch(LPVOID lpBaseAddress, SIZE_T dwRegionSize)
	HOSTMEM_SYMBOL(ResetWriteWatch);

/**
 * GetLargePageMinimum() - the unit of MEM_LARGE_PAGES
 *
 * Return: bytes of a large page; 0 if this kernel or processor has none for the
 * library; or 0 with a last error if the device can't be asked.
 */
HOSTMEM_API SIZE_T GetLargePageMinimum(void)
	HOSTMEM_SYMBOL(GetLargePageMinimum);

/**
 * typedef HOSTMEM_FAULT_CALLBACK - decides about a fault in the library's memory
 * @code: EXCEPTION_GUARD_PAGE: a page with PAGE_GUARD, which it has no more (rule
 *	G1); EXCEPTION_ACCESS_VIOLATION: any other access that the page forbids
 *	(rule G14)
 * @access: EXCEPTION_READ_FAULT, EXCEPTION_WRITE_FAULT or
 *	EXCEPTION_EXECUTE_FAULT
 * @address: what was accessed
 * @context: as given to HostSetFaultCallback()
 *
 * Called by a signal handler in the thread that faulted, on its alternate signal
 * stack if it has one, with no signal blocked that wasn't before.  It may fault
 * itself, which calls it again.  It may leave by siglongjmp().
 *
 * Return: TRUE to try the access again (rule G2), FALSE to end the process by the
 * signal, SIGBUS for a guard page and otherwise SIGSEGV.
 */
typedef BOOL (*HOSTMEM_FAULT_CALLBACK)(DWORD code, DWORD access, void *address,
				       void *context);

/**
 * HostSetFaultCallback() - choose what is called for faults in the library's memory
 * @callback: the process's only callback from now on, or NULL for none
 * @context: its last argument
 *
 * The first call with a callback installs handlers for SIGSEGV and SIGBUS, for
 * good.  What these had before is done for all faults elsewhere and all signals
 * that were sent, and also for faults in the library's memory while there is no
 * callback.  Handlers that the program installs later come first, and may call
 * those of the library.
 *
 * Vectored handlers (<hostmem/win32/errhandlingapi.h>) are asked before.
 *
 * The library's memory is that of all managers and heaps, too (rule S8).  A thread that
 * blocks SIGSEGV or SIGBUS doesn't get there: Linux ends the process.
 *
 * Accesses by system calls aren't faults: the calls fail with EFAULT (rules G7,
 * G8).
 *
 * Context: not for signal handlers, except for callbacks that run because of the
 * program's own accesses.
 * Return: TRUE, or FALSE with ERROR_NOT_ENOUGH_MEMORY, and nothing has changed.
 */
HOSTMEM_API BOOL HostSetFaultCallback(HOSTMEM_FAULT_CALLBACK callback,
				      void *context);

/**
 * GetLastError() - the calling thread's last error
 *
 * Return: Win32 error code of the last function of this header that failed, or
 * what SetLastError() has put there since; 0 in a new thread.  The functions of
 * <hostmem/mscoree.h> don't change it.
 */
HOSTMEM_API DWORD GetLastError(void)
	HOSTMEM_SYMBOL(GetLastError);

/**
 * SetLastError() - set the calling thread's last error
 * @dwErrCode: any value
 */
HOSTMEM_API void SetLastError(DWORD dwErrCode) HOSTMEM_SYMBOL(SetLastError);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_MEMORYAPI_H */
