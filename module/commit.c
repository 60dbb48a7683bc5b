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
#include "asked.h"
#include "backing.h"
#include "charge.h"
#include "commit.h"
#include "compat.h"
#include "memcg_claim.h"
#include "notice.h"
#include "pinned.h"
#include "prealloc.h"
#include "trace.h"

/* Does what has been got ready for it, too? */
static bool is_ready(const struct hm_asked *asked, unsigned long start,
		     unsigned long end, struct hm_prealloc *prealloc)
{
	return asked->changes == asked->region->changes ||
	       (hm_asked_is_enough(asked, start, end) &&
		hm_region_is_covered(asked->region, start, end, prealloc));
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
		if (hm_asked_is_enough(asked, start, end))
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
	    (!asked->with_vma && hm_asked_needs_vma(asked, req->want)))
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

	err = hm_asked_charge(space, req, start, end, deadline, &asked);
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
	if (!hm_asked_no_room(err))
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

	if (!hm_asked_no_room(err) && err != -ENOMEM)
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
