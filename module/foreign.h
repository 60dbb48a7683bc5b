/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that belongs to no region of the space: free, or mapped by others.
 * Called by calls.c.
 */
#ifndef HOSTMEM_FOREIGN_H
#define HOSTMEM_FOREIGN_H

#include <linux/hostmem.h>
#include <linux/mm_types.h>

/**
 * hm_foreign_query - describe what the kernel knows of an address
 * @mm: the current address space
 * @addr: page aligned, below TASK_SIZE
 * @info: filled (rules Q8-Q10, Q13)
 *
 * Context: mmap_lock held.
 */
void hm_foreign_query(struct mm_struct *mm, unsigned long addr,
		      struct hostmem_memory_info *info);

#endif /* HOSTMEM_FOREIGN_H */
