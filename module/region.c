// SPDX-License-Identifier: GPL-2.0
/*
 * Regions: creation and end, protection, decommit, and what the other walks share.
 * Their commit is in region_commit.c, faults are in region_fault.c, queries in
 * region_query.c, the write watch is in region_watch.c, resets are in region_reset.c,
 * blocks that are mapped at once in region_huge.c,
 * page tables in region_tables.c, core dumps in region_dump.c.  See region.h.
 */
#include <linux/mmu_notifier.h>
#include <linux/slab.h>

#include "backing.h"
#include "compat.h"
#include "gfp.h"
#include "walk.h"

struct hm_region *hm_region_create(unsigned long start, unsigned long end,
				   u32 protect)
{
	struct hm_region *region;

	region = kzalloc(sizeof(*region), HM_GFP);
	if (!region)
		return NULL;
	region->start = start;
	region->end = end;
	region->protect = protect;
	region->cache = protect & (HOSTMEM_NOCACHE | HOSTMEM_WRITECOMBINE);
	refcount_set(&region->refs, 1);
	mutex_init(&region->lock);
	INIT_LIST_HEAD(&region->reset_link);
	xa_init_flags(&region->blocks, XA_FLAGS_ACCOUNT);
	return region;
}

void hm_region_destroy(struct hm_region *region, struct hm_batch *batch)
{
	struct hm_block *block;
	unsigned long index;

	/* Many a region is only reserved, and to search nothing takes a while, too. */
	if (!xa_empty(&region->blocks)) {
		xa_for_each_marked(&region->blocks, index, block, HAS_BLOCK)
			list_add_tail(&block->link, &batch->blocks);
		xa_destroy(&region->blocks);
	}
	hm_region_put(region);
}

/*
 * Walks that the region's other files share
 */

unsigned int hm_slice_committed(struct hm_block *block, struct hm_slice slice)
{
	unsigned int i, n, committed = 0;

	if (hm_slice_is_all(block, slice))
		return block->committed;
	hm_for_each_run(block, slice, i, n)
		if (hm_state_committed(block->state[i]))
			committed += n;
	return committed;
}

int hm_region_set_block(struct hm_region *region, struct hm_block *block,
			struct hm_block *old)
{
	XA_STATE(xas, &region->blocks, block_index(region, block->start));

	forget_found(region);
	do {
		xas_lock(&xas);
		xas_store(&xas, block);
		if (!old)
			xas_set_mark(&xas, HAS_BLOCK);
		xas_unlock(&xas);
	} while (xas_nomem(&xas, HM_GFP));
	if (xas_error(&xas))
		return xas_error(&xas);
	region->metadata += hm_block_bytes(block->nr);
	if (old)
		region->metadata -= hm_block_bytes(old->nr);
	return 0;
}

void hm_region_drop_block(struct hm_region *region, struct hm_block *block,
			  struct hm_batch *batch)
{
	XA_STATE(xas, &region->blocks, block_index(region, block->start));

	forget_found(region);
	xas_lock(&xas);
	xas_store(&xas, region->large || block->huge ? NULL : HAS_TABLE);
	xas_init_marks(&xas);
	xas_unlock(&xas);
	region->metadata -= hm_block_bytes(block->nr);
	region->tables -= block->huge;
	region->nr_huge -= block->huge;
	list_add_tail(&block->link, &batch->blocks);
}

unsigned long hm_region_reserved_pages(struct hm_region *region,
				       unsigned long start, unsigned long end)
{
	unsigned long pages = (end - start) >> PAGE_SHIFT;
	struct hm_block *block;
	unsigned long index;

	for_each_block(region, index, block, start, end)
		pages -= hm_slice_committed(block,
					 hm_block_slice(block, start, end));
	return pages;
}

/* What the kernel has been told of writes, goes to the marks. */
static void harvest(struct hm_region *region, unsigned long start,
		    unsigned long end)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;

	for_each_block(region, index, block, start, end) {
		struct hm_run run;

		slice = hm_block_slice(block, start, end);
		run = run_of(region, block, slice.first, slice.end - slice.first);
		hm_pte_harvest(&run);
	}
}

void hm_region_unmap(struct hm_region *region, unsigned long start,
		     unsigned long end)
{
	struct hm_unmap unmap = hm_unmap_begin(region->vma, start);
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	if (!region->committed)
		return;
	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n) {
			struct hm_run run = run_of(region, block, i, n);

			if (hm_state_mapped(block->state[i]) && !block->huge)
				hm_unmap_run(&unmap, &run);
		}
	}
	hm_unmap_end(&unmap, end);
	if (region->pinnable)
		harvest(region, start, end);
}

void hm_region_map(struct hm_region *region, unsigned long start,
		   unsigned long end)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n) {
			struct hm_run run = run_of(region, block, i, n);

			if (hm_state_mapped(block->state[i]))
				hm_pte_set(&run, block->state[i]);
		}
	}
}

/*
 * May TLBs keep what they know when a run of mapped pages becomes @want, and its PTEs be
 * set over the old ones?
 */
