// SPDX-License-Identifier: GPL-2.0
/*
 * The calls, each under the locks that it needs: most are one walk over one
 * region.  See calls.h.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "backing.h"
#include "calls.h"
#include "charge.h"
#include "commit.h"
#include "compat.h"
#include "foreign.h"
#include "guard.h"
#include "pinned.h"
#include "reserve.h"
#include "trace.h"

/*
 * Lock what a call needs that changes PTEs but makes no page table.  @region gets the
 * region that the range lies in, or NULL.
 */
static int lock_for_change(struct hm_space *space, unsigned long start,
			   unsigned long end, struct hm_region **region)
{
	if (mmap_read_lock_killable(space->mm))
		return -EINTR;
	*region = hm_space_find_mapped(space, start, end);
	if (*region)
		mutex_lock(&(*region)->lock);
	return 0;
}

static void unlock_for_change(struct hm_space *space, struct hm_region *region)
{
	if (region)
		mutex_unlock(&region->lock);
	mmap_read_unlock(space->mm);
}

static int reset(struct hm_space *space, const struct hm_alloc_request *req)
{
	struct hm_account account;
	struct hm_region *region;
	int err;

	err = lock_for_change(space, req->start, req->end, &region);
	if (err)
		return err;
	if (!region || region->large) {
		err = -EADDRNOTAVAIL;				/* R5, X10 */
	} else {
		account = hm_account_open(space, region);
		if (req->reset)
			hm_region_reset(region, req->start, req->end);
		else
			err = hm_region_reset_undo(region, req->start, req->end);
		hm_account_close(&account);
	}
	unlock_for_change(space, region);
	return err;
}

int hm_space_alloc(struct hm_space *space, const struct hm_alloc_request *req,
		   struct hm_place *place)
{
	unsigned long length = req->end - req->start;
	int err = 0;

	*place = (struct hm_place) { .start = req->start };

	if (req->large && !capable(CAP_IPC_LOCK))
		return -EPERM;					/* A14 */
	if (req->large && !(req->pinnable ? hm_counted_large_pages_work() :
					    hm_large_pages_work()))
		return -EOPNOTSUPP;
	if (req->reset || req->reset_undo) {
		err = reset(space, req);
		trace_hm_reset(space->id, req->start, req->end,
			       req->reset ? HOSTMEM_RESET : HOSTMEM_RESET_UNDO, err);
	}
	if (req->reserve) {
		err = hm_space_reserve(space, req, place);
		trace_hm_reserve(space->id, place->start, place->start + length,
				 req->protect, err);
	}
	if (req->commit && !err) {
		err = hm_space_commit(space, req, place->start, place->start + length);
		trace_hm_commit(space->id, place->start, place->start + length,
				req->protect, err);
		if (!err && req->large)
			err = hm_space_map_large(space, req, place->start);
		if (err && req->reserve)
			hm_space_give_back(space, place);
	}
	return err;
}

static int decommit(struct hm_space *space, const struct hm_free_request *req)
{
	struct hm_batch batch;
	unsigned long end = req->end;
	struct hm_account account;
	struct hm_region *region;
	long pages = 0;
	int err;

	hm_batch_init(&batch);
	err = lock_for_change(space, req->start, req->start, &region);
	if (err)
		return err;
	err = hm_space_may_free(region, req->start, req->end);
	if (!err && region->large)
		err = -EADDRNOTAVAIL;				/* F18 */
	if (!err) {
		if (req->start == end)
			end = region->end;			/* F6 */
		account = hm_account_open(space, region);
		hm_region_decommit(region, req->start, end, &batch);
		pages = hm_account_close(&account);
	}
	unlock_for_change(space, region);

	hm_batch_free(&batch);
	pages += hm_pinned_keep(space, &batch);
	hm_uncharge(&space->quota, -pages);
	trace_hm_decommit(space->id, req->start, end, 0, err);
	return err;
}

int hm_space_free(struct hm_space *space, const struct hm_free_request *req)
{
	return req->release ? hm_space_release(space, req->start) :
			      decommit(space, req);
}

static int protect(struct hm_space *space, struct hm_region *region,
		   unsigned long start, unsigned long end, hm_state_t want,
		   u32 *old)
{
	int err = hm_space_may_have(region, want, false);
	unsigned long rss;

	if (err)
		return err;
	rss = hm_region_rss(region);
	err = hm_region_protect(region, start, end, want, old);
	hm_mm_add_rss(space->mm, hm_region_rss(region) - rss);
	return err;
}

/* The same where the VMA has to change with its pages. */
static int protect_with_vma(struct hm_space *space, unsigned long start,
			    unsigned long end, hm_state_t want, u32 *old)
{
	struct hm_region *region;
	int err = -EADDRNOTAVAIL;

	if (mmap_write_lock_killable(space->mm))
		return -EINTR;
	region = hm_space_find_mapped(space, start, end);
	if (region) {
		hm_space_lock_vma(region);
		err = protect(space, region, start, end, want, old);
		mutex_unlock(&region->lock);
	}
	mmap_write_unlock(space->mm);
	return err;
}

int hm_space_protect(struct hm_space *space, unsigned long start,
		     unsigned long end, hm_state_t want, u32 *old)
{
	struct hm_region *region;
	bool with_vma;
	int err;

	err = lock_for_change(space, start, end, &region);
	if (err)
		return err;
	with_vma = region && hm_region_needs_vma(region, want);
	if (!with_vma)
		err = protect(space, region, start, end, want, old);
	unlock_for_change(space, region);
	return with_vma ? protect_with_vma(space, start, end, want, old) : err;
}

