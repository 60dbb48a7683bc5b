/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What threads.c and threads_regions.c share: threads that begin together, and each
 * note what goes wrong.
 */
#ifndef THREADS_H
#define THREADS_H

#include "hostmem_test.h"

#include <pthread.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define THREADS	4
#define ROUNDS	400

/* What each thread of a test gets. */
struct worker {
	pthread_t thread;
	char *base;
	size_t pages;
	unsigned int number;
	uint64_t rng;
	const char *wrong;	/* what went wrong first */
	unsigned long count;
};

static pthread_barrier_t start;
static volatile bool done;

HELPER void report(struct worker *worker, bool good, const char *what)
{
	if (!good && !worker->wrong)
		worker->wrong = what;
}

#define MUST(condition) report(worker, condition, #condition)

#define START_WORKERS(workers, function, base_of, pages_of) do {	\
	unsigned int __i;						\
									\
	memset(workers, 0, sizeof(workers));				\
	done = false;							\
	ASSERT_EQ(0, pthread_barrier_init(&start, NULL,			\
					  ARRAY_SIZE(workers)));	\
	for (__i = 0; __i < ARRAY_SIZE(workers); __i++) {		\
		(workers)[__i].base = (base_of);			\
		(workers)[__i].pages = (pages_of);			\
		(workers)[__i].number = __i;				\
		(workers)[__i].rng = 12345 + __i;			\
	}								\
	for (__i = 0; __i < ARRAY_SIZE(workers); __i++) {		\
		ASSERT_EQ(0, pthread_create(&(workers)[__i].thread, NULL,	\
					    function, &(workers)[__i]));	\
	}								\
} while (0)

#define JOIN_WORKERS(workers) do {					\
	unsigned int __i;						\
									\
	for (__i = 0; __i < ARRAY_SIZE(workers); __i++) {		\
		ASSERT_EQ(0, pthread_join((workers)[__i].thread, NULL));	\
		EXPECT_EQ(NULL, (workers)[__i].wrong)			\
			TH_LOG("thread %u: %s", __i, (workers)[__i].wrong);	\
	}								\
} while (0)

FIXTURE(threads)
{
	int fd;
};

FIXTURE_SETUP(threads)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(threads)
{
}

#endif /* THREADS_H */
