/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A picture of a region: what of it is committed, for who looks from outside.  Its lock
 * and lifetime: see region.h.
 *
 * Called by fdinfo.c.
 */
#ifndef HOSTMEM_REGION_PICTURE_H
#define HOSTMEM_REGION_PICTURE_H

#include "region.h"

/* A picture has at most so many cells. */
#define HM_PICTURE_CELLS	32

/**
 * struct hm_picture - what is committed in each part of a region
 * @pages: pages of the region
 * @nr: cells: HM_PICTURE_CELLS, or one for each page if these are fewer
 * @committed: committed pages that have been seen
 * @cells: how many of them lie in each cell, and is one a guard page?
 *
 * Owned by the call that has it on its stack.
 */
struct hm_picture {
	unsigned long pages;
	unsigned int nr;
	unsigned long committed;
	struct {
		unsigned long committed;
		bool guard;
	} cells[HM_PICTURE_CELLS];
};

/** hm_picture_first - the number of a cell's first page in the region */
static inline unsigned long hm_picture_first(const struct hm_picture *picture,
					     unsigned int cell)
{
	return picture->pages * cell / picture->nr;
}

/** hm_picture_pages - how many pages lie in a cell */
static inline unsigned long hm_picture_pages(const struct hm_picture *picture,
					     unsigned int cell)
{
	return hm_picture_first(picture, cell + 1) - hm_picture_first(picture, cell);
}

/**
 * hm_picture_init - a picture of a region with nothing in it
 *
 * Context: what keeps the region; its lock isn't needed.
 */
void hm_picture_init(struct hm_picture *picture, const struct hm_region *region);

/**
 * hm_region_draw - add a piece of a region to its picture
 * @region: the region
 * @from: where the piece begins: the region's start, or what was returned before
 * @picture: gets what is committed in the piece
 *
 * A piece is small enough to be looked at under the lock.
 * Return: where the next one begins; the region's end if there is none.
 */
unsigned long hm_region_draw(struct hm_region *region, unsigned long from,
			     struct hm_picture *picture);

#endif /* HOSTMEM_REGION_PICTURE_H */
