// SPDX-License-Identifier: GPL-2.0
/*
 * Regions and the walks over their pages.  See region.h.
 */
#include <linux/slab.h>

#include "backing.h"
#include "block.h"
#include "pte.h"
#include "region.h"
#include "supply.h"

struct hm_region *hm_region_create(unsigned long start, unsigned long end,
				   u32 protect)
{
	struct hm_region *region;

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return NULL;
	region->start = start;
	region->end = end;
	region->protect = protect;
	xa_init_flags(&region->blocks, XA_FLAGS_ACCOUNT);
	return region;
}

void hm_region_destroy(struct hm_region *region, struct hm_discard *discard)
{
	struct hm_block *block;
	unsigned long index;

	xa_for_each(&region->blocks, index, block)
		list_add_tail(&block->link, &discard->blocks);
	xa_destroy(&region->blocks);
	kfree(region);
}

/* Blocks are counted from the region's first, so small regions need no node. */
static unsigned long block_index(const struct hm_region *region,
				 unsigned long addr)
{
	return hm_block_index(addr) - hm_block_index(region->start);
}

static struct hm_block *block_at(struct hm_region *region, unsigned long addr)
{
	return xa_load(&region->blocks, block_index(region, addr));
}

/* The end of the block that has, or would have, an address. */
static unsigned long block_limit(const struct hm_region *region,
				 unsigned long addr)
{
	unsigned long limit = ALIGN_DOWN(addr, HM_BLOCK_SIZE) + HM_BLOCK_SIZE;

	return min(limit, region->end);
}

static unsigned long block_base(const struct hm_region *region,
				unsigned long addr)
{
	return max(ALIGN_DOWN(addr, HM_BLOCK_SIZE), region->start);
}

/* Visit a range block by block, be there a block or not: [addr, next). */
#define for_each_block_range(region, addr, next, start, end)		\
	for ((addr) = (start);						\
	     (addr) < (end) &&						\
	     ((next) = min((end), block_limit(region, addr)), true);	\
	     (addr) = (next))

/* Visit the blocks that a range touches. */
#define for_each_block(region, index, block, start, end)		\
	xa_for_each_range(&(region)->blocks, index, block,		\
			  block_index(region, start),			\
			  block_index(region, (end) - 1))

static unsigned int slice_committed(struct hm_block *block,
				    struct hm_slice slice)
{
	unsigned int i, n, committed = 0;

	if (slice.end - slice.first == block->nr)
		return block->committed;
	hm_for_each_run(block, slice, i, n)
		if (hm_state_committed(block->state[i]))
			committed += n;
	return committed;
}

static unsigned int slice_reserved(struct hm_block *block,
				   struct hm_slice slice)
{
	return slice.end - slice.first - slice_committed(block, slice);
}

static void block_drop(struct hm_region *region, struct hm_block *block,
		       struct hm_discard *discard)
{
	xa_erase(&region->blocks, block_index(region, block->start));
	list_add_tail(&block->link, &discard->blocks);
}

unsigned long hm_region_reserved_pages(struct hm_region *region,
				       unsigned long start, unsigned long end)
{
	unsigned long pages = (end - start) >> PAGE_SHIFT;
	struct hm_block *block;
	unsigned long index;

	for_each_block(region, index, block, start, end)
		pages -= slice_committed(block,
					 hm_block_slice(block, start, end));
	return pages;
}

/* Note in @need, a block of the supply, that a run of pages is needed. */
static void mark_needed(struct hm_block *need, unsigned long addr,
			unsigned int nr, hm_state_t want)
{
	memset(need->state + hm_block_page(need, addr),
	       hm_state_commit(HM_RESERVED, want), nr);
	need->committed += nr;
}

/* A block that may take its place in the region as it is. */
static struct hm_block *survey_absent(struct hm_region *region,
				      unsigned long start, unsigned long end,
				      hm_state_t want)
{
	struct hm_block *need;

	need = hm_block_create(block_base(region, start),
			       block_limit(region, start));
	if (need)
		mark_needed(need, start, (end - start) >> PAGE_SHIFT, want);
	return need;
}

/* A block just large enough to complete the one that is there. */
static struct hm_block *survey_present(struct hm_block *block,
				       unsigned long start, unsigned long end,
				       hm_state_t want)
{
	struct hm_slice slice = hm_block_slice(block, start, end);
	struct hm_block *need = hm_block_create(start, end);
	unsigned int i, n;

	if (!need)
		return NULL;
	hm_for_each_run(block, slice, i, n)
		if (!hm_state_committed(block->state[i]))
			mark_needed(need, hm_block_addr(block, i), n, want);
	return need;
}

