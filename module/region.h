/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region: one reservation, one VMA, and the walks over its pages.
 *
 * The space that a region belongs to calls everything here with region->lock held,
 * unless something else is said; who takes it when is told in space.h.  A region knows
 * neither its space nor its file.
 *
 * Lifetime: its VMA has a reference, from the mmap handler until the VMA is closed; and
 * so has each call that works on it without a lock that keeps the VMA.  With the VMA all
 * that the region holds has gone, but for this struct.
 */
#ifndef HOSTMEM_REGION_H
#define HOSTMEM_REGION_H

#include <linux/hostmem.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "backing.h"
#include "page_state.h"

struct hm_prealloc;

/**
 * struct hm_region - one reservation
 * @node: in the space's tree; space->lock
 * @refs: the VMA's, and of who works on it without the VMA
 * @lock: see the lock order in space.h
 * @vma: its mapping, which can't be split, moved or merged; NULL when that has gone.
 *	Changes with @lock, space->lock and mmap_lock held, be it for reading: each of
 *	them, mmap_lock for writing, will do to look
 * @start: first address, granule aligned; invariant after init
 * @end: address behind the last, page aligned; invariant after init
 * @protect: protection given at reserve; invariant after init
 * @cache: HOSTMEM_NOCACHE, HOSTMEM_WRITECOMBINE or 0, for all of its pages;
 *	invariant after init
 * @watched: has a write watch; invariant after init
 * @large: is made of large pages, all of them committed with @protect for as
 *	long as it lives; invariant after init
 * @pinnable: others may hold its pages, see pinnable.h; invariant after init
 * @executable: its pages may be so; invariant after its VMA has come
 * @readonly_ops: what its VMA gets before the first page that may be read and not
 *	be written; NULL if it has that already; @lock, and mmap_lock held for
 *	writing, the VMA locked, to use it
 * @serial: its number among the regions of its space, not 0; invariant while the
 *	region is in the tree
 * @releasing: a release is under way: no call finds the region any more;
 *	space->lock, and looked at without it by who may as well have come before
 * @dumped: it has become a part of a core dump, and can't be changed any more;
 *	@lock and mmap_lock held for writing, one of them to look; a release looks
 *	without them, to which it's all the same
 * @blocks: by number from the region's first 2 MiB on: blocks with at least one
 *	committed page; @lock
 * @found: what @blocks has at @found_index; NULL if that isn't known; @lock
 * @found_index: where was looked last; @lock
 * @committed: pages committed; @lock, and looked at without it where it may change
 *	the next moment
 * @resident: pages with memory: the committed ones less those whose contents
 *	have gone after a reset; @lock
 * @hidden: committed pages in a state that has no PTE; @lock
 * @nr_reset: pages whose contents may go; an upper bound; @lock
 * @reset_link: among the space's regions with such pages; space->lock
 * @changes: counts changes of what a commit would need; @lock
 * @tables: page tables that are there because of it; @lock
 * @nr_huge: blocks that are huge; @lock
 * @shared_before: those of them, a bit for each level, that also cover what lies
 *	before the region; @lock
 * @shared_behind: the same for what lies behind it; @lock
 * @inherited: page tables that are there because of neighbours that have gone;
 *	space->lock
 * @inherited_before: as @shared_before; space->lock
 * @inherited_behind: as @shared_behind; space->lock
 * @metadata: bytes of its blocks and their index, an upper bound; @lock
 */
struct hm_region {
	struct rb_node node;
	refcount_t refs;
	struct mutex lock;
	struct vm_area_struct *vma;
	unsigned long start;
	unsigned long end;
	u32 protect;
	u32 cache;
	bool watched;
	bool large;
	bool pinnable;
	bool executable;
	const struct vm_operations_struct *readonly_ops;
	u64 serial;
	bool releasing;
	bool dumped;
	struct xarray blocks;
	void *found;
	unsigned long found_index;
	unsigned long committed;
	unsigned long resident;
	unsigned long hidden;
	unsigned long nr_reset;
	struct list_head reset_link;
	unsigned long changes;
	unsigned long tables;
	unsigned long nr_huge;
	u8 shared_before;
	u8 shared_behind;
	u8 inherited_before;
	u8 inherited_behind;
	unsigned long inherited;
	unsigned long metadata;
};

