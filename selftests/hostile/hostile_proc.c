// SPDX-License-Identifier: GPL-2.0
/*
 * Description: processes that share more or less than usual, and descriptors that
 * outlive their owners: no memory is lost, none is reached by who shouldn't, and
 * the owner's is never touched.
 */
#include "hostile.h"
#include "pass_fd.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

FIXTURE(proc)
{
	int fd;
	struct hostmem_status before;
};

FIXTURE_SETUP(proc)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(specimen_make(SPECIMEN));
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(proc)
{
}

#define EXPECT_UNTOUCHED() do {						\
	EXPECT_SAME_STATUS(self->before, self->fd);			\
	EXPECT_INTACT(SPECIMEN);					\
} while (0)

/* A stack for a clone, from its end. */
static void *stack_end(void)
{
	char *stack = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return stack + 64 * KIB;
}

/*
 * Who shares what
 */

TEST_F(proc, vfork_child_uses_the_memory_of_its_parent)
{
	static volatile int wrong;
	pid_t child = vfork();

	ASSERT_LE(0, child);
	if (!child) {
		/* It is the same address space: all works, for both. */
		wrong = commit_at(at(RESERVED), PAGE, PAGE_READWRITE) != at(RESERVED);
		*at(RESERVED) = 1;
		wrong |= !VirtualFree(at(RESERVED), PAGE, MEM_DECOMMIT);
		_exit(0);
	}
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(0, wrong);
	EXPECT_UNTOUCHED();

	child = vfork();
	if (!child) {
		execlp("true", "true", NULL);
		_exit(127);
	}
	EXPECT_EQ(0, status_of(child));
	EXPECT_UNTOUCHED();
	child = vfork();
	if (!child)
		syscall(SYS_kill, getpid(), SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(child));
	EXPECT_UNTOUCHED();
}

static int churn_until_killed(void *arg)
{
	(void)arg;
	for (;;) {
		commit_at(at(RESERVED), PAGE, PAGE_READWRITE);
		commit_at(at(518), 20 * PAGE, PAGE_READWRITE);
		VirtualFree(at(518), 20 * PAGE, MEM_DECOMMIT);
		VirtualFree(at(RESERVED), PAGE, MEM_DECOMMIT);
	}
	return 0;
}

/* Killed in a call on memory that lives on. */
TEST_F(proc, clone_with_the_memory_dies_in_a_call)
{
	uint64_t rng = 271828;
	volatile int spin;
	pid_t child;
	int i;

	for (i = 0; i < 30; i++) {
		child = clone(churn_until_killed, stack_end(),
			      CLONE_VM | SIGCHLD, NULL);
		ASSERT_LE(0, child);
		for (spin = random_below(&rng, 200000); spin; spin--)
			;
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(SIGKILL, status_of(child));
		ASSERT_TRUE(VirtualFree(at(RESERVED), PAGE, MEM_DECOMMIT));
		ASSERT_TRUE(VirtualFree(at(518), 20 * PAGE, MEM_DECOMMIT));
	}
	EXPECT_UNTOUCHED();
}

static int fds[2];	/* of parent and child, in one table */

static int shares_descriptors(void *arg)
{
	uintptr_t out;
	int line;

	(void)arg;
	line = specimen_is_out_of_reach(SPECIMEN, fds[0]);
	if (line)
		return 1;
	fds[1] = open_device();
	if (raw_alloc(fds[1], SPECIMEN, GRANULE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
		      HOSTMEM_READWRITE, &out) || nonzero((void *)out, GRANULE))
		return 2;
	stamp((void *)out, GRANULE, 1);
	/* The descriptor goes, the memory stays: in both. */
	close(fds[0]);
	return unstamped((void *)out, GRANULE, 1) ? 3 : 0;
}

/* One table of descriptors, two address spaces. */
TEST_F(proc, clone_with_the_descriptors_is_a_stranger)
{
	struct hostmem_status status;
	pid_t child;
	int copy = dup(self->fd);

	fds[0] = self->fd;
	child = clone(shares_descriptors, stack_end(), CLONE_FILES | SIGCHLD, NULL);
	ASSERT_LE(0, child);
	EXPECT_EQ(0, status_of(child));
	/* It closed ours, and left its own, which is of no use to us. */
	EXPECT_EQ(-EBADF, raw_status(self->fd, &status));
	ASSERT_EQ(self->fd, dup2(copy, self->fd));
	EXPECT_UNTOUCHED();
	EXPECT_EQ(-EXDEV, raw_status(copy + 1, &status));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, copy + 1, 0));
}

/*
 * Descriptors that outlive their owners
 */

/* The file lives in a message that nobody has received, and in the mapping. */
TEST_F(proc, descriptor_in_flight_keeps_nothing_but_itself)
{
	uintptr_t base;
	int pair[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	fd = open_device();
	ASSERT_EQ(0, raw_alloc(fd, 0, BLOCK, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			       &base));
	stamp((void *)base, BLOCK, 1);
	ASSERT_EQ(0, send_fd(pair[0], fd));
	/* In its own queue: a cycle, which the kernel has to collect. */
	ASSERT_EQ(0, send_fd(pair[0], pair[1]));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(NULL, unstamped((void *)base, BLOCK, 1));
	ASSERT_EQ(0, close(pair[0]));
	ASSERT_EQ(0, close(pair[1]));
	EXPECT_EQ(NULL, unstamped((void *)base, BLOCK, 1));
	EXPECT_EQ(self->before.out_total_committed_bytes + BLOCK,
		  hostmem_status(self->fd).out_total_committed_bytes);
	ASSERT_EQ(0, munmap((void *)base, BLOCK));
	EXPECT_UNTOUCHED();
}

static int own_and_send(int socket)
{
	uintptr_t base;
	int fd = open_device();

	CHECK(fd >= 0);
	CHECK(!raw_alloc(fd, 0, BLOCK, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &base));
	stamp((void *)base, BLOCK, 1);
	CHECK(!send_fd(socket, fd));
	return 0;
}

TEST_F(proc, descriptor_of_the_dead_is_of_no_use)
{
	struct hostmem_memory_info info;
	struct hostmem_status status;
	int pair[2], fd;
	uintptr_t out;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	EXPECT_CHILD(own_and_send(pair[1]));
	fd = receive_fd(pair[0]);
	ASSERT_LE(0, fd);
	/* What it held is free, though its file is still there. */
	EXPECT_UNTOUCHED();
	EXPECT_EQ(-EXDEV, raw_status(fd, &status));
	EXPECT_EQ(-EXDEV, raw_query(fd, SPECIMEN, &info));
	EXPECT_EQ(-EXDEV, raw_alloc(fd, 0, PAGE, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
				    &out));
	EXPECT_EQ(-EXDEV, raw_free(fd, SPECIMEN, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(0, close(fd));
	EXPECT_UNTOUCHED();
}

TEST_HARNESS_MAIN
