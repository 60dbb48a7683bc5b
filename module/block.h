/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block: the pages of one region within one naturally aligned 2 MiB, their
 * states and the memory behind them.  It has room for a window of these pages,
 * which grows when others are committed; pages beyond it are reserved.
 *
 * A block is owned by exactly one of
 *   - a preallocation: the commit that is filling it; no one else sees it;
 *   - a region's index: region->lock protects all of it;
 *   - a batch: on its way to be freed, no PTE reaches its pages any more.
 * It is made at the first commit within its 2 MiB and dropped when its last
 * page is decommitted, so reserving costs no memory.
 *
 * Called by the files of a region, prealloc.c, backing.c and pte.c.
 */
#ifndef HOSTMEM_BLOCK_H
#define HOSTMEM_BLOCK_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "page_state.h"

#define HM_BLOCK_SHIFT	21
#define HM_BLOCK_SIZE	(1ul << HM_BLOCK_SHIFT)
#define HM_BLOCK_PAGES	(HM_BLOCK_SIZE >> PAGE_SHIFT)
#define HM_BLOCK_ORDER	(HM_BLOCK_SHIFT - PAGE_SHIFT)

struct hm_prepared;

/**
 * struct hm_marks - what is to be known of pages beyond their states
 * @written: written since it was committed or last reported clean.  The PTEs'
 *	dirty bits count as well: they are moved here whenever PTEs go.
 * @reset: contents may go.  Holds only while neither @written by another write
 *	nor the PTE says that the page is in use again.
 * @lost: contents have gone since the last reset
 * @nr_reset: pages in @reset
 *
 * Owned by its block and protected like it.
 */
struct hm_marks {
	DECLARE_BITMAP(written, HM_BLOCK_PAGES);
	DECLARE_BITMAP(reset, HM_BLOCK_PAGES);
	DECLARE_BITMAP(lost, HM_BLOCK_PAGES);
	unsigned int nr_reset;
};

/** hm_marks_written - a page has been written */
static inline void hm_marks_written(struct hm_marks *marks, unsigned int page)
{
	__set_bit(page, marks->written);
	if (marks->nr_reset && __test_and_clear_bit(page, marks->reset))
		marks->nr_reset--;
}

/**
 * hm_marks_written_some - some of up to BITS_PER_LONG pages have been written
 * @marks: of the block
 * @first: the first page
 * @which: a bit for each
 */
static inline void hm_marks_written_some(struct hm_marks *marks, unsigned int first,
					 unsigned long which)
{
	unsigned int word = BIT_WORD(first), shift = first % BITS_PER_LONG;

	if (unlikely(marks->nr_reset)) {
		for (; which; which &= which - 1)
			hm_marks_written(marks, first + __ffs(which));
		return;
	}
	marks->written[word] |= which << shift;
	if (shift && which >> (BITS_PER_LONG - shift))
		marks->written[word + 1] |= which >> (BITS_PER_LONG - shift);
}

/** hm_marks_keep - the contents of pages may not go any more */
static inline void hm_marks_keep(struct hm_marks *marks, unsigned int first,
				 unsigned int nr)
{
	if (!marks || !marks->nr_reset)
		return;
	bitmap_clear(marks->reset, first, nr);
	marks->nr_reset = bitmap_weight(marks->reset, HM_BLOCK_PAGES);
}

/** hm_marks_clear - forget what is marked of pages */
static inline void hm_marks_clear(struct hm_marks *marks, unsigned int first,
				  unsigned int nr)
{
	if (!marks)
		return;
	bitmap_clear(marks->written, first, nr);
	bitmap_clear(marks->lost, first, nr);
	hm_marks_keep(marks, first, nr);
}

