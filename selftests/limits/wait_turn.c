// SPDX-License-Identifier: GPL-2.0
/*
 * Description: commits that wait for room in the limits: who is served when, and who
 * holds up whom (rules H6, S2).
 */
#include "wait.h"

/*
 * Who is served
 */

TEST_F(wait, is_first_come_first_served)
{
	struct waiter waiters[FILES] = {
		WAITER(0, 1, TASK), WAITER(1, 1, TASK), WAITER(2, 1, TASK),
		WAITER(3, 1, TASK),
	};
	static const int order[FILES] = { 2, 0, 3, 1 };
	int i, j;

	for (i = 0; i < FILES; i++) {
		START_WAITER(&waiters[order[i]]);
	}
	for (i = 0; i < FILES; i++) {
		GIVE_BACK(1);
		for (j = 0; j < FILES; j++) {
			EXPECT_EQ(j > i, waiting(self->fd[order[j]]))
				TH_LOG("number %d after %d", j, i);
		}
		EXPECT_ENDS(0, &waiters[order[i]]);
		EXPECT_EQ(PAGE, committed(self->fd[order[i]]));
		EXPECT_EQ(LIMIT, total_committed(self->holder));
	}
}

TEST_F(wait, is_first_come_first_served_within_a_file)
{
	struct waiter waiters[3];
	int i, j;

	for (i = 0; i < 3; i++) {
		waiters[i] = (struct waiter)WAITER(0, 1, APPDOMAIN);
		waiters[i].addr += i * PAGE;
		START_WAITER(&waiters[i]);
	}
	EXPECT_WAITING(3);
	for (i = 0; i < 3; i++) {
		GIVE_BACK(1);
		EXPECT_EQ(2 - i, waiting(self->fd[0]));
		EXPECT_ENDS(0, &waiters[i]);
		for (j = i + 1; j < 3; j++) {
			EXPECT_FALSE(atomic_load(&waiters[j].done));
		}
	}
}

