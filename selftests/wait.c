// SPDX-License-Identifier: GPL-2.0
/*
 * Description: commits that wait for room in the limits: who is served when, and
 * how a wait ends (rules A13, A15, C5, C16, H6).
 *
 * Sets the module's parameters, so it needs root, and puts them back.  A commit
 * has queued when HOSTMEM_IOC_STATUS says so, and has been served when that says
 * that it waits no more; so nothing here depends on how long anything takes.
 */
#include "hostmem_limits.h"

#include <sys/mman.h>

#define LIMIT_MB	4
#define LIMIT		(LIMIT_MB * MIB)
#define FILES		4

/*
 * All of the limit is held by one file, but for what give_back() gives; the
 * others have a region of reserved pages each.
 */
FIXTURE(wait)
{
	int holder;
	uintptr_t held;		/* of the holder, what is committed... */
	uintptr_t held_end;	/* ...up to here */
	int fd[FILES];
	uintptr_t base[FILES];
};

FIXTURE_SETUP(wait)
{
	int i;

	SET_PARAMETERS(LIMIT_MB, 0);
	self->held = open_region(&self->holder, LIMIT);
	ASSERT_NE(0, self->held);
	ASSERT_EQ(0, raw_commit(self->holder, self->held, LIMIT, TASK, AT_ONCE));
	self->held_end = self->held + LIMIT;
	for (i = 0; i < FILES; i++) {
		self->base[i] = open_region(&self->fd[i], 2 * LIMIT);
		ASSERT_NE(0, self->base[i]);
	}
}

FIXTURE_TEARDOWN(wait)
{
}

#define GIVE_BACK(pages) do {						\
	ASSERT_LE((pages) * PAGE, self->held_end - self->held);		\
	ASSERT_EQ(0, raw_decommit(self->holder, self->held,		\
				  (pages) * PAGE));			\
	self->held += (pages) * PAGE;					\
} while (0)

/* A commit of some pages at the beginning of file @i's region. */
#define WAITER(i, pages, lvl) {						\
	.fd = self->fd[i], .addr = self->base[i],			\
	.length = (pages) * PAGE, .level = lvl, .deadline = FOREVER,	\
}

/* How many wait in the files 0, 1, ... */
#define EXPECT_WAITING(...) do {					\
	static const uint64_t __expected[] = { __VA_ARGS__ };		\
	size_t __i;							\
									\
	for (__i = 0; __i < ARRAY_SIZE(__expected); __i++) {		\
		EXPECT_EQ(__expected[__i], waiting(self->fd[__i]))	\
			TH_LOG("file %zu", __i);			\
	}								\
} while (0)

/*
 * Deadlines
 */

TEST_F(wait, is_not_for_commits_without_a_deadline_A13)
{
	struct hostmem_status before = hostmem_status(self->fd[0]);

	EXPECT_EQ(-ENOMEM, raw_commit(self->fd[0], self->base[0], PAGE, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd[0], 0, PAGE, PROCESS, AT_ONCE));
	EXPECT_SAME_STATUS(before, self->fd[0]);
	EXPECT_WAITING(0);
}

TEST_F(wait, ends_at_the_deadline_with_nothing_changed_A15_C16)
{
	struct hostmem_status before = hostmem_status(self->fd[0]);
	uintptr_t place = 0x50000000;
	struct hostmem_alloc arg;
	uint64_t soon;

	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[0], self->base[0], PAGE,
					 PROCESS, LONG_AGO));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[0], 0, PAGE, PROCESS,
					 LONG_AGO));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[0], self->base[0], PAGE,
					 PROCESS, monotonic_ns()));
	soon = monotonic_ns() + 20 * 1000 * 1000;
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd[0], self->base[0], PAGE,
					 PROCESS, soon));
	EXPECT_LE(soon, monotonic_ns());
	EXPECT_SAME_STATUS(before, self->fd[0]);
	EXPECT_WAITING(0);

	/* No region is left where one was asked for. */
	arg = (struct hostmem_alloc) {
		.size = sizeof(arg),
		.type = HOSTMEM_RESERVE | HOSTMEM_COMMIT,
		.protect = HOSTMEM_READWRITE,
		.addr = place,
		.length = PAGE,
		.out_addr = (uintptr_t)POISON_POINTER,
		.deadline = LONG_AGO,
	};
	EXPECT_EQ(-ETIMEDOUT, raw_call(self->fd[0], HOSTMEM_IOC_ALLOC, &arg));
	EXPECT_EQ(0, arg.out_addr);
	EXPECT_SAME_STATUS(before, self->fd[0]);
	EXPECT_EQ(0, mappings(getpid(), place, place + GRANULE));
}

