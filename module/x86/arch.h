/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What x86-64 does in its own way: entries of page tables, what its TLBs may be left to
 * believe, and when the kernel's fault handler asks ours.  Beside ../arm64/arch.h; Kbuild
 * has the one of the processor on the include path.
 *
 * Included by the files that touch page tables and VMAs; those that change PTEs hold the
 * lock of their page table.
 */
#ifndef HOSTMEM_ARCH_H
#define HOSTMEM_ARCH_H

#include <linux/mm.h>

/* An instruction fetch that a PTE forbids ends in SIGSEGV; one without PTE in our handler. */
#define HM_FETCHES_FAULT	true

/* A TLB that allows less than the PTE is asked once more when an access has faulted. */
#define HM_TLBS_MAY_LAG		true

/* What is written is what is executed. */
#define HM_CODE_LAGS		false

static inline void hm_sync_code(struct page *page, unsigned int nr, pgprot_t prot)
{
}

/* No first write to a page faults, for the hardware keeps dirty bits. */
#define HM_WRITES_FAULT		false

/* A protection that lets write without anybody being told: the hardware does that. */
static inline pgprot_t hm_prot_dirty(pgprot_t prot)
{
	return prot;
}

/* The PTE of the page behind the one that a present PTE leads to. */
static inline pte_t hm_pte_next(pte_t pte)
{
	return (pte_t) { .pte = pte.pte + PAGE_SIZE };
}

/* What userfaultfd leaves where no page is may look dirty, and is nothing of ours. */
static inline bool hm_pte_dirty(pte_t pte)
{
	return pte_dirty(pte) && pte_present(pte);
}

/* So many PTEs are asked at once which of them are dirty. */
#define HM_PTES_AT_ONCE	16

/*
 * Flags lie where no address does, so that PTEs can be joined as they are.  Written out:
 * compilers keep such short loops, and READ_ONCE() would have each PTE in a register.
 */
static inline bool hm_any_dirty(pte_t *pte)
{
#define PTE(i)		data_race(pte[i].pte)	/* a bit may be set meanwhile */
#define PTES(i)		(PTE(i) | PTE((i) + 1) | PTE((i) + 2) | PTE((i) + 3))
	return pte_dirty(native_make_pte(PTES(0) | PTES(4) | PTES(8) | PTES(12)));
#undef PTES
#undef PTE
}

/* Set a PTE where there is none. */
static inline void hm_pte_install(struct mm_struct *mm, unsigned long addr, pte_t *pte,
				  pte_t new)
{
	set_pte_at(mm, addr, pte, new);
}

/* Set a PTE over another one of the same page.  Return what was there. */
static inline pte_t hm_ptep_replace(struct mm_struct *mm, unsigned long addr, pte_t *pte,
				    pte_t new)
{
	pte_t old = ptep_get_and_clear(mm, addr, pte);

	set_pte_at(mm, addr, pte, new);
	return old;
}

/*
 * Make a PTE clean and read-only that processors go on using.  Return what was there.
 * Whoever finds none meanwhile waits in the fault handler.
 */
static inline pte_t hm_ptep_disarm(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
	pte_t old = ptep_get_and_clear(mm, addr, pte);

	set_pte_at(mm, addr, pte, pte_wrprotect(pte_mkclean(old)));
	return old;
}

/* Clear the dirty bit of a PTE that processors go on using. */
static inline void hm_ptep_clean(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
	/* One that may not be written keeps that elsewhere, for shadow stacks' sake. */
	if (pte_write(ptep_get(pte)))
		clear_bit(_PAGE_BIT_DIRTY, (unsigned long *)&pte->pte);
	else
		set_pte_at(mm, addr, pte, pte_mkclean(ptep_get_and_clear(mm, addr, pte)));
}

#endif /* HOSTMEM_ARCH_H */
