/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What arm64 does in its own way: entries of page tables, what its TLBs may be left to
 * believe, and when the kernel's fault handler asks ours.  Beside ../x86/arch.h; Kbuild
 * has the one of the processor on the include path.
 *
 * Included by the files that touch page tables and VMAs; those that change PTEs hold the
 * lock of their page table.
 *
 * A PTE that processors may have in a TLB is changed where it is as long as it leads to
 * the same page: the architecture allows that for what a PTE permits, and for its dirty
 * state, which is DBM without RDONLY.  With hardware dirty management a write clears
 * RDONLY; without, it faults, and the kernel does so, without asking us.  No PTE of ours is
 * made a contiguous one, nor tagged: set_pte_at(), which might, isn't called.
 */
#ifndef HOSTMEM_ARCH_H
#define HOSTMEM_ARCH_H

#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>

#ifdef CONFIG_PAGE_TABLE_CHECK
#error "hostmem sets PTEs on arm64 without telling CONFIG_PAGE_TABLE_CHECK"
#endif

/*
 * The kernel lets a VMA with VM_EXEC retry a fetch that a PTE forbids, for ever.  So no
 * VMA of ours has that flag: a fetch that the hardware refuses is a SIGSEGV then, one
 * from a page without PTE, too.
 */
#define HM_FETCHES_FAULT	false

/* The kernel flushes no TLB when it finds that an access, which has faulted, is allowed. */
#define HM_TLBS_MAY_LAG		false

/* Code has to be made known to the instruction caches. */
#define HM_CODE_LAGS		true

/*
 * So nobody executes what was in a page before.  The kernel does that for PTEs of pages
 * that it counts, once for each page; we do it whenever a page is made executable.
 */
static inline void hm_sync_code(struct page *page, unsigned int nr, pgprot_t prot)
{
	unsigned long start = (unsigned long)page_address(page);

	if (!(pgprot_val(prot) & PTE_UXN))
		caches_clean_inval_pou(start, start + nr * PAGE_SIZE);
}

/*
 * Where the hardware keeps no dirty bits, the first write to a clean page faults.  So where
 * nobody asks for these, pages aren't clean.
 */
#define HM_WRITES_FAULT		true

/* A protection that lets write without anybody being told. */
static inline pgprot_t hm_prot_dirty(pgprot_t prot)
{
	return __pgprot((pgprot_val(prot) | PTE_DIRTY) & ~PTE_RDONLY);
}

/*
 * The PTE of the page behind the one that a present PTE leads to.  With 52 bits the
 * uppermost two of an address lie elsewhere; no piece of memory goes over such a limit.
 */
static inline pte_t hm_pte_next(pte_t pte)
{
	return __pte(pte_val(pte) + PAGE_SIZE);
}

/* What userfaultfd leaves where no page is may look dirty, and is nothing of ours. */
static inline bool hm_pte_dirty(pte_t pte)
{
	return pte_present(pte) && pte_dirty(pte);
}

/* So many PTEs are asked at once which of them are dirty. */
#define HM_PTES_AT_ONCE	16

/*
 * May one of them be?  One that the hardware has made so is writable and lacks RDONLY,
 * which a clean one has, and one that isn't there lacks.  Written out: compilers keep such
 * short loops, and READ_ONCE() would load each PTE alone.
 */
static inline bool hm_any_dirty(pte_t *pte)
{
#define PTE(i)		data_race(pte_val(pte[i]))	/* a bit may be set meanwhile */
#define FOUR(i, op)	(PTE(i) op PTE((i) + 1) op PTE((i) + 2) op PTE((i) + 3))
	pteval_t any = FOUR(0, |) | FOUR(4, |) | FOUR(8, |) | FOUR(12, |);
	pteval_t all = FOUR(0, &) & FOUR(4, &) & FOUR(8, &) & FOUR(12, &);
#undef FOUR
#undef PTE

	return (any & PTE_DIRTY) || ((any & PTE_WRITE) && !(all & PTE_RDONLY));
}

/*
 * Have the next walk of any processor see a PTE by which it may execute: it would not come
 * to our handler.  A data access would, or to the kernel's, and be retried.
 */
static inline void hm_pte_store_done(pte_t new)
{
	if (pte_user_exec(new))
		dsb(ishst);
}

/* Set a PTE where there is none. */
static inline void hm_pte_install(struct mm_struct *mm, unsigned long addr, pte_t *pte,
				  pte_t new)
{
	hm_sync_code(pte_page(new), 1, pte_pgprot(new));
	WRITE_ONCE(*pte, new);
	hm_pte_store_done(new);
}

/* Set a PTE over another one of the same page.  Return what was there. */
static inline pte_t hm_ptep_replace(struct mm_struct *mm, unsigned long addr, pte_t *pte,
				    pte_t new)
{
	pte_t old;

	hm_sync_code(pte_page(new), 1, pte_pgprot(new));
	old = __pte(xchg(&pte_val(*pte), pte_val(new)));
	WARN_ON_ONCE(pte_valid(old) && pte_pfn(old) != pte_pfn(new));
	hm_pte_store_done(new);
	return old;
}

/* Make a PTE clean and read-only that processors go on using.  Return what was there. */
static inline pte_t hm_ptep_disarm(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
	pte_t old = ptep_get(pte), found;

	for (;;) {
		found = __pte(cmpxchg(&pte_val(*pte), pte_val(old),
				      pte_val(pte_wrprotect(pte_mkclean(old)))));
		if (pte_val(found) == pte_val(old))
			return old;
		old = found;
	}
}

/* Clear the dirty bit of a PTE that processors go on using. */
static inline void hm_ptep_clean(struct mm_struct *mm, unsigned long addr, pte_t *pte)
{
	pte_t old = ptep_get(pte), found;

	for (;;) {
		found = __pte(cmpxchg(&pte_val(*pte), pte_val(old), pte_val(pte_mkclean(old))));
		if (pte_val(found) == pte_val(old))
			return;
		old = found;
	}
}

#endif /* HOSTMEM_ARCH_H */
