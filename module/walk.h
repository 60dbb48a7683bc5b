/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the walks over a region find their way: blocks by address, the part of a
 * range in each, runs of equal state.  Included by the files that make up a
 * region - region.c and region_*.c - and by none else.  region->lock is held throughout.
 */
#ifndef HOSTMEM_WALK_H
#define HOSTMEM_WALK_H

#include <linux/sched.h>
#include <linux/xarray.h>

#include "block.h"
#include "pte.h"
#include "region.h"

/*
 * The index of a region has an entry for each block that is there, and one that is
 * none for each that has been, for its page table stays: the mark tells them apart.
 */
#define HAS_BLOCK	XA_MARK_2
#define HAS_TABLE	xa_mk_value(0)

/* Blocks are counted from the region's first, so small regions need no node. */
static inline unsigned long block_index(const struct hm_region *region,
					unsigned long addr)
{
	return hm_block_index(addr) - hm_block_index(region->start);
}

/* What the index has.  A call asks for the same block several times. */
static inline void *entry_of(struct hm_region *region, unsigned long index)
{
	if (!region->found || region->found_index != index) {
		region->found = xa_load(&region->blocks, index);
		region->found_index = index;
	}
	return region->found;
}

/* To be called when it may have something else from now on. */
static inline void forget_found(struct hm_region *region)
{
	region->found = NULL;
}

/* What the index has for an address; NULL: not even a page table is there. */
static inline void *entry_at(struct hm_region *region, unsigned long addr)
{
	return entry_of(region, block_index(region, addr));
}

static inline struct hm_block *block_of_entry(void *entry)
{
	return xa_is_value(entry) ? NULL : entry;
}

static inline struct hm_block *block_at(struct hm_region *region,
					unsigned long addr)
{
	return block_of_entry(entry_at(region, addr));
}

/* The block whose window has an address; without one, its page is reserved. */
static inline struct hm_block *block_of_page(struct hm_region *region,
					     unsigned long addr)
{
	struct hm_block *block = block_at(region, addr);

	return block && hm_block_has(block, addr, addr + 1) ? block : NULL;
}

/* The ends of the block that has, or would have, an address. */
static inline unsigned long block_base(const struct hm_region *region,
				       unsigned long addr)
{
	return max(ALIGN_DOWN(addr, HM_BLOCK_SIZE), region->start);
}

static inline unsigned long block_limit(const struct hm_region *region,
					unsigned long addr)
{
	return min(ALIGN_DOWN(addr, HM_BLOCK_SIZE) + HM_BLOCK_SIZE, region->end);
}

/* Visit a range block by block, be there a block or not: [addr, next). */
#define for_each_block_range(region, addr, next, start, end)		\
	for ((addr) = (start);						\
	     (addr) < (end) &&						\
	     ((next) = min((end), block_limit(region, addr)), true);	\
	     (addr) = (next))

/* Most ranges are without holes, and to load a block is quicker than to search. */
static inline struct hm_block *first_block(struct hm_region *region,
					   unsigned long *index,
					   unsigned long last)
{
	struct hm_block *block = block_of_entry(entry_of(region, *index));

	return block ?: xa_find(&region->blocks, index, last, HAS_BLOCK);
}

static inline struct hm_block *next_block(struct hm_region *region,
					  unsigned long *index,
					  unsigned long last)
{
	if (*index >= last)
		return NULL;
	cond_resched();
	++*index;
	return first_block(region, index, last);
}

/* Visit the blocks that a range touches. */
#define for_each_block(region, index, block, start, end)		\
	for ((index) = block_index(region, start),			\
	     (block) = first_block(region, &(index),			\
				   block_index(region, (end) - 1));	\
	     (block);							\
	     (block) = next_block(region, &(index),			\
				  block_index(region, (end) - 1)))

static inline struct hm_run run_of(struct hm_region *region,
				   struct hm_block *block, unsigned int first,
				   unsigned int nr)
{
	return (struct hm_run) {
		.vma = region->vma,
		.block = block,
		.first = first,
		.nr = nr,
	};
}

