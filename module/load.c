// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory a space can still get.  See load.h.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/workqueue.h>

#include "charge.h"
#include "clock.h"
#include "compat.h"
#include "load.h"
#include "load_page.h"
#include "memcg.h"
#include "pool.h"
#include "pressure.h"
#include "rules.h"

/* What strangers see of a space that isn't theirs. */
static struct page *blank;

void hm_space_status(struct hm_space *space, struct hostmem_status *status)
{
	struct hm_charge_report report = hm_charge_report(&space->quota);

	spin_lock(&space->lock);
	status->out_regions = space->nr_regions;
	status->out_reserved_bytes = space->reserved << PAGE_SHIFT;
	status->out_committed_bytes = space->committed << PAGE_SHIFT;
	status->out_overhead_bytes = space->extra << PAGE_SHIFT;
	status->out_pinned_bytes = READ_ONCE(space->held.nr) << PAGE_SHIFT;
	spin_unlock(&space->lock);
	status->out_prepared_bytes = hm_pool_ready(READ_ONCE(space->pool)) << PAGE_SHIFT;
	status->out_total_committed_bytes = report.charged << PAGE_SHIFT;
	status->out_commit_limit_bytes = hm_load_page_bytes(report.limit);
	status->out_large_page_bytes = hm_large_pages_work() ? HM_LARGE_PAGE : 0;
	status->out_own_limit_bytes = hm_load_page_bytes(report.own_limit);
	status->out_waiting = report.waiting;
}

/*
 * What there is
 */

/* Of the machine and of the cgroup: the least counts. */
struct hm_view {
	struct hm_charge_report limits;
	struct hm_memory machine;
	struct hm_memory memcg;
};

/* What is prepared ahead can be had, too: it is given up before a commit is refused. */
static struct hm_view view_of(struct hm_space *space, struct hm_memory machine)
{
	struct hm_view view = {
		.limits = hm_charge_report(&space->quota),
		.machine = machine,
		.memcg = hm_memcg_memory(space->mm),
	};

	view.machine.available += hm_pools_pages();
	if (view.memcg.available < HM_UNLIMITED)
		view.memcg.available += hm_pool_ready(READ_ONCE(space->pool));
	return view;
}

/* Let the space's page tell what its process's clock says. */
static void note_clock(struct hm_space *space)
{
	struct hostmem_load_page *page = READ_ONCE(space->quota.page);

	if (page)
		WRITE_ONCE(page->clock_offset, hm_clock_offset());
}

static u32 level_of(const struct hm_view *view)
{
	return min3(view->limits.available, view->machine.level,
		    view->memcg.level);
}

void hm_space_load(struct hm_space *space, struct hostmem_load *load)
{
	struct hm_view view = view_of(space, hm_pressure_memory());
	unsigned long available = min(view.machine.available,
				      view.memcg.available);
	unsigned long total = min(view.machine.total, view.memcg.total);

	hm_charge_note_memory(&space->quota, &view.machine, &view.memcg);
	load->out_available = level_of(&view);
	load->out_total_bytes = (u64)total << PAGE_SHIFT;
	load->out_available_bytes = (u64)available << PAGE_SHIFT;
	load->out_room_bytes = (u64)min(view.limits.room, available) << PAGE_SHIFT;
	WRITE_ONCE(space->seen, load->out_available);
	note_clock(space);
	WRITE_ONCE(space->pollers.armed, true);
}

/*
 * Who wants to hear of it
 *
 * Who polls a file is woken at once by what its own space does (charge.c).  Of what
 * others do, to the limit of the module or to the memory of the machine or the cgroup,
 * nobody tells: so one work item looks, ten times a second, while somebody polls (rule
 * S1).
 */

/* Spaces that are polled: to be looked at in this pass, or in the next one. */
static LIST_HEAD(to_look_at);
static LIST_HEAD(looked_at);
static DEFINE_SPINLOCK(polled_lock);

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(looking, look);

