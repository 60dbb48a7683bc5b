/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The account of a space: what its regions hold, summed up, and what has to be charged for
 * it beyond committed pages.  For all that changes what a region holds: calls.c, reserve.c,
 * commit.c, asked.c, dump.c and reclaim.c.
 */
#ifndef HOSTMEM_ACCOUNT_H
#define HOSTMEM_ACCOUNT_H

#include "space.h"

/**
 * hm_account_ask - a commit is about to need page tables, metadata and pages
 * @space: its lock is held
 * @needs: what it needs at most
 *
 * Of tables and metadata, an eighth of what is committed is free, and some pages for
 * each space: a charge that tells to the page what is committed is worth more to
 * everyone than one that tells of a table now and then.  So what is held is never
 * more than a quarter above what is charged, and these pages.
 *
 * Return: pages to be charged.  Until hm_account_unask(), no change in the space needs
 * more than it gives itself.
 */
unsigned long hm_account_ask(struct hm_space *space, const struct hm_needs *needs);

/**
 * hm_account_unask - the commit has settled what it needed, or doesn't need it
 * @space: its lock is held
 * @needs: given to hm_account_ask(); nothing from here on
 *
 * Return: pages that are not charged for any more, but for hm_account_close().
 */
unsigned long hm_account_unask(struct hm_space *space, struct hm_needs *needs);

/**
 * struct hm_account - what a region has had before a change
 *
 * Taken before pages of a region are committed, decommitted, reset or
 * reclaimed, and settled with the space and its mm after that, all of it under
 * the region's lock.
 */
struct hm_account {
	struct hm_space *space;
	struct hm_region *region;
	unsigned long committed;
	unsigned long rss;
	unsigned long nr_reset;
	unsigned long tables;
	unsigned long metadata;
};

/** hm_account_open - note what a region has */
struct hm_account hm_account_open(struct hm_space *space,
				  struct hm_region *region);

/**
 * hm_account_close - settle the difference
 * Return: pages by which the charge has to change: those committed since, and what
 * page tables and metadata take; negative if decommitted.
 */
long hm_account_close(const struct hm_account *account);

/** hm_account_settle - the same with space->lock held, too */
long hm_account_settle(const struct hm_account *account);

#endif /* HOSTMEM_ACCOUNT_H */
