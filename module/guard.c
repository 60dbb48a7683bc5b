// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that have hit a guard page.  See trip.h.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "compat.h"
#include "gfp.h"
#include "trip.h"

/**
 * struct hm_trip - one system call that has hit a guard page
 * @link: in space->trips; space->lock
 * @work: drops the trip; invariant after init
 * @space: where the page is, kept by a reference on its file; invariant after
 *	init
 * @task: whose call it is; invariant after init, and alive as long as the trip
 * @page: address of the page; invariant after init
 */
struct hm_trip {
	struct list_head link;
	struct callback_head work;
	struct hm_space *space;
	struct task_struct *task;
	unsigned long page;
};

enum hm_trip_state hm_trip_look(struct hm_space *space, unsigned long page)
{
	struct hm_trip *trip;

	lockdep_assert_held(&space->lock);

	list_for_each_entry(trip, &space->trips, link) {
		if (trip->page != page)
			continue;
		if (trip->task == current)
			return HM_TRIP_OURS;
		/* A call that sleeps has its second attempt behind it. */
		if (task_is_running(trip->task))
			return HM_TRIP_OTHERS;
	}
	return HM_TRIP_NONE;
}

/* On the way back to user mode, or in exit. */
static void trip_end(struct callback_head *work)
{
	struct hm_trip *trip = container_of(work, struct hm_trip, work);
	struct hm_space *space = trip->space;

	mutex_lock(&space->lock);
	list_del(&trip->link);
	mutex_unlock(&space->lock);
	kfree(trip);
	/* If it is the last one, the kernel drops the file after this. */
	fput(space->file);
}

int hm_trip_begin(struct hm_space *space, unsigned long page)
{
	struct hm_trip *trip;

	lockdep_assert_held(&space->lock);

	if (current->flags & HM_PF_NO_USER_MODE)
		return 0;
	trip = kmalloc(sizeof(*trip), HM_GFP);
	if (!trip)
		return -ENOMEM;
	trip->space = space;
	trip->task = current;
	trip->page = page;
	init_task_work(&trip->work, trip_end);
	if (task_work_add(current, &trip->work, TWA_RESUME)) {
		kfree(trip);
		return 0;
	}
	get_file(space->file);
	list_add(&trip->link, &space->trips);
	return 0;
}
