/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block: the pages of one region within one naturally aligned 2 MiB, their
 * states and the memory behind them.
 *
 * A block is owned by exactly one of
 *   - a supply: the commit that is filling it; no one else sees it;
 *   - a region's index: space->lock protects all of it;
 *   - a discard: on its way to be freed, no PTE reaches its pages any more.
 * It is made at the first commit within its 2 MiB and dropped when its last
 * page is decommitted, so reserving costs no memory.
 *
 * Called by region.c and backing.c.
 */
#ifndef HOSTMEM_BLOCK_H
#define HOSTMEM_BLOCK_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "page_state.h"

#define HM_BLOCK_SHIFT	21
#define HM_BLOCK_SIZE	(1ul << HM_BLOCK_SHIFT)
#define HM_BLOCK_PAGES	(HM_BLOCK_SIZE >> PAGE_SHIFT)
#define HM_BLOCK_ORDER	(HM_BLOCK_SHIFT - PAGE_SHIFT)

/**
 * struct hm_block - see above for owner and lock
 * @link: in a supply or a discard; unused while in a region
 * @areas: vmalloc areas over some of the pages; belongs to backing.c
 * @start: address of the first page; invariant after init
 * @nr: pages in the block, 1..HM_BLOCK_PAGES; invariant after init
 * @committed: how many of them are committed
 * @uniform: all pages have the same state; see hm_block_changed()
 * @pages: the memory of each page; NULL where there is none
 * @state: the state of each page
 */
struct hm_block {
	struct list_head link;
	struct list_head areas;
	unsigned long start;
	unsigned int nr;
	unsigned int committed;
	bool uniform;
	struct page **pages;
	hm_state_t state[];
};

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
	block->uniform = hm_state_run(block->state, 0, block->nr) == block->nr;
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

/** hm_block_slice - cut a range down to a block that it touches */
static inline struct hm_slice hm_block_slice(const struct hm_block *block,
					     unsigned long start,
					     unsigned long end)
{
	return (struct hm_slice) {
		.first = hm_block_page(block, max(start, block->start)),
		.end = hm_block_page(block, min(end, hm_block_end(block))),
	};
}

/* Visit the runs of equal state in a slice: pages [i, i + n). */
#define hm_for_each_run(block, slice, i, n)				\
	for ((i) = (slice).first;					\
	     ((n) = hm_state_run((block)->state, (i), (slice).end));	\
	     (i) += (n))

/**
 * hm_block_create - a block without memory, all pages reserved
 * @start: address of its first page
 * @end: address behind its last page, in the same 2 MiB
 *
 * Return: the block or NULL.
 */
struct hm_block *hm_block_create(unsigned long start, unsigned long end);

/** hm_block_destroy - free a block whose memory is gone; NULL is fine */
void hm_block_destroy(struct hm_block *block);

#endif /* HOSTMEM_BLOCK_H */