int hm_region_survey(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_supply *supply)
{
	struct hm_block *block, *need;
	unsigned long addr, next;

	for_each_block_range(region, addr, next, start, end) {
		block = block_at(region, addr);
		if (!block)
			need = survey_absent(region, addr, next, want);
		else if (!slice_reserved(block, hm_block_slice(block, addr, next)))
			continue;
		else
			need = survey_present(block, addr, next, want);
		if (!need)
			return -ENOMEM;
		hm_supply_add(supply, need);
	}
	return 0;
}

/*
 * Does the supply have what a range lacks?  Where there is no block, one that
 * was made to complete a block won't do.
 */
static bool supply_covers(struct hm_region *region, unsigned long start,
			  unsigned long end, struct hm_supply *supply)
{
	struct hm_block *block, *spare = NULL;
	unsigned long addr, next;
	struct hm_slice slice;
	unsigned int i, n;

	for_each_block_range(region, addr, next, start, end) {
		block = block_at(region, addr);
		if (!block) {
			spare = hm_supply_find(supply, spare, addr,
					       (next - addr) >> PAGE_SHIFT);
			if (!spare || spare->start != block_base(region, addr) ||
			    hm_block_end(spare) != block_limit(region, addr))
				return false;
			continue;
		}
		slice = hm_block_slice(block, addr, next);
		hm_for_each_run(block, slice, i, n) {
			if (hm_state_committed(block->state[i]))
				continue;
			spare = hm_supply_find(supply, spare,
					       hm_block_addr(block, i), n);
			if (!spare)
				return false;
		}
	}
	return true;
}

/* Put @spare, which holds one run of fresh pages, where there is no block. */
static int block_insert(struct hm_region *region, struct hm_block *spare,
			unsigned long addr, unsigned long end,
			struct hm_discard *discard)
{
	unsigned long index = block_index(region, addr);
	struct hm_slice slice = hm_block_slice(spare, addr, end);
	int err;

	err = xa_err(xa_store(&region->blocks, index, spare,
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN));
	if (!err) {
		err = hm_pte_map(region->vma, addr, spare->pages + slice.first,
				 slice.end - slice.first,
				 spare->state[slice.first]);
		if (err)
			xa_erase(&region->blocks, index);
	}
	if (err)
		list_add_tail(&spare->link, &discard->blocks);
	return err;
}

/* Move the memory of what is reserved in a slice from @spare into @block. */
static void block_complete(struct hm_region *region, struct hm_block *block,
			   struct hm_slice slice, hm_state_t want,
			   struct hm_block *spare, struct hm_discard *discard)
{
	hm_state_t fresh = hm_state_commit(HM_RESERVED, want);
	unsigned int i, n;

	hm_for_each_run(block, slice, i, n) {
		if (hm_state_committed(block->state[i]))
			continue;
		hm_backing_move(block, spare, i, n);
		spare->committed -= n;
		memset(block->state + i, fresh, n);
		block->committed += n;
		hm_pte_change(region->vma, hm_block_addr(block, i),
			      block->pages + i, n, HM_NOACCESS, fresh);
	}
	list_add_tail(&spare->link, &discard->blocks);
}

/* Commit what is reserved in one block's part of a range; it is fresh then. */
static int commit_block(struct hm_region *region, unsigned long addr,
			unsigned long end, hm_state_t want,
			struct hm_supply *supply, struct hm_discard *discard)
{
	struct hm_block *spare = hm_supply_take(supply, addr, discard);
	struct hm_block *block = block_at(region, addr);

	if (!spare)		/* all of it is committed already */
		return 0;
	if (!block)
		return block_insert(region, spare, addr, end, discard);
	block_complete(region, block, hm_block_slice(block, addr, end), want,
		       spare, discard);
	return 0;
}

/* Take back what commit_block() has done in a range. */
static void rollback(struct hm_region *region, unsigned long start,
		     unsigned long end, struct hm_discard *discard)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n) {
			if (!(block->state[i] & HM_FRESH))
				continue;
			hm_pte_unmap(region->vma, hm_block_addr(block, i),
				     hm_block_addr(block, i + n));
			hm_backing_take(block, i, n, discard);
			memset(block->state + i,
			       hm_state_rollback(block->state[i]), n);
			block->committed -= n;
		}
		hm_block_changed(block);
		if (!block->committed)
			block_drop(region, block, discard);
	}
}