/* In a process of its own, whose clock is another. */
static int wait_by_its_clock(void *arg)
{
	static const uint64_t never[] = {
		UINT64_MAX, UINT64_MAX - 1, (uint64_t)INT64_MAX + 1, INT64_MAX,
		INT64_MAX - 1,
	};
	struct waiter waiter = { .length = 2 * PAGE, .level = PROCESS };
	uint64_t soon;
	size_t i;

	(void)arg;
	/* Should a wait not end: those who wait for this process do. */
	alarm(20);
	waiter.addr = open_region(&waiter.fd, GRANULE);
	if (!waiter.addr || raw_limit(waiter.fd, PAGE))
		return 1;
	soon = monotonic_ns() + 50 * 1000 * 1000;
	if (raw_commit(waiter.fd, waiter.addr, 2 * PAGE, PROCESS, soon) != -ETIMEDOUT ||
	    monotonic_ns() < soon)
		return 2;
	if (raw_commit(waiter.fd, waiter.addr, 2 * PAGE, PROCESS, LONG_AGO) != -ETIMEDOUT ||
	    raw_commit(waiter.fd, waiter.addr, 2 * PAGE, PROCESS, AT_ONCE) != -ENOMEM)
		return 3;

	/* A wait without end lasts until another thread ends it. */
	for (i = 0; i < ARRAY_SIZE(never); i++) {
		waiter.addr = open_region(&waiter.fd, GRANULE);
		waiter.deadline = never[i];
		waiter.done = false;
		if (raw_limit(waiter.fd, 2 * PAGE) ||
		    raw_commit(waiter.fd, waiter.addr + 2 * PAGE, PAGE, PROCESS, AT_ONCE) ||
		    pthread_create(&waiter.thread, NULL, commit_in_thread, &waiter))
			return 4;
		while (!waiting(waiter.fd))
			if (waiter.done)
				return 5;
		if (raw_decommit(waiter.fd, waiter.addr + 2 * PAGE, PAGE) ||
		    pthread_join(waiter.thread, NULL) || waiter.result)
			return 6;
	}
	return 0;
}

/* S7 */
TEST_F(wait, ends_by_the_clock_of_its_time_namespace)
{
	struct time_namespace spaces[] = {
		{ 10000, wait_by_its_clock }, { -1, wait_by_its_clock },
		{ 0, wait_by_its_clock }, { 1000000000, wait_by_its_clock },
	};
	size_t i;

	GIVE_BACK(100);
	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		EXPECT_EQ(0, status_of(start_child(in_time_namespace, &spaces[i])))
			TH_LOG("%d seconds", spaces[i].seconds);
	}
}

TEST_F(wait, is_not_for_what_fits)
{
	GIVE_BACK(3);
	EXPECT_EQ(0, raw_commit(self->fd[0], self->base[0], PAGE, TASK,
				LONG_AGO));
	EXPECT_EQ(0, raw_commit(self->fd[1], self->base[1], 2 * PAGE, TASK,
				FOREVER));
	EXPECT_EQ(LIMIT, total_committed(self->fd[0]));
}

TEST_F(wait, is_not_for_pages_that_are_committed_already_C5)
{
	struct waiter first = WAITER(0, 1, PROCESS);

	START_WAITER(&first);
	EXPECT_EQ(0, raw_commit(self->holder, self->held, LIMIT, TASK, FOREVER));
	EXPECT_EQ(0, raw_commit(self->holder, self->held, LIMIT, TASK, LONG_AGO));
	EXPECT_WAITING(1);
	GIVE_BACK(1);
	EXPECT_ENDS(0, &first);
}

