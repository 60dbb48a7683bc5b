/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entrance from the memory manager: mmap, munmap and faults of the device's
 * mappings.  Called by the kernel only, through the tables of main.c.
 */
#ifndef HOSTMEM_MAPPING_H
#define HOSTMEM_MAPPING_H

#include <linux/fs.h>
#include <linux/hostmem.h>
#include <linux/mm.h>

#include "region.h"
#include "region_dump.h"

/* Where mmap(2) finds the load pages: far from all that a region may have. */
#define HM_LOAD_PGOFF	(HOSTMEM_LOAD_OFFSET >> PAGE_SHIFT)

/**
 * hm_mapping_dump - have what is committed in a sparse region dumped
 * @vma: any VMA of the address space of the dumper, which the dump doesn't have
 * @fn: called with the ends of each run
 * @data: argument of @fn
 *
 * Context: mmap_lock held for writing.
 */
void hm_mapping_dump(struct vm_area_struct *vma, hm_dump_run_fn *fn, void *data);

int hm_mmap(struct file *file, struct vm_area_struct *vma);
unsigned long hm_get_unmapped_area(struct file *file, unsigned long addr,
				   unsigned long len, unsigned long pgoff,
				   unsigned long flags);

#endif /* HOSTMEM_MAPPING_H */
