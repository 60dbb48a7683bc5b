// SPDX-License-Identifier: GPL-2.0
/*
 * Making and freeing blocks.  See block.h.
 */
#include <linux/slab.h>

#include "block.h"
#include "gfp.h"

static bool has_room_for_pages(unsigned int nr)
{
	return nr < HM_BLOCK_PAGES;
}

static size_t size_of_block(unsigned int nr)
{
	return hm_pages_offset(nr) + (has_room_for_pages(nr) ? nr * sizeof(struct page *) : 0);
}

static void init_block(struct hm_block *block, unsigned long start, unsigned int nr)
{
	if (has_room_for_pages(nr))
		block->pages = (void *)block + hm_pages_offset(nr);
	INIT_LIST_HEAD(&block->link);
	block->start = start;
	block->nr = nr;
	block->uniform = true;
}

struct hm_block *hm_block_create(unsigned long start, unsigned long end)
{
	unsigned int nr = (end - start) >> PAGE_SHIFT;
	struct hm_block *block = kzalloc(size_of_block(nr), HM_GFP);

	if (block)
		init_block(block, start, nr);
	return block;
}

struct hm_block *hm_block_create_small(struct hm_small_block *small,
				       unsigned long start, unsigned long end)
{
	struct hm_block *block = (struct hm_block *)small->room;

	init_block(block, start, (end - start) >> PAGE_SHIFT);
	block->borrowed = true;
	return block;
}

unsigned int hm_block_resident(const struct hm_block *block)
{
	unsigned int i, resident = 0;

	/* Only resets leave committed pages without memory. */
	if (!block->marks)
		return block->committed;
	for (i = 0; i < block->nr; i++)
		resident += !!hm_block_memory(block, i);
	return resident;
}

unsigned int hm_block_stretch(const struct hm_block *block, unsigned int from,
			      unsigned int end)
{
	struct page *first = hm_block_memory(block, from);
	unsigned int nr = 1;

	if (!first)
		return 0;
	if (from + 1 == end)
		return 1;
	if (block->whole)
		return find_next_bit(hm_block_gone(block), end, from) - from;
	/* A piece is one, and the next may happen to lie behind it. */
	nr = find_next_zero_bit(hm_block_joined(block), end, from + 1) - from;
	while (from + nr < end && block->pages[from + nr] == first + nr)
		nr++;
	return nr;
}

int hm_block_need_pages(struct hm_block *block, gfp_t gfp)
{
	struct page **pages;
	unsigned int i;

	if (block->pages)
		return 0;
	pages = kcalloc(block->nr, sizeof(*pages), gfp);
	if (!pages)
		return -ENOMEM;
	for (i = 0; block->whole && i < block->nr; i++)
		pages[i] = hm_block_memory(block, i);
	block->whole = NULL;
	block->pages = pages;
	return 0;
}

void hm_block_take_over(struct hm_block *block, struct hm_block *old)
{
	unsigned int first = hm_block_page(block, old->start);
	struct hm_marks *marks = old->marks;
	unsigned int i;

	for (i = 0; i < old->nr; i++)
		if (hm_state_committed(old->state[i]))
			block->state[first + i] = old->state[i];
	block->committed += old->committed;
	block->uniform = false;
	memset(old->state, HM_RESERVED, old->nr);
	old->committed = 0;
	/* It gets the other's place in the index, with the mark. */
	block->run_ends = old->run_ends;

	if (!marks)
		return;
	bitmap_shift_left(marks->written, marks->written, first, HM_BLOCK_PAGES);
	bitmap_shift_left(marks->reset, marks->reset, first, HM_BLOCK_PAGES);
	bitmap_shift_left(marks->lost, marks->lost, first, HM_BLOCK_PAGES);
	block->marks = marks;
	old->marks = NULL;
}

int hm_block_need_marks(struct hm_block *block)
{
	if (!block->marks)
		block->marks = kzalloc(sizeof(*block->marks), HM_GFP);
	return block->marks ? 0 : -ENOMEM;
}

void hm_block_prepare_huge(struct hm_block *block)
{
	if (block->huge && block->whole)
		block->table = alloc_page(HM_GFP);
	block->huge = block->table;
}

void hm_block_end_huge(struct hm_block *block)
{
	block->huge = false;
	if (block->table)
		__free_page(block->table);
	block->table = NULL;
}

void hm_block_destroy(struct hm_block *block)
{
	if (!block)
		return;
	hm_block_end_huge(block);
	kfree(block->marks);
	if (!has_room_for_pages(block->nr))
		kfree(block->pages);
	if (!block->borrowed)
		kfree(block);
}
