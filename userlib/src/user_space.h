/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What there is at addresses, for files that present functions with Windows' names: the
 * end of user space, runs of pages that are alike, and access that fails instead of
 * raising a signal.  No lock; leaves errno alone.
 */
#ifndef HOSTMEM_USER_SPACE_H
#define HOSTMEM_USER_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include <hostmem/memory.h>

#include "errors.h"

/* No reservation begins below it (rule A1). */
#define HOSTMEM_USER_SPACE_FIRST	((uintptr_t)0x10000)

/**
 * hostmem_user_space_last() - the last address that a query takes (rule Q3)
 *
 * Asks by a file of its own, so that a process may ask before it forks.
 *
 * Return: the address; without a device that of four-level page tables
 */
uintptr_t hostmem_user_space_last(void);

/**
 * struct hostmem_run - pages that a query takes for one
 * @start: first byte that was asked for, of a page
 * @end: where the run ends, or the range that was asked for
 * @info: the query's answer
 */
struct hostmem_run {
	uintptr_t start;
	uintptr_t end;
	MEMORY_BASIC_INFORMATION info;
};

/**
 * hostmem_run_at() - find the run at an address, as the default manager sees it
 * @start: of a page
 * @end: of the range that the caller looks at, of a page
 * @run: receives the run
 *
 * Return: HOSTMEM_OK, or what a query has said
 */
enum hostmem_error hostmem_run_at(uintptr_t start, uintptr_t end,
				  struct hostmem_run *run);

/**
 * hostmem_run_is_accessible() - tell whether its pages are for any access
 * @run: any
 *
 * Return: true if they are committed, and not PAGE_NOACCESS
 */
static inline bool hostmem_run_is_accessible(const struct hostmem_run *run)
{
	return run->info.State == MEM_COMMIT &&
	       (run->info.Protect & 0xff) != PAGE_NOACCESS;
}

/**
 * hostmem_pages_of() - round a range outward to pages
 * @addr: first byte
 * @size: bytes
 * @start: receives where its first page begins
 * @end: receives where its last page ends
 *
 * Return: true; false if it has no byte, or some that there are no addresses for
 */
bool hostmem_pages_of(const void *addr, SIZE_T size, uintptr_t *start, uintptr_t *end);

/**
 * hostmem_touch() - have the kernel read at an address
 * @addr: any address; a guard of its page is cleared (rules G7, G8)
 *
 * Return: true if it could
 */
bool hostmem_touch(uintptr_t addr);

#endif /* HOSTMEM_USER_SPACE_H */
