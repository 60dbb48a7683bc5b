/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that others may hold: what get_user_pages(), shared futexes and the kernel's
 * own removal of PTEs want of a page, for the pages of pinnable regions.
 *
 * From allocation to free such a page has
 *   - one reference and one mapping that are the module's.  Each PTE adds one of
 *     both, as the kernel's own PTEs do, and whoever removes the PTE takes them back,
 *     which may be the kernel.  It never sees a first or last mapping that way, which
 *     would have it change statistics that modules can't;
 *   - an inode and an index, by which shared futexes know it.  No other page ever has
 *     the same: who waits in a page that has gone is never woken in place of another.
 *
 * Pieces are not compound pages: each page of a piece is counted by itself.  Large pages
 * are: they are one folio, and have no mapping but those that the kernel makes.
 *
 * Called by backing.c, pte.c, pte_step.c and pinned.c; main.c begins and ends it.
 */
#ifndef HOSTMEM_PINNABLE_H
#define HOSTMEM_PINNABLE_H

#include <linux/mm.h>

/** hm_pinnable_init - make the inode that all pages belong to */
int hm_pinnable_init(void);

/** hm_pinnable_exit - drop it; no page is left */
void hm_pinnable_exit(void);

/**
 * hm_pinnable_adopt - make a piece of fresh pages ready to be mapped
 * @piece: its first page
 * @order: how large it is
 */
void hm_pinnable_adopt(struct page *piece, unsigned int order);

/**
 * hm_pinnable_alloc_large - allocate a large page, ready to be mapped
 * @order: how large it is
 * @gfp: how to
 *
 * Return: its first page, or NULL.  It can't be split.
 */
struct page *hm_pinnable_alloc_large(unsigned int order, gfp_t gfp);

/** hm_pinnable_is - is a page one of these? */
bool hm_pinnable_is(const struct page *page);

/**
 * hm_pinnable_split - make pieces of one page each
 * @piece: its first page; others may hold some of them
 * @order: how large it is
 *
 * What split_page() does, but for the counts.
 */
void hm_pinnable_split(struct page *piece, unsigned int order);

/**
 * hm_pinnable_free - free a piece
 * @piece: its first page; no PTE reaches it
 * @order: how large it is
 * @held: gets the pages that others hold, linked by folio->lru
 *
 * Return: how many these are.
 */
unsigned int hm_pinnable_free(struct page *piece, unsigned int order,
			      struct list_head *held);

/** hm_pinnable_try_free - free a folio that has been held, if nobody holds it now */
bool hm_pinnable_try_free(struct folio *folio);

/** hm_pinnable_held - does anyone else hold a page to which no PTE leads? */
static inline bool hm_pinnable_held(const struct page *page)
{
	return page_ref_count(page) != 1;
}

/**
 * hm_pinnable_written - has who held a page written to it?
 *
 * He says so before he lets it go: so ask when hm_pinnable_held() has said no.
 */
static inline bool hm_pinnable_written(struct page *page)
{
	/* The count first, then what has been said before it fell. */
	smp_rmb();
	return folio_test_dirty((struct folio *)page);
}

/**
 * hm_pinnable_take_written - has a page been written otherwise than by a PTE?
 *
 * That is noted at the page when it's let go, or by the kernel when it removes a
 * PTE.  As long as a device may write to it, nobody knows: so it counts as written.
 */
static inline bool hm_pinnable_take_written(struct page *page)
{
	struct folio *folio = (struct folio *)page;

	return (folio_test_dirty(folio) && folio_test_clear_dirty(folio)) ||
	       folio_maybe_dma_pinned(folio);
}

/*
 * A page has one PTE at most, and whoever changes that holds the lock of its page
 * table: so the mapcount needs no atomic operations.
 */

/** hm_pinnable_map - a PTE comes; the mm's counters are the caller's */
static inline void hm_pinnable_map(struct page *page)
{
	page_ref_inc(page);
	atomic_set(&page->_mapcount, 1);
}

/** hm_pinnable_unmap - a PTE goes */
static inline void hm_pinnable_unmap(struct page *page)
{
	atomic_set(&page->_mapcount, 0);
	page_ref_dec(page);
}

#endif /* HOSTMEM_PINNABLE_H */