/**
 * hm_region_create - a region without mapping or pages
 * @start: first address
 * @end: address behind the last
 * @protect: protection given at reserve
 *
 * Return: the region, with one reference, or NULL.
 */
struct hm_region *hm_region_create(unsigned long start, unsigned long end,
				   u32 protect);

/**
 * hm_region_destroy - take all that is left in a region, and drop a reference
 * @region: its VMA has gone, or never came
 * @batch: gets its memory
 *
 * Context: no lock, for nobody looks into it any more.
 */
void hm_region_destroy(struct hm_region *region, struct hm_batch *batch);

/** hm_region_get - keep a region, or what is left of it; it is kept already */
static inline void hm_region_get(struct hm_region *region)
{
	refcount_inc(&region->refs);
}

/** hm_region_put - drop a reference */
static inline void hm_region_put(struct hm_region *region)
{
	if (refcount_dec_and_test(&region->refs))
		kfree(region);
}

/**
 * hm_region_rss - pages that the mm's counters show because the region says so
 *
 * PTEs that are counted, as those of pinnable pages, are shown by themselves.
 */
static inline unsigned long hm_region_rss(const struct hm_region *region)
{
	return region->pinnable ? min(region->hidden, region->resident) :
				  region->resident;
}

/**
 * hm_region_inherit_tables - count what it has inherited as its own
 * @region: goes
 *
 * Context: space->lock and the region's own.
 */
void hm_region_inherit_tables(struct hm_region *region);

/**
 * hm_region_hand_over_tables - let a neighbour have the page tables that stay
 * @region: goes, with its mapping
 * @neighbour: the region next to it, on either side
 *
 * A page table goes with the last mapping in what it covers.
 * Context: space->lock and the lock of @region.
 */
void hm_region_hand_over_tables(struct hm_region *region,
				struct hm_region *neighbour);

/**
 * struct hm_needs - what a commit would add to a region
 * @pages: committed pages
 * @tables: page tables, an upper bound: those of higher levels may be there
 * @metadata: bytes of blocks and their index
 */
struct hm_needs {
	unsigned long pages;
	unsigned long tables;
	unsigned long metadata;
};

/** hm_region_needs - what a commit of a range would add */
void hm_region_needs(struct hm_region *region, unsigned long start,
		     unsigned long end, struct hm_needs *needs);

/**
 * hm_region_survey - note which pages a commit needs
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @want: the state that the pages shall have
 * @prealloc: empty; gets a block for each in which pages are reserved, with these
 *	pages marked
 *
 * Return: 0 or -ENOMEM.
 */
int hm_region_survey(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_prealloc *prealloc);

/**
 * hm_region_is_covered - does the preallocation have what a range lacks?
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @prealloc: surveyed for this range, before other threads have changed something
 */
bool hm_region_is_covered(struct hm_region *region, unsigned long start,
			  unsigned long end, struct hm_prealloc *prealloc);

/**
 * hm_region_commit - commit a range with what the preallocation holds
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @want: the state that all pages of the range get
 * @prealloc: surveyed for this range, which it covers, and filled
 * @batch: gets what of the preallocation was not needed
 *
 * Context: mmap_lock held; for writing, the VMA locked, if a page table is to be made
 * or the VMA has to change.
 * Return: 0 or -ENOMEM; nothing has changed then.
 */
int hm_region_commit(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_prealloc *prealloc, struct hm_batch *batch);

/**
 * hm_region_unmap - remove all PTEs of a range, keeping their dirty bits
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 */
void hm_region_unmap(struct hm_region *region, unsigned long start,
		     unsigned long end);

