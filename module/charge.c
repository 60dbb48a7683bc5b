// SPDX-License-Identifier: GPL-2.0
/*
 * The commit charge, and who of those that wait gets room.  See charge.h.
 */
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "charge.h"
#include "load_page.h"
#include "pressure.h"
#include "waiters.h"

/*
 * Guards all quotas and all queues.  Innermost: only a waiter's runqueue lock is
 * taken inside, to wake it.  Whatever holds it does as much as its own caller asks
 * for, however many others charge or wait.
 */
static DEFINE_SPINLOCK(charge_lock);

static struct hm_quota module_quota;

/* Commits that wait, of all quotas; charge_lock. */
static unsigned long nr_waiting;

/*
 * Of each limit, kept back for critical commits, and how often that or the module's
 * limit has been set; charge_lock.
 */
static unsigned int reserve_percent;
static unsigned int generation;

/* Quotas with whom somebody waits; charge_lock. */
static LIST_HEAD(waited_for);

/* So many waiters are looked at, or served, in one piece. */
#define BATCH	64

/*
 * Charging
 */

/* Let the reserve be that of the moment, in a quota that has not been used since. */
static void catch_up(struct hm_quota *quota)
{
	lockdep_assert_held(&charge_lock);

	if (quota->percent != reserve_percent)
		hm_quota_set(quota, quota->limit, reserve_percent);
}

/* Change what is charged.  Return: has the answer to "how much?" changed? */
static bool add_charged(struct hm_quota *quota, long pages)
{
	u32 before = hm_quota_available(quota);

	lockdep_assert_held(&charge_lock);

	quota->charged += pages;
	if (quota->page)
		hm_load_page_show_charged(quota, quota == &module_quota);
	return hm_quota_available(quota) != before;
}

static bool fits(const struct hm_quota *own, unsigned long pages, u32 level)
{
	return pages <= hm_quota_room(&module_quota, level) &&
	       pages <= hm_quota_room(own, level);
}

/* The most that a level may ever wait for: its own space has to keep what it holds. */
static unsigned long most(const struct hm_quota *own, u32 level)
{
	unsigned long limit = module_quota.at_level[level];

	return min(own->at_level[level],
		   limit > own->charged ? limit - own->charged : 0);
}

/*
 * Choose who stands for a quota in the queue of all: of each level who came first
 * and can be served.  If it waits for its own quota's room, nobody does, nor on the
 * levels below.
 */
static void settle(struct hm_quota *own)
{
	struct hm_queue *queue = &own->queue;
	bool held_up = false;
	int level;

	lockdep_assert_held(&charge_lock);

	if (queue->generation != generation) {
		catch_up(own);
		queue->generation = generation;
		list_move_tail(&queue->link, &waited_for);
	}
	for (level = HM_LEVELS - 1; level >= 0; level--) {
		struct hm_waiter *first = NULL;

		if (!held_up)
			first = hm_queue_first(queue, level, most(own, level));
		if (first && first->pages > hm_quota_room(own, level)) {
			held_up = true;
			first = NULL;
		}
		hm_queue_set_head(queue, level, first);
	}
}

static bool charge_both(struct hm_quota *own, long pages)
{
	bool changed = add_charged(&module_quota, pages);

	changed |= add_charged(own, pages);
	if (own->queue.nr)
		settle(own);
	return changed;
}

/*
 * Waiting
 */

static void begin_waiting(struct hm_waiter *waiter)
{
	struct hm_quota *own = waiter->own;
	struct hm_queue *queue = &own->queue;

	lockdep_assert_held(&charge_lock);

	if (!queue->nr) {
		queue->generation = generation;
		list_add_tail(&queue->link, &waited_for);
	}
	hm_queue_add(queue, waiter);
	nr_waiting++;
	settle(own);
}

/* Who stands for the quota now, settle() has to say. */
static void end_waiting(struct hm_waiter *waiter, int outcome)
{
	struct hm_queue *queue = &waiter->own->queue;

	lockdep_assert_held(&charge_lock);

	hm_queue_remove(queue, waiter);
	nr_waiting--;
	if (!queue->nr)
		list_del(&queue->link);
	WRITE_ONCE(waiter->outcome, outcome);
	wake_up_process(waiter->task);
}