static bool run_widens(const struct hm_block *block, hm_state_t old, hm_state_t want)
{
	if (block->huge || !HM_TLBS_MAY_LAG)
		return (old & ~HM_FRESH) == want;
	return hm_state_widens(old, want);
}

/*
 * Where a fetch that finds no PTE doesn't come to our handler, code that stays code must not
 * be without one: another thread may be executing it.  So PTEs that stay ones are changed
 * where they are, and flushed then.
 */
static bool change_in_place(const struct hm_region *region, hm_state_t want)
{
	return !HM_FETCHES_FAULT && hm_state_allows(want, HM_EXEC) && !region->nr_huge &&
	       !mm_has_notifiers(region->vma->vm_mm);
}

/* The same of all pages of a range. */
static bool range_widens(struct hm_region *region, unsigned long start,
			 unsigned long end, hm_state_t want)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	/* What a commit is adding isn't counted yet. */
	if (!region->committed)
		return true;
	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n)
			if (hm_state_mapped(block->state[i]) &&
			    !run_widens(block, block->state[i], want))
				return false;
	}
	return true;
}

unsigned long hm_region_restate(struct hm_region *region, unsigned long start,
				unsigned long end, hm_state_t want)
{
	bool hidden = !hm_state_mapped(want);
	unsigned long fresh = 0;
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;
	bool widens, in_place;

	hm_region_split_ends(region, start, end);
	widens = range_widens(region, start, end, want);
	in_place = !widens && change_in_place(region, want);
	/*
	 * Unmapping flushes the TLBs, which nothing else that modules may call
	 * does.  A thread that finds no PTE meanwhile waits in the fault handler
	 * for the region's lock.
	 */
	if (in_place)
		hm_pte_flush_begin(region->vma);
	else if (!widens)
		hm_region_unmap(region, start, end);

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n) {
			struct hm_run run = run_of(region, block, i, n);
			hm_state_t old = block->state[i];

			if (!hm_state_committed(old))
				continue;
			memset(block->state + i, want, n);
			if (old & HM_FRESH)
				fresh += n;
			else if (!hm_state_mapped(old))
				region->hidden -= n;
			if (hidden) {
				region->hidden += n;
				continue;
			}
			if (widens && (old & ~HM_FRESH) == want)
				continue;
			hm_region_set_run(region, &run, want);
		}
		/* To look at each page takes longer than all else of a whole block. */
		if (block->committed == block->nr && hm_slice_is_all(block, slice))
			block->uniform = true;
		else
			hm_block_changed(block);
	}
	if (in_place)
		hm_pte_flush_end(region->vma);
	mark_runs(region, start, end);
	return fresh;
}

/*
 * Decommit
 */

/* Committed pages of a slice go: what of them has no PTE isn't hidden any more. */
static void count_hidden_out(struct hm_region *region, struct hm_block *block,
			     struct hm_slice slice)
{
	unsigned int i, n;

	if (!region->hidden)
		return;
	hm_for_each_run(block, slice, i, n)
		if (hm_state_committed(block->state[i]) &&
		    !hm_state_mapped(block->state[i]))
			region->hidden -= n;
}

void hm_region_decommit(struct hm_region *region, unsigned long start,
			unsigned long end, struct hm_batch *batch)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	/* Nothing may be taken from behind a PTE: first, all of them go. */
	hm_region_split_ends(region, start, end);
	hm_region_unmap(region, start, end);

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		n = hm_slice_committed(block, slice);
		region->committed -= n;
		count_hidden_out(region, block, slice);
		if (n == block->committed) {
			region->resident -= hm_block_resident(block);
			hm_region_drop_block(region, block, batch);
			continue;
		}
		hm_for_each_run(block, slice, i, n) {
			if (!hm_state_committed(block->state[i]))
				continue;
			region->resident -= hm_backing_take(block, i, n,
							    batch);
			hm_marks_clear(block->marks, i, n);
			memset(block->state + i, HM_RESERVED, n);
			block->committed -= n;
		}
		hm_block_changed(block);
	}
	mark_runs(region, start, end);
}

/*
 * Protect
 */

static bool is_readonly(hm_state_t state)
{
	state = hm_state_clear_guard(state);
	return hm_state_mapped(state) && !hm_state_allows(state, HM_WRITE);
}

bool hm_region_needs_vma(const struct hm_region *region, hm_state_t want)
{
	return region->readonly_ops && is_readonly(want);
}

void hm_region_adapt_vma(struct hm_region *region, hm_state_t want)
{
	if (!hm_region_needs_vma(region, want))
		return;
	mmap_assert_write_locked(region->vma->vm_mm);
	region->vma->vm_ops = region->readonly_ops;
	region->readonly_ops = NULL;
}

int hm_region_protect(struct hm_region *region, unsigned long start,
		      unsigned long end, hm_state_t want, u32 *old)
{
	if (hm_region_reserved_pages(region, start, end))	/* T7 */
		return -EADDRNOTAVAIL;
	*old = hm_region_protect_at(region, start);
	hm_region_adapt_vma(region, want);
	hm_region_restate(region, start, end, want);
	return 0;
}
