// SPDX-License-Identifier: GPL-2.0
/*
 * Description: futexes in a pinnable region are like those in any memory, shared ones,
 * too: so what is made for several processes works there, and threads that have their
 * stack there can be joined.
 */
#include "pin.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "hostmem_limits.h"

#define SIZE	(64 * PAGE)
/* Where in a page the words are. */
#define WORD	40

FIXTURE(futex)
{
	int fd;
	char *base;
};

/* A region of @size with @flags; NULL if that fails. */
static char *make_region(int fd, size_t size, uint32_t flags)
{
	uintptr_t base;

	return raw_alloc_as(fd, 0, size, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			    HOSTMEM_READWRITE, flags, &base) ? NULL : (char *)base;
}

FIXTURE_SETUP(futex)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = make_region(self->fd, SIZE, PINNABLE);
	ASSERT_NE(NULL, self->base);
}

FIXTURE_TEARDOWN(futex)
{
}

static uint32_t *word_in(char *page)
{
	return (uint32_t *)(page + WORD);
}

/* @count: how many to wake; of a wait, the value that the word has to have. */
static int futex(uint32_t *word, int op, uint32_t count)
{
	return syscall(SYS_futex, word, op, count, NULL, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

/*
 * Threads that sleep
 */

/**
 * struct sleeper - a thread that does something in which it has to sleep
 * @function: what, with @arg
 * @result: what that has returned
 * @tid: the thread's, once it runs
 */
struct sleeper {
	int (*function)(void *arg);
	void *arg;
	int result;
	_Atomic pid_t tid;
	pthread_t thread;
};

static void *sleep_in_thread(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = gettid();
	sleeper->result = sleeper->function(sleeper->arg);
	return NULL;
}

static void wait_until_asleep(const struct sleeper *sleeper)
{
	while (!sleeper->tid || !sleeps(sleeper->tid))
		sched_yield();
}

/* It sleeps when this is through. */
#define START(who, what, argument) do {					\
	struct sleeper *__s = (who);					\
									\
	*__s = (struct sleeper) { .function = (what), .arg = (argument) };	\
	ASSERT_EQ(0, pthread_create(&__s->thread, NULL,			\
				    sleep_in_thread, __s));		\
	wait_until_asleep(__s);						\
} while (0)

#define EXPECT_WOKEN(expected, sleeper) do {				\
	ASSERT_EQ(0, pthread_join((sleeper)->thread, NULL));		\
	EXPECT_EQ(expected, (sleeper)->result);				\
} while (0)

/* 0 or errno */
static int wait_for_zero(void *word)
{
	return futex(word, FUTEX_WAIT, 0) ? errno : 0;
}

static int wait_for_bits(void *word)
{
	return futex(word, FUTEX_WAIT_BITSET, 0) ? errno : 0;
}

static int lock_pi(void *word)
{
	return futex(word, FUTEX_LOCK_PI, 0) ? errno : 0;
}

static void nothing(int signo)
{
	(void)signo;
}

/* Wake one that nobody else could. */
static void interrupt(const struct sleeper *sleeper)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	pthread_kill(sleeper->thread, SIGUSR1);
}

/*
 * Operations
 */

TEST_F(futex, wakes_who_waits_there_and_nobody_else)
{
	struct sleeper sleeper;
	size_t i;

	for (i = 0; i < SIZE / PAGE; i += 9) {
		START(&sleeper, wait_for_zero, word_in(self->base + i * PAGE));
		/* Not by the word beside it, nor by the same one of other pages. */
		EXPECT_EQ(0, futex(word_in(self->base + i * PAGE) + 1, FUTEX_WAKE, 1));
		EXPECT_EQ(0, futex(word_in(self->base + (i ^ 1) * PAGE),
				   FUTEX_WAKE, 1));
		EXPECT_EQ(1, futex(word_in(self->base + i * PAGE), FUTEX_WAKE, 1));
		EXPECT_WOKEN(0, &sleeper);
		START(&sleeper, wait_for_bits, word_in(self->base + i * PAGE));
		EXPECT_EQ(1, futex(word_in(self->base + i * PAGE),
				   FUTEX_WAKE_BITSET, 9));
		EXPECT_WOKEN(0, &sleeper);
	}
	*word_in(self->base) = 1;
	EXPECT_EQ(EAGAIN, wait_for_zero(word_in(self->base)));
}

TEST_F(futex, moves_waiters_from_one_page_to_another)
{
	uint32_t *from = word_in(self->base), *to = word_in(self->base + 5 * PAGE);
	struct sleeper sleepers[3];
	size_t i;

	for (i = 0; i < 3; i++)
		START(&sleepers[i], wait_for_zero, from);
	EXPECT_EQ(3, syscall(SYS_futex, from, FUTEX_CMP_REQUEUE, 1, 2L, to, 0));
	EXPECT_EQ(0, futex(from, FUTEX_WAKE, 3));
	EXPECT_EQ(2, futex(to, FUTEX_WAKE, 3));
	for (i = 0; i < 3; i++)
		EXPECT_WOKEN(0, &sleepers[i]);
}