/*
 * Charge those whose turn it is.  Who waits for the module's room holds up all
 * behind him.  Each one that has been served comes here again before it leaves: so
 * a batch at a time is enough.
 */
static void serve(void)
{
	int level = HM_LEVELS - 1, served = 0;
	struct hm_waiter *waiter;

	lockdep_assert_held(&charge_lock);

	if (list_empty(&waited_for))
		return;
	while (level >= 0 && served < BATCH) {
		struct hm_quota *own;

		waiter = hm_queue_ready(level);
		if (!waiter) {
			level--;
			continue;
		}
		own = waiter->own;
		/* hm_charge_configure() hasn't come to this one yet, and will. */
		if (own->queue.generation != generation)
			break;
		if (waiter->pages > hm_quota_room(&module_quota, level))
			break;
		end_waiting(waiter, 0);
		waiter->changed = charge_both(own, waiter->pages);
		served++;
	}
}

/* Wait for the turn of a request that doesn't fit, and leave the queue. */
static int wait_for_turn(struct hm_waiter *waiter, u64 deadline)
{
	int err = hm_waiter_sleep(waiter, deadline);
	struct hm_quota *own = waiter->own;

	spin_lock(&charge_lock);
	if (waiter->outcome == -EINPROGRESS) {
		end_waiting(waiter, err);
		if (own->queue.nr)
			settle(own);
	}
	serve();
	err = waiter->outcome;
	spin_unlock(&charge_lock);
	if (waiter->changed)
		hm_pressure_wake(own->pollers);
	return err;
}

int hm_charge(struct hm_quota *own, unsigned long pages, u32 level,
	      u64 deadline)
{
	struct hm_waiter waiter;
	bool changed = false;
	int err = 0;

	/* A change of protection takes nothing, however full the limit is. */
	if (!pages)
		return 0;

	spin_lock(&charge_lock);
	catch_up(own);
	if (own->closed) {
		err = -ECANCELED;
	} else if (fits(own, pages, level)) {
		changed = charge_both(own, pages);
	} else if (!deadline) {
		err = pages > hm_quota_room(own, level) ? -EDQUOT : -ENOSPC;
	} else {
		err = -EINPROGRESS;
		waiter = (struct hm_waiter) {
			.task = current,
			.own = own,
			.pages = pages,
			.level = level,
			.outcome = err,
		};
		begin_waiting(&waiter);
	}
	spin_unlock(&charge_lock);
	if (changed)
		hm_pressure_wake(own->pollers);
	return err == -EINPROGRESS ? wait_for_turn(&waiter, deadline) : err;
}

void hm_uncharge(struct hm_quota *own, unsigned long pages)
{
	bool changed;

	if (!pages)
		return;
	spin_lock(&charge_lock);
	catch_up(own);
	WARN_ON_ONCE(own->charged < pages || module_quota.charged < pages);
	changed = charge_both(own, -(long)pages);
	serve();
	spin_unlock(&charge_lock);
	if (changed)
		hm_pressure_wake(own->pollers);
}

/* Let others have the lock now and then. */
static void pause_after(unsigned int *nr)
{
	lockdep_assert_held(&charge_lock);

	if (++*nr % BATCH)
		return;
	spin_unlock(&charge_lock);
	cond_resched();
	spin_lock(&charge_lock);
}

void hm_charge_cancel(struct hm_quota *own)
{
	struct hm_waiter *waiter;
	unsigned int nr = 0;

	spin_lock(&charge_lock);
	own->closed = true;
	while ((waiter = hm_queue_any(&own->queue)) != NULL) {
		end_waiting(waiter, -ECANCELED);
		pause_after(&nr);
	}
	serve();
	spin_unlock(&charge_lock);
	hm_pressure_wake(own->pollers);
}

/*
 * Quotas
 */

static void set_limit(struct hm_quota *quota, unsigned long limit)
{
	lockdep_assert_held(&charge_lock);

	hm_quota_set(quota, limit, reserve_percent);
	if (quota->page)
		hm_load_page_show_limit(quota);
}

