/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page middle directories: an entry of one maps all of a block that has its memory in
 * one piece, and needs no page table.
 *
 * Called by pte.c and by the files of a region, with their region's lock held and, unless
 * something else is said, mmap_lock, for reading at least.
 */
#ifndef HOSTMEM_PMD_H
#define HOSTMEM_PMD_H

#include <linux/mm.h>

struct hm_block;

/**
 * hm_pmd_at - the entry for an address, or NULL without the directory that it is in
 *
 * Directories and page tables below our mappings stay as long as these: what the kernel
 * takes back from mappings that are there, it takes from others only.
 */
pmd_t *hm_pmd_at(struct mm_struct *mm, unsigned long addr);

/**
 * hm_tables_missing - how many page tables and directories an address lacks
 *
 * Those of lower levels go with a higher one.
 */
unsigned int hm_tables_missing(struct mm_struct *mm, unsigned long addr);

/** hm_pmd_has_room - is there the directory for an address, and nothing in its entry? */
bool hm_pmd_has_room(struct mm_struct *mm, unsigned long addr);

/** hm_pmd_is_leaf - is an address mapped as part of a large page, or a block? */
bool hm_pmd_is_leaf(struct mm_struct *mm, unsigned long addr);

/**
 * hm_pmd_set - map a block
 * @vma: its VMA
 * @block: the block, whose memory is a whole; it isn't mapped
 * @prot: what is allowed
 *
 * Return: whether it is mapped now: not if the entry has become a page table's.
 */
bool hm_pmd_set(struct vm_area_struct *vma, const struct hm_block *block,
		pgprot_t prot);

#endif /* HOSTMEM_PMD_H */
