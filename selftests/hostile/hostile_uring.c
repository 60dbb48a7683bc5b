// SPDX-License-Identifier: GPL-2.0
/*
 * Description: io_uring, whose workers reach memory at times and from threads of
 * their own: fixed buffers fail, all else obeys the state that a page has then.
 */
#include "uring.h"

/* Since 6.0 and 6.5. */
#define OP_SEND_ZC	47
#define SETUP_NO_MMAP	(1u << 14)

FIXTURE(uring)
{
	int fd;
	struct ring ring;
	struct hostmem_status before;
	int file;
	int pipe[2];
};

FIXTURE_SETUP(uring)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(specimen_make(SPECIMEN));
	self->before = hostmem_status(self->fd);
	ASSERT_TRUE(start_ring(&self->ring));
	self->file = memfd_create("hostile", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(self->file, 64 * PAGE));
	ASSERT_EQ(0, pipe(self->pipe));
}

FIXTURE_TEARDOWN(uring)
{
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_INTACT(SPECIMEN);
}

/* Why a buffer can't be fixed: of a pinnable region since others may only be read. */
static int why_not(const char *page)
{
	bool can = is_pinnable() && protection_of(query(page).Protect)->write;

	return can && !has_fixed_buffers() ? -EOPNOTSUPP : -EFAULT;
}

TEST_F(uring, buffers_can_not_be_fixed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++)
		EXPECT_EQ(why_not(at(copied[i])),
			  fix_buffer(&self->ring, at(copied[i]), PAGE));
}

/* Rings of the caller's own memory need its pages, too. */
TEST_F(uring, rings_can_not_lie_there)
{
	struct io_uring_buf_reg reg = {
		.ring_addr = (uintptr_t)at(MIDDLE),
		.ring_entries = 16,
	};
	struct io_uring_params params = { .flags = SETUP_NO_MMAP };

	EXPECT_EQ(-1, syscall(SYS_io_uring_register, self->ring.fd,
			      IORING_REGISTER_PBUF_RING, &reg, 1));
	EXPECT_EQ(why_not(at(MIDDLE)), -errno);
	params.cq_off.resv2 = (uintptr_t)at(MIDDLE);
	params.sq_off.resv2 = (uintptr_t)at(MIDDLE + 4);
	EXPECT_EQ(-1, syscall(SYS_io_uring_setup, ENTRIES, &params));
	/* Kernels that don't know the flag say so. */
	EXPECT_TRUE(errno == EFAULT || errno == EINVAL);
}

TEST_F(uring, sending_without_copying_gets_no_page_but_pinnable_ones)
{
	struct io_uring_sqe sqe = { .opcode = OP_SEND_ZC, .len = PAGE };
	int ends[2];
	size_t i;

	ASSERT_TRUE(datagram_ends(ends));
	sqe.fd = ends[0];
	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		bool gets = is_pinnable() &&
			    protection_of(query(at(copied[i])).Protect)->read;

		sqe.addr = (uintptr_t)at(copied[i]);
		EXPECT_EQ(gets ? (int)PAGE : -EFAULT, run(&self->ring, &sqe));
	}
}

/* In the submitter's own thread, or in a worker's. */
TEST_F(uring, copies_obey_the_page)
{
	static const int flags[] = { 0, IOSQE_ASYNC };
	struct io_uring_sqe sqe = { .fd = self->file, .len = PAGE };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(copied); i++)
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			const struct protection *p =
				protection_of(query(at(copied[i])).Protect);

			sqe.flags = flags[j];
			sqe.addr = (uintptr_t)at(copied[i]);
			sqe.opcode = IORING_OP_READ;
			EXPECT_EQ(p->write ? (int)PAGE : -EFAULT,
				  run(&self->ring, &sqe));
			if (p->write) {
				EXPECT_EQ(NULL, nonzero(at(copied[i]), PAGE));
				mend(copied[i]);
			}
			sqe.opcode = IORING_OP_WRITE;
			sqe.off = 32 * PAGE;
			EXPECT_EQ(p->read ? (int)PAGE : -EFAULT,
				  run(&self->ring, &sqe));
			sqe.off = 0;
		}
}