void hm_charge_open(struct hm_quota *quota, struct hm_pollers *pollers)
{
	quota->pollers = pollers;
	spin_lock(&charge_lock);
	set_limit(quota, HM_UNLIMITED);
	spin_unlock(&charge_lock);
}

void hm_charge_close(struct hm_quota *quota)
{
	WARN_ON_ONCE(quota->charged || quota->queue.nr);
	hm_load_page_free(quota->page);
}

int hm_charge_limit(struct hm_quota *own, unsigned long pages)
{
	int err = 0;

	/* What is no limit doesn't raise one. */
	pages = min(pages, HM_UNLIMITED);
	spin_lock(&charge_lock);
	if (pages > own->limit) {
		err = -EINVAL;
	} else {
		set_limit(own, pages);
		/* Who waits for more than that holds up nobody from now on. */
		if (own->queue.nr)
			settle(own);
		serve();
	}
	spin_unlock(&charge_lock);
	if (!err)
		hm_pressure_wake(own->pollers);
	return err;
}

/*
 * Quotas with whom nobody waits catch up when they are used.  Whoever begins to wait
 * meanwhile, or is served, does so by the new numbers.
 */
void hm_charge_configure(unsigned long limit, unsigned int percent)
{
	struct hm_queue *queue;
	unsigned int nr = 0;

	spin_lock(&charge_lock);
	reserve_percent = percent;
	generation++;
	set_limit(&module_quota, limit);
	while ((queue = list_first_entry_or_null(&waited_for, struct hm_queue,
						 link)) != NULL) {
		struct hm_quota *own = container_of(queue, struct hm_quota, queue);

		if (queue->generation == generation)
			break;
		settle(own);
		pause_after(&nr);
	}
	serve();
	spin_unlock(&charge_lock);
}

void hm_charge_exit(void)
{
	WARN_ON_ONCE(module_quota.charged || !list_empty(&waited_for));
	hm_load_page_free(module_quota.page);
}

/*
 * What user space sees
 */

struct hm_charge_report hm_charge_report(struct hm_quota *own)
{
	struct hm_charge_report report;

	spin_lock(&charge_lock);
	catch_up(own);
	report = (struct hm_charge_report) {
		.charged = module_quota.charged,
		.limit = module_quota.limit,
		.own_limit = own->limit,
		.room = min(hm_quota_room(&module_quota, HOSTMEM_LEVEL_PROCESS),
			    hm_quota_room(own, HOSTMEM_LEVEL_PROCESS)),
		.waiting = own->queue.nr,
		.available = min(hm_quota_available(&module_quota),
				 hm_quota_available(own)),
	};
	spin_unlock(&charge_lock);
	return report;
}

struct hm_charge_total hm_charge_total(void)
{
	struct hm_charge_total total;

	spin_lock(&charge_lock);
	total = (struct hm_charge_total) {
		.charged = module_quota.charged,
		.limit = module_quota.limit,
		.waiting = nr_waiting,
	};
	spin_unlock(&charge_lock);
	return total;
}

struct page *hm_charge_page(struct hm_quota *own)
{
	struct hm_quota *quota = own ?: &module_quota;
	struct hostmem_load_page *page = READ_ONCE(quota->page);

	if (page)
		return virt_to_page(page);
	page = hm_load_page_alloc(!own);
	if (!page)
		return NULL;

	spin_lock(&charge_lock);
	if (!quota->page) {
		quota->page = page;
		page = NULL;
		hm_load_page_show_charged(quota, !own);
		hm_load_page_show_limit(quota);
	}
	spin_unlock(&charge_lock);
	/* Another thread may have been first. */
	hm_load_page_free(page);
	return virt_to_page(quota->page);
}

void hm_charge_note_memory(struct hm_quota *own, const struct hm_memory *machine,
			   const struct hm_memory *memcg)
{
	spin_lock(&charge_lock);
	if (module_quota.page)
		hm_load_page_show_memory(&module_quota, machine);
	if (own->page)
		hm_load_page_show_memory(own, memcg);
	spin_unlock(&charge_lock);
}
