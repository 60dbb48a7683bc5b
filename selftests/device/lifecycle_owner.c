// SPDX-License-Identifier: GPL-2.0
/*
 * Description: who owns a space: not a child made by fork, nor who gets the descriptor,
 * but who shares the memory.
 */
#include "lifecycle.h"
#include "pass_fd.h"

#include <sched.h>
#include <sys/socket.h>

TEST_F(lifecycle, fork_child_gets_neither_calls_nor_memory)
{
	EXPECT_CHILD(fork_child(self->fd, self->base));
	EXPECT_UNCHANGED();
	EXPECT_CHILD(fork_child(self->fd, self->base));
	EXPECT_UNCHANGED();
}

static int receiver(int socket)
{
	int fd = receive_fd(socket);

	CHECK(fd >= 0);
	CHECK(!all_calls_are_refused(fd, FIXED));
	CHECK(mappings(getpid(), FIXED, FIXED + REGION) == 0);
	return 0;
}

TEST(passed_descriptor_is_of_no_use)
{
	int sockets[2], fd;
	uintptr_t base;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int line = receiver(sockets[1]);

		if (line)
			TH_LOG("went wrong in line %d", line);
		_exit(!!line);
	}
	fd = open_device();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_alloc(fd, FIXED, REGION, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	stamp((void *)base, REGION, 1);
	ASSERT_EQ(0, send_fd(sockets[0], fd));
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(NULL, unstamped((void *)base, REGION, 1));
	EXPECT_EQ(1, hostmem_status(fd).out_regions);
	EXPECT_EQ(REGION, hostmem_status(fd).out_committed_bytes);
}

/* Opening the file anew opens the device anew. */
static int reopener(pid_t owner, int fd)
{
	char path[64];
	uintptr_t out;
	int own;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", owner, fd);
	own = open(path, O_RDWR);
	CHECK(own >= 0);
	CHECK(hostmem_status(own).out_regions == 0);
	CHECK(!raw_alloc(own, FIXED, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			 HOSTMEM_READWRITE, &out));
	stamp((void *)out, PAGE, 2);
	CHECK(hostmem_status(own).out_regions == 1);
	CHECK(!raw_free(own, out, 0, HOSTMEM_RELEASE));
	return 0;
}

TEST_F(lifecycle, reopened_descriptor_is_a_space_of_its_own)
{
	EXPECT_CHILD(reopener(getppid(), self->fd));
	EXPECT_UNCHANGED();
}

static int cloned(void *base)
{
	if (VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE) != base)
		return 1;
	stamp(base, PAGE, 3);
	if (query(base).State != MEM_COMMIT)
		return 2;
	return 0;
}

TEST_F(lifecycle, clone_that_shares_the_memory_may_call)
{
	char *stack = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	ASSERT_NE(MAP_FAILED, stack);
	child = clone(cloned, stack + 16 * PAGE, CLONE_VM | SIGCHLD, self->base);
	ASSERT_LE(0, child);
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(NULL, unstamped(self->base, PAGE, 3));
	EXPECT_EQ(NULL, unstamped(self->base + PAGE, REGION - PAGE, 1));
	EXPECT_EQ(REGION, hostmem_status(self->fd).out_committed_bytes);
}

TEST_HARNESS_MAIN
