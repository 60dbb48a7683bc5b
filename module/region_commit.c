// SPDX-License-Identifier: GPL-2.0
/*
 * Committing a range of a region, in three steps: survey what it lacks; when
 * that has been allocated, move it in; then, since nothing can fail any more,
 * give all pages of the range their protection.  See region.h and prealloc.h.
 */
#include "backing.h"
#include "compat.h"
#include "gfp.h"
#include "prealloc.h"
#include "region_dump.h"
#include "walk.h"

/* Of a block's window there are four sizes, naturally aligned: from 8 pages on. */
#define WINDOW_MIN	(8 * PAGE_SIZE)
#define WINDOW_GROWTH	4

/* Widen a range to the window that it wants together with that of @block, if any. */
static void window_for(const struct hm_region *region,
		       const struct hm_block *block, unsigned long *start,
		       unsigned long *end)
{
	unsigned long size = WINDOW_MIN;

	if (block) {
		*start = min(*start, block->start);
		*end = max(*end, hm_block_end(block));
	}
	while (ALIGN_DOWN(*start, size) + size < *end)
		size *= WINDOW_GROWTH;
	*start = ALIGN_DOWN(*start, size);
	*end = min(*start + size, region->end);
	*start = max(*start, region->start);
}

/* Note in @need, a block of the preallocation, that a run of pages is needed. */
static void mark_needed(struct hm_block *need, unsigned long addr,
			unsigned int nr, hm_state_t want)
{
	memset(need->state + hm_block_page(need, addr),
	       hm_state_commit(HM_RESERVED, want), nr);
	need->committed += nr;
	need->uniform = nr == need->nr;
}

/*
 * Find the next reserved pages from *@addr on in a range of one block, be there a
 * block or not: [*@addr, *@next).  False: there are none before @end.
 */
static bool find_reserved(const struct hm_block *block, unsigned long *addr,
			  unsigned long end, unsigned long *next)
{
	struct hm_slice slice;
	unsigned int n;

	for (; *addr < end; *addr = *next) {
		*next = end;
		if (!block || *addr >= hm_block_end(block))
			return true;
		if (*addr < block->start) {
			*next = min(end, block->start);
			return true;
		}
		slice = hm_block_slice(block, *addr, end);
		n = hm_block_run(block, slice.first, slice.end);
		*next = *addr + n * PAGE_SIZE;
		if (!hm_state_committed(block->state[slice.first]))
			return true;
	}
	return false;
}

#define for_each_reserved(block, addr, next, start, end)		\
	for ((addr) = (start);						\
	     find_reserved(block, &(addr), end, &(next));		\
	     (addr) = (next))

/*
 * Can what is reserved in a range get its memory in a block that is there?  One that is a
 * whole has no room to know other memory than its own.
 */
static bool can_complete(const struct hm_block *block, unsigned long start,
			 unsigned long end)
{
	unsigned long next;

	return block && hm_block_has(block, start, end) &&
	       (block->pages || !find_reserved(block, &start, end, &next));
}

/*
 * A block for what is reserved in a range of one block; NULL without memory.  @entry: what
 * the index has there.
 */
static struct hm_block *create_needed(const struct hm_region *region, void *entry,
				      unsigned long start, unsigned long end,
				      struct hm_prealloc *prealloc)
{
	bool huge = !entry && end - start == HM_BLOCK_SIZE &&
		    hm_region_wants_huge(region);
	struct hm_block *block = block_of_entry(entry), *need;

	if (can_complete(block, start, end)) {
		need = hm_prealloc_create(prealloc, start, end);
	} else {
		/* No block has room for it: it is to take the place of that one. */
		window_for(region, block, &start, &end);
		need = hm_block_create(start, end);
	}
	if (need) {
		need->pinnable = region->pinnable;
		need->huge = huge;
	}
	return need;
}

