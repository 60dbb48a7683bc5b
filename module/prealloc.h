/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A supply: the memory for one commit, got ready before any lock is taken.
 *
 * A commit surveys its range under space->lock, fills the supply without it,
 * and then, under mmap_lock and space->lock, moves the memory into the region.
 * Owned by the call that has it on its stack; no other thread sees it.
 *
 * Called by space.c; region.c puts blocks in and takes them out.
 */
#ifndef HOSTMEM_SUPPLY_H
#define HOSTMEM_SUPPLY_H

#include <linux/list.h>

struct hm_block;
struct hm_discard;

/**
 * struct hm_supply - memory for one commit
 * @blocks: by ascending address.  The pages to be supplied have the state
 *	want | HM_FRESH, the others are reserved.
 * @pages: pages to be supplied in all blocks
 */
struct hm_supply {
	struct list_head blocks;
	unsigned long pages;
};

#define HM_SUPPLY_INIT(name) { .blocks = LIST_HEAD_INIT((name).blocks) }

/**
 * hm_supply_add - add a block at the end
 * @supply: the supply
 * @block: pages to be supplied are fresh; changes hands
 */
void hm_supply_add(struct hm_supply *supply, struct hm_block *block);

/**
 * hm_supply_fill - allocate and zero the memory of all pages
 * @supply: the supply
 * @large: each block has to be one piece
 *
 * Context: sleeps; no lock held.
 * Return: 0, -ENOMEM, or -EINTR after a fatal signal.
 */
int hm_supply_fill(struct hm_supply *supply, bool large);

/**
 * hm_supply_find - the block that supplies a run of pages
 * @supply: the supply, filled
 * @cursor: what the last call returned; NULL at first.  Runs must be asked for
 *	in ascending order.
 * @addr: address of the run's first page
 * @nr: pages, within one block
 *
 * Return: the block, or NULL if it lacks one of the pages.
 */
struct hm_block *hm_supply_find(struct hm_supply *supply,
				struct hm_block *cursor, unsigned long addr,
				unsigned int nr);

/**
 * hm_supply_take - take the block that supplies an address
 * @supply: the supply
 * @addr: the address; must ascend from call to call
 * @discard: gets the blocks before it, which no one takes any more
 *
 * Return: the block for that address's 2 MiB or NULL; changes hands.
 */
struct hm_block *hm_supply_take(struct hm_supply *supply, unsigned long addr,
				struct hm_discard *discard);

/** hm_supply_drop - hand all blocks to a discard; the supply is empty then */
void hm_supply_drop(struct hm_supply *supply, struct hm_discard *discard);

#endif /* HOSTMEM_SUPPLY_H */
