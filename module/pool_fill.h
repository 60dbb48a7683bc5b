/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between pool.c, which has the pools and what is in them, pool_fill.c, which has the
 * thread that fills them, and pool_shrink.c, through which the kernel empties them.  For
 * these three only.
 */
#ifndef HOSTMEM_POOL_FILL_H
#define HOSTMEM_POOL_FILL_H

#include <linux/list_lru.h>
#include <linux/refcount.h>

#include "pool.h"

/**
 * struct hm_pool - the pool of a space
 * @refs: the space's, those of its pieces, and the thread's
 * @mm: whose memory cgroup pays; with a reference on mm_count; invariant
 * @memcg: what all pieces in it are charged to, with a reference; NULL at first;
 *	written by the thread, under the lock
 * @link: among pools that want something
 * @clean: pieces that are ready
 * @used: pieces that have come back, to be zeroed
 * @nr_clean: how many of the former
 * @nr_used: and of the latter
 * @wanted: how many are to be ready
 * @closed: wants nothing any more
 * @empty_until: nothing comes in before that, in jiffies: somebody was short of memory
 * @make_at: when to try and make the next piece, in jiffies
 * @pause: how long nothing has been tried before that; the thread's
 *
 * Where nothing else is said, pool.c's lock of pools guards it.
 */
struct hm_pool {
	refcount_t refs;
	struct mm_struct *mm;
	struct mem_cgroup *memcg;
	struct list_head link;
	struct list_head clean;
	struct list_head used;
	unsigned long nr_clean;
	unsigned long nr_used;
	unsigned long wanted;
	bool closed;
	unsigned long empty_until;
	unsigned long make_at;
	long pause;
};

/* What is in pools, by memory cgroup; pool_shrink.c's. */
extern struct list_lru hm_pool_lru;

/*
 * pool.c, for the kernel that is short of memory
 */

/**
 * hm_pool_reclaim - take a piece out of its pool
 * @piece: the caller holds the lock of, and takes it off, @hm_pool_lru
 * @pieces: gets it
 *
 * Return: false if it can't be done now.
 */
bool hm_pool_reclaim(struct hm_prepared *piece, struct list_head *pieces);

/** hm_pool_drop_all - free what has been taken out so */
void hm_pool_drop_all(struct list_head *pieces);

/*
 * pool.c, for the thread
 */

/**
 * hm_pool_next - a pool that has something to do now
 * @pause: how many jiffies until there is one, if there is none now
 *
 * It is the last in turn then.
 * Return: the pool, with a reference, or NULL.
 */
struct hm_pool *hm_pool_next(unsigned long *pause);

/**
 * hm_pool_next_used - take out a piece that is to be zeroed
 * @pool: the pool
 * @wanted: gets whether it is needed
 *
 * Return: the piece, which still counts as the pool's, or NULL.
 */
struct hm_prepared *hm_pool_next_used(struct hm_pool *pool, bool *wanted);

/** hm_pool_begin - is one more piece wanted?  It counts from now on. */
bool hm_pool_begin(struct hm_pool *pool);

/** hm_pool_end - put a piece in that is ready; free it if it isn't wanted any more */
void hm_pool_end(struct hm_pool *pool, struct hm_prepared *piece);

/** hm_pool_fail - there is none; @pause: how many jiffies not to try another one */
void hm_pool_fail(struct hm_pool *pool, unsigned long pause);

/** hm_pool_drop - free a piece of hm_pool_next_used() */
void hm_pool_drop(struct hm_prepared *piece);

/** hm_pool_charge_to - pieces charged to another cgroup go; takes over a reference */
void hm_pool_charge_to(struct hm_pool *pool, struct mem_cgroup *memcg);

/*
 * pool_fill.c, for pool.c
 */

/** hm_fill_wake - there may be something to do */
void hm_fill_wake(void);

/**
 * hm_fill_hold - wait until the thread has no piece in its hands, and gets none
 *
 * Context: sleeps, as long as the zeroing of 2 MiB takes at the lowest priority.
 */
void hm_fill_hold(void);
void hm_fill_unhold(void);

/**
 * hm_fill_need - have a thread, or none
 * @needed: whether there is to be one
 *
 * Context: sleeps; one caller at a time.
 * Return: 0, -ENOMEM or -EINTR.
 */
int hm_fill_need(bool needed);

#endif /* HOSTMEM_POOL_FILL_H */
