// SPDX-License-Identifier: GPL-2.0
/*
 * Memory pressure, as told to user space.  See pressure.h.
 */
#include <linux/hostmem.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/wait.h>

#include "pressure.h"

/*
 * Commits leave something to everyone else.  Where nothing is left, the OOM
 * killer has to find it, and it can't take committed memory from a victim before
 * that one is gone: it would go on killing.
 */
static unsigned long kept_free(void)
{
	return min(totalram_pages() / 32, SZ_512M / PAGE_SIZE);
}

/*
 * What a node's zones have, by si_mem_available(), and we can't have.  After allocations
 * that didn't find a block of their kind they keep more free for a while, and who asks
 * for that meets the OOM killer.  And one is for pages that can be moved away, which
 * committed ones can't; so are areas that devices want in one piece at times (CMA).
 */
static unsigned long kept_back(int node)
{
	struct zone *zones = NODE_DATA(node)->node_zones;
	struct zone *movable = zones + ZONE_MOVABLE;
	unsigned long pages;
	unsigned int i;

	/* What is CMA's there is counted below. */
	pages = zone_page_state(movable, NR_FREE_PAGES) -
		zone_page_state(movable, NR_FREE_CMA_PAGES) +
		zone_page_state(movable, NR_ZONE_INACTIVE_FILE) +
		zone_page_state(movable, NR_ZONE_ACTIVE_FILE);
	for (i = 0; i < MAX_NR_ZONES; i++)
		pages += READ_ONCE(zones[i].watermark_boost) +
			 zone_page_state(zones + i, NR_FREE_CMA_PAGES);
	return pages;
}

static long available(void)
{
	long pages = si_mem_available();
	unsigned int node;

	/* for_each_online_node() asks for each that there could ever be. */
	for (node = 0; node < nr_node_ids; node++)
		if (node_online(node))
			pages -= kept_back(node);
	return pages;
}

/* Little is available at twice that, so that the news comes before a refusal. */
#define LOW_PARTS	2
#define HIGH_PARTS	6

struct hm_memory hm_pressure_memory(void)
{
	unsigned long part = kept_free();
	struct hm_memory memory = {
		.total = totalram_pages(),
		.available = max(available(), 0l),
		.level = HOSTMEM_AVAILABLE_NEUTRAL,
	};

	if (memory.available < part * LOW_PARTS)
		memory.level = HOSTMEM_AVAILABLE_LOW;
	else if (memory.available > part * HIGH_PARTS)
		memory.level = HOSTMEM_AVAILABLE_HIGH;
	return memory;
}

/* What commits may take of what the last look has found, before the next one. */
#define PARTS_AT_ONCE	16

/*
 * Whoever looks at the same time as another finds the same, and says so: no more than
 * a tick's worth of it is taken twice.
 */
bool hm_pressure_is_extreme(unsigned long pages)
{
	static atomic_long_t left = ATOMIC_LONG_INIT(0);
	static unsigned long looked;
	long spare;

	if (time_before_eq(jiffies, READ_ONCE(looked)) &&
	    atomic_long_read(&left) > 0 &&
	    atomic_long_sub_return(pages, &left) >= 0)
		return false;
	spare = available() - (long)kept_free();
	atomic_long_set(&left, spare / PARTS_AT_ONCE);
	WRITE_ONCE(looked, jiffies);
	return spare < 0;
}

void hm_pressure_wake(struct hm_pollers *pollers)
{
	WRITE_ONCE(pollers->armed, false);
	/* All: who polls for nothing is told of a shutdown nevertheless. */
	if (wq_has_sleeper(&pollers->queue))
		wake_up_interruptible(&pollers->queue);
}