/**
 * struct hm_block - see above for owner and lock
 * @link: in a preallocation or a batch; unused while in a region
 * @start: address of the window's first page; invariant after init
 * @nr: pages in the window, 1..HM_BLOCK_PAGES; invariant after init
 * @committed: how many of them are committed
 * @pinnable: its pages are such as pinnable.h says; invariant after init
 * @uniform: all pages are known to have the same state; see hm_block_changed()
 * @huge: all pages have the same state and, if that is a mapped one, are mapped by one
 *	entry of a page middle directory; see region_huge.c
 * @borrowed: it lies in a struct hm_small_block; invariant after init
 * @run_ends: the region's index has it marked so; see region_query.c
 * @marks: NULL while there is nothing to mark: the region has no write watch
 *	and no page has been reset
 * @table: memory for the page table of a huge block, should it need one
 * @whole: the first page of one piece that all of the block's memory is, or has
 *	been, a part of; NULL if the memory of each page is known by itself
 * @prepared: what all pages belong to, if that was prepared ahead and none of them has
 *	gone alone; otherwise NULL; backing.c's
 * @pages: the memory of each page, where there is no @whole, and a page has had any;
 *	NULL in reserved pages and in those whose contents have gone after a reset
 * @state: the state of each page; behind it lie hm_block_joined() and
 *	hm_block_gone()
 */
struct hm_block {
	struct list_head link;
	unsigned long start;
	unsigned int nr;
	unsigned int committed;
	bool pinnable;
	bool uniform;
	bool huge;
	bool borrowed;
	bool run_ends;
	struct hm_marks *marks;
	struct page *table;
	struct page *whole;
	struct hm_prepared *prepared;
	struct page **pages;
	hm_state_t state[];
};

/* Behind the states and two bitmaps: there a block that can't be a whole has @pages. */
#define hm_pages_offset(nr)						\
	(sizeof(struct hm_block) + ALIGN(nr, sizeof(unsigned long)) +	\
	 2 * BITS_TO_LONGS(nr) * sizeof(unsigned long))

/**
 * hm_block_joined - which pages belong to the same piece of memory as the one before
 *
 * A piece is what one call of the page allocator has given, or what is left of it
 * after a split: 2^order pages.  See backing.c.
 */
static inline unsigned long *hm_block_joined(const struct hm_block *block)
{
	return (unsigned long *)(block->state +
				 ALIGN(block->nr, sizeof(unsigned long)));
}

/** hm_block_gone - which pages of a block that has been a whole have no memory any more */
static inline unsigned long *hm_block_gone(const struct hm_block *block)
{
	return hm_block_joined(block) + BITS_TO_LONGS(block->nr);
}

/** hm_block_memory - the memory of a page, or NULL; that of the block is set up */
static inline struct page *hm_block_memory(const struct hm_block *block,
					   unsigned int page)
{
	if (!block->whole)
		return block->pages[page];
	return test_bit(page, hm_block_gone(block)) ? NULL : block->whole + page;
}

/** hm_block_index - the number of the block that has an address */
static inline unsigned long hm_block_index(unsigned long addr)
{
	return addr >> HM_BLOCK_SHIFT;
}

/** hm_block_end - the address behind the block's last page */
static inline unsigned long hm_block_end(const struct hm_block *block)
{
	return block->start + ((unsigned long)block->nr << PAGE_SHIFT);
}

/** hm_block_page - the number of an address's page within its block */
static inline unsigned int hm_block_page(const struct hm_block *block,
					 unsigned long addr)
{
	return (addr - block->start) >> PAGE_SHIFT;
}

/** hm_block_addr - the address of a page of the block */
static inline unsigned long hm_block_addr(const struct hm_block *block,
					  unsigned int page)
{
	return block->start + ((unsigned long)page << PAGE_SHIFT);
}

/** hm_block_changed - to be called after changing states of a block */
static inline void hm_block_changed(struct hm_block *block)
{
	/* Those that differ mostly do so at their ends. */
	block->uniform = block->state[0] == block->state[block->nr - 1] &&
			 hm_state_run(block->state, 0, block->nr) == block->nr;
}

/**
 * struct hm_slice - the pages of a block that lie in a range
 * @first: first page
 * @end: page behind the last
 */
struct hm_slice {
	unsigned int first;
	unsigned int end;
};

/** hm_slice_is_all - has a slice all pages of its block? */
static inline bool hm_slice_is_all(const struct hm_block *block, struct hm_slice slice)
{
	return slice.end - slice.first == block->nr;
}

