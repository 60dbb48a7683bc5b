// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping, changing and unmapping of PTEs.  See pte.h.
 */
#include "compat.h"
#include "pte.h"

static pgprot_t pgprot_of_state(hm_state_t state)
{
	unsigned long vm_flags = VM_SHARED;

	if (hm_state_allows(state, HM_READ))
		vm_flags |= VM_READ;
	if (hm_state_allows(state, HM_WRITE))
		vm_flags |= VM_WRITE;
	if (hm_state_allows(state, HM_EXEC))
		vm_flags |= VM_EXEC;
	return vm_get_page_prot(vm_flags);
}

static unsigned long addr_of_page(unsigned long addr, unsigned int nr)
{
	return addr + ((unsigned long)nr << PAGE_SHIFT);
}

/**
 * struct hm_pte_run - pages within one page table
 * @vma: their VMA
 * @addr: address of the first page
 * @nr: how many
 * @pages: their memory
 * @prot: their protection
 */
struct hm_pte_run {
	struct vm_area_struct *vma;
	unsigned long addr;
	unsigned int nr;
	struct page **pages;
	pgprot_t prot;
};

/*
 * Do something to a run's PTEs under the lock of their page table.  The walk is
 * asked for the first only: a block has one page table, so the others follow
 * that one, at a third of what a call for each would cost.
 */
static int with_ptes(struct hm_pte_run *run, pte_fn_t step)
{
	return apply_to_page_range(run->vma->vm_mm, run->addr, PAGE_SIZE, step,
				   run);
}

static int set_step(pte_t *pte, unsigned long addr, void *data)
{
	struct hm_pte_run *run = data;
	unsigned int i;

	for (i = 0; i < run->nr; i++, pte++, addr += PAGE_SIZE) {
		unsigned long pfn = page_to_pfn(run->pages[i]);

		set_pte_at(run->vma->vm_mm, addr, pte,
			   pte_mkspecial(pfn_pte(pfn, run->prot)));
	}
	return 0;
}

static int clear_step(pte_t *pte, unsigned long addr, void *data)
{
	struct hm_pte_run *run = data;
	unsigned int i;

	for (i = 0; i < run->nr; i++, pte++, addr += PAGE_SIZE)
		ptep_get_and_clear(run->vma->vm_mm, addr, pte);
	return 0;
}

static int set_ptes_of(struct vm_area_struct *vma, unsigned long addr,
		       struct page **pages, unsigned int nr, pgprot_t prot)
{
	struct hm_pte_run run = {
		.vma = vma,
		.addr = addr,
		.nr = nr,
		.pages = pages,
		.prot = prot,
	};

	return with_ptes(&run, set_step);
}

int hm_pte_map(struct vm_area_struct *vma, unsigned long addr,
	       struct page **pages, unsigned int nr, hm_state_t state)
{
	pgprot_t prot = pgprot_of_state(state);
	int err;

	mmap_assert_write_locked(vma->vm_mm);

	/*
	 * remap_pfn_range() makes the page table and the run's first PTE.  The
	 * others are stored directly: for each page remap_pfn_range() asks x86's
	 * memory type tracking anew, which for RAM has but one answer and takes
	 * 370 instructions where the PTE itself takes 10.
	 */
	err = remap_pfn_range(vma, addr, page_to_pfn(pages[0]), PAGE_SIZE,
			      prot);
	hm_vm_forget_pat(vma);
	if (err)
		return -ENOMEM;

	/* The table stays; a page without access has no PTE in it. */
	if (!hm_state_allows(state, HM_READ)) {
		hm_pte_unmap(vma, addr, addr + PAGE_SIZE);
		return 0;
	}
	if (nr == 1)
		return 0;
	err = set_ptes_of(vma, addr + PAGE_SIZE, pages + 1, nr - 1, prot);
	if (err)
		hm_pte_unmap(vma, addr, addr_of_page(addr, nr));
	return err;
}

void hm_pte_change(struct vm_area_struct *vma, unsigned long addr,
		   struct page **pages, unsigned int nr, hm_state_t from,
		   hm_state_t to)
{
	mmap_assert_locked(vma->vm_mm);

	/*
	 * Unmapping flushes the TLBs, which a change in place could not: no
	 * exported function flushes a range.  A thread that finds the PTE gone
	 * meanwhile waits in the fault handler for the caller's lock.
	 */
	if (hm_state_allows(from, HM_READ)) {
		hm_pte_thin_out(vma, addr, nr);
		hm_pte_unmap(vma, addr, addr_of_page(addr, nr));
	}
	/* Were a PTE missing after all, its first fault would bring it back. */
	if (hm_state_allows(to, HM_READ))
		set_ptes_of(vma, addr, pages, nr, pgprot_of_state(to));
}

void hm_pte_thin_out(struct vm_area_struct *vma, unsigned long addr,
		     unsigned int nr)
{
	struct hm_pte_run run = {
		.vma = vma,
		.addr = addr + PAGE_SIZE,
		.nr = nr - 2,
	};

	/* A zap takes 90 instructions for a PTE and 8 for none. */
	if (nr > 8)
		with_ptes(&run, clear_step);
}

void hm_pte_unmap(struct vm_area_struct *vma, unsigned long start,
		  unsigned long end)
{
	mmap_assert_locked(vma->vm_mm);
	hm_zap(vma, start, end - start);
}

vm_fault_t hm_pte_fault(struct vm_area_struct *vma, unsigned long addr,
			struct page *page, hm_state_t state)
{
	return vmf_insert_pfn_prot(vma, addr, page_to_pfn(page),
				   pgprot_of_state(state));
}
