// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation and freeing of committed memory.  See backing.h.
 */
#include <linux/log2.h>
#include <linux/slab.h>

#include "backing.h"
#include "block.h"
#include "gfp.h"
#include "pinnable.h"
#include "pool.h"
#include "prepared.h"

/* Larger pieces are cheaper, but not worth reclaim or compaction. */
#define CHEAPER_GFP	((GFP_KERNEL_ACCOUNT & ~__GFP_DIRECT_RECLAIM) |		\
			 __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN)
#define NEEDED_GFP	(HM_GFP | __GFP_ZERO)
/* A touch of what has been promised is no call that may fail: rather kill. */
#define PROMISED_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN)

/*
 * Memory comes and, if it can, goes in pieces: 2^order pages from one call of the
 * page allocator.  The block knows which of its pages are joined to the one before;
 * nothing is kept in struct page, but what the kernel wants there of pinnable ones.
 */

static void join(struct hm_block *block, unsigned int first, unsigned int nr)
{
	/* To set no bit takes as long as to set some. */
	if (nr > 1)
		bitmap_set(hm_block_joined(block), first + 1, nr - 1);
}

static void piece_add(struct hm_block *block, unsigned int first,
		      struct page *page, unsigned int order)
{
	unsigned int nr = 1u << order;
	unsigned int i;

	if (!block->pages)
		block->whole = page;
	else
		for (i = 0; i < nr; i++)
			block->pages[first + i] = page + i;
	join(block, first, nr);
}

/* Pages have no memory any more. */
static void pieces_forget(struct hm_block *block, unsigned int first,
			  unsigned int nr)
{
	if (block->whole)
		bitmap_set(hm_block_gone(block), first, nr);
	else
		memset(block->pages + first, 0, nr * sizeof(*block->pages));
	bitmap_clear(hm_block_joined(block), first, nr);
}

static int piece_alloc(struct hm_block *block, unsigned int first,
		       unsigned int order, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp, order);

	if (!page)
		return -ENOMEM;
	piece_add(block, first, page, order);
	if (block->pinnable)
		hm_pinnable_adopt(page, order);
	return 0;
}

/* The page behind the last one of the piece that begins at, or has, a page. */
static unsigned int piece_end(const struct hm_block *block, unsigned int page)
{
	return find_next_zero_bit(hm_block_joined(block), block->nr, page + 1);
}

/* Make pieces of one page each out of the piece that a page belongs to. */
static void piece_split(struct hm_block *block, unsigned int page)
{
	unsigned int end = piece_end(block, page);
	unsigned int first = page;

	while (test_bit(first, hm_block_joined(block)))
		first--;
	if (block->pinnable)
		hm_pinnable_split(hm_block_memory(block, first), ilog2(end - first));
	else
		split_page(hm_block_memory(block, first), ilog2(end - first));
	bitmap_clear(hm_block_joined(block), first, end - first);
}

/* No piece shall reach beyond pages [first, first + nr). */
static void pieces_cut_out(struct hm_block *block, unsigned int first,
			   unsigned int nr)
{
	unsigned int end = first + nr;

	if (test_bit(first, hm_block_joined(block)))
		piece_split(block, first);
	if (end < block->nr && test_bit(end, hm_block_joined(block)))
		piece_split(block, end);
}

/* One piece for all of a block. */
static int whole_alloc(struct hm_block *block, gfp_t gfp)
{
	return piece_alloc(block, 0, HM_BLOCK_ORDER, gfp);
}