TEST_F(wait, is_for_commits_that_reserve_as_well)
{
	struct waiter waiter = { .fd = self->fd[0], .length = PAGE,
				 .deadline = FOREVER };

	START_WAITER(&waiter);
	EXPECT_EQ(2, hostmem_status(self->fd[0]).out_regions);
	GIVE_BACK(1);
	EXPECT_WAITING(0);
	EXPECT_ENDS(0, &waiter);
	EXPECT_EQ(2, hostmem_status(self->fd[0]).out_regions);
	EXPECT_EQ(PAGE, committed(self->fd[0]));
}

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
 * What may happen meanwhile
 */

static int do_nothing(void *arg)
{
	return !!arg;
}

TEST_F(wait, holds_no_lock)
{
	struct waiter waiter = WAITER(0, 2, TASK);
	uintptr_t page = self->base[0] + LIMIT, out;
	struct hostmem_memory_info info;
	struct hostmem_protect protect = {
		.size = sizeof(protect),
		.protect = HOSTMEM_READONLY,
		.addr = page,
		.length = PAGE,
		.old = (uintptr_t)&(uint32_t){ 0 },
	};
	void *map;

	GIVE_BACK(1);
	START_WAITER(&waiter);
	EXPECT_EQ(0, raw_commit(self->fd[0], page, PAGE, TASK, AT_ONCE));
	EXPECT_NO_FAULT(try_write((void *)page, 1));
	EXPECT_EQ(0, raw_call(self->fd[0], HOSTMEM_IOC_PROTECT, &protect));
	EXPECT_EQ(0, raw_query(self->fd[0], self->base[0], &info));
	EXPECT_EQ(HOSTMEM_RESERVE, info.state);
	EXPECT_EQ(0, raw_alloc(self->fd[0], 0, PAGE, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, raw_release(self->fd[0], out));
	map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, munmap(map, PAGE));
	EXPECT_EQ(0, status_of(start_child(do_nothing, NULL)));
	EXPECT_WAITING(1);
	EXPECT_EQ(0, raw_decommit(self->fd[0], page, PAGE));
	EXPECT_WAITING(1);
	GIVE_BACK(1);
	EXPECT_ENDS(0, &waiter);
}

TEST_F(wait, for_a_region_that_is_released_is_in_vain)
{
	struct waiter waiter = WAITER(0, 2, TASK), behind = WAITER(1, 2, TASK);

	START_WAITER(&waiter);
	START_WAITER(&behind);
	ASSERT_EQ(0, raw_release(self->fd[0], self->base[0]));
	GIVE_BACK(2);
	EXPECT_ENDS(-EADDRNOTAVAIL, &waiter);
	EXPECT_ENDS(0, &behind);
	EXPECT_EQ(0, committed(self->fd[0]));
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

struct lost {
	int fd;
	struct hostmem_alloc *arg;
	int result;
};

static void *alloc_in_thread(void *arg)
{
	struct lost *lost = arg;

	lost->result = raw_call(lost->fd, HOSTMEM_IOC_ALLOC, lost->arg);
	return NULL;
}

/* Whose argument goes meanwhile, can't be told where his region is. */
TEST_F(wait, whose_result_nobody_can_have_leaves_no_region)
{
	struct hostmem_status before = hostmem_status(self->fd[0]);
	struct lost lost = { .fd = self->fd[0] };
	pthread_t thread;

	lost.arg = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, lost.arg);
	*lost.arg = (struct hostmem_alloc) {
		.size = sizeof(*lost.arg),
		.type = HOSTMEM_RESERVE | HOSTMEM_COMMIT,
		.protect = HOSTMEM_READWRITE,
		.length = 4 * PAGE,
		.deadline = FOREVER,
	};
	ASSERT_EQ(0, pthread_create(&thread, NULL, alloc_in_thread, &lost));
	while (!waiting(self->fd[0]))
		sched_yield();
	ASSERT_EQ(0, munmap(lost.arg, PAGE));
	GIVE_BACK(4);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-EFAULT, lost.result);
	before.out_total_committed_bytes -= 4 * PAGE;
	EXPECT_SAME_STATUS(before, self->fd[0]);
}

