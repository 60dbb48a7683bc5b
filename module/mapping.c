// SPDX-License-Identifier: GPL-2.0
/*
 * Events of the device's VMAs, translated into calls of the space.
 *
 * An entrance like ioctl.c: mmap_lock, or for faults the VMA's own lock, is
 * held by the kernel when it calls; our own locks are taken below.  A VMA of the
 * device is a region: private_data of its file is the space, vm_private_data
 * the region.  Or it shows the load pages: then vm_private_data is NULL.
 */
#include <linux/hostmem.h>
#include <linux/mm.h>
#include <linux/userfaultfd_k.h>

#include "arch.h"
#include "binfmt.h"
#include "calls.h"
#include "compat.h"
#include "dump.h"
#include "force.h"
#include "load.h"
#include "mapping.h"
#include "region_dump.h"
#include "reserve.h"

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

/* Where a counted PTE forbids to write, the flags say no more than that. */
static enum hm_toucher toucher_of(const struct vm_fault *vmf)
{
	if (vmf->flags == (FAULT_FLAG_WRITE | FAULT_FLAG_MKWRITE))
		return HM_SOMEBODY;
	if (vmf->flags & FAULT_FLAG_REMOTE)
		return HM_DEBUGGER;
	return vmf->flags & FAULT_FLAG_USER ? HM_THREAD : HM_CALL;
}

/*
 * No PTE: the page is reserved, NOACCESS or guarded, or its contents have gone,
 * or its PTE is just being changed.
 */
static vm_fault_t vma_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (userfaultfd_armed(vma))	/* see hm_space_may_have() */
		return VM_FAULT_SIGSEGV;
	return hm_space_fault(space_of(vma), vma->vm_private_data,
			      vmf->address & PAGE_MASK, access_of(vmf),
			      toucher_of(vmf), &vmf->page);
}

/* A write where the PTE says read-only, for good or while it is changed. */
static vm_fault_t vma_mkwrite(struct vm_fault *vmf)
{
	return vma_fault(vmf);
}

/* No PMD: large pages of a region that is made of them. */
static vm_fault_t __maybe_unused vma_huge_fault(struct vm_fault *vmf,
						unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;

	if (order != PMD_SHIFT - PAGE_SHIFT)
		return VM_FAULT_FALLBACK;
	if (userfaultfd_armed(vma))
		return VM_FAULT_SIGSEGV;
	return hm_space_huge_fault(vma->vm_private_data, vmf, access_of(vmf));
}

/* ptrace and /proc/PID/mem, where they find no page that they may have. */
static int vma_access(struct vm_area_struct *vma, unsigned long addr, void *buf,
		      int len, int write)
{
	return hm_space_access(space_of(vma), vma->vm_private_data, addr, buf,
			       len, write, hm_may_force(vma->vm_mm));
}

static void vma_close(struct vm_area_struct *vma)
{
	struct hm_region *region = vma->vm_private_data;

	/* mremap makes a copy of a VMA before it asks, and closes it if refused. */
	if (region->vma == vma)
		hm_space_detach(space_of(vma), region);
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

/*
 * A child's copy of a region, which has nothing in it
 */

static vm_fault_t dead_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGSEGV;
}

static const struct vm_operations_struct hm_dead_vm_ops = {
	.may_split	= vma_may_split,
	.mremap		= vma_mremap,
	.mprotect	= vma_mprotect,
	.fault		= dead_fault,
};

/*
 * Some kernels let MADV_DOFORK have its way with memory that doesn't look like a
 * device's.  This comes before they copy PTEs, and keeps them from it.
 */
static void vma_open(struct vm_area_struct *vma)
{
	struct hm_region *region = vma->vm_private_data;

	if (region->vma->vm_mm == vma->vm_mm)	/* mremap, see vma_close() */
		return;
	hm_vm_flags_set(vma, VM_WIPEONFORK | VM_DONTCOPY | VM_DONTDUMP | VM_IO);
	vma->vm_ops = &hm_dead_vm_ops;
	vma->vm_private_data = NULL;
}

/*
 * A region of a process that is being dumped.  The kernel looks at each page: if there
 * is no fault handler, it needn't make page tables to find that one isn't there.
 */

static vm_fault_t dump_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	vmf->page = hm_space_dump_page(vma->vm_private_data, vmf->address & PAGE_MASK);
	return vmf->page ? 0 : VM_FAULT_SIGBUS;
}

static const char *vma_name(struct vm_area_struct *vma);

#define REGION_OPS				\
	.open		= vma_open,		\
	.close		= vma_close,		\
	.may_split	= vma_may_split,	\
	.mremap		= vma_mremap,		\
	.mprotect	= vma_mprotect,		\
	.access		= vma_access,		\
	.name		= vma_name

static const struct vm_operations_struct hm_dump_vm_ops = {
	REGION_OPS,
};

static const struct vm_operations_struct hm_dump_fault_vm_ops = {
	REGION_OPS,
	.fault		= dump_fault,
};

