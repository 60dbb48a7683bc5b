/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is no region: free, mapped by others, or kept for a stack to grow
 * into.  Called by calls.c and placement.c.
 */
#ifndef HOSTMEM_FOREIGN_H
#define HOSTMEM_FOREIGN_H

#include <linux/hostmem.h>
#include <linux/mm_types.h>

/**
 * hm_foreign_query - describe what the kernel knows of an address
 * @vmi: where @vma is; somewhere else afterwards
 * @vma: the first VMA that ends above @addr, of the current address space; no
 *	region; NULL if there is none
 * @addr: page aligned, below TASK_SIZE
 * @info: filled (rules Q8-Q10, Q13)
 *
 * Costs the same for any number of mappings: it looks at no more than some tens
 * of @vma's neighbours.
 *
 * Context: mmap_lock held.
 */
void hm_foreign_query(struct vma_iterator *vmi, struct vm_area_struct *vma,
		      unsigned long addr, struct hostmem_memory_info *info);

/**
 * hm_foreign_next - where the first allocation above an address begins
 * @mm: the current address space
 * @addr: page aligned
 * @end: gets where it ends, or its first mapping does: an address above @addr
 *
 * Regions count, too.  The room of a stack and the holes in an image belong to
 * their allocation, so that there may be less free memory than there is without
 * a VMA.
 *
 * Return: the address, @addr or less if @addr itself is in use; TASK_SIZE if
 * there is none.
 *
 * Context: mmap_lock held.
 */
unsigned long hm_foreign_next(struct mm_struct *mm, unsigned long addr,
			      unsigned long *end);

#endif /* HOSTMEM_FOREIGN_H */
