/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that were decommitted or released while others held them.  Their owner has
 * lost them; whoever has pinned them goes on to read and write them.  They stay
 * charged to the limits, and to their memory cgroup, until nobody has them: else
 * memory in use would exceed what a limit allows.
 *
 * Nobody tells when a pin goes.  So one work looks from time to time, at less and less
 * short intervals while nothing changes; and a commit without room looks at what its
 * own space has.
 *
 * Called by calls.c, reserve.c, commit.c and asked.c with no lock held but commits' own.
 */
#ifndef HOSTMEM_PINNED_H
#define HOSTMEM_PINNED_H

#include "backing.h"
#include "space.h"

/* hm_pinned_keep() where there is something to keep. */
unsigned long hm_pinned_add(struct hm_space *space, struct hm_batch *batch);

/**
 * hm_pinned_keep - keep what others hold of a batch
 * @space: what it was charged to
 * @batch: has been freed otherwise
 *
 * The space lives until all of them are gone.
 * Return: how many pages stay charged.
 */
static inline unsigned long hm_pinned_keep(struct hm_space *space,
					   struct hm_batch *batch)
{
	return batch->nr_held ? hm_pinned_add(space, batch) : 0;
}

/**
 * hm_pinned_look - free, and uncharge, what nobody holds any more
 * Return: whether there was any.
 */
bool hm_pinned_look(struct hm_space *space);

/** hm_pinned_exit - let all go; no file is open any more */
void hm_pinned_exit(void);

#endif /* HOSTMEM_PINNED_H */
