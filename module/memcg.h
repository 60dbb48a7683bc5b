/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a memory cgroup leaves: to the caller's commits, for memcg_claim.c and reserve.c;
 * and to who asks how much there is, for load.c and pool_fill.c.  By the same numbers:
 * rule S6.  And who shares a limit, for pool.c.
 */
#ifndef HOSTMEM_MEMCG_H
#define HOSTMEM_MEMCG_H

#include <linux/hostmem.h>
#include <linux/types.h>

#include "pressure.h"
#include "quota.h"

struct mem_cgroup;
struct mm_struct;

/*
 * Pages left to everything else in the cgroup: page tables of a commit among it.  A
 * processor keeps up to MEMCG_CHARGE_BATCH, 64, charged pages that are free at hand, and
 * another one may have to do without them for a while.
 */
#define HM_MEMCG_KEPT_FREE	128ul

/* What there is where nothing has a limit. */
static inline struct hm_memory hm_memory_without_end(void)
{
	return (struct hm_memory){
		.total = HM_UNLIMITED,
		.available = HM_UNLIMITED,
		.level = HOSTMEM_AVAILABLE_HIGH,
	};
}

#ifdef CONFIG_MEMCG

/** hm_memcg_left_in - pages that may be charged before the cgroup has to reclaim */
unsigned long hm_memcg_left_in(struct mem_cgroup *memcg);

/**
 * hm_memcg_room - pages that may be charged before any cgroup of the caller's must reclaim
 * @if_empty: if they held nothing else
 */
unsigned long hm_memcg_room(bool if_empty);

/**
 * hm_memcg_charges - can so many pages be charged to the caller's cgroup?
 * @pages: how many
 *
 * Allocates pages until so many are left, which reclaims what has to be, and frees them.
 * Where that is refused something is left all the time: others of the cgroup, who
 * touch new memory at that moment, are not to be killed.
 *
 * Context: sleeps.
 */
bool hm_memcg_charges(unsigned long pages);

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

#else

static inline struct hm_memory hm_memcg_memory(struct mm_struct *mm)
{
	return hm_memory_without_end();
}

static inline bool hm_memcg_leaves(unsigned long pages)
{
	return true;
}

static inline bool hm_memcg_shares_limit(struct mem_cgroup *other)
{
	return false;
}

static inline bool hm_memcg_has_caller(const struct mem_cgroup *memcg)
{
	return true;
}

#endif /* CONFIG_MEMCG */

#endif /* HOSTMEM_MEMCG_H */
