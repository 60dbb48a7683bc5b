/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Whether an address lies in a region of any manager of the process: asked of the kernel,
 * by a file that is for nothing else, so that it doesn't matter which managers there are
 * and who has closed what (rule S8).
 *
 * Takes no lock.  Called by fault.c and fetch.c, in signal handlers, lock.c and discard.c.
 */
#ifndef HOSTMEM_OWNED_H
#define HOSTMEM_OWNED_H

#include <stdbool.h>
#include <stdint.h>

/**
 * hostmem_owned() - tell whether an address lies in such a region
 * @addr: any address
 *
 * Return: true if it does; false if not, or if the kernel can't be asked
 */
bool hostmem_owned(const void *addr);

/**
 * hostmem_owned_protect() - tell the protection of a page in such a region
 * @addr: any address
 *
 * Return: PAGE_*; 0 if the page isn't committed, or lies in no such region
 */
uint32_t hostmem_owned_protect(const void *addr);

/**
 * hostmem_owned_open() - open that file in advance
 *
 * As the process may not be allowed to later.
 */
void hostmem_owned_open(void);

#endif /* HOSTMEM_OWNED_H */
