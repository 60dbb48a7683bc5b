/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region in core dumps and in debuggers' core files: what of it they have, and how it
 * becomes a part of one.  Called with its lock held, see region.h.
 *
 * Called by dump.c; asked.c and mapping.c ask how it looks to debuggers.
 */
#ifndef HOSTMEM_REGION_DUMP_H
#define HOSTMEM_REGION_DUMP_H

#include <linux/sizes.h>

#include "region.h"

/*
 * Core dumps take time for each page, be it there or not: for one that isn't, a
 * fourteenth of what one takes that is; and if it goes into a pipe, two thirds.
 * Where more are missing than so many for each that is there, the gaps are left out.
 */
#define HM_DUMP_DENSITY	16

/* A debugger's core file has gaps, too: sparse regions as long as they have no more. */
#define HM_DUMP_HOLES	(SZ_1G >> PAGE_SHIFT)

/** hm_region_holes - how many of its pages are reserved only */
static inline unsigned long hm_region_holes(const struct hm_region *region)
{
	return ((region->end - region->start) >> PAGE_SHIFT) - region->committed;
}

/** hm_region_is_sparse - would a dump take longer than its memory explains? */
static inline bool hm_region_is_sparse(const struct hm_region *region)
{
	return hm_region_holes(region) / HM_DUMP_DENSITY > region->committed;
}

/**
 * hm_region_stays_giant - will it be one, see below, with so many more pages committed?
 *
 * What makes debuggers pass over it keeps others from pinning it: so a pinnable region
 * is none.
 */
static inline bool hm_region_stays_giant(const struct hm_region *region,
					 unsigned long more)
{
	unsigned long holes = hm_region_holes(region);

	more = min(more, holes);
	holes -= more;
	return holes > HM_DUMP_HOLES &&
	       holes / HM_DUMP_DENSITY > region->committed + more &&
	       !region->pinnable;
}

/**
 * hm_region_is_giant - is it sparse, and too large for a debugger's core file?
 */
static inline bool hm_region_is_giant(const struct hm_region *region)
{
	return hm_region_stays_giant(region, 0);
}

/**
 * hm_region_dump - become a part of a core dump
 * @region: the region, which changes no more
 *
 * Context: mmap_lock held for writing, the VMA locked.
 * Return: 0; -ENOMEM if not all that is committed is mapped, for want of page tables.
 */
int hm_region_dump(struct hm_region *region);

typedef void hm_dump_run_fn(void *data, unsigned long start, unsigned long end);

/**
 * hm_region_dump_runs - visit the runs of committed pages, and the small gaps in them
 * @region: the region
 * @fn: called with the ends of each run, in ascending order
 * @data: argument of @fn
 */
void hm_region_dump_runs(struct hm_region *region, hm_dump_run_fn *fn, void *data);

/**
 * hm_region_dump_page - a page of a region that is part of a core dump
 * Return: the page, with a reference, or NULL if there is none.
 */
struct page *hm_region_dump_page(struct hm_region *region, unsigned long addr);

#endif /* HOSTMEM_REGION_DUMP_H */