/* Give all pages of a range their protection: the part that can't fail. */
static unsigned long settle(struct hm_region *region, unsigned long start,
			    unsigned long end, hm_state_t want)
{
	unsigned long fresh = 0;
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n) {
			hm_state_t old = block->state[i];

			if (old == want)
				continue;
			memset(block->state + i, hm_state_settle(old, want), n);
			if (old & HM_FRESH)
				fresh += n;
			else
				hm_pte_change(region->vma,
					      hm_block_addr(block, i),
					      block->pages + i, n, old, want);
		}
		hm_block_changed(block);
	}
	return fresh;
}

int hm_region_commit(struct hm_region *region, unsigned long start,
		     unsigned long end, hm_state_t want,
		     struct hm_supply *supply, struct hm_discard *discard)
{
	unsigned long addr, next;
	int err;

	if (!supply_covers(region, start, end, supply))
		return -EAGAIN;
	for_each_block_range(region, addr, next, start, end) {
		err = commit_block(region, addr, next, want, supply, discard);
		if (err) {
			rollback(region, start, next, discard);
			return err;
		}
	}
	region->committed += settle(region, start, end, want);
	return 0;
}

/* Nothing may be taken from behind a PTE: first, all of them go. */
static void unmap_range(struct hm_region *region, unsigned long start,
			unsigned long end)
{
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	if (!region->committed)
		return;
	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		hm_for_each_run(block, slice, i, n)
			if (hm_state_allows(block->state[i], HM_READ))
				hm_pte_thin_out(region->vma,
						hm_block_addr(block, i), n);
	}
	hm_pte_unmap(region->vma, start, end);
}

unsigned long hm_region_decommit(struct hm_region *region, unsigned long start,
				 unsigned long end, struct hm_discard *discard)
{
	unsigned long pages = 0;
	struct hm_block *block;
	struct hm_slice slice;
	unsigned long index;
	unsigned int i, n;

	unmap_range(region, start, end);
	for_each_block(region, index, block, start, end) {
		slice = hm_block_slice(block, start, end);
		n = slice_committed(block, slice);
		pages += n;
		if (n == block->committed) {
			block_drop(region, block, discard);
			continue;
		}
		hm_for_each_run(block, slice, i, n) {
			if (!hm_state_committed(block->state[i]))
				continue;
			hm_backing_take(block, i, n, discard);
			memset(block->state + i, HM_RESERVED, n);
			block->committed -= n;
		}
		hm_block_changed(block);
	}
	region->committed -= pages;
	return pages;
}

static hm_state_t state_at(struct hm_region *region, unsigned long addr)
{
	struct hm_block *block = block_at(region, addr);

	return block ? block->state[hm_block_page(block, addr)] : HM_RESERVED;
}

/* The end of the pages that have the same state as the one at @addr. */
static unsigned long run_end(struct hm_region *region, unsigned long addr)
{
	hm_state_t state = state_at(region, addr);

	while (addr < region->end) {
		struct hm_block *block = block_at(region, addr);
		unsigned int i, n;

		if (!block) {
			unsigned long index = block_index(region, addr);

			if (state != HM_RESERVED)
				break;
			block = xa_find_after(&region->blocks, &index,
					      ULONG_MAX, XA_PRESENT);
			addr = block ? block->start : region->end;
			continue;
		}
		i = hm_block_page(block, addr);
		if (block->state[i] != state)
			break;
		n = block->uniform ? block->nr - i :
				     hm_state_run(block->state, i, block->nr);
		addr = hm_block_addr(block, i + n);
		if (i + n < block->nr)
			break;
	}
	return addr;
}

void hm_region_query(struct hm_region *region, unsigned long addr,
		     struct hostmem_memory_info *info)
{
	hm_state_t state = state_at(region, addr);
	bool committed = hm_state_committed(state);

	*info = (struct hostmem_memory_info) {
		.base = addr,
		.allocation_base = region->start,
		.allocation_protect = region->protect,
		.region_size = run_end(region, addr) - addr,
		.state = committed ? HOSTMEM_COMMIT : HOSTMEM_RESERVE,
		.protect = hm_state_protect(state),
		.type = HOSTMEM_PRIVATE,
	};
}

bool hm_region_may(struct hm_region *region, unsigned long addr,
		   enum hm_access access)
{
	return hm_state_allows(state_at(region, addr), access);
}

vm_fault_t hm_region_map_page(struct hm_region *region, unsigned long addr)
{
	struct hm_block *block = block_at(region, addr);
	unsigned int i = hm_block_page(block, addr);

	return hm_pte_fault(region->vma, addr, block->pages[i],
			    block->state[i]);
}
