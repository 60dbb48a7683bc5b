/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A set of addresses, as ranges in ascending order that don't touch.  Called by lock.c,
 * whose lock guards it.
 */
#ifndef HOSTMEM_RANGES_H
#define HOSTMEM_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hostmem_range {
	uintptr_t start;
	uintptr_t end;
};

/**
 * struct hostmem_ranges - the set; all zero is an empty one
 * @range: the ranges, of malloc()
 * @count: how many there are
 * @room: how many @range has room for
 */
struct hostmem_ranges {
	struct hostmem_range *range;
	size_t count;
	size_t room;
};

/**
 * hostmem_ranges_prepare() - see to it that the next change needs no memory
 * @set: any
 *
 * Return: false if there is none
 */
bool hostmem_ranges_prepare(struct hostmem_ranges *set);

/**
 * hostmem_ranges_add() - put addresses into the set
 * @set: has been prepared
 * @start: the first
 * @end: beyond the last
 */
void hostmem_ranges_add(struct hostmem_ranges *set, uintptr_t start, uintptr_t end);

/**
 * hostmem_ranges_remove() - take addresses out of the set
 * @set: has been prepared
 * @start: the first
 * @end: beyond the last
 */
void hostmem_ranges_remove(struct hostmem_ranges *set, uintptr_t start, uintptr_t end);

/**
 * hostmem_ranges_have() - tell whether all addresses are in the set
 * @set: any
 * @start: the first
 * @end: beyond the last
 *
 * Return: true if they are
 */
bool hostmem_ranges_have(const struct hostmem_ranges *set, uintptr_t start, uintptr_t end);

#endif /* HOSTMEM_RANGES_H */
