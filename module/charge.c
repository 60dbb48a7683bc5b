// SPDX-License-Identifier: GPL-2.0
/*
 * The commit charge, and those who wait for it.  See charge.h.
 */
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "charge.h"
#include "gfp.h"
#include "pressure.h"

/*
 * Guards all quotas and the queues below.  Innermost: only a waiter's runqueue
 * lock is taken inside, to wake it.
 */
static DEFINE_SPINLOCK(charge_lock);

static LIST_HEAD(all_quotas);
static struct hm_quota module_quota;

/* Of each limit, kept back for critical commits; charge_lock. */
static unsigned int reserve_percent;

/**
 * struct hm_waiter - a commit that waits for room
 * @link: in its level's queue, while @outcome is -EINPROGRESS; charge_lock
 * @task: who waits; invariant after init
 * @own: its space's quota; invariant after init
 * @pages: how many it wants; invariant after init
 * @level: HOSTMEM_LEVEL_*; invariant after init
 * @outcome: 0 when charged, -ECANCELED, or -EINPROGRESS; charge_lock
 *
 * On the stack of the call that waits, which takes the lock before it leaves.
 */
struct hm_waiter {
	struct list_head link;
	struct task_struct *task;
	struct hm_quota *own;
	unsigned long pages;
	u32 level;
	int outcome;
};

static struct list_head queues[HM_LEVELS] = {
	LIST_HEAD_INIT(queues[0]),
	LIST_HEAD_INIT(queues[1]),
	LIST_HEAD_INIT(queues[2]),
};

/* In all of them; charge_lock. */
static unsigned long nr_waiting;

/*
 * Charging
 */

/* Change what is charged.  Return: has the answer to "how much?" changed? */
static bool add_charged(struct hm_quota *quota, long pages)
{
	u32 before = hm_quota_available(quota);

	lockdep_assert_held(&charge_lock);

	quota->charged += pages;
	if (quota->page)
		WRITE_ONCE(quota->page->charged_bytes,
			   (u64)quota->charged << PAGE_SHIFT);
	return hm_quota_available(quota) != before;
}

static bool charge_both(struct hm_quota *own, long pages)
{
	bool changed = add_charged(&module_quota, pages);

	return add_charged(own, pages) || changed;
}

static bool fits(const struct hm_quota *own, unsigned long pages, u32 level)
{
	return pages <= hm_quota_room(&module_quota, level) &&
	       pages <= hm_quota_room(own, level);
}

/*
 * Waiting
 */

static void end_waiting(struct hm_waiter *waiter, int outcome)
{
	lockdep_assert_held(&charge_lock);

	list_del(&waiter->link);
	waiter->own->waiting--;
	nr_waiting--;
	WRITE_ONCE(waiter->outcome, outcome);
	wake_up_process(waiter->task);
}

/*
 * Charge those whose turn it is.  Who waits for the module's room holds up all
 * behind him, who waits for that of his own space only those of the same space,
 * and who wants more than a limit allows, nobody.  Return: has the answer to "how
 * much is available?" changed?
 */
static bool serve(void)
{
	static u64 round;
	struct hm_waiter *waiter, *next;
	bool changed = false;
	int level;

	lockdep_assert_held(&charge_lock);

	round++;
	for (level = HM_LEVELS - 1; level >= 0; level--) {
		list_for_each_entry_safe(waiter, next, &queues[level], link) {
			struct hm_quota *own = waiter->own;
			unsigned long pages = waiter->pages;

			if (own->passed == round ||
			    pages > own->at_level[level] ||
			    pages > module_quota.at_level[level])
				continue;
			if (pages > hm_quota_room(own, level)) {
				own->passed = round;
				continue;
			}
			if (pages > hm_quota_room(&module_quota, level))
				return changed;
			changed |= charge_both(own, pages);
			end_waiting(waiter, 0);
		}
	}
	return changed;
}

static int sleep_until(const struct hm_waiter *waiter, u64 deadline)
{
	ktime_t expires = ns_to_ktime(min_t(u64, deadline, KTIME_MAX));
	int err = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(waiter->outcome) != -EINPROGRESS)
			break;
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (!schedule_hrtimeout(&expires, HRTIMER_MODE_ABS)) {
			err = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return err;
}

/* Wait for the turn of a request that doesn't fit. */
static int wait_for_room(struct hm_quota *own, unsigned long pages, u32 level,
			 u64 deadline)
{
	struct hm_waiter waiter = {
		.task = current,
		.own = own,
		.pages = pages,
		.level = level,
		.outcome = -EINPROGRESS,
	};
	bool changed;
	int err;

	spin_lock(&charge_lock);
	if (own->closed) {
		spin_unlock(&charge_lock);
		return -ECANCELED;
	}
	list_add_tail(&waiter.link, &queues[level]);
	own->waiting++;
	nr_waiting++;
	changed = serve();
	spin_unlock(&charge_lock);
	if (changed)
		hm_pressure_notify();

	err = sleep_until(&waiter, deadline);
	changed = false;

	spin_lock(&charge_lock);
	if (waiter.outcome == -EINPROGRESS) {
		end_waiting(&waiter, err);
		changed = serve();
	}
	err = waiter.outcome;
	spin_unlock(&charge_lock);
	if (changed)
		hm_pressure_notify();
	return err;
}

