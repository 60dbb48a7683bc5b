/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a memory cgroup leaves: to the caller's commits, for commit.c, prealloc.c and
 * reserve.c; and to who asks how much there is, for load.c and pool_fill.c.  By the same
 * numbers: rule S6.
 */
#ifndef HOSTMEM_MEMCG_H
#define HOSTMEM_MEMCG_H

#include <linux/types.h>

#include "pressure.h"

struct hm_crowd;
struct mem_cgroup;
struct mm_struct;

/**
 * hm_memcg_memory - what the memory cgroup of an address space leaves to commits
 * @mm: the address space; at least its mm_count is held
 *
 * Page cache that the cgroup, or one above it, has itself is there to be had.
 *
 * Return: the least of the cgroup and all above it; numbers without end, and high, if
 * none of them has a limit.
 */
struct hm_memory hm_memcg_memory(struct mm_struct *mm);

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
 * hm_memcg_shares_limit - would the caller's cgroup gain from what another one gives back?
 * @other: the other one; kept by the caller
 */
bool hm_memcg_shares_limit(struct mem_cgroup *other);

/** hm_memcg_has_caller - does the caller live in just that cgroup? */
bool hm_memcg_has_caller(const struct mem_cgroup *memcg);

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

#endif /* HOSTMEM_MEMCG_H */
