/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A space: all regions that one open file has in one address space.
 *
 * Lifetime: open(2) makes a space and release of the file drops it.  Each
 * region's VMA holds a reference on the file, so a space outlives its regions;
 * a region is born in its VMA's mmap handler and dies with the VMA, be it by
 * HOSTMEM_RELEASE, munmap(2), exec or exit.
 *
 * Lock order, outermost first:
 *
 *	space->committing, ->freeing	commits that don't wait for room; releases
 *	the lock of a crowded cgroup	commits where little of it is left, see memcg_claim.h
 *	mmap_lock			writing: mmap, munmap, core dump, and commits that
 *					make page tables or change the VMA
 *					reading: all else that changes PTEs,
 *					foreign queries; reclaim only tries
 *	  the VMA's own lock		faults (reading), such commits (writing)
 *	    region->lock		all that a region holds; one at a time; reclaim
 *					only tries
 *	    space->held.lock		pages that others hold; not inside region->lock
 *	    the lock of formats		see binfmt.c; nothing inside
 *	      page table locks, xarray locks, locks of the page allocator
 *	      space->lock		spinlock: which regions there are, who has hit a
 *					guard, reservations under way, and the sums of
 *					what the regions hold
 *		the charge lock, that	spinlocks, none inside another, also with nothing
 *		of polled spaces, of	of the above held
 *		spaces with reset
 *		pages, of those with
 *		pages that others hold,
 *		that of claims
 *
 * region->lock is held over all work on a region, flushes of TLBs included, and by
 * nobody who works on another one.  space->lock is held for moments, in which nothing
 * sleeps or is allocated.
 *
 * Who has region->lock may work on the region as long as it has its VMA: close takes the
 * lock, too.  A region is found
 *   - by its VMA: by faults, debuggers and core dumps, for which the kernel keeps it;
 *   - in the tree, with mmap_lock held: if its VMA is still in the address space, it
 *     stays there until mmap_lock is dropped;
 *   - in the tree, without that: by queries, releases, and by commits until they install
 *     what they have got ready.  These take a reference, and look whether the VMA has
 *     gone when they have got region->lock.
 *
 * munmap takes a VMA out of the address space with mmap_lock held for writing, but tears
 * its page tables down, and closes it, with the lock held for reading: whoever holds it
 * for reading, and is to change PTEs, has to look first (hm_space_is_mapped()).
 *
 * Nothing of ours is held over a user copy, vm_mmap(), vm_munmap(), or, but for the
 * locks of commits, while memory is zeroed or freed.
 *
 * This file and space.c are what all that works on a space stands on: account.c, calls.c,
 * reserve.c, commit.c, asked.c, load.c, dump.c and reclaim.c.  main.c makes and drops spaces.
 */
#ifndef HOSTMEM_SPACE_H
#define HOSTMEM_SPACE_H

#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

#include "pressure.h"
#include "quota.h"
#include "region.h"

struct hm_pool;

/**
 * struct hm_held - pages that others hold, of one space; see pinned.h
 * @lock: a leaf but for the lock of spaces that hold some
 * @folios: linked by their lru, with one reference each; @lock
 * @nr: how many; @lock, and looked at without it
 * @link: among spaces that have some, in pinned.c; its lock
 */
struct hm_held {
	struct mutex lock;
	struct list_head folios;
	unsigned long nr;
	struct list_head link;
};

