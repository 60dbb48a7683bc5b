/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commit charge: how many pages all files of the module, and each of them,
 * may commit, and who waits for room.
 *
 * Charge first, allocate then, and give back only after the memory is free
 * again: so the sum never exceeds a limit.  Called with no lock held by whoever
 * commits or frees, by load.c and params.c; has a spinlock of its own, inside which
 * nothing else is taken.
 */
#ifndef HOSTMEM_CHARGE_H
#define HOSTMEM_CHARGE_H

#include <linux/mm.h>

#include "pressure.h"
#include "quota.h"

/**
 * hm_charge_configure - set what root decides
 * @limit: pages that all files of the module may commit
 * @percent: of each limit, kept back for critical commits; at most 100
 *
 * Context: sleeps; one caller at a time.
 */
void hm_charge_configure(unsigned long limit, unsigned int percent);

/** hm_charge_exit - end the module's quota; no other is open any more */
void hm_charge_exit(void);

/**
 * hm_charge_open - begin a quota: no limit, nothing charged
 * @quota: the quota, all zeroes
 * @pollers: who is to be woken when the quota's own charge or limit changes what is
 *	available; nobody is for what others do
 */
void hm_charge_open(struct hm_quota *quota, struct hm_pollers *pollers);

/** hm_charge_close - end a quota; nothing is charged and nobody waits */
void hm_charge_close(struct hm_quota *quota);

/**
 * hm_charge - take pages from the module's quota and a space's own
 * @own: the space's own
 * @pages: how many: all or none of them
 * @level: HOSTMEM_LEVEL_*
 * @deadline: CLOCK_MONOTONIC in nanoseconds: until when to wait for room; 0: not
 *	at all
 *
 * What fits is taken at once, whoever waits (rule S2).  What doesn't waits: higher
 * levels are served first, and within one, who came first.  One that waits for its
 * own space's room holds up none of other spaces; one that wants more than its own
 * limit, or than the module's less what its own space holds, holds up nobody.
 *
 * Return: 0; without a deadline -EDQUOT if the space's own quota has no room, -ENOSPC if
 * only the module's has none; -ETIMEDOUT;
 * -ECANCELED after hm_charge_cancel(); -ERESTARTSYS after a signal.
 */
int hm_charge(struct hm_quota *own, unsigned long pages, u32 level,
	      u64 deadline);

/** hm_uncharge - give pages back, and serve those who wait */
void hm_uncharge(struct hm_quota *own, unsigned long pages);

/**
 * hm_charge_limit - lower the limit of a space's own quota
 * Return: 0, or -EINVAL if @pages is more than the limit is now.
 */
int hm_charge_limit(struct hm_quota *own, unsigned long pages);

/** hm_charge_cancel - end all waiting in a space, and let none charge again */
void hm_charge_cancel(struct hm_quota *own);

/**
 * struct hm_charge_report - the module's quota and a space's own at one moment
 * @charged: pages charged in all
 * @limit: of that
 * @own_limit: of the space; HM_UNLIMITED if it has none
 * @room: what a commit of the highest level may take
 * @waiting: commits of the space that wait
 * @available: HOSTMEM_AVAILABLE_*, as far as the limits go
 */
struct hm_charge_report {
	unsigned long charged;
	unsigned long limit;
	unsigned long own_limit;
	unsigned long room;
	unsigned long waiting;
	u32 available;
};

/** hm_charge_report - look at a space's quota and the module's */
struct hm_charge_report hm_charge_report(struct hm_quota *own);

/**
 * struct hm_charge_total - the module's quota at one moment
 * @charged: pages charged in all
 * @limit: of that
 * @waiting: commits that wait, of all spaces
 */
struct hm_charge_total {
	unsigned long charged;
	unsigned long limit;
	unsigned long waiting;
};

/** hm_charge_total - look at the module's quota */
struct hm_charge_total hm_charge_total(void);

/**
 * hm_charge_page - the page in which user space sees a quota
 * @own: a space's own quota; NULL for the module's
 *
 * Return: the page, which lives as long as the quota, or NULL without memory.
 */
struct page *hm_charge_page(struct hm_quota *own);

/**
 * hm_charge_note_memory - let the pages tell of memory
 * @own: the quota in whose page its cgroup's memory is told
 * @machine: the machine's memory, for the module's page
 * @memcg: that of the space's memory cgroup
 */
void hm_charge_note_memory(struct hm_quota *own, const struct hm_memory *machine,
			   const struct hm_memory *memcg);

#endif /* HOSTMEM_CHARGE_H */
