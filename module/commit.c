// SPDX-License-Identifier: GPL-2.0
/*
 * Commits: charge, allocate without locks, install under locks.  See space.h.
 *
 * The region is found once for all three, and may lose its VMA in between.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "backing.h"
#include "charge.h"
#include "commit.h"
#include "compat.h"
#include "memcg_claim.h"
#include "notice.h"
#include "pinned.h"
#include "prealloc.h"
#include "region_dump.h"
#include "trace.h"

/**
 * struct hm_asked - what a commit has asked for
 * @region: what it commits in, with a reference; NULL until something is asked for
 * @needs: in space->asked; nothing when that has been settled
 * @changes: of the region, when the needs were worked out
 * @with_vma: it will make page tables or change the VMA
 *
 * Owned by the call that has it on its stack.
 */
struct hm_asked {
	struct hm_region *region;
	struct hm_needs needs;
	unsigned long changes;
	bool with_vma;
};

/* Does what has been asked for still do? */
static bool is_enough(const struct hm_asked *asked, unsigned long start,
		      unsigned long end)
{
	struct hm_needs needs;

	if (asked->changes == asked->region->changes)
		return true;
	hm_region_needs(asked->region, start, end, &needs);
	return needs.pages <= asked->needs.pages &&
	       needs.tables <= asked->needs.tables &&
	       needs.metadata <= asked->needs.metadata;
}

/* Does what has been got ready for it, too? */
static bool is_ready(const struct hm_asked *asked, unsigned long start,
		     unsigned long end, struct hm_prealloc *prealloc)
{
	return asked->changes == asked->region->changes ||
	       (is_enough(asked, start, end) &&
		hm_region_is_covered(asked->region, start, end, prealloc));
}

/*
 * Will a commit make page tables, or change the VMA?  Page tables stay once they are
 * there; for VM_IO see hm_mmap().
 */
