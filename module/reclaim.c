// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim of pages that MEM_RESET has given up (rules R1-R14).
 *
 * The kernel calls the shrinker when it runs short of memory, from whatever
 * thread needs some, and maybe with any lock of ours held by that very thread:
 * so reclaim only ever tries locks, and passes over what is busy.  space->lock it may
 * take, for nobody asks for memory who has it.  Before it kills a process it calls again.
 */
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "account.h"
#include "backing.h"
#include "compat.h"
#include "reclaim.h"
#include "space.h"
#include "trace.h"

/* The region with reset pages whose turn it is, with a reference; NULL: there is none. */
static struct hm_region *next_region(struct hm_space *space)
{
	struct hm_region *region;

	spin_lock(&space->lock);
	region = list_first_entry_or_null(&space->reset_regions, struct hm_region,
					  reset_link);
	if (region) {
		list_move_tail(&region->reset_link, &space->reset_regions);
		hm_region_get(region);
	}
	spin_unlock(&space->lock);
	return region;
}

static void reclaim_region(struct hm_space *space, struct hm_region *region,
			   struct hm_scan *scan)
{
	struct hm_account account;

	if (!mutex_trylock(&region->lock)) {
		scan->missed = true;
		return;
	}
	if (region->nr_reset && region->vma && hm_space_is_mapped(region)) {
		account = hm_account_open(space, region);
		hm_region_reclaim(region, scan);
		hm_account_close(&account);
	}
	mutex_unlock(&region->lock);
}

/* So many regions may be busy, or have written all their pages, in one go. */
#define MAX_REGIONS	64

static void reclaim_regions(struct hm_space *space, struct hm_scan *scan)
{
	struct hm_region *region, *first = NULL;
	unsigned int i;

	for (i = 0; i < MAX_REGIONS && scan->nr_scanned < scan->nr_to_scan; i++) {
		region = next_region(space);
		if (!region || region == first) {
			if (region)
				hm_region_put(region);
			break;
		}
		first = first ?: region;
		reclaim_region(space, region, scan);
		hm_region_put(region);
	}
	scan->missed |= i == MAX_REGIONS;
}

/*
 * The address space may be on its way out: then its memory comes anyway.  Or it may
 * have page tables of its own elsewhere, as a virtual machine has: then a page may
 * have been written that our PTE calls clean.  Whoever makes such tables registers
 * with mmap_lock held for writing: so it is under that lock that the answer lasts.
 */
static void reclaim_space(struct hm_space *space, struct hm_scan *scan)
{
	struct mm_struct *mm = space->mm;

	if (mm_has_notifiers(mm) || !mmget_not_zero(mm))
		return;
	if (mmap_read_trylock(mm)) {
		if (!mm_has_notifiers(mm))
			reclaim_regions(space, scan);
		mmap_read_unlock(mm);
	} else {
		scan->missed = true;
	}
	mmput_async(mm);
}

static unsigned long reclaim_count(struct shrinker *shrinker,
				   struct shrink_control *control)
{
	return hm_spaces_nr_reset() ?: SHRINK_EMPTY;
}

/* So many spaces may be busy, or have written all their pages, in one go. */
#define MAX_SPACES	64

/* Pages that have been reclaimed so far, by whichever thread. */
static atomic_long_t all_reclaimed = ATOMIC_LONG_INIT(0);

static void reclaim(struct hm_scan *scan)
{
	struct hm_space *space, *first = NULL;
	unsigned int i;

	hm_batch_init(&scan->batch);
	for (i = 0; i < MAX_SPACES && scan->nr_scanned < scan->nr_to_scan; i++) {
		space = hm_space_next_reset();
		if (!space || space == first) {
			hm_space_put(space);
			break;
		}
		first = first ?: space;
		reclaim_space(space, scan);
		hm_space_put(space);
		cond_resched();
	}
	scan->missed |= i == MAX_SPACES;
	hm_batch_drop(&scan->batch);
	atomic_long_add(scan->reclaimed, &all_reclaimed);
	hm_report_reclaimed(scan->reclaimed);
	trace_hm_reclaim(scan->nr_to_scan, scan->nr_scanned, scan->found, scan->reclaimed);
}

static unsigned long reclaim_scan(struct shrinker *shrinker,
				  struct shrink_control *control)
{
	struct hm_scan scan = {
		.nr_to_scan = control->nr_to_scan,
	};

	reclaim(&scan);
	control->nr_scanned = min(scan.found, control->nr_to_scan);
	return scan.found ? scan.reclaimed : SHRINK_STOP;
}

/* It may be the caller itself who has the lock: so the kernel doesn't wait for long. */
#define LAST_LOOKS	25
/* More than whoever waits for memory is short of. */
#define LAST_PAGES	512

/*
 * The kernel is about to kill a process for its memory.  What was busy when the shrinker
 * came, be it that another thread was about to give it up, a moment later isn't: so look
 * again, and yet again.  What has been freed meanwhile counts, whoever did it, and nothing
 * else: who resets pages and takes that back all the time mustn't keep the kernel from it.
 */
static int reclaim_at_last(struct notifier_block *self, unsigned long unused,
			   void *freed)
{
	long before = atomic_long_read(&all_reclaimed), pages = 0;
	unsigned int i;

	for (i = 0; i < LAST_LOOKS && hm_spaces_nr_reset(); i++) {
		struct hm_scan scan = {
			.nr_to_scan = LAST_PAGES,
		};

		reclaim(&scan);
		pages = atomic_long_read(&all_reclaimed) - before;
		if (pages || !scan.missed)
			break;
		schedule_timeout_killable(1);
	}
	*(unsigned long *)freed += pages;
	return NOTIFY_OK;
}

static struct hm_shrinker shrinker;
static struct notifier_block oom_notifier = {
	.notifier_call = reclaim_at_last,
};

int hm_reclaim_init(void)
{
	int err;

	err = hm_shrinker_register(&shrinker, "hostmem", 0, 0, reclaim_count,
				   reclaim_scan);
	if (err)
		return err;
	err = register_oom_notifier(&oom_notifier);
	if (err)
		hm_shrinker_unregister(&shrinker);
	return err;
}

void hm_reclaim_exit(void)
{
	unregister_oom_notifier(&oom_notifier);
	hm_shrinker_unregister(&shrinker);
}
