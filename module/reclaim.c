// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim of pages that MEM_RESET has given up (rules R1-R14).
 *
 * The kernel calls the shrinker when it runs short of memory, from whatever
 * thread needs some, and maybe with any lock of ours held by that very thread:
 * so reclaim only ever tries locks, and passes over what is busy.
 */
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

#include "backing.h"
#include "compat.h"
#include "reclaim.h"
#include "space.h"

static void reclaim_regions(struct hm_space *space, struct hm_scan *scan)
{
	struct rb_node *node;

	for (node = rb_first(&space->regions); node; node = rb_next(node)) {
		struct hm_account account;
		struct hm_region *region;

		region = rb_entry(node, struct hm_region, node);
		if (!region->nr_reset || !hm_space_is_mapped(space, region))
			continue;
		account = hm_account_open(space, region);
		hm_region_reclaim(region, scan);
		hm_account_close(&account);
		if (scan->nr_scanned >= scan->nr_to_scan)
			break;
	}
}

/*
 * The address space may be on its way out: then its memory comes anyway.  Or it may
 * have page tables of its own elsewhere, as a virtual machine has: then a page may
 * have been written that our PTE calls clean.
 */
static void reclaim_space(struct hm_space *space, struct hm_scan *scan)
{
	struct mm_struct *mm = space->mm;

	if (mm_has_notifiers(mm) || !mmget_not_zero(mm))
		return;
	if (mmap_read_trylock(mm)) {
		if (mutex_trylock(&space->lock)) {
			reclaim_regions(space, scan);
			mutex_unlock(&space->lock);
		}
		mmap_read_unlock(mm);
	}
	mmput_async(mm);
}

static unsigned long reclaim_count(struct shrinker *shrinker,
				   struct shrink_control *control)
{
	long pages = atomic_long_read(&hm_spaces_nr_reset);

	return pages > 0 ? pages : SHRINK_EMPTY;
}

static unsigned long reclaim_scan(struct shrinker *shrinker,
				  struct shrink_control *control)
{
	struct hm_scan scan = {
		.nr_to_scan = control->nr_to_scan,
	};
	struct hm_space *space;

	hm_batch_init(&scan.batch);
	if (!mutex_trylock(&hm_spaces_lock))
		return SHRINK_STOP;
	list_for_each_entry(space, &hm_spaces, all) {
		reclaim_space(space, &scan);
		if (scan.nr_scanned >= scan.nr_to_scan)
			break;
	}
	mutex_unlock(&hm_spaces_lock);
	hm_batch_free(&scan.batch);
	control->nr_scanned = min(scan.found, control->nr_to_scan);
	return scan.found ? scan.reclaimed : SHRINK_STOP;
}

static struct hm_shrinker shrinker;

int hm_reclaim_init(void)
{
	return hm_shrinker_register(&shrinker, "hostmem", reclaim_count,
				    reclaim_scan);
}

void hm_reclaim_exit(void)
{
	hm_shrinker_unregister(&shrinker);
}
