/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What PTEs hold, as fast as the processor allows: the only file that knows one
 * processor from another.  Included by pte_step.c only, which holds the lock of the
 * page table.
 */
#ifndef HOSTMEM_PTE_ARCH_H
#define HOSTMEM_PTE_ARCH_H

#include <linux/mm.h>

/* The PTE of the page behind the one that a present PTE leads to. */
static inline pte_t hm_pte_next(pte_t pte)
{
#ifdef CONFIG_X86
	return (pte_t) { .pte = pte.pte + PAGE_SIZE };
#else
	return pfn_pte(pte_pfn(pte) + 1, pte_pgprot(pte));
#endif
}

/* What userfaultfd leaves where no page is may look dirty, and is nothing of ours. */
static inline bool hm_pte_dirty(pte_t pte)
{
	return pte_present(pte) && pte_dirty(pte);
}

/* So many PTEs are asked at once which of them are dirty. */
#define HM_PTES_AT_ONCE	8

#ifdef CONFIG_X86
/* The flags of PTEs can be joined.  Written out: compilers keep such short loops. */
static inline bool hm_any_dirty(pte_t *pte)
{
#define FLAGS(i)	pte_flags(ptep_get(pte + (i)))
	return pte_dirty(native_make_pte(FLAGS(0) | FLAGS(1) | FLAGS(2) | FLAGS(3) |
					 FLAGS(4) | FLAGS(5) | FLAGS(6) | FLAGS(7)));
#undef FLAGS
}
#else
static inline bool hm_any_dirty(pte_t *pte)
{
	return true;
}
#endif

/* A bit for each. */
static inline unsigned long hm_ptes_dirty(pte_t *pte)
{
	unsigned long which = 0;
	unsigned int i;

	if (likely(!hm_any_dirty(pte)))
		return 0;
	for (i = 0; i < HM_PTES_AT_ONCE; i++)
		which |= (unsigned long)hm_pte_dirty(ptep_get(pte + i)) << i;
	return which;
}

/* Clear the dirty bit of a PTE that processors go on using. */
static inline void hm_ptep_clean(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
#ifdef CONFIG_X86
	/* One that may not be written keeps that elsewhere, for shadow stacks' sake. */
	if (pte_write(ptep_get(pte))) {
		clear_bit(_PAGE_BIT_DIRTY, (unsigned long *)&pte->pte);
		return;
	}
#endif
	/* Whoever finds none meanwhile waits in the fault handler. */
	set_pte_at(mm, addr, pte, pte_mkclean(ptep_get_and_clear(mm, addr, pte)));
}

#endif /* HOSTMEM_PTE_ARCH_H */
