// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The thread that tells callbacks how much memory there is.  See notifier.h.
 *
 * The kernel wakes poll() when the answer to HOSTMEM_IOC_LOAD isn't the one that it
 * gave last, to whomever.  So when another thread has asked, the kernel may stay
 * silent about a change: that thread compares its answer with what this one knows,
 * and rings if it is another.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include <linux/hostmem.h>

#include "load.h"
#include "manager.h"
#include "notifier.h"
#include "slack.h"

_Static_assert((int)eMemoryAvailableLow == HOSTMEM_AVAILABLE_LOW &&
	       (int)eMemoryAvailableNeutral == HOSTMEM_AVAILABLE_NEUTRAL &&
	       (int)eMemoryAvailableHigh == HOSTMEM_AVAILABLE_HIGH, "levels");

/* A level that is none. */
#define ASKING	0u

/**
 * struct hostmem_registration - one callback
 * @callback: with a reference; invariant
 * @next: registered before this one; invariant
 * @told: EMemoryAvailable that it knows: what it has been told, or if that wasn't
 *	low, what it was when it registered; 0: neither.  The thread's.
 */
struct hostmem_registration {
	ICLRMemoryNotificationCallback *callback;
	struct hostmem_registration *next;
	unsigned int told;
};

void hostmem_notifier_init(struct hostmem_notifier *notifier,
			   struct hostmem_manager *manager,
			   void (*abandoned)(struct hostmem_notifier *notifier))
{
	*notifier = (struct hostmem_notifier){
		.manager = manager,
		.abandoned = abandoned,
	};
	pthread_mutex_init(&notifier->lock, NULL);
}

static void tell(struct hostmem_registration *registration, unsigned int level)
{
	if (registration->told == level)
		return;
	registration->told = level;
	ICLRMemoryNotificationCallback_OnMemoryNotification(
		registration->callback, (EMemoryAvailable)level);
}

static bool tell_all(struct hostmem_notifier *notifier)
{
	struct hostmem_registration *registration;
	struct hostmem_load load;

	/* Before the kernel is asked, so that no hint is compared with old news. */
	atomic_store(&notifier->level, ASKING);
	if (hostmem_load_ask(notifier->manager, &load))
		return false;
	atomic_store(&notifier->level, load.out_available);
	/* What heaps keep is theirs only as long as there is enough. */
	if (load.out_available == HOSTMEM_AVAILABLE_LOW)
		hostmem_slack_give_back();

	for (registration = atomic_load(&notifier->registrations); registration;
	     registration = registration->next) {
		if (atomic_load(&notifier->ending))
			return false;
		tell(registration, load.out_available);
	}
	return true;
}

static void *run(void *arg)
{
	struct hostmem_notifier *notifier = arg;
	struct pollfd polled[] = {
		{ .fd = notifier->fd, .events = POLLIN },
		{ .fd = notifier->bell.heard.fd, .events = POLLIN },
	};

	while (!atomic_load(&notifier->ending) && tell_all(notifier)) {
		if (poll(polled, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;	/* a sandbox forbids it */
		}
		if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			break;
		/* Without it there is nothing more to hear, not even of other callbacks. */
		if (polled[1].revents && !hostmem_bell_hush(&notifier->bell))
			polled[1].fd = -1;
	}
	if (atomic_exchange(&notifier->parted, true))
		notifier->abandoned(notifier);
	return NULL;
}

/*
 * What the thread blocks: signals are the program's business.  But a fault that is
 * blocked ends the process, and a callback may touch guard pages like any other code.
 */
static void fill_blocked(sigset_t *set)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };
	size_t i;

	sigfillset(set);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(set, faults[i]);
}

/* Starts the thread. */
static enum hostmem_error start(struct hostmem_notifier *notifier)
{
	sigset_t blocked, before;
	enum hostmem_error error;
	int err;

	error = hostmem_manager_descriptor(notifier->manager, HOSTMEM_USE_HELD,
					   &notifier->fd);
	if (error)
		return error;
	if (!hostmem_bell_hang(&notifier->bell))
		return HOSTMEM_ERR_NO_MEMORY;

	fill_blocked(&blocked);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	err = pthread_create(&notifier->thread, NULL, run, notifier);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		hostmem_bell_take_down(&notifier->bell);
		return HOSTMEM_ERR_NO_MEMORY;
	}
	pthread_setname_np(notifier->thread, "hostmem-notify");
	notifier->started = true;
	atomic_store(&notifier->manager->notifier, notifier);
	return HOSTMEM_OK;
}

enum hostmem_error hostmem_notifier_add(struct hostmem_notifier *notifier,
					ICLRMemoryNotificationCallback *callback)
{
	struct hostmem_registration *registration;
	struct hostmem_load load;
	enum hostmem_error error;
	int saved = errno;

	registration = malloc(sizeof(*registration));
	errno = saved;
	if (!registration)
		return HOSTMEM_ERR_NO_MEMORY;
	/* From here on poll() is silent, but the bell rings below. */
	error = hostmem_load_ask(notifier->manager, &load);
	if (error) {
		free(registration);
		return error;
	}
	registration->callback = callback;
	registration->told = load.out_available == HOSTMEM_AVAILABLE_LOW ?
			     0 : load.out_available;
	ICLRMemoryNotificationCallback_AddRef(callback);

	pthread_mutex_lock(&notifier->lock);
	if (atomic_load(&notifier->ending))
		error = HOSTMEM_ERR_UNAVAILABLE;
	else if (!notifier->started)
		error = start(notifier);
	if (!error) {
		registration->next = atomic_load(&notifier->registrations);
		atomic_store(&notifier->registrations, registration);
		hostmem_bell_ring(&notifier->bell);
	}
	pthread_mutex_unlock(&notifier->lock);

	if (error) {
		ICLRMemoryNotificationCallback_Release(callback);
		free(registration);
	}
	return error;
}

void hostmem_notifier_hint(struct hostmem_notifier *notifier, unsigned int level)
{
	if (atomic_load(&notifier->level) != level)
		hostmem_bell_ring(&notifier->bell);
}

bool hostmem_notifier_stop(struct hostmem_notifier *notifier, bool shut)
{
	bool started;

	pthread_mutex_lock(&notifier->lock);
	atomic_store(&notifier->ending, true);
	started = notifier->started;
	pthread_mutex_unlock(&notifier->lock);
	if (!started)
		return true;

	/*
	 * The shutdown has ended its poll(), unless the kernel is broken, or the program
	 * has closed the descriptor.  If it has closed the bell as well, the thread ends
	 * when it next hears of anything.
	 */
	if (pthread_equal(pthread_self(), notifier->thread) ||
	    (!hostmem_bell_ring(&notifier->bell) && !shut)) {
		pthread_detach(notifier->thread);
		return atomic_exchange(&notifier->parted, true);
	}
	pthread_join(notifier->thread, NULL);
	return true;
}

void hostmem_notifier_discard(struct hostmem_notifier *notifier, bool owner)
{
	struct hostmem_registration *registration, *next;

	for (registration = atomic_load(&notifier->registrations); registration;
	     registration = next) {
		next = registration->next;
		if (owner)
			ICLRMemoryNotificationCallback_Release(registration->callback);
		free(registration);
	}
	if (notifier->started)
		hostmem_bell_take_down(&notifier->bell);
	if (owner)
		pthread_mutex_destroy(&notifier->lock);
}
