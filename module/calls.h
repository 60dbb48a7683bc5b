/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can be done with a space: one function for each call of ioctl.c and for
 * each event of mapping.c.  The arguments have been checked.
 */
#ifndef HOSTMEM_CALLS_H
#define HOSTMEM_CALLS_H

#include "region_fault.h"
#include "reserve.h"
#include "rules.h"
#include "space.h"

/**
 * hm_space_alloc - reserve, commit, or both
 * @space: of the current address space
 * @req: checked arguments
 * @place: where that is
 *
 * Return: 0 or, with nothing changed, an errno of the dictionary in
 * <linux/hostmem.h>.
 */
int hm_space_alloc(struct hm_space *space, const struct hm_alloc_request *req,
		   struct hm_place *place);

/**
 * hm_space_free - decommit or release
 * @space: of the current address space
 * @req: checked arguments
 *
 * Return: 0 or, with nothing changed, an errno of the dictionary.
 */
int hm_space_free(struct hm_space *space, const struct hm_free_request *req);

/**
 * hm_space_protect - change the protection of committed pages
 * @space: of the current address space
 * @start: page aligned
 * @end: page aligned
 * @want: the state that all pages get
 * @old: the protection that the first page had
 *
 * Return: 0 or, with nothing changed, an errno of the dictionary.
 */
int hm_space_protect(struct hm_space *space, unsigned long start,
		     unsigned long end, hm_state_t want, u32 *old);

/**
 * hm_space_watch - collect written pages of a range
 * @space: of the current address space
 * @start: page aligned
 * @end: page aligned
 * @reset: make those clean that are collected
 * @pages: kernel memory for their addresses; NULL with @reset: make all clean
 * @max: room in @pages
 * @nr: entries filled
 *
 * Return: 0; -EINVAL if the range is not in one watched region; -EINTR.
 */
int hm_space_watch(struct hm_space *space, unsigned long start,
		   unsigned long end, bool reset, u64 *pages,
		   unsigned long max, unsigned long *nr);

/**
 * hm_space_unwatch - take back what hm_space_watch() has reset
 * @space: of the current address space
 * @pages: addresses of written pages, which nobody has checked
 * @nr: how many
 */
void hm_space_unwatch(struct hm_space *space, const u64 *pages,
		      unsigned long nr);

/**
 * hm_space_query - describe the memory at an address
 * @space: of the current address space
 * @addr: page aligned, below TASK_SIZE
 * @info: filled on success
 * @own: 1 if it is a region of this space, 2 if of another one, else 0
 *
 * Return: 0 or -EINTR after a fatal signal.
 */
int hm_space_query(struct hm_space *space, unsigned long addr,
		   struct hostmem_memory_info *info, u32 *own);

/**
 * hm_space_fault - a thread has touched a page in a way its PTE forbids
 *
 * See hm_region_fault().
 * Context: mmap_lock or the VMA's own lock held for reading.
 * Return: as a fault handler.
 */
vm_fault_t hm_space_fault(struct hm_space *space, struct hm_region *region,
			  unsigned long addr, enum hm_access access,
			  enum hm_toucher who, struct page **page);

/** hm_space_huge_fault - see hm_region_huge_fault() */
vm_fault_t hm_space_huge_fault(struct hm_region *region, struct vm_fault *vmf,
			       enum hm_access access);

/** hm_space_access - see hm_region_access() */
int hm_space_access(struct hm_space *space, struct hm_region *region,
		    unsigned long addr, void *buf, int len, bool write,
		    bool force);

#endif /* HOSTMEM_CALLS_H */
