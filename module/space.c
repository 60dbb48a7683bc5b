// SPDX-License-Identifier: GPL-2.0
/*
 * Spaces: finding, reserving, committing and freeing regions.  See space.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "backing.h"
#include "charge.h"
#include "compat.h"
#include "foreign.h"
#include "space.h"
#include "supply.h"

struct hm_space *hm_space_create(struct file *file)
{
	struct hm_space *space;

	space = kzalloc(sizeof(*space), GFP_KERNEL_ACCOUNT);
	if (!space)
		return ERR_PTR(-ENOMEM);
	space->file = file;
	space->mm = current->mm;
	mmgrab(space->mm);
	mutex_init(&space->lock);
	space->regions = RB_ROOT;
	INIT_LIST_HEAD(&space->births);
	return space;
}

void hm_space_destroy(struct hm_space *space)
{
	WARN_ON_ONCE(!RB_EMPTY_ROOT(&space->regions));
	WARN_ON_ONCE(space->nr_regions || space->reserved || space->committed);
	mmdrop(space->mm);
	kfree(space);
}

bool hm_space_is_current(const struct hm_space *space)
{
	return space->mm == current->mm;
}

static struct hm_region *lookup(struct hm_space *space, unsigned long addr)
{
	struct rb_node *node = space->regions.rb_node;

	lockdep_assert_held(&space->lock);

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

/* The region that an address lies in, unless it is being released. */
static struct hm_region *find_region(struct hm_space *space, unsigned long addr)
{
	struct hm_region *region = lookup(space, addr);

	return region && !region->releasing ? region : NULL;
}

/* The region that all of a range lies in (rules C2-C4). */
static struct hm_region *find_region_of_range(struct hm_space *space,
					      unsigned long start,
					      unsigned long end)
{
	struct hm_region *region = find_region(space, start);

	return region && end <= region->end ? region : NULL;
}

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
	space->nr_regions++;
	space->reserved += (region->end - region->start) >> PAGE_SHIFT;
}

static void account_commit(struct hm_space *space, long pages)
{
	lockdep_assert_held(&space->lock);

	space->committed += pages;
	hm_mm_add_rss(space->mm, pages);
}

/*
 * Reserving
 */

struct hm_birth *hm_space_birth(struct hm_space *space)
{
	struct hm_birth *birth;

	mutex_lock(&space->lock);
	list_for_each_entry(birth, &space->births, link)
		if (birth->task == current)
			break;
	if (list_entry_is_head(birth, &space->births, link))
		birth = NULL;
	mutex_unlock(&space->lock);
	return birth;
}

struct hm_region *hm_space_attach(struct hm_space *space,
				  struct hm_birth *birth,
				  struct vm_area_struct *vma)
{
	struct hm_region *region = birth->region;

	mmap_assert_write_locked(vma->vm_mm);

	/* Where NULL was asked for, the place is known only now. */
	region->end += vma->vm_start - region->start;
	region->start = vma->vm_start;
	region->vma = vma;

	mutex_lock(&space->lock);
	insert_region(space, region);
	birth->region = NULL;
	mutex_unlock(&space->lock);
	return region;
}

void hm_space_detach(struct hm_space *space, struct hm_region *region)
{
	struct hm_discard discard = HM_DISCARD_INIT(discard);
	unsigned long committed;

	mutex_lock(&space->lock);
	committed = region->committed;
	rb_erase(&region->node, &space->regions);
	space->nr_regions--;
	space->reserved -= (region->end - region->start) >> PAGE_SHIFT;
	account_commit(space, -committed);
	mutex_unlock(&space->lock);

	hm_region_destroy(region, &discard);
	hm_discard_free(&discard);
	hm_uncharge(committed);
}

/*
 * Map the device where the request wants it.  The mapping may do all that a
 * page may ever be given; a device that is mounted noexec can't offer that.
 */
static unsigned long map_region(struct hm_space *space,
				const struct hm_alloc_request *req)
{
	unsigned long flags = MAP_SHARED;
	unsigned long addr;

	if (!req->anywhere)
		flags |= MAP_FIXED_NOREPLACE;
	addr = vm_mmap(space->file, req->start, req->end - req->start,
		       PROT_READ | PROT_WRITE | PROT_EXEC, flags, 0);
	if (addr == -EPERM || addr == -EACCES)
		addr = vm_mmap(space->file, req->start, req->end - req->start,
			       PROT_READ | PROT_WRITE, flags, 0);
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
		return -ENOSPC;
	default:
		return err;
	}
}