/* Between two passes; and how many spaces are looked at in one go. */
#define PERIOD		(HZ / 10)
#define BATCH		256

/* The next of this pass, with a reference.  Whom nobody polls any more drops out. */
static struct hm_space *next_polled(void)
{
	struct hm_space *space;

	spin_lock(&polled_lock);
	space = list_first_entry_or_null(&to_look_at, struct hm_space, polled);
	if (space) {
		/* Who isn't seen yet will find, under the lock, that he has to add it. */
		if (waitqueue_active(&space->pollers.queue))
			list_move_tail(&space->polled, &looked_at);
		else
			list_del_init(&space->polled);
		refcount_inc(&space->refs);
	}
	spin_unlock(&polled_lock);
	return space;
}

/* Wake who polls, if that is news: once, until it has been read or has gone. */
static void look_at(struct hm_space *space, struct hm_memory machine)
{
	struct hm_view view = view_of(space, machine);

	if (level_of(&view) == READ_ONCE(space->seen))
		WRITE_ONCE(space->pollers.armed, true);
	else if (READ_ONCE(space->pollers.armed))
		hm_pressure_wake(&space->pollers);
}

static void look(struct work_struct *work)
{
	struct hm_memory machine = hm_pressure_memory();
	unsigned long delay = 1;
	struct hm_space *space;
	unsigned int nr = 0;
	bool more;

	while (nr++ < BATCH && (space = next_polled()) != NULL) {
		look_at(space, machine);
		hm_space_put(space);
		cond_resched();
	}

	spin_lock(&polled_lock);
	if (list_empty(&to_look_at)) {
		list_splice_init(&looked_at, &to_look_at);
		delay = PERIOD;
	}
	more = !list_empty(&to_look_at);
	spin_unlock(&polled_lock);
	if (more)
		schedule_delayed_work(&looking, delay);
}

/* From now on somebody polls; he is in the queue already. */
static void look_after(struct hm_space *space)
{
	bool added;

	spin_lock(&polled_lock);
	added = list_empty(&space->polled);
	if (added)
		list_add_tail(&space->polled, &looked_at);
	spin_unlock(&polled_lock);
	if (added)
		schedule_delayed_work(&looking, PERIOD);
}

__poll_t hm_space_poll(struct hm_space *space, struct file *file,
		       struct poll_table_struct *table)
{
	struct hm_view view;

	poll_wait(file, &space->pollers.queue, table);
	/* Who is there now: it may be the caller himself. */
	if (waitqueue_active(&space->pollers.queue))
		look_after(space);
	view = view_of(space, hm_pressure_memory());
	/* After the charge lock: a shutdown takes it, too, before it wakes. */
	if (READ_ONCE(space->shut))
		return EPOLLHUP;
	if (level_of(&view) != READ_ONCE(space->seen))
		return EPOLLIN | EPOLLRDNORM;
	WRITE_ONCE(space->pollers.armed, true);
	return 0;
}

void hm_space_unpoll(struct hm_space *space)
{
	spin_lock(&polled_lock);
	list_del_init(&space->polled);
	spin_unlock(&polled_lock);
}

/*
 * What is seen without a call
 */

struct page *hm_space_load_page(struct hm_space *space,
				const struct mm_struct *mm, unsigned long index)
{
	struct hostmem_load_page *own;
	struct page *page = blank;

	if (index >= HOSTMEM_LOAD_PAGES)
		return NULL;
	if (mm == space->mm)
		page = hm_charge_page(index ? &space->quota : NULL);
	if (!page)
		return NULL;
	if (index && page != blank) {
		own = page_address(page);
		WRITE_ONCE(own->id, space->id);
	}
	get_page(page);
	return page;
}

int hm_load_init(void)
{
	blank = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return blank ? 0 : -ENOMEM;
}

void hm_load_exit(void)
{
	cancel_delayed_work_sync(&looking);
	__free_page(blank);
}
