// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what the C library makes of shared futexes works in a pinnable region:
 * objects for several processes, and threads that have their stack there are joined.
 */
#include "pin_sleepers.h"

#include <semaphore.h>

/*
 * Objects
 */

/* All in one page. */
struct objects {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	sem_t semaphore;
	pthread_barrier_t barrier;
	int value;
};

static bool make_objects(struct objects *objects, bool robust)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;
	pthread_barrierattr_t barrier;

	return !pthread_mutexattr_init(&mutex) &&
	       !pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) &&
	       !pthread_mutexattr_setrobust(&mutex, robust ? PTHREAD_MUTEX_ROBUST :
					    PTHREAD_MUTEX_STALLED) &&
	       !pthread_mutex_init(&objects->mutex, &mutex) &&
	       !pthread_condattr_init(&cond) &&
	       !pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED) &&
	       !pthread_cond_init(&objects->cond, &cond) &&
	       !pthread_barrierattr_init(&barrier) &&
	       !pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED) &&
	       !pthread_barrier_init(&objects->barrier, &barrier, 2) &&
	       !sem_init(&objects->semaphore, 1, 0);
}

static int lock(void *arg)
{
	struct objects *objects = arg;

	return pthread_mutex_lock(&objects->mutex);
}

static int lock_and_unlock(void *arg)
{
	struct objects *objects = arg;
	int err = pthread_mutex_lock(&objects->mutex);

	objects->value++;
	return err ?: pthread_mutex_unlock(&objects->mutex);
}

static int wait_for_value(void *arg)
{
	struct objects *objects = arg;
	int err = pthread_mutex_lock(&objects->mutex);

	while (!err && !objects->value)
		err = pthread_cond_wait(&objects->cond, &objects->mutex);
	return err ?: pthread_mutex_unlock(&objects->mutex);
}

static int wait_for_semaphore(void *arg)
{
	return sem_wait(&((struct objects *)arg)->semaphore) ? errno : 0;
}

static int wait_at_barrier(void *arg)
{
	int ret = pthread_barrier_wait(&((struct objects *)arg)->barrier);

	return ret == PTHREAD_BARRIER_SERIAL_THREAD ? 0 : ret;
}

TEST_F(futex, serves_objects_for_several_processes)
{
	struct objects *objects = (void *)(self->base + 7 * PAGE);
	struct sleeper sleeper;

	ASSERT_TRUE(make_objects(objects, false));
	ASSERT_EQ(0, lock(objects));
	START(&sleeper, lock_and_unlock, objects);
	EXPECT_EQ(0, objects->value);
	EXPECT_EQ(0, pthread_mutex_unlock(&objects->mutex));
	EXPECT_WOKEN(0, &sleeper);
	EXPECT_EQ(1, objects->value);

	objects->value = 0;
	START(&sleeper, wait_for_value, objects);
	EXPECT_EQ(0, lock_and_unlock(objects));
	EXPECT_EQ(0, pthread_cond_signal(&objects->cond));
	EXPECT_WOKEN(0, &sleeper);

	START(&sleeper, wait_for_semaphore, objects);
	EXPECT_EQ(0, sem_post(&objects->semaphore));
	EXPECT_WOKEN(0, &sleeper);

	START(&sleeper, wait_at_barrier, objects);
	EXPECT_EQ(0, wait_at_barrier(objects));
	EXPECT_WOKEN(0, &sleeper);
}

/* A thread that ends while it has locked a mutex, once somebody waits for that. */
static void *lock_and_end(void *arg)
{
	struct sleeper *waiter = arg;
	struct objects *objects = waiter->arg;

	if (!lock(objects)) {
		sem_post(&objects->semaphore);
		wait_until_asleep(waiter);
	}
	return NULL;
}

TEST_F(futex, tells_who_waits_that_a_mutex_has_lost_its_owner)
{
	struct objects *objects = (void *)(self->base + 7 * PAGE);
	struct sleeper waiter = { .function = lock, .arg = objects };
	pthread_t owner;

	ASSERT_TRUE(make_objects(objects, true));
	ASSERT_EQ(0, pthread_create(&owner, NULL, lock_and_end, &waiter));
	ASSERT_EQ(0, wait_for_semaphore(objects));
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, sleep_in_thread, &waiter));
	EXPECT_WOKEN(EOWNERDEAD, &waiter);
	ASSERT_EQ(0, pthread_join(owner, NULL));
}

/*
 * Stacks: the kernel wakes who joins a thread by a shared futex beside it
 */

static void *end_when_joined(void *arg)
{
	while (!sleeps(getpid()))
		sched_yield();
	return arg;
}

TEST_F(futex, wakes_who_joins_a_thread_with_its_stack_there)
{
	char *stack = make_region(self->fd, MIB, PINNABLE);
	pthread_attr_t attr;
	pthread_t thread;
	unsigned long i;
	void *result;

	ASSERT_NE(NULL, stack);
	ASSERT_EQ(0, pthread_attr_init(&attr));
	ASSERT_EQ(0, pthread_attr_setstack(&attr, stack, MIB));
	for (i = 1; i <= times(30); i++) {
		ASSERT_EQ(0, pthread_create(&thread, &attr, end_when_joined,
					    (void *)i));
		ASSERT_EQ(0, pthread_join(thread, &result));
		ASSERT_EQ((void *)i, result);
	}
	EXPECT_TRUE(VirtualFree(stack, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
