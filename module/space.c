// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces: their life, and their regions by address.  See space.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "charge.h"
#include "compat.h"
#include "gfp.h"
#include "pool.h"
#include "space.h"

/* Spaces with reset pages, in the order in which it is their turn. */
static LIST_HEAD(reset_spaces);
static DEFINE_SPINLOCK(reset_lock);
static atomic_long_t nr_reset_pages = ATOMIC_LONG_INIT(0);

/* Files that are open. */
static atomic_t nr_spaces = ATOMIC_INIT(0);

/* A number that no open file has, unless one stays open while all others come. */
static u32 new_id(void)
{
	static atomic_t last = ATOMIC_INIT(0);
	u32 id;

	do {
		id = atomic_inc_return(&last);
	} while (!id);
	return id;
}

struct hm_space *hm_space_create(struct file *file)
{
	struct hm_space *space;

	space = kzalloc(sizeof(*space), HM_GFP);
	if (!space)
		return ERR_PTR(-ENOMEM);
	space->file = file;
	space->id = new_id();
	space->mm = current->mm;
	mmgrab(space->mm);
	spin_lock_init(&space->lock);
	init_rwsem(&space->committing);
	init_rwsem(&space->freeing);
	space->regions = RB_ROOT;
	space->low = ULONG_MAX;
	INIT_LIST_HEAD(&space->pending);
	INIT_LIST_HEAD(&space->guard_hits);
	INIT_LIST_HEAD(&space->reset_regions);
	INIT_LIST_HEAD(&space->reset_link);
	init_waitqueue_head(&space->pollers.queue);
	INIT_LIST_HEAD(&space->polled);
	mutex_init(&space->held.lock);
	INIT_LIST_HEAD(&space->held.folios);
	INIT_LIST_HEAD(&space->held.link);
	refcount_set(&space->refs, 1);
	hm_charge_open(&space->quota, &space->pollers);
	atomic_inc(&nr_spaces);
	return space;
}

void hm_space_destroy(struct hm_space *space)
{
	WARN_ON_ONCE(!RB_EMPTY_ROOT(&space->regions));
	WARN_ON_ONCE(!list_empty(&space->guard_hits));
	WARN_ON_ONCE(space->nr_regions || space->reserved || space->committed);
	WARN_ON_ONCE(space->tables || space->metadata || space->extra);
	WARN_ON_ONCE(space->nr_reset || !list_empty(&space->reset_regions));
	hm_pool_close(space->pool);
	atomic_dec(&nr_spaces);
	hm_space_put(space);
}

void hm_space_put(struct hm_space *space)
{
	if (!space || !refcount_dec_and_test(&space->refs))
		return;
	hm_charge_close(&space->quota);
	hm_pool_put(space->pool);
	mmdrop(space->mm);
	kfree(space);
}

unsigned long hm_spaces_nr(void)
{
	return atomic_read(&nr_spaces);
}

int hm_space_prepare(struct hm_space *space, u64 bytes)
{
	struct hm_pool *pool = READ_ONCE(space->pool), *before;

	if (!pool) {
		if (!bytes)
			return 0;
		pool = hm_pool_create(space->mm);
		if (!pool)
			return -ENOMEM;
		before = cmpxchg(&space->pool, NULL, pool);
		if (before) {
			/* Another thread has been first. */
			hm_pool_put(pool);
			pool = before;
		}
	}
	/* A shutdown that can't be seen yet will close the pool. */
	if (READ_ONCE(space->shut))
		return -ECANCELED;
	return hm_pool_configure(pool, bytes >> PAGE_SHIFT);
}

/*
 * Spaces with reset pages
 */

unsigned long hm_spaces_nr_reset(void)
{
	return max(atomic_long_read(&nr_reset_pages), 0l);
}

struct hm_space *hm_space_next_reset(void)
{
	struct hm_space *space;

	spin_lock(&reset_lock);
	space = list_first_entry_or_null(&reset_spaces, struct hm_space,
					 reset_link);
	if (space) {
		list_move_tail(&space->reset_link, &reset_spaces);
		refcount_inc(&space->refs);
	}
	spin_unlock(&reset_lock);
	return space;
}