/* Have a region dumped, as a whole or what of it is there.  mmap_lock held for writing. */
static bool make_dumpable(struct vm_area_struct *vma, bool sparse)
{
	if (vma->vm_flags & VM_DONTDUMP || hm_space_is_borrowed(space_of(vma)))
		return false;
	/* Lock the VMA; and not to dump it then means: not as shared memory either. */
	hm_vm_flags_set(vma, VM_IO);
	if (!hm_mm_dumps_private(vma->vm_mm))
		return false;
	switch (hm_space_dump(space_of(vma), vma->vm_private_data, sparse)) {
	case HM_DUMP_MAPPED:
		vma->vm_ops = &hm_dump_vm_ops;
		break;
	case HM_DUMP_FAULTS:
		vma->vm_ops = &hm_dump_fault_vm_ops;
		break;
	case HM_DUMP_AS_BEFORE:
		break;
	case HM_DUMP_NOT:
		return false;
	}
	hm_vm_flags_clear(vma, VM_IO);
	return true;
}

/*
 * A core dump asks: what has a name is dumped, whatever else may speak against it.  To
 * all others a region has the name of its file.
 */
static const char *vma_name(struct vm_area_struct *vma)
{
	if (!(current->flags & PF_DUMPCORE) || current->mm != vma->vm_mm)
		return NULL;
	return make_dumpable(vma, false) ? "[hostmem]" : NULL;
}

static const struct vm_operations_struct hm_vm_ops = {
	REGION_OPS,
	.fault		= vma_fault,
	.pfn_mkwrite	= vma_mkwrite,
	HM_HUGE_FAULT(vma_huge_fault)
};

/* See hm_region_needs_vma(). */
static const struct vm_operations_struct hm_pinnable_vm_ops = {
	REGION_OPS,
	.fault		= vma_fault,
	HM_HUGE_FAULT(vma_huge_fault)
};

static const struct vm_operations_struct hm_pinnable_readonly_vm_ops = {
	REGION_OPS,
	.fault		= vma_fault,
	.page_mkwrite	= vma_mkwrite,
	HM_HUGE_FAULT(vma_huge_fault)
};

void hm_mapping_dump(struct vm_area_struct *vma, hm_dump_run_fn *fn, void *data)
{
	/* All that regions have, and they alone. */
	if (!vma->vm_ops || vma->vm_ops->close != vma_close)
		return;
	if (make_dumpable(vma, true))
		hm_space_dump_runs(vma->vm_private_data, fn, data);
}

/*
 * The load pages: inherited by a child like any mapping, but since its pages are
 * asked for here again, it sees blank ones.
 */
static vm_fault_t load_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	vmf->page = hm_space_load_page(space_of(vma), vma->vm_mm,
				       vmf->pgoff - HM_LOAD_PGOFF);
	return vmf->page ? 0 : VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct hm_load_vm_ops = {
	.fault		= load_fault,
};

static int mmap_load(struct vm_area_struct *vma)
{
	unsigned long index;
	struct page *page;

	if (vma->vm_pgoff != HM_LOAD_PGOFF ||
	    vma_pages(vma) != HOSTMEM_LOAD_PAGES ||
	    !(vma->vm_flags & VM_SHARED) || vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	/* Make them now: no touch fails, and the next refresh shows. */
	for (index = 0; index < HOSTMEM_LOAD_PAGES; index++) {
		page = hm_space_load_page(space_of(vma), vma->vm_mm, index);
		if (!page)
			return -ENOMEM;
		put_page(page);
	}
	hm_vm_flags_set(vma, VM_DONTEXPAND);
	hm_vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &hm_load_vm_ops;
	return 0;
}

/*
 * f_op->mmap: for a reservation that is under way, or of the load pages
 *
 * A region is never inherited: a child's PTEs would outlive the memory.  Debuggers that
 * write core files pass over VM_IO: so giants have it, as long as they are ones.
 */
int hm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct hm_space *space = file->private_data;
	struct hm_pending *pending = hm_space_pending(space);
	struct hm_region *region;

	if (!pending)
		return mmap_load(vma);
	region = hm_space_attach(space, pending, vma);
	vma->vm_private_data = region;
	hm_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTCOPY);
	region->executable = vma->vm_flags & VM_EXEC;
	if (!HM_FETCHES_FAULT)
		hm_vm_flags_clear(vma, VM_EXEC);
	if (region->pinnable) {
		/* Large pages that it counts, the kernel has nowhere else. */
		if (!region->large)
			hm_vm_flags_set(vma, VM_MIXEDMAP);
		vma->vm_ops = &hm_pinnable_vm_ops;
		region->readonly_ops = &hm_pinnable_readonly_vm_ops;
	} else {
		hm_vm_flags_set(vma, VM_PFNMAP);
		vma->vm_ops = &hm_vm_ops;
	}
	hm_binfmt_use();
	if (hm_region_is_giant(region))
		hm_vm_flags_set(vma, VM_IO);
	return 0;
}
