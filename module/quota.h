/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A quota: a limit of committed pages, and what is charged against it.  There is
 * one for the module and one for each space.  Arithmetic only: charge.c, its one
 * caller, has the lock.
 */
#ifndef HOSTMEM_QUOTA_H
#define HOSTMEM_QUOTA_H

#include <linux/hostmem.h>
#include <linux/types.h>

#include "waiters.h"

struct hm_pollers;

/** A quota without a limit: more pages than there are addresses. */
#define HM_UNLIMITED	(1ul << 36)

/**
 * struct hm_quota - a limit and what is charged against it
 * @limit: pages that may be charged
 * @percent: of that, kept back for critical commits
 * @at_level: the same for each HOSTMEM_LEVEL_*, less what is kept for higher ones
 * @charged: pages that are charged
 * @low: from so many charged pages on, little is available
 * @high: up to so many charged pages, plenty is available
 * @queue: commits that wait for room in it, or in the module's
 * @closed: nothing can be charged any more
 * @pollers: who polls for what is available; invariant after init
 * @page: what user space sees of it, or NULL
 *
 * Owned by charge.c, or by the space that it is part of.  All fields: the lock of
 * charge.c.
 */
struct hm_quota {
	unsigned long limit;
	unsigned int percent;
	unsigned long at_level[HM_LEVELS];
	unsigned long charged;
	unsigned long low;
	unsigned long high;
	struct hm_queue queue;
	bool closed;
	struct hm_pollers *pollers;
	struct hostmem_load_page *page;
};

/**
 * hm_quota_set - set a limit
 * @quota: the quota
 * @limit: pages; more than HM_UNLIMITED is as good as that
 * @percent: of the limit, kept back for critical commits: a task leaves all of
 *	it alone, an application domain half of it
 */
void hm_quota_set(struct hm_quota *quota, unsigned long limit,
		  unsigned int percent);

/** hm_quota_room - pages that a level may still charge */
unsigned long hm_quota_room(const struct hm_quota *quota, u32 level);

/** hm_quota_available - HOSTMEM_AVAILABLE_*, as far as this quota goes */
u32 hm_quota_available(const struct hm_quota *quota);

/**
 * hm_quota_available_of - the same for a limit that somebody else keeps
 * @limit: pages, all of which a task may have
 * @left: of them
 */
u32 hm_quota_available_of(unsigned long limit, unsigned long left);

#endif /* HOSTMEM_QUOTA_H */
