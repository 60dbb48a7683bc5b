// SPDX-License-Identifier: GPL-2.0
/*
 * Pools of memory prepared ahead: what is in them, and how it is given back.  See
 * pool.h.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "block.h"
#include "compat.h"
#include "gfp.h"
#include "memcg.h"
#include "pool.h"
#include "pool_fill.h"
#include "prepared.h"

/* Innermost but for the lock of the lru.  What it guards takes few instructions. */
static DEFINE_SPINLOCK(pools_lock);

/* Those that want something, in the order in which it is their turn; pools_lock. */
static LIST_HEAD(pools);

/* Pieces in them, about to come in, or on their way out to be freed; pools_lock. */
static unsigned long total;
/* As many as there may be; pools_lock. */
static unsigned long limit;

/* How long a pool stays empty that somebody has emptied who was short of memory. */
#define EMPTY_FOR	HZ

/* Held while it is decided whether there is to be a thread. */
static DEFINE_MUTEX(configuring);

static bool stays_empty(const struct hm_pool *pool)
{
	lockdep_assert_held(&pools_lock);

	return time_before(jiffies, pool->empty_until);
}

static void pool_add(struct hm_pool *pool, struct hm_prepared *piece, bool used)
{
	lockdep_assert_held(&pools_lock);

	piece->used = used;
	list_add(&piece->link, used ? &pool->used : &pool->clean);
	if (used)
		pool->nr_used++;
	else
		WRITE_ONCE(pool->nr_clean, pool->nr_clean + 1);
	hm_lru_add(&hm_pool_lru, &piece->lru);
}

/* It stays on the list of its cgroup. */
static void pool_unlink(struct hm_prepared *piece)
{
	struct hm_pool *pool = piece->pool;

	lockdep_assert_held(&pools_lock);

	list_del_init(&piece->link);
	if (piece->used)
		pool->nr_used--;
	else
		WRITE_ONCE(pool->nr_clean, pool->nr_clean - 1);
}

static void pool_remove(struct hm_prepared *piece)
{
	pool_unlink(piece);
	hm_lru_del(&hm_pool_lru, &piece->lru);
}

/* Move all pieces of a pool but so many to a list. */
static void pool_strip(struct hm_pool *pool, unsigned long kept,
		       struct list_head *pieces)
{
	lockdep_assert_held(&pools_lock);

	while (pool->nr_used + pool->nr_clean > kept) {
		struct list_head *list = pool->nr_used ? &pool->used : &pool->clean;
		struct hm_prepared *piece = list_first_entry(list, typeof(*piece), link);

		pool_remove(piece);
		list_add(&piece->link, pieces);
	}
}

/* Free what is in no pool any more.  Until it is free it counts. */
static void free_counted(struct list_head *pieces)
{
	struct hm_prepared *piece, *next;

	list_for_each_entry_safe(piece, next, pieces, link) {
		struct hm_pool *pool = piece->pool;

		hm_prepared_free(piece);
		spin_lock(&pools_lock);
		WRITE_ONCE(total, total - 1);
		spin_unlock(&pools_lock);
		hm_pool_put(pool);
		cond_resched();
	}
}

/*
 * What commits do
 */

struct hm_prepared *hm_pool_take(struct hm_pool *pool)
{
	struct hm_prepared *piece = NULL;
	LIST_HEAD(left_behind);

	if (!pool || !READ_ONCE(pool->nr_clean))
		return NULL;
	spin_lock(&pools_lock);
	if (!hm_memcg_has_caller(pool->memcg))
		pool_strip(pool, 0, &left_behind);
	if (pool->nr_clean) {
		piece = list_first_entry(&pool->clean, typeof(*piece), link);
		pool_remove(piece);
		WRITE_ONCE(total, total - 1);
	}
	spin_unlock(&pools_lock);
	free_counted(&left_behind);
	hm_fill_wake();
	return piece;
}

