// SPDX-License-Identifier: GPL-2.0
/*
 * Description: pages that are gone for their owner but lie in pipes stay charged to the
 * memory cgroup that committed them, and no others do (rules A13, S6).
 *
 * Makes a cgroup and sets the module's parameters, so it needs root.
 */
#include "pin.h"
#include "cgroup.h"

#define GROUP		CGROUPS "/hostmem-pin"

/* What is committed, and what of that lies in pipes: both far more than the slack. */
#define SIZE		(32 * MIB)
#define HELD		(12 * MIB)
#define PIPES		((int)(HELD / MIB))

/* Enough for whatever takes notice that a pipe has let pages go. */
#define SOON		(monotonic_ns() + 120 * 1000000000ull)

FIXTURE(charge)
{
	int fd;			/* in no cgroup but the first */
	int pipes[PIPES][2];
};

FIXTURE_SETUP(charge)
{
	int i;

	SET_PARAMETERS(SIZE / MIB, 0);
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	rmdir(GROUP);
	ASSERT_TRUE(write_file(CGROUPS "/cgroup.subtree_control", "+memory"));
	ASSERT_EQ(0, mkdir(GROUP, 0755));
	for (i = 0; i < PIPES; i++) {
		ASSERT_EQ(0, pipe2(self->pipes[i], O_NONBLOCK | O_CLOEXEC));
		ASSERT_EQ(MIB, fcntl(self->pipes[i][1], F_SETPIPE_SZ, MIB));
	}
}

FIXTURE_TEARDOWN(charge)
{
	EXPECT_EQ(0, events(GROUP, "oom_kill"));
	EXPECT_EQ(0, rmdir(GROUP));
}

/* From @first on, 1 MiB to each pipe. */
static bool fill_pipes(int (*pipes)[2], char *first)
{
	int i;

	for (i = 0; i < PIPES; i++)
		if (hold(pipes[i][1], first + i * MIB, MIB) != (ssize_t)MIB)
			return false;
	return true;
}

static bool empty_pipes(int (*pipes)[2], char *first)
{
	int i;

	for (i = 0; i < PIPES; i++)
		if (unstamped_in_pipe(pipes[i][0], first + i * MIB, MIB, 1))
			return false;
	return true;
}

/* The charge has changed since it was @before by @by. */
#define GREW(before, by)						\
	(current(GROUP) - (before) >= (int64_t)(by) - STOCK &&		\
	 current(GROUP) - (before) < (int64_t)(by) + SLACK)

static int decommit_with_full_pipes(int (*pipes)[2])
{
	int64_t before;
	uintptr_t base;
	char *held;
	int fd, i;

	CHECK(join(GROUP));
	fd = open_device();
	CHECK(!raw_limit(fd, SIZE));
	CHECK(!raw_alloc_as(fd, 0, SIZE, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			    PINNABLE, &base));
	before = current(GROUP);
	for (i = 0; i < 3; i++) {
		/* Not where the kernel's pieces begin. */
		held = (char *)base + MIB + i * 5 * PAGE;
		CHECK(!raw_commit(fd, base, SIZE, PROCESS, AT_ONCE));
		stamp((char *)base, SIZE, 1);
		CHECK(GREW(before, SIZE));
		CHECK(fill_pipes(pipes, held));
		/* In one call, or first a part. */
		if (i)
			CHECK(!raw_decommit(fd, base + i * MIB, 3 * MIB));
		CHECK(!raw_decommit(fd, base, SIZE));
		CHECK(GREW(before, HELD));
		CHECK(raw_commit(fd, base, SIZE, PROCESS, AT_ONCE) == -ENOMEM);
		CHECK(empty_pipes(pipes, held));
		/* Who gets all of the limit knows that it has been given back. */
		CHECK(!raw_commit(fd, base, SIZE, PROCESS, SOON));
		CHECK(GREW(before, SIZE));
		CHECK(!raw_decommit(fd, base, SIZE));
		CHECK(GREW(before, 0));
	}
	return 0;
}

TEST_F(charge, stays_for_what_lies_in_pipes)
{
	EXPECT_CHILD(decommit_with_full_pipes(self->pipes));
	EXPECT_GT(SLACK, current(GROUP));
}

#define GIVEN	((char *)0x50000000)

static int give_and_end(int (*pipes)[2])
{
	uintptr_t base;
	int fd;

	CHECK(join(GROUP));
	fd = open_device();
	CHECK(!raw_alloc_as(fd, (uintptr_t)GIVEN, SIZE, HOSTMEM_RESERVE |
			    HOSTMEM_COMMIT, HOSTMEM_READWRITE, PINNABLE, &base));
	stamp((char *)base, SIZE, 1);
	CHECK(fill_pipes(pipes, (char *)base));
	return 0;
}

TEST_F(charge, stays_when_its_process_is_no_more)
{
	uintptr_t base;

	EXPECT_CHILD(give_and_end(self->pipes));
	EXPECT_TRUE(GREW(0, HELD))
		TH_LOG("%lld", (long long)current(GROUP));
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, SIZE, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, 0, &base));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, base, SIZE, PROCESS, AT_ONCE));
	EXPECT_TRUE(empty_pipes(self->pipes, GIVEN));
	EXPECT_EQ(0, raw_commit(self->fd, base, SIZE, PROCESS, SOON));
	EXPECT_GT(SLACK, current(GROUP));
}

TEST_HARNESS_MAIN