/**
 * struct hm_space - the regions of one open file
 * @file: the file; not a reference, for the file owns the space; invariant
 *	after init
 * @id: its number among all files, not 0; invariant after init
 * @mm: the address space that opened the file: mm_count is held, so that the
 *	pointer stays unique; invariant after init
 * @lock: see the lock order above
 * @regions: by address, never overlapping; @lock
 * @low: no region has ever been below; @lock
 * @high: nor here or above; @lock
 * @guard_hits: system calls that have hit a guard page; @lock
 * @pending: reservations that wait for their VMA; @lock
 * @reset_regions: regions with reset pages, in turn; @lock
 * @reset_link: among spaces with reset pages; the lock of these
 * @last_serial: of the region that came last; @lock
 * @nr_regions: regions in the tree; @lock
 * @reserved: pages in them; @lock
 * @nr_reset: pages in them whose contents may go; an upper bound; @lock
 * @committed: committed pages in them; @lock
 * @tables: page tables that are there because of them; @lock
 * @metadata: bytes of their blocks and indices, an upper bound; @lock
 * @asked: what commits under way may add to the three above; @lock
 * @extra: pages charged for all of that, beyond @committed; @lock
 * @extra_rss: pages of it that the address space's counters show; @lock
 * @shut: all regions are being released and none is made any more; set once,
 *	under mmap_lock and @lock, and looked at without them where it may change
 *	the next moment
 * @committing: held by commits from charge to install, for reading by those that
 *	others may join
 * @freeing: held by releases from mark to munmap, for writing by who waits for
 *	their end
 * @held: pages that were its own and are not free yet
 * @pool: memory prepared for it; NULL until the first call that asks for some, and then
 *	always the same
 * @quota: its own commit limit, and what is charged; see charge.h
 * @pollers: who polls the file
 * @polled: in a list of load.c, which has the lock, or empty
 * @seen: HOSTMEM_AVAILABLE_* that the file was told last, 0 at first; whoever
 *	reads it late is woken once too often
 * @refs: the file's, and of who looks at the space without it
 */
struct hm_space {
	struct file *file;
	u32 id;
	struct mm_struct *mm;
	spinlock_t lock;
	struct rb_root regions;
	unsigned long low;
	unsigned long high;
	struct list_head guard_hits;
	struct list_head pending;
	struct list_head reset_regions;
	struct list_head reset_link;
	u64 last_serial;
	unsigned long nr_regions;
	unsigned long reserved;
	unsigned long nr_reset;
	unsigned long committed;
	unsigned long tables;
	unsigned long metadata;
	struct hm_needs asked;
	unsigned long extra;
	unsigned long extra_rss;
	bool shut;
	struct rw_semaphore committing;
	struct rw_semaphore freeing;
	struct hm_held held;
	struct hm_pool *pool;
	struct hm_quota quota;
	struct hm_pollers pollers;
	struct list_head polled;
	u32 seen;
	refcount_t refs;
};

/**
 * hm_space_create - a space for the current address space
 * @file: the file that is being opened
 *
 * Return: the space or an ERR_PTR.
 */
struct hm_space *hm_space_create(struct file *file);

/** hm_space_destroy - the file drops its space, which has no region any more */
void hm_space_destroy(struct hm_space *space);

/**
 * hm_space_put - drop a reference that keeps the quota, the pollers and the mm_count;
 *	NULL is fine
 *
 * Context: sleeps if it is the last.
 */
void hm_space_put(struct hm_space *space);

/**
 * hm_space_prepare - have memory prepared ahead
 * @space: the space
 * @bytes: how much, rounded down to pieces of 2 MiB
 *
 * Return: as hm_pool_configure(), or -ENOMEM without memory for the pool.
 */
int hm_space_prepare(struct hm_space *space, u64 bytes);

/** hm_spaces_nr - how many there are: files that are open */
unsigned long hm_spaces_nr(void);

/** hm_spaces_nr_reset - pages in all spaces whose contents may go; an upper bound */
unsigned long hm_spaces_nr_reset(void);

/**
 * hm_space_next_reset - the space with reset pages whose turn it is
 *
 * Each call makes it the last one in turn.
 * Return: the space, with a reference, or NULL if there is none.
 */
struct hm_space *hm_space_next_reset(void);

/**
 * hm_space_add_reset - so many more pages of a region are reset, or so many fewer
 * @space: its lock is held
 * @region: of the space; has its number already
 * @pages: the difference
 */
void hm_space_add_reset(struct hm_space *space, struct hm_region *region, long pages);

/** hm_space_is_current - does the caller live in the space's address space? */
bool hm_space_is_current(const struct hm_space *space);

