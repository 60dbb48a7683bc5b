/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What commits that run at a time take of one memory cgroup, so that together they take no
 * more than memcg.h says is left.  For commit.c and prealloc.c.
 */
#ifndef HOSTMEM_MEMCG_CLAIM_H
#define HOSTMEM_MEMCG_CLAIM_H

#include <linux/types.h>

struct hm_crowd;
struct mem_cgroup;

/**
 * struct hm_memcg_claim - what a commit takes of a memory cgroup where little is left
 * @memcg: the caller's cgroup, with a reference
 * @crowd: those who commit there, with their lock held; NULL while there is plenty
 * @pages: that are about to be allocated
 *
 * On the stack of the commit, and its own.
 */
struct hm_memcg_claim {
	struct mem_cgroup *memcg;
	struct hm_crowd *crowd;
	unsigned long pages;
};

#ifdef CONFIG_MEMCG

/**
 * hm_memcg_enter - begin to allocate what a commit needs
 * @claim: empty
 * @pages: that it may need
 *
 * Of two commits at a time each may find that there is room, and both together
 * take more.  So where little is left of a cgroup, a commit waits for others of the
 * same cgroup; of others below the same limit it takes their claims into account, but
 * waits for none: a cgroup may be throttled while it allocates (rule S3).
 *
 * Context: sleeps.  See the lock order in space.h.
 * Return: 0; -EINTR after a fatal signal; -ENOMEM if there can't be so much, whoever
 * waits.
 */
int hm_memcg_enter(struct hm_memcg_claim *claim, unsigned long pages);

/**
 * hm_memcg_claim - will the caller's memory cgroup have something left?
 * @claim: which hm_memcg_enter() has begun
 * @pages: that are about to be allocated, in place of those claimed before
 *
 * As hm_memcg_leaves(), and others take them into account from now on.
 *
 * Context: sleeps.  See the lock order in space.h.
 * Return: 0, -EINTR or -ENOMEM.
 */
int hm_memcg_claim(struct hm_memcg_claim *claim, unsigned long pages);

/**
 * hm_memcg_settle - some of what was claimed has been allocated
 * @claim: the claim
 * @pages: what is left of it
 */
void hm_memcg_settle(struct hm_memcg_claim *claim, unsigned long pages);

/** hm_memcg_leave - what the commit needs has been allocated, or been freed */
void hm_memcg_leave(struct hm_memcg_claim *claim);

#else

static inline int hm_memcg_enter(struct hm_memcg_claim *claim, unsigned long pages)
{
	return 0;
}

static inline int hm_memcg_claim(struct hm_memcg_claim *claim, unsigned long pages)
{
	return 0;
}

static inline void hm_memcg_settle(struct hm_memcg_claim *claim, unsigned long pages)
{
}

static inline void hm_memcg_leave(struct hm_memcg_claim *claim)
{
}

#endif /* CONFIG_MEMCG */

#endif /* HOSTMEM_MEMCG_CLAIM_H */