/* One that wants much is not overtaken by those that wait behind it for little. */
TEST_F(wait, is_in_turn_even_for_one_that_would_fit)
{
	struct waiter much = WAITER(0, 4, TASK), little = WAITER(1, 1, TASK);

	START_WAITER(&much);
	START_WAITER(&little);
	GIVE_BACK(3);
	EXPECT_WAITING(1, 1);
	GIVE_BACK(1);
	EXPECT_WAITING(0, 1);
	EXPECT_ENDS(0, &much);
	GIVE_BACK(1);
	EXPECT_ENDS(0, &little);
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

TEST_F(wait, serves_all_that_fit_at_once)
{
	struct waiter waiters[FILES] = {
		WAITER(0, 1, TASK), WAITER(1, 2, PROCESS),
		WAITER(2, 3, APPDOMAIN), WAITER(3, 4, TASK),
	};
	int i;

	for (i = 0; i < FILES; i++) {
		START_WAITER(&waiters[i]);
	}
	GIVE_BACK(9);
	EXPECT_WAITING(0, 0, 0, 1);
	GIVE_BACK(1);
	for (i = 0; i < FILES; i++) {
		EXPECT_ENDS(0, &waiters[i]);
	}
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

TEST_F(wait, serves_higher_levels_first_H6)
{
	struct waiter task = WAITER(0, 1, TASK);
	struct waiter process = WAITER(1, 1, PROCESS);
	struct waiter domain = WAITER(2, 1, APPDOMAIN);
	struct waiter late = WAITER(3, 2, PROCESS);

	START_WAITER(&task);
	START_WAITER(&domain);
	START_WAITER(&process);
	START_WAITER(&late);
	GIVE_BACK(1);
	EXPECT_WAITING(1, 0, 1, 1);
	/* One page is there now, but two are wanted on the highest level. */
	GIVE_BACK(1);
	EXPECT_WAITING(1, 0, 1, 1);
	GIVE_BACK(1);
	EXPECT_WAITING(1, 0, 1, 0);
	GIVE_BACK(1);
	EXPECT_WAITING(1, 0, 0, 0);
	GIVE_BACK(1);
	EXPECT_WAITING(0, 0, 0, 0);
	EXPECT_ENDS(0, &task);
	EXPECT_ENDS(0, &domain);
	EXPECT_ENDS(0, &process);
	EXPECT_ENDS(0, &late);
}

/* What is kept back for critical commits stays so, for those who wait, too. */
TEST_F(wait, leaves_the_reserve_to_higher_levels_H6)
{
	struct waiter task = WAITER(0, 1, TASK);
	struct waiter process = WAITER(1, 1, PROCESS);
	unsigned long reserve = LIMIT / PAGE / 10;

	ASSERT_TRUE(set_number("critical_reserve_pct", 10));
	START_WAITER(&task);
	START_WAITER(&process);
	GIVE_BACK(1);
	EXPECT_WAITING(1, 0);
	EXPECT_ENDS(0, &process);
	/* All of the reserve has to be free again, and a page more. */
	GIVE_BACK(reserve);
	EXPECT_WAITING(1);
	GIVE_BACK(1);
	EXPECT_WAITING(0);
	EXPECT_ENDS(0, &task);
	EXPECT_EQ(LIMIT - reserve * PAGE, total_committed(self->holder));
}

TEST_F(wait, of_others_refuses_nobody_what_fits)
{
	struct waiter much = WAITER(0, 4, PROCESS);

	START_WAITER(&much);
	GIVE_BACK(3);
	EXPECT_EQ(0, raw_commit(self->fd[1], self->base[1], PAGE, TASK, AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd[0], self->base[0] + LIMIT, PAGE, TASK,
				AT_ONCE));
	/* One that may wait gets at once what fits, and no more (rule S2). */
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[1], self->base[1] + PAGE,
					 2 * PAGE, PROCESS, LONG_AGO));
	EXPECT_EQ(0, raw_commit(self->fd[1], self->base[1] + PAGE, PAGE, TASK,
				FOREVER));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd[1], self->base[1] + 2 * PAGE,
				      PAGE, PROCESS, AT_ONCE));
	EXPECT_WAITING(1, 0);
	GIVE_BACK(4);
	EXPECT_ENDS(0, &much);
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

TEST_F(wait, that_times_out_makes_way_for_those_behind)
{
	struct waiter much = WAITER(0, 4, PROCESS), little = WAITER(1, 1, TASK);

	GIVE_BACK(1);
	much.deadline = monotonic_ns() + 200 * 1000 * 1000;
	ASSERT_EQ(0, pthread_create(&much.thread, NULL, commit_in_thread, &much));
	while (!waiting(self->fd[0]) && !much.done)
		sched_yield();
	/* With luck it has to wait; its end is the same in any case. */
	ASSERT_EQ(0, pthread_create(&little.thread, NULL, commit_in_thread,
				    &little));
	EXPECT_ENDS(-ETIMEDOUT, &much);
	EXPECT_ENDS(0, &little);
}

/*
 * Who holds up whom
 */

TEST_F(wait, for_its_own_limit_holds_up_no_other_file)
{
	struct waiter own = WAITER(0, 2, PROCESS), other = WAITER(1, 1, TASK);
	struct waiter same = WAITER(0, 1, TASK);

	same.addr += LIMIT;
	GIVE_BACK(3);
	ASSERT_EQ(0, raw_limit(self->fd[0], 4 * PAGE));
	ASSERT_EQ(0, raw_commit(self->fd[0], self->base[0] + MIB, 3 * PAGE,
				PROCESS, AT_ONCE));
	START_WAITER(&own);
	START_WAITER(&same);
	START_WAITER(&other);
	GIVE_BACK(1);
	/* The others' goes on; those of the same file stay in their turn. */
	EXPECT_WAITING(2, 0);
	EXPECT_ENDS(0, &other);

	/* With room in its own limit it waits for that in the module's. */
	ASSERT_EQ(0, raw_decommit(self->fd[0], self->base[0] + MIB, PAGE));
	EXPECT_WAITING(2);
	GIVE_BACK(1);
	EXPECT_WAITING(1);
	EXPECT_ENDS(0, &own);
	GIVE_BACK(1);
	EXPECT_WAITING(1);
	ASSERT_EQ(0, raw_decommit(self->fd[0], self->base[0] + MIB + PAGE, PAGE));
	EXPECT_WAITING(0);
	EXPECT_ENDS(0, &same);
	EXPECT_EQ(4 * PAGE, committed(self->fd[0]));
}