int hm_space_watch(struct hm_space *space, unsigned long start,
		   unsigned long end, bool reset, u64 *pages,
		   unsigned long max, unsigned long *nr)
{
	struct hm_region *region;
	int err;

	err = lock_for_change(space, start, end, &region);
	if (err)
		return err;
	if (region && region->watched)
		*nr = hm_region_watch(region, start, end, reset, pages, max);
	else
		err = -EINVAL;					/* W23 */
	unlock_for_change(space, region);
	return err;
}

void hm_space_unwatch(struct hm_space *space, const u64 *pages,
		      unsigned long nr)
{
	struct hm_region *region;

	region = nr ? hm_space_lock_found(space, pages[0], pages[0]) : NULL;
	if (!region)
		return;
	if (region->watched)
		hm_region_mark_written(region, pages, nr);
	hm_space_unlock_found(region);
}

static bool query_locked(struct hm_region *region, unsigned long addr,
			 struct hostmem_memory_info *info)
{
	bool here;

	mutex_lock(&region->lock);
	/* One that is being released is ours until it has gone. */
	here = region->vma;
	if (here)
		hm_region_query(region, addr, info);
	mutex_unlock(&region->lock);
	return here;
}

static bool query_own(struct hm_space *space, unsigned long addr,
		      struct hostmem_memory_info *info)
{
	struct hm_region *region;
	bool done;

	spin_lock(&space->lock);
	region = hm_space_lookup(space, addr);
	done = region && hm_region_query_empty(region, addr, info);
	if (region && !done)
		hm_region_get(region);
	spin_unlock(&space->lock);
	if (!region || done)
		return region;
	done = query_locked(region, addr, info);
	hm_region_put(region);
	return done;
}

/*
 * What isn't ours, or wasn't when we looked: another file's region is described as
 * that file would (rule S8).  A region stays as long as its VMA is there.
 */
static noinline_for_stack u32 query_mapped(struct hm_space *space,
					   unsigned long addr,
					   struct hostmem_memory_info *info)
{
	VMA_ITERATOR(vmi, space->mm, addr);
	struct vm_area_struct *vma = mas_walk(&vmi.mas);
	struct hm_space *owner = NULL;

	if (vma)
		owner = hm_space_of_vma(space, vma);
	else
		vma = vma_next(&vmi);
	if (!owner) {
		hm_foreign_query(&vmi, vma, addr, info);
		return 0;
	}
	query_locked(vma->vm_private_data, addr, info);
	return owner == space ? 1 : 2;
}

int hm_space_query(struct hm_space *space, unsigned long addr,
		   struct hostmem_memory_info *info, u32 *own)
{
	*own = query_own(space, addr, info);
	if (*own)
		return 0;
	if (mmap_read_lock_killable(space->mm))
		return -EINTR;
	*own = query_mapped(space, addr, info);
	mmap_read_unlock(space->mm);
	return 0;
}

/*
 * Events of a region's VMA
 */

static vm_fault_t fault_locked(struct hm_space *space,
			       struct hm_region *region, unsigned long addr,
			       enum hm_access access, enum hm_toucher who,
			       struct page **page)
{
	struct hm_account account;
	vm_fault_t ret;

	/* A guard that nobody would remember has to fail the next attempt, too. */
	if (who == HM_CALL && hm_region_guards(region, addr) &&
	    hm_guard_hit_begin(space, addr))
		return VM_FAULT_SIGBUS;
	account = hm_account_open(space, region);
	ret = hm_region_fault(region, addr, access, who, page);
	if (ret == VM_FAULT_SIGBUS)
		trace_hm_guard(space->id, addr, who == HM_CALL);
	hm_account_close(&account);
	return ret;
}

vm_fault_t hm_space_fault(struct hm_space *space, struct hm_region *region,
			  unsigned long addr, enum hm_access access,
			  enum hm_toucher who, struct page **page)
{
	enum hm_guard_hit_state hit;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	mutex_lock(&region->lock);
	hit = hm_guard_hit_look(space, addr);
	if (hit == HM_GUARD_HIT_NONE)
		ret = fault_locked(space, region, addr, access, who, page);
	mutex_unlock(&region->lock);

	if (hit == HM_GUARD_HIT_OTHERS) {
		/* Two that are to die may each wait for the other. */
		if (fatal_signal_pending(current))
			return VM_FAULT_SIGBUS;
		schedule_timeout_killable(1);
		return VM_FAULT_NOPAGE;
	}
	return ret;
}

vm_fault_t hm_space_huge_fault(struct hm_region *region, struct vm_fault *vmf,
			       enum hm_access access)
{
	vm_fault_t ret;

	mutex_lock(&region->lock);
	ret = hm_region_huge_fault(region, vmf, access);
	mutex_unlock(&region->lock);
	return ret;
}

int hm_space_access(struct hm_space *space, struct hm_region *region,
		    unsigned long addr, void *buf, int len, bool write,
		    bool force)
{
	struct hm_account account;
	int done;

	mutex_lock(&region->lock);
	account = hm_account_open(space, region);
	done = hm_region_access(region, addr, buf, len, write, force);
	hm_account_close(&account);
	mutex_unlock(&region->lock);
	return done;
}