int hm_backing_alloc(struct hm_block *block, unsigned int first,
		     unsigned int nr)
{
	unsigned int max_order = HM_BLOCK_ORDER;
	unsigned int end = first + nr;
	unsigned int i = first;

	if (nr == HM_BLOCK_PAGES) {
		if (!whole_alloc(block, CHEAPER_GFP))
			return 0;
		max_order--;
	}
	if (hm_block_need_pages(block, HM_GFP))
		return -ENOMEM;
	while (i < end) {
		unsigned int order = min_t(unsigned int, max_order,
					   ilog2(end - i));

		if (!piece_alloc(block, i, order, order ? CHEAPER_GFP :
							  NEEDED_GFP))
			i += 1u << order;
		else if (order)
			max_order = order - 1;
		else
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

bool hm_backing_take_prepared(struct hm_block *block, struct hm_pool *pool)
{
	if (block->pinnable || block->committed < HM_BLOCK_PAGES)
		return false;
	block->prepared = hm_pool_take(pool);
	if (!block->prepared)
		return false;
	/* To the page allocator its pages are single ones, so none is joined. */
	block->whole = block->prepared->page;
	return true;
}

int hm_backing_revive(struct hm_block *block, unsigned int page)
{
	if (hm_block_need_pages(block, PROMISED_GFP))
		return -ENOMEM;
	return piece_alloc(block, page, 0, PROMISED_GFP);
}

int hm_backing_alloc_large(struct hm_block *block)
{
	struct page *page;

	/* What is prepared ahead is memory of that size, too. */
	if (!block->pinnable)
		return !whole_alloc(block, NEEDED_GFP) ||
		       (hm_pools_empty(false) && !whole_alloc(block, NEEDED_GFP)) ?
		       0 : -ENOMEM;
	page = hm_pinnable_alloc_large(HM_BLOCK_ORDER, NEEDED_GFP);
	if (!page && hm_pools_empty(false))
		page = hm_pinnable_alloc_large(HM_BLOCK_ORDER, NEEDED_GFP);
	if (!page)
		return -ENOMEM;
	piece_add(block, 0, page, HM_BLOCK_ORDER);
	return 0;
}

void hm_backing_move(struct hm_block *to, struct hm_block *from,
		     unsigned int first, unsigned int nr)
{
	unsigned int from_first = hm_block_page(from, hm_block_addr(to, first));
	unsigned int end = from_first + nr;
	unsigned int i, piece;

	if (from->prepared && nr == HM_BLOCK_PAGES)
		swap(to->prepared, from->prepared);
	else if (from->prepared)
		hm_prepared_take_apart(from->prepared);
	pieces_cut_out(from, from_first, nr);
	if (from->pages)
		memcpy(to->pages + first, from->pages + from_first,
		       nr * sizeof(*to->pages));
	else
		for (i = 0; i < nr; i++)
			to->pages[first + i] = hm_block_memory(from, from_first + i);
	for (i = from_first; i < end; i = piece) {
		piece = piece_end(from, i);
		join(to, first + i - from_first, piece - i);
	}
	pieces_forget(from, from_first, nr);
}

/*
 * Most pieces of a decommit are whole blocks' and come with them.  When there is no
 * room for another one here, all go at once: no PTE reaches them any more.
 */
static void batch_add(struct hm_batch *batch, struct page *page,
		      unsigned int order)
{
	if (batch->nr_pieces == ARRAY_SIZE(batch->pieces))
		hm_batch_free(batch);
	batch->orders[batch->nr_pieces] = order;
	batch->pieces[batch->nr_pieces++] = page;
}

/*
 * All of what was prepared ahead goes together: return how many pages.  Otherwise each
 * goes as any other, and only the vmalloc area goes now.
 */
static unsigned int take_prepared(struct hm_block *block, unsigned int nr,
				  struct hm_batch *batch)
{
	struct hm_prepared *prepared = block->prepared;

	block->prepared = NULL;
	list_add(&prepared->link, &batch->prepared);
	if (nr == HM_BLOCK_PAGES && !prepared->apart)
		return nr;
	hm_prepared_take_apart(prepared);
	return 0;
}

unsigned int hm_backing_take(struct hm_block *block, unsigned int first,
			     unsigned int nr, struct hm_batch *batch)
{
	unsigned int end = first + nr;
	unsigned int taken = 0;
	unsigned int i, piece;

	if (block->prepared) {
		taken = take_prepared(block, nr, batch);
		if (taken) {
			pieces_forget(block, first, nr);
			return taken;
		}
	}
	pieces_cut_out(block, first, nr);
	for (i = first; i < end; i = piece) {
		piece = i + 1;
		if (!hm_block_memory(block, i))
			continue;
		piece = piece_end(block, i);
		batch_add(batch, hm_block_memory(block, i), ilog2(piece - i));
		taken += piece - i;
	}
	pieces_forget(block, first, nr);
	return taken;
}

void hm_backing_split(struct hm_block *block)
{
	unsigned int i, piece;

	if (block->prepared)
		hm_prepared_take_apart(block->prepared);
	for (i = 0; i < block->nr; i = piece) {
		piece = piece_end(block, i);
		if (piece > i + 1)
			piece_split(block, i);
	}
}

static void piece_free(struct page *page, unsigned int order, bool pinnable,
		       struct hm_batch *batch)
{
	if (pinnable)
		batch->nr_held += hm_pinnable_free(page, order, &batch->held);
	else
		__free_pages(page, order);
}

static void block_free(struct hm_block *block, struct hm_batch *batch)
{
	bool any = block->whole || block->pages;
	unsigned int left = any ? block->committed : 0;
	unsigned int i, piece;

	if (block->prepared) {
		if (!block->prepared->apart)
			left = 0;
		hm_pool_give(block->prepared);
	}
	for (i = 0; i < block->nr && left; i = piece) {
		struct page *page = hm_block_memory(block, i);

		piece = i + 1;
		if (!page)
			continue;
		piece = piece_end(block, i);
		piece_free(page, ilog2(piece - i), block->pinnable, batch);
		left -= piece - i;
	}
	hm_block_destroy(block);
}

static void free_pieces(struct hm_batch *batch)
{
	struct hm_prepared *prepared, *next;
	unsigned int i;

	list_for_each_entry_safe(prepared, next, &batch->prepared, link) {
		list_del_init(&prepared->link);
		hm_pool_give(prepared);
	}
	for (i = 0; i < batch->nr_pieces; i++)
		piece_free(batch->pieces[i], batch->orders[i],
			   hm_pinnable_is(batch->pieces[i]), batch);
	batch->nr_pieces = 0;
}

bool hm_backing_held(const struct hm_block *block, unsigned int page)
{
	struct page *memory = hm_block_memory(block, page);

	return block->pinnable && (hm_pinnable_held(memory) ||
				   hm_pinnable_written(memory));
}

void hm_batch_free(struct hm_batch *batch)
{
	struct hm_block *block, *next;

	free_pieces(batch);
	list_for_each_entry_safe(block, next, &batch->blocks, link) {
		block_free(block, batch);
		cond_resched();
	}
	INIT_LIST_HEAD(&batch->blocks);
}

void hm_batch_drop(struct hm_batch *batch)
{
	struct folio *folio, *next;

	hm_batch_free(batch);
	list_for_each_entry_safe(folio, next, &batch->held, lru)
		folio_put(folio);
	hm_batch_init(batch);
}
