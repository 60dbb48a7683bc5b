/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A manager is one open file of the device and with it one set of regions.  Its
 * operations are the library's semantics, written once; hosting.c, win32.c and
 * com_manager.c only present them.
 *
 * No operation waits for a lock: a query has to finish while any other thread of
 * the process is stopped, wherever that thread is (rule H13).  A commit that would be
 * refused tries to take those of heaps, see slack.h.
 */
#ifndef HOSTMEM_MANAGER_H
#define HOSTMEM_MANAGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hostmem/types.h>

#include "device.h"
#include "errors.h"

struct hostmem_load_page;
struct hostmem_notifier;
struct hostmem_status;

/**
 * struct hostmem_manager - one open file of the device
 * @device: path of the device; invariant
 * @timeout_ms: how long a commit may wait for memory, as in HOSTMEM_OPTIONS;
 *	invariant
 * @limit: its own commit limit, of each file that it opens; 0: none; invariant
 * @flags: of each region that it makes, as in HOSTMEM_OPTIONS; the default manager's
 *	are those of environment.h instead; invariant
 * @prepared: bytes that each file it opens is to have prepared ahead; of the default
 *	manager HOSTMEM_PREPARED_UNSAID, until the program says more than the environment
 * @file: 0 until an operation has opened it; device.c's.  A child made by fork()
 *	keeps it, so that the kernel can tell that the child isn't the owner.
 * @broken: the kernel gave an impossible answer; set once, never cleared
 * @load: where the kernel's load pages are, NULL until load.c has mapped them;
 *	invariant after that
 * @notifier: who else wants to know how much memory there is, NULL if nobody
 *	does; set once by notifier.c, used by load.c
 */
struct hostmem_manager {
	const char *device;
	DWORD timeout_ms;
	SIZE_T limit;
	DWORD flags;
	_Atomic(SIZE_T) prepared;
	_Atomic(hostmem_file) file;
	atomic_bool broken;
	_Atomic(const struct hostmem_load_page *) load;
	_Atomic(struct hostmem_notifier *) notifier;
};

/* The manager of the functions that name none; lives as long as the process. */
extern struct hostmem_manager hostmem_default_manager;

/*
 * The operations.  Their arguments go to the kernel as they are, for it alone
 * knows the rules; the public headers tell them.  The library looks only at what
 * the kernel can't see, its own out pointers and the length of the caller's buffer,
 * and at what has to be checked before these.
 *
 * A manager without a device, or a broken one, returns HOSTMEM_ERR_UNAVAILABLE
 * before it looks at any argument.
 */

/**
 * hostmem_manager_alloc() - reserve address space, commit pages, or both
 * @manager: whose memory it will be
 * @addr: where, in bytes, or NULL
 * @length: bytes
 * @type: MEM_*
 * @protect: PAGE_*
 * @level: EMemoryCriticalLevel
 * @out: receives the first byte, NULL on failure
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_alloc(struct hostmem_manager *manager,
					 void *addr, SIZE_T length, DWORD type,
					 DWORD protect, DWORD level, void **out);

/* As environment.h says. */
#define HOSTMEM_PREPARED_UNSAID	SIZE_MAX

/**
 * hostmem_manager_prepare() - have memory prepared ahead from now on
 * @manager: for its commits
 * @bytes: so much
 *
 * Return: HOSTMEM_OK, or what went wrong; then nothing has changed
 */
enum hostmem_error hostmem_manager_prepare(struct hostmem_manager *manager,
					   SIZE_T bytes);

/**
 * hostmem_manager_prepared() - how much a file of a manager is to have prepared ahead
 * @manager: the manager
 *
 * Return: bytes
 */
SIZE_T hostmem_manager_prepared(const struct hostmem_manager *manager);

/**
 * hostmem_manager_deadline() - until when a call that begins now may wait
 * @manager: which timeout counts
 *
 * Return: a time for hostmem_manager_alloc_until(); 0 if it may not wait
 */
uint64_t hostmem_manager_deadline(const struct hostmem_manager *manager);

/**
 * hostmem_deadline_has_passed() - tell whether there is no time left to wait
 * @deadline: of hostmem_manager_deadline()
 *
 * Return: true if it has passed, or was none
 */
bool hostmem_deadline_has_passed(uint64_t deadline);

