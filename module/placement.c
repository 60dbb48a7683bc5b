// SPDX-License-Identifier: GPL-2.0
/*
 * Where a new region goes when its caller leaves that open (rules B1, B8).
 * Called by the memory manager from vm_mmap(), with mmap_lock held for writing.
 */
#include <linux/hostmem.h>
#include <linux/maple_tree.h>
#include <linux/mman.h>
#include <linux/sizes.h>

#include "compat.h"
#include "mapping.h"
#include "reserve.h"

/*
 * Room for new regions is looked for from here upwards, as on Windows, and by
 * the kernel's own search, from the top down, only when there is none or with
 * HOSTMEM_TOP_DOWN.  The start keeps clear of the heap of a program that is
 * linked at a low address; its offset is the mmap base's randomisation.
 */
static unsigned long low_base(const struct mm_struct *mm)
{
	unsigned long offset = 0;

	if (mm->mmap_legacy_base > TASK_UNMAPPED_BASE)
		offset = mm->mmap_legacy_base - TASK_UNMAPPED_BASE;
	return ALIGN(SZ_4G + offset, PMD_SIZE);
}

/* Stacks grow down into the gap before them: leave it to them. */
#define STACK_GAP	SZ_1M

static bool range_is_free(struct mm_struct *mm, unsigned long start,
			  unsigned long end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	if (!vma)
		return end <= TASK_SIZE;
	if (vma->vm_flags & VM_GROWSDOWN)
		end += STACK_GAP;
	return end <= vma->vm_start;
}

/* The lowest aligned hole between @low and @high, or 0. */
static unsigned long lowest_hole(struct mm_struct *mm, unsigned long low,
				 unsigned long high, unsigned long len,
				 unsigned long align)
{
	const unsigned long sizes[] = { len, len + align - PAGE_SIZE };
	unsigned int i;

	/* Holes that regions leave are aligned: try without slack first. */
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		MA_STATE(mas, &mm->mm_mt, 0, 0);
		unsigned long addr;

		if (sizes[i] < len || high < low || high - low < sizes[i])
			return 0;
		if (mas_empty_area(&mas, low, high - 1, sizes[i]))
			return 0;
		addr = ALIGN(mas.index, align);
		if (range_is_free(mm, addr, addr + len))
			return addr;
	}
	return 0;
}

/*
 * f_op->get_unmapped_area
 *
 * Regions of 2 MiB and more begin at a 2 MiB boundary, so that large pages fit.
 */
unsigned long hm_get_unmapped_area(struct file *file, unsigned long addr,
				   unsigned long len, unsigned long pgoff,
				   unsigned long flags)
{
	unsigned long align = len >= PMD_SIZE ? PMD_SIZE : HOSTMEM_GRANULE;
	struct hm_pending *pending = hm_space_pending(file->private_data);
	struct mm_struct *mm = current->mm;
	unsigned long slack = align - PAGE_SIZE;

	if (!pending && pgoff == HM_LOAD_PGOFF)
		return hm_mm_unmapped_area(file, addr, len, pgoff, flags);
	if (!pending)
		return -EPERM;
	if (flags & MAP_FIXED)
		return addr;
	if (!pending->top_down) {
		addr = lowest_hole(mm, low_base(mm), mm->mmap_base, len, align);
		if (addr)
			return addr;
	}
	if (len + slack < len)
		return -ENOMEM;
	addr = hm_mm_unmapped_area(file, 0, len + slack, 0, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	return ALIGN_DOWN(addr + slack, align);
}
