// SPDX-License-Identifier: GPL-2.0
/*
 * What a memory cgroup leaves.  See memcg.h.
 */
#include <linux/hostmem.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "gfp.h"
#include "memcg.h"
#include "quota.h"

/*
 * Left to everything else in the cgroup: page tables of a commit among it.  A processor
 * keeps up to MEMCG_CHARGE_BATCH, 64, charged pages that are free at hand, and another
 * one may have to do without them for a while.
 */
#define KEPT_FREE	128ul

static const struct hm_memory without_end = {
	.total = HM_UNLIMITED,
	.available = HM_UNLIMITED,
	.level = HOSTMEM_AVAILABLE_HIGH,
};

#ifdef CONFIG_MEMCG

/* Pages that may be charged before the cgroup has to reclaim. */
static unsigned long left_in(struct mem_cgroup *memcg)
{
	unsigned long most = READ_ONCE(memcg->memory.max);
	unsigned long used = page_counter_read(&memcg->memory);

	return most > used ? most - used : 0;
}

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
	     memcg = parent_mem_cgroup(memcg))
		least = min(least, if_empty ? READ_ONCE(memcg->memory.max) :
					      left_in(memcg));
	rcu_read_unlock();
	return least;
}

/*
 * What looks full may hold page cache: only trying tells.  By pieces, for when the last
 * one is refused, less than that is left of the cgroup, but more than nothing: whoever
 * touches new memory at that moment is not to be killed.  Where the machine has no such
 * piece, though the cgroup would allow it, single pages do.
 */
#define PIECE_ORDER	5
#define PIECE		(1ul << PIECE_ORDER)

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

