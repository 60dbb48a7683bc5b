/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The hosting shape of the library: the calls that a host of the CLR answers.
 * <hostmem/memoryapi.h> is the Win32 shape of the same calls; a program may use
 * both.
 *
 * CreateHostMemoryManager() makes managers, each with its own regions, its own
 * limit and its own heaps; <hostmem/interfaces.h> has their methods.  Functions
 * that name no manager work on the process's default one, as those of the Win32
 * shape do; it opens /dev/hostmem when it is used first, and its memory is as
 * HOSTMEM_PINNABLE says if the environment variable of that name is "1", and it has as
 * many MiB prepared ahead as HOSTMEM_PREPARED says.
 *
 * Functions and methods may be called from any thread and leave errno alone.  Those
 * about virtual memory and GetMemoryLoad may also be called from signal handlers
 * and take no lock.  Success is S_OK and nothing else (rules H1, H10, H13).
 *
 * Any of them may return
 *
 * - HOST_E_CLRNOTAVAILABLE: the device can't be opened, and the next call tries
 *   again; or the program has closed the manager's descriptor while there are regions;
 *   or the manager's last reference is gone
 * - HOST_E_NOT_OWNER: a child made by fork() called, and its parent opened the
 *   device; the parent's memory isn't in the child
 * - HOST_E_ABANDONED: another thread released the manager's last reference, which
 *   ended the call
 * - E_FAIL: the kernel gave an answer that it should never give.  From then on
 *   every call of this manager returns HOST_E_CLRNOTAVAILABLE (rule H8).
 */
#ifndef HOSTMEM_MSCOREE_H
#define HOSTMEM_MSCOREE_H

#include <hostmem/interfaces.h>
#include <hostmem/memory.h>
#include <hostmem/types.h>
#include <hostmem/unknwn.h>
#include <hostmem/winerror.h>

