/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Who is called when memory becomes low or plentiful: the registered callbacks of a
 * manager and the thread that calls them, which exists from the first registration
 * to the manager's last Release().
 *
 * Called by com_manager.c, and load.c for hints.  In a child made by fork() only
 * hostmem_notifier_discard() may be called: the thread isn't there, and whoever held
 * the lock isn't, either.
 */
#ifndef HOSTMEM_NOTIFIER_H
#define HOSTMEM_NOTIFIER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <hostmem/mscoree.h>

#include "bell.h"
#include "errors.h"

struct hostmem_manager;
struct hostmem_registration;

/**
 * struct hostmem_notifier - the callbacks of one manager
 * @manager: whose memory it is about; invariant
 * @abandoned: called by the thread when it ends and nobody has waited for that, as it
 *	was told to stop by itself, from a callback, or can't be woken; invariant
 * @lock: guards @started and @ending; not held while a callback is called
 * @started: there is a thread; never cleared
 * @ending: hostmem_notifier_stop() has been called; written with @lock, read without
 * @parted: the thread has ended, or nobody waits for it: the second to come here frees
 * @thread: invariant after @started
 * @fd: what the thread polls; invariant after @started
 * @bell: rings for the thread; invariant after @started
 * @level: EMemoryAvailable that the thread knows; 0 while it is asking
 * @registrations: the newest one; others are only added before it
 */
struct hostmem_notifier {
	struct hostmem_manager *manager;
	void (*abandoned)(struct hostmem_notifier *notifier);
	pthread_mutex_t lock;
	bool started;
	atomic_bool ending;
	atomic_bool parted;
	pthread_t thread;
	int fd;
	struct hostmem_bell bell;
	atomic_uint level;
	_Atomic(struct hostmem_registration *) registrations;
};

/**
 * hostmem_notifier_init() - begin without callbacks and without a thread
 * @notifier: to be initialised
 * @manager: whose memory it is about
 * @abandoned: what to call, by the thread, if that was the one to stop it
 */
void hostmem_notifier_init(struct hostmem_notifier *notifier,
			   struct hostmem_manager *manager,
			   void (*abandoned)(struct hostmem_notifier *notifier));

/**
 * hostmem_notifier_add() - register a callback
 * @notifier: has not been stopped
 * @callback: gets one more reference
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_NO_MEMORY, or HOSTMEM_ERR_UNAVAILABLE if it has
 * been stopped after all
 */
enum hostmem_error hostmem_notifier_add(struct hostmem_notifier *notifier,
					ICLRMemoryNotificationCallback *callback);

/**
 * hostmem_notifier_hint() - tell what somebody else has learnt from the kernel
 * @notifier: any
 * @level: EMemoryAvailable
 *
 * Takes no lock; for signal handlers, too.
 */
void hostmem_notifier_hint(struct hostmem_notifier *notifier, unsigned int level);

/**
 * hostmem_notifier_stop() - end the thread
 * @notifier: any
 * @shut: its manager has been shut down, which the thread hears of
 *
 * Returns when the thread has ended; if called by the thread itself, from a
 * callback, or if it can't be woken, it ends later and then calls @abandoned.
 *
 * Return: true, or false if @abandoned will be called
 */
bool hostmem_notifier_stop(struct hostmem_notifier *notifier, bool shut);

/**
 * hostmem_notifier_discard() - free what a notifier without a thread holds
 * @notifier: has been stopped, or belongs to another process
 * @owner: in the owner the callbacks lose a reference; in a child made by fork()
 *	they are left alone, for they may be waiting for threads of the parent
 */
void hostmem_notifier_discard(struct hostmem_notifier *notifier, bool owner);

#endif /* HOSTMEM_NOTIFIER_H */