/* The pages are counted before the wait; some of them get committed during it. */
TEST_F(wait, charges_only_what_is_still_missing_at_its_end)
{
	struct waiter waiter = WAITER(0, 6, TASK);

	GIVE_BACK(4);
	START_WAITER(&waiter);
	ASSERT_EQ(0, raw_commit(self->fd[0], self->base[0] + PAGE, 4 * PAGE,
				TASK, AT_ONCE));
	stamp((void *)(self->base[0] + PAGE), 4 * PAGE, 1);
	EXPECT_WAITING(1);
	GIVE_BACK(6);
	EXPECT_ENDS(0, &waiter);
	EXPECT_EQ(NULL, unstamped((void *)(self->base[0] + PAGE), 4 * PAGE, 1));
	EXPECT_EQ(6 * PAGE, committed(self->fd[0]));
	EXPECT_EQ(LIMIT - 4 * PAGE, total_committed(self->holder));
	EXPECT_EQ(0, raw_commit(self->fd[1], self->base[1], 4 * PAGE, TASK,
				AT_ONCE));
}

/* What another thread has committed in its place, it needs no more. */
TEST_F(wait, gets_at_its_deadline_what_is_still_missing)
{
	uintptr_t held = self->held;
	uint64_t time = 100 * 1000 * 1000;
	struct waiter waiter;
	bool in_time;

	/* Until all of it happens before the deadline. */
	do {
		time *= 2;
		ASSERT_EQ(0, raw_decommit(self->fd[0], self->base[0], 2 * PAGE));
		ASSERT_EQ(0, raw_commit(self->holder, held, LIMIT, TASK, AT_ONCE));
		self->held = held;
		GIVE_BACK(1);
		waiter = (struct waiter)WAITER(0, 2, TASK);
		waiter.deadline = monotonic_ns() + time;
		ASSERT_EQ(0, pthread_create(&waiter.thread, NULL,
					    commit_in_thread, &waiter));
		while (!waiting(self->fd[0]) && !waiter.done)
			sched_yield();
		ASSERT_EQ(0, raw_commit(self->fd[0], self->base[0], PAGE, TASK,
					AT_ONCE));
		GIVE_BACK(1);
		in_time = monotonic_ns() < waiter.deadline;
		ASSERT_EQ(0, pthread_join(waiter.thread, NULL));
	} while (!in_time);
	EXPECT_EQ(0, waiter.result);
	EXPECT_EQ(2 * PAGE, committed(self->fd[0]));
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

TEST_F(wait, outlives_the_descriptor)
{
	struct waiter waiter = WAITER(0, 2, TASK);
	int copy = dup(self->fd[0]);

	ASSERT_LE(0, copy);
	START_WAITER(&waiter);
	ASSERT_EQ(0, close(self->fd[0]));
	EXPECT_EQ(1, waiting(copy));
	GIVE_BACK(2);
	EXPECT_ENDS(0, &waiter);
	EXPECT_EQ(2 * PAGE, committed(copy));
}

/*
 * Other ends of a wait
 */

TEST_F(wait, is_cancelled_by_a_shutdown)
{
	struct waiter first = WAITER(0, 4, PROCESS), second = WAITER(0, 1, TASK);
	struct waiter third = { .fd = self->fd[0], .length = PAGE,
				.deadline = FOREVER };
	struct waiter other = WAITER(1, 1, TASK);

	START_WAITER(&first);
	START_WAITER(&second);
	START_WAITER(&third);
	START_WAITER(&other);
	GIVE_BACK(1);
	EXPECT_WAITING(3, 1);
	ASSERT_EQ(0, raw_shutdown(self->fd[0]));
	EXPECT_ENDS(-ECANCELED, &first);
	EXPECT_ENDS(-ECANCELED, &second);
	EXPECT_ENDS(-ECANCELED, &third);
	/* And makes way. */
	EXPECT_ENDS(0, &other);
	EXPECT_EQ(LIMIT, total_committed(self->fd[1]));
}

static atomic_int handled;

static void count_signal(int signo)
{
	(void)signo;
	handled++;
}

static void handle_sigusr1(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	handled = 0;
	sigaction(SIGUSR1, &action, NULL);
}

TEST_F(wait, ends_with_a_signal_A15)
{
	struct hostmem_status before = hostmem_status(self->fd[0]);
	struct waiter waiter = WAITER(0, 2, TASK), behind = WAITER(1, 1, TASK);
	struct waiter reserving = { .fd = self->fd[0], .length = PAGE,
				    .level = TASK, .deadline = FOREVER };

	handle_sigusr1(0);
	START_WAITER(&waiter);
	START_WAITER(&reserving);
	START_WAITER(&behind);
	GIVE_BACK(1);
	EXPECT_WAITING(2, 1);
	ASSERT_EQ(0, pthread_kill(reserving.thread, SIGUSR1));
	EXPECT_ENDS(-EINTR, &reserving);
	EXPECT_EQ(before.out_regions, hostmem_status(self->fd[0]).out_regions);
	EXPECT_WAITING(1, 1);
	ASSERT_EQ(0, pthread_kill(waiter.thread, SIGUSR1));
	EXPECT_ENDS(-EINTR, &waiter);
	EXPECT_ENDS(0, &behind);
	EXPECT_EQ(2, atomic_load(&handled));
	EXPECT_SAME_STATUS(before, self->fd[0]);
}

TEST_F(wait, goes_on_after_a_signal_that_restarts_calls)
{
	struct waiter waiters[2] = { WAITER(0, 2, TASK), WAITER(1, 1, TASK) };
	int i;

	waiters[1].addr = 0;
	handle_sigusr1(SA_RESTART);
	for (i = 0; i < 2; i++) {
		START_WAITER(&waiters[i]);
		ASSERT_EQ(0, pthread_kill(waiters[i].thread, SIGUSR1));
		/* The handler runs outside the call, which then begins anew. */
		while (handled < i + 1 || !waiting(self->fd[i]))
			sched_yield();
		EXPECT_FALSE(atomic_load(&waiters[i].done));
	}
	EXPECT_EQ(1, hostmem_status(self->fd[0]).out_regions);
	EXPECT_EQ(2, hostmem_status(self->fd[1]).out_regions);
	GIVE_BACK(3);
	EXPECT_ENDS(0, &waiters[0]);
	EXPECT_ENDS(0, &waiters[1]);
	EXPECT_EQ(2, atomic_load(&handled));
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

/* In a process of its own: wait for two pages, and tell when it does. */
struct waiting_child {
	atomic_bool queued;
	bool end;		/* end the process while its thread waits */
};

static int wait_in_child(void *arg)
{
	struct waiting_child *child = arg;
	struct waiter waiter = {
		.length = 2 * PAGE, .level = PROCESS, .deadline = FOREVER,
	};

	waiter.addr = open_region(&waiter.fd, GRANULE);
	if (!waiter.addr || pthread_create(&waiter.thread, NULL,
					   commit_in_thread, &waiter))
		return 1;
	while (!waiting(waiter.fd))
		sched_yield();
	child->queued = true;
	if (child->end)
		return 42;
	pthread_join(waiter.thread, NULL);
	return waiter.result ? 2 : 0;
}

#define START_WAITING_CHILD(pid, shared) do {				\
	(pid) = start_child(wait_in_child, shared);			\
	ASSERT_LE(0, pid);						\
	while (!(shared)->queued)					\
		sched_yield();						\
} while (0)

TEST_F(wait, of_a_process_that_is_killed_leaves_nothing)
{
	struct waiting_child *shared = shared_memory(sizeof(*shared));
	struct waiter behind = WAITER(0, 1, TASK);
	pid_t child;

	ASSERT_NE(NULL, shared);
	START_WAITING_CHILD(child, shared);
	START_WAITER(&behind);
	GIVE_BACK(1);
	EXPECT_WAITING(1);
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
	EXPECT_ENDS(0, &behind);
	EXPECT_EQ(LIMIT, total_committed(self->holder));
	GIVE_BACK(LIMIT / PAGE - 1);
	EXPECT_EQ(PAGE, total_committed(self->holder));
}

TEST_F(wait, of_a_process_that_exits_leaves_nothing)
{
	struct waiting_child *shared = shared_memory(sizeof(*shared));
	struct waiter behind = WAITER(0, 1, TASK);
	pid_t child;

	ASSERT_NE(NULL, shared);
	shared->end = true;
	GIVE_BACK(1);
	START_WAITING_CHILD(child, shared);
	EXPECT_EQ(42 << 8, status_of(child));
	EXPECT_EQ(0, raw_commit(self->fd[0], behind.addr, PAGE, TASK, FOREVER));
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

/* Who is stopped doesn't queue: it begins anew when it goes on. */
TEST_F(wait, of_a_process_that_is_stopped_holds_up_nobody)
{
	struct waiting_child *shared = shared_memory(sizeof(*shared));
	struct waiter behind = WAITER(0, 1, TASK);
	int status = 0;
	pid_t child;

	ASSERT_NE(NULL, shared);
	START_WAITING_CHILD(child, shared);
	START_WAITER(&behind);
	GIVE_BACK(1);
	EXPECT_WAITING(1);
	ASSERT_EQ(0, kill(child, SIGSTOP));
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_ENDS(0, &behind);
	GIVE_BACK(2);
	ASSERT_EQ(0, kill(child, SIGCONT));
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(LIMIT - 2 * PAGE, total_committed(self->holder));
}

/*
 * What makes room.  One holder has all that a task may have, in this process or
 * in a child, and a task waits for one page of it.
 */
struct holder {
	int fd;
	uintptr_t base;
	pid_t child;
	int order[2];		/* a pipe to the child */
};

static int hold(void *arg)
{
	struct holder *holder = arg;
	char told = 0;

	holder->base = open_region(&holder->fd, LIMIT);
	if (!holder->base || raw_commit(holder->fd, holder->base, LIMIT, PROCESS,
					AT_ONCE))
		return 1;
	if (holder->child < 0)
		return 0;
	/* The parent sees by the total that the child holds it. */
	if (read(holder->order[0], &told, 1) != 1)
		return 2;
	if (told == 'e') {
		fcntl(holder->fd, F_SETFD, 0);
		fcntl(holder->order[0], F_SETFD, 0);
		execl("/proc/self/exe", "wait", "--hold", NULL);
		return 3;
	}
	return 0;
}

static bool by_decommit(struct holder *holder)
{
	return !raw_decommit(holder->fd, holder->base, PAGE);
}

static bool by_decommit_of_all(struct holder *holder)
{
	return !raw_decommit(holder->fd, holder->base, 0);
}

static bool by_release(struct holder *holder)
{
	return !raw_release(holder->fd, holder->base);
}

static bool by_munmap(struct holder *holder)
{
	return !munmap((void *)holder->base, LIMIT);
}

static bool by_mmap(struct holder *holder)
{
	return mmap((void *)holder->base, LIMIT, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	       (void *)holder->base;
}

static bool by_shutdown(struct holder *holder)
{
	return !raw_shutdown(holder->fd);
}

static bool by_closing(struct holder *holder)
{
	return !close(holder->fd) && by_munmap(holder);
}

static bool by_limit(struct holder *holder)
{
	(void)holder;
	return set_number("commit_limit_mb", LIMIT_MB + 1);
}

static bool by_default_limit(struct holder *holder)
{
	(void)holder;
	return set_number("commit_limit_mb", 0);
}

static bool by_exit(struct holder *holder)
{
	return write(holder->order[1], "x", 1) == 1;
}

static bool by_exec(struct holder *holder)
{
	return write(holder->order[1], "e", 1) == 1;
}

static bool by_kill(struct holder *holder)
{
	return !kill(holder->child, SIGKILL);
}

FIXTURE(room)
{
	struct holder holder;
	int fd;
	uintptr_t base;
};

FIXTURE_VARIANT(room)
{
	bool (*make)(struct holder *holder);
	bool in_child;
};

#define ROOM(name, child)						\
	FIXTURE_VARIANT_ADD(room, name) { .make = name, .in_child = child }

ROOM(by_decommit, false);
ROOM(by_decommit_of_all, false);
ROOM(by_release, false);
ROOM(by_munmap, false);
ROOM(by_mmap, false);
ROOM(by_shutdown, false);
ROOM(by_closing, false);
ROOM(by_limit, false);
ROOM(by_default_limit, false);
ROOM(by_exit, true);
ROOM(by_exec, true);
ROOM(by_kill, true);

FIXTURE_SETUP(room)
{
	SET_PARAMETERS(LIMIT_MB, 0);
	self->base = open_region(&self->fd, LIMIT);
	ASSERT_NE(0, self->base);
	self->holder.child = -1;
	if (!variant->in_child) {
		ASSERT_EQ(0, hold(&self->holder));
		return;
	}
	ASSERT_EQ(0, pipe2(self->holder.order, O_CLOEXEC));
	self->holder.child = 0;
	self->holder.child = start_child(hold, &self->holder);
	ASSERT_LT(0, self->holder.child);
	while (total_committed(self->fd) < LIMIT) {
		ASSERT_EQ(0, waitpid(self->holder.child, NULL, WNOHANG));
		sched_yield();
	}
}

FIXTURE_TEARDOWN(room)
{
}

TEST_F(room, ends_a_wait)
{
	struct waiter waiter = {
		.fd = self->fd, .addr = self->base, .length = PAGE,
		.level = TASK, .deadline = FOREVER,
	};

	START_WAITER(&waiter);
	ASSERT_TRUE(variant->make(&self->holder));
	EXPECT_ENDS(0, &waiter);
	EXPECT_EQ(NULL, nonzero((void *)self->base, PAGE));
	EXPECT_NO_FAULT(try_write((void *)self->base, 1));
	EXPECT_EQ(0, waiting(self->fd));
	EXPECT_EQ(PAGE, committed(self->fd));
}

/* The reserve is for tasks to have as soon as it is none any more. */
TEST_F(wait, ends_when_the_reserve_is_made_smaller_H6)
{
	struct waiter task = WAITER(0, 1, TASK), domain = WAITER(1, 1, APPDOMAIN);

	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	GIVE_BACK(10);
	START_WAITER(&task);
	START_WAITER(&domain);
	ASSERT_TRUE(set_number("critical_reserve_pct", 1));
	EXPECT_WAITING(1, 0);
	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	EXPECT_WAITING(0, 0);
	EXPECT_ENDS(0, &task);
	EXPECT_ENDS(0, &domain);
}

/*
 * Many
 */

#define CROWD	64

TEST_F(wait, of_a_crowd_ends_at_once)
{
	struct waiter crowd[CROWD];
	int i;

	for (i = 0; i < CROWD; i++) {
		crowd[i] = (struct waiter)WAITER(i % FILES, 1, i % 3);
		crowd[i].addr += i * PAGE;
		START_WAITER(&crowd[i]);
	}
	GIVE_BACK(CROWD);
	EXPECT_WAITING(0, 0, 0, 0);
	for (i = 0; i < CROWD; i++) {
		EXPECT_ENDS(0, &crowd[i]);
	}
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

/* So many that no one call serves all of them: who has been served goes on. */
#define GREAT_CROWD	300

TEST_F(wait, of_a_great_crowd_ends)
{
	struct waiter *crowd = calloc(GREAT_CROWD, sizeof(*crowd));
	int i;

	ASSERT_NE(NULL, crowd);
	for (i = 0; i < GREAT_CROWD; i++) {
		crowd[i] = (struct waiter)WAITER(i % FILES, 1, i % 3);
		crowd[i].addr += i * PAGE;
		START_WAITER(&crowd[i]);
	}
	GIVE_BACK(GREAT_CROWD);
	for (i = 0; i < GREAT_CROWD; i++) {
		EXPECT_ENDS(0, &crowd[i]);
	}
	EXPECT_WAITING(0, 0, 0, 0);
	EXPECT_EQ(LIMIT, total_committed(self->holder));
	/* The same for an end that no room makes. */
	for (i = 0; i < GREAT_CROWD; i++) {
		crowd[i] = (struct waiter)WAITER(0, LIMIT / PAGE, i % 3);
		crowd[i].addr += MIB;
		START_WAITER(&crowd[i]);
	}
	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	EXPECT_WAITING(GREAT_CROWD);
	ASSERT_EQ(0, raw_shutdown(self->fd[0]));
	for (i = 0; i < GREAT_CROWD; i++) {
		EXPECT_ENDS(-ECANCELED, &crowd[i]);
	}
	free(crowd);
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

/* What the program is after by_exec(): a process that holds nothing but lives. */
static void __attribute__((constructor)) after_exec(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--hold"))
		for (;;)
			pause();
}

TEST_HARNESS_MAIN
