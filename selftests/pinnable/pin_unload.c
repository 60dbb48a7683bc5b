// SPDX-License-Identifier: GPL-2.0
/*
 * Description: pages of a pinnable region outlive even the module, where others hold
 * them; and then they are pages like any other's.
 *
 * Unloads the module and loads it again, so it needs root and the module's file.
 */
#include "pin.h"
#include "reload.h"
#include "uring.h"

#define PAGES		8
#define SIZE		(PAGES * PAGE)

/* Where a child that is to have ended has had its region: it keeps the module in. */
#define BASE		((char *)0x50000000)

/* In a child: let the pages of a region go to a pipe, or to a ring, and end. */
static int give_away(int pipe, struct ring *ring)
{
	uintptr_t base;
	int fd = open_device();

	CHECK(!raw_alloc_as(fd, (uintptr_t)BASE, SIZE, HOSTMEM_RESERVE |
			    HOSTMEM_COMMIT, HOSTMEM_READWRITE, PINNABLE, &base));
	stamp((void *)base, SIZE, 1);
	if (ring)
		CHECK(fix_buffer(ring, (void *)base, SIZE) ==
		      (has_fixed_buffers() ? 0 : -EOPNOTSUPP));
	else
		CHECK(hold(pipe, (void *)base, SIZE) == (ssize_t)SIZE);
	return 0;
}

#define EXPECT_NOTHING_CHARGED() do {					\
	int __fd = open_device();					\
									\
	EXPECT_EQ(0, hostmem_status(__fd).out_total_committed_bytes);	\
	close(__fd);							\
} while (0)

TEST_F(reload, leaves_pages_in_a_pipe)
{
	int pipe[2], i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pipe2(pipe, O_NONBLOCK | O_CLOEXEC));
		ASSERT_EQ(0, load(self->others));
		EXPECT_CHILD(give_away(pipe[1], NULL));
		ASSERT_TRUE(unload());
		EXPECT_EQ(NULL, unstamped_in_pipe(pipe[0], BASE, SIZE / 2, 1));
		/* Some are given back by who reads the pipe, the others by its end. */
		close(pipe[0]);
		close(pipe[1]);
		ASSERT_EQ(0, load(self->others));
		EXPECT_NOTHING_CHARGED();
		ASSERT_TRUE(unload());
	}
}

/* A ring goes on to write to them. */
TEST_F(reload, leaves_fixed_buffers)
{
	struct io_uring_sqe sqe = { .len = PAGE };
	char copy[HOSTMEM_PAGE_SIZE];
	struct ring ring = {};

	ASSERT_TRUE(start_ring(&ring));
	ASSERT_EQ(0, load(self->others));
	EXPECT_CHILD(give_away(-1, &ring));
	ASSERT_TRUE(unload());
	if (!has_fixed_buffers())
		return;
	sqe.opcode = IORING_OP_WRITE_FIXED;
	sqe.addr = (uintptr_t)BASE + 3 * PAGE;
	sqe.fd = memfd_create("pin", MFD_CLOEXEC);
	EXPECT_EQ(PAGE, run(&ring, &sqe));
	EXPECT_EQ(PAGE, pread(sqe.fd, copy, PAGE, 0));
	EXPECT_TRUE(is_stamped(copy, BASE + 3 * PAGE, 1));
	sqe.opcode = IORING_OP_READ_FIXED;
	EXPECT_EQ(PAGE, run(&ring, &sqe));
	EXPECT_EQ(0, syscall(SYS_io_uring_register, ring.fd,
			     IORING_UNREGISTER_BUFFERS, NULL, 0));
	close(ring.fd);
}

TEST_HARNESS_MAIN
