// SPDX-License-Identifier: GPL-2.0
/*
 * What a memory cgroup leaves.  See memcg.h.
 */
#include <linux/hostmem.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>

#include "gfp.h"
#include "memcg.h"
#include "quota.h"

unsigned long hm_memcg_left_in(struct mem_cgroup *memcg)
{
	unsigned long most = READ_ONCE(memcg->memory.max);
	unsigned long used = page_counter_read(&memcg->memory);

	return most > used ? most - used : 0;
}

unsigned long hm_memcg_room(bool if_empty)
{
	unsigned long least = ULONG_MAX;
	struct mem_cgroup *memcg;

	rcu_read_lock();
	for (memcg = mem_cgroup_from_task(current); memcg;
	     memcg = parent_mem_cgroup(memcg))
		least = min(least, if_empty ? READ_ONCE(memcg->memory.max) :
					      hm_memcg_left_in(memcg));
	rcu_read_unlock();
	return least;
}

/*
 * What looks full may hold page cache: only trying tells.  By pieces; and where little is
 * left, by one that is larger than what is, and given back: the kernel makes room for it
 * or refuses it, and whoever else of the cgroup needs memory at that moment finds some.
 */
#define PIECE_ORDER	5
#define PIECE		(1ul << PIECE_ORDER)
#define LAST_ORDER	8

static_assert(1ul << LAST_ORDER >= PIECE + HM_MEMCG_KEPT_FREE);

/* In the piece itself. */
struct hm_piece {
	struct hm_piece *next;
	unsigned int order;
};

static bool charge_piece(struct hm_piece **pieces, unsigned int order)
{
	struct hm_piece *piece = (void *)__get_free_pages(HM_GFP, order);

	if (!piece)
		return false;
	piece->next = *pieces;
	piece->order = order;
	*pieces = piece;
	return true;
}

static bool can_alloc(gfp_t gfp, unsigned int order)
{
	unsigned long piece = __get_free_pages(gfp, order);

	if (piece)
		free_pages(piece, order);
	return piece;
}

/*
 * By the largest piece that the machine has at hand: if it is refused, then by the cgroup.
 * Where there is none, ordinary pieces tell.
 */
static bool makes_room(void)
{
	unsigned int order;

	for (order = LAST_ORDER; order > PIECE_ORDER; order--)
		if (can_alloc(GFP_NOWAIT | __GFP_NOWARN, order))
			return can_alloc(HM_GFP, order);
	return true;
}

/* Where the machine has no piece, though the cgroup would allow it, single pages do. */
static bool charge_singly(struct hm_piece **pieces)
{
	unsigned long i;

	for (i = 0; i < PIECE; i++)
		if (hm_memcg_room(false) < PIECE || !charge_piece(pieces, 0))
			return false;
	return true;
}

static bool try_to_charge(unsigned long pages, struct hm_piece **pieces)
{
	unsigned long done, room;

	for (done = 0; done < pages; done += PIECE) {
		room = hm_memcg_room(false);
		if (room >= pages - done)
			break;
		if (room < PIECE + HM_MEMCG_KEPT_FREE && !makes_room())
			return hm_memcg_room(false) >= pages - done;
		if (!charge_piece(pieces, PIECE_ORDER) && !charge_singly(pieces))
			return false;
	}
	return true;
}

static void uncharge(struct hm_piece *pieces)
{
	struct hm_piece *next;

	for (; pieces; pieces = next) {
		next = pieces->next;
		free_pages((unsigned long)pieces, pieces->order);
	}
}

bool hm_memcg_charges(unsigned long pages)
{
	struct hm_piece *pieces = NULL;
	bool charged = try_to_charge(pages, &pieces);

	uncharge(pieces);
	return charged;
}

bool hm_memcg_leaves(unsigned long pages)
{
	pages += HM_MEMCG_KEPT_FREE;
	return hm_memcg_room(false) >= pages || hm_memcg_charges(pages);
}

/*
 * What is told
 */

/* Pages on the lists of files: those of the classic LRU, and of MGLRU. */
static unsigned long file_pages(const struct mem_cgroup_per_node *info,
				unsigned int zone)
{
	long pages = READ_ONCE(info->lru_zone_size[zone][LRU_INACTIVE_FILE]) +
		     READ_ONCE(info->lru_zone_size[zone][LRU_ACTIVE_FILE]);
#ifdef CONFIG_LRU_GEN
	unsigned int gen;

	for (gen = 0; gen < MAX_NR_GENS; gen++)
		pages += READ_ONCE(info->lruvec.lrugen.nr_pages[gen][LRU_GEN_FILE][zone]);
#endif
	return max(pages, 0l);
}

/* Page cache that a cgroup has itself; those below it may be many. */
static unsigned long page_cache(const struct mem_cgroup *memcg)
{
	unsigned long pages = 0;
	unsigned int zone;
	int node;

	for_each_online_node(node)
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			pages += file_pages(memcg->nodeinfo[node], zone);
	return pages;
}

struct hm_memory hm_memcg_memory(struct mm_struct *mm)
{
	struct mem_cgroup *own = get_mem_cgroup_from_mm(mm), *memcg;
	struct hm_memory memory = hm_memory_without_end();
	unsigned long cache = 0;

	for (memcg = own; memcg; memcg = parent_mem_cgroup(memcg)) {
		unsigned long most = READ_ONCE(memcg->memory.max);
		unsigned long left;

		cache += page_cache(memcg);
		if (most >= HM_UNLIMITED)
			continue;
		left = min(hm_memcg_left_in(memcg) + cache, most);
		left -= min(left, HM_MEMCG_KEPT_FREE);
		memory.total = min(memory.total, most);
		memory.available = min(memory.available, left);
		memory.level = min(memory.level,
				   hm_quota_available_of(most, left));
	}
	mem_cgroup_put(own);
	return memory;
}

/*
 * Who shares what
 */

bool hm_memcg_has_caller(const struct mem_cgroup *memcg)
{
	bool has;

	rcu_read_lock();
	has = mem_cgroup_from_task(current) == memcg;
	rcu_read_unlock();
	return has;
}

bool hm_memcg_shares_limit(struct mem_cgroup *other)
{
	struct mem_cgroup *memcg;
	bool shares = false;

	rcu_read_lock();
	for (memcg = mem_cgroup_from_task(current); memcg && other && !shares;
	     memcg = parent_mem_cgroup(memcg))
		shares = READ_ONCE(memcg->memory.max) < HM_UNLIMITED &&
			 mem_cgroup_is_descendant(other, memcg);
	rcu_read_unlock();
	return shares;
}
