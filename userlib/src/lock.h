/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A lock of a heap: one instruction to take it and one to leave it, as long as nobody
 * else wants it.  It is a word, so zeroed memory is a lock that nobody holds.
 *
 * Whoever may be called while the holder is stopped, or is what the thread itself was
 * interrupted in, uses hostmem_lock_soon(), which gives up (rule H13).
 *
 * Called by pages.c, slabs.c and slack.c.
 */
#ifndef HOSTMEM_LOCK_H
#define HOSTMEM_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

/**
 * struct hostmem_lock - a lock
 * @state: 0: free; 1: held; 2: held, and somebody may be asleep
 */
struct hostmem_lock {
	atomic_uint state;
};

/* What happens when somebody else holds it. */
void hostmem_lock_wait(struct hostmem_lock *lock);
void hostmem_lock_wake(struct hostmem_lock *lock);

static inline bool hostmem_lock_try(struct hostmem_lock *lock)
{
	unsigned int nobody = 0;

	return atomic_compare_exchange_strong_explicit(&lock->state, &nobody, 1,
						       memory_order_acquire,
						       memory_order_relaxed);
}

static inline void hostmem_lock(struct hostmem_lock *lock)
{
	if (!hostmem_lock_try(lock))
		hostmem_lock_wait(lock);
}

static inline void hostmem_unlock(struct hostmem_lock *lock)
{
	if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) == 2)
		hostmem_lock_wake(lock);
}

/**
 * hostmem_lock_soon() - take a lock if its holder goes on
 * @lock: any
 *
 * Return: false if it hasn't been left after some hundred attempts
 */
bool hostmem_lock_soon(struct hostmem_lock *lock);

#endif /* HOSTMEM_LOCK_H */
