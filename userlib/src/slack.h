/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Slack: committed memory that heaps keep for their next blocks.  It is charged like
 * all that is committed, so before a commit of this process is refused or made to wait,
 * all of it is given back, and as long as one waits no heap keeps any.
 *
 * A child made by fork() begins without heaps here, whatever its parent's threads were
 * doing.
 *
 * heap.c registers heaps; manager.c and notifier.c want their slack.
 */
#ifndef HOSTMEM_SLACK_H
#define HOSTMEM_SLACK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "lock.h"

/**
 * struct hostmem_slack - somebody who keeps some
 * @give_back: gives all of it back; may be called at any time, by any thread, and waits
 *	for no lock for long; invariant
 * @next: registered before this one; guarded by the registry's lock
 */
struct hostmem_slack {
	void (*give_back)(struct hostmem_slack *slack);
	struct hostmem_slack *next;
};

/**
 * struct hostmem_slack_registry - what there is of it in this process
 * @lock: guards @first
 * @first: the newest one
 * @wanted: commits that wait, or are about to be refused
 *
 * On a page of its own, which is zeroes in a child made by fork().
 */
struct hostmem_slack_registry {
	struct hostmem_lock lock;
	_Atomic(struct hostmem_slack *) first;
	atomic_uint wanted;
};

/* NULL as long as there has been no heap; then invariant. */
extern _Atomic(struct hostmem_slack_registry *) hostmem_slack_registry;

/* Could a commit find memory with heaps? */
static inline bool hostmem_slack_may_be(void)
{
	struct hostmem_slack_registry *registry = atomic_load(&hostmem_slack_registry);

	return registry && atomic_load(&registry->first);
}

/* May heaps keep none?  For who is registered, and asks with the lock of what it keeps. */
static inline bool hostmem_slack_is_wanted(void)
{
	return atomic_load(&atomic_load(&hostmem_slack_registry)->wanted);
}

/**
 * hostmem_slack_add() - register
 * @slack: @give_back is set
 *
 * Return: false if there is no memory
 */
bool hostmem_slack_add(struct hostmem_slack *slack);

/**
 * hostmem_slack_remove() - end a registration
 * @slack: was registered, if perhaps by another process: then nothing happens
 *
 * When it returns, @give_back isn't called any more.
 */
void hostmem_slack_remove(struct hostmem_slack *slack);

/**
 * hostmem_slack_give_back() - have all slack of this process given back
 */
void hostmem_slack_give_back(void);

/**
 * hostmem_slack_want() - have all slack given back, and none kept from now on
 *
 * Only if hostmem_slack_may_be().
 */
void hostmem_slack_want(void);

/**
 * hostmem_slack_unwant() - the opposite, once for each time
 */
void hostmem_slack_unwant(void);

#endif /* HOSTMEM_SLACK_H */
