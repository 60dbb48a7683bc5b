/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A manager is one open file of the device and with it one set of regions.  Its
 * operations are the library's semantics, written once; hosting.c and win32.c
 * only present them.
 *
 * No operation takes a lock: a query has to finish while any other thread of
 * the process is stopped, wherever that thread is (rule H13).
 */
#ifndef HOSTMEM_MANAGER_H
#define HOSTMEM_MANAGER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <hostmem/types.h>

#include "errors.h"

/**
 * struct hostmem_manager - one open file of the device
 * @device: path of the device; invariant
 * @fd: its descriptor, -1 until an operation has opened it; invariant after
 *	that.  A child made by fork() keeps it, so that the kernel can tell that
 *	the child isn't the owner.
 * @broken: the kernel gave an impossible answer; set once, never cleared
 */
struct hostmem_manager {
	const char *device;
	atomic_int fd;
	atomic_bool broken;
};

/* The manager of the functions that name none; lives as long as the process. */
extern struct hostmem_manager hostmem_default_manager;

/*
 * The operations.  Their arguments go to the kernel as they are, for it alone
 * knows the rules; <hostmem/mscoree.h> tells them.  The library looks only at
 * what the kernel can't see: its own out pointers and the length of the caller's
 * buffer.
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

#endif /* HOSTMEM_MANAGER_H */
