// SPDX-License-Identifier: GPL-2.0
/*
 * Regions come and go: reserve and release, and their other half in the memory
 * manager's mmap and munmap.  See space.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "backing.h"
#include "charge.h"
#include "memcg.h"
#include "pinned.h"
#include "pool.h"
#include "reserve.h"
#include "trace.h"

static void insert_region(struct hm_space *space, struct hm_region *region)
{
	struct rb_node **link = &space->regions.rb_node;
	struct rb_node *parent = NULL;

	lockdep_assert_held(&space->lock);

	while (*link) {
		parent = *link;
		if (region->start < rb_entry(parent, struct hm_region, node)->start)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&region->node, parent, link);
	rb_insert_color(&region->node, &space->regions);
	space->low = min(space->low, region->start);
	space->high = max(space->high, region->end);
	space->nr_regions++;
	space->reserved += (region->end - region->start) >> PAGE_SHIFT;
}

struct hm_pending *hm_space_pending(struct hm_space *space)
{
	struct hm_pending *pending;

	spin_lock(&space->lock);
	list_for_each_entry(pending, &space->pending, link)
		if (pending->task == current && pending->region)
			break;
	if (space->shut || list_entry_is_head(pending, &space->pending, link))
		pending = NULL;
	spin_unlock(&space->lock);
	return pending;
}

struct hm_region *hm_space_attach(struct hm_space *space,
				  struct hm_pending *pending,
				  struct vm_area_struct *vma)
{
	struct hm_region *region = pending->region;

	mmap_assert_write_locked(vma->vm_mm);

	/* Where NULL was asked for, the place is known only now. */
	region->end += vma->vm_start - region->start;
	region->start = vma->vm_start;
	region->vma = vma;

	spin_lock(&space->lock);
	region->serial = ++space->last_serial;
	pending->serial = region->serial;
	insert_region(space, region);
	pending->region = NULL;
	spin_unlock(&space->lock);
	return region;
}

/* Its neighbours' page tables may be here because of the region. */
static void hand_over_tables(struct hm_region *region)
{
	struct rb_node *near[] = { rb_prev(&region->node), rb_next(&region->node) };
	unsigned int i;

	hm_region_inherit_tables(region);
	for (i = 0; i < ARRAY_SIZE(near) && region->tables; i++)
		if (near[i])
			hm_region_hand_over_tables(region, rb_entry(near[i],
								    struct hm_region, node));
}

/* A region goes, and counts for nothing any more.  Return as hm_account_close(). */
static long remove_region(struct hm_space *space, struct hm_region *region)
{
	struct hm_account account;

	lockdep_assert_held(&space->lock);

	hand_over_tables(region);
	rb_erase(&region->node, &space->regions);
	space->nr_regions--;
	space->reserved -= (region->end - region->start) >> PAGE_SHIFT;
	account = hm_account_open(space, region);
	region->vma = NULL;
	region->committed = 0;
	region->resident = 0;
	region->hidden = 0;
	region->nr_reset = 0;
	region->tables = 0;
	region->metadata = 0;
	return hm_account_settle(&account);
}

void hm_space_detach(struct hm_space *space, struct hm_region *region)
{
	struct hm_batch batch;
	long pages;

	hm_batch_init(&batch);
	/* Who has found it may be at work in it; who comes later finds that it has gone. */
	mutex_lock(&region->lock);
	spin_lock(&space->lock);
	pages = remove_region(space, region);
	spin_unlock(&space->lock);
	mutex_unlock(&region->lock);

	hm_region_destroy(region, &batch);
	hm_batch_free(&batch);
	pages += hm_pinned_keep(space, &batch);
	hm_uncharge(&space->quota, -pages);
}

/* Map the device where the request wants it, for a region that is born by that. */
static unsigned long map_region(struct hm_space *space,
				const struct hm_alloc_request *req,
				unsigned long prot, u64 *serial)
{
	struct hm_batch batch;
	struct hm_pending pending = {
		.task = current,
		.top_down = req->top_down,
	};
	unsigned long flags = MAP_SHARED;
	unsigned long addr;

	pending.region = hm_region_create(req->start, req->end, req->protect);
	if (!pending.region)
		return -ENOBUFS;
	pending.region->watched = req->watched;
	pending.region->large = req->large;
	pending.region->pinnable = req->pinnable;

	spin_lock(&space->lock);
	list_add(&pending.link, &space->pending);
	spin_unlock(&space->lock);

	if (!req->anywhere)
		flags |= MAP_FIXED_NOREPLACE;
	addr = vm_mmap(space->file, req->start, req->end - req->start, prot,
		       flags, 0);

	spin_lock(&space->lock);
	list_del(&pending.link);
	spin_unlock(&space->lock);
	*serial = pending.serial;

	/* Where mmap has failed late, its region has come and gone. */
	if (pending.region) {
		hm_batch_init(&batch);
		hm_region_destroy(pending.region, &batch);
	}
	return addr;
}

/* What mmap's errors mean to the caller of a reserve. */
static int reserve_error(int err)
{
	switch (err) {
	case -EEXIST:				/* B5 */
	case -EPERM:				/* below mmap_min_addr */
		return -EADDRNOTAVAIL;
	case -ENOMEM:				/* A12 */
	case -EAGAIN:				/* RLIMIT_MEMLOCK, after mlockall() */
		return -ENOSPC;
	case -ENOBUFS:				/* our own memory */
		return -ENOMEM;
	default:
		return err;
	}
}