/* From a pipe that doesn't block the submitter itself reads. */
TEST_F(uring, guards_fail_a_request_once)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.fd = self->pipe[0],
		.len = 64,
		.addr = (uintptr_t)at(GUARDED),
	};
	char bytes[64] = {};
	DWORD old;

	fcntl(self->pipe[0], F_SETFL, O_NONBLOCK);
	ASSERT_EQ(64, write(self->pipe[1], bytes, 64));
	EXPECT_EQ(-EFAULT, run(&self->ring, &sqe));
	EXPECT_EQ(PAGE_READWRITE, query(at(GUARDED)).Protect);
	ASSERT_EQ(64, write(self->pipe[1], bytes, 64));
	EXPECT_EQ(64, run(&self->ring, &sqe));
	mend(GUARDED);
	EXPECT_TRUE(VirtualProtect(at(GUARDED), PAGE,
				   PAGE_READWRITE | PAGE_GUARD, &old));
}

/* A worker has no end of a system call, so its second attempt may succeed. */
TEST_F(uring, guards_are_taken_by_workers)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.flags = IOSQE_ASYNC,
		.fd = self->file,
		.len = PAGE,
		.addr = (uintptr_t)at(GUARDED),
	};
	DWORD old;
	int res;

	res = run(&self->ring, &sqe);
	EXPECT_TRUE(res == -EFAULT || res == (int)PAGE)
		TH_LOG("%d", res);
	EXPECT_EQ(PAGE_READWRITE, query(at(GUARDED)).Protect);
	EXPECT_EQ(PAGE, run(&self->ring, &sqe));
	mend(GUARDED);
	EXPECT_TRUE(VirtualProtect(at(GUARDED), PAGE,
				   PAGE_READWRITE | PAGE_GUARD, &old));
}

/* Asked for in one state, done in another. */
TEST_F(uring, the_state_counts_that_a_page_has_in_the_end)
{
	static const int flags[] = { 0, IOSQE_ASYNC };
	static const DWORD protects[] = {
		PAGE_READWRITE, PAGE_READONLY, PAGE_NOACCESS, 0,
	};
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ,
		.fd = self->pipe[0],
		.len = 64,
		.addr = (uintptr_t)at(MIDDLE),
	};
	char bytes[64], stamped = *at(MIDDLE);
	size_t i, j;
	DWORD old;
	int res;

	memset(bytes, 'u', sizeof(bytes));
	for (i = 0; i < ARRAY_SIZE(protects); i++)
		for (j = 0; j < ARRAY_SIZE(flags); j++) {
			sqe.flags = flags[j];
			ASSERT_TRUE(submit(&self->ring, &sqe));
			if (protects[i]) {
				ASSERT_TRUE(VirtualProtect(at(MIDDLE), PAGE,
							   protects[i], &old));
			} else {
				ASSERT_TRUE(VirtualFree(at(MIDDLE), PAGE,
							MEM_DECOMMIT));
			}
			ASSERT_EQ(64, write(self->pipe[1], bytes, 64));
			res = result(&self->ring);
			EXPECT_EQ(protects[i] == PAGE_READWRITE ? 64 : -EFAULT,
				  res);
			ASSERT_EQ(at(MIDDLE), commit_at(at(MIDDLE), PAGE,
							PAGE_READWRITE));
			EXPECT_EQ(res > 0 ? 'u' : protects[i] ? stamped : 0,
				  *at(MIDDLE));
			mend(MIDDLE);
			/* What a failing read has left in the pipe. */
			fcntl(self->pipe[0], F_SETFL, O_NONBLOCK);
			while (read(self->pipe[0], bytes, 64) > 0)
				;
			fcntl(self->pipe[0], F_SETFL, 0);
		}
}

/* Requests that wait for ever, into memory that goes, in a process that ends. */
static int end_with_requests(void)
{
	struct ring ring = {};
	struct io_uring_sqe sqe = { .opcode = IORING_OP_READ, .len = PAGE };
	int fds[2], fd = open_device(), i;
	uintptr_t base;

	CHECK(start_ring(&ring));
	CHECK(!pipe(fds));
	base = raw_both(fd, 0, ENTRIES * PAGE, HOSTMEM_READWRITE);
	CHECK(base);
	sqe.fd = fds[0];
	for (i = 0; i < ENTRIES; i++) {
		sqe.addr = base + i * PAGE;
		sqe.flags = i % 2 ? IOSQE_ASYNC : 0;
		CHECK(submit(&ring, &sqe));
	}
	CHECK(!raw_free(fd, base, ENTRIES / 2 * PAGE, HOSTMEM_DECOMMIT));
	return 0;
}

TEST_F(uring, waiting_requests_keep_nothing)
{
	int i;

	for (i = 0; i < 5; i++) {
		EXPECT_CHILD(end_with_requests());
		EXPECT_SAME_STATUS(self->before, self->fd);
	}
}

TEST_HARNESS_MAIN
