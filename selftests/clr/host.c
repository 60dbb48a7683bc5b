// SPDX-License-Identifier: GPL-2.0
/*
 * The host: one manager with a commit limit, and the results of the checks that
 * the runtimes make.  See clr.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clr.h"

static IHostMemoryManager *manager;

static unsigned int checks, failures;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t notified = PTHREAD_COND_INITIALIZER;
static EMemoryAvailable last_level;	/* lock */

HRESULT clr_get_host_manager(const IID *riid, void **object)
{
	*object = NULL;
	if (!IsEqualIID(riid, &IID_IHostMemoryManager))
		return E_NOINTERFACE;
	return IHostMemoryManager_QueryInterface(manager, riid, object);
}

void clr_check(int ok, const char *what, int line)
{
	checks++;
	if (ok)
		return;
	failures++;
	printf("# line %d: not %s\n", line, what);
}

void clr_notified(EMemoryAvailable level)
{
	pthread_mutex_lock(&lock);
	last_level = level;
	pthread_cond_broadcast(&notified);
	pthread_mutex_unlock(&lock);
}

void clr_wait_for(EMemoryAvailable level)
{
	pthread_mutex_lock(&lock);
	while (last_level != level)
		pthread_cond_wait(&notified, &lock);
	pthread_mutex_unlock(&lock);
}

/* A whole life of a host and its runtime; returns whether all was well. */
static int run(const char *language, void (*runtime)(void), int number)
{
	const HOSTMEM_OPTIONS options = {
		.cbSize = sizeof(options),
		.cbCommitLimit = CLR_LIMIT,
	};

	checks = 0;
	failures = 0;
	last_level = eMemoryAvailableNeutral;
	CHECK(CreateHostMemoryManager(&options, &manager) == S_OK);
	if (!failures) {
		runtime();
		CHECK(IHostMemoryManager_Release(manager) == 0);
	}
	/* A runtime that gave up early has not made its checks. */
	CHECK(checks > 70);
	printf("%sok %d - a runtime in %s: %u checks\n", failures ? "not " : "",
	       number, language, checks);
	return !failures;
}

int main(void)
{
	int ok;

	if (access("/dev/hostmem", F_OK)) {
		puts("1..0 # SKIP no /dev/hostmem");
		return 4;
	}
	setlinebuf(stdout);
	puts("TAP version 13\n1..2");
	ok = run("C", clr_runtime_c, 1);
	ok &= run("C++", clr_runtime_cxx, 2);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
