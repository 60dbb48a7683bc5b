// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation, vmalloc areas and freeing of committed memory.  See backing.h.
 */
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "backing.h"
#include "block.h"
#include "gfp.h"

/*
 * An area of fewer pages costs more than it holds is worth: its guard page, two
 * tree nodes and some 2,000 instructions to make and drop it.
 */
#define AREA_MIN_PAGES	64

/**
 * struct hm_area - a vmalloc area over some pages of one block
 * @link: in block->areas or in a batch; protected like its holder
 * @addr: what vmap() returned; invariant after init
 * @first: first page
 * @nr: how many; invariant after init
 */
struct hm_area {
	struct list_head link;
	void *addr;
	unsigned int first;
	unsigned int nr;
};

/*
 * Memory comes and, if it can, goes in pieces: 2^order pages from one call of
 * the page allocator, which makes them naturally aligned.  Each page of a piece
 * has the order in page->private, so any of them leads to the first.
 */
static unsigned int piece_order(struct page *page)
{
	return page_private(page);
}

/* Which page of its piece a page is. */
static unsigned int piece_offset(struct page *page)
{
	return page_to_pfn(page) & ((1ul << piece_order(page)) - 1);
}

static void piece_mark(struct page *piece, unsigned int order,
		       unsigned int mark)
{
	unsigned int i;

	for (i = 0; i < 1u << order; i++)
		set_page_private(piece + i, mark);
}

/* Larger pieces are cheaper, but not worth reclaim or compaction. */
#define CHEAPER_GFP	((GFP_KERNEL_ACCOUNT & ~__GFP_DIRECT_RECLAIM) |		\
			 __GFP_ZERO | __GFP_NORETRY | __GFP_NOWARN)
#define NEEDED_GFP	(HM_GFP | __GFP_ZERO)
/* A touch of what has been promised is no call that may fail: rather kill. */
#define PROMISED_GFP	(GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN)

static struct page *piece_alloc(unsigned int order, gfp_t gfp)
{
	struct page *piece = alloc_pages(gfp, order);

	if (piece)
		piece_mark(piece, order, order);
	return piece;
}

static void piece_free(struct page *piece)
{
	unsigned int order = piece_order(piece);

	piece_mark(piece, order, 0);
	__free_pages(piece, order);
}

/* Make pieces of one page each out of the piece that a page belongs to. */
static void piece_split(struct page *page)
{
	struct page *piece = page - piece_offset(page);
	unsigned int order = piece_order(page);

	if (!order)
		return;
	split_page(piece, order);
	piece_mark(piece, order, 0);
}

/* No piece shall reach beyond pages [first, first + nr). */
static void pieces_cut_out(struct hm_block *block, unsigned int first,
			   unsigned int nr)
{
	struct page *head = block->pages[first];
	struct page *tail = block->pages[first + nr - 1];

	if (head && (piece_offset(head) || 1u << piece_order(head) > nr))
		piece_split(head);
	if (tail && piece_offset(tail) + 1 != 1u << piece_order(tail))
		piece_split(tail);
}

static int area_create(struct hm_block *block, unsigned int first,
		       unsigned int nr)
{
	struct hm_area *area;

	area = kmalloc(sizeof(*area), HM_GFP);
	if (!area)
		return -ENOMEM;
	area->first = first;
	area->nr = nr;
	area->addr = vmap(block->pages + first, nr, VM_MAP, PAGE_KERNEL);
	if (!area->addr) {
		kfree(area);
		return -ENOMEM;
	}
	list_add(&area->link, &block->areas);
	return 0;
}

static void areas_destroy(struct list_head *areas)
{
	struct hm_area *area, *next;

	list_for_each_entry_safe(area, next, areas, link) {
		vunmap(area->addr);
		kfree(area);
	}
}

int hm_backing_alloc(struct hm_block *block, unsigned int first,
		     unsigned int nr)
{
	unsigned int max_order = HM_BLOCK_ORDER;
	unsigned int end = first + nr;
	unsigned int i = first;

	while (i < end) {
		unsigned int order = min_t(unsigned int, max_order,
					   ilog2(end - i));
		struct page *page = piece_alloc(order, order ? CHEAPER_GFP :
							       NEEDED_GFP);
		unsigned int next = i + (1u << order);

		if (!page) {
			if (!order)
				return -ENOMEM;
			max_order = order - 1;
			continue;
		}
		while (i < next)
			block->pages[i++] = page++;
		cond_resched();
	}
	return nr < AREA_MIN_PAGES ? 0 : area_create(block, first, nr);
}

int hm_backing_revive(struct hm_block *block, unsigned int page)
{
	block->pages[page] = piece_alloc(0, PROMISED_GFP);
	return block->pages[page] ? 0 : -ENOMEM;
}

int hm_backing_alloc_large(struct hm_block *block)
{
	struct page *page = piece_alloc(HM_BLOCK_ORDER, NEEDED_GFP);
	unsigned int i;

	if (!page)
		return -ENOMEM;
	for (i = 0; i < HM_BLOCK_PAGES; i++)
		block->pages[i] = page + i;
	return area_create(block, 0, HM_BLOCK_PAGES);
}

void hm_backing_move(struct hm_block *to, struct hm_block *from,
		     unsigned int first, unsigned int nr)
{
	unsigned int from_first = hm_block_page(from, hm_block_addr(to, first));
	struct page **source = from->pages + from_first;
	struct hm_area *area, *next;

	pieces_cut_out(from, from_first, nr);
	memcpy(to->pages + first, source, nr * sizeof(*source));
	memset(source, 0, nr * sizeof(*source));

	/* An area that isn't moved as a whole goes when @from does. */
	list_for_each_entry_safe(area, next, &from->areas, link) {
		if (area->first < from_first ||
		    area->first + area->nr > from_first + nr)
			continue;
		area->first += first - from_first;
		list_move(&area->link, &to->areas);
	}
}

unsigned int hm_backing_take(struct hm_block *block, unsigned int first,
			     unsigned int nr, struct hm_batch *batch)
{
	unsigned int end = first + nr;
	struct hm_area *area, *next;
	unsigned int taken = 0;
	unsigned int i, n;

	list_for_each_entry_safe(area, next, &block->areas, link)
		if (area->first < end && first < area->first + area->nr)
			list_move(&area->link, &batch->areas);

	pieces_cut_out(block, first, nr);
	for (i = first; i < end; i += n) {
		struct page *piece = block->pages[i];

		n = piece ? 1u << piece_order(piece) : 1;
		if (!piece)
			continue;
		list_add_tail(&piece->lru, &batch->pieces);
		taken += n;
	}
	memset(block->pages + first, 0, nr * sizeof(*block->pages));
	return taken;
}

static void block_free(struct hm_block *block)
{
	unsigned int left = block->committed;
	struct page *page;
	unsigned int i, n;

	areas_destroy(&block->areas);
	for (i = 0; i < block->nr && left; i += n) {
		page = block->pages[i];
		n = page ? 1u << piece_order(page) : 1;
		if (!page)
			continue;
		piece_free(page);
		left -= n;
	}
	hm_block_destroy(block);
}

void hm_batch_free(struct hm_batch *batch)
{
	struct hm_block *block, *next_block;
	struct page *piece, *next_piece;

	/* Areas first: they are the kernel's way to the pages. */
	areas_destroy(&batch->areas);

	list_for_each_entry_safe(piece, next_piece, &batch->pieces, lru)
		piece_free(piece);
	list_for_each_entry_safe(block, next_block, &batch->blocks, link) {
		block_free(block);
		cond_resched();
	}
}