/** hm_region_reserved_pages - how many pages of a range aren't committed */
unsigned long hm_region_reserved_pages(struct hm_region *region,
				       unsigned long start, unsigned long end);

/** hm_slice_committed - how many pages of a slice are committed */
unsigned int hm_slice_committed(struct hm_block *block, struct hm_slice slice);

/**
 * hm_region_adapt_vma - have the VMA suit pages that are to get a state
 *
 * Context: as hm_region_needs_vma() says.  Cannot fail.
 */
void hm_region_adapt_vma(struct hm_region *region, hm_state_t want);

/** hm_region_wants_huge - are blocks of a region mapped at once where they can be? */
bool hm_region_wants_huge(const struct hm_region *region);

/**
 * hm_region_map_huge - map a new block by one entry, or find that it can't be
 * @region: the region
 * @block: a huge one, all of its pages in one state
 *
 * Return: false if it isn't a huge one any more, and not mapped.
 */
bool hm_region_map_huge(struct hm_region *region, struct hm_block *block);

/**
 * hm_region_split_block - have a block mapped page by page; nothing if it is already
 *
 * Context: mmap_lock held.
 */
void hm_region_split_block(struct hm_region *region, struct hm_block *block);

/**
 * hm_region_split_unmapped - the same of one that the hardware finds nothing of
 *
 * Context: mmap_lock or the VMA's own lock held for reading.
 */
void hm_region_split_unmapped(struct hm_region *region, struct hm_block *block);

/**
 * hm_region_split_ends - split blocks of which a range has a part only
 *
 * Before a range is unmapped, and before states in it change.
 * Context: mmap_lock held.
 */
void hm_region_split_ends(struct hm_region *region, unsigned long start,
			  unsigned long end);

/**
 * hm_region_set_run - map a run of pages, however its block is mapped
 * @region: the region
 * @run: the run; all of a huge block, which isn't mapped
 * @state: the state that its pages have, a mapped one
 */
void hm_region_set_run(struct hm_region *region, const struct hm_run *run,
		       hm_state_t state);

/** hm_region_map - set the PTEs of all mapped pages in a range */
void hm_region_map(struct hm_region *region, unsigned long start,
		   unsigned long end);

/**
 * hm_region_restate - give all committed pages of a range one state
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @want: the state
 *
 * Cannot fail.  Return: pages that were fresh.
 */
unsigned long hm_region_restate(struct hm_region *region, unsigned long start,
				unsigned long end, hm_state_t want);

/**
 * hm_region_mark_runs - note where runs end, after states of a range have changed
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 */
void hm_region_mark_runs(struct hm_region *region, unsigned long start,
			 unsigned long end);

/* Most regions have room for one block only, which needs no mark. */
static inline void mark_runs(struct hm_region *region, unsigned long start,
			     unsigned long end)
{
	if (block_index(region, region->end - 1))
		hm_region_mark_runs(region, start, end);
}

/** hm_region_state_at - the state of one page */
hm_state_t hm_region_state_at(struct hm_region *region, unsigned long addr);

/** hm_region_protect_at - the protection of one committed page */
u32 hm_region_protect_at(struct hm_region *region, unsigned long addr);

/**
 * hm_region_set_block - put a block into its region
 * @region: the region
 * @block: belongs to the region from here on
 * @old: the block whose place it takes, which leaves the region, or NULL
 *
 * Return: 0 or -ENOMEM, which can't be if there is a @old.
 */
int hm_region_set_block(struct hm_region *region, struct hm_block *block,
			struct hm_block *old);

/**
 * hm_region_note_tables - page tables have been made for the region
 * @region: the region
 * @addr: where
 * @tables: how many, from the lowest level on
 */
void hm_region_note_tables(struct hm_region *region, unsigned long addr,
			   unsigned int tables);

/** hm_region_drop_block - take a block out of its region; its page table, if any, stays */
void hm_region_drop_block(struct hm_region *region, struct hm_block *block,
			  struct hm_batch *batch);

#endif /* HOSTMEM_WALK_H */
