/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory pressure, as told to user space: what the machine has, and how to wake who
 * polls.
 *
 * Stands below charge.c, which wakes who polls the file that it charges, load.c,
 * which wakes all others, and prealloc.c; no lock of ours need be held.  (What takes
 * memory under pressure is reclaim.c.)
 */
#ifndef HOSTMEM_PRESSURE_H
#define HOSTMEM_PRESSURE_H

#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct hm_pollers - who polls one file
 * @queue: they
 * @armed: may there be one who hasn't been woken since there was nothing new?  Whoever
 *	reads it late is woken once too often, or at the next look.
 *
 * Owned by the space that it is part of.
 */
struct hm_pollers {
	wait_queue_head_t queue;
	bool armed;
};

/** hm_pressure_wake - let all that poll a file look again */
void hm_pressure_wake(struct hm_pollers *pollers);

/**
 * struct hm_memory - memory of the machine, or of a cgroup, in pages
 * @total: all of it
 * @available: what can be had without swapping: MemAvailable, less what zones keep
 *	back
 * @level: HOSTMEM_AVAILABLE_*, as far as this memory goes
 */
struct hm_memory {
	unsigned long total;
	unsigned long available;
	u32 level;
};

/** hm_pressure_memory - look at the machine's memory */
struct hm_memory hm_pressure_memory(void);

/**
 * hm_pressure_is_extreme - is so little left that nothing more may be committed?
 * @pages: that are about to be
 *
 * A look at all zones takes as long as to zero a page: so after one that has found
 * plenty, commits go without for the rest of the tick, up to a part of that.
 */
bool hm_pressure_is_extreme(unsigned long pages);

#endif /* HOSTMEM_PRESSURE_H */
