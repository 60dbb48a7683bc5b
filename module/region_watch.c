// SPDX-License-Identifier: GPL-2.0
/*
 * The write watch of a region (rules W1-W26).
 *
 * The hardware sets a PTE's dirty bit at the first write, without a fault.  A
 * watch copies these bits to the blocks' marks, and reports from there.  To make
 * a page clean its PTE has to become so, and be flushed from the TLBs: until
 * then a processor may write without setting a bit.  Such a write is one to a
 * page that this very call reports.
 *
 * PTEs are cleaned where they are, and one flush is for all of them.  Where others
 * have to be told, guests of KVM above all, each range is unmapped and mapped again:
 * that tells them.
 */
#include <linux/mmu_notifier.h>

#include "walk.h"

/* Cleaning one page by itself costs as much as so many with their neighbours. */
#define PAGES_PER_SINGLE	64

/**
 * struct cleaning - a reset that is under way
 * @at_once: clean PTEs where they are, and flush in the end
 * @block: the block of a page that has been cleaned so, NULL if there is none
 * @page: that page
 *
 * Owned by the call that has it on its stack.
 */
struct cleaning {
	bool at_once;
	struct hm_block *block;
	unsigned int page;
};

/* What may not be written has a clean PTE, or none. */
static void mark_written(struct hm_region *region, struct hm_block *block,
			 struct hm_slice slice)
{
	struct hm_run run = run_of(region, block, slice.first,
				   slice.end - slice.first);

	hm_pte_mark_written(&run);
	hm_pte_harvest(&run);
}

/* Renew the PTEs of a range: clean ones instead of dirty ones. */
static void renew(struct hm_region *region, struct hm_block *block,
		  unsigned int first, unsigned int end)
{
	unsigned long start_addr = hm_block_addr(block, first);
	unsigned long end_addr = hm_block_addr(block, end);

	hm_region_unmap(region, start_addr, end_addr);
	hm_region_map(region, start_addr, end_addr);
}

/* Renew one PTE, and flush it even if the page has none. */
static void renew_single(struct hm_region *region, struct hm_block *block,
			 unsigned int page)
{
	struct hm_run run = run_of(region, block, page, 1);
	unsigned long addr = hm_block_addr(block, page);
	struct hm_unmap unmap = hm_unmap_begin(region->vma, addr);
	bool mapped = hm_state_mapped(block->state[page]);

	if (mapped)
		hm_unmap_run(&unmap, &run);
	hm_unmap_end(&unmap, addr + PAGE_SIZE);
	if (!mapped)
		return;
	hm_pte_harvest(&run);
	hm_pte_set(&run, block->state[page]);
}

/* The same for the reported pages of a block, and perhaps some between. */
static void renew_reported(struct hm_region *region, struct hm_block *block,
			   const unsigned long *reported)
{
	unsigned int nr = bitmap_weight(reported, HM_BLOCK_PAGES);
	unsigned int first = find_first_bit(reported, HM_BLOCK_PAGES);
	unsigned int last = find_last_bit(reported, HM_BLOCK_PAGES);
	unsigned int i;

	if (nr * PAGES_PER_SINGLE > last - first) {
		renew(region, block, first, last + 1);
	} else {
		for_each_set_bit(i, reported, HM_BLOCK_PAGES)
			if (hm_state_mapped(block->state[i]))
				renew_single(region, block, i);
	}
}

/* Make the reported pages clean, and no other that is written meanwhile. */
static void clean(struct hm_region *region, struct hm_block *block,
		  const unsigned long *reported, struct cleaning *cleaning)
{
	unsigned int first = find_first_bit(reported, HM_BLOCK_PAGES);
	unsigned int last = find_last_bit(reported, HM_BLOCK_PAGES);
	struct hm_run run = run_of(region, block, first, last + 1 - first);

	if (cleaning->at_once) {
		hm_pte_clean(&run, reported);
		cleaning->block = block;
		cleaning->page = last;
	} else {
		renew_reported(region, block, reported);
	}
	bitmap_andnot(block->marks->written, block->marks->written, reported,
		      HM_BLOCK_PAGES);
	/* What a device may write to, it may have written by the next time. */
	hm_pte_harvest(&run);
}

static struct cleaning begin_cleaning(struct hm_region *region, unsigned long size,
				      bool reset)
{
	struct mm_struct *mm = region->vma->vm_mm;
	struct cleaning cleaning = {
		/* For one page there is nothing to save. */
		.at_once = reset && size > PAGE_SIZE && !mm_has_notifiers(mm),
	};

	if (cleaning.at_once)
		hm_pte_pending_begin(mm);
	return cleaning;
}

/* Flush what has been cleaned, of which one page is unmapped for that. */
static void end_cleaning(struct hm_region *region, struct cleaning *cleaning)
{
	if (cleaning->block)
		renew_single(region, cleaning->block, cleaning->page);
	if (cleaning->at_once)
		hm_pte_pending_end(region->vma->vm_mm);
}

/*
 * Turn at most @max of the marked pages into addresses, and drop the marks of
 * the others.  Return how many.
 */
static unsigned long list_pages(struct hm_block *block, unsigned long *marked,
				u64 *pages, unsigned long max)
{
	unsigned long nr = 0;
	unsigned int w;

	for (w = 0; w < BITS_TO_LONGS(HM_BLOCK_PAGES); w++) {
		unsigned long word = marked[w];

		for (; word && nr < max; word &= word - 1)
			pages[nr++] = hm_block_addr(block, w * BITS_PER_LONG +
							   __ffs(word));
		marked[w] &= ~word;
	}
	return nr;
}

/* Collect from one block at most @max pages.  Return how many. */
static unsigned long watch_block(struct hm_region *region,
				 struct hm_block *block, struct hm_slice slice,
				 struct cleaning *cleaning, u64 *pages,
				 unsigned long max)
{
	DECLARE_BITMAP(reported, HM_BLOCK_PAGES) = {};
	unsigned long nr = 0;

	mark_written(region, block, slice);
	/* As a rule most blocks are clean. */
	if (bitmap_empty(block->marks->written, HM_BLOCK_PAGES))
		return 0;

	bitmap_set(reported, slice.first, slice.end - slice.first);
	bitmap_and(reported, reported, block->marks->written, HM_BLOCK_PAGES);
	if (pages)
		nr = list_pages(block, reported, pages, max);
	if (cleaning && !bitmap_empty(reported, HM_BLOCK_PAGES))
		clean(region, block, reported, cleaning);
	return nr;
}

unsigned long hm_region_watch(struct hm_region *region, unsigned long start,
			      unsigned long end, bool reset, u64 *pages,
			      unsigned long max)
{
	struct cleaning cleaning = begin_cleaning(region, end - start, reset);
	struct hm_block *block;
	unsigned long index;
	unsigned long nr = 0;

	for_each_block(region, index, block, start, end) {
		nr += watch_block(region, block,
				  hm_block_slice(block, start, end),
				  reset ? &cleaning : NULL,
				  pages ? pages + nr : NULL, max - nr);
		if (pages && nr == max)
			break;
	}
	end_cleaning(region, &cleaning);
	return nr;
}

void hm_region_mark_written(struct hm_region *region, const u64 *pages,
			    unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		struct hm_block *block;
		unsigned int page;

		if (pages[i] < region->start || pages[i] >= region->end)
			continue;
		block = block_of_page(region, pages[i]);
		if (!block)
			continue;
		page = hm_block_page(block, pages[i]);
		if (hm_state_committed(block->state[page]))
			hm_marks_written(block->marks, page);
	}
}
