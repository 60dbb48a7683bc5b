// SPDX-License-Identifier: GPL-2.0
/*
 * Setting, reading and removing PTEs.  See pte.h.
 */
#include <linux/mm.h>
#include <linux/mm_inline.h>

#include "arch.h"
#include "block.h"
#include "compat.h"
#include "flush.h"
#include "pinnable.h"
#include "pmd.h"
#include "pte.h"
#include "pte_step.h"

pgprot_t hm_pte_prot(hm_state_t state)
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

/* Nobody asks for dirty bits of a block without marks; of counted PTEs the kernel does. */
static pgprot_t run_prot(const struct hm_run *run, hm_state_t state)
{
	pgprot_t prot = hm_pte_prot(state);

	if (HM_WRITES_FAULT && hm_state_allows(state, HM_WRITE) && !run->block->marks &&
	    !run->block->pinnable)
		prot = hm_prot_dirty(prot);
	return prot;
}

static unsigned long run_addr(const struct hm_run *run)
{
	return hm_block_addr(run->block, run->first);
}

/*
 * Do something to a run's PTEs under the lock of their page table, which is made if it
 * isn't there.  The first one is asked for only: a block has one page table, so the
 * others follow that one.
 */
static int with_ptes(struct hm_pte_walk *walk, pte_fn_t step)
{
	struct mm_struct *mm = walk->run->vma->vm_mm;
	unsigned long addr = run_addr(walk->run);
	pmd_t *pmd = hm_pmd_at(mm, addr);
	pmd_t entry = pmd ? READ_ONCE(*pmd) : __pmd(0);
	spinlock_t *lock;

	if (pmd_none(entry) || pmd_leaf(entry))
		return apply_to_page_range(mm, addr, PAGE_SIZE, step, walk);
	lock = pte_lockptr(mm, pmd);
	spin_lock(lock);
	step(pte_offset_kernel(pmd, addr), addr, walk);
	spin_unlock(lock);
	return 0;
}

unsigned int hm_tables_between(struct mm_struct *mm, unsigned long addr,
			       unsigned long other)
{
	unsigned int levels = HM_TABLE_LEVELS - mm_p4d_folded(mm);
	unsigned int level;

	for (level = 0; level < levels; level++)
		if ((addr ^ other) < hm_table_span(level))
			break;
	return level;
}

/*
 * remap_pfn_range() makes the page table and the run's first PTE.  The others are
 * stored directly: for each page remap_pfn_range() asks x86's memory type tracking
 * anew, which for RAM has but one answer and takes 370 instructions where the PTE
 * itself takes 10.
 *
 * To cover all of a VMA, be it one page, is something else there: until 6.15 it marks
 * the VMA, and warns if the page can't be mapped or is gone at unmap time; since then
 * it can be done once.
 */
static int create_special(const struct hm_run *run, hm_state_t state)
{
	unsigned long flags = run->vma->vm_flags;
	unsigned long addr = run_addr(run);
	int err;

	if (vma_pages(run->vma) == 1)
		err = hm_pte_fault(run, state) != VM_FAULT_NOPAGE;
	else
		err = remap_pfn_range(run->vma, addr,
				      page_to_pfn(hm_block_memory(run->block, run->first)),
				      PAGE_SIZE, run_prot(run, state));
	/* remap_pfn_range() hides what it maps from debuggers, as if it were a device's. */
	hm_vm_flags_clear(run->vma, (VM_IO | VM_DONTDUMP) & ~flags);
	if (err)
		return -ENOMEM;

	/* The table stays; a page without access has no PTE in it. */
	if (!hm_state_mapped(state))
		hm_pte_unmap(run->vma, addr, addr + PAGE_SIZE);
	else if (run->nr > 1 || (HM_CODE_LAGS && hm_state_allows(state, HM_EXEC)))
		hm_pte_set(run, state);
	return 0;
}

static int create_direct(const struct hm_run *run, hm_state_t state)
{
	struct hm_pte_walk walk = {
		.run = run,
		.prot = run_prot(run, state),
	};

	return with_ptes(&walk, hm_state_mapped(state) ?
			 hm_pte_steps(run->block)->set : hm_pte_no_step);
}

int hm_pte_create(const struct hm_run *run, hm_state_t state,
		  unsigned int *tables)
{
	struct mm_struct *mm = run->vma->vm_mm;
	unsigned long addr = run_addr(run);
	int err;

	mmap_assert_write_locked(mm);

	*tables = hm_tables_missing(mm, addr);
	err = run->block->pinnable ? create_direct(run, state) :
				     create_special(run, state);
	if (err)
		*tables -= hm_tables_missing(mm, addr);
	return err;
}