TEST_F(wait, for_the_impossible_holds_up_nobody)
{
	struct waiter module = WAITER(0, LIMIT / PAGE + 1, PROCESS);
	struct waiter own = WAITER(1, 6, PROCESS), good = WAITER(2, 1, TASK);
	struct waiter same = WAITER(1, 1, TASK);

	same.addr += LIMIT;
	ASSERT_EQ(0, raw_limit(self->fd[1], 5 * PAGE));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[0], module.addr, module.length,
					 PROCESS, LONG_AGO));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[1], own.addr, own.length,
					 PROCESS, LONG_AGO));
	START_WAITER(&module);
	START_WAITER(&own);
	START_WAITER(&same);
	START_WAITER(&good);
	GIVE_BACK(1);
	EXPECT_WAITING(1, 1, 1);
	EXPECT_ENDS(0, &same);
	GIVE_BACK(1);
	EXPECT_WAITING(1, 1, 0);
	EXPECT_ENDS(0, &good);

	/* What has become possible is served. */
	GIVE_BACK((self->held_end - self->held) / PAGE);
	ASSERT_EQ(0, raw_decommit(self->fd[1], same.addr, PAGE));
	ASSERT_EQ(0, raw_decommit(self->fd[2], good.addr, PAGE));
	EXPECT_WAITING(1, 1);
	ASSERT_TRUE(set_number("commit_limit_mb", LIMIT_MB + 1));
	EXPECT_WAITING(0, 1);
	EXPECT_ENDS(0, &module);
	ASSERT_EQ(0, raw_shutdown(self->fd[1]));
	EXPECT_ENDS(-ECANCELED, &own);
}

/*
 * Nor more than the limit leaves beside what the waiter's own file holds, which it
 * would have to give back itself (rule S2).
 */
