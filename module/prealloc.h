/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A preallocation: the memory for one commit, got before any lock is taken.
 *
 * A commit surveys its range under region->lock, fills the preallocation without it,
 * and then, under mmap_lock and region->lock, moves the memory into the region.
 * Owned by the call that has it on its stack; no other thread sees it.
 *
 * Called by space.c; region.c puts blocks in and takes them out.
 */
#ifndef HOSTMEM_PREALLOC_H
#define HOSTMEM_PREALLOC_H

#include <linux/list.h>

#include "block.h"
#include "memcg_claim.h"

struct hm_batch;
struct hm_pool;

/**
 * struct hm_prealloc - memory for one commit
 * @blocks: by ascending address.  The pages to be supplied have the state
 *	want | HM_FRESH, the others are reserved.
 * @pages: pages to be supplied in all blocks
 * @small: room for the first block, if it is a small one that no region will have
 * @pool: of memory that is ready; NULL if the space has none
 * @claim: on the memory cgroup; commit.c begins and ends it
 */
struct hm_prealloc {
	struct list_head blocks;
	unsigned long pages;
	struct hm_small_block small;
	struct hm_pool *pool;
	struct hm_memcg_claim claim;
};

#define HM_PREALLOC_INIT(name) { .blocks = LIST_HEAD_INIT((name).blocks) }

/**
 * hm_prealloc_add - add a block at the end
 * @prealloc: the preallocation
 * @block: pages to be supplied are fresh; changes hands
 */
void hm_prealloc_add(struct hm_prealloc *prealloc, struct hm_block *block);

/**
 * hm_prealloc_create - a block that only brings memory to one that is there
 * @prealloc: the preallocation
 * @start: address of its window's first page
 * @end: address behind the window's last page, in the same 2 MiB
 *
 * It may lie in the preallocation itself, and is to be added to it next.
 * Return: the block or NULL.
 */
struct hm_block *hm_prealloc_create(struct hm_prealloc *prealloc, unsigned long start,
				    unsigned long end);

/**
 * hm_prealloc_fill - allocate and zero the memory of all pages
 * @prealloc: the preallocation
 * @large: each block has to be one piece
 *
 * Context: sleeps; no lock held.
 * Return: 0, -ENOMEM, or -EINTR after a fatal signal.
 */
int hm_prealloc_fill(struct hm_prealloc *prealloc, bool large);

/**
 * hm_prealloc_find - the block that supplies a run of pages
 * @prealloc: the preallocation, filled
 * @cursor: what the last call returned; NULL at first.  Runs must be asked for
 *	in ascending order.
 * @addr: address of the run's first page
 * @nr: pages, within one block
 *
 * Return: the block, or NULL if it lacks one of the pages.
 */
struct hm_block *hm_prealloc_find(struct hm_prealloc *prealloc,
				  struct hm_block *cursor, unsigned long addr,
				unsigned int nr);

/**
 * hm_prealloc_take - take the block that supplies an address
 * @prealloc: the preallocation
 * @addr: the address; must ascend from call to call
 * @batch: gets the blocks before it, which no one takes any more
 *
 * Return: the block for that address's 2 MiB or NULL; changes hands.
 */
struct hm_block *hm_prealloc_take(struct hm_prealloc *prealloc, unsigned long addr,
				  struct hm_batch *batch);

/** hm_prealloc_drop - hand all blocks to a batch; the preallocation is empty then */
void hm_prealloc_drop(struct hm_prealloc *prealloc, struct hm_batch *batch);

#endif /* HOSTMEM_PREALLOC_H */