void hm_region_needs(struct hm_region *region, unsigned long start,
		     unsigned long end, struct hm_needs *needs)
{
	unsigned long addr, next, behind, counted = ~0ul;
	struct hm_block *block;

	*needs = (struct hm_needs) {};
	for_each_block_range(region, addr, next, start, end) {
		unsigned long reserved, base = addr, limit = next;
		void *entry = entry_at(region, addr);

		cond_resched();
		block = block_of_entry(entry);
		for_each_reserved(block, reserved, behind, addr, next)
			needs->pages += (behind - reserved) >> PAGE_SHIFT;
		if (!entry && !region->large)
			needs->tables += hm_tables_between(region->vma->vm_mm,
							   addr, counted);
		counted = addr;
		if (can_complete(block, addr, next))
			continue;
		window_for(region, block, &base, &limit);
		needs->metadata += hm_block_bytes((limit - base) >> PAGE_SHIFT);
		if (block)
			needs->metadata -= hm_block_bytes(block->nr);
	}
}

int hm_region_survey(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_prealloc *prealloc)
{
	unsigned long addr, next, reserved, behind;
	struct hm_block *block, *need;

	for_each_block_range(region, addr, next, start, end) {
		void *entry = entry_at(region, addr);

		block = block_of_entry(entry);
		need = NULL;
		for_each_reserved(block, reserved, behind, addr, next) {
			if (!need)
				need = create_needed(region, entry, addr, next,
						     prealloc);
			if (!need)
				return -ENOMEM;
			mark_needed(need, reserved,
				    (behind - reserved) >> PAGE_SHIFT, want);
		}
		if (need)
			hm_prealloc_add(prealloc, need);
	}
	return 0;
}

/* May @spare take the place of @block, if there is one, for a range? */
static bool may_replace(const struct hm_block *spare,
			const struct hm_block *block, unsigned long start,
			unsigned long end)
{
	return !spare->borrowed && hm_block_has(spare, start, end) &&
	       (!block || (spare->pages && hm_block_has(spare, block->start,
							hm_block_end(block))));
}

/* Where there is no block for a range, one that was made to complete another won't do. */
bool hm_region_is_covered(struct hm_region *region, unsigned long start,
			  unsigned long end, struct hm_prealloc *prealloc)
{
	unsigned long addr, next, reserved, behind;
	struct hm_block *block, *spare = NULL;

	for_each_block_range(region, addr, next, start, end) {
		block = block_at(region, addr);
		for_each_reserved(block, reserved, behind, addr, next) {
			spare = hm_prealloc_find(prealloc, spare, reserved,
						 (behind - reserved) >> PAGE_SHIFT);
			if (!spare)
				return false;
			if (!can_complete(block, addr, next) &&
			    !may_replace(spare, block, addr, next))
				return false;
		}
	}
	return true;
}

/* Map the one run of fresh pages that a block has; make the page table if need be. */
static int block_map(struct hm_region *region, struct hm_block *block,
		     struct hm_slice slice, bool table)
{
	struct hm_run run = run_of(region, block, slice.first,
				   slice.end - slice.first);
	hm_state_t state = block->state[slice.first];
	unsigned int tables;
	int err;

	/* Large pages are mapped by their first fault. */
	if (region->large)
		return 0;
	if (table)
		hm_block_end_huge(block);
	if (block->huge && hm_region_map_huge(region, block))
		return 0;
	if (table) {
		if (hm_state_mapped(state))
			hm_pte_set(&run, state);
		return 0;
	}
	err = hm_pte_create(&run, state, &tables);
	hm_region_note_tables(region, block->start, tables);
	return err;
}

/*
 * Put @spare, which holds one run of fresh pages, where there is no block, but maybe
 * the page table of one that was.
 */
static int block_insert(struct hm_region *region, struct hm_block *spare,
			struct hm_slice slice, bool table,
			struct hm_batch *batch)
{
	int err = 0;