TEST_F(futex, wakes_by_an_operation_on_a_second_word)
{
	uint32_t *one = word_in(self->base), *two = word_in(self->base + 5 * PAGE);
	struct sleeper sleepers[2];

	START(&sleepers[0], wait_for_zero, one);
	START(&sleepers[1], wait_for_zero, two);
	EXPECT_EQ(2, syscall(SYS_futex, one, FUTEX_WAKE_OP, 1, 1L, two,
			     FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
	EXPECT_EQ(3, *two);
	EXPECT_WOKEN(0, &sleepers[0]);
	EXPECT_WOKEN(0, &sleepers[1]);
}

TEST_F(futex, hands_a_lock_with_inheritance_on)
{
	uint32_t *word = word_in(self->base);
	struct sleeper sleeper;

	EXPECT_EQ(0, lock_pi(word));
	EXPECT_EQ(gettid(), *word & FUTEX_TID_MASK);
	START(&sleeper, lock_pi, word);
	EXPECT_EQ(0, futex(word, FUTEX_UNLOCK_PI, 0));
	EXPECT_WOKEN(0, &sleeper);
	/* Its owner is gone now, and has left it locked. */
	EXPECT_EQ(sleeper.tid | FUTEX_WAITERS, *word | FUTEX_WAITERS);
}

TEST_F(futex, obeys_the_page)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	struct sleeper sleeper;
	DWORD old;

	ASSERT_TRUE(VirtualProtect(word, 4, PAGE_READONLY, &old));
	START(&sleeper, wait_for_zero, word);
	EXPECT_EQ(1, futex(word, FUTEX_WAKE, 1));
	EXPECT_WOKEN(0, &sleeper);
	EXPECT_EFAULT(futex(word, FUTEX_LOCK_PI, 0));
	ASSERT_TRUE(VirtualProtect(word, 4, PAGE_NOACCESS, &old));
	EXPECT_EFAULT(futex(word, FUTEX_WAIT, 0));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	ASSERT_TRUE(VirtualFree(word, 4, MEM_DECOMMIT));
	EXPECT_EFAULT(futex(word, FUTEX_WAIT, 0));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	EXPECT_EFAULT(futex(word, FUTEX_LOCK_PI, 0));
}

TEST_F(futex, meets_a_guard_once_G7)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	DWORD old;

	ASSERT_TRUE(VirtualProtect(word, 4, PAGE_READWRITE | PAGE_GUARD, &old));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	EXPECT_EQ(PAGE_READWRITE, query(word).Protect);
	EXPECT_EQ(0, futex(word, FUTEX_WAKE, 1));
}

TEST(ordinary_regions_have_private_ones_only)
{
	char *base = make_region(library_fd(), PAGE, 0);

	ASSERT_NE(NULL, base);
	*word_in(base) = 1;
	EXPECT_EFAULT(futex(word_in(base), FUTEX_WAKE, 1));
	EXPECT_EFAULT(futex(word_in(base), FUTEX_WAIT, 0));
	EXPECT_EQ(0, futex(word_in(base), FUTEX_WAKE_PRIVATE, 1));
}

/*
 * Pages that change while somebody sleeps
 */

TEST_F(futex, stays_the_same_while_its_page_does)
{
	static const DWORD protects[] = {
		PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE | PAGE_GUARD,
	};
	uint32_t *word = word_in(self->base + 3 * PAGE);
	struct sleeper sleeper;
	size_t i;
	DWORD old;

	START(&sleeper, wait_for_zero, word);
	for (i = 0; i < ARRAY_SIZE(protects); i++) {
		ASSERT_TRUE(VirtualProtect(word, 4, protects[i], &old));
		ASSERT_TRUE(VirtualProtect(word, 4, PAGE_READWRITE, &old));
	}
	ASSERT_TRUE(VirtualFree(self->base, 3 * PAGE, MEM_DECOMMIT));
	ASSERT_TRUE(VirtualFree(self->base + 4 * PAGE, 9 * PAGE, MEM_DECOMMIT));
	ASSERT_NE(NULL, commit_at(self->base, SIZE, PAGE_READWRITE));
	EXPECT_EQ(1, futex(word, FUTEX_WAKE, 1));
	EXPECT_WOKEN(0, &sleeper);
}

/* Who waits in a page that is gone takes nothing from who waits in the new one. */
TEST_F(futex, is_another_in_a_page_that_is_committed_again)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	struct sleeper stale, fresh;
	unsigned int i;

	for (i = 0; i < times(50); i++) {
		START(&stale, wait_for_zero, word);
		ASSERT_TRUE(VirtualFree(word, 4, MEM_DECOMMIT));
		ASSERT_NE(NULL, commit_at(word, 4, PAGE_READWRITE));
		EXPECT_EQ(0, futex(word, FUTEX_WAKE, 1));
		START(&fresh, wait_for_zero, word);
		EXPECT_EQ(1, futex(word, FUTEX_WAKE, 1));
		EXPECT_WOKEN(0, &fresh);
		interrupt(&stale);
		EXPECT_WOKEN(EINTR, &stale);
	}
}

TEST_F(futex, is_another_in_a_region_that_comes_after)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	uintptr_t base = (uintptr_t)self->base, out;
	struct sleeper stale, fresh;

	START(&stale, wait_for_zero, word);
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	ASSERT_EQ(0, raw_alloc_as(self->fd, base, SIZE,
				  HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, PINNABLE, &out));
	ASSERT_EQ(base, out);
	START(&fresh, wait_for_zero, word);
	EXPECT_EQ(1, futex(word, FUTEX_WAKE, 2));
	EXPECT_WOKEN(0, &fresh);
	interrupt(&stale);
	EXPECT_WOKEN(EINTR, &stale);
}

/*
 * What the C library makes of them
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
