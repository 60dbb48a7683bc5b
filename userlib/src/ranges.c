// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * A set of addresses.  See ranges.h.
 */
#include <stdlib.h>
#include <string.h>

#include "ranges.h"

bool hostmem_ranges_prepare(struct hostmem_ranges *set)
{
	struct hostmem_range *range;
	size_t room = set->room ? 2 * set->room : 16;

	/* A change makes at most one more. */
	if (set->count < set->room)
		return true;
	range = realloc(set->range, room * sizeof(*range));
	if (!range)
		return false;
	set->range = range;
	set->room = room;
	return true;
}

/* The first one that ends at @addr or later. */
static size_t find(const struct hostmem_ranges *set, uintptr_t addr)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->range[middle].end < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Have @with ranges take the place of @count from @first on. */
static void replace(struct hostmem_ranges *set, size_t first, size_t count,
		    const struct hostmem_range *with, size_t nr)
{
	struct hostmem_range *from = set->range + first;

	memmove(from + nr, from + count, (set->count - first - count) * sizeof(*from));
	if (nr)
		memcpy(from, with, nr * sizeof(*from));
	set->count += nr - count;
}

void hostmem_ranges_add(struct hostmem_ranges *set, uintptr_t start, uintptr_t end)
{
	struct hostmem_range sum = { start, end };
	size_t first = find(set, start), next;

	for (next = first; next < set->count && set->range[next].start <= end; next++) {
		if (set->range[next].start < sum.start)
			sum.start = set->range[next].start;
		if (set->range[next].end > sum.end)
			sum.end = set->range[next].end;
	}
	replace(set, first, next - first, &sum, 1);
}

void hostmem_ranges_remove(struct hostmem_ranges *set, uintptr_t start, uintptr_t end)
{
	/* One that ends where the range begins has nothing of it. */
	size_t first = find(set, start + 1), next, nr = 0;
	struct hostmem_range rest[2];

	for (next = first; next < set->count && set->range[next].start < end; next++) {
		if (set->range[next].start < start)
			rest[nr++] = (struct hostmem_range){ set->range[next].start, start };
		if (set->range[next].end > end)
			rest[nr++] = (struct hostmem_range){ end, set->range[next].end };
	}
	replace(set, first, next - first, rest, nr);
}

bool hostmem_ranges_have(const struct hostmem_ranges *set, uintptr_t start, uintptr_t end)
{
	size_t i = find(set, start + 1);

	return i < set->count && set->range[i].start <= start && set->range[i].end >= end;
}
