// SPDX-License-Identifier: GPL-2.0
/*
 * What the caller's memory cgroup leaves to it.  See memcg.h.
 */
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sizes.h>

#include "gfp.h"
#include "memcg.h"

/* Left to everything else in the cgroup: page tables of a commit among it. */
#define KEPT_FREE	64ul

#ifdef CONFIG_MEMCG

/*
 * Pages that may be charged before any cgroup of the caller's has to reclaim, or
 * could if they held nothing else.
 */
static unsigned long room(bool if_empty)
{
	unsigned long least = ULONG_MAX;
	struct mem_cgroup *memcg;

	rcu_read_lock();
	for (memcg = mem_cgroup_from_task(current); memcg;
	     memcg = parent_mem_cgroup(memcg)) {
		unsigned long used = if_empty ? 0 :
				     page_counter_read(&memcg->memory);
		unsigned long most = READ_ONCE(memcg->memory.max);

		least = min(least, most > used ? most - used : 0);
	}
	rcu_read_unlock();
	return least;
}

/* What looks full may hold page cache: only trying tells. */
static bool try_to_charge(unsigned long pages)
{
	struct page *page, *next;
	LIST_HEAD(list);

	while (pages--) {
		page = alloc_page(HM_GFP);
		if (!page)
			break;
		list_add(&page->lru, &list);
	}
	list_for_each_entry_safe(page, next, &list, lru)
		__free_page(page);
	return pages == ULONG_MAX;
}

/* Where commits that run at a time may together want more than is left. */
#define CROWDED		(SZ_32M / PAGE_SIZE)

static DEFINE_MUTEX(crowded_lock);

int hm_memcg_enter(unsigned long pages)
{
	if (!pages || room(false) >= pages + CROWDED)
		return 0;
	if (room(true) < pages)
		return -ENOMEM;
	return mutex_lock_killable(&crowded_lock) ?: 1;
}

void hm_memcg_leave(int entered)
{
	if (entered > 0)
		mutex_unlock(&crowded_lock);
}

bool hm_memcg_leaves(unsigned long pages)
{
	return room(false) >= pages + KEPT_FREE || try_to_charge(pages + KEPT_FREE);
}

#else

int hm_memcg_enter(unsigned long pages)
{
	return 0;
}

void hm_memcg_leave(int entered)
{
}

bool hm_memcg_leaves(unsigned long pages)
{
	return true;
}

#endif /* CONFIG_MEMCG */