void hm_pool_give(struct hm_prepared *piece)
{
	struct hm_pool *pool = piece->pool;
	bool taken;

	spin_lock(&pools_lock);
	/* What is more than is wanted the thread frees: that takes long. */
	taken = !piece->apart && pool->wanted && total < limit && !stays_empty(pool) &&
		piece->memcg == pool->memcg;
	if (taken) {
		pool_add(pool, piece, true);
		WRITE_ONCE(total, total + 1);
	}
	spin_unlock(&pools_lock);
	if (taken) {
		hm_fill_wake();
		return;
	}
	hm_prepared_free(piece);
	hm_pool_put(pool);
}

/*
 * What the thread does
 */

struct hm_pool *hm_pool_next(unsigned long *pause)
{
	struct hm_pool *pool, *found = NULL;
	unsigned long now = jiffies;

	*pause = MAX_SCHEDULE_TIMEOUT;
	spin_lock(&pools_lock);
	list_for_each_entry(pool, &pools, link) {
		unsigned long at = pool->make_at;
		bool lacks = pool->nr_clean < pool->wanted && total < limit;

		if (stays_empty(pool))
			at = pool->empty_until;
		if (pool->nr_used || (lacks && time_after_eq(now, at))) {
			list_move_tail(&pool->link, &pools);
			refcount_inc(&pool->refs);
			found = pool;
			break;
		}
		if (lacks)
			*pause = min(*pause, at - now);
	}
	spin_unlock(&pools_lock);
	return found;
}

struct hm_prepared *hm_pool_next_used(struct hm_pool *pool, bool *wanted)
{
	struct hm_prepared *piece;

	spin_lock(&pools_lock);
	piece = list_first_entry_or_null(&pool->used, struct hm_prepared, link);
	if (piece)
		pool_remove(piece);
	*wanted = pool->nr_clean < pool->wanted;
	spin_unlock(&pools_lock);
	return piece;
}

bool hm_pool_begin(struct hm_pool *pool)
{
	bool wanted;

	spin_lock(&pools_lock);
	wanted = pool->nr_clean < pool->wanted && total < limit && !stays_empty(pool);
	WRITE_ONCE(total, total + wanted);
	spin_unlock(&pools_lock);
	return wanted;
}

void hm_pool_end(struct hm_pool *pool, struct hm_prepared *piece)
{
	bool wanted;

	spin_lock(&pools_lock);
	wanted = pool->nr_clean < pool->wanted && total <= limit && !stays_empty(pool) &&
		 piece->memcg == pool->memcg;
	if (wanted)
		pool_add(pool, piece, false);
	spin_unlock(&pools_lock);
	if (!wanted)
		hm_pool_drop(piece);
}

void hm_pool_fail(struct hm_pool *pool, unsigned long pause)
{
	spin_lock(&pools_lock);
	WRITE_ONCE(total, total - 1);
	pool->make_at = jiffies + pause;
	spin_unlock(&pools_lock);
}

void hm_pool_drop(struct hm_prepared *piece)
{
	LIST_HEAD(pieces);

	list_add(&piece->link, &pieces);
	free_counted(&pieces);
}

void hm_pool_charge_to(struct hm_pool *pool, struct mem_cgroup *memcg)
{
	struct mem_cgroup *before = memcg;
	LIST_HEAD(pieces);

	spin_lock(&pools_lock);
	if (pool->memcg != memcg) {
		before = pool->memcg;
		pool->memcg = memcg;
		pool_strip(pool, 0, &pieces);
	}
	spin_unlock(&pools_lock);
	mem_cgroup_put(before);
	free_counted(&pieces);
}

/*
 * The pools
 */

struct hm_pool *hm_pool_create(struct mm_struct *mm)
{
	struct hm_pool *pool = kzalloc(sizeof(*pool), HM_GFP);

