// SPDX-License-Identifier: GPL-2.0
/*
 * Making, zeroing and freeing of memory that is prepared ahead.  See prepared.h.
 */
#include <linux/kmemleak.h>
#include <linux/list_lru.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "block.h"
#include "prepared.h"

/* What isn't needed yet is worth neither reclaim nor compaction. */
#define PREPARED_GFP	((GFP_KERNEL_ACCOUNT & ~__GFP_DIRECT_RECLAIM) |		\
			 __GFP_NORETRY | __GFP_NOWARN)

/* So much is zeroed in one go. */
#define ZERO_BYTES	SZ_64K

static struct kmem_cache *cache;

/* vmalloc takes single pages from wherever they are when there is nothing better. */
static bool is_one_piece(const void *area)
{
	unsigned long first = vmalloc_to_pfn(area), i;

	if (!IS_ALIGNED(first, HM_BLOCK_PAGES))
		return false;
	for (i = 1; i < HM_BLOCK_PAGES; i++)
		if (vmalloc_to_pfn(area + i * PAGE_SIZE) != first + i)
			return false;
	return true;
}

struct hm_prepared *hm_prepared_make(struct mem_cgroup *memcg, struct list_lru *lru)
{
	struct mem_cgroup *before = set_active_memcg(memcg);
	struct hm_prepared *piece;

	piece = kmem_cache_alloc_lru(cache, lru, PREPARED_GFP | __GFP_ZERO);
	if (piece)
		piece->area = vmalloc_huge(HM_BLOCK_SIZE, PREPARED_GFP | __GFP_ZERO);
	set_active_memcg(before);
	if (!piece)
		return NULL;
	if (!piece->area || !is_one_piece(piece->area)) {
		hm_prepared_free(piece);
		return NULL;
	}
	/* What users keep there points to nothing of the kernel's. */
	kmemleak_no_scan(piece->area);
	INIT_LIST_HEAD(&piece->lru);
	INIT_LIST_HEAD(&piece->link);
	piece->memcg = memcg;
	piece->page = vmalloc_to_page(piece->area);
	return piece;
}

static bool is_usable(const struct hm_prepared *piece)
{
	struct page *page = piece->page;
	unsigned int i;

	for (i = 0; i < HM_BLOCK_PAGES; i++)
		if (page_count(page + i) != 1 || PageHWPoison(page + i))
			return false;
	return true;
}

bool hm_prepared_clean(struct hm_prepared *piece)
{
	unsigned long at;

	if (!is_usable(piece))
		return false;
	for (at = 0; at < HM_BLOCK_SIZE; at += ZERO_BYTES) {
		memset(piece->area + at, 0, ZERO_BYTES);
		cond_resched();
	}
	return true;
}

void hm_prepared_take_apart(struct hm_prepared *piece)
{
	unsigned int i;

	if (piece->apart)
		return;
	for (i = 0; i < HM_BLOCK_PAGES; i++)
		get_page(piece->page + i);
	piece->apart = true;
}

void hm_prepared_free(struct hm_prepared *piece)
{
	vfree(piece->area);
	kmem_cache_free(cache, piece);
}

int hm_prepared_init(void)
{
	cache = kmem_cache_create("hostmem_prepared", sizeof(struct hm_prepared), 0,
				  SLAB_ACCOUNT, NULL);
	return cache ? 0 : -ENOMEM;
}

void hm_prepared_exit(void)
{
	kmem_cache_destroy(cache);
}
