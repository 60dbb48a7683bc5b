// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for a commit, ahead of it.  See prealloc.h.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "backing.h"
#include "block.h"
#include "memcg_claim.h"
#include "pool.h"
#include "pressure.h"
#include "prealloc.h"

void hm_prealloc_add(struct hm_prealloc *prealloc, struct hm_block *block)
{
	list_add_tail(&block->link, &prealloc->blocks);
	prealloc->pages += block->committed;
}

struct hm_block *hm_prealloc_create(struct hm_prealloc *prealloc, unsigned long start,
				    unsigned long end)
{
	if (list_empty(&prealloc->blocks) && end - start <= HM_SMALL_PAGES * PAGE_SIZE)
		return hm_block_create_small(&prealloc->small, start, end);
	return hm_block_create(start, end);
}

/*
 * Is there memory for so many pages?  What has been prepared ahead isn't missed then,
 * and before a commit is refused because of that, it is given back.
 */
static int claim(struct hm_prealloc *prealloc, unsigned long pages)
{
	int err = hm_memcg_claim(&prealloc->claim, pages);

	if (err == -ENOMEM && hm_pools_empty(true))
		err = hm_memcg_claim(&prealloc->claim, pages);
	return err;
}

static bool is_short(unsigned long pages)
{
	return hm_pressure_is_extreme(pages) &&
	       !(hm_pools_empty(false) && !hm_pressure_is_extreme(pages));
}

/* Allocate what one block lacks. */
static int fill_block(struct hm_block *block, bool large)
{
	struct hm_slice all = { .first = 0, .end = block->nr };
	unsigned int i, n;
	int err;

	hm_for_each_run(block, all, i, n) {
		if (!hm_state_committed(block->state[i]))
			continue;
		err = large ? hm_backing_alloc_large(block) :
			      hm_backing_alloc(block, i, n);
		if (err)
			return err;
	}
	return 0;
}

int hm_prealloc_fill(struct hm_prealloc *prealloc, bool large)
{
	unsigned long tables = prealloc->pages / HM_BLOCK_PAGES + 1;
	struct hm_block *block;
	bool ready;
	int err;

	list_for_each_entry(block, &prealloc->blocks, link) {
		if (fatal_signal_pending(current))
			return -EINTR;
		/* What is there already takes nothing from anybody. */
		ready = !large && hm_backing_take_prepared(block, prealloc->pool);
		if (!ready && is_short(block->committed))
			return -ENOMEM;
		/* Each block will want a page table, too. */
		err = claim(prealloc, (ready ? 0 : block->committed) + tables);
		if (!err && !ready)
			err = fill_block(block, large);
		if (err)
			return err;
		hm_block_prepare_huge(block);
		hm_memcg_settle(&prealloc->claim, tables);
	}
	return 0;
}

struct hm_block *hm_prealloc_find(struct hm_prealloc *prealloc,
				  struct hm_block *cursor, unsigned long addr,
				unsigned int nr)
{
	struct hm_block *block = cursor;
	unsigned int first;

	if (!block)
		block = list_first_entry(&prealloc->blocks, typeof(*block), link);
	list_for_each_entry_from(block, &prealloc->blocks, link) {
		if (hm_block_end(block) <= addr)
			continue;
		if (block->start > addr)
			return NULL;
		first = hm_block_page(block, addr);
		if (first + nr > block->nr ||
		    !hm_state_committed(block->state[first]) ||
		    hm_state_run(block->state, first, first + nr) != nr)
			return NULL;
		return block;
	}
	return NULL;
}

struct hm_block *hm_prealloc_take(struct hm_prealloc *prealloc, unsigned long addr,
				  struct hm_batch *batch)
{
	struct hm_block *block, *next;

	list_for_each_entry_safe(block, next, &prealloc->blocks, link) {
		if (block->start > addr)
			return NULL;
		if (addr < hm_block_end(block)) {
			list_del_init(&block->link);
			return block;
		}
		list_move_tail(&block->link, &batch->blocks);
	}
	return NULL;
}

void hm_prealloc_drop(struct hm_prealloc *prealloc, struct hm_batch *batch)
{
	list_splice_tail_init(&prealloc->blocks, &batch->blocks);
	prealloc->pages = 0;
}
