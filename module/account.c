// SPDX-License-Identifier: GPL-2.0
/*
 * The account of a space.  See account.h.
 */
#include "account.h"
#include "compat.h"

/* Page tables and metadata that are free: of committed pages, and for each space. */
#define FREE_PART	8
#define FREE_PAGES	16ul

/* Work out what is charged beyond committed pages.  Return the difference. */
static long update_extra(struct hm_space *space)
{
	unsigned long metadata = space->metadata + space->asked.metadata;
	unsigned long pages = space->tables + space->asked.tables +
			      DIV_ROUND_UP(metadata, PAGE_SIZE);
	unsigned long paid = (space->committed + space->asked.pages) / FREE_PART +
			     FREE_PAGES;
	unsigned long before = space->extra;

	space->extra = pages > paid ? pages - paid : 0;
	return space->extra - before;
}

unsigned long hm_account_ask(struct hm_space *space, const struct hm_needs *needs)
{
	lockdep_assert_held(&space->lock);

	space->asked.pages += needs->pages;
	space->asked.tables += needs->tables;
	space->asked.metadata += needs->metadata;
	return needs->pages + update_extra(space);
}

unsigned long hm_account_unask(struct hm_space *space, struct hm_needs *needs)
{
	unsigned long pages = needs->pages;

	lockdep_assert_held(&space->lock);

	space->asked.pages -= needs->pages;
	space->asked.tables -= needs->tables;
	space->asked.metadata -= needs->metadata;
	*needs = (struct hm_needs) {};
	return pages - update_extra(space);
}

struct hm_account hm_account_open(struct hm_space *space,
				  struct hm_region *region)
{
	lockdep_assert_held(&region->lock);

	return (struct hm_account) {
		.space = space,
		.region = region,
		.committed = region->committed,
		.rss = hm_region_rss(region),
		.nr_reset = region->nr_reset,
		.tables = region->tables,
		.metadata = region->metadata,
	};
}

/* The mm counts page tables by itself; of the rest the OOM killer hears here. */
static long update_extra_rss(struct hm_space *space)
{
	unsigned long before = space->extra_rss;

	space->extra_rss = min(space->extra, space->metadata >> PAGE_SHIFT);
	return space->extra_rss - before;
}

long hm_account_settle(const struct hm_account *account)
{
	struct hm_region *region = account->region;
	struct hm_space *space = account->space;
	long committed = region->committed - account->committed;
	long rss = hm_region_rss(region) - account->rss;
	long nr_reset = region->nr_reset - account->nr_reset;
	long extra;

	lockdep_assert_held(&region->lock);
	lockdep_assert_held(&space->lock);

	region->changes++;
	space->committed += committed;
	space->tables += region->tables - account->tables;
	space->metadata += region->metadata - account->metadata;
	extra = update_extra(space);
	rss += update_extra_rss(space);
	hm_mm_add_rss(space->mm, rss);
	if (nr_reset)
		hm_space_add_reset(space, region, nr_reset);
	return committed + extra;
}

/* Most touches change nothing, and needn't come where everyone does. */
static bool has_changed(const struct hm_account *account)
{
	const struct hm_region *region = account->region;

	return region->committed != account->committed ||
	       hm_region_rss(region) != account->rss ||
	       region->nr_reset != account->nr_reset ||
	       region->tables != account->tables ||
	       region->metadata != account->metadata;
}

long hm_account_close(const struct hm_account *account)
{
	struct hm_space *space = account->space;
	long pages;

	if (!has_changed(account))
		return 0;
	spin_lock(&space->lock);
	pages = hm_account_settle(account);
	spin_unlock(&space->lock);
	return pages;
}