/**
 * hm_region_decommit - take all memory from a range
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @batch: gets the memory
 *
 * Context: mmap_lock held.
 */
void hm_region_decommit(struct hm_region *region, unsigned long start,
			unsigned long end, struct hm_batch *batch);

/**
 * hm_region_needs_vma - does the VMA have to change before a page gets a state?
 *
 * The kernel makes a page of a shared mapping writable by itself if nobody has asked
 * to hear of it, and doesn't let those who do be pinned for long (since 6.5).  So a
 * pinnable region asks from its first page on that may be read and not be written.
 * For that, mmap_lock has to be held for writing and the VMA locked.
 */
bool hm_region_needs_vma(const struct hm_region *region, hm_state_t want);

/**
 * hm_region_protect - give a range another protection (rules T1-T17)
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @want: the state that all pages get
 * @old: the protection that the first page had
 *
 * Context: mmap_lock held, and what hm_region_needs_vma() asks for.
 * Return: 0; -EADDRNOTAVAIL if a page isn't committed, nothing has changed then.
 */
int hm_region_protect(struct hm_region *region, unsigned long start,
		      unsigned long end, hm_state_t want, u32 *old);

/** hm_region_query - describe the pages from @addr on (rules Q4-Q7) */
void hm_region_query(struct hm_region *region, unsigned long addr,
		     struct hostmem_memory_info *info);

/**
 * hm_region_query_empty - the same if no page is committed
 *
 * Context: what keeps the region; its lock isn't needed.
 * Return: whether that is so.
 */
bool hm_region_query_empty(const struct hm_region *region, unsigned long addr,
			   struct hostmem_memory_info *info);

/**
 * hm_region_watch - collect written pages
 * @region: the region, which is watched
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 * @reset: make those clean that are collected
 * @pages: gets their addresses in ascending order; NULL to have none collected
 *	but all reset
 * @max: room in @pages
 *
 * Context: mmap_lock held.
 * Return: entries filled.
 */
unsigned long hm_region_watch(struct hm_region *region, unsigned long start,
			      unsigned long end, bool reset, u64 *pages,
			      unsigned long max);

/**
 * hm_region_mark_written - count collected pages as written after all
 * @region: the region, which is watched
 * @pages: addresses, which nobody has checked
 * @nr: how many
 */
void hm_region_mark_written(struct hm_region *region, const u64 *pages,
			    unsigned long nr);

/**
 * hm_region_reset - let the contents of committed pages go (rules R1-R8)
 * @region: the region
 * @start: page aligned, in the region
 * @end: page aligned, in the region
 *
 * Context: mmap_lock held.
 */
void hm_region_reset(struct hm_region *region, unsigned long start,
		     unsigned long end);

/**
 * hm_region_reset_undo - keep the contents that are still there (rule R11)
 *
 * Context: mmap_lock held.
 * Return: 0; -EADDRNOTAVAIL if contents of some page have gone.
 */
int hm_region_reset_undo(struct hm_region *region, unsigned long start,
			 unsigned long end);

/**
 * struct hm_scan - a search for pages whose contents may go
 * @nr_to_scan: how many pages are enough to be scanned
 * @nr_scanned: pages in blocks that have had some
 * @found: how many of these might go
 * @reclaimed: how many have gone; others had been written
 * @missed: some weren't looked at, for others were at work there, or there were too many
 * @batch: the memory of those
 *
 * Owned by the call that has it on its stack.
 */
struct hm_scan {
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
	unsigned long found;
	unsigned long reclaimed;
	bool missed;
	struct hm_batch batch;
};

/**
 * hm_region_reclaim - take the memory of pages whose contents may go
 * @region: the region
 * @scan: what to take, and what has been taken
 *
 * Context: mmap_lock held.
 */
void hm_region_reclaim(struct hm_region *region, struct hm_scan *scan);

#endif /* HOSTMEM_REGION_H */
