// SPDX-License-Identifier: GPL-2.0
/*
 * What pages of a region are, and how far pages of the same kind reach (rules
 * Q4-Q7).  See region.h and walk.h.
 *
 * A run may have any number of blocks.  Lest a query visits all of them, those in
 * which a run ends are marked in the region's index: to go through a run is to
 * look for the next mark.
 */
#include "walk.h"

/*
 * A run of committed pages that comes into this block from the one before, or begins
 * with its first page, does not go on in the next one.  The region's last block has
 * no need of the mark.
 */
#define RUN_ENDS	XA_MARK_1

static unsigned long last_index(const struct hm_region *region)
{
	return block_index(region, region->end - 1);
}

/* Do the pages before @next, which are in @state, go on in it, the next block? */
static bool goes_on(const struct hm_block *next, unsigned long addr,
		    hm_state_t state)
{
	return next && next->start == addr && next->state[0] == state;
}

static bool run_ends(struct hm_region *region, unsigned long index,
		     const struct hm_block *block)
{
	if (!block->uniform)
		return true;
	return !goes_on(block_of_entry(xa_load(&region->blocks, index + 1)),
			hm_block_end(block), block->state[0]);
}

/* Mark a block or not, as it is now. */
static void mark_run(struct hm_region *region, unsigned long index,
		     struct hm_block *block)
{
	bool ends = run_ends(region, index, block);

	/* Most changes are of pages in the midst of a block: the index takes longer. */
	if (ends == block->run_ends)
		return;
	block->run_ends = ends;
	if (ends)
		xa_set_mark(&region->blocks, index, RUN_ENDS);
	else
		xa_clear_mark(&region->blocks, index, RUN_ENDS);
}

void hm_region_mark_runs(struct hm_region *region, unsigned long start,
			 unsigned long end)
{
	unsigned long index = block_index(region, start);
	unsigned long last = min(block_index(region, end - 1),
				 last_index(region) - 1);
	struct hm_block *block;

	/*
	 * The one before, too, if its pages may go on in the range, or did.  The region's
	 * last block is compared with none.
	 */
	if (index && IS_ALIGNED(start, HM_BLOCK_SIZE))
		index--;
	if (index > last)
		return;
	for (block = first_block(region, &index, last); block;
	     block = next_block(region, &index, last))
		mark_run(region, index, block);
}

hm_state_t hm_region_state_at(struct hm_region *region, unsigned long addr)
{
	struct hm_block *block = block_of_page(region, addr);

	return block ? block->state[hm_block_page(block, addr)] : HM_RESERVED;
}

/* The first committed page from @addr on in a block; its end if there is none. */
static unsigned long first_committed(const struct hm_block *block,
				     unsigned long addr)
{
	unsigned int i;

	addr = max(addr, block->start);
	if (addr >= hm_block_end(block))
		return hm_block_end(block);
	i = hm_block_page(block, addr);
	if (block->state[i] != HM_RESERVED)
		return addr;
	return hm_block_addr(block, i + hm_block_run(block, i, block->nr));
}

/* The end of the reserved pages that begin with @addr. */
static unsigned long reserved_end(struct hm_region *region, unsigned long addr)
{
	unsigned long index = block_index(region, addr);
	struct hm_block *block;
	unsigned long end;

	if (!region->committed)
		return region->end;
	block = block_at(region, addr);
	if (block) {
		end = first_committed(block, addr);
		if (end < hm_block_end(block))
			return end;
	}
	/* Every block has a committed page. */
	block = next_block(region, &index, last_index(region));
	return block ? first_committed(block, block->start) : region->end;
}

/* The end of the pages from page @i of a block on that are committed alike. */
static unsigned long committed_end(struct hm_region *region,
				   struct hm_block *block, unsigned int i)
{
	unsigned long index = block_index(region, block->start);
	unsigned long last = last_index(region);
	hm_state_t state = block->state[i];
	unsigned long end;

	i += hm_block_run(block, i, block->nr);
	end = hm_block_addr(block, i);
	if (i < block->nr || index == last)
		return end;
	index++;
	if (block->run_ends &&
	    !goes_on(block_of_entry(xa_load(&region->blocks, index)), end, state))
		return end;

	/* Without a mark all blocks are alike, up to the last one. */
	block = xa_find(&region->blocks, &index, last, RUN_ENDS) ?:
		xa_load(&region->blocks, last);
	return hm_block_addr(block, hm_block_run(block, 0, block->nr));
}

/* The cache attribute is the region's, where it goes with the page's (P8). */
static u32 protect_of(const struct hm_region *region, hm_state_t state)
{
	u32 protect = hm_state_protect(state);

	if (hm_state_of_protect(protect | region->cache) != HM_RESERVED)
		protect |= region->cache;
	return protect;
}

u32 hm_region_protect_at(struct hm_region *region, unsigned long addr)
{
	return protect_of(region, hm_region_state_at(region, addr));
}

bool hm_region_query_empty(const struct hm_region *region, unsigned long addr,
			   struct hostmem_memory_info *info)
{
	if (READ_ONCE(region->committed))
		return false;
	*info = (struct hostmem_memory_info) {
		.base = addr,
		.allocation_base = region->start,
		.allocation_protect = region->protect,
		.region_size = region->end - addr,
		.state = HOSTMEM_RESERVE,
		.type = HOSTMEM_PRIVATE,
	};
	return true;
}

void hm_region_query(struct hm_region *region, unsigned long addr,
		     struct hostmem_memory_info *info)
{
	struct hm_block *block = region->committed ? block_of_page(region, addr) : NULL;
	unsigned int i = block ? hm_block_page(block, addr) : 0;
	bool committed = block && hm_state_committed(block->state[i]);
	unsigned long end = committed ? committed_end(region, block, i) :
					reserved_end(region, addr);

	*info = (struct hostmem_memory_info) {
		.base = addr,
		.allocation_base = region->start,
		.allocation_protect = region->protect,
		.region_size = end - addr,
		.state = committed ? HOSTMEM_COMMIT : HOSTMEM_RESERVE,
		.protect = committed ? protect_of(region, block->state[i]) : 0,
		.type = HOSTMEM_PRIVATE,
	};
}
