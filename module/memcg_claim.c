// SPDX-License-Identifier: GPL-2.0
/*
 * What commits that run at a time take of one memory cgroup.  See memcg_claim.h.
 */
#include <linux/memcontrol.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "gfp.h"
#include "memcg.h"
#include "memcg_claim.h"

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
		if (hm_memcg_left_in(crowd->memcg) < claimed + HM_MEMCG_KEPT_FREE)
			fit = false;
	}
	return fit;
}

int hm_memcg_claim(struct hm_memcg_claim *claim, unsigned long pages)
{
	unsigned long before = claim->pages, others;

	if (!claim->crowd) {
		int err;

		if (hm_memcg_room(false) >= pages + CROWDED)
			return 0;
		err = enter_crowd(claim);
		if (err)
			return err;
	}
	/* Claim first: of two that do so at a time one sees the other. */
	hm_memcg_settle(claim, pages);
	if (claims_fit(claim, &others) ||
	    hm_memcg_charges(pages + HM_MEMCG_KEPT_FREE + others))
		return 0;
	hm_memcg_settle(claim, before);
	return -ENOMEM;
}

int hm_memcg_enter(struct hm_memcg_claim *claim, unsigned long pages)
{
	*claim = (struct hm_memcg_claim){};
	if (!pages || hm_memcg_room(false) >= pages + CROWDED)
		return 0;
	if (hm_memcg_room(true) < pages)
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