static bool needs_vma(const struct hm_asked *asked, hm_state_t want)
{
	const struct hm_region *region = asked->region;

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
	asked->with_vma = needs_vma(asked, want);
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

/* The limits have no room: which of them is for others to be told. */
static bool is_no_room(int err)
{
	return err == -EDQUOT || err == -ENOSPC;
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

static int charge(struct hm_space *space, const struct hm_alloc_request *req,
		  unsigned long start, unsigned long end, u64 deadline,
		  struct hm_asked *asked)
{
	unsigned long pages;
	int err;

	err = charge_at_once(space, req, start, end, asked, &pages);
	if (!is_no_room(err) || !deadline)
		return err;
	hm_pinned_look(space);
	err = wait_for_room(space, pages, req->level, deadline);
	return err ?: use_charge(space, req, start, end, asked, pages);
}

/* Get memory ready for what is reserved in a range, if it is what was asked for. */
static int prepare(const struct hm_alloc_request *req, unsigned long start,
		   unsigned long end, const struct hm_asked *asked,
		   struct hm_prealloc *prealloc)
{
	struct hm_region *region = asked->region;
	int err = -EADDRNOTAVAIL;

	mutex_lock(&region->lock);
	if (hm_region_is_open(region)) {
		err = -EAGAIN;
		if (is_enough(asked, start, end))
			err = hm_region_survey(region, start, end, req->want,
					       prealloc);
	}
	mutex_unlock(&region->lock);
	return err ?: hm_prealloc_fill(prealloc, req->large);
}

/* Lock the region, and before that what else an install needs. */
static int lock_to_install(struct hm_space *space, const struct hm_asked *asked)
{
	if (!asked->with_vma) {
		if (mmap_read_lock_killable(space->mm))
			return -EINTR;
		mutex_lock(&asked->region->lock);
		return 0;
	}
	if (mmap_write_lock_killable(space->mm))
		return -EINTR;
	hm_space_lock_vma(asked->region);
	return 0;
}

static void unlock_install(struct hm_space *space, const struct hm_asked *asked)
{
	mutex_unlock(&asked->region->lock);
	if (asked->with_vma)
		mmap_write_unlock(space->mm);
	else
		mmap_read_unlock(space->mm);
}

/* May it be installed as it is, with what has been locked? */
static int may_install(const struct hm_asked *asked,
		       const struct hm_alloc_request *req, unsigned long start,
		       unsigned long end, struct hm_prealloc *prealloc)
{
	struct hm_region *region = asked->region;
	int err;

	if (!hm_region_is_open(region) ||
	    (!asked->with_vma && !hm_space_is_mapped(region)))
		return -EADDRNOTAVAIL;
	err = hm_space_may_have(region, req->want, req->large);
	if (err)
		return err;
	if (!is_ready(asked, start, end, prealloc) ||
	    (!asked->with_vma && needs_vma(asked, req->want)))
		return -EAGAIN;
	return 0;
}

/*
 * Move the preallocation into the region: all pages of the range or none.  @left gets
 * what of the charge isn't needed.
 */
static int install(struct hm_space *space, const struct hm_alloc_request *req,
		   unsigned long start, unsigned long end,
		   struct hm_asked *asked, struct hm_prealloc *prealloc,
		   struct hm_batch *batch, unsigned long *left)
{
	struct hm_account account;
	int err;

	err = lock_to_install(space, asked);
	if (err)
		return err;
	err = may_install(asked, req, start, end, prealloc);
	if (!err) {
		account = hm_account_open(space, asked->region);
		err = hm_region_commit(asked->region, start, end, req->want,
				       prealloc, batch);
		spin_lock(&space->lock);
		*left = hm_account_unask(space, &asked->needs);
		*left -= hm_account_settle(&account);
		spin_unlock(&space->lock);
	}
	unlock_install(space, asked);
	return err;
}

/* Allocate for, and commit, what has been charged. */
static int commit_charged(struct hm_space *space,
			  const struct hm_alloc_request *req,
			  unsigned long start, unsigned long end,
			  struct hm_asked *asked, unsigned long *left)
{
	struct hm_prealloc prealloc = HM_PREALLOC_INIT(prealloc);
	struct hm_batch batch;
	int err;

	err = hm_memcg_enter(&prealloc.claim, asked->needs.pages);
	if (err)
		return err;
	hm_batch_init(&batch);
	prealloc.pool = READ_ONCE(space->pool);
	/* Where all is committed there is nothing to get ready. */
	if (asked->needs.pages)
		err = prepare(req, start, end, asked, &prealloc);
	if (!err)
		err = install(space, req, start, end, asked, &prealloc, &batch,
			      left);
	hm_prealloc_drop(&prealloc, &batch);
	hm_batch_drop(&batch);
	hm_memcg_leave(&prealloc.claim);
	return err;
}

/*
 * One attempt: charge, allocate, install.  -EAGAIN if other threads have
 * changed the range meanwhile so that it needs more than was got ready.
 */
static int try_commit(struct hm_space *space,
		      const struct hm_alloc_request *req,
		      unsigned long start, unsigned long end, u64 deadline)
{
	unsigned long left = 0;
	struct hm_asked asked;
	int err;

	err = charge(space, req, start, end, deadline, &asked);
	if (err)
		return err;
	err = commit_charged(space, req, start, end, &asked, &left);
	if (err) {
		spin_lock(&space->lock);
		left += hm_account_unask(space, &asked.needs);
		spin_unlock(&space->lock);
	}
	hm_region_put(asked.region);
	hm_uncharge(&space->quota, left);
	return err;
}

/*
 * One attempt of a commit that may not wait for room.  Where there is none, the
 * pages may be charged to another thread that is just committing the very same:
 * then they cost this one nothing.  So look again when nobody is on the way.
 */
static int try_commit_at_once(struct hm_space *space,
			      const struct hm_alloc_request *req,
			      unsigned long start, unsigned long end)
{
	int err;

	if (down_read_killable(&space->committing))
		return -EINTR;
	err = try_commit(space, req, start, end, 0);
	up_read(&space->committing);
	if (!is_no_room(err))
		return err;

	hm_pinned_look(space);
	if (down_write_killable(&space->committing))
		return -EINTR;
	err = try_commit(space, req, start, end, 0);
	up_write(&space->committing);
	return err;
}

/*
 * The same of one that may wait.  When the time is over, it may need less than it
 * has waited for, since others have committed some of it: what fits then, even out
 * of turn, isn't refused.  Which limit has no room is the answer here, too.
 */
static int try_commit_by(struct hm_space *space,
			 const struct hm_alloc_request *req,
			 unsigned long start, unsigned long end)
{
	int err = try_commit(space, req, start, end, req->deadline);

	if (err == -ETIMEDOUT)
		err = try_commit_at_once(space, req, start, end);
	return err;
}

/* What the caller of a commit is told that has failed, and others are. */
static noinline int refuse(struct hm_space *space, const struct hm_alloc_request *req,
			   unsigned long start, unsigned long end, int err)
{
	enum hm_lack lack = err == -EDQUOT ? HM_LACK_OWN_LIMIT :
			    err == -ENOSPC ? HM_LACK_MODULE_LIMIT : HM_LACK_MEMORY;

	if (!is_no_room(err) && err != -ENOMEM)
		return err;
	hm_notice_refused(lack, (end - start) >> PAGE_SHIFT);
	trace_hm_refuse(space->id, start, end, req->level, lack);
	if (lack == HM_LACK_MEMORY || !req->deadline)
		return -ENOMEM;					/* A13, C16 */
	return -ETIMEDOUT;
}

int hm_space_commit(struct hm_space *space, const struct hm_alloc_request *req,
		    unsigned long start, unsigned long end)
{
	int err;

	do {
		if (req->deadline)
			err = try_commit_by(space, req, start, end);
		else
			err = try_commit_at_once(space, req, start, end);
		if (err == -EAGAIN && fatal_signal_pending(current))
			return -EINTR;
	} while (err == -EAGAIN);
	return err ? refuse(space, req, start, end, err) : 0;
}

/*
 * The kernel maps a large page only in answer to a fault: so fault each in, as
 * the first touch would.
 */
int hm_space_map_large(struct hm_space *space,
		       const struct hm_alloc_request *req, unsigned long start)
{
	bool write = hm_state_allows(req->want, HM_WRITE);
	unsigned long end = start + (req->end - req->start);
	unsigned long addr;
	int err;

	for (addr = start; addr < end; addr += HM_LARGE_PAGE) {
		if (mmap_read_lock_killable(space->mm))
			return -EINTR;
		err = fixup_user_fault(space->mm, addr,
				       write ? FAULT_FLAG_WRITE : 0, NULL);
		mmap_read_unlock(space->mm);
		if (err)
			return -ENOMEM;
	}
	return 0;
}