TEST_F(wait, for_what_the_own_file_holds_holds_up_nobody)
{
	struct waiter all = WAITER(0, LIMIT / PAGE, PROCESS);
	struct waiter same = WAITER(0, 2, TASK), other = WAITER(1, 2, TASK);
	uintptr_t page = self->base[0] + LIMIT;

	same.addr = page + MIB;
	GIVE_BACK(1);
	ASSERT_EQ(0, raw_commit(self->fd[0], page, PAGE, TASK, AT_ONCE));
	START_WAITER(&all);
	START_WAITER(&same);
	START_WAITER(&other);
	GIVE_BACK(1);
	EXPECT_WAITING(2, 1);
	/* Those that it doesn't hold up are served as they came. */
	GIVE_BACK(1);
	EXPECT_WAITING(1, 1);
	EXPECT_ENDS(0, &same);
	GIVE_BACK(2);
	EXPECT_WAITING(1, 0);
	EXPECT_ENDS(0, &other);

	/* When nothing is held any more, it is one like others. */
	ASSERT_EQ(0, raw_decommit(self->fd[0], self->base[0], 0));
	EXPECT_WAITING(1);
	ASSERT_EQ(0, raw_decommit(self->fd[1], self->base[1], 0));
	EXPECT_WAITING(1);
	GIVE_BACK((self->held_end - self->held) / PAGE);
	EXPECT_WAITING(0);
	EXPECT_ENDS(0, &all);
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

/* What becomes possible by the own file's decommit stands in its turn at once. */
TEST_F(wait, for_what_the_own_file_gives_back_is_in_turn)
{
	struct waiter much = WAITER(0, LIMIT / PAGE - 1, TASK);
	struct waiter little = WAITER(1, 2, TASK);

	GIVE_BACK(2);
	ASSERT_EQ(0, raw_commit(self->fd[0], self->base[0] + LIMIT, 2 * PAGE, TASK,
				AT_ONCE));
	START_WAITER(&much);
	START_WAITER(&little);
	ASSERT_EQ(0, raw_decommit(self->fd[0], self->base[0] + LIMIT, PAGE));
	GIVE_BACK(1);
	/* Two pages are there for the second, but now the first holds it up. */
	EXPECT_WAITING(1, 1);
	ASSERT_EQ(0, raw_shutdown(self->fd[0]));
	EXPECT_ENDS(-ECANCELED, &much);
	EXPECT_ENDS(0, &little);
}

/* More than a task may ever have, but not more than the limit. */
TEST_F(wait, for_the_reserve_is_impossible_for_a_task_H6)
{
	struct waiter task = WAITER(0, LIMIT / PAGE, TASK);
	struct waiter behind = WAITER(1, 1, TASK);

	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	START_WAITER(&task);
	START_WAITER(&behind);
	GIVE_BACK(LIMIT / PAGE / 2 + 1);
	EXPECT_WAITING(1, 0);
	EXPECT_ENDS(0, &behind);
	ASSERT_EQ(0, raw_decommit(self->fd[1], self->base[1], PAGE));
	GIVE_BACK(LIMIT / PAGE / 2 - 1);
	EXPECT_EQ(0, total_committed(self->holder));
	EXPECT_WAITING(1);
	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	EXPECT_WAITING(0);
	EXPECT_ENDS(0, &task);
}

TEST_F(wait, that_becomes_impossible_holds_up_nobody_any_more)
{
	struct waiter first = WAITER(0, 8, TASK), second = WAITER(1, 1, TASK);

	START_WAITER(&first);
	START_WAITER(&second);
	GIVE_BACK(4);
	EXPECT_WAITING(1, 1);
	ASSERT_EQ(0, raw_limit(self->fd[0], 7 * PAGE));
	EXPECT_WAITING(1, 0);
	EXPECT_ENDS(0, &second);
	ASSERT_EQ(0, raw_shutdown(self->fd[0]));
	EXPECT_ENDS(-ECANCELED, &first);
}

/*
 * Threads that together want more than there is, but each of them less, take
 * turns.  None is refused, and none waits for ever.
 */
#define TURNS	100
#define TAKERS	6

struct turn_taker {
	pthread_t thread;
	int fd;
	uintptr_t base;
	uint64_t rng;
	int wrong;		/* the first unexpected result */
};

static void *take_turns(void *arg)
{
	struct turn_taker *taker = arg;
	int turn, err = 0;

	for (turn = 0; turn < TURNS && !err; turn++) {
		size_t pages = 1 + random_below(&taker->rng, 8);
		uint32_t level = random_below(&taker->rng, 3);

		err = raw_commit(taker->fd, taker->base, pages * PAGE, level,
				 FOREVER);
		if (!err)
			err = raw_decommit(taker->fd, taker->base, pages * PAGE);
	}
	taker->wrong = err;
	return NULL;
}

TEST_F(wait, in_turn_serves_everybody)
{
	struct turn_taker takers[TAKERS];
	int i;

	/* Ten pages, and another limit that two of them share. */
	GIVE_BACK(10);
	ASSERT_EQ(0, raw_limit(self->fd[1], 9 * PAGE));
	for (i = 0; i < TAKERS; i++) {
		takers[i] = (struct turn_taker) {
			.fd = self->fd[i % FILES],
			.base = self->base[i % FILES] + i * GRANULE,
			.rng = 4711 + i,
		};
		ASSERT_EQ(0, pthread_create(&takers[i].thread, NULL, take_turns,
					    &takers[i]));
	}
	for (i = 0; i < TAKERS; i++) {
		ASSERT_EQ(0, pthread_join(takers[i].thread, NULL));
		EXPECT_EQ(0, takers[i].wrong)
			TH_LOG("thread %d", i);
	}
	EXPECT_WAITING(0, 0, 0, 0);
	EXPECT_EQ(LIMIT - 10 * PAGE, total_committed(self->holder));
}

TEST_HARNESS_MAIN
