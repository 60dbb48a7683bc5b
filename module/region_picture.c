// SPDX-License-Identifier: GPL-2.0
/*
 * A picture of a region: how much of each part of it is committed.  See region.h and
 * walk.h.
 *
 * It takes time by the blocks that there are, not by the size of the region; and pages
 * are counted one by one only where a block lies in several cells, which few do.
 */
#include "region_picture.h"
#include "walk.h"

/* So many blocks are looked at in one go. */
#define BLOCKS_AT_ONCE	1024

static unsigned long pages_of(const struct hm_region *region)
{
	return (region->end - region->start) >> PAGE_SHIFT;
}

void hm_picture_init(struct hm_picture *picture, const struct hm_region *region)
{
	*picture = (struct hm_picture) {
		.pages = pages_of(region),
		.nr = min(pages_of(region), (unsigned long)HM_PICTURE_CELLS),
	};
}

/* The cell of a page: the last one that doesn't begin behind it. */
static unsigned int cell_of(const struct hm_picture *picture, unsigned long page)
{
	return (picture->nr * (page + 1) - 1) / picture->pages;
}

static void add_run(struct hm_picture *picture, unsigned long page, unsigned long nr,
		    bool guard)
{
	while (nr) {
		unsigned int i = cell_of(picture, page);
		unsigned long here = min(nr, hm_picture_first(picture, i + 1) - page);

		picture->cells[i].committed += here;
		picture->cells[i].guard |= guard;
		picture->committed += here;
		page += here;
		nr -= here;
	}
}

static bool has_guard(const struct hm_block *block)
{
	unsigned int i, n;

	for (i = 0; (n = hm_block_run(block, i, block->nr)); i += n)
		if (block->state[i] & HM_GUARD)
			return true;
	return false;
}

static void add_block(const struct hm_region *region, const struct hm_block *block,
		      struct hm_picture *picture)
{
	unsigned long page = (block->start - region->start) >> PAGE_SHIFT;
	unsigned int cell = cell_of(picture, page);
	unsigned int i, n;

	if (cell == cell_of(picture, page + block->nr - 1)) {
		picture->cells[cell].committed += block->committed;
		picture->committed += block->committed;
		/* A guard page has no PTE. */
		if (region->hidden && !picture->cells[cell].guard)
			picture->cells[cell].guard = has_guard(block);
		return;
	}
	for (i = 0; (n = hm_block_run(block, i, block->nr)); i += n)
		if (hm_state_committed(block->state[i]))
			add_run(picture, page + i, n, block->state[i] & HM_GUARD);
}

unsigned long hm_region_draw(struct hm_region *region, unsigned long from,
			     struct hm_picture *picture)
{
	unsigned long last = block_index(region, region->end - 1);
	unsigned long index = block_index(region, from);
	unsigned int nr = 0;
	struct hm_block *block;

	lockdep_assert_held(&region->lock);

	for (block = first_block(region, &index, last); block;
	     block = next_block(region, &index, last)) {
		if (nr++ == BLOCKS_AT_ONCE)
			return block->start;
		add_block(region, block, picture);
	}
	return region->end;
}
