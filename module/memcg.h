/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the caller's memory cgroup leaves to it.  Called by supply.c; no lock.
 */
#ifndef HOSTMEM_MEMCG_H
#define HOSTMEM_MEMCG_H

#include <linux/types.h>

/**
 * hm_memcg_leaves - will the caller's memory cgroup have something left?
 * @pages: that are about to be allocated
 *
 * A cgroup that is full to the last page kills, at the next touch of whatever
 * memory.  Reclaims page cache of the cgroup if need be.
 *
 * Context: sleeps.
 */
bool hm_memcg_leaves(unsigned long pages);

#endif /* HOSTMEM_MEMCG_H */
