/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory prepared ahead: for each space that asks for it, a pool of zeroed pieces of
 * 2 MiB (prepared.h).  Commits of whole blocks take from it, and what they have taken
 * comes back when it is decommitted or released.  One thread of the module, of the
 * lowest priority, zeroes what has come back and makes what is missing.
 *
 * What is in a pool is charged to the memory cgroup of its space, and to no commit
 * limit: a commit that takes it pays as for any other memory.  It is memory that nobody
 * is to miss: pools are filled while there is plenty, a shrinker gives it back, that of
 * a cgroup's pools when that cgroup has no more, and before a commit is refused they are
 * emptied.
 *
 * Called by space.c and load.c, which configure pools and ask, backing.c, which takes
 * and gives, prealloc.c and reserve.c, which empty them, and params.c.
 */
#ifndef HOSTMEM_POOL_H
#define HOSTMEM_POOL_H

#include <linux/types.h>

struct hm_pool;
struct hm_prepared;
struct mm_struct;

/**
 * hm_pool_create - a pool that wants nothing
 * @mm: whose memory cgroup pays; at least its mm_count is held, and then the pool's, too
 *
 * Return: the pool, to be closed once and put, or NULL.
 */
struct hm_pool *hm_pool_create(struct mm_struct *mm);

/**
 * hm_pool_configure - let a pool have so much, or give back what is more
 * @pool: the pool
 * @pages: as many are to be ready, rounded down to pieces; as far as the module's limit
 *	leaves room for them
 *
 * Context: sleeps; no lock held.
 * Return: 0; -ENOMEM or -EINTR if there can't be a thread, and then nothing has changed;
 * -ECANCELED after hm_pool_close().
 */
int hm_pool_configure(struct hm_pool *pool, unsigned long pages);

/**
 * hm_pool_close - empty a pool for good; NULL is fine
 *
 * What comes back from then on is freed.
 * Context: sleeps; no lock held.
 */
void hm_pool_close(struct hm_pool *pool);

/** hm_pool_put - drop a reference, which may be the last; NULL is fine */
void hm_pool_put(struct hm_pool *pool);

/**
 * hm_pool_take - take a zeroed piece
 * @pool: the pool or NULL
 *
 * What another cgroup is charged for than the caller's goes.
 *
 * Context: sleeps.
 * Return: the piece or NULL if none is ready.
 */
struct hm_prepared *hm_pool_take(struct hm_pool *pool);

/**
 * hm_pool_give - give a piece back that has been taken
 * @piece: no PTE reaches it any more; may have been taken apart
 *
 * Context: sleeps.
 */
void hm_pool_give(struct hm_prepared *piece);

/** hm_pool_ready - how many pages of a pool are ready; NULL has none */
unsigned long hm_pool_ready(const struct hm_pool *pool);

/**
 * hm_pools_empty - give back what is in pools, for a commit that finds no memory
 * @of_cgroup: only those that share a limit of memory with the caller's cgroup
 *
 * They stay empty for a second.
 *
 * Context: sleeps; no lock held that is taken where memory is freed.
 * Return: has anything been given back, by whomever, so that it's worth another look?
 */
bool hm_pools_empty(bool of_cgroup);

/**
 * hm_pools_limit - set how many pieces all pools may have
 *
 * Context: sleeps; one caller at a time.
 */
void hm_pools_limit(unsigned long pieces);

/** hm_pools_pages - pages in all pools */
unsigned long hm_pools_pages(void);

/** hm_pool_init - Return: 0 or -ENOMEM */
int hm_pool_init(void);
void hm_pool_exit(void);

#endif /* HOSTMEM_POOL_H */
