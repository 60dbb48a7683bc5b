/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory behind committed pages: zeroed when it is allocated, charged to
 * the caller's memory cgroup, and freed only from a batch, that is after its PTEs
 * are gone.
 *
 * It comes in pieces, as large as there are, and what is decommitted of a piece goes
 * at once: so memory held never exceeds memory committed.  But for what was prepared
 * ahead: that goes back where it comes from, as a whole.
 *
 * Called by region.c, and by space.c for the batch.
 */
#ifndef HOSTMEM_BACKING_H
#define HOSTMEM_BACKING_H

#include <linux/list.h>

struct hm_block;
struct hm_pool;
struct page;

/**
 * struct hm_batch - memory on its way out
 * @blocks: whole blocks with all that they still have
 * @prepared: pieces that were prepared ahead, of which some page goes, or all
 * @pieces: pages and pieces of pages out of blocks that stay
 * @orders: how large each of them is
 * @nr_pieces: how many of them
 * @held: pages that others hold, when all else has been freed; see pinnable.h
 * @nr_held: how many of them
 *
 * Filled under region->lock and freed without it, but for more pieces than there is
 * room for: it is small because kernels clear what is on the stack.  Owned by the call
 * that has it there.
 */
struct hm_batch {
	struct list_head blocks;
	struct list_head prepared;
	struct page *pieces[8];
	u8 orders[8];
	unsigned int nr_pieces;
	struct list_head held;
	unsigned long nr_held;
};

/** hm_batch_init - a batch that holds nothing */
static inline void hm_batch_init(struct hm_batch *batch)
{
	INIT_LIST_HEAD(&batch->blocks);
	INIT_LIST_HEAD(&batch->prepared);
	batch->nr_pieces = 0;
	INIT_LIST_HEAD(&batch->held);
	batch->nr_held = 0;
}

/**
 * hm_backing_alloc - put zeroed memory behind pages that have none
 * @block: a block of a preallocation
 * @first: first page
 * @nr: how many
 *
 * Context: sleeps.  Commits have no lock held, for zeroing is most of the work.
 * Return: 0 or -ENOMEM; then some of the pages may have memory.
 */
int hm_backing_alloc(struct hm_block *block, unsigned int first,
		     unsigned int nr);

/**
 * hm_backing_take_prepared - put memory behind all of a block that was zeroed before
 * @block: a block of a preallocation, without memory
 * @pool: the pool of its space or NULL
 *
 * Return: false if there is none, or none for such a block.
 */
bool hm_backing_take_prepared(struct hm_block *block, struct hm_pool *pool);

/**
 * hm_backing_revive - put zeroed memory behind a page that has lost its own
 * @block: a block of a region, with the lock of that held
 * @page: the page
 *
 * Context: sleeps, in a fault or for a debugger; may invoke the OOM killer, as
 * the touch of any memory may.
 * Return: 0 or -ENOMEM.
 */
int hm_backing_revive(struct hm_block *block, unsigned int page);

/**
 * hm_backing_alloc_large - put one zeroed large page behind all of a block
 * @block: a full block of a preallocation, without memory
 *
 * Context: sleeps; no lock held.
 * Return: 0 or -ENOMEM.
 */
int hm_backing_alloc_large(struct hm_block *block);

/**
 * hm_backing_move - hand the memory of pages to another block
 * @to: block whose pages have no memory, and have been asked for one by one
 * @from: has memory for the same addresses
 * @first: first page of @to
 * @nr: how many
 *
 * Cannot fail.
 */
void hm_backing_move(struct hm_block *to, struct hm_block *from,
		     unsigned int first, unsigned int nr);

/**
 * hm_backing_take - take the memory from behind pages
 * @block: their block
 * @first: first page
 * @nr: how many
 * @batch: gets the memory
 *
 * The pages' PTEs must be gone and flushed.  Cannot fail.
 * Return: how many of the pages had memory.
 */
unsigned int hm_backing_take(struct hm_block *block, unsigned int first,
			     unsigned int nr, struct hm_batch *batch);

/**
 * hm_backing_held - does anyone else hold a page to which no PTE leads?
 *
 * Or has he let it go only now, with something written to it.
 */
bool hm_backing_held(const struct hm_block *block, unsigned int page);

/**
 * hm_backing_split - make single pages of all that a block has
 *
 * Then others may have references to them.
 */
void hm_backing_split(struct hm_block *block);

/**
 * hm_batch_free - free all that a batch holds, but for pages that others hold
 *
 * These are left in it, for hm_pinned_keep().
 * Context: sleeps; no lock held.
 */
void hm_batch_free(struct hm_batch *batch);

/**
 * hm_batch_drop - the same for memory that nobody can have seen; it is empty then
 *
 * Who looks at all pages of the machine may have one for a moment, and frees it.
 */
void hm_batch_drop(struct hm_batch *batch);

#endif /* HOSTMEM_BACKING_H */
