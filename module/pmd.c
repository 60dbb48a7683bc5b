// SPDX-License-Identifier: GPL-2.0
/*
 * Entries of page middle directories.  See pmd.h.
 */
#include "block.h"
#include "compat.h"
#include "pmd.h"

/* Look for the entry for an address.  Return how many directories are missing for it. */
static unsigned int look_for_entry(struct mm_struct *mm, unsigned long addr, pmd_t **pmd)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;

	*pmd = NULL;
	if (pgd_none(*pgd))
		return 3;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return 2;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return 1;
	*pmd = pmd_offset(pud, addr);
	return 0;
}

pmd_t *hm_pmd_at(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd;

	look_for_entry(mm, addr, &pmd);
	return pmd;
}

unsigned int hm_tables_missing(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd;
	unsigned int directories = look_for_entry(mm, addr, &pmd);

	return pmd ? pmd_none(*pmd) : directories + 1;
}

bool hm_pmd_has_room(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd = hm_pmd_at(mm, addr);

	return pmd && pmd_none(READ_ONCE(*pmd));
}

bool hm_pmd_is_leaf(struct mm_struct *mm, unsigned long addr)
{
	pmd_t *pmd = hm_pmd_at(mm, addr);

	return pmd && pmd_leaf(READ_ONCE(*pmd));
}

/*
 * The kernel does that in answer to a fault only, so this is one as far as it can see.
 * Not as a write: the hardware sets the dirty bit, and what is there is left alone.
 */
bool hm_pmd_set(struct vm_area_struct *vma, const struct hm_block *block,
		pgprot_t prot)
{
	struct vm_fault vmf = {
		.vma = vma,
		.address = block->start,
		.pmd = hm_pmd_at(vma->vm_mm, block->start),
	};

	if (!vmf.pmd || !pmd_none(READ_ONCE(*vmf.pmd)))
		return false;
	hm_insert_pmd(&vmf, block->whole, prot, false);
	return pmd_leaf(READ_ONCE(*vmf.pmd));
}
