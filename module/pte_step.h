/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is done to the PTEs of a run under the lock of their page table.  Called by
 * pte.c only.
 *
 * There are two kinds of PTEs.  Special ones lead to memory that is nobody's but
 * ours.  Counted ones are those of pinnable pages: the page and the mm are told of
 * each.  The steps know at compile time for which kind they are.
 */
#ifndef HOSTMEM_PTE_STEP_H
#define HOSTMEM_PTE_STEP_H

#include "block.h"
#include "pte.h"

/**
 * struct hm_pte_walk - argument of a step
 * @run: the pages whose PTEs are wanted
 * @prot: protection to be set
 * @covered: a flush covers PTEs that go between the outer ones of the run
 * @which: pages of the block, where not all of the run are meant
 *
 * Owned by the call that has it on its stack.
 */
struct hm_pte_walk {
	const struct hm_run *run;
	pgprot_t prot;
	bool covered;
	const unsigned long *which;
};

/**
 * struct hm_pte_steps - the steps that differ
 * @set: set all PTEs of the run
 * @clear: see hm_unmap_run()
 */
struct hm_pte_steps {
	pte_fn_t set;
	pte_fn_t clear;
};

extern const struct hm_pte_steps hm_special_steps;
extern const struct hm_pte_steps hm_counted_steps;

/** hm_pte_steps - those for the pages of a block */
static inline const struct hm_pte_steps *hm_pte_steps(const struct hm_block *block)
{
	return block->pinnable ? &hm_counted_steps : &hm_special_steps;
}

/** hm_pte_mark_step - copy the dirty bits of the run to the marks */
int hm_pte_mark_step(pte_t *pte, unsigned long addr, void *data);

/** hm_pte_clean_step - clear the dirty bits of pages of the run */
int hm_pte_clean_step(pte_t *pte, unsigned long addr, void *data);

/** hm_pte_no_step - do nothing, for who wants the page table only */
int hm_pte_no_step(pte_t *pte, unsigned long addr, void *data);

#endif /* HOSTMEM_PTE_STEP_H */
