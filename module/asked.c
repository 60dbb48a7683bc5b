// SPDX-License-Identifier: GPL-2.0
/*
 * What a commit has asked for.  See asked.h.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "asked.h"
#include "charge.h"
#include "pinned.h"
#include "region_dump.h"
#include "trace.h"

bool hm_asked_is_enough(const struct hm_asked *asked, unsigned long start,
			unsigned long end)
{
	struct hm_needs needs;

	lockdep_assert_held(&asked->region->lock);

	if (asked->changes == asked->region->changes)
		return true;
	hm_region_needs(asked->region, start, end, &needs);
	return needs.pages <= asked->needs.pages &&
	       needs.tables <= asked->needs.tables &&
	       needs.metadata <= asked->needs.metadata;
}

bool hm_asked_needs_vma(const struct hm_asked *asked, hm_state_t want)
{
	const struct hm_region *region = asked->region;

	lockdep_assert_held(&region->lock);

	/* Without mmap_lock the flags may change: they are looked at once more with it. */
	return asked->needs.tables || region->large ||
	       hm_region_needs_vma(region, want) ||
	       (READ_ONCE(region->vma->vm_flags) & VM_IO &&
		!hm_region_stays_giant(region, asked->needs.pages));
}

/* Find the region of a range, and what a commit of it needs.  Locked if 0. */
static int look(struct hm_space *space, unsigned long start, unsigned long end,
		hm_state_t want, struct hm_asked *asked)
{
	struct hm_region *region = hm_space_lock_found(space, start, end);

	if (!region)
		return -EADDRNOTAVAIL;
	asked->region = region;
	asked->changes = region->changes;
	hm_region_needs(region, start, end, &asked->needs);
	asked->with_vma = hm_asked_needs_vma(asked, want);
	return 0;
}

/* Unlock the region, and keep it if that is what was asked for. */
static void end_look(struct hm_asked *asked, bool keep)
{
	mutex_unlock(&asked->region->lock);
	if (keep)
		return;
	hm_region_put(asked->region);
	asked->region = NULL;
}

/* Charge what a commit of a range needs if there is room for it. */
static int charge_at_once(struct hm_space *space,
			  const struct hm_alloc_request *req,
			  unsigned long start, unsigned long end,
			  struct hm_asked *asked, unsigned long *pages)
{
	int err;

	err = look(space, start, end, req->want, asked);
	if (err)
		return err;
	spin_lock(&space->lock);
	*pages = hm_account_ask(space, &asked->needs);
	err = hm_charge(&space->quota, *pages, req->level, 0);
	if (err)
		hm_account_unask(space, &asked->needs);
	spin_unlock(&space->lock);
	end_look(asked, !err);
	return err;
}

/*
 * The same with the pages that somebody who has waited for them has been charged.
 * Others who are on their way may just be asking for more than they will turn out to
 * need, of the same page tables: the charge is kept until they know, but not for longer
 * than it might have been waited for.
 */
static int use_charge(struct hm_space *space, const struct hm_alloc_request *req,
		      unsigned long start, unsigned long end,
		      struct hm_asked *asked, unsigned long charged)
{
	unsigned long pages = 0;
	bool others;
	int err;

	do {
		others = false;
		err = look(space, start, end, req->want, asked);
		if (err)
			break;
		spin_lock(&space->lock);
		pages = hm_account_ask(space, &asked->needs);
		if (pages > charged) {
			hm_account_unask(space, &asked->needs);
			others = space->asked.pages;
			pages = 0;
			err = -EAGAIN;
		}
		spin_unlock(&space->lock);
		end_look(asked, !err);
		if (others)
			schedule_timeout_killable(1);
	} while (others && ktime_get_ns() < req->deadline &&
		 !fatal_signal_pending(current));
	hm_uncharge(&space->quota, charged - pages);
	return err;
}

static int wait_for_room(struct hm_space *space, unsigned long pages, u32 level,
			 u64 deadline)
{
	u64 bytes = (u64)pages << PAGE_SHIFT, begin = ktime_get_ns();
	int err;

	trace_hm_wait(space->id, bytes, level);
	err = hm_charge(&space->quota, pages, level, deadline);
	trace_hm_wait_end(space->id, bytes, level, ktime_get_ns() - begin, err);
	return err;
}

int hm_asked_charge(struct hm_space *space, const struct hm_alloc_request *req,
		    unsigned long start, unsigned long end, u64 deadline,
		    struct hm_asked *asked)
{
	unsigned long pages;
	int err;

	err = charge_at_once(space, req, start, end, asked, &pages);
	if (!hm_asked_no_room(err) || !deadline)
		return err;
	hm_pinned_look(space);
	err = wait_for_room(space, pages, req->level, deadline);
	return err ?: use_charge(space, req, start, end, asked, pages);
}
