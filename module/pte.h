/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page tables: the only file that maps committed pages and unmaps them.
 *
 * Whenever space->lock is free, a page has a PTE exactly if it is committed
 * with a protection other than HM_NOACCESS, and the PTE grants exactly that
 * protection.  The VMA allows everything that any page may ever be given.
 *
 * Called by region.c with mmap_lock and space->lock held.
 */
#ifndef HOSTMEM_PTE_H
#define HOSTMEM_PTE_H

#include <linux/mm.h>

#include "page_state.h"

/**
 * hm_pte_map - make the page table of a block and map its first pages
 * @vma: their VMA
 * @addr: address of the first page
 * @pages: their memory
 * @nr: how many, at least one and within the block
 * @state: the state that they have
 *
 * Context: mmap_lock held for writing, and the VMA's own lock.
 * Return: 0 or -ENOMEM for want of a page table; then none is mapped.
 */
int hm_pte_map(struct vm_area_struct *vma, unsigned long addr,
	       struct page **pages, unsigned int nr, hm_state_t state);

/**
 * hm_pte_change - give pages another protection
 * @vma: their VMA
 * @addr: address of the first page
 * @pages: their memory
 * @nr: how many, at least one and within one block
 * @from: the state that they have had; HM_NOACCESS if they are new
 * @to: the state that they have now
 *
 * Context: mmap_lock held.  Cannot fail: the block has had its page table since
 * its first commit.
 */
void hm_pte_change(struct vm_area_struct *vma, unsigned long addr,
		   struct page **pages, unsigned int nr, hm_state_t from,
		   hm_state_t to);

/**
 * hm_pte_thin_out - prepare a run for hm_pte_unmap(), which is quicker then
 * @vma: the VMA
 * @addr: address of the first page
 * @nr: pages, within one block, all of them mapped
 *
 * Removes the PTEs between the first and the last.  They are not flushed: that
 * the two outer ones do when they are unmapped, for a flush covers all between
 * the first and the last page that an unmap has met.
 */
void hm_pte_thin_out(struct vm_area_struct *vma, unsigned long addr,
		     unsigned int nr);

/**
 * hm_pte_unmap - remove all PTEs of a range and flush them from the TLBs
 * @vma: the VMA
 * @start: first address
 * @end: address behind the last
 *
 * Context: mmap_lock held for reading or writing.
 */
void hm_pte_unmap(struct vm_area_struct *vma, unsigned long start,
		  unsigned long end);

/**
 * hm_pte_fault - map the one page that has faulted
 * @vma: its VMA
 * @addr: its address
 * @page: its memory
 * @state: the state that it has, which allows the access
 *
 * Return: as a fault handler.
 */
vm_fault_t hm_pte_fault(struct vm_area_struct *vma, unsigned long addr,
			struct page *page, hm_state_t state);

#endif /* HOSTMEM_PTE_H */
