// SPDX-License-Identifier: GPL-2.0
/*
 * Contents that may go (rules R1-R14).
 *
 * A reset marks pages and cleans their PTEs.  A write after that makes the PTE
 * dirty, which takes the mark away as soon as anyone looks.  Reclaim looks by
 * removing the PTE, so that no write can come in between, and takes the memory
 * of what is still marked: such a page stays committed and charged, and reads
 * as zero when it is touched again.
 */
#include "backing.h"
#include "walk.h"

/* Of a block in its region's index, lest every search looks at all of them. */
#define HAS_RESET	XA_MARK_0

/* What has no memory reads as zero already, and has nothing to lose. */
static void mark_slice(struct hm_block *block, struct hm_slice slice)
{
	struct hm_marks *marks = block->marks;
	unsigned int i;

	bitmap_clear(marks->lost, slice.first, slice.end - slice.first);
	for (i = slice.first; i < slice.end; i++)
		if (hm_block_memory(block, i) && !__test_and_set_bit(i, marks->reset))
			marks->nr_reset++;
}

void hm_region_reset(struct hm_region *region, unsigned long start,
		     unsigned long end)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	struct hm_run run;

	/* What is mapped at once is written at once, as far as the hardware says. */
	for_each_block(region, index, block, start, end)
		hm_region_split_block(region, block);
	/* It is a permission: where there's no memory for marks, forgo it. */
	hm_region_unmap(region, start, end);
	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		if (hm_block_need_marks(block))
			continue;
		run = run_of(region, block, slice.first, slice.end - slice.first);
		hm_pte_harvest(&run);
		region->nr_reset += slice.end - slice.first;
		mark_slice(block, slice);
		xa_set_mark(&region->blocks, index, HAS_RESET);
	}
	region->nr_reset = min(region->nr_reset, region->resident);
	hm_region_map(region, start, end);
}

/* Have contents of some page in a range gone since they were reset? */
static bool anything_lost(struct hm_region *region, unsigned long start,
			  unsigned long end)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		if (block->marks &&
		    find_next_bit(block->marks->lost, slice.end, slice.first) <
		    slice.end)
			return true;
	}
	return false;
}

int hm_region_reset_undo(struct hm_region *region, unsigned long start,
			 unsigned long end)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;

	if (anything_lost(region, start, end))
		return -EADDRNOTAVAIL;
	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_marks_keep(block->marks, slice.first,
			      slice.end - slice.first);
	}
	return 0;
}

/* Take the memory of what is still marked in a block.  Return the pages. */
static unsigned int reclaim_block(struct hm_region *region,
				  struct hm_block *block,
				  struct hm_batch *batch)
{
	unsigned long end = hm_block_end(block);
	struct hm_marks *marks = block->marks;
	unsigned int i, taken = 0;

	hm_region_unmap(region, block->start, end);
	for_each_set_bit(i, marks->reset, block->nr) {
		/* Who holds it may be reading it, or about to write. */
		if (hm_backing_held(block, i))
			__clear_bit(i, marks->reset);
		else
			taken += hm_backing_take(block, i, 1, batch);
	}
	bitmap_or(marks->lost, marks->lost, marks->reset, HM_BLOCK_PAGES);
	bitmap_zero(marks->reset, HM_BLOCK_PAGES);
	marks->nr_reset = 0;
	hm_region_map(region, block->start, end);
	return taken;
}

void hm_region_reclaim(struct hm_region *region, struct hm_scan *scan)
{
	unsigned long found = 0, taken = 0;
	struct hm_block *block;
	unsigned long index;

	xa_for_each_marked(&region->blocks, index, block, HAS_RESET) {
		xa_clear_mark(&region->blocks, index, HAS_RESET);
		if (!block->marks->nr_reset)
			continue;
		found += block->marks->nr_reset;
		taken += reclaim_block(region, block, &scan->batch);
		scan->nr_scanned += block->nr;
		if (scan->nr_scanned >= scan->nr_to_scan)
			break;
	}
	/* None is left in the blocks that have been visited. */
	region->nr_reset -= min(found, region->nr_reset);
	if (!block)
		region->nr_reset = 0;
	region->resident -= taken;
	scan->found += found;
	scan->reclaimed += taken;
}