/* Who has reset pages gets his turn; who has none any more is never in the way. */
void hm_space_add_reset(struct hm_space *space, struct hm_region *region, long pages)
{
	lockdep_assert_held(&space->lock);

	if (list_empty(&region->reset_link) != !region->nr_reset) {
		if (region->nr_reset)
			list_add_tail(&region->reset_link, &space->reset_regions);
		else
			list_del_init(&region->reset_link);
	}
	space->nr_reset += pages;
	atomic_long_add(pages, &nr_reset_pages);
	if (list_empty(&space->reset_link) != !space->nr_reset) {
		spin_lock(&reset_lock);
		if (space->nr_reset)
			list_add_tail(&space->reset_link, &reset_spaces);
		else
			list_del_init(&space->reset_link);
		spin_unlock(&reset_lock);
	}
}

bool hm_space_is_current(const struct hm_space *space)
{
	return space->mm == current->mm;
}

/*
 * Finding
 */

struct hm_region *hm_space_lookup(struct hm_space *space, unsigned long addr)
{
	struct rb_node *node = space->regions.rb_node;

	lockdep_assert_held(&space->lock);

	/* Queries of others' memory mostly end here. */
	if (addr < space->low || addr >= space->high)
		return NULL;
	while (node) {
		struct hm_region *region;

		region = rb_entry(node, struct hm_region, node);
		if (addr < region->start)
			node = node->rb_left;
		else if (addr >= region->end)
			node = node->rb_right;
		else
			return region;
	}
	return NULL;
}

struct hm_region *hm_space_first(struct hm_space *space, unsigned long start)
{
	struct rb_node *node = space->regions.rb_node;
	struct hm_region *region, *found = NULL;

	lockdep_assert_held(&space->lock);

	while (node) {
		region = rb_entry(node, struct hm_region, node);
		if (region->start >= start) {
			found = region;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

struct hm_region *hm_space_find(struct hm_space *space, unsigned long start,
				unsigned long end)
{
	struct hm_region *region = hm_space_lookup(space, start);

	if (!region || !hm_region_is_open(region) || end > region->end)
		return NULL;
	return region;
}

struct hm_region *hm_space_find_mapped(struct hm_space *space,
				       unsigned long start, unsigned long end)
{
	struct hm_region *region;

	spin_lock(&space->lock);
	region = hm_space_find(space, start, end);
	if (region && !hm_space_is_mapped(region))
		region = NULL;
	spin_unlock(&space->lock);
	return region;
}

struct hm_region *hm_space_lock_found(struct hm_space *space,
				      unsigned long start, unsigned long end)
{
	struct hm_region *region;

	spin_lock(&space->lock);
	region = hm_space_find(space, start, end);
	if (region)
		hm_region_get(region);
	spin_unlock(&space->lock);
	if (!region)
		return NULL;
	mutex_lock(&region->lock);
	if (hm_region_is_open(region))
		return region;
	hm_space_unlock_found(region);
	return NULL;
}

void hm_space_unlock_found(struct hm_region *region)
{
	mutex_unlock(&region->lock);
	hm_region_put(region);
}

bool hm_space_is_mapped(const struct hm_region *region)
{
	return hm_vma_is_attached(region->vma);
}

struct hm_space *hm_space_of_vma(const struct hm_space *space,
				 const struct vm_area_struct *vma)
{
	mmap_assert_locked(vma->vm_mm);

	/* All files of the device have the same operations; see mapping.c. */
	if (!vma->vm_file || vma->vm_file->f_op != space->file->f_op ||
	    !vma->vm_private_data)
		return NULL;
	return vma->vm_file->private_data;
}

int hm_space_may_free(const struct hm_region *region, unsigned long start,
		      unsigned long end)
{
	if (!region)
		return -ENOENT;					/* F5 */
	if (start == end && start != region->start)
		return -EADDRNOTAVAIL;				/* F4, F7 */
	if (end > region->end)
		return -EINVAL;					/* F10 */
	return 0;
}

int hm_space_may_have(const struct hm_region *region, hm_state_t want,
		      bool large)
{
	if (!region || region->large != large || (large && region->committed))
		return -EADDRNOTAVAIL;
	if (userfaultfd_armed(region->vma))
		return -EACCES;
	if (hm_state_allows(hm_state_clear_guard(want), HM_EXEC) &&
	    !region->executable)
		return -EACCES;
	return 0;
}

/*
 * Locking
 */

void hm_space_lock_vma(struct hm_region *region)
{
	/* While we have the address space, its VMA stays.  It has the flag already. */
	if (region->vma)
		hm_vm_flags_set(region->vma, VM_DONTEXPAND);
	mutex_lock(&region->lock);
}
