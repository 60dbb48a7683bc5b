// SPDX-License-Identifier: GPL-2.0
/*
 * A region becomes a part of a core dump: its pages get struct pages that the kernel
 * finds.  There is no way back.  See region.h.
 */
#include "backing.h"
#include "compat.h"
#include "region_dump.h"
#include "walk.h"

/* So many pages at a time share the lock of their page table. */
#define PAGES_AT_ONCE	32

/* Map all of a block, whatever the protections. */
static int map_block(struct hm_region *region, struct hm_block *block)
{
	struct page *pages[PAGES_AT_ONCE];
	unsigned long nr, left;
	unsigned int i;
	int err;

	for (i = 0; i < block->nr; i += max(nr, 1ul)) {
		for (nr = 0; nr < PAGES_AT_ONCE && i + nr < block->nr; nr++) {
			pages[nr] = hm_block_memory(block, i + nr);
			if (!pages[nr])
				break;
		}
		if (!nr)
			continue;
		left = nr;
		err = vm_insert_pages(region->vma, hm_block_addr(block, i), pages, &left);
		if (err)
			return err;
	}
	return 0;
}

static int expose_special(struct hm_region *region)
{
	struct vm_area_struct *vma = region->vma;
	struct hm_block *block;
	unsigned long index;
	int err = 0;

	region->nr_huge = 0;

	/* Who is dead asks for no written pages: the dirty bits go. */
	hm_pte_unmap(vma, region->start, region->end);
	hm_vm_flags_clear(vma, VM_PFNMAP);
	hm_vm_flags_set(vma, VM_MIXEDMAP);
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);

	for_each_block(region, index, block, region->start, region->end) {
		hm_block_end_huge(block);
		hm_backing_split(block);
		/* A page table may be missing, where large pages have been at least. */
		if (!err)
			err = map_block(region, block);
	}
	return err;
}

/* Pinnable pages are what the kernel finds anyway, if they have a PTE. */
static void expose_pinnable(struct hm_region *region)
{
	struct hm_block *block;
	unsigned long index;

	for_each_block(region, index, block, region->start, region->end) {
		struct hm_run run = run_of(region, block, 0, block->nr);

		hm_pte_set(&run, HM_READONLY);
	}
	region->hidden = 0;
}

int hm_region_dump(struct hm_region *region)
{
	region->dumped = true;
	region->nr_reset = 0;	/* what is there now is what gets dumped */

	if (!region->pinnable)
		return expose_special(region);
	/* A large page that isn't mapped is asked for page by page. */
	if (region->large)
		return -ENOMEM;
	expose_pinnable(region);
	return 0;
}

void hm_region_dump_runs(struct hm_region *region, hm_dump_run_fn *fn, void *data)
{
	unsigned long from = 0, to = 0;
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	for_each_block(region, index, block, region->start, region->end) {
		slice = (struct hm_slice) { .end = block->nr };
		hm_for_each_run(block, slice, i, n) {
			unsigned long addr = hm_block_addr(block, i);

			if (!hm_state_committed(block->state[i]))
				continue;
			if (addr - to > HM_DUMP_DENSITY * PAGE_SIZE) {
				if (to)
					fn(data, from, to);
				from = addr;
			}
			to = addr + n * PAGE_SIZE;
		}
	}
	if (to)
		fn(data, from, to);
}

struct page *hm_region_dump_page(struct hm_region *region, unsigned long addr)
{
	struct hm_block *block = block_of_page(region, addr);
	struct page *page;

	page = block ? hm_block_memory(block, hm_block_page(block, addr)) : NULL;
	if (page)
		get_page(page);
	return page;
}