static int reserve(struct hm_space *space, const struct hm_alloc_request *req,
		   unsigned long *start)
{
	struct hm_discard discard = HM_DISCARD_INIT(discard);
	struct hm_birth birth = {
		.task = current,
		.top_down = req->top_down,
	};
	unsigned long addr;

	birth.region = hm_region_create(req->start, req->end, req->protect);
	if (!birth.region)
		return -ENOMEM;

	mutex_lock(&space->lock);
	list_add(&birth.link, &space->births);
	mutex_unlock(&space->lock);

	addr = map_region(space, req);

	mutex_lock(&space->lock);
	list_del(&birth.link);
	mutex_unlock(&space->lock);

	if (birth.region)
		hm_region_destroy(birth.region, &discard);
	if (IS_ERR_VALUE(addr))
		return reserve_error(addr);
	*start = addr;
	return 0;
}

/*
 * Committing
 */

/*
 * Lock the address space, the VMA of a range, and the space, in that order: a
 * fault that holds the VMA's lock may be waiting for ours.
 */
static int lock_for_commit(struct hm_space *space, unsigned long start)
{
	struct vm_area_struct *vma;

	if (mmap_write_lock_killable(space->mm))
		return -EINTR;
	vma = find_vma(space->mm, start);
	if (vma && vma->vm_file == space->file)
		hm_vm_flags_set(vma, VM_PFNMAP);
	mutex_lock(&space->lock);
	return 0;
}

static void unlock_for_commit(struct hm_space *space)
{
	mutex_unlock(&space->lock);
	mmap_write_unlock(space->mm);
}

/* How many pages the commit will have to charge. */
static int count_needed(struct hm_space *space, unsigned long start,
			unsigned long end, unsigned long *pages)
{
	struct hm_region *region;

	mutex_lock(&space->lock);
	region = find_region_of_range(space, start, end);
	if (region)
		*pages = hm_region_reserved_pages(region, start, end);
	mutex_unlock(&space->lock);
	return region ? 0 : -EADDRNOTAVAIL;
}

/* Get memory ready for what is reserved in a range: at most @charged pages. */
static int prepare(struct hm_space *space, const struct hm_alloc_request *req,
		   unsigned long start, unsigned long end,
		   unsigned long charged, struct hm_supply *supply)
{
	struct hm_region *region;
	int err = -EADDRNOTAVAIL;

	mutex_lock(&space->lock);
	region = find_region_of_range(space, start, end);
	if (region) {
		err = -EAGAIN;
		if (hm_region_reserved_pages(region, start, end) <= charged)
			err = hm_region_survey(region, start, end, req->want,
					       supply);
	}
	mutex_unlock(&space->lock);
	return err ?: hm_supply_fill(supply);
}

/* Move the supply into the region: all pages of the range or none. */
static int install(struct hm_space *space, const struct hm_alloc_request *req,
		   unsigned long start, unsigned long end,
		   struct hm_supply *supply, struct hm_discard *discard,
		   unsigned long *committed)
{
	struct hm_region *region;
	unsigned long before;
	int err;

	err = lock_for_commit(space, start);
	if (err)
		return err;
	region = find_region_of_range(space, start, end);
	if (!region) {
		err = -EADDRNOTAVAIL;
	} else if (hm_state_allows(req->want, HM_EXEC) &&
		   !(region->vma->vm_flags & VM_EXEC)) {
		err = -EACCES;
	} else {
		before = region->committed;
		err = hm_region_commit(region, start, end, req->want, supply,
				       discard);
		*committed = region->committed - before;
		account_commit(space, *committed);
	}
	unlock_for_commit(space);
	return err;
}

/*
 * One attempt: charge, allocate, install.  -EAGAIN if other threads have
 * changed the range meanwhile so that it needs more than was got ready.
 */
static int try_commit(struct hm_space *space,
		      const struct hm_alloc_request *req,
		      unsigned long start, unsigned long end)
{
	struct hm_discard discard = HM_DISCARD_INIT(discard);
	struct hm_supply supply = HM_SUPPLY_INIT(supply);
	unsigned long charged, used = 0;
	int err;

	err = count_needed(space, start, end, &charged);
	if (err)
		return err;
	err = hm_charge(charged, req->level);
	if (err)
		return err;
	err = prepare(space, req, start, end, charged, &supply);
	if (!err)
		err = install(space, req, start, end, &supply, &discard, &used);
	hm_supply_drop(&supply, &discard);
	hm_discard_free(&discard);
	hm_uncharge(charged - used);
	return err;
}

static int commit(struct hm_space *space, const struct hm_alloc_request *req,
		  unsigned long start, unsigned long end)
{
	int err;

	do {
		err = try_commit(space, req, start, end);
		if (err == -EAGAIN && fatal_signal_pending(current))
			return -EINTR;
	} while (err == -EAGAIN);
	return err;
}

/*
 * Freeing
 */

