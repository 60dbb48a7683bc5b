// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for others to let pages go.  See pinned.h.
 */
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "charge.h"
#include "pinnable.h"
#include "pinned.h"

#define SHORTEST	(HZ / 20)
#define LONGEST		(HZ / 2)

/* Spaces with pages that are held, in turn, each with a reference; and how many. */
static LIST_HEAD(holding);
static unsigned int nr_holding;
static DEFINE_SPINLOCK(holding_lock);

static void look_at_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, look_at_all);

/* In the list is whoever has pages. */
static void set_holding(struct hm_space *space, bool holds)
{
	lockdep_assert_held(&space->held.lock);

	spin_lock(&holding_lock);
	if (holds)
		list_add_tail(&space->held.link, &holding);
	else
		list_del_init(&space->held.link);
	nr_holding += holds ? 1 : -1;
	spin_unlock(&holding_lock);
}

unsigned long hm_pinned_add(struct hm_space *space, struct hm_batch *batch)
{
	struct hm_held *held = &space->held;
	unsigned long pages = batch->nr_held;

	mutex_lock(&held->lock);
	if (!held->nr) {
		refcount_inc(&space->refs);
		set_holding(space, true);
	}
	list_splice_tail_init(&batch->held, &held->folios);
	WRITE_ONCE(held->nr, held->nr + pages);
	mutex_unlock(&held->lock);
	batch->nr_held = 0;
	/* If it is due anyway, it stays so: who adds all the time delays nobody. */
	queue_delayed_work(system_unbound_wq, &look_work, SHORTEST);
	return pages;
}

/* Let go what nobody holds any more, or all.  Return how many pages.  @held->lock held. */
static unsigned long let_go(struct hm_space *space, bool all, bool *last)
{
	struct hm_held *held = &space->held;
	struct folio *folio, *next;
	unsigned long pages = 0;

	lockdep_assert_held(&held->lock);

	list_for_each_entry_safe(folio, next, &held->folios, lru) {
		cond_resched();
		if (!all && hm_pinnable_held(&folio->page))
			continue;
		list_del(&folio->lru);
		pages += folio_nr_pages(folio);
		/* Who looks at all pages may have this one for a moment. */
		if (!hm_pinnable_try_free(folio))
			folio_put(folio);
	}
	WRITE_ONCE(held->nr, held->nr - pages);
	*last = pages && !held->nr;
	if (*last)
		set_holding(space, false);
	return pages;
}

static bool look_locked(struct hm_space *space, bool all)
{
	bool last;
	unsigned long pages = let_go(space, all, &last);

	mutex_unlock(&space->held.lock);
	hm_uncharge(&space->quota, pages);
	if (last)
		hm_space_put(space);
	return pages;
}

bool hm_pinned_look(struct hm_space *space)
{
	if (!READ_ONCE(space->held.nr))
		return false;
	mutex_lock(&space->held.lock);
	return look_locked(space, false);
}

/* The space whose turn it is, with a reference; NULL: there is none. */
static struct hm_space *next_holding(void)
{
	struct hm_space *space;

	spin_lock(&holding_lock);
	space = list_first_entry_or_null(&holding, struct hm_space, held.link);
	if (space) {
		list_move_tail(&space->held.link, &holding);
		refcount_inc(&space->refs);
	}
	spin_unlock(&holding_lock);
	return space;
}

static void look_at_all(struct work_struct *work)
{
	static unsigned long interval = SHORTEST;	/* the work's own */
	unsigned int left = READ_ONCE(nr_holding);
	struct hm_space *space;
	bool any = false;

	while (left-- && (space = next_holding()) != NULL) {
		/* Who has the lock may be kept from going on for long: others needn't. */
		if (mutex_trylock(&space->held.lock))
			any |= look_locked(space, false);
		hm_space_put(space);
		cond_resched();
	}
	if (any || !READ_ONCE(nr_holding))
		interval = SHORTEST;
	else
		interval = min(interval * 2, (unsigned long)LONGEST);
	if (READ_ONCE(nr_holding))
		queue_delayed_work(system_unbound_wq, &look_work, interval);
}

void hm_pinned_exit(void)
{
	struct hm_space *space;

	cancel_delayed_work_sync(&look_work);
	while ((space = next_holding()) != NULL) {
		mutex_lock(&space->held.lock);
		look_locked(space, true);
		hm_space_put(space);
	}
}
