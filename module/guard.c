// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that have hit a guard page.  See guard.h.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "compat.h"
#include "gfp.h"
#include "guard.h"

/**
 * struct hm_guard_hit - one system call that has hit a guard page
 * @link: in space->guard_hits; space->lock
 * @work: drops the hit; invariant after init
 * @space: where the page is, kept by a reference on its file; invariant after
 *	init
 * @task: whose call it is; invariant after init, and alive as long as the hit
 * @page: address of the page; invariant after init
 */
struct hm_guard_hit {
	struct list_head link;
	struct callback_head work;
	struct hm_space *space;
	struct task_struct *task;
	unsigned long page;
};

enum hm_guard_hit_state hm_guard_hit_look(struct hm_space *space, unsigned long page)
{
	enum hm_guard_hit_state state = HM_GUARD_HIT_NONE;
	struct hm_guard_hit *hit;

	/* One of this page would have been added under the lock that the caller has. */
	if (list_empty(&space->guard_hits))
		return HM_GUARD_HIT_NONE;

	spin_lock(&space->lock);
	list_for_each_entry(hit, &space->guard_hits, link) {
		if (hit->page != page)
			continue;
		if (hit->task == current)
			state = HM_GUARD_HIT_OURS;
		/* A call that sleeps has its second attempt behind it. */
		else if (task_is_running(hit->task))
			state = HM_GUARD_HIT_OTHERS;
		if (state != HM_GUARD_HIT_NONE)
			break;
	}
	spin_unlock(&space->lock);
	return state;
}

/* On the way back to user mode, or in exit. */
static void guard_hit_end(struct callback_head *work)
{
	struct hm_guard_hit *hit = container_of(work, struct hm_guard_hit, work);
	struct hm_space *space = hit->space;

	spin_lock(&space->lock);
	list_del(&hit->link);
	spin_unlock(&space->lock);
	kfree(hit);
	/* If it is the last one, the kernel drops the file after this. */
	fput(space->file);
}

int hm_guard_hit_begin(struct hm_space *space, unsigned long page)
{
	struct hm_guard_hit *hit;

	if (current->flags & HM_PF_NO_USER_MODE)
		return 0;
	hit = kmalloc(sizeof(*hit), HM_GFP);
	if (!hit)
		return -ENOMEM;
	hit->space = space;
	hit->task = current;
	hit->page = page;
	init_task_work(&hit->work, guard_hit_end);
	if (task_work_add(current, &hit->work, TWA_RESUME)) {
		kfree(hit);
		return 0;
	}
	get_file(space->file);
	spin_lock(&space->lock);
	list_add(&hit->link, &space->guard_hits);
	spin_unlock(&space->lock);
	return 0;
}
