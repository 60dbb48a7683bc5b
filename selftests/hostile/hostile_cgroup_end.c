// SPDX-License-Identifier: GPL-2.0
/*
 * Description: memory cgroups: who is killed beyond the limit, and what is when a group
 * goes, or is frozen and killed, before the memory that is charged to it.
 */
#include "hostile_cgroup.h"

/*
 * Out of memory
 */

static void touch_until(size_t size)
{
	char *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	for (i = 0; i < size; i += PAGE)
		*(volatile char *)(base + i) = 1;
}

TEST_F(cgroup, kills_and_everything_comes_back)
{
	pid_t child;
	int i;

	ASSERT_TRUE(set_limit(LIMIT));
	for (i = 1; i <= 5; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			int fd = open_device();

			if (enter() || !raw_both(fd, 0, LIMIT / 8 * i,
						 HOSTMEM_READWRITE))
				_exit(1);
			touch_until(2 * LIMIT);
			_exit(2);
		}
		EXPECT_EQ(SIGKILL, status_of(child));
		EXPECT_EQ(i, killed());
		ASSERT_EQ(self->total,
			  hostmem_status(self->fd).out_total_committed_bytes);
	}
	EXPECT_TRUE(about(charged(), 0));
}

/* A child in the group that holds memory; it does when this returns. */
static pid_t start_holder(size_t size)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe(ready))
		return -1;
	child = fork();
	if (!child) {
		int fd = open_device();

		if (enter() || !raw_both(fd, 0, size, HOSTMEM_READWRITE))
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(2);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		child = -1;
	close(ready[0]);
	return child;
}

static void touch_in_group_and_wait(size_t size)
{
	pid_t child = fork();

	if (!child) {
		if (!enter())
			touch_until(size);
		_exit(0);
	}
	status_of(child);
}

/* Committed memory counts when the victim is chosen. */
TEST_F(cgroup, kills_the_one_who_has_committed)
{
	pid_t holder;

	ASSERT_TRUE(set_limit(LIMIT));
	holder = start_holder(LIMIT / 4 * 3);
	ASSERT_LT(0, holder);
	/* It may be next, while the first victim is still giving memory back. */
	touch_in_group_and_wait(LIMIT / 2);
	EXPECT_LE(1, killed());
	kill(holder, SIGTERM);
	EXPECT_EQ(SIGKILL, status_of(holder));
}

/*
 * What MEM_RESET has given up comes back at a touch.  Where there is no room for it,
 * that is no refusal, and nothing to try for ever, but as with any other memory.
 */
static void touch_what_was_reset(bool by_call)
{
	int fd = open_device(), zero = open("/dev/zero", O_RDONLY);
	size_t size = LIMIT / 2, at;
	uintptr_t base, out;

	if (enter())
		_exit(1);
	base = raw_both(fd, 0, size, HOSTMEM_READWRITE);
	if (!base || raw_alloc(fd, base, size, HOSTMEM_RESET, HOSTMEM_READWRITE,
			       &out) ||
	    !write_file("/proc/sys/vm/drop_caches", "2"))
		_exit(2);
	touch_until(LIMIT / 4 * 3);
	for (at = 0; at < size; at += PAGE) {
		if (!by_call)
			*(volatile char *)(base + at);
		else if (read(zero, (void *)(base + at), 1) != 1)
			_exit(3);
	}
	_exit(4);
}

TEST_F(cgroup, kills_at_a_touch_of_what_was_reset_R14)
{
	pid_t child;
	int i;

	ASSERT_TRUE(set_limit(LIMIT));
	for (i = 0; i < 2; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			touch_what_was_reset(i);
		EXPECT_EQ(SIGKILL, status_of(child));
		EXPECT_EQ(i + 1, killed());
	}
}

/* There is nothing to reclaim, so a lower limit has only this way. */
TEST_F(cgroup, kills_when_its_limit_sinks_below_what_is_committed)
{
	pid_t holder = start_holder(LIMIT);

	ASSERT_LT(0, holder);
	EXPECT_TRUE(set_limit(LIMIT / 4));
	EXPECT_EQ(SIGKILL, status_of(holder));
	EXPECT_EQ(1, killed());
}

/*
 * Groups that go
 */

static int use_after_group(int gone)
{
	size_t size = 4 * MIB;
	int fd = open_device();
	uintptr_t base, out;
	char byte;

	CHECK(!enter());
	base = raw_both(fd, 0, size, HOSTMEM_READWRITE);
	CHECK(base);
	stamp((void *)base, size, 1);
	CHECK(!raw_alloc(fd, base, MIB, HOSTMEM_RESET, HOSTMEM_READWRITE, &out));
	CHECK(write_file(CGROUPS "/cgroup.procs", "0"));
	CHECK(read(gone, &byte, 1) == 0);

	/* All of it is charged to a group that has no name any more. */
	CHECK(access(GROUP, F_OK));
	CHECK(!unstamped((void *)(base + MIB), size - MIB, 1));
	CHECK(!raw_free(fd, base + MIB, PAGE, HOSTMEM_DECOMMIT));
	CHECK(!raw_free(fd, base + 3 * MIB, MIB, HOSTMEM_DECOMMIT));
	CHECK(!raw_alloc(fd, base, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out));
	CHECK(!nonzero((void *)(base + MIB), PAGE));
	CHECK(!nonzero((void *)(base + 3 * MIB), MIB));
	CHECK(!unstamped((void *)(base + MIB + PAGE), 2 * MIB - PAGE, 1));
	CHECK(!raw_free(fd, base, 0, HOSTMEM_RELEASE));
	return 0;
}

TEST_F(cgroup, may_go_before_the_memory)
{
	int i, gone[2];
	pid_t child;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pipe(gone));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			int line;

			close(gone[1]);
			line = use_after_group(gone[0]);
			if (line)
				TH_LOG("went wrong in line %d", line);
			_exit(!!line);
		}
		/* Once the child has left; until then it is busy, or empty. */
		while (charged() < (int64_t)(4 * MIB))
			sched_yield();
		while (rmdir(GROUP) && errno == EBUSY)
			sched_yield();
		close(gone[1]);
		close(gone[0]);
		EXPECT_EQ(0, status_of(child));
		ASSERT_EQ(0, mkdir(GROUP, 0755));
	}
}

static void churn_in_group(int ready)
{
	int fd = open_device();
	uintptr_t base;

	if (enter())
		_exit(1);
	for (;;) {
		base = raw_both(fd, 0, 4 * MIB, HOSTMEM_READWRITE);
		if (write(ready, "x", 1) != 1)
			_exit(2);
		raw_free(fd, base, MIB, HOSTMEM_DECOMMIT);
		raw_free(fd, base, 0, HOSTMEM_RELEASE);
	}
}

/* Frozen within a call, killed as a group. */
TEST_F(cgroup, may_be_frozen_and_killed_in_calls)
{
	int i, ready[2];
	char bytes[3];
	pid_t child;

	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, pipe(ready));
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			churn_in_group(ready[1]);
		ASSERT_LT(0, read(ready[0], bytes, 1 + i % 3));
		if (i % 2)
			EXPECT_TRUE(write_file(GROUP "/cgroup.freeze", "1"));
		EXPECT_TRUE(write_file(GROUP "/cgroup.kill", "1"));
		EXPECT_EQ(SIGKILL, status_of(child));
		EXPECT_TRUE(write_file(GROUP "/cgroup.freeze", "0"));
		close(ready[0]);
		close(ready[1]);
		ASSERT_EQ(self->total,
			  hostmem_status(self->fd).out_total_committed_bytes);
	}
}

TEST_HARNESS_MAIN