/**
 * hostmem_manager_alloc_until() - as hostmem_manager_alloc(), with a deadline
 * @manager: whose memory it will be
 * @addr: where, in bytes, or NULL
 * @length: bytes
 * @type: MEM_*
 * @protect: PAGE_*
 * @level: EMemoryCriticalLevel
 * @deadline: nanoseconds of CLOCK_MONOTONIC, 0 not to wait
 * @out: receives the first byte, NULL on failure
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_alloc_until(struct hostmem_manager *manager,
					       void *addr, SIZE_T length,
					       DWORD type, DWORD protect,
					       DWORD level, uint64_t deadline,
					       void **out);

/**
 * hostmem_manager_commit_now() - commit pages, or fail at once
 * @manager: whose memory it is
 * @addr: first byte
 * @length: bytes
 * @protect: PAGE_*
 * @level: EMemoryCriticalLevel
 *
 * For heaps: doesn't ask them for their slack, as the others do, and so takes no lock.
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_commit_now(struct hostmem_manager *manager, void *addr,
					      SIZE_T length, DWORD protect, DWORD level);

/**
 * hostmem_manager_free() - decommit pages or release a region
 * @manager: whose memory it is
 * @addr: first byte
 * @length: bytes, or 0 for the whole region
 * @type: MEM_DECOMMIT or MEM_RELEASE
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_free(struct hostmem_manager *manager,
					void *addr, SIZE_T length, DWORD type);

/**
 * hostmem_manager_query() - tell what lies at an address
 * @manager: whose regions are told apart from other memory
 * @addr: any address of user space
 * @buffer: receives a MEMORY_BASIC_INFORMATION, written by the kernel
 * @length: bytes at @buffer
 * @out: receives the bytes written, 0 on failure
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_query(struct hostmem_manager *manager,
					 const void *addr, void *buffer,
					 SIZE_T length, SIZE_T *out);

/**
 * hostmem_manager_protect() - change the protection of committed pages
 * @manager: whose memory it is
 * @addr: first byte
 * @length: bytes
 * @protect: PAGE_*
 * @old: receives what the first page had, written by the kernel
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_protect(struct hostmem_manager *manager,
					   void *addr, SIZE_T length,
					   DWORD protect, DWORD *old);

/**
 * hostmem_manager_get_watch() - tell which pages have been written
 * @manager: whose memory it is
 * @flags: 0 or WRITE_WATCH_FLAG_RESET
 * @addr: first byte
 * @length: bytes
 * @pages: receives addresses of pages, written by the kernel
 * @count: room in @pages; receives the number of entries
 * @granularity: receives the bytes of a page
 *
 * Return: HOSTMEM_OK, or what went wrong; @count and @granularity are as before
 * then
 */
enum hostmem_error hostmem_manager_get_watch(struct hostmem_manager *manager,
					     DWORD flags, void *addr,
					     SIZE_T length, void **pages,
					     ULONG_PTR *count,
					     DWORD *granularity);

/**
 * hostmem_manager_reset_watch() - count all pages of a range as not written
 * @manager: whose memory it is
 * @addr: first byte
 * @length: bytes
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_reset_watch(struct hostmem_manager *manager,
					       void *addr, SIZE_T length);

/**
 * hostmem_manager_large_page() - size of a large page
 * @manager: any
 * @bytes: receives the size, 0 if there are none and on failure
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_large_page(struct hostmem_manager *manager,
					      SIZE_T *bytes);

/**
 * hostmem_manager_status() - tell what a manager holds
 * @manager: any
 * @status: receives the kernel's answer
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_status(struct hostmem_manager *manager,
					  struct hostmem_status *status);

/**
 * hostmem_manager_open() - open the device if that hasn't been done
 * @manager: any
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_UNAVAILABLE, or why the limit can't be set
 */
enum hostmem_error hostmem_manager_open(struct hostmem_manager *manager);

/**
 * hostmem_manager_call() - make a call of <linux/hostmem.h> that makes no region
 * @manager: any
 * @request: HOSTMEM_IOC_*
 * @arg: its structure
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_call(struct hostmem_manager *manager,
					unsigned long request, void *arg);

/**
 * hostmem_manager_descriptor() - find the descriptor
 * @manager: any
 * @use: what for
 * @fd: receives the descriptor
 *
 * Return: HOSTMEM_OK, or HOSTMEM_ERR_UNAVAILABLE, also if the program has closed it
 * while there are regions
 */
enum hostmem_error hostmem_manager_descriptor(struct hostmem_manager *manager,
					      enum hostmem_use use, int *fd);

/**
 * hostmem_manager_judge() - tell what an ioctl has returned
 * @manager: whose file it was; an impossible answer breaks it
 * @ret: 0, -errno, or nonsense
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_manager_judge(struct hostmem_manager *manager,
					 int ret);

/**
 * hostmem_manager_break() - record an impossible answer of the kernel
 * @manager: has no use from now on
 *
 * Return: HOSTMEM_ERR_IMPOSSIBLE
 */
enum hostmem_error hostmem_manager_break(struct hostmem_manager *manager);

/**
 * hostmem_manager_shutdown() - free all that a manager holds
 * @manager: has an open device
 *
 * Ends calls of other threads, which may be using the descriptor and the load pages
 * still.  Works on a broken manager, too.
 *
 * Return: HOSTMEM_ERR_NOT_OWNER in a child made by fork(), where nothing has happened;
 * HOSTMEM_ERR_UNAVAILABLE if the program has closed the descriptor, and so neither;
 * anything else if all is freed that can be
 */
enum hostmem_error hostmem_manager_shutdown(struct hostmem_manager *manager);

/**
 * hostmem_manager_close() - close the device and unmap the load pages
 * @manager: nobody uses it any more
 */
void hostmem_manager_close(struct hostmem_manager *manager);

#endif /* HOSTMEM_MANAGER_H */