/* The region that a free means, by rules F3-F10. */
static struct hm_region *find_region_to_free(struct hm_space *space,
					     const struct hm_free_request *req)
{
	struct hm_region *region = find_region(space, req->start);

	if (!region)
		return ERR_PTR(-ENOENT);			/* F5 */
	if (req->start == req->end && req->start != region->start)
		return ERR_PTR(-EADDRNOTAVAIL);			/* F4, F7 */
	if (req->end > region->end)
		return ERR_PTR(-EINVAL);			/* F10 */
	return region;
}

/*
 * munmap takes a VMA out of the address space with mmap_lock held for writing,
 * but tears its page tables down with the lock held for reading, before the
 * region hears of it.  Whoever holds it for reading, too, has to look.
 */
static bool is_mapped(struct hm_space *space, struct hm_region *region)
{
	mmap_assert_locked(space->mm);
	return find_vma(space->mm, region->start) == region->vma;
}

static int decommit(struct hm_space *space, const struct hm_free_request *req)
{
	struct hm_discard discard = HM_DISCARD_INIT(discard);
	struct hm_region *region;
	unsigned long pages = 0;

	if (mmap_read_lock_killable(space->mm))
		return -EINTR;
	mutex_lock(&space->lock);
	region = find_region_to_free(space, req);
	if (!IS_ERR(region) && !is_mapped(space, region))
		region = ERR_PTR(-ENOENT);
	if (!IS_ERR(region)) {
		bool whole = req->start == req->end;		/* F6 */

		pages = hm_region_decommit(region, req->start,
					   whole ? region->end : req->end,
					   &discard);
		account_commit(space, -pages);
	}
	mutex_unlock(&space->lock);
	mmap_read_unlock(space->mm);

	hm_discard_free(&discard);
	hm_uncharge(pages);
	return PTR_ERR_OR_ZERO(region);
}

static int release(struct hm_space *space, unsigned long start)
{
	const struct hm_free_request req = { .start = start, .end = start };
	struct hm_region *region;
	unsigned long size = 0;
	int err;

	mutex_lock(&space->lock);
	region = find_region_to_free(space, &req);
	if (!IS_ERR(region)) {
		region->releasing = true;
		size = region->end - region->start;
	}
	mutex_unlock(&space->lock);
	if (IS_ERR(region))
		return PTR_ERR(region);

	/* The region dies in its VMA's close; only then is the range free. */
	err = vm_munmap(start, size);
	if (!err)
		return 0;

	mutex_lock(&space->lock);
	region = lookup(space, start);
	if (region)
		region->releasing = false;
	mutex_unlock(&space->lock);
	return err == -EPERM ? -EACCES : err;	/* the mapping is sealed */
}

/*
 * The calls
 */

int hm_space_alloc(struct hm_space *space, const struct hm_alloc_request *req,
		   unsigned long *addr)
{
	unsigned long start = req->start;
	int err;

	if (req->reserve) {
		err = reserve(space, req, &start);
		if (err)
			return err;
	}
	if (req->commit) {
		err = commit(space, req, start, start + (req->end - req->start));
		if (err && req->reserve)
			release(space, start);
		if (err)
			return err;
	}
	*addr = start;
	return 0;
}

int hm_space_free(struct hm_space *space, const struct hm_free_request *req)
{
	return req->release ? release(space, req->start) : decommit(space, req);
}

int hm_space_query(struct hm_space *space, unsigned long addr,
		   struct hostmem_memory_info *info)
{
	struct hm_region *region;

	mutex_lock(&space->lock);
	region = find_region(space, addr);
	if (region)
		hm_region_query(region, addr, info);
	mutex_unlock(&space->lock);
	return region ? 0 : hm_foreign_query(space->mm, addr, info);
}

void hm_space_status(struct hm_space *space, struct hostmem_status *status)
{
	mutex_lock(&space->lock);
	status->out_regions = space->nr_regions;
	status->out_reserved_bytes = space->reserved << PAGE_SHIFT;
	status->out_committed_bytes = space->committed << PAGE_SHIFT;
	mutex_unlock(&space->lock);
	status->out_total_committed_bytes = hm_charged_pages() << PAGE_SHIFT;
	status->out_commit_limit_bytes = hm_charge_limit_pages() << PAGE_SHIFT;
}

vm_fault_t hm_space_fault(struct hm_space *space, struct hm_region *region,
			  unsigned long addr, enum hm_access access)
{
	vm_fault_t ret = VM_FAULT_SIGSEGV;

	mutex_lock(&space->lock);
	if (hm_region_may(region, addr, access))
		ret = hm_region_map_page(region, addr);
	mutex_unlock(&space->lock);
	return ret;
}

bool hm_space_may_write(struct hm_space *space, struct hm_region *region,
			unsigned long addr)
{
	bool may;

	mutex_lock(&space->lock);
	may = hm_region_may(region, addr, HM_WRITE);
	mutex_unlock(&space->lock);
	return may;
}
