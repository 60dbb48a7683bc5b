// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: what VirtualLock remembers, a set of ranges, against a map of all its
 * addresses (rule K4).
 */
#include <stdlib.h>
#include <string.h>

#include "ranges.h"
#include "tap.h"

#define ADDRESSES	64
#define ROUNDS		20000

static bool map[ADDRESSES];
static struct hostmem_ranges set;

static unsigned int below(unsigned int limit)
{
	static unsigned long state = 88172645463325252ul;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state >> 32) % limit;
}

static bool map_has(unsigned int start, unsigned int end)
{
	unsigned int i;

	for (i = start; i < end; i++)
		if (!map[i])
			return false;
	return true;
}

static unsigned int map_runs(void)
{
	unsigned int i, runs = 0;

	for (i = 0; i < ADDRESSES; i++)
		runs += map[i] && (!i || !map[i - 1]);
	return runs;
}

/* Ascending, and no two that touch. */
static bool is_sorted(void)
{
	size_t i;

	for (i = 0; i < set.count; i++)
		if (set.range[i].start >= set.range[i].end ||
		    (i && set.range[i - 1].end >= set.range[i].start))
			return false;
	return true;
}

static void changes(void)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned int start = below(ADDRESSES), end = start + 1 + below(ADDRESSES - start);
		bool add = below(2);

		/* Mostly short ones, so that there are many. */
		if (below(4) && end > start + 3)
			end = start + 3;
		CHECK(hostmem_ranges_have(&set, start, end) == map_has(start, end),
		      "round %u, [%u, %u)", i, start, end);
		if (!hostmem_ranges_prepare(&set))
			abort();
		if (add)
			hostmem_ranges_add(&set, start, end);
		else
			hostmem_ranges_remove(&set, start, end);
		memset(map + start, add, end - start);
		CHECK(is_sorted() && set.count == map_runs(), "round %u, %zu and %u", i,
		      set.count, map_runs());
	}
}

int main(void)
{
	tap_case("adds, removes and looks as a map does", changes, 2 * ROUNDS);
	free(set.range);
	return tap_end();
}
