// SPDX-License-Identifier: GPL-2.0
/*
 * The thread that fills pools: one for all, of the lowest priority.  See pool_fill.h.
 */
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/hostmem.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "memcg.h"
#include "pool_fill.h"
#include "prepared.h"
#include "pressure.h"

/* A burst of commits isn't disturbed; and what fails isn't tried again at once. */
#define PAUSE		(HZ / 50 + 1)
#define PAUSE_MOST	(16l * HZ)

static struct task_struct *thread;
static bool wanted;
static DECLARE_WAIT_QUEUE_HEAD(idle);
/* Where nobody wakes it but to end it. */
static DECLARE_WAIT_QUEUE_HEAD(pausing);

/* Held by the thread while it has a piece that is in no pool. */
static DEFINE_MUTEX(hands);

void hm_fill_wake(void)
{
	WRITE_ONCE(wanted, true);
	if (wq_has_sleeper(&idle))
		wake_up(&idle);
}

void hm_fill_hold(void)
{
	mutex_lock(&hands);
}

void hm_fill_unhold(void)
{
	mutex_unlock(&hands);
}

/* Zero what has come back, or free it if it's too much.  False: there is nothing. */
static bool clean_one(struct hm_pool *pool)
{
	bool needed;
	struct hm_prepared *piece = hm_pool_next_used(pool, &needed);

	if (!piece)
		return false;
	if (needed && hm_prepared_clean(piece))
		hm_pool_end(pool, piece);
	else
		hm_pool_drop(piece);
	return true;
}

/* Is there plenty, of the machine and of the cgroup, and is there a process? */
static bool may_make(const struct hm_pool *pool)
{
	return atomic_read(&pool->mm->mm_users) &&
	       hm_pressure_memory().level == HOSTMEM_AVAILABLE_HIGH &&
	       hm_memcg_memory(pool->mm).level == HOSTMEM_AVAILABLE_HIGH;
}

static void make_one(struct hm_pool *pool)
{
	struct hm_prepared *piece = NULL;

	hm_pool_charge_to(pool, get_mem_cgroup_from_mm(pool->mm));
	if (!hm_pool_begin(pool))
		return;
	if (may_make(pool))
		piece = hm_prepared_make(pool->memcg, &hm_pool_lru);
	if (!piece) {
		pool->pause = clamp(2 * pool->pause, (long)PAUSE, PAUSE_MOST);
		hm_pool_fail(pool, pool->pause);
		return;
	}
	pool->pause = 0;
	refcount_inc(&pool->refs);
	piece->pool = pool;
	hm_pool_end(pool, piece);
}

/* Do one thing.  Return: how many jiffies to wait until the next one. */
static unsigned long work(void)
{
	unsigned long pause;
	struct hm_pool *pool = hm_pool_next(&pause);

	if (!pool)
		return pause;
	mutex_lock(&hands);
	if (!clean_one(pool))
		make_one(pool);
	mutex_unlock(&hands);
	hm_pool_put(pool);
	return 0;
}

/* Until it is over, somebody wakes the thread who has set *@wake, or ends it. */
static void sleep_on_queue(struct wait_queue_head *queue, const bool *wake, long timeout)
{
	DEFINE_WAIT(wait);

	prepare_to_wait(queue, &wait, TASK_INTERRUPTIBLE);
	if (!kthread_should_stop() && !(wake && READ_ONCE(*wake)))
		schedule_timeout(timeout);
	finish_wait(queue, &wait);
	try_to_freeze();
}

static int run(void *unused)
{
	unsigned long pause;

	sched_set_normal(current, MAX_NICE);
	set_freezable();
	while (!kthread_should_stop()) {
		WRITE_ONCE(wanted, false);
		do {
			pause = work();
			cond_resched();
			try_to_freeze();
		} while (!pause && !kthread_should_stop());
		sleep_on_queue(&idle, &wanted, pause);
		sleep_on_queue(&pausing, NULL, PAUSE);
	}
	return 0;
}

int hm_fill_need(bool needed)
{
	struct task_struct *task;

	if (needed && !thread) {
		task = kthread_run(run, NULL, "hostmem_pool");
		if (IS_ERR(task))
			return PTR_ERR(task) == -EINTR ? -EINTR : -ENOMEM;
		thread = task;
	}
	if (!needed && thread) {
		kthread_stop(thread);
		thread = NULL;
	}
	return 0;
}
