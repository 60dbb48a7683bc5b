// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the end of a process gives all charge back, whatever the end is.
 */
#include "lifecycle.h"

#include <sys/prctl.h>

#define ENDING	(16 * MIB)

static void hold_memory(size_t size)
{
	int fd = open(DEVICE, O_RDWR);
	uintptr_t base;

	if (raw_alloc(fd, 0, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &base))
		_exit(1);
	stamp((void *)base, size, 1);
	if (raw_alloc(fd, 0, TIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base))
		_exit(2);
}

/* A child that holds memory; it has when this returns. */
static pid_t start_holder(void)
{
	int fds[2];
	pid_t child;
	char byte;

	if (pipe(fds))
		return -1;
	child = fork();
	if (!child) {
		/* Not to outlive a test that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hold_memory(ENDING);
		if (write(fds[1], "x", 1) != 1)
			_exit(3);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		child = -1;
	close(fds[0]);
	return child;
}

#define TOTAL() (hostmem_status(self->fd).out_total_committed_bytes)

TEST_F(lifecycle, exit_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		hold_memory(ENDING);
		_exit(42);
	}
	EXPECT_EQ(42 << 8, status_of(child));
	EXPECT_EQ(total, TOTAL());
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, kill_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	pid_t child = start_holder();

	ASSERT_LT(0, child);
	EXPECT_EQ(total + ENDING, TOTAL());
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
	EXPECT_EQ(total, TOTAL());
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, fault_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		hold_memory(ENDING);
		abort();
	}
	EXPECT_EQ(SIGABRT, status_of(child) & 0x7f);
	EXPECT_EQ(total, TOTAL());
}

/* Commit and release, until killed in the middle of it. */
static void churn(int ready)
{
	int fd = open_device();
	uintptr_t base;
	int i;

	for (i = 0;; i++) {
		if (raw_alloc(fd, 0, ENDING, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			      &base))
			_exit(1);
		if (!i && write(ready, "x", 1) != 1)
			_exit(2);
		if (raw_free(fd, base, ENDING / 2, HOSTMEM_DECOMMIT))
			_exit(3);
		if (raw_free(fd, base, 0, HOSTMEM_RELEASE))
			_exit(4);
	}
}

TEST_F(lifecycle, kill_within_a_call_gives_everything_back)
{
	uint64_t rng = 1234567;
	volatile int spin;
	int round, fds[2];
	pid_t child;
	char byte;

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, pipe(fds));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			churn(fds[1]);
		}
		ASSERT_EQ(1, read(fds[0], &byte, 1));
		/* Anywhere in its loop. */
		for (spin = random_below(&rng, 3000000); spin; spin--)
			;
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(SIGKILL, status_of(child));
		ASSERT_EQ(self->before.out_total_committed_bytes, TOTAL());
		close(fds[0]);
		close(fds[1]);
	}
}

TEST_F(lifecycle, exec_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	int input[2], executed[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(input));
	ASSERT_EQ(0, pipe2(executed, O_CLOEXEC));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		/* The descriptor itself stays open in the new program. */
		hold_memory(ENDING);
		dup2(input[0], 0);
		close(input[1]);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	close(executed[1]);
	/* The end of file comes with the new program, which waits for input. */
	EXPECT_EQ(0, read(executed[0], &byte, 1));
	EXPECT_EQ(0, waitpid(child, NULL, WNOHANG));
	EXPECT_EQ(total, TOTAL());
	close(input[0]);
	close(input[1]);
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(total, TOTAL());
}

TEST_HARNESS_MAIN
