// SPDX-License-Identifier: GPL-2.0
/*
 * Touches of a region's pages that their PTEs forbid, and debuggers, who don't ask
 * PTEs.  See region.h.
 */
#include "backing.h"
#include "compat.h"
#include "pmd.h"
#include "region_fault.h"
#include "walk.h"

/* Memory for a page whose contents have gone: it was charged all the time. */
static int revive_page(struct hm_region *region, struct hm_block *block,
		       unsigned int page)
{
	int err = 0;

	if (!hm_block_memory(block, page)) {
		err = hm_backing_revive(block, page);
		if (!err)
			region->resident++;
	}
	return err;
}

bool hm_region_guards(struct hm_region *region, unsigned long addr)
{
	return hm_region_state_at(region, addr) & HM_GUARD;
}

/* The first access to a guard page. */
static vm_fault_t fire_guard(struct hm_region *region, const struct hm_run *run,
			     enum hm_toucher who)
{
	hm_state_t *state = run->block->state + run->first;
	unsigned long addr = hm_block_addr(run->block, run->first);

	if (who == HM_DEBUGGER)
		return VM_FAULT_SIGSEGV;
	if (who == HM_SOMEBODY)
		return VM_FAULT_NOPAGE;
	hm_region_split_unmapped(region, run->block);
	*state = hm_state_clear_guard(*state);
	region->hidden--;
	hm_block_changed(run->block);
	mark_runs(region, addr, addr + PAGE_SIZE);
	/* A thread will be back for the page, a system call must not. */
	if (who == HM_THREAD && hm_block_memory(run->block, run->first))
		hm_pte_fault(run, *state);
	return VM_FAULT_SIGBUS;
}

/* Of a large page that it counts, the kernel counts the small parts, too. */
static vm_fault_t hand_out_part(struct hm_region *region,
				const struct hm_run *run, struct page **page)
{
	*page = hm_block_memory(run->block, run->first);
	get_page(*page);
	WRITE_ONCE(region->vma->vm_page_prot, hm_pte_prot(run->block->state[run->first]));
	return 0;
}

vm_fault_t hm_region_fault(struct hm_region *region, unsigned long addr,
			   enum hm_access access, enum hm_toucher who,
			   struct page **page)
{
	struct hm_block *block = block_of_page(region, addr);
	unsigned int i = block ? hm_block_page(block, addr) : 0;
	struct hm_run run = run_of(region, block, i, 1);

	if (block && block->state[i] & HM_GUARD)
		return fire_guard(region, &run, who);
	/* The PTE that somebody has met is just being changed: he'll look again. */
	if (who == HM_SOMEBODY && !(block && hm_state_mapped(block->state[i])))
		return VM_FAULT_NOPAGE;
	if (!block || !hm_state_allows(block->state[i], access))
		return VM_FAULT_SIGSEGV;
	/*
	 * The kernel asked for small pages when it had no use for large ones, and
	 * has just let another thread have the large one: no PTE goes below that.
	 */
	if ((region->large || block->huge) &&
	    hm_pmd_is_leaf(region->vma->vm_mm, addr))
		return VM_FAULT_NOPAGE;
	if (block->huge) {
		hm_region_split_unmapped(region, block);
		return VM_FAULT_NOPAGE;
	}
	if (region->large && region->pinnable)
		return hand_out_part(region, &run, page);
	if (revive_page(region, block, i))
		return VM_FAULT_OOM;
	return hm_pte_fault(&run, block->state[i]);
}

/* The kernel has taken away what maps a block, or is about to let it be written. */
static vm_fault_t map_huge(struct hm_region *region, struct hm_block *block,
			   struct vm_fault *vmf, enum hm_access access)
{
	pmd_t pmd = READ_ONCE(*vmf->pmd);

	/* An armed guard is for who asks for a small page. */
	if (block->state[0] & HM_GUARD)
		return VM_FAULT_FALLBACK;
	if (!hm_state_allows(block->state[0], access))
		return VM_FAULT_SIGSEGV;
	if (pmd_none(pmd) || pmd_leaf(pmd))
		return hm_insert_pmd(vmf, block->whole, hm_pte_prot(block->state[0]),
				     access == HM_WRITE);
	hm_region_split_unmapped(region, block);
	return VM_FAULT_NOPAGE;
}

vm_fault_t hm_region_huge_fault(struct hm_region *region, struct vm_fault *vmf,
				enum hm_access access)
{
	struct hm_block *block = block_at(region, vmf->address);
	pmd_t pmd = READ_ONCE(*vmf->pmd);

	if (!region->large)
		return block && block->huge ? map_huge(region, block, vmf, access) :
					      VM_FAULT_FALLBACK;
	if (!block || !hm_state_allows(block->state[0], access))
		return VM_FAULT_SIGSEGV;
	/* Another thread may have got small ones, which the kernel had to fall back to. */
	if (!pmd_none(pmd) && !pmd_leaf(pmd))
		return VM_FAULT_NOPAGE;
	if (region->pinnable)
		return hm_insert_folio_pmd(vmf, block->whole,
					   hm_pte_prot(block->state[0]),
					   access == HM_WRITE);
	return hm_insert_pmd(vmf, block->whole, hm_pte_prot(block->state[0]),
			     access == HM_WRITE);
}

int hm_region_access(struct hm_region *region, unsigned long addr, void *buf,
		     int len, bool write, bool force)
{
	enum hm_access access = write ? HM_WRITE : HM_READ;
	int done = 0;

	while (done < len && addr < region->end) {
		struct hm_block *block = block_of_page(region, addr);
		unsigned int i = block ? hm_block_page(block, addr) : 0;
		int bytes = min_t(int, len - done,
				  PAGE_SIZE - offset_in_page(addr));
		void *mem;

		if (!block || !hm_state_committed(block->state[i]))
			break;
		if (!force && !hm_state_allows(block->state[i], access))
			break;
		if (revive_page(region, block, i))
			break;
		mem = page_address(hm_block_memory(block, i)) + offset_in_page(addr);
		if (write) {
			memcpy(mem, buf + done, bytes);
			/* It may be a breakpoint. */
			if (HM_CODE_LAGS && hm_state_allows(block->state[i], HM_EXEC))
				hm_sync_code(hm_block_memory(block, i), 1,
					     hm_pte_prot(block->state[i]));
			if (block->marks)
				hm_marks_written(block->marks, i);
		} else {
			memcpy(buf + done, mem, bytes);
		}
		done += bytes;
		addr += bytes;
	}
	return done;
}
