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
 * struct hm_pte_cursor - what set_pte_step() puts where the walk stands
 * @mm: whose page tables
 * @page: memory of the next page
 * @prot: protection of all
 */
struct hm_pte_cursor {
	struct mm_struct *mm;
	struct page **page;
	pgprot_t prot;
};

static int set_pte_step(pte_t *pte, unsigned long addr, void *data)
{
	struct hm_pte_cursor *cursor = data;
	pte_t entry = pfn_pte(page_to_pfn(*cursor->page++), cursor->prot);

	set_pte_at(cursor->mm, addr, pte, pte_mkspecial(entry));
	return 0;
}

static int set_ptes(struct vm_area_struct *vma, unsigned long addr,
		    struct page **pages, unsigned int nr, pgprot_t prot)
{
	struct hm_pte_cursor cursor = {
		.mm = vma->vm_mm,
		.page = pages,
		.prot = prot,
	};

	return apply_to_page_range(vma->vm_mm, addr, addr_of_page(0, nr),
				   set_pte_step, &cursor);
}

int hm_pte_map(struct vm_area_struct *vma, unsigned long addr,
	       struct page **pages, unsigned int nr, hm_state_t state)
{
	pgprot_t prot = pgprot_of_state(state);
	int err;

	mmap_assert_write_locked(vma->vm_mm);

	/*
	 * remap_pfn_range() makes the page table and the run's first PTE.  The
	 * other PTEs are stored directly: for each page remap_pfn_range() asks
	 * x86's memory type tracking anew, which for RAM has but one answer and
	 * takes ten times as long as the PTE itself (380 instructions of 420).
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
	err = set_ptes(vma, addr + PAGE_SIZE, pages + 1, nr - 1, prot);
	if (err)
		hm_pte_unmap(vma, addr, addr_of_page(addr, nr));
	return err;
}

void hm_pte_change(struct vm_area_struct *vma, unsigned long addr,
		   struct page **pages, unsigned int nr, hm_state_t from,
		   hm_state_t to)
{
	mmap_assert_write_locked(vma->vm_mm);

	/*
	 * Unmapping flushes the TLBs, which a change in place could not: no
	 * exported function flushes a range.  A thread that finds the PTE gone
	 * meanwhile waits in the fault handler for the caller's lock.
	 */
	if (hm_state_allows(from, HM_READ))
		hm_pte_unmap(vma, addr, addr_of_page(addr, nr));
	/* Were a PTE missing after all, its first fault would bring it back. */
	if (hm_state_allows(to, HM_READ))
		set_ptes(vma, addr, pages, nr, pgprot_of_state(to));
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
