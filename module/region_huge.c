// SPDX-License-Identifier: GPL-2.0
/*
 * Blocks of a region that are mapped by one entry of a page middle directory, and how
 * they become such as are mapped page by page.  See region.h, walk.h and pmd.h.
 *
 * A block is huge from its first commit on, if that was of all of its pages and got them
 * in one piece, until something is done to a part of it.  It has a page in reserve that
 * can be its page table then: so what is done to the part needs no new memory.
 */
#include "compat.h"
#include "pmd.h"
#include "walk.h"

bool hm_region_wants_huge(const struct hm_region *region)
{
	return !region->watched && !region->large && !region->pinnable &&
	       hm_large_pages_work();
}

bool hm_region_map_huge(struct hm_region *region, struct hm_block *block)
{
	if (!hm_pmd_has_room(region->vma->vm_mm, block->start)) {
		hm_block_end_huge(block);
		return false;
	}
	region->tables++;
	region->nr_huge++;
	if (hm_state_mapped(block->state[0]))
		hm_pmd_set(region->vma, block, hm_pte_prot(block->state[0]));
	return true;
}

/*
 * Map a huge block page by page.  The page in reserve is freed for the page table, which
 * is likely to be that very page.  Should another thread get it first, and there be no
 * other, faults will want the table again, as if the kernel had taken it away.
 */
static void map_pages(struct hm_region *region, struct hm_block *block)
{
	struct hm_run run = run_of(region, block, 0, block->nr);

	hm_block_end_huge(block);
	region->nr_huge--;
	hm_pte_fault(&run, block->state[0]);
}

void hm_region_split_unmapped(struct hm_region *region, struct hm_block *block)
{
	if (block->huge)
		map_pages(region, block);
}

void hm_region_split_block(struct hm_region *region, struct hm_block *block)
{
	if (!block->huge)
		return;
	if (hm_state_mapped(block->state[0]))
		hm_pte_unmap(region->vma, block->start, hm_block_end(block));
	map_pages(region, block);
}

static void split_at(struct hm_region *region, unsigned long addr)
{
	struct hm_block *block;

	if (IS_ALIGNED(addr, HM_BLOCK_SIZE) || addr >= region->end)
		return;
	block = block_at(region, addr);
	if (block)
		hm_region_split_block(region, block);
}

void hm_region_split_ends(struct hm_region *region, unsigned long start,
			  unsigned long end)
{
	if (!region->nr_huge)
		return;
	split_at(region, start);
	split_at(region, end);
}

void hm_region_set_run(struct hm_region *region, const struct hm_run *run,
		       hm_state_t state)
{
	if (!run->block->huge)
		hm_pte_set(run, state);
	else if (!hm_pmd_set(region->vma, run->block, hm_pte_prot(state)))
		map_pages(region, run->block);
}
