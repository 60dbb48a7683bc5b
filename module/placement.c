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

/* In any place, aligned to @align; or an error. */
static unsigned long search(struct file *file, unsigned long len,
			    unsigned long align, unsigned long flags, bool top_down)
{
	struct mm_struct *mm = current->mm;
	unsigned long hole = 0;

	if (!top_down)
		hole = lowest_hole(mm, low_base(mm), mm->mmap_base, len, align);
	return hole ?: search_down(file, len, align, flags);
}

/*
 * f_op->get_unmapped_area
 *
 * Regions of 2 MiB and more begin at a 2 MiB boundary, so that large pages fit.  Those
 * that span page tables of higher levels begin where one of these does, if they can: a
 * release looks through all entries of tables that are shared with a neighbour.
 */
unsigned long hm_get_unmapped_area(struct file *file, unsigned long addr,
				   unsigned long len, unsigned long pgoff,
				   unsigned long flags)
{
	static const unsigned long aligns[] = { P4D_SIZE, PUD_SIZE, PMD_SIZE };
	struct hm_pending *pending = hm_space_pending(file->private_data);
	struct mm_struct *mm = current->mm;
	unsigned long end, hole;
	unsigned int i;

	if (!pending && pgoff == HM_LOAD_PGOFF)
		return hm_mm_unmapped_area(file, addr, len, pgoff, flags);
	if (!pending)
		return -EPERM;
	if (flags & MAP_FIXED)					/* B5 */
		return addr + len <= hm_foreign_next(mm, addr, &end) ?
			addr : -EEXIST;
	for (i = 0; i < ARRAY_SIZE(aligns); i++) {
		if (len < aligns[i])
			continue;
		hole = search(file, len, aligns[i], flags, pending->top_down);
		if (!IS_ERR_VALUE(hole))
			return hole;
	}
	return search(file, len, HOSTMEM_GRANULE, flags, pending->top_down);
}
