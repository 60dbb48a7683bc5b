// SPDX-License-Identifier: GPL-2.0
/*
 * How pools are emptied when the kernel, or a memory cgroup, is short of memory.  See
 * pool.h.
 *
 * The kernel calls from whatever thread needs some, and maybe with any lock of ours held
 * by that very thread: so locks are only ever tried.
 */
#include <linux/mm.h>

#include "block.h"
#include "compat.h"
#include "pool.h"
#include "pool_fill.h"
#include "prepared.h"

struct list_lru hm_pool_lru;
static bool lru_works;
static struct hm_shrinker shrinker;

static unsigned long count(struct shrinker *unused, struct shrink_control *control)
{
	unsigned long pieces = 0;

	if (READ_ONCE(lru_works))
		pieces = list_lru_shrink_count(&hm_pool_lru, control);
	return pieces ?: SHRINK_EMPTY;
}

/* Here the lock of the lru comes first. */
static HM_LRU_WALK(isolate, link, list, pieces)
{
	struct hm_prepared *piece = container_of(link, struct hm_prepared, lru);

	if (!hm_pool_reclaim(piece, pieces))
		return LRU_SKIP;
	list_lru_isolate(list, link);
	return LRU_REMOVED;
}

static unsigned long scan(struct shrinker *unused, struct shrink_control *control)
{
	unsigned long freed;
	LIST_HEAD(pieces);

	freed = list_lru_shrink_walk(&hm_pool_lru, control, isolate, &pieces);
	hm_pool_drop_all(&pieces);
	hm_report_reclaimed(freed * HM_BLOCK_PAGES);
	return freed ?: SHRINK_STOP;
}

int hm_pool_init(void)
{
	int err = hm_prepared_init();

	if (err)
		return err;
	/* A piece is as much as many of what others have. */
	err = hm_shrinker_register(&shrinker, "hostmem-pool",
				   SHRINKER_NUMA_AWARE | SHRINKER_MEMCG_AWARE, 1, count,
				   scan);
	if (err)
		goto exit_prepared;
	/* It wants a shrinker that has a number, which some kernels call from then on. */
	err = list_lru_init_memcg(&hm_pool_lru, hm_shrinker_get(&shrinker));
	if (err)
		goto unregister;
	WRITE_ONCE(lru_works, true);
	return 0;

unregister:
	hm_shrinker_unregister(&shrinker);
exit_prepared:
	hm_prepared_exit();
	return err;
}

void hm_pool_exit(void)
{
	WARN_ON_ONCE(hm_pools_pages());
	hm_shrinker_unregister(&shrinker);
	list_lru_destroy(&hm_pool_lru);
	hm_prepared_exit();
}