static bool try_to_charge(unsigned long pages, struct hm_piece **pieces)
{
	unsigned long done, i;

	for (done = 0; done < pages; done += PIECE) {
		if (charge_piece(pieces, PIECE_ORDER))
			continue;
		for (i = 0; i < PIECE; i++)
			if (room(false) < PIECE || !charge_piece(pieces, 0))
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

bool hm_memcg_leaves(unsigned long pages)
{
	struct hm_piece *pieces = NULL;
	bool leaves;

	pages += KEPT_FREE;
	if (room(false) >= pages)
		return true;
	leaves = try_to_charge(pages, &pieces);
	uncharge(pieces);
	return leaves;
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
	struct hm_memory memory = without_end;
	unsigned long cache = 0;

	for (memcg = own; memcg; memcg = parent_mem_cgroup(memcg)) {
		unsigned long most = READ_ONCE(memcg->memory.max);
		unsigned long left;

		cache += page_cache(memcg);
		if (most >= HM_UNLIMITED)
			continue;
		left = min(left_in(memcg) + cache, most);
		left -= min(left, KEPT_FREE);
		memory.total = min(memory.total, most);
		memory.available = min(memory.available, left);
		memory.level = min(memory.level,
				   hm_quota_available_of(most, left));
	}
	mem_cgroup_put(own);
	return memory;
}

/*
 * Where little is left
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

/* Where commits that run at a time may together want more than is left. */
#define CROWDED		(SZ_32M / PAGE_SIZE)

/**
 * struct hm_crowd - commits in one cgroup, or below it, of which little is left
 * @node: in the tree of all, by @memcg; crowds_lock
 * @memcg: the cgroup, which those who commit keep; invariant after init
 * @parent: the same for the cgroup above; whoever commits has references on both, and
 *	sets it, to what it is already if others do
 * @refs: commits in the cgroup and below it; crowds_lock
 * @claimed: pages that they are about to allocate
 * @lock: of the one who commits in the cgroup itself
 */
struct hm_crowd {
	struct rb_node node;
	struct mem_cgroup *memcg;
	struct hm_crowd *parent;
	unsigned long refs;
	atomic_long_t claimed;
	struct mutex lock;
};

static DEFINE_SPINLOCK(crowds_lock);
static struct rb_root crowds = RB_ROOT;

static int compare(const void *memcg, const struct rb_node *node)
{
	const void *other = rb_entry(node, struct hm_crowd, node)->memcg;

	return memcg < other ? -1 : memcg > other;
}

static int compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	return compare(rb_entry(a, struct hm_crowd, node)->memcg, b);
}

static struct hm_crowd *get_crowd(struct mem_cgroup *memcg)
{
	struct hm_crowd *crowd, *made = NULL;
	struct rb_node *node;

	spin_lock(&crowds_lock);
	node = rb_find(memcg, &crowds, compare);
	if (!node) {
		spin_unlock(&crowds_lock);
		made = kzalloc(sizeof(*made), HM_GFP);
		if (!made)
			return NULL;
		made->memcg = memcg;
		mutex_init(&made->lock);
		spin_lock(&crowds_lock);
		node = rb_find_add(&made->node, &crowds, compare_nodes);
	}
	/* Another thread may have been first. */
	crowd = node ? rb_entry(node, struct hm_crowd, node) : made;
	crowd->refs++;
	spin_unlock(&crowds_lock);
	if (node)
		kfree(made);
	return crowd;
}

/* Those from one up to @last, or up to the root. */
static void put_crowds(struct hm_crowd *crowd, const struct hm_crowd *last)
{
	struct hm_crowd *parent;
	bool gone;

	for (; crowd; crowd = parent) {
		parent = crowd == last ? NULL : crowd->parent;
		spin_lock(&crowds_lock);
		gone = !--crowd->refs;
		if (gone)
			rb_erase(&crowd->node, &crowds);
		spin_unlock(&crowds_lock);
		if (gone)
			kfree(crowd);
	}
}

/* One for the cgroup and for each above it, as long as somebody commits there. */
static struct hm_crowd *get_crowds(struct mem_cgroup *memcg)
{
	struct hm_crowd *own = NULL, *below = NULL, *crowd;

	for (; memcg; memcg = parent_mem_cgroup(memcg)) {
		crowd = get_crowd(memcg);
		if (!crowd) {
			put_crowds(own, below);
			return NULL;
		}
		if (below)
			WRITE_ONCE(below->parent, crowd);
		else
			own = crowd;
		below = crowd;
	}
	return own;
}

static struct mem_cgroup *get_current_memcg(void)
{
	struct mem_cgroup *memcg;

	rcu_read_lock();
	do {
		memcg = mem_cgroup_from_task(current);
	} while (!css_tryget(&memcg->css));
	rcu_read_unlock();
	return memcg;
}

static int enter_crowd(struct hm_memcg_claim *claim)
{
	struct mem_cgroup *memcg = get_current_memcg();
	struct hm_crowd *crowd = get_crowds(memcg);
	int err = -ENOMEM;

	if (crowd) {
		err = mutex_lock_killable(&crowd->lock);
		if (err)
			put_crowds(crowd, NULL);
	}
	if (err) {
		mem_cgroup_put(memcg);
		return err;
	}
	claim->memcg = memcg;
	claim->crowd = crowd;
	return 0;
}

void hm_memcg_settle(struct hm_memcg_claim *claim, unsigned long pages)
{
	struct hm_crowd *crowd;

	for (crowd = claim->crowd; crowd; crowd = crowd->parent)
		atomic_long_add(pages - claim->pages, &crowd->claimed);
	claim->pages = pages;
}

/* Does what is claimed fit?  Tell the most that others have claimed, too. */
static bool claims_fit(const struct hm_memcg_claim *claim, unsigned long *others)
{
	struct hm_crowd *crowd;
	bool fit = true;

	*others = 0;
	for (crowd = claim->crowd; crowd; crowd = crowd->parent) {
		unsigned long claimed = atomic_long_read(&crowd->claimed);

		*others = max(*others, claimed - claim->pages);
		if (left_in(crowd->memcg) < claimed + KEPT_FREE)
			fit = false;
	}
	return fit;
}

int hm_memcg_claim(struct hm_memcg_claim *claim, unsigned long pages)
{
	unsigned long before = claim->pages, others;
	struct hm_piece *pieces = NULL;
	int err = 0;

	if (!claim->crowd) {
		if (room(false) >= pages + CROWDED)
			return 0;
		err = enter_crowd(claim);
		if (err)
			return err;
	}
	/* Claim first: of two that do so at a time one sees the other. */
	hm_memcg_settle(claim, pages);
	if (claims_fit(claim, &others))
		return 0;
	if (!try_to_charge(pages + KEPT_FREE + others, &pieces)) {
		hm_memcg_settle(claim, before);
		err = -ENOMEM;
	}
	uncharge(pieces);
	return err;
}

int hm_memcg_enter(struct hm_memcg_claim *claim, unsigned long pages)
{
	*claim = (struct hm_memcg_claim){};
	if (!pages || room(false) >= pages + CROWDED)
		return 0;
	if (room(true) < pages)
		return -ENOMEM;
	return enter_crowd(claim);
}

void hm_memcg_leave(struct hm_memcg_claim *claim)
{
	if (!claim->crowd)
		return;
	hm_memcg_settle(claim, 0);
	mutex_unlock(&claim->crowd->lock);
	put_crowds(claim->crowd, NULL);
	mem_cgroup_put(claim->memcg);
}

#else

struct hm_memory hm_memcg_memory(struct mm_struct *mm)
{
	return without_end;
}

bool hm_memcg_leaves(unsigned long pages)
{
	return true;
}

bool hm_memcg_has_caller(const struct mem_cgroup *memcg)
{
	return true;
}

bool hm_memcg_shares_limit(struct mem_cgroup *other)
{
	return false;
}

int hm_memcg_enter(struct hm_memcg_claim *claim, unsigned long pages)
{
	return 0;
}

int hm_memcg_claim(struct hm_memcg_claim *claim, unsigned long pages)
{
	return 0;
}

void hm_memcg_settle(struct hm_memcg_claim *claim, unsigned long pages)
{
}

void hm_memcg_leave(struct hm_memcg_claim *claim)
{
}

#endif /* CONFIG_MEMCG */