	if (region->watched)
		err = hm_block_need_marks(spare);
	if (!err)
		err = hm_region_set_block(region, spare, NULL);
	if (err) {
		list_add_tail(&spare->link, &batch->blocks);
		return err;
	}
	err = block_map(region, spare, slice, table);
	if (err) {
		hm_region_drop_block(region, spare, batch);
		forget_found(region);
		xa_erase(&region->blocks, block_index(region, spare->start));
	}
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

/* Other threads have committed some pages since: what is here for them isn't needed. */
static void give_up_pages(struct hm_block *spare, struct hm_slice slice,
			  struct hm_batch *batch)
{
	unsigned int i, n;

	hm_for_each_run(spare, slice, i, n) {
		if (!hm_state_committed(spare->state[i]))
			continue;
		hm_backing_take(spare, i, n, batch);
		memset(spare->state + i, HM_RESERVED, n);
		spare->committed -= n;
	}
	spare->uniform = false;
}

/*
 * Put @spare in the place of @block, which has no room for a slice of it.
 * Nothing is allocated: the index has a place for it.
 */
static void block_replace(struct hm_region *region, struct hm_block *block,
			  struct hm_slice slice, struct hm_block *spare,
			  struct hm_batch *batch)
{
	struct hm_slice all = { .first = 0, .end = block->nr }, same;
	unsigned int i, n;

	hm_for_each_run(block, all, i, n) {
		if (!hm_state_committed(block->state[i]))
			continue;
		same = hm_block_slice(spare, hm_block_addr(block, i),
				      hm_block_addr(block, i + n));
		give_up_pages(spare, same, batch);
		hm_backing_move(spare, block, same.first, n);
	}
	hm_block_take_over(spare, block);
	hm_region_set_block(region, spare, block);
	list_add_tail(&block->link, &batch->blocks);

	hm_for_each_run(spare, slice, i, n) {
		struct hm_run run = run_of(region, spare, i, n);

		if (spare->state[i] & HM_FRESH && hm_state_mapped(spare->state[i]))
			hm_pte_set(&run, spare->state[i]);
	}
}

/* Commit what is reserved in one block's part of a range; it is fresh then. */
static int commit_block(struct hm_region *region, unsigned long addr,
			unsigned long end, hm_state_t want,
			struct hm_prealloc *prealloc, struct hm_batch *batch)
{
	struct hm_block *spare = hm_prealloc_take(prealloc, addr, batch);
	void *entry = entry_at(region, addr);
	struct hm_block *block = block_of_entry(entry);

	if (!spare)		/* all of it is committed already */
		return 0;
	if (!block)
		return block_insert(region, spare, hm_block_slice(spare, addr, end),
				    entry, batch);
	if (can_complete(block, addr, end))
		block_complete(region, block, hm_block_slice(block, addr, end),
			       want, spare, batch);
	else
		block_replace(region, block, hm_block_slice(spare, addr, end),
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
			struct hm_unmap unmap;

			if (!(block->state[i] & HM_FRESH))
				continue;
			unmap = hm_unmap_begin(region->vma,
					       hm_block_addr(block, i));
			if (!block->huge)
				hm_unmap_run(&unmap, &run);
			hm_unmap_end(&unmap, hm_block_addr(block, i + n));
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
	mark_runs(region, start, end);
}

int hm_region_commit(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_prealloc *prealloc, struct hm_batch *batch)
{
	unsigned long addr, next, fresh;
	int err;

	for_each_block_range(region, addr, next, start, end) {
		err = commit_block(region, addr, next, want, prealloc, batch);
		if (err) {
			rollback(region, start, next, batch);
			return err;
		}
	}
	hm_region_adapt_vma(region, want);
	fresh = hm_region_restate(region, start, end, want);
	region->committed += fresh;
	region->resident += fresh;
	if (unlikely(region->vma->vm_flags & VM_IO) && !hm_region_is_giant(region))
		hm_vm_flags_clear(region->vma, VM_IO);	/* see hm_mmap() */
	return 0;
}
