// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the two pages that show the load without a system call: what they say
 * (rules H15, S7).
 */
#include "load_pages.h"

TEST_F(pages, follow_commits_at_once)
{
	int i;

	EXPECT_EQ(0, self->pages[0].load.charged_bytes);
	EXPECT_EQ(LIMIT, self->pages[0].load.limit_bytes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
	for (i = 1; i < 10; i++) {
		ASSERT_EQ(0, raw_commit(self->fd, self->base, i * PAGE, TASK,
					AT_ONCE));
		ASSERT_EQ(SHARED(i * PAGE), self->pages[0].load.charged_bytes);
		ASSERT_EQ(i * PAGE, self->pages[1].load.charged_bytes);
	}
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, MIB, TASK, AT_ONCE));
	EXPECT_EQ(SHARED(MIB + 9 * PAGE), self->pages[0].load.charged_bytes);
	EXPECT_EQ(9 * PAGE, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, munmap((void *)self->other_base, LIMIT));
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, 2 * PAGE));
	EXPECT_EQ(SHARED(7 * PAGE), self->pages[0].load.charged_bytes);
	EXPECT_EQ(7 * PAGE, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, raw_release(self->fd, self->base));
	EXPECT_EQ(0, self->pages[0].load.charged_bytes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
}

TEST_F(pages, follow_the_limits)
{
	EXPECT_PAGES(self->pages, self->fd);
	ASSERT_EQ(0, raw_limit(self->fd, 10 * PAGE + 1));
	EXPECT_EQ(10 * PAGE, self->pages[1].load.limit_bytes);
	EXPECT_PAGES(self->pages, self->fd);
	ASSERT_TRUE(set_number("commit_limit_mb", 1));
	EXPECT_EQ(MIB, self->pages[0].load.limit_bytes);
	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	EXPECT_PAGES(self->pages, self->fd);
	/* A refused one is in no page. */
	EXPECT_EQ(-EINVAL, raw_limit(self->fd, 11 * PAGE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 11 * PAGE, PROCESS,
				      AT_ONCE));
	EXPECT_PAGES(self->pages, self->fd);
}

TEST_F(pages, tell_a_file_without_a_limit)
{
	struct load_page *others = map_pages(self->other);

	ASSERT_NE(NULL, others);
	EXPECT_PAGES(others, self->other);
}

TEST_F(pages, follow_the_machine_when_asked)
{
	volatile struct hostmem_load_page *machine = &self->pages[0].load;
	struct timespec before, after;
	struct hostmem_load load;
	uint64_t last;
	int round;

	ASSERT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	last = machine->refreshed;
	for (round = 0; round < 3; round++) {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &before);
		ASSERT_EQ(0, raw_load(self->fd, &load));
		clock_gettime(CLOCK_MONOTONIC_COARSE, &after);
		EXPECT_EQ(load.out_total_bytes, machine->total_bytes);
		/* Nothing has been charged since. */
		EXPECT_EQ((load.out_available_bytes + MIB) / STEP * STEP,
			  machine->uncommitted_bytes);
		EXPECT_LE(last, machine->refreshed);
		EXPECT_LE(before.tv_sec * 1000000000ull + before.tv_nsec,
			  machine->refreshed);
		EXPECT_GE(after.tv_sec * 1000000000ull + after.tv_nsec,
			  machine->refreshed);
		last = machine->refreshed;
	}
	/* A commit alone changes what is charged and nothing else. */
	ASSERT_EQ(0, raw_commit(self->fd, self->base, 2 * MIB, TASK, AT_ONCE));
	EXPECT_EQ((load.out_available_bytes + MIB) / STEP * STEP,
		  machine->uncommitted_bytes);
	EXPECT_EQ(last, machine->refreshed);
	EXPECT_EQ(2 * MIB, machine->charged_bytes);

	/* The second page is about this file's cgroup, which has no limit here. */
	EXPECT_EQ(UINT64_MAX, self->pages[1].load.total_bytes);
	EXPECT_EQ(UINT64_MAX, self->pages[1].load.uncommitted_bytes);
	EXPECT_EQ(last, self->pages[1].load.refreshed);
	/* What the file is called, and not the first page, which all files show. */
	EXPECT_EQ(hostmem_status(self->fd).out_id, self->pages[1].load.id);
	EXPECT_EQ(0, self->pages[0].load.id);
	EXPECT_EQ(0, self->pages[0].load.clock_offset);
	EXPECT_EQ(0, self->pages[1].load.clock_offset);
}

