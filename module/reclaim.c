// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim of pages that MEM_RESET has given up (rules R1-R14).
 *
 * The kernel calls the shrinker when it runs short of memory, from whatever
 * thread needs some, and maybe with any lock of ours held by that very thread:
 * so reclaim only ever tries locks, and passes over what is busy.
 */
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
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
 * have been written that our PTE calls clean.  Whoever makes such tables registers
 * with mmap_lock held for writing: so it is under that lock that the answer lasts.
 */
static void reclaim_space(struct hm_space *space, struct hm_scan *scan)
{
	struct mm_struct *mm = space->mm;

	if (mm_has_notifiers(mm) || !mmget_not_zero(mm))
		return;
	if (mmap_read_trylock(mm)) {
		if (!mm_has_notifiers(mm) && mutex_trylock(&space->lock)) {
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
	return hm_spaces_nr_reset() ?: SHRINK_EMPTY;
}

/* So many spaces may be busy, or have written all their pages, in one go. */
#define MAX_SPACES	64

static unsigned long reclaim_scan(struct shrinker *shrinker,
				  struct shrink_control *control)
{
	struct hm_scan scan = {
		.nr_to_scan = control->nr_to_scan,
	};
	struct hm_space *space, *first = NULL;
	unsigned int i;

	hm_batch_init(&scan.batch);
	for (i = 0; i < MAX_SPACES && scan.nr_scanned < scan.nr_to_scan; i++) {
		space = hm_space_next_reset();
		if (!space || space == first) {
			hm_space_put(space);
			break;
		}
		first = first ?: space;
		reclaim_space(space, &scan);
		hm_space_put(space);
		cond_resched();
	}
	hm_batch_drop(&scan.batch);
	control->nr_scanned = min(scan.found, control->nr_to_scan);
	return scan.found ? scan.reclaimed : SHRINK_STOP;
}

static struct hm_shrinker shrinker;

int hm_reclaim_init(void)
{
	return hm_shrinker_register(&shrinker, "hostmem", 0, 0, reclaim_count,
				    reclaim_scan);
}

void hm_reclaim_exit(void)
{
	hm_shrinker_unregister(&shrinker);
}
