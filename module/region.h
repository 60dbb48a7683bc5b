/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region: one reservation, one VMA, and the walks over its pages.
 *
 * The space that a region belongs to owns it and calls everything here with
 * space->lock held; regions have no lock of their own.  A region knows neither
 * its space nor its file.
 */
#ifndef HOSTMEM_REGION_H
#define HOSTMEM_REGION_H

#include <linux/hostmem.h>
#include <linux/mm_types.h>
#include <linux/rbtree.h>
#include <linux/xarray.h>

#include "page_state.h"

struct hm_discard;
struct hm_supply;

/**
 * struct hm_region - one reservation
 * @node: in the space's tree; space->lock
 * @vma: its mapping, which can't be split, moved or merged; invariant while
 *	the region is in the tree
 * @start: first address, granule aligned; invariant after init
 * @end: address behind the last, page aligned; invariant after init
 * @protect: protection given at reserve; invariant after init
 * @releasing: a release is under way: no call finds the region any more;
 *	space->lock
 * @blocks: by hm_block_index(): blocks with at least one committed page;
 *	space->lock
 * @committed: pages committed; space->lock
 */
struct hm_region {
	struct rb_node node;
	struct vm_area_struct *vma;
	unsigned long start;
	unsigned long end;
	u32 protect;
	bool releasing;
	struct xarray blocks;
	unsigned long committed;
};

/**
 * hm_region_create - a region without mapping or pages
 *
 * Return: the region or NULL.
 */
struct hm_region *hm_region_create(unsigned long start, unsigned long end,
				   u32 protect);

/**
 * hm_region_destroy - free a region that is in no tree
 * @region: its pages must be unmapped
 * @discard: gets its memory
 */
void hm_region_destroy(struct hm_region *region, struct hm_discard *discard);

/** hm_region_reserved_pages - how many pages of a range a commit would add */
unsigned long hm_region_reserved_pages(struct hm_region *region,
				       unsigned long start, unsigned long end);

/**
 * hm_region_survey - note which pages a commit needs
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @want: the state that the pages shall have
 * @supply: empty; gets a block for each in which pages are reserved, with these
 *	pages marked
 *
 * Return: 0 or -ENOMEM.
 */
int hm_region_survey(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_supply *supply);

/**
 * hm_region_commit - commit a range with what the supply holds
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @want: the state that all pages of the range get
 * @supply: surveyed for this range and filled
 * @discard: gets what of the supply was not needed
 *
 * Context: mmap_lock held for writing, the VMA locked.
 * Return: 0; -EAGAIN if pages have been decommitted since the survey; -ENOMEM.
 * On failure nothing has changed.
 */
int hm_region_commit(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_supply *supply, struct hm_discard *discard);

/**
 * hm_region_decommit - take all memory from a range
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @discard: gets the memory
 *
 * Context: mmap_lock held.
 * Return: pages that were committed.
 */
unsigned long hm_region_decommit(struct hm_region *region, unsigned long start,
				 unsigned long end,
				 struct hm_discard *discard);

/** hm_region_query - describe the pages from @addr on (rules Q4-Q7) */
void hm_region_query(struct hm_region *region, unsigned long addr,
		     struct hostmem_memory_info *info);

/** hm_region_may - does a page's protection allow an access? */
bool hm_region_may(struct hm_region *region, unsigned long addr,
		   enum hm_access access);

/**
 * hm_region_map_page - make sure that a page that may be read has its PTE
 *
 * Context: mmap_lock or the VMA's own lock held.
 * Return: as a fault handler.
 */
vm_fault_t hm_region_map_page(struct hm_region *region, unsigned long addr);

#endif /* HOSTMEM_REGION_H */
