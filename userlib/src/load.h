/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * How much memory a manager can still get, and whether the caller is the process
 * that it belongs to: what the kernel's load pages say, for as long as they may be
 * believed, and otherwise what an ioctl says.
 *
 * Takes no lock.  Called by hosting.c, com_*.c, notifier.c, heap.c and those that present
 * it under Windows' names.
 */
#ifndef HOSTMEM_LOAD_H
#define HOSTMEM_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/hostmem.h>

#include <hostmem/types.h>

#include "errors.h"
#include "manager.h"

struct hostmem_load;

/* How old the kernel's look at the machine's memory may be; see HostGetMemoryLoad(). */
#define HOSTMEM_LOAD_AGE_NS	20000000

/**
 * struct hostmem_load_view - how much memory there is, in bytes
 * @total: the machine's, or the memory cgroup's
 * @available: what of it can be had without swapping
 * @room: what a commit may take
 */
struct hostmem_load_view {
	uint64_t total;
	uint64_t available;
	uint64_t room;
};

/**
 * hostmem_load_look() - tell how much memory there is
 * @manager: whose limit counts, besides the module's
 * @view: receives it
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_load_look(struct hostmem_manager *manager,
				     struct hostmem_load_view *view);

/**
 * hostmem_load_percent() - tell how much of it is in use
 * @view: of hostmem_load_look()
 *
 * Return: percent, 0 to 99
 */
DWORD hostmem_load_percent(const struct hostmem_load_view *view);

/**
 * hostmem_load_get() - tell how much memory there is (rule H15)
 * @manager: whose limit counts, besides the module's
 * @percent: receives the part of the machine's memory that is in use, 0 to 99
 * @room: receives what a commit may take
 *
 * Both are 0 on failure.
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_load_get(struct hostmem_manager *manager,
				    DWORD *percent, SIZE_T *room);

/**
 * hostmem_load_ask() - ask the kernel, which refreshes the load pages
 * @manager: any
 * @load: receives the kernel's answer
 *
 * For the notifier: poll() is silent afterwards until the answer changes.
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_load_ask(struct hostmem_manager *manager,
				    struct hostmem_load *load);

/**
 * hostmem_load_check_owner() - tell whether a manager may be used here and now
 * @manager: any
 *
 * For what the kernel doesn't see: locks and memory of the library itself, which in
 * a child made by fork() may be held, or missing.
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_NOT_OWNER, or what else is wrong
 */
enum hostmem_error hostmem_load_check_owner(struct hostmem_manager *manager);

/**
 * hostmem_load_is_owner() - the same, if a few instructions are enough to tell
 * @manager: any
 *
 * Return: true if hostmem_load_check_owner() returns HOSTMEM_OK; false: it has to be asked
 */
static inline bool hostmem_load_is_owner(struct hostmem_manager *manager)
{
	const struct hostmem_load_page *load = atomic_load(&manager->load), *own;
	uint32_t id;

	if (!load || atomic_load(&manager->broken))
		return false;
	own = (const void *)((const char *)load + HOSTMEM_PAGE_SIZE);
	id = __atomic_load_n(&own->id, __ATOMIC_RELAXED);
	return id && id == hostmem_file_id(atomic_load(&manager->file));
}

/**
 * hostmem_load_may_be_owner() - tell what the load pages alone say about that
 * @manager: any, also one whose descriptor has been closed
 *
 * Return: false in a child made by fork(); true in the owner, and if there are no pages
 */
bool hostmem_load_may_be_owner(struct hostmem_manager *manager);

#endif /* HOSTMEM_LOAD_H */
