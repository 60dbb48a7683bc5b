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
 *	mmap_lock			writing: commit, mmap, munmap
 *					reading: decommit, faults, foreign queries
 *	  the VMA's own lock		faults (reading), commit (writing)
 *	    space->lock			all that a space and its regions hold
 *	      page table locks, xarray locks, locks of the page allocator
 *
 * Nothing of ours is held over a user copy, vm_mmap(), vm_munmap(), or while
 * memory is zeroed or freed.
 *
 * Called by ioctl.c, mapping.c and main.c.
 */
#ifndef HOSTMEM_SPACE_H
#define HOSTMEM_SPACE_H

#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>

#include "region.h"
#include "rules.h"

/**
 * struct hm_space - the regions of one open file
 * @file: the file; not a reference, for the file owns the space; invariant
 *	after init
 * @mm: the address space that opened the file: mm_count is held, so that the
 *	pointer stays unique; invariant after init
 * @lock: see the lock order above
 * @regions: by address, never overlapping; @lock
 * @births: reservations that wait for their VMA; @lock
 * @nr_regions: regions in the tree; @lock
 * @reserved: pages in them; @lock
 * @committed: committed pages in them; @lock
 */
struct hm_space {
	struct file *file;
	struct mm_struct *mm;
	struct mutex lock;
	struct rb_root regions;
	struct list_head births;
	unsigned long nr_regions;
	unsigned long reserved;
	unsigned long committed;
};

/**
 * struct hm_birth - a reservation on its way through vm_mmap()
 * @link: in space->births; space->lock
 * @task: who called; invariant after init
 * @region: the region, until a VMA has taken it; space->lock
 * @top_down: where to look for room; invariant after init
 *
 * On the stack of the call that reserves.  A mapping of the file that is not
 * announced by one of these is refused.
 */
struct hm_birth {
	struct list_head link;
	struct task_struct *task;
	struct hm_region *region;
	bool top_down;
};

/**
 * hm_space_create - a space for the current address space
 * @file: the file that is being opened
 *
 * Return: the space or an ERR_PTR.
 */
struct hm_space *hm_space_create(struct file *file);

/** hm_space_destroy - drop a space that has no region any more */
void hm_space_destroy(struct hm_space *space);

/** hm_space_is_current - does the caller live in the space's address space? */
bool hm_space_is_current(const struct hm_space *space);

/**
 * hm_space_alloc - reserve, commit, or both
 * @space: of the current address space
 * @req: checked arguments
 * @addr: first byte of what was allocated
 *
 * Return: 0 or, with nothing changed, an errno of the dictionary in
 * <linux/hostmem.h>.
 */
int hm_space_alloc(struct hm_space *space, const struct hm_alloc_request *req,
		   unsigned long *addr);

/**
 * hm_space_free - decommit or release
 * @space: of the current address space
 * @req: checked arguments
 *
 * Return: 0 or, with nothing changed, an errno of the dictionary.
 */
int hm_space_free(struct hm_space *space, const struct hm_free_request *req);

/**
 * hm_space_query - describe the memory at an address
 * @space: of the current address space
 * @addr: page aligned, below TASK_SIZE
 * @info: filled on success
 *
 * Return: 0 or -EINTR after a fatal signal.
 */
int hm_space_query(struct hm_space *space, unsigned long addr,
		   struct hostmem_memory_info *info);

/** hm_space_status - fill the out_ members */
void hm_space_status(struct hm_space *space, struct hostmem_status *status);

/**
 * hm_space_birth - the reservation for which the current task maps the file
 *
 * Return: the birth, or NULL if the task maps the file on its own account.
 */
struct hm_birth *hm_space_birth(struct hm_space *space);

/**
 * hm_space_attach - the VMA for a reservation is there
 * @space: the space
 * @birth: from hm_space_birth()
 * @vma: its VMA; mmap_lock is held for writing
 *
 * Return: the region, which the VMA owns from here on.
 */
struct hm_region *hm_space_attach(struct hm_space *space,
				  struct hm_birth *birth,
				  struct vm_area_struct *vma);

/** hm_space_detach - the VMA of a region is gone, and its PTEs with it */
void hm_space_detach(struct hm_space *space, struct hm_region *region);

/**
 * hm_space_fault - a thread has touched a page that has no PTE
 * Return: as a fault handler.
 */
vm_fault_t hm_space_fault(struct hm_space *space, struct hm_region *region,
			  unsigned long addr, enum hm_access access);

/** hm_space_may_write - may the page at @addr be written? */
bool hm_space_may_write(struct hm_space *space, struct hm_region *region,
			unsigned long addr);

#endif /* HOSTMEM_SPACE_H */
