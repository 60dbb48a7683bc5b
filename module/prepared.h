/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A piece of memory prepared ahead: 2 MiB, physically one piece, with a vmalloc area of
 * its own through which it is zeroed.  The kernel maps that area with one PMD.
 *
 * To the page allocator its pages are single ones, and they are freed one by one.  So
 * pieces are not freed if they can be used again: they circulate between pools and
 * blocks, with their area.  When some of its pages are to go alone, a piece is taken
 * apart: then each page has a reference of its own, and the area drops the other.
 *
 * Called by pool.c, which owns them but for those that are in a block or a batch: these
 * belong to backing.c.
 */
#ifndef HOSTMEM_PREPARED_H
#define HOSTMEM_PREPARED_H

#include <linux/list.h>

struct hm_pool;
struct list_lru;
struct mem_cgroup;
struct page;

/**
 * struct hm_prepared - a piece
 * @lru: while it is in its pool: among all of its memory cgroup; the list's lock
 * @link: in its pool, or in a list of who owns it; protected like that
 * @pool: where it comes from, with a reference; invariant once it has one
 * @memcg: what it is charged to, to be compared with others only; invariant
 * @area: where the kernel has it; invariant
 * @page: the first of its pages, one behind the other; invariant
 * @used: since it was zeroed; pool.c's, under its lock
 * @apart: each page has a reference of its own; of who owns it
 */
struct hm_prepared {
	struct list_head lru;
	struct list_head link;
	struct hm_pool *pool;
	const struct mem_cgroup *memcg;
	void *area;
	struct page *page;
	bool used;
	bool apart;
};

/**
 * hm_prepared_make - a zeroed piece
 * @memcg: the memory cgroup that is charged, with a reference; NULL without any
 * @lru: where it will be linked
 *
 * Takes what is free, and neither reclaims nor compacts memory for it.
 *
 * Context: sleeps.
 * Return: the piece, or NULL if there is none to be had now.
 */
struct hm_prepared *hm_prepared_make(struct mem_cgroup *memcg, struct list_lru *lru);

/**
 * hm_prepared_clean - zero a piece that has been used
 *
 * Context: sleeps.
 * Return: false if it can't be used again, since somebody else has one of its pages, or
 * one is broken.
 */
bool hm_prepared_clean(struct hm_prepared *piece);

/** hm_prepared_take_apart - let pages of it be freed alone, or be held by others */
void hm_prepared_take_apart(struct hm_prepared *piece);

/**
 * hm_prepared_free - free a piece, or only its area if it has been taken apart
 *
 * Context: sleeps.
 */
void hm_prepared_free(struct hm_prepared *piece);

/** hm_prepared_init - Return: 0 or -ENOMEM */
int hm_prepared_init(void);
void hm_prepared_exit(void);

#endif /* HOSTMEM_PREPARED_H */
