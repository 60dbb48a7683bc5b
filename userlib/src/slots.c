// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Values under keys, without locks.  See slots.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "slots.h"

#define FREE	0
#define FILLED	1	/* by somebody, just now */

/* The part after this one, which is made if there is none; NULL: no memory. */
static struct hostmem_slots *part_after(struct hostmem_slots *slots)
{
	struct hostmem_slots *next = atomic_load(&slots->next);
	int saved = errno;
	void *mem;

	if (next)
		return next;
	/* Not malloc(), which isn't for signal handlers. */
	mem = mmap(NULL, sizeof(*next), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	errno = saved;
	if (mem == MAP_FAILED)
		return NULL;
	if (!atomic_compare_exchange_strong(&slots->next, &next, mem)) {
		munmap(mem, sizeof(*next));
		return next;
	}
	return mem;
}

static bool fill(struct hostmem_slot *slot, uint64_t key, uintptr_t value)
{
	uint_fast64_t free = FREE;

	if (!atomic_compare_exchange_strong(&slot->key, &free, FILLED))
		return false;
	atomic_store(&slot->value, value);
	atomic_store(&slot->key, key);
	return true;
}

bool hostmem_slots_add(struct hostmem_slots *slots, uint64_t key, uintptr_t value)
{
	unsigned int i;

	for (; slots; slots = part_after(slots))
		for (i = 0; i < HOSTMEM_SLOTS; i++)
			if (fill(&slots->slot[i], key, value))
				return true;
	return false;
}

bool hostmem_slots_remove(struct hostmem_slots *slots, uint64_t key)
{
	uint_fast64_t found;
	unsigned int i;

	for (; key >= HOSTMEM_FIRST_KEY && slots; slots = atomic_load(&slots->next))
		for (i = 0; i < HOSTMEM_SLOTS; i++) {
			found = key;
			if (atomic_compare_exchange_strong(&slots->slot[i].key, &found, FREE))
				return true;
		}
	return false;
}

bool hostmem_slots_next(struct hostmem_slots *slots, uint64_t *key, uintptr_t *value)
{
	uint64_t lowest = 0;
	unsigned int i;

	for (; slots; slots = atomic_load(&slots->next))
		for (i = 0; i < HOSTMEM_SLOTS; i++) {
			struct hostmem_slot *slot = &slots->slot[i];
			uint64_t found = atomic_load(&slot->key);
			uintptr_t its = atomic_load(&slot->value);

			if (found < HOSTMEM_FIRST_KEY || found < *key ||
			    (lowest && found > lowest))
				continue;
			/* As no key comes again, the value is this one's. */
			if (atomic_load(&slot->key) != found)
				continue;
			lowest = found;
			*value = its;
		}
	*key = lowest;
	return lowest;
}