#ifdef __cplusplus
extern "C" {
#endif

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
 * HOST_E_TIMEOUT: the same, after waiting for as long as the manager may;
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

/**
 * HostGetMemoryLoad() - tell how much memory there is
 * @pMemoryLoad: receives the percentage of the machine's memory that is in use, 0
 *	to 99 (rule H15)
 * @pAvailableBytes: receives what could be committed now by a caller with
 *	eProcessCritical: the least of the machine's available memory, the room in
 *	the module's limit and the room in the manager's own
 *
 * Makes no system call, unless the kernel last looked at the machine's memory more
 * than 20 milliseconds ago; commits and decommits through the module are seen at
 * once.  Both are a moment's view: other processes commit, too.
 *
 * Return: S_OK, or
 * E_POINTER: one of the pointers is NULL;
 * or what any function may return.
 */
HOSTMEM_API HRESULT HostGetMemoryLoad(DWORD *pMemoryLoad,
				      SIZE_T *pAvailableBytes);

/* For dwTimeoutMs: wait for ever. */
#define HOSTMEM_INFINITE	0xFFFFFFFFu

/* For dwFlags: the kernel can pin the memory. */
#define HOSTMEM_PINNABLE	0x1u

/**
 * struct HOSTMEM_OPTIONS - what a manager shall be like; all zero is the default
 * @cbSize: sizeof(HOSTMEM_OPTIONS)
 * @pszDevice: path of the device; NULL is "/dev/hostmem"
 * @cbCommitLimit: the most that may be committed in the manager's regions and
 *	heaps, rounded down to 4096 bytes; 0: only the module's limit counts.  A
 *	part of it is kept for the higher levels, as of the module's.
 * @dwTimeoutMs: how long a commit may wait for room in the limits, in
 *	milliseconds.  0: it fails at once with E_OUTOFMEMORY.  HOSTMEM_INFINITE:
 *	until there is room.  A commit that has waited in vain returns
 *	HOST_E_TIMEOUT.
 * @dwFlags: 0, or HOSTMEM_PINNABLE: the kernel can pin the memory of the manager's
 *	regions and heaps, so that O_DIRECT, vmsplice(2), process_vm_readv(2), io_uring's
 *	fixed buffers and shared futexes work on it; commits and decommits cost more.
 *	Large pages of such a manager that the kernel can't have are refused with
 *	HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED).
 */
typedef struct HOSTMEM_OPTIONS {
	SIZE_T cbSize;
	const char *pszDevice;
	SIZE_T cbCommitLimit;
	DWORD dwTimeoutMs;
	DWORD dwFlags;
} HOSTMEM_OPTIONS;

/**
 * CreateHostMemoryManager() - make a manager
 * @pOptions: what it shall be like, or NULL for the defaults.  A size in @cbSize
 *	that no version of this header has is an error.
 * @ppManager: receives the manager with one reference, NULL on failure
 *
 * The manager has a file of the device for itself.  Its last Release() frees its
 * regions; its heaps keep it alive.
 *
 * Return: S_OK, or
 * E_POINTER: @ppManager is NULL;
 * E_INVALIDARG: @cbSize is wrong, or @dwFlags has a bit that isn't known;
 * E_OUTOFMEMORY: no memory for the object;
 * HOST_E_CLRNOTAVAILABLE: there is no such device, it may not be opened, or isn't
 * one of the module's.
 */
HOSTMEM_API HRESULT CreateHostMemoryManager(const HOSTMEM_OPTIONS *pOptions,
					    IHostMemoryManager **ppManager);

/**
 * struct HOSTMEM_STATUS - what a manager holds
 * @cbSize: sizeof(HOSTMEM_STATUS), to be set by the caller
 * @cRegions: regions, those of heaps included
 * @cbReserved: bytes of address space in these
 * @cbCommitted: bytes committed in these
 * @cbCommitLimit: the manager's own limit; the highest SIZE_T if it has none
 * @cWaiting: calls that wait for room in the limits
 * @cAcquired: ranges that AcquiredVirtualAddressSpace() told of and
 *	ReleasedVirtualAddressSpace() hasn't
 * @cbAcquired: bytes in these
 * @cNeeds: calls of NeedsVirtualAddressSpace() so far
 * @cbPrepared: bytes of memory that are ready for commits and belong to none yet; no
 *	part of @cbCommitted.  A caller with the structure before it had this member, of
 *	72 bytes, doesn't get it.
 *
 * @cAcquired, @cbAcquired and @cNeeds are 0 for the default manager, which has no such methods.
 */
typedef struct HOSTMEM_STATUS {
	SIZE_T cbSize;
	SIZE_T cRegions;
	SIZE_T cbReserved;
	SIZE_T cbCommitted;
	SIZE_T cbCommitLimit;
	SIZE_T cWaiting;
	SIZE_T cAcquired;
	SIZE_T cbAcquired;
	SIZE_T cNeeds;
	SIZE_T cbPrepared;
} HOSTMEM_STATUS;

/**
 * HostMemoryManagerStatus() - tell what a manager holds
 * @pManager: a manager of the library; NULL is the default one
 * @pStatus: receives the answer, with @cbSize as the caller has set it
 *
 * The numbers are taken one after the other, while other threads may go on.
 *
 * Return: S_OK, or
 * E_POINTER: @pStatus is NULL;
 * E_INVALIDARG: @cbSize is wrong, or @pManager isn't a manager of the library;
 * or what any function may return.
 */
HOSTMEM_API HRESULT HostMemoryManagerStatus(IHostMemoryManager *pManager,
					    HOSTMEM_STATUS *pStatus);

/**
 * HostMemoryManagerPrepare() - have memory ready for a manager's commits
 * @pManager: a manager of the library; NULL is the default one
 * @cbPrepared: so many bytes are kept ready, rounded down to 2 MiB; 0: none
 *
 * They are zeroed ahead of time, when processors have nothing else to do, for commits of
 * whole 2 MiB.  The commit limits don't count them before they are committed; the memory
 * cgroup does.  They are given up where memory is short.
 *
 * Return: S_OK, or
 * E_INVALIDARG: @pManager isn't a manager of the library;
 * E_OUTOFMEMORY: no memory for what has to prepare it;
 * or what any function may return.
 */
HOSTMEM_API HRESULT HostMemoryManagerPrepare(IHostMemoryManager *pManager,
					     SIZE_T cbPrepared);

/**
 * HostMemoryManagerDescriptor() - tell a manager's file descriptor
 * @pManager: a manager of the library; NULL is the default one
 * @pDescriptor: receives the descriptor, -1 on failure
 *
 * For event loops that would rather not have a thread of the library call them:
 * poll() reports POLLIN while the available memory (EMemoryAvailable) differs from
 * what HOSTMEM_IOC_LOAD of <linux/hostmem.h> has last returned for this manager, and
 * POLLHUP when the manager has been shut down.  GetMemoryLoad makes that call,
 * too, and so does a thread that serves registered callbacks: a manager whose
 * descriptor is polled should have neither.
 *
 * The descriptor belongs to the manager, which closes it in the end.  If the program
 * closes it while there are regions or registered callbacks, the manager is of no use any
 * more; otherwise it gets another one (rule S7).
 *
 * Return: S_OK, or
 * E_POINTER: @pDescriptor is NULL;
 * E_INVALIDARG: @pManager isn't a manager of the library;
 * or what any function may return.
 */
HOSTMEM_API HRESULT HostMemoryManagerDescriptor(IHostMemoryManager *pManager,
						int *pDescriptor);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_MSCOREE_H */
