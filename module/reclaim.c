// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim of pages that MEM_RESET has given up (rules R1-R14).
 *
 * The kernel calls the shrinker when it runs short of memory, from whatever
 * thread needs some, and maybe with any lock of ours held by that very thread:
 * so reclaim only ever tries locks, and passes over what is busy.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>

#include "backing.h"
#include "compat.h"
#include "reclaim.h"
#include "space.h"

static unsigned long reclaim_regions(struct hm_space *space, unsigned long want,
				     struct hm_discard *discard)
{
	unsigned long taken = 0;
	struct rb_node *node;

	for (node = rb_first(&space->regions); node; node = rb_next(node)) {
		struct hm_account account;
		struct hm_region *region;

		region = rb_entry(node, struct hm_region, node);
		if (!region->nr_reset || !hm_space_is_mapped(space, region))
			continue;
		account = hm_account_open(space, region);
		taken += hm_region_reclaim(region, want - taken, discard);
		hm_account_close(&account);
		if (taken >= want)
			break;
	}
	return taken;
}

/* The address space may be on its way out: then its memory comes anyway. */
static unsigned long reclaim_space(struct hm_space *space, unsigned long want)
{
	struct hm_discard discard = HM_DISCARD_INIT(discard);
	struct mm_struct *mm = space->mm;
	unsigned long taken = 0;

	if (!mmget_not_zero(mm))
		return 0;
	if (mmap_read_trylock(mm)) {
		if (mutex_trylock(&space->lock)) {
			taken = reclaim_regions(space, want, &discard);
			mutex_unlock(&space->lock);
		}
		mmap_read_unlock(mm);
	}
	mmput_async(mm);
	hm_discard_free(&discard);
	return taken;
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
	unsigned long taken = 0;
	struct hm_space *space;

	if (!mutex_trylock(&hm_spaces_lock))
		return SHRINK_STOP;
	list_for_each_entry(space, &hm_spaces, all) {
		taken += reclaim_space(space, control->nr_to_scan - taken);
		if (taken >= control->nr_to_scan)
			break;
	}
	mutex_unlock(&hm_spaces_lock);
	return taken ?: SHRINK_STOP;
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
