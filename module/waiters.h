/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commits that wait for room: by arrival, each in the queue of its own quota, and
 * the first of each queue, if that quota lets it, in one for all.  However many
 * wait, what is asked here takes no longer than the logarithm of that.
 *
 * Order only: charge.c, its one caller, has the lock, and says who comes first.
 */
#ifndef HOSTMEM_WAITERS_H
#define HOSTMEM_WAITERS_H

#include <linux/hostmem.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#define HM_LEVELS	(HOSTMEM_LEVEL_PROCESS + 1)

struct hm_quota;
struct task_struct;

/**
 * struct hm_waiter - a commit that waits for room
 * @queued: in the queue of @own, by @turn
 * @ready: in the one for all, by @turn, while it is its queue's head
 * @least: the smallest @pages below @queued
 * @turn: how many came before, of all quotas
 * @task: who waits; invariant after init
 * @own: its space's quota; invariant after init
 * @pages: how many it wants; invariant after init
 * @level: HOSTMEM_LEVEL_*; invariant after init
 * @outcome: 0 when charged, -ECANCELED, or -EINPROGRESS
 * @changed: has its charge changed the answer to "how much is available?"
 *
 * On the stack of the call that waits, which takes the lock of charge.c before it
 * leaves.  All other fields: that lock.
 */
struct hm_waiter {
	struct rb_node queued;
	struct rb_node ready;
	unsigned long least;
	u64 turn;
	struct task_struct *task;
	struct hm_quota *own;
	unsigned long pages;
	u32 level;
	int outcome;
	bool changed;
};

/**
 * struct hm_queue - the commits that wait with one quota
 * @waiters: for each HOSTMEM_LEVEL_*, by arrival
 * @head: which of them stands in the one for all, or NULL
 * @nr: how many there are
 * @link: for charge.c, to list queues that aren't empty
 * @generation: for charge.c: of the limits that @head was chosen by
 *
 * Owned by the quota that it is part of.  All fields: the lock of charge.c.
 */
struct hm_queue {
	struct rb_root waiters[HM_LEVELS];
	struct hm_waiter *head[HM_LEVELS];
	unsigned long nr;
	struct list_head link;
	unsigned int generation;
};

/** hm_queue_add - put a waiter behind all that wait */
void hm_queue_add(struct hm_queue *queue, struct hm_waiter *waiter);

/** hm_queue_remove - take a waiter out of its queue, and of the one for all */
void hm_queue_remove(struct hm_queue *queue, struct hm_waiter *waiter);

/** hm_queue_first - who of a level came first and wants at most @most; or NULL */
struct hm_waiter *hm_queue_first(const struct hm_queue *queue, u32 level,
				 unsigned long most);

/** hm_queue_any - one who waits, or NULL */
struct hm_waiter *hm_queue_any(const struct hm_queue *queue);

/** hm_queue_set_head - let a waiter stand in the one for all, or none of the level */
void hm_queue_set_head(struct hm_queue *queue, u32 level,
		       struct hm_waiter *waiter);

/** hm_queue_ready - of all heads of a level, who came first; or NULL */
struct hm_waiter *hm_queue_ready(u32 level);

/**
 * hm_waiter_sleep - sleep until a waiter's outcome is there
 * @waiter: of the current task
 * @deadline: CLOCK_MONOTONIC in nanoseconds
 *
 * Context: no lock held.
 * Return: 0; before there is an outcome, -ETIMEDOUT or -ERESTARTSYS.
 */
int hm_waiter_sleep(const struct hm_waiter *waiter, u64 deadline);

#endif /* HOSTMEM_WAITERS_H */