int hm_charge(struct hm_quota *own, unsigned long pages, u32 level,
	      u64 deadline)
{
	bool changed = false;
	int err = 0;

	/* A change of protection takes nothing, however full the limit is. */
	if (!pages)
		return 0;

	spin_lock(&charge_lock);
	if (own->closed)
		err = -ECANCELED;
	else if (!fits(own, pages, level) || (deadline && nr_waiting))
		err = -EDQUOT;
	else
		changed = charge_both(own, pages);
	spin_unlock(&charge_lock);
	if (changed)
		hm_pressure_notify();

	if (err == -EDQUOT && deadline)
		return wait_for_room(own, pages, level, deadline);
	return err;
}

void hm_uncharge(struct hm_quota *own, unsigned long pages)
{
	bool changed;

	if (!pages)
		return;
	spin_lock(&charge_lock);
	WARN_ON_ONCE(own->charged < pages || module_quota.charged < pages);
	changed = charge_both(own, -(long)pages);
	changed |= serve();
	spin_unlock(&charge_lock);
	if (changed)
		hm_pressure_notify();
}

void hm_charge_cancel(struct hm_quota *own)
{
	struct hm_waiter *waiter, *next;
	unsigned int level;

	spin_lock(&charge_lock);
	own->closed = true;
	for (level = 0; level < HM_LEVELS; level++)
		list_for_each_entry_safe(waiter, next, &queues[level], link)
			if (waiter->own == own)
				end_waiting(waiter, -ECANCELED);
	serve();
	spin_unlock(&charge_lock);
	hm_pressure_notify();
}

/*
 * Quotas
 */

static void publish(const struct hm_quota *quota)
{
	lockdep_assert_held(&charge_lock);

	if (!quota->page)
		return;
	WRITE_ONCE(quota->page->charged_bytes, (u64)quota->charged << PAGE_SHIFT);
	WRITE_ONCE(quota->page->limit_bytes, hm_charge_limit_bytes(quota->limit));
}

static void set_limit(struct hm_quota *quota, unsigned long limit)
{
	hm_quota_set(quota, limit, reserve_percent);
	publish(quota);
}

void hm_charge_open(struct hm_quota *quota)
{
	spin_lock(&charge_lock);
	set_limit(quota, HM_UNLIMITED);
	list_add_tail(&quota->all, &all_quotas);
	spin_unlock(&charge_lock);
}

void hm_charge_close(struct hm_quota *quota)
{
	spin_lock(&charge_lock);
	list_del(&quota->all);
	spin_unlock(&charge_lock);
	WARN_ON_ONCE(quota->charged || quota->waiting);
	free_page((unsigned long)quota->page);
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
		serve();
	}
	spin_unlock(&charge_lock);
	if (!err)
		hm_pressure_notify();
	return err;
}

struct hm_charge_report hm_charge_report(const struct hm_quota *own)
{
	struct hm_charge_report report;

	spin_lock(&charge_lock);
	report = (struct hm_charge_report) {
		.charged = module_quota.charged,
		.limit = module_quota.limit,
		.own_limit = own->limit,
		.room = min(hm_quota_room(&module_quota, HOSTMEM_LEVEL_PROCESS),
			    hm_quota_room(own, HOSTMEM_LEVEL_PROCESS)),
		.waiting = own->waiting,
		.available = min(hm_quota_available(&module_quota),
				 hm_quota_available(own)),
	};
	spin_unlock(&charge_lock);
	return report;
}

/*
 * What user space sees
 */

struct page *hm_charge_page(struct hm_quota *own)
{
	struct hm_quota *quota = own ?: &module_quota;
	struct hostmem_load_page *page = READ_ONCE(quota->page);

	if (page)
		return virt_to_page(page);
	/* The module's stays: no process's cgroup is to pay for it, and stay, too. */
	page = (void *)get_zeroed_page(own ? HM_GFP : GFP_KERNEL);
	if (!page)
		return NULL;

	spin_lock(&charge_lock);
	if (!quota->page) {
		quota->page = page;
		page = NULL;
		publish(quota);
	}
	spin_unlock(&charge_lock);
	/* Another thread may have been first. */
	free_page((unsigned long)page);
	return virt_to_page(quota->page);
}

void hm_charge_note_memory(unsigned long total, unsigned long available)
{
	struct hostmem_load_page *page;

	spin_lock(&charge_lock);
	page = module_quota.page;
	if (page) {
		WRITE_ONCE(page->total_bytes, (u64)total << PAGE_SHIFT);
		WRITE_ONCE(page->uncommitted_bytes,
			   (u64)(available + module_quota.charged) << PAGE_SHIFT);
		WRITE_ONCE(page->refreshed, ktime_to_ns(ktime_get_coarse()));
	}
	spin_unlock(&charge_lock);
}

void hm_charge_configure(unsigned long limit, unsigned int percent)
{
	struct hm_quota *quota;

	spin_lock(&charge_lock);
	reserve_percent = percent;
	set_limit(&module_quota, limit);
	list_for_each_entry(quota, &all_quotas, all)
		set_limit(quota, quota->limit);
	serve();
	spin_unlock(&charge_lock);
	hm_pressure_notify();
}

void hm_charge_exit(void)
{
	WARN_ON_ONCE(module_quota.charged || nr_waiting);
	free_page((unsigned long)module_quota.page);
}
