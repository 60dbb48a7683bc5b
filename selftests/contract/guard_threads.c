// SPDX-License-Identifier: GPL-2.0
/*
 * Description: guard pages and threads: a stack that grows by its guard page, and
 * threads that race for the guard of the same page (rule G12).
 */
#include "hostmem_test.h"

#include <pthread.h>
#include <sched.h>

#define GUARDED	(PAGE_READWRITE | PAGE_GUARD)

/*
 * A stack that grows by its guard page, as Windows' stacks do
 */

#define STACK	(512 * KIB)
#define TOP	(64 * KIB)	/* committed in the beginning */

struct stack {
	char *base;
	char *guard;		/* where the guard is */
	char *limit;		/* how deep the thread shall go */
	char alternate[64 * KIB];
	unsigned int grown;
	unsigned int off_alternate;
	unsigned int strange;
};

static BOOL grow(DWORD code, DWORD access, void *address, void *context)
{
	struct stack *stack = context;
	char here;

	(void)access;
	if (&here < stack->alternate ||
	    &here >= stack->alternate + sizeof(stack->alternate))
		stack->off_alternate++;
	if (code != EXCEPTION_GUARD_PAGE ||
	    ((uintptr_t)address & ~(PAGE - 1)) != (uintptr_t)stack->guard) {
		stack->strange++;
		return FALSE;
	}
	stack->grown++;
	stack->guard -= PAGE;
	return !!commit_at(stack->guard, PAGE, GUARDED);
}

static __attribute__((noinline)) int descend(char *limit)
{
	volatile char frame[500];

	frame[0] = 1;
	if ((char *)frame <= limit)
		return 0;
	return descend(limit) + frame[0];
}

static void *descend_on_stack(void *arg)
{
	struct stack *stack = arg;
	stack_t alternate = {
		.ss_sp = stack->alternate,
		.ss_size = sizeof(stack->alternate),
	};

	if (sigaltstack(&alternate, NULL))
		return NULL;
	return (void *)(uintptr_t)descend(stack->limit);
}

TEST(of_a_stack_fires_on_the_alternate_one)
{
	static struct stack stack;
	pthread_attr_t attr;
	pthread_t thread;
	void *depth;
	int err;

	stack.base = reserve_at(NULL, STACK);
	ASSERT_NE(NULL, stack.base);
	stack.guard = stack.base + STACK - TOP - PAGE;
	stack.limit = stack.base + STACK / 2;
	ASSERT_NE(NULL, commit_at(stack.guard + PAGE, TOP, PAGE_READWRITE));
	ASSERT_EQ(stack.guard, commit_at(stack.guard, PAGE, GUARDED));
	ASSERT_TRUE(HostSetFaultCallback(grow, &stack));

	ASSERT_EQ(0, pthread_attr_init(&attr));
	ASSERT_EQ(0, pthread_attr_setstack(&attr, stack.base, STACK));
	ASSERT_EQ(0, pthread_create(&thread, &attr, descend_on_stack, &stack));
	/* To wait in pthread_join() takes a shared futex, which needs a struct page. */
	while ((err = pthread_tryjoin_np(thread, &depth)) == EBUSY)
		sched_yield();
	ASSERT_EQ(0, err);
	EXPECT_LT(100, (uintptr_t)depth);
	EXPECT_EQ(0, stack.strange);
	EXPECT_EQ(0, stack.off_alternate);
	/* All pages down to the limit's, and at most the next. */
	EXPECT_LE((STACK / 2 - TOP) / PAGE, stack.grown);
	EXPECT_GE((STACK / 2 - TOP) / PAGE + 1, stack.grown);
	EXPECT_COMMITTED(stack.guard, stack.base, PAGE, GUARDED);
	EXPECT_RESERVED(stack.base, stack.base, stack.guard - stack.base);
}

/*
 * Threads that race for the same pages
 */

#define RACERS	4
#define ROUNDS	600

struct race {
	char *base;
	pthread_barrier_t barrier;
	unsigned int fired[ROUNDS];	/* how often each page's guard has */
	unsigned int strange;
	int fd;
};

static BOOL count_fired(DWORD code, DWORD access, void *address, void *context)
{
	struct race *race = context;
	size_t page = ((char *)address - race->base) / PAGE;

	(void)access;
	if (code == EXCEPTION_GUARD_PAGE && page < ROUNDS)
		__atomic_fetch_add(&race->fired[page], 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(&race->strange, 1, __ATOMIC_RELAXED);
	return TRUE;
}

static void *race_by_access(void *arg)
{
	struct race *race = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		volatile uint32_t *word = (uint32_t *)(race->base + i * PAGE);

		pthread_barrier_wait(&race->barrier);
		__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *race_by_system_call(void *arg)
{
	struct race *race = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		char *at = race->base + i * PAGE + 64;

		pthread_barrier_wait(&race->barrier);
		while (pread(race->fd, at, 1, 0) != 1) {
			if (errno == EFAULT)
				__atomic_fetch_add(&race->fired[i], 1,
						   __ATOMIC_RELAXED);
			else
				__atomic_fetch_add(&race->strange, 1,
						   __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

FIXTURE(race)
{
	struct race *race;
};

FIXTURE_VARIANT(race)
{
	int system_calls;	/* how many of the threads make them */
};

FIXTURE_VARIANT_ADD(race, of_accesses)
{
	.system_calls = 0,
};

FIXTURE_VARIANT_ADD(race, of_system_calls)
{
	.system_calls = RACERS,
};

FIXTURE_VARIANT_ADD(race, of_both)
{
	.system_calls = RACERS / 2,
};

FIXTURE_SETUP(race)
{
	static struct race race;

	self->race = &race;
	race.base = both_at(NULL, ROUNDS * PAGE, GUARDED);
	ASSERT_NE(NULL, race.base);
	race.fd = memfd_create("hostmem", MFD_CLOEXEC);
	ASSERT_EQ(1, write(race.fd, "x", 1));
	ASSERT_EQ(0, pthread_barrier_init(&race.barrier, NULL, RACERS));
	ASSERT_TRUE(HostSetFaultCallback(count_fired, &race));
}

FIXTURE_TEARDOWN(race)
{
}

TEST_F(race, has_one_winner_for_each_page_G12)
{
	struct race *race = self->race;
	pthread_t threads[RACERS];
	int i;

	for (i = 0; i < RACERS; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i < variant->system_calls ?
					    race_by_system_call : race_by_access,
					    race));
	}
	for (i = 0; i < RACERS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	}
	EXPECT_EQ(0, race->strange);
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(1, race->fired[i])
			TH_LOG("page %d", i);
		EXPECT_EQ(RACERS - variant->system_calls,
			  *(uint32_t *)(race->base + i * PAGE));
	}
	EXPECT_EQ(PAGE_READWRITE, query(race->base).Protect);
	EXPECT_EQ(ROUNDS * PAGE, query(race->base).RegionSize);
}

TEST_HARNESS_MAIN
