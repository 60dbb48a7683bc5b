// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the device's VMAs, translated into calls of the space.
 *
 * An entrance like ioctl.c: mmap_lock, or for faults the VMA's own lock, is
 * held by the kernel when it calls; space->lock is taken below.  A VMA of the
 * device is a region: private_data of its file is the space, vm_private_data
 * the region.
 */
#include <linux/hostmem.h>
#include <linux/maple_tree.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "compat.h"
#include "mapping.h"
#include "space.h"

static struct hm_space *space_of(const struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

static enum hm_access access_of(const struct vm_fault *vmf)
{
	if (vmf->flags & FAULT_FLAG_INSTRUCTION)
		return HM_EXEC;
	return vmf->flags & FAULT_FLAG_WRITE ? HM_WRITE : HM_READ;
}

/* No PTE: the page is reserved or NOACCESS, or its PTE is being changed. */
static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	return hm_space_fault(space_of(vma), vma->vm_private_data,
			      vmf->address & PAGE_MASK, access_of(vmf));
}

/* A write to a page that its PTE has read-only. */
static vm_fault_t vma_pfn_mkwrite(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (hm_space_may_write(space_of(vma), vma->vm_private_data,
			       vmf->address & PAGE_MASK))
		return 0;
	return VM_FAULT_SIGSEGV;
}

static void vma_close(struct vm_area_struct *vma)
{
	hm_space_detach(space_of(vma), vma->vm_private_data);
}

/* munmap of a part, and whatever else would leave half a region. */
static int vma_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int vma_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

/* Protection is the module's, page by page. */
static int vma_mprotect(struct vm_area_struct *vma, unsigned long start,
			unsigned long end, unsigned long newflags)
{
	return -EACCES;
}

static const struct vm_operations_struct hm_vm_ops = {
	.close		= vma_close,
	.may_split	= vma_may_split,
	.mremap		= vma_mremap,
	.mprotect	= vma_mprotect,
	.fault		= vma_fault,
	.pfn_mkwrite	= vma_pfn_mkwrite,
};

/*
 * f_op->mmap: only for a reservation that is under way
 *
 * A region is never inherited: a child's PTEs would outlive the memory.
 */
int hm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct hm_space *space = file->private_data;
	struct hm_birth *birth = hm_space_birth(space);

	if (!birth)
		return -EPERM;
	hm_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP |
			     VM_DONTCOPY);
	vma->vm_ops = &hm_vm_ops;
	vma->vm_private_data = hm_space_attach(space, birth, vma);
	return 0;
}

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
 * f_op->get_unmapped_area: rules B1 and B8
 *
 * Regions of 2 MiB and more begin at a 2 MiB boundary, so that large pages fit.
 */
unsigned long hm_get_unmapped_area(struct file *file, unsigned long addr,
				   unsigned long len, unsigned long pgoff,
				   unsigned long flags)
{
	unsigned long align = len >= PMD_SIZE ? PMD_SIZE : HOSTMEM_GRANULE;
	struct hm_birth *birth = hm_space_birth(file->private_data);
	struct mm_struct *mm = current->mm;
	unsigned long slack = align - PAGE_SIZE;

	if (!birth)
		return -EPERM;
	if (flags & MAP_FIXED)
		return addr;
	if (!birth->top_down) {
		addr = lowest_hole(mm, low_base(mm), mm->mmap_base, len, align);
		if (addr)
			return addr;
	}
	if (len + slack < len)
		return -ENOMEM;
	addr = hm_mm_unmapped_area(file, len + slack, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	return ALIGN_DOWN(addr + slack, align);
}
