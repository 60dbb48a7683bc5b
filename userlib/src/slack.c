// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Who keeps slack, and who wants it; and what locks of heaps do when they are busy.
 * See slack.h and lock.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "slack.h"

/* Looks at a lock before a thread sleeps, and turns it leaves to others. */
#define LOOKS	100
#define TURNS	1000

/* A state of a lock. */
#define HELD_AWAITED	2u

_Atomic(struct hostmem_slack_registry *) hostmem_slack_registry;

static void futex(struct hostmem_lock *lock, int operation, unsigned int value)
{
	int saved = errno;

	syscall(SYS_futex, &lock->state, operation | FUTEX_PRIVATE_FLAG, value, NULL);
	errno = saved;
}

void hostmem_lock_wait(struct hostmem_lock *lock)
{
	unsigned int i;

	for (i = 0; i < LOOKS; i++) {
		if (!atomic_load_explicit(&lock->state, memory_order_relaxed) &&
		    hostmem_lock_try(lock))
			return;
	}
	while (atomic_exchange_explicit(&lock->state, HELD_AWAITED, memory_order_acquire))
		futex(lock, FUTEX_WAIT, HELD_AWAITED);
}

void hostmem_lock_wake(struct hostmem_lock *lock)
{
	futex(lock, FUTEX_WAKE, 1);
}

bool hostmem_lock_soon(struct hostmem_lock *lock)
{
	unsigned int i;

	for (i = 0; i < TURNS; i++) {
		if (hostmem_lock_try(lock))
			return true;
		sched_yield();
	}
	return false;
}

/* The registry of this process, which lives as long as it does; NULL: no memory. */
static struct hostmem_slack_registry *registry_of_process(void)
{
	struct hostmem_slack_registry *registry = atomic_load(&hostmem_slack_registry);
	size_t length = sizeof(*registry);
	int saved = errno;
	void *page;

	if (registry)
		return registry;
	page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page != MAP_FAILED && madvise(page, length, MADV_WIPEONFORK)) {
		munmap(page, length);
		page = MAP_FAILED;
	}
	errno = saved;
	if (page == MAP_FAILED)
		return NULL;
	if (atomic_compare_exchange_strong(&hostmem_slack_registry, &registry, page))
		return page;
	munmap(page, length);
	return registry;
}

bool hostmem_slack_add(struct hostmem_slack *slack)
{
	struct hostmem_slack_registry *registry = registry_of_process();

	if (!registry)
		return false;
	hostmem_lock(&registry->lock);
	slack->next = atomic_load(&registry->first);
	atomic_store(&registry->first, slack);
	hostmem_unlock(&registry->lock);
	return true;
}

void hostmem_slack_remove(struct hostmem_slack *slack)
{
	struct hostmem_slack_registry *registry = atomic_load(&hostmem_slack_registry);
	struct hostmem_slack *before;

	hostmem_lock(&registry->lock);
	before = atomic_load(&registry->first);
	if (before == slack) {
		atomic_store(&registry->first, slack->next);
	} else {
		while (before && before->next != slack)
			before = before->next;
		if (before)
			before->next = slack->next;
	}
	hostmem_unlock(&registry->lock);
}

void hostmem_slack_give_back(void)
{
	struct hostmem_slack_registry *registry = atomic_load(&hostmem_slack_registry);
	struct hostmem_slack *slack;

	if (!registry || !hostmem_lock_soon(&registry->lock))
		return;
	for (slack = atomic_load(&registry->first); slack; slack = slack->next)
		slack->give_back(slack);
	hostmem_unlock(&registry->lock);
}

/* Whoever gets a lock after its slack has been given back here sees that it is wanted. */
void hostmem_slack_want(void)
{
	atomic_fetch_add(&atomic_load(&hostmem_slack_registry)->wanted, 1);
	hostmem_slack_give_back();
}

void hostmem_slack_unwant(void)
{
	atomic_fetch_sub(&atomic_load(&hostmem_slack_registry)->wanted, 1);
}
