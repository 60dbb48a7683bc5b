// SPDX-License-Identifier: GPL-2.0
/*
 * Commits that wait for room, in order.  See waiters.h.
 */
#include <linux/hrtimer.h>
#include <linux/minmax.h>
#include <linux/rbtree_augmented.h>
#include <linux/sched/signal.h>

#include "waiters.h"

/* The heads of all queues; the lock of charge.c. */
static struct rb_root_cached ready[HM_LEVELS];
static u64 arrivals;

#define queued_entry(rb) rb_entry_safe(rb, struct hm_waiter, queued)

static bool compute_least(struct hm_waiter *waiter, bool exit)
{
	struct hm_waiter *left = queued_entry(waiter->queued.rb_left);
	struct hm_waiter *right = queued_entry(waiter->queued.rb_right);
	unsigned long least = waiter->pages;

	if (left)
		least = min(least, left->least);
	if (right)
		least = min(least, right->least);
	if (exit && waiter->least == least)
		return true;
	waiter->least = least;
	return false;
}

RB_DECLARE_CALLBACKS(static, least_callbacks, struct hm_waiter, queued, least,
		     compute_least);

void hm_queue_add(struct hm_queue *queue, struct hm_waiter *waiter)
{
	struct rb_root *root = &queue->waiters[waiter->level];
	struct rb_node **link = &root->rb_node, *parent = NULL;

	waiter->turn = arrivals++;
	waiter->least = waiter->pages;
	while (*link) {
		parent = *link;
		queued_entry(parent)->least = min(queued_entry(parent)->least,
						  waiter->pages);
		link = &parent->rb_right;
	}
	rb_link_node(&waiter->queued, parent, link);
	rb_insert_augmented(&waiter->queued, root, &least_callbacks);
	queue->nr++;
}

void hm_queue_remove(struct hm_queue *queue, struct hm_waiter *waiter)
{
	if (queue->head[waiter->level] == waiter)
		hm_queue_set_head(queue, waiter->level, NULL);
	rb_erase_augmented(&waiter->queued, &queue->waiters[waiter->level],
			   &least_callbacks);
	queue->nr--;
}

struct hm_waiter *hm_queue_first(const struct hm_queue *queue, u32 level,
				 unsigned long most)
{
	struct hm_waiter *waiter = queued_entry(queue->waiters[level].rb_node);
	struct hm_waiter *left;

	if (!waiter || waiter->least > most)
		return NULL;
	/* One of this tree wants so little: it is on the left, here, or on the right. */
	for (;;) {
		left = queued_entry(waiter->queued.rb_left);
		if (left && left->least <= most) {
			waiter = left;
			continue;
		}
		if (waiter->pages <= most)
			return waiter;
		waiter = queued_entry(waiter->queued.rb_right);
	}
}

struct hm_waiter *hm_queue_any(const struct hm_queue *queue)
{
	struct hm_waiter *waiter = NULL;
	u32 level;

	for (level = 0; level < HM_LEVELS && !waiter; level++)
		waiter = queued_entry(queue->waiters[level].rb_node);
	return waiter;
}

static bool came_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct hm_waiter, ready)->turn <
	       rb_entry(b, struct hm_waiter, ready)->turn;
}

void hm_queue_set_head(struct hm_queue *queue, u32 level,
		       struct hm_waiter *waiter)
{
	struct hm_waiter *head = queue->head[level];

	if (head == waiter)
		return;
	if (head)
		rb_erase_cached(&head->ready, &ready[level]);
	if (waiter)
		rb_add_cached(&waiter->ready, &ready[level], came_before);
	queue->head[level] = waiter;
}

struct hm_waiter *hm_queue_ready(u32 level)
{
	struct rb_node *first = rb_first_cached(&ready[level]);

	return first ? rb_entry(first, struct hm_waiter, ready) : NULL;
}

int hm_waiter_sleep(const struct hm_waiter *waiter, u64 deadline)
{
	ktime_t expires = ns_to_ktime(min_t(u64, deadline, KTIME_MAX));
	int err = 0;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(waiter->outcome) != -EINPROGRESS)
			break;
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (!schedule_hrtimeout(&expires, HRTIMER_MODE_ABS)) {
			err = -ETIMEDOUT;
			break;
		}
	}
	__set_current_state(TASK_RUNNING);
	return err;
}
