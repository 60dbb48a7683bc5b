// SPDX-License-Identifier: GPL-2.0
/*
 * Description: commits that wait for room in the limits: which do, until when, what
 * may happen meanwhile, and crowds of them (rules A13, A15, C5, C16, S7).
 */
#include "wait.h"

#include <sys/mman.h>

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

TEST_HARNESS_MAIN