/**
 * hm_space_lookup - the region that an address lies in, released or not
 * Context: space->lock.
 */
struct hm_region *hm_space_lookup(struct hm_space *space, unsigned long addr);

/**
 * hm_space_first - the first region that begins at an address or behind it
 * Context: space->lock.
 * Return: the region, released or not, or NULL.
 */
struct hm_region *hm_space_first(struct hm_space *space, unsigned long start);

/**
 * hm_space_find - the region that all of a range lies in (rules C2-C4)
 * @space: its lock is held
 * @start: page aligned
 * @end: page aligned; @start to ask for one address
 *
 * Return: the region, or NULL if there is none, or it is being released or dumped.
 */
struct hm_region *hm_space_find(struct hm_space *space, unsigned long start,
				unsigned long end);

/**
 * hm_space_find_mapped - the same with mmap_lock held, which keeps the region
 * Context: takes space->lock for a moment.
 */
struct hm_region *hm_space_find_mapped(struct hm_space *space,
				       unsigned long start, unsigned long end);

/**
 * hm_space_lock_found - the same with the region's lock taken, and a reference
 * Context: no lock but commits' own, and those of releases.
 */
struct hm_region *hm_space_lock_found(struct hm_space *space,
				      unsigned long start, unsigned long end);

/** hm_space_unlock_found - the opposite */
void hm_space_unlock_found(struct hm_region *region);

/**
 * hm_region_is_open - may calls still change a region?
 *
 * That is, not if it is being released or dumped, or its VMA has gone.
 * Context: the region's lock, or mmap_lock where its VMA is still mapped.
 */
static inline bool hm_region_is_open(const struct hm_region *region)
{
	return region->vma && !READ_ONCE(region->releasing) &&
	       !READ_ONCE(region->dumped);
}

/**
 * hm_space_is_mapped - is the VMA of a region still in the address space?
 *
 * See above.
 * Context: mmap_lock, and the region's lock or that of its space.
 */
bool hm_space_is_mapped(const struct hm_region *region);

/**
 * hm_space_of_vma - whose region is a VMA?
 * @space: any space of the VMA's address space
 * @vma: the VMA; mmap_lock is held
 *
 * Return: the space, which may be that of another file; NULL if the VMA is no
 * region.
 */
struct hm_space *hm_space_of_vma(const struct hm_space *space,
				 const struct vm_area_struct *vma);

/**
 * hm_space_may_free - may a range be freed (rules F3-F10)?
 * @region: what was found at @start, or NULL
 * @start: page aligned
 * @end: page aligned; @start to free all of the region
 *
 * Return: 0 or an errno.
 */
int hm_space_may_free(const struct hm_region *region, unsigned long start,
		      unsigned long end);

/**
 * hm_space_may_have - may pages of a region get a state?
 * @region: the region or NULL
 * @want: the state
 * @large: whether these are large pages
 *
 * A region of large pages gets all of them from the call that reserves it.  Were
 * another thread to commit a small one before that, its surroundings would be
 * mapped, too.
 *
 * Some kernels (6.7 to 7.2 or so) let a process register any mapping with
 * userfaultfd for asynchronous write protection, and mark PTEs that we haven't set
 * yet.  remap_pfn_range() takes that for a bug.  So such a region gets no PTE until
 * it is unregistered.
 *
 * Return: 0; -EADDRNOTAVAIL if there is no region, or one of the other kind, or of
 * large pages that are there, which stay what they are (rules C15, L3); -EACCES if
 * userfaultfd has the region, or the device is mounted noexec and @want is
 * executable.
 */
int hm_space_may_have(const struct hm_region *region, hm_state_t want,
		      bool large);

/**
 * hm_space_lock_vma - lock a region, and before that its VMA, if it has one
 *
 * In that order: a fault that holds the VMA's lock may be waiting for the region's.
 * Context: mmap_lock held for writing; with it, the VMA's lock goes.
 */
void hm_space_lock_vma(struct hm_region *region);

#endif /* HOSTMEM_SPACE_H */