static uint64_t coarse_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static int refresh_by_its_clock(void *arg)
{
	uint64_t before, after, refreshed;
	struct load_page *pages;
	struct hostmem_load load;
	int fd = open_device();

	(void)arg;
	pages = map_pages(fd);
	if (!pages || pages[1].load.id != hostmem_status(fd).out_id)
		return 1;
	before = coarse_ns();
	if (raw_load(fd, &load))
		return 2;
	after = coarse_ns();
	refreshed = pages[0].load.refreshed + pages[1].load.clock_offset;
	return refreshed < before || refreshed > after ? 3 : 0;
}

/* S7 */
TEST_F(pages, tell_the_time_in_each_time_namespace)
{
	struct time_namespace spaces[] = {
		{ 10000, refresh_by_its_clock }, { -1, refresh_by_its_clock },
		{ 0, refresh_by_its_clock },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		EXPECT_EQ(0, status_of(start_child(in_time_namespace, &spaces[i])))
			TH_LOG("%d seconds", spaces[i].seconds);
	}
	/* The others' clocks are nothing to this one. */
	EXPECT_EQ(0, self->pages[1].load.clock_offset);
}

/* Another's reading refreshes what is about all, and no more. */
TEST_F(pages, follow_the_own_cgroup_when_asked_by_the_own_file)
{
	struct load_page *others = map_pages(self->other);

	ASSERT_NE(NULL, others);
	ASSERT_NE(0, available(self->fd));
	EXPECT_NE(0, others[0].load.refreshed);
	EXPECT_EQ(0, others[1].load.refreshed);
	EXPECT_EQ(0, others[1].load.total_bytes);
	ASSERT_NE(0, available(self->other));
	EXPECT_NE(0, others[1].load.refreshed);
}

/* No page by page news of others, and no promise of room that isn't there. */
TEST_F(pages, tell_of_others_in_steps)
{
	volatile struct hostmem_load_page *machine = &self->pages[0].load;
	size_t pages, changes = 0;
	uint64_t now, last = 0;

	ASSERT_NE(0, available(self->fd));
	EXPECT_EQ(0, machine->uncommitted_bytes % STEP);
	for (pages = 1; pages <= 2 * STEP / PAGE; pages++) {
		ASSERT_EQ(0, raw_commit(self->other, self->other_base,
					pages * PAGE, TASK, AT_ONCE));
		now = machine->charged_bytes;
		ASSERT_EQ(SHARED(pages * PAGE), now);
		ASSERT_LE(total_committed(self->fd), now);
		changes += now != last;
		last = now;
	}
	EXPECT_EQ(2, changes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
}

TEST_F(pages, say_nothing_else)
{
	ASSERT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	ASSERT_NE(0, available(self->fd));
	EXPECT_EQ(NULL, nonzero((char *)&self->pages[0] +
				sizeof(struct hostmem_load_page),
				PAGE - sizeof(struct hostmem_load_page)));
	EXPECT_EQ(NULL, nonzero((char *)&self->pages[1] +
				sizeof(struct hostmem_load_page),
				PAGE - sizeof(struct hostmem_load_page)));
}

TEST_F(pages, are_each_files_own)
{
	struct load_page *others = map_pages(self->other);

	ASSERT_NE(NULL, others);
	ASSERT_EQ(0, raw_limit(self->fd, 100 * PAGE));
	ASSERT_EQ(0, raw_limit(self->other, 200 * PAGE));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, 2 * PAGE, TASK,
				AT_ONCE));
	EXPECT_PAGES(self->pages, self->fd);
	EXPECT_PAGES(others, self->other);
	EXPECT_EQ(SHARED(3 * PAGE), others[0].load.charged_bytes);
}

TEST_HARNESS_MAIN
