/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pool*.c share: files that have memory prepared ahead.  Each piece of it has a
 * vmalloc area, be it ready or in use, and nothing else has: so module_areas() counts them.
 *
 * Sets the module's parameters and counts vmalloc areas, so it needs root.
 */
#ifndef POOL_H
#define POOL_H

#include "hostmem_limits.h"

static char pool_limit_before[32];

static void __attribute__((constructor)) save_pool_limit(void)
{
	get_parameter("pool_limit_mb", pool_limit_before);
}

static void __attribute__((destructor)) restore_pool_limit(void)
{
	set_parameter("pool_limit_mb", pool_limit_before);
}

/* Ask for memory and wait for it. */
HELPER bool prepare(int fd, uint64_t bytes)
{
	return !raw_prepare(fd, bytes) && until_prepared(fd, bytes);
}

/*
 * In regions that can't be pinned there is nothing else than memory for whole blocks: so
 * these tests say themselves what their regions are.
 */
HELPER uintptr_t reserve_region(int fd, size_t size, uint32_t flags)
{
	uintptr_t base;

	return raw_alloc_as(fd, 0, size, HOSTMEM_RESERVE, HOSTMEM_READWRITE, flags,
			    &base) ? 0 : base;
}

/* The first byte that isn't 0, or NULL. */
HELPER const char *not_zero(uintptr_t start, size_t size)
{
	const uint64_t *word = (void *)start, *end = (void *)(start + size);

	for (; word < end; word++)
		if (*word)
			return (const char *)word;
	return NULL;
}

#endif /* POOL_H */