/** hm_block_slice - cut a range down to a block's window, maybe to nothing */
static inline struct hm_slice hm_block_slice(const struct hm_block *block,
					     unsigned long start,
					     unsigned long end)
{
	start = max(start, block->start);
	end = min(end, hm_block_end(block));
	if (start >= end)
		return (struct hm_slice) {};
	return (struct hm_slice) {
		.first = hm_block_page(block, start),
		.end = hm_block_page(block, end),
	};
}

/** hm_block_has - does a range lie in a block's window? */
static inline bool hm_block_has(const struct hm_block *block,
				unsigned long start, unsigned long end)
{
	return start >= block->start && end <= hm_block_end(block);
}

/** hm_block_run - how many pages from one on have the same state; 0 at @end */
static inline unsigned int hm_block_run(const struct hm_block *block,
					unsigned int from, unsigned int end)
{
	return block->uniform || end - from <= 1 ?
		end - from : hm_state_run(block->state, from, end);
}

/* Visit the runs of equal state in a slice: pages [i, i + n). */
#define hm_for_each_run(block, slice, i, n)				\
	for ((i) = (slice).first;					\
	     ((n) = hm_block_run(block, i, (slice).end));		\
	     (i) += (n))

/**
 * hm_block_create - a block without memory, all pages reserved
 * @start: address of its window's first page
 * @end: address behind the window's last page, in the same 2 MiB
 *
 * Return: the block or NULL.
 */
struct hm_block *hm_block_create(unsigned long start, unsigned long end);

/* Few pages, of which a commit in a block that is there may be. */
#define HM_SMALL_PAGES	16

/**
 * struct hm_small_block - room for one block of few pages, zeroed
 *
 * For a block that only brings memory to another one: to get, zero and free its own takes
 * a small commit longer than all that it does with it.  Owned by the call that has it on
 * its stack.
 */
struct hm_small_block {
	unsigned long room[hm_pages_offset(HM_SMALL_PAGES) / sizeof(unsigned long) +
			   HM_SMALL_PAGES];
};

/** hm_block_create_small - the same in @small; at most HM_SMALL_PAGES.  Cannot fail */
struct hm_block *hm_block_create_small(struct hm_small_block *small,
				       unsigned long start, unsigned long end);

/**
 * hm_block_bytes - what a block takes besides the memory of its pages, at most
 * @nr: pages in its window
 *
 * With its part of the index, marks, and what the allocator rounds up.
 */
static inline unsigned long hm_block_bytes(unsigned int nr)
{
	return 640 + 10 * nr;
}

/** hm_block_resident - how many pages have memory */
unsigned int hm_block_resident(const struct hm_block *block);

/**
 * hm_block_stretch - how many pages from one on have memory that lies in one piece
 * @block: the block
 * @from: first page
 * @end: where to stop
 *
 * Return: the number; 0 if the first page has none.
 */
unsigned int hm_block_stretch(const struct hm_block *block, unsigned int from,
			      unsigned int end);

/**
 * hm_block_need_pages - have the memory of each page known by itself
 * @block: the block
 * @gfp: how to get the memory for that
 *
 * Return: 0 or -ENOMEM; then nothing has changed.
 */
int hm_block_need_pages(struct hm_block *block, gfp_t gfp);

/**
 * hm_block_take_over - let a block with a larger window stand for another one
 * @block: has the window of @old in its own, and none of its committed pages
 * @old: loses its marks, and the states of its pages; their memory is moved by
 *	hm_backing_move()
 */
void hm_block_take_over(struct hm_block *block, struct hm_block *old);

/**
 * hm_block_need_marks - make sure that a block has its marks
 * Return: 0 or -ENOMEM.
 */
int hm_block_need_marks(struct hm_block *block);

/**
 * hm_block_prepare_huge - get ready what a block has to have to be huge
 * @block: a block of a preallocation that wants to be; its memory is there
 *
 * It isn't any more if its memory isn't a whole, or there is none for a page table.
 */
void hm_block_prepare_huge(struct hm_block *block);

/** hm_block_end_huge - a block is huge no more, and its page in reserve free */
void hm_block_end_huge(struct hm_block *block);

/** hm_block_destroy - free a block whose memory is gone; NULL is fine */
void hm_block_destroy(struct hm_block *block);

#endif /* HOSTMEM_BLOCK_H */
