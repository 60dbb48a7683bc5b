// SPDX-License-Identifier: GPL-2.0
/*
 * Committing a range of a region, in three steps: survey what it lacks; when
 * that has been allocated, move it in; then, since nothing can fail any more,
 * give all pages of the range their protection.  See region.h and prealloc.h.
 */
#include "backing.h"
#include "gfp.h"
#include "prealloc.h"
#include "walk.h"

static unsigned int slice_reserved(struct hm_block *block,
				   struct hm_slice slice)
{
	return slice.end - slice.first - hm_slice_committed(block, slice);
}

/* Note in @need, a block of the preallocation, that a run of pages is needed. */
static void mark_needed(struct hm_block *need, unsigned long addr,
			unsigned int nr, hm_state_t want)
{
	memset(need->state + hm_block_page(need, addr),
	       hm_state_commit(HM_RESERVED, want), nr);
	need->committed += nr;
}

/* A block that may take its place in the region as it is. */
static struct hm_block *survey_absent(struct hm_region *region,
				      unsigned long start, unsigned long end,
				      hm_state_t want)
{
	struct hm_block *need;

	need = hm_block_create(block_base(region, start),
			       block_limit(region, start));
	if (need)
		mark_needed(need, start, (end - start) >> PAGE_SHIFT, want);
	return need;
}

/* A block just large enough to complete the one that is there. */
static struct hm_block *survey_present(struct hm_block *block,
				       unsigned long start, unsigned long end,
				       hm_state_t want)
{
	struct hm_slice slice = hm_block_slice(block, start, end);
	struct hm_block *need = hm_block_create(start, end);
	unsigned int i, n;

	if (!need)
		return NULL;
	hm_for_each_run(block, slice, i, n)
		if (!hm_state_committed(block->state[i]))
			mark_needed(need, hm_block_addr(block, i), n, want);
	return need;
}

int hm_region_survey(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_prealloc *prealloc)
{
	struct hm_block *block, *need;
	unsigned long addr, next;

	for_each_block_range(region, addr, next, start, end) {
		block = block_at(region, addr);
		if (!block)
			need = survey_absent(region, addr, next, want);
		else if (!slice_reserved(block, hm_block_slice(block, addr, next)))
			continue;
		else
			need = survey_present(block, addr, next, want);
		if (!need)
			return -ENOMEM;
		hm_prealloc_add(prealloc, need);
	}
	return 0;
}

/*
 * Does the preallocation have what a range lacks?  Where there is no block, one that
 * was made to complete a block won't do.
 */
static bool prealloc_covers(struct hm_region *region, unsigned long start,
			    unsigned long end, struct hm_prealloc *prealloc)
{
	struct hm_block *block, *spare = NULL;
	unsigned long addr, next;
	struct hm_slice slice;
	unsigned int i, n;

	for_each_block_range(region, addr, next, start, end) {
		block = block_at(region, addr);
		if (!block) {
			spare = hm_prealloc_find(prealloc, spare, addr,
						 (next - addr) >> PAGE_SHIFT);
			if (!spare || spare->start != block_base(region, addr) ||
			    hm_block_end(spare) != block_limit(region, addr))
				return false;
			continue;
		}
		slice = hm_block_slice(block, addr, next);
		hm_for_each_run(block, slice, i, n) {
			if (hm_state_committed(block->state[i]))
				continue;
			spare = hm_prealloc_find(prealloc, spare,
						 hm_block_addr(block, i), n);
			if (!spare)
				return false;
		}
	}
	return true;
}

/* Put @spare, which holds one run of fresh pages, where there is no block. */
static int block_insert(struct hm_region *region, struct hm_block *spare,
			unsigned long addr, unsigned long end,
			struct hm_batch *batch)
{
	unsigned long index = block_index(region, addr);
	struct hm_slice slice = hm_block_slice(spare, addr, end);
	struct hm_run run = run_of(region, spare, slice.first,
				   slice.end - slice.first);
	int err = 0;

	if (region->watched)
		err = hm_block_need_marks(spare);
	if (!err)
		err = xa_err(xa_store(&region->blocks, index, spare,
				      HM_GFP));
	if (!err) {
		/* Large pages are mapped by their first fault. */
		if (!region->large)
			err = hm_pte_create(&run, spare->state[slice.first]);
		if (err)
			xa_erase(&region->blocks, index);
	}
	if (err)
		list_add_tail(&spare->link, &batch->blocks);
	return err;
}

/* Move the memory of what is reserved in a slice from @spare into @block. */
static void block_complete(struct hm_region *region, struct hm_block *block,
			   struct hm_slice slice, hm_state_t want,
			   struct hm_block *spare, struct hm_batch *batch)
{
	hm_state_t fresh = hm_state_commit(HM_RESERVED, want);
	unsigned int i, n;

	hm_for_each_run(block, slice, i, n) {
		struct hm_run run = run_of(region, block, i, n);

		if (hm_state_committed(block->state[i]))
			continue;
		hm_backing_move(block, spare, i, n);
		spare->committed -= n;
		memset(block->state + i, fresh, n);
		block->committed += n;
		if (hm_state_mapped(fresh))
			hm_pte_set(&run, fresh);
	}
	list_add_tail(&spare->link, &batch->blocks);
}

/* Commit what is reserved in one block's part of a range; it is fresh then. */
static int commit_block(struct hm_region *region, unsigned long addr,
			unsigned long end, hm_state_t want,
			struct hm_prealloc *prealloc, struct hm_batch *batch)
{
	struct hm_block *spare = hm_prealloc_take(prealloc, addr, batch);
	struct hm_block *block = block_at(region, addr);

	if (!spare)		/* all of it is committed already */
		return 0;
	if (!block)
		return block_insert(region, spare, addr, end, batch);
	block_complete(region, block, hm_block_slice(block, addr, end), want,
		       spare, batch);
	return 0;
}

/* Take back what commit_block() has done in a range. */
static void rollback(struct hm_region *region, unsigned long start,
		     unsigned long end, struct hm_batch *batch)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n) {
			struct hm_run run = run_of(region, block, i, n);

			if (!(block->state[i] & HM_FRESH))
				continue;
			hm_pte_clear_inner(&run);
			hm_pte_unmap(region->vma, hm_block_addr(block, i),
				     hm_block_addr(block, i + n));
			hm_backing_take(block, i, n, batch);
			hm_marks_clear(block->marks, i, n);
			memset(block->state + i,
			       hm_state_rollback(block->state[i]), n);
			block->committed -= n;
		}
		hm_block_changed(block);
		if (!block->committed)
			hm_region_drop_block(region, block, batch);
	}
}

int hm_region_commit(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_prealloc *prealloc, struct hm_batch *batch)
{
	unsigned long addr, next, fresh;
	int err;

	if (!prealloc_covers(region, start, end, prealloc))
		return -EAGAIN;
	for_each_block_range(region, addr, next, start, end) {
		err = commit_block(region, addr, next, want, prealloc, batch);
		if (err) {
			rollback(region, start, next, batch);
			return err;
		}
	}
	fresh = hm_region_restate(region, start, end, want);
	region->committed += fresh;
	region->resident += fresh;
	return 0;
}
