/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory pressure, as told to user space: what the machine has, and whom to wake
 * when the answer to "how much is available?" changes.
 *
 * Stands below charge.c, which tells of changes in the limits, load.c and
 * prealloc.c; no lock of ours need be held.  (What takes memory under pressure is
 * reclaim.c.)
 */
#ifndef HOSTMEM_PRESSURE_H
#define HOSTMEM_PRESSURE_H

#include <linux/types.h>

struct file;
struct poll_table_struct;

/** hm_pressure_notify - let all that poll look again */
void hm_pressure_notify(void);

/** hm_pressure_wait - let a poll(2) be woken by hm_pressure_notify() */
void hm_pressure_wait(struct file *file, struct poll_table_struct *table);

/**
 * struct hm_memory - the machine's memory, in pages
 * @total: all of it
 * @available: what can be had without swapping: MemAvailable, less what zones keep
 *	back
 * @level: HOSTMEM_AVAILABLE_*, as far as the machine goes
 */
struct hm_memory {
	unsigned long total;
	unsigned long available;
	u32 level;
};

/** hm_pressure_memory - look at the machine's memory */
struct hm_memory hm_pressure_memory(void);

/** hm_pressure_is_extreme - is so little left that nothing more may be committed? */
bool hm_pressure_is_extreme(void);

/** hm_pressure_exit - nobody polls any more */
void hm_pressure_exit(void);

#endif /* HOSTMEM_PRESSURE_H */