void hm_pte_set(const struct hm_run *run, hm_state_t state)
{
	struct hm_pte_walk walk = {
		.run = run,
		.prot = run_prot(run, state),
	};

	mmap_assert_locked(run->vma->vm_mm);

	/* Were a PTE missing after all, its first fault would bring it back. */
	with_ptes(&walk, hm_pte_steps(run->block)->set);
}

void hm_pte_mark_written(const struct hm_run *run)
{
	struct hm_pte_walk walk = { .run = run };

	mmap_assert_locked(run->vma->vm_mm);
	with_ptes(&walk, hm_pte_mark_step);
}

void hm_pte_harvest(const struct hm_run *run)
{
	unsigned int i, end = run->first + run->nr;

	if (!run->block->pinnable || !run->block->marks)
		return;
	for (i = run->first; i < end; i++) {
		struct page *page = hm_block_memory(run->block, i);

		if (page && hm_pinnable_take_written(page))
			hm_marks_written(run->block->marks, i);
	}
}

/*
 * The kernel's own protocol for those who change PTEs and flush later.  Who finishes a
 * zap and sees that another is under way can't know what that one has left in the TLBs,
 * and flushes the whole address space.  Here, both are we.
 */
void hm_pte_pending_begin(struct mm_struct *mm)
{
	mmap_assert_locked(mm);
	inc_tlb_flush_pending(mm);
}

void hm_pte_clean(const struct hm_run *run, const unsigned long *which)
{
	struct hm_pte_walk walk = {
		.run = run,
		.which = which,
	};

	with_ptes(&walk, hm_pte_clean_step);
}

void hm_pte_pending_end(struct mm_struct *mm)
{
	dec_tlb_flush_pending(mm);
}

void hm_pte_flush_begin(struct vm_area_struct *vma)
{
	hm_pte_pending_begin(vma->vm_mm);
}

/* A zap of nothing that sees another one under way flushes, too. */
void hm_pte_flush_end(struct vm_area_struct *vma)
{
	hm_zap(vma, vma->vm_start, 0);
	hm_pte_pending_end(vma->vm_mm);
}

/* A zap takes 90 instructions for a PTE and 8 for none: it pays from so many pages on. */
#define WORTH_CLEARING	9

static void clear(const struct hm_run *run, bool covered)
{
	struct hm_pte_walk walk = {
		.run = run,
		.covered = covered,
	};

	with_ptes(&walk, hm_pte_steps(run->block)->clear);
}

/*
 * A zap that meets counted PTEs may flush in between: once it can gather no more pages, or
 * has met a dirty one and is to be rescheduled; and dirty a PTE becomes at any moment, by
 * whom the kernel lets write.  Then one flush ends, and the next begins, where that was,
 * and what went before, between the two, is in neither.  So there no PTE is left to it,
 * and it has to flush everything, as next to another zap that is under way.
 */
static void unmap_counted(struct hm_unmap *unmap, const struct hm_run *run)
{
	if (!unmap->cleared)
		hm_pte_pending_begin(unmap->vma->vm_mm);
	unmap->cleared = true;
	clear(run, true);
}

void hm_unmap_run(struct hm_unmap *unmap, const struct hm_run *run)
{
	bool covers = READ_ONCE(hm_flush_covers);
	bool worth = run->nr >= WORTH_CLEARING;

	mmap_assert_locked(run->vma->vm_mm);

	if (run->block->pinnable) {
		if (worth)
			unmap_counted(unmap, run);
	} else if (run->block->marks || (worth && covers)) {
		clear(run, covers);
	}
}

void hm_unmap_end(struct hm_unmap *unmap, unsigned long end)
{
	hm_pte_unmap(unmap->vma, unmap->start, end);
	if (unmap->cleared)
		hm_pte_pending_end(unmap->vma->vm_mm);
}

void hm_pte_unmap(struct vm_area_struct *vma, unsigned long start,
		  unsigned long end)
{
	mmap_assert_locked(vma->vm_mm);
	hm_zap(vma, start, end - start);
}

/*
 * Not vmf_insert_pfn(), which leaves what is there, were it a PTE that allows less: a
 * write to where userfaultfd had its hold would fault for ever.
 */
vm_fault_t hm_pte_fault(const struct hm_run *run, hm_state_t state)
{
	return create_direct(run, state) ? VM_FAULT_OOM : VM_FAULT_NOPAGE;
}