int hm_space_reserve(struct hm_space *space, const struct hm_alloc_request *req,
		     struct hm_place *place)
{
	const unsigned long prot = PROT_READ | PROT_WRITE;
	unsigned long addr;

	/* A VMA is memory, too, and its allocation kills where there is none. */
	if (!hm_memcg_leaves(0) && !(hm_pools_empty(true) && hm_memcg_leaves(0)))
		return -ENOMEM;
	/*
	 * The mapping may do all that a page may ever be given; a device that is
	 * mounted noexec, or a process that may not have both, can't offer that.
	 */
	addr = map_region(space, req, prot | PROT_EXEC, &place->serial);
	if (addr == -EPERM || addr == -EACCES)
		addr = map_region(space, req, prot, &place->serial);
	if (IS_ERR_VALUE(addr))
		return reserve_error(addr);
	place->start = addr;
	return 0;
}

/* From so many pages on it's worth it. */
#define UNMAP_PAGES	64

/*
 * munmap's own way to remove a PTE takes three times as long as ours.  Nobody finds the
 * region any more; should munmap fail, faults bring the PTEs back.
 */
static void unmap_pages(struct hm_space *space, struct hm_region *region)
{
	if (mmap_read_lock_killable(space->mm))
		return;
	mutex_lock(&region->lock);
	/* What has become part of a core dump is the kernel's to unmap. */
	if (region->vma && !region->large && !region->dumped &&
	    hm_space_is_mapped(region))
		hm_region_unmap(region, region->start, region->end);
	mutex_unlock(&region->lock);
	mmap_read_unlock(space->mm);
}

/*
 * Nobody finds the region any more.  @serial: of the one that is meant, or 0 for
 * whichever is there.
 */
static int begin_release(struct hm_space *space, unsigned long start, u64 serial,
			 struct hm_region **region)
{
	int err;

	spin_lock(&space->lock);
	*region = hm_space_find(space, start, start);
	err = hm_space_may_free(*region, start, start);
	if (!err && serial && (*region)->serial != serial)
		err = -ENOENT;
	if (!err) {
		WRITE_ONCE((*region)->releasing, true);
		hm_region_get(*region);
	}
	spin_unlock(&space->lock);
	return err;
}

/* If the mapping is still there, it couldn't go. */
static void end_release(struct hm_space *space, struct hm_region *region)
{
	spin_lock(&space->lock);
	WRITE_ONCE(region->releasing, false);
	spin_unlock(&space->lock);
	hm_region_put(region);
}

static int release(struct hm_space *space, unsigned long start, u64 serial)
{
	struct hm_region *region;
	int err;

	err = begin_release(space, start, serial, &region);
	if (err) {
		trace_hm_release(space->id, start, start, 0, err);
		return err;
	}
	if (READ_ONCE(region->committed) >= UNMAP_PAGES)
		unmap_pages(space, region);
	/* The region dies in its VMA's close; only then is the range free. */
	err = vm_munmap(start, region->end - region->start);
	if (err == -EPERM)
		err = -EACCES;			/* the mapping is sealed */
	trace_hm_release(space->id, start, region->end, 0, err);
	end_release(space, region);
	return err;
}

static int release_and_tell(struct hm_space *space, unsigned long start,
			    u64 serial)
{
	int err;

	if (down_read_killable(&space->freeing))
		return -EINTR;
	err = release(space, start, serial);
	up_read(&space->freeing);
	return err;
}

int hm_space_release(struct hm_space *space, unsigned long start)
{
	return release_and_tell(space, start, 0);
}

/*
 * munmap wants some memory for its own books, and only for a moment: the page
 * allocator all but never refuses it.
 */
int hm_space_give_back(struct hm_space *space, const struct hm_place *place)
{
	int err;

	do {
		cond_resched();
		err = release_and_tell(space, place->start, place->serial);
	} while (err == -ENOMEM && !fatal_signal_pending(current));
	return err;
}

/* Where the first region from an address on begins, be it that others release it. */
static bool find_next(struct hm_space *space, unsigned long *start)
{
	struct hm_region *region;

	spin_lock(&space->lock);
	region = hm_space_first(space, *start);
	if (region)
		*start = region->start;
	spin_unlock(&space->lock);
	return region;
}

int hm_space_shutdown(struct hm_space *space)
{
	unsigned long start;
	int err, failed = 0;
	bool again;

	/* A reservation in its mmap handler is attached before this, or never. */
	if (mmap_write_lock_killable(space->mm))
		return -EINTR;
	spin_lock(&space->lock);
	again = space->shut;
	WRITE_ONCE(space->shut, true);
	spin_unlock(&space->lock);
	mmap_write_unlock(space->mm);

	hm_charge_cancel(&space->quota);
	hm_pool_close(READ_ONCE(space->pool));
	for (start = 0; find_next(space, &start); start++) {
		err = hm_space_give_back(space, &(struct hm_place) { start, 0 });
		/* Another thread may just have released it. */
		if (err && err != -ENOENT)
			failed = err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	/* What is left, other threads are just releasing. */
	if (down_write_killable(&space->freeing))
		return -EINTR;
	up_write(&space->freeing);
	return again ? -ESHUTDOWN : failed;
}