	if (!pool)
		return NULL;
	refcount_set(&pool->refs, 1);
	pool->mm = mm;
	mmgrab(mm);
	pool->make_at = jiffies;
	pool->empty_until = jiffies;
	INIT_LIST_HEAD(&pool->link);
	INIT_LIST_HEAD(&pool->clean);
	INIT_LIST_HEAD(&pool->used);
	return pool;
}

void hm_pool_put(struct hm_pool *pool)
{
	if (!pool || !refcount_dec_and_test(&pool->refs))
		return;
	mem_cgroup_put(pool->memcg);
	mmdrop(pool->mm);
	kfree(pool);
}

static int configure(struct hm_pool *pool, unsigned long pieces, bool close)
{
	LIST_HEAD(too_many);
	int err = 0;

	mutex_lock(&configuring);
	if (pieces)
		err = hm_fill_need(true);
	spin_lock(&pools_lock);
	if (!err && pieces && pool->closed)
		err = -ECANCELED;
	if (!err) {
		pool->wanted = pieces;
		pool->closed |= close;
		pool->make_at = jiffies;
		pool_strip(pool, pieces, &too_many);
		if (!pieces)
			list_del_init(&pool->link);
		else if (list_empty(&pool->link))
			list_add(&pool->link, &pools);
	}
	spin_unlock(&pools_lock);
	if (list_empty(&pools))
		hm_fill_need(false);
	mutex_unlock(&configuring);
	free_counted(&too_many);
	hm_fill_wake();
	return err;
}

int hm_pool_configure(struct hm_pool *pool, unsigned long pages)
{
	return configure(pool, pages / HM_BLOCK_PAGES, false);
}

void hm_pool_close(struct hm_pool *pool)
{
	if (pool)
		configure(pool, 0, true);
}

unsigned long hm_pool_ready(const struct hm_pool *pool)
{
	return pool ? READ_ONCE(pool->nr_clean) * HM_BLOCK_PAGES : 0;
}

unsigned long hm_pools_pages(void)
{
	return READ_ONCE(total) * HM_BLOCK_PAGES;
}

void hm_pools_limit(unsigned long pieces)
{
	struct hm_pool *pool;
	LIST_HEAD(too_many);
	unsigned long over;

	hm_fill_hold();
	spin_lock(&pools_lock);
	limit = pieces;
	over = total > limit ? total - limit : 0;
	list_for_each_entry(pool, &pools, link) {
		unsigned long has = pool->nr_clean + pool->nr_used;
		unsigned long go = min(has, over);

		pool_strip(pool, has - go, &too_many);
		over -= go;
	}
	spin_unlock(&pools_lock);
	free_counted(&too_many);
	hm_fill_unhold();
	hm_fill_wake();
}

/*
 * Giving back
 */

bool hm_pools_empty(bool of_cgroup)
{
	struct hm_pool *pool;
	LIST_HEAD(pieces);
	bool any = false;

	if (!READ_ONCE(total))
		return false;
	/* Who comes second waits for what the first one frees, and finds it free. */
	hm_fill_hold();
	spin_lock(&pools_lock);
	list_for_each_entry(pool, &pools, link) {
		if (of_cgroup && !hm_memcg_shares_limit(pool->memcg))
			continue;
		pool->empty_until = jiffies + EMPTY_FOR;
		pool_strip(pool, 0, &pieces);
		any = true;
	}
	spin_unlock(&pools_lock);
	free_counted(&pieces);
	hm_fill_unhold();
	hm_fill_wake();
	return any;
}

bool hm_pool_reclaim(struct hm_prepared *piece, struct list_head *pieces)
{
	if (!spin_trylock(&pools_lock))
		return false;
	piece->pool->empty_until = jiffies + EMPTY_FOR;
	pool_unlink(piece);
	list_add(&piece->link, pieces);
	spin_unlock(&pools_lock);
	return true;
}

void hm_pool_drop_all(struct list_head *pieces)
{
	free_counted(pieces);
	hm_fill_wake();
}
