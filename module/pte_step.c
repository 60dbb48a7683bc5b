// SPDX-License-Identifier: GPL-2.0
/*
 * PTEs one by one.  See pte_step.h.
 */
#include "arch.h"
#include "compat.h"
#include "pinnable.h"
#include "pte_step.h"

/* A PTE is no longer what it was; what the hardware knows of writes goes to the marks. */
static __always_inline void note_written(const struct hm_run *run, unsigned int page,
					 pte_t old)
{
	if (hm_pte_dirty(old) && run->block->marks)
		hm_marks_written(run->block->marks, page);
}

static pte_t take_pte(const struct hm_run *run, unsigned int page, pte_t *pte)
{
	pte_t old = ptep_get_and_clear(run->vma->vm_mm,
				       hm_block_addr(run->block, page), pte);

	note_written(run, page, old);
	return old;
}

/* A bit for each of HM_PTES_AT_ONCE. */
static unsigned long ptes_dirty(pte_t *pte)
{
	unsigned long which = 0;
	unsigned int i;

	if (likely(!hm_any_dirty(pte)))
		return 0;
	for (i = 0; i < HM_PTES_AT_ONCE; i++)
		which |= (unsigned long)hm_pte_dirty(ptep_get(pte + i)) << i;
	return which;
}

/* Set the PTEs of pages whose memory lies in one piece.  Return how many had none. */
static __always_inline long set_stretch(pte_t *pte, const struct hm_pte_walk *walk,
					unsigned int first, unsigned int end,
					const bool counted)
{
	const struct hm_run *run = walk->run;
	struct page *page = hm_block_memory(run->block, first);
	unsigned long addr = hm_block_addr(run->block, first);
	pte_t old, new = pfn_pte(page_to_pfn(page), walk->prot);
	long come = 0;

	if (!counted)
		new = pte_mkspecial(new);
	for (; first < end; first++) {
		old = ptep_get(pte);
		/* A mark of userfaultfd's is not none, and leads to no page. */
		if (counted && !pte_present(old)) {
			hm_pinnable_map(page);
			come++;
		}
		if (pte_none(old))
			hm_pte_install(run->vma->vm_mm, addr, pte, new);
		else
			note_written(run, first, hm_ptep_replace(run->vma->vm_mm, addr,
								 pte, new));
		new = hm_pte_next(new);
		addr += PAGE_SIZE;
		page++;
		pte++;
	}
	return come;
}

static __always_inline int set(pte_t *pte, const struct hm_pte_walk *walk,
			       const bool counted)
{
	const struct hm_run *run = walk->run;
	unsigned int i = run->first, end = i + run->nr, nr;
	long come = 0;

	for (; i < end; i += nr, pte += nr) {
		nr = hm_block_stretch(run->block, i, end);
		if (nr)
			come += set_stretch(pte, walk, i, i + nr, counted);
		else
			nr = 1;
	}
	if (counted)
		hm_mm_add_file_rss(run->vma->vm_mm, come);
	return 0;
}

/* Have a PTE stay, clean and read-only: whoever writes has to fault then. */
static void disarm_pte(const struct hm_run *run, unsigned int page, pte_t *pte)
{
	note_written(run, page, hm_ptep_disarm(run->vma->vm_mm,
					       hm_block_addr(run->block, page), pte));
}

/* Have PTEs from the @first page of a run on go, up to the one of the page @end. */
static void drop_ptes(const struct hm_run *run, int first, int end, pte_t *pte)
{
	unsigned long addr = hm_block_addr(run->block, run->first + first);
	struct mm_struct *mm = run->vma->vm_mm;

	/* Where there are no marks, nobody asks for dirty bits. */
	for (pte += first; first < end; first++, addr += PAGE_SIZE)
		ptep_clear(mm, addr, pte++);
}

static void take_ptes(const struct hm_run *run, int first, int end, pte_t *pte)
{
	for (; first < end; first++)
		take_pte(run, run->first + first, pte + first);
}

/*
 * Keep the first and the last PTE that lead to a page, for the zap to meet; or all of
 * them, where a flush covers no more than what is met.  Where dirty bits matter
 * they are kept clean and read-only, so that whoever writes from here on has to
 * wait in the fault handler.
 */
static int clear_special(pte_t *pte, unsigned long addr, void *data)
{
	const struct hm_pte_walk *walk = data;
	const struct hm_run *run = walk->run;
	int first = 0, last = run->nr - 1;
	int i;

	while (first <= last && !pte_present(ptep_get(pte + first)))
		first++;
	while (first < last && !pte_present(ptep_get(pte + last)))
		last--;
	if (!run->block->marks) {
		drop_ptes(run, first + 1, last, pte);
		return 0;
	}
	if (walk->covered)
		take_ptes(run, first + 1, last, pte);
	for (i = first; i <= last; i++)
		if (pte_present(ptep_get(pte + i)))
			disarm_pte(run, run->first + i, pte + i);
	return 0;
}

/* All go, and each page is told of it. */
static int clear_counted(pte_t *pte, unsigned long addr, void *data)
{
	const struct hm_run *run = ((struct hm_pte_walk *)data)->run;
	unsigned int i, end = run->first + run->nr;
	long gone = 0;

	for (i = run->first; i < end; i++, pte++) {
		if (!pte_present(take_pte(run, i, pte)))
			continue;
		hm_pinnable_unmap(hm_block_memory(run->block, i));
		gone++;
	}
	hm_mm_add_file_rss(run->vma->vm_mm, -gone);
	return 0;
}

static int set_special(pte_t *pte, unsigned long addr, void *data)
{
	return set(pte, data, false);
}

static int set_counted(pte_t *pte, unsigned long addr, void *data)
{
	return set(pte, data, true);
}

const struct hm_pte_steps hm_special_steps = {
	.set	= set_special,
	.clear	= clear_special,
};

const struct hm_pte_steps hm_counted_steps = {
	.set	= set_counted,
	.clear	= clear_counted,
};

int hm_pte_mark_step(pte_t *pte, unsigned long addr, void *data)
{
	const struct hm_run *run = ((struct hm_pte_walk *)data)->run;
	struct hm_marks *marks = run->block->marks;
	unsigned int page = run->first, end = page + run->nr;
	unsigned long which;

	for (; page + HM_PTES_AT_ONCE <= end; page += HM_PTES_AT_ONCE) {
		which = ptes_dirty(pte);
		pte += HM_PTES_AT_ONCE;
		if (which)
			hm_marks_written_some(marks, page, which);
	}
	for (; page < end; page++)
		if (hm_pte_dirty(ptep_get(pte++)))
			hm_marks_written(marks, page);
	return 0;
}

int hm_pte_clean_step(pte_t *pte, unsigned long addr, void *data)
{
	const struct hm_pte_walk *walk = data;
	const struct hm_run *run = walk->run;
	unsigned int end = run->first + run->nr, w, page;
	unsigned long word;

	for (w = BIT_WORD(run->first); w * BITS_PER_LONG < end; w++) {
		for (word = walk->which[w]; word; word &= word - 1) {
			pte_t *at;

			page = w * BITS_PER_LONG + __ffs(word);
			at = pte + (page - run->first);
			if (hm_pte_dirty(ptep_get(at)))
				hm_ptep_clean(run->vma->vm_mm,
					      hm_block_addr(run->block, page), at);
		}
	}
	return 0;
}

int hm_pte_no_step(pte_t *pte, unsigned long addr, void *data)
{
	return 0;
}
