/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the caller's memory cgroup leaves to it.  Called by commit.c, prealloc.c and
 * reserve.c.
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

/**
 * hm_memcg_enter - begin to allocate what a commit needs
 * @pages: that it may need
 *
 * Of two commits at a time each may find that there is room, and both together
 * take more.  So where little is left, one has to wait for the other.
 *
 * Context: sleeps.  See the lock order in space.h.
 * Return: what hm_memcg_leave() wants; -EINTR after a fatal signal; -ENOMEM if
 * there can't be so much, whoever waits.
 */
int hm_memcg_enter(unsigned long pages);

/**
 * hm_memcg_leave - what the commit needs has been allocated, or been freed
 * @entered: what hm_memcg_enter() has returned
 */
void hm_memcg_leave(int entered);

#endif /* HOSTMEM_MEMCG_H */
