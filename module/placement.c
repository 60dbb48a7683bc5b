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
#include "foreign.h"
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

/*
 * The lowest aligned hole between @low and @high, or 0.  The tree that is searched
 * has VMAs only, so a hole in it may yet be the room of a stack.
 */
static unsigned long lowest_hole(struct mm_struct *mm, unsigned long low,
				 unsigned long high, unsigned long len,
				 unsigned long align)
{
	/* Holes that regions leave are aligned: try without slack first. */
	unsigned long size = len, addr, end;

	for (;;) {
		MA_STATE(mas, &mm->mm_mt, 0, 0);

		if (size < len || high < low || high - low < size ||
		    mas_empty_area(&mas, low, high - 1, size))
			return 0;
		addr = ALIGN(mas.index, align);
		if (addr + len <= hm_foreign_next(mm, addr, &end))
			return addr;
		if (size == len)
			size += align - PAGE_SIZE;
		else
			low = end;
	}
}

/* The highest one likewise. */
static unsigned long highest_hole(struct mm_struct *mm, unsigned long low,
				  unsigned long high, unsigned long len,
				  unsigned long align)
{
	unsigned long size = len + align - PAGE_SIZE, addr, end;

	for (;;) {
		MA_STATE(mas, &mm->mm_mt, 0, 0);

		if (size < len || high < low || high - low < size ||
		    mas_empty_area_rev(&mas, low, high - 1, size))
			return 0;
		addr = ALIGN_DOWN(mas.last + 1 - len, align);
		high = hm_foreign_next(mm, addr, &end);
		if (addr + len <= high)
			return addr;
	}
}

/* From the top down: the kernel's own search, but for the rooms of stacks. */
static unsigned long search_down(struct file *file, unsigned long len,
				 unsigned long align, unsigned long flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long slack = align - PAGE_SIZE;
	unsigned long addr, next, end;

	if (len + slack < len)
		return -ENOMEM;
	addr = hm_mm_unmapped_area(file, 0, len + slack, 0, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	addr = ALIGN_DOWN(addr + slack, align);
	next = hm_foreign_next(mm, addr, &end);
	if (addr + len <= next)
		return addr;
	addr = highest_hole(mm, HOSTMEM_GRANULE, next, len, align);
	if (!addr)
		addr = lowest_hole(mm, end, DEFAULT_MAP_WINDOW, len, align);
	return addr ?: -ENOMEM;
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
	unsigned long end, hole;

	if (!pending && pgoff == HM_LOAD_PGOFF)
		return hm_mm_unmapped_area(file, addr, len, pgoff, flags);
	if (!pending)
		return -EPERM;
	if (flags & MAP_FIXED)					/* B5 */
		return addr + len <= hm_foreign_next(mm, addr, &end) ?
			addr : -EEXIST;
	if (!pending->top_down) {
		hole = lowest_hole(mm, low_base(mm), mm->mmap_base, len, align);
		if (hole)
			return hole;
	}
	return search_down(file, len, align, flags);
}
