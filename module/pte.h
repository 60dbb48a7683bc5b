/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page tables: the only file that maps committed pages one by one, and unmaps them.
 * For blocks that are mapped as a whole see pmd.h.
 *
 * Whenever region->lock is free, a page with memory has a PTE exactly if its
 * state is a mapped one, and the PTE grants exactly what the state allows.  The
 * VMA allows everything that any page may ever be given.  A PTE starts clean;
 * the hardware sets its dirty bit at the first write, and before a PTE goes,
 * that bit moves to the marks of the block, so no write is ever lost.
 *
 * Called by the regions' walks with region->lock and mmap_lock held: for reading
 * unless something else is said.
 */
#ifndef HOSTMEM_PTE_H
#define HOSTMEM_PTE_H

#include <linux/mm.h>

#include "page_state.h"

struct hm_block;

/** hm_pte_prot - what the hardware calls the protection of a state */
pgprot_t hm_pte_prot(hm_state_t state);

/**
 * struct hm_run - pages of one block that are treated alike
 * @vma: their VMA
 * @block: their block; its marks get the dirty bits
 * @first: first page
 * @nr: how many, at least one
 */
struct hm_run {
	struct vm_area_struct *vma;
	struct hm_block *block;
	unsigned int first;
	unsigned int nr;
};

/** Levels of page tables that can come and go; the first one is that of PTEs. */
#define HM_TABLE_LEVELS	4

/** hm_table_span - how much address space a page table of a level covers */
static inline unsigned long hm_table_span(unsigned int level)
{
	return PMD_SIZE << level * ilog2(PTRS_PER_PTE);
}

/**
 * hm_tables_between - how many page tables an address may need
 * @mm: where
 * @addr: the address
 * @other: an address whose tables are there, or counted
 *
 * Return: those that @addr doesn't share with @other.
 */
unsigned int hm_tables_between(struct mm_struct *mm, unsigned long addr,
			       unsigned long other);

/**
 * hm_pte_create - make the page table of a block and map a first run
 * @run: the run
 * @state: the state that its pages have
 * @tables: gets how many page tables of all levels have been made, be it in vain
 *
 * Context: mmap_lock held for writing, and the VMA's own lock.
 * Return: 0 or -ENOMEM for want of a page table; then none is mapped.
 */
int hm_pte_create(const struct hm_run *run, hm_state_t state,
		  unsigned int *tables);

/**
 * hm_pte_set - set the PTEs of a run
 * @run: the run; pages without memory are passed over
 * @state: the state that its pages have, a mapped one
 *
 * What the PTEs allowed before stays in the TLBs.  Cannot fail: the block has
 * had its page table since its first commit.
 */
void hm_pte_set(const struct hm_run *run, hm_state_t state);

/**
 * hm_pte_harvest - mark pages of a run that others than their PTEs say are written
 *
 * That are pinnable pages, which the kernel may write to, and whose PTEs it may
 * remove.  After PTEs have gone, and before anyone asks what has been written.
 */
void hm_pte_harvest(const struct hm_run *run);

/** hm_pte_mark_written - copy the dirty bits of pages, whatever their states, to the marks */
void hm_pte_mark_written(const struct hm_run *run);

/** hm_pte_pending_begin - PTEs of @mm are about to be changed or removed, and flushed later */
void hm_pte_pending_begin(struct mm_struct *mm);

/**
 * hm_pte_clean - clean PTEs, without flushing them
 * @run: pages of one block, from the first of them to the last
 * @which: those pages, by their places in the block, and no others
 *
 * What their dirty bits say is forgotten: it has been read.
 */
void hm_pte_clean(const struct hm_run *run, const unsigned long *which);

/**
 * hm_pte_pending_end - all that were changed have been flushed
 *
 * For that some page of the VMA has to be unmapped since, if any were changed at all:
 * whoever unmaps meanwhile flushes everything, since the begin.
 */
void hm_pte_pending_end(struct mm_struct *mm);

/** hm_pte_flush_begin - PTEs of @vma are about to be changed where they are */
void hm_pte_flush_begin(struct vm_area_struct *vma);

/**
 * hm_pte_flush_end - flush what has been changed since the begin, without unmapping it
 *
 * Not for mappings that others than this processor's TLBs have to be told of.
 */
void hm_pte_flush_end(struct vm_area_struct *vma);

/**
 * struct hm_unmap - an unmapping that is under way
 * @vma: the VMA
 * @start: where the range begins
 * @cleared: whether PTEs of pinnable pages have gone, which are not flushed
 *
 * Owned by the call that has it on its stack.
 */
struct hm_unmap {
	struct vm_area_struct *vma;
	unsigned long start;
	bool cleared;
};

/** hm_unmap_begin - begin to remove all PTEs of a range that starts at @start */
static inline struct hm_unmap hm_unmap_begin(struct vm_area_struct *vma,
					     unsigned long start)
{
	return (struct hm_unmap) { .vma = vma, .start = start };
}

/**
 * hm_unmap_run - get a run of the range ready, the ones with PTEs from left to right
 * @unmap: of the range
 * @run: the run, all of its pages in a mapped state
 *
 * Moves the dirty bits to the marks and removes the PTEs between the first and
 * the last, which makes the unmap quicker.  They are not flushed: that the two
 * outer ones do when they are zapped, for a flush covers all between the first
 * and the last page that a zap has met.  Where it doesn't, see flush.h, no PTE is
 * removed here.  Those of pinnable pages all go, or, if they are few, none: what the zap
 * finds dirty hm_pte_harvest() tells.  Once some have gone, the end flushes everything.
 */
void hm_unmap_run(struct hm_unmap *unmap, const struct hm_run *run);

/**
 * hm_unmap_end - remove the PTEs of the range and flush them from the TLBs
 * @unmap: of the range
 * @end: address behind the range
 */
void hm_unmap_end(struct hm_unmap *unmap, unsigned long end);

/**
 * hm_pte_unmap - remove all PTEs of a range and flush them, dirty bits and all
 * @vma: the VMA
 * @start: first address
 * @end: address behind the last
 */
void hm_pte_unmap(struct vm_area_struct *vma, unsigned long start,
		  unsigned long end);

/**
 * hm_pte_fault - map a run in a fault handler, or where the page table may be missing
 * @run: the run
 * @state: the state that its pages have; if it isn't a mapped one, only the page table
 *	is made
 *
 * Context: mmap_lock or the VMA's own lock held for reading.
 * Return: as a fault handler.
 */
vm_fault_t hm_pte_fault(const struct hm_run *run, hm_state_t state);

#endif /* HOSTMEM_PTE_H */
