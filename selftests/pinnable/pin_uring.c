// SPDX-License-Identifier: GPL-2.0
/*
 * Description: io_uring's fixed buffers in a pinnable region, where the kernel can have
 * them: pages that it keeps, for writing, whatever becomes of the region (rule G7).
 */
#include "pin.h"
#include "uring.h"

#define PAGES		64
#define SIZE		(PAGES * PAGE)

/* A page that isn't the buffer's, so that it matters to some kernels only. */
#define OTHER		40

FIXTURE(uring)
{
	int fd;
	char *base;
	struct ring ring;
	int file;
	char contents[4 * HOSTMEM_PAGE_SIZE];
};

FIXTURE_SETUP(uring)
{
	uintptr_t base;
	size_t i;

	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, SIZE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, PINNABLE, &base));
	self->base = (char *)base;
	stamp(self->base, SIZE, 1);
	ASSERT_TRUE(start_ring(&self->ring));
	self->file = memfd_create("pin", MFD_CLOEXEC);
	for (i = 0; i < sizeof(self->contents); i++)
		self->contents[i] = i * 11 + i / PAGE;
	ASSERT_EQ(sizeof(self->contents),
		  write(self->file, self->contents, sizeof(self->contents)));
}

FIXTURE_TEARDOWN(uring)
{
}

/* What a kernel says to a buffer that it would fix if it could. */
#define FIXED	(has_fixed_buffers() ? 0 : -EOPNOTSUPP)

/* A request about a part of the buffer; @op is IORING_OP_*_FIXED. */
static int run_fixed(struct ring *ring, int op, int flags, int file, void *start,
		     size_t size)
{
	struct io_uring_sqe sqe = {
		.opcode = op,
		.flags = flags,
		.fd = file,
		.addr = (uintptr_t)start,
		.len = size,
	};

	return run(ring, &sqe);
}

TEST_F(uring, fixes_buffers_where_the_kernel_can)
{
	static const int flags[] = { 0, IOSQE_ASYNC };
	size_t size = 3 * PAGE, i;
	char *to = self->base + 5 * PAGE + 100, copy[3 * HOSTMEM_PAGE_SIZE];

	ASSERT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
	for (i = 0; i < ARRAY_SIZE(flags) && has_fixed_buffers(); i++) {
		int file = memfd_create("pin", MFD_CLOEXEC);

		memset(to, 0, size);
		EXPECT_EQ(size, run_fixed(&self->ring, IORING_OP_READ_FIXED,
					  flags[i], self->file, to, size));
		EXPECT_EQ(0, memcmp(self->contents, to, size));
		EXPECT_EQ(size, run_fixed(&self->ring, IORING_OP_WRITE_FIXED,
					  flags[i], file, to, size));
		EXPECT_EQ(size, pread(file, copy, size, 0));
		EXPECT_EQ(0, memcmp(self->contents, copy, size));
		/* And nothing beside it. */
		EXPECT_TRUE(is_stamped(self->base + 4 * PAGE, self->base + 4 * PAGE, 1));
		EXPECT_TRUE(is_stamped(self->base + 9 * PAGE, self->base + 9 * PAGE, 1));
		EXPECT_EQ(-EFAULT, run_fixed(&self->ring, IORING_OP_READ_FIXED,
					     flags[i], self->file,
					     self->base + 16 * PAGE, PAGE));
	}
}

#define EXPECT_NOT_FIXED(page) do {					\
	EXPECT_EQ(-EFAULT, fix_buffer(&self->ring, self->base, 16 * PAGE)); \
	EXPECT_EQ(-EFAULT, fix_buffer(&self->ring, page, PAGE));		\
} while (0)

/* Such pages are for writing. */
TEST_F(uring, fixes_no_buffer_with_a_page_that_may_not_be_written)
{
	char *page = self->base + 3 * PAGE;
	DWORD old;

	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_NOACCESS, &old));
	EXPECT_NOT_FIXED(page);
	ASSERT_TRUE(VirtualFree(page, PAGE, MEM_DECOMMIT));
	EXPECT_NOT_FIXED(page);
	ASSERT_NE(NULL, commit_at(page, PAGE, PAGE_READWRITE));
	EXPECT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READONLY, &old));
	EXPECT_NOT_FIXED(page);
}

TEST_F(uring, meets_a_guard_once_G7)
{
	char *page = self->base + 3 * PAGE;
	DWORD old;

	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READWRITE | PAGE_GUARD, &old));
	EXPECT_EQ(-EFAULT, fix_buffer(&self->ring, self->base, 16 * PAGE));
	EXPECT_EQ(PAGE_READWRITE, query(page).Protect);
	EXPECT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
}

/* Neither page is the buffer's. */
TEST_F(uring, needs_a_region_without_read_only_pages)
{
	static const DWORD protects[] = {
		PAGE_READONLY, PAGE_EXECUTE_READ, PAGE_READONLY | PAGE_GUARD,
	};
	char *page = self->base + OTHER * PAGE;
	size_t i;
	DWORD old;

	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_NOACCESS, &old));
	EXPECT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READWRITE | PAGE_GUARD, &old));
	EXPECT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
	for (i = 0; i < ARRAY_SIZE(protects); i++) {
		uintptr_t base;

		ASSERT_EQ(0, raw_alloc_as(self->fd, 0, SIZE,
					  HOSTMEM_RESERVE | HOSTMEM_COMMIT,
					  HOSTMEM_READWRITE, PINNABLE, &base));
		page = (char *)base + OTHER * PAGE;
		EXPECT_EQ(FIXED, fix_buffer(&self->ring, (void *)base, 16 * PAGE));
		ASSERT_TRUE(VirtualProtect(page, PAGE, protects[i], &old));
		EXPECT_EQ(has_fixed_buffers() ? -EFAULT : -EOPNOTSUPP,
			  fix_buffer(&self->ring, (void *)base, 16 * PAGE));
		ASSERT_TRUE(VirtualFree((void *)base, 0, MEM_RELEASE));
	}
}

TEST_F(uring, goes_on_with_buffers_that_are_fixed_already)
{
	char *page = self->base + 3 * PAGE;
	DWORD old;

	ASSERT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
	if (!has_fixed_buffers())
		return;
	/* They are the same pages, which the process may only read now. */
	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(PAGE, run_fixed(&self->ring, IORING_OP_READ_FIXED, 0, self->file,
				  page, PAGE));
	EXPECT_EQ(0, memcmp(self->contents, page, PAGE));
	EXPECT_SEGV(page, try_write(page, 1));
	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_NOACCESS, &old));
	EXPECT_EQ(PAGE, run_fixed(&self->ring, IORING_OP_WRITE_FIXED, 0, self->file,
				  page, PAGE));
}

/* Decommitted, and committed again: they are other pages. */
TEST_F(uring, keeps_buffers_that_the_region_has_no_more)
{
	char *page = self->base + 3 * PAGE, copy[HOSTMEM_PAGE_SIZE];

	ASSERT_EQ(FIXED, fix_buffer(&self->ring, self->base, 16 * PAGE));
	ASSERT_TRUE(VirtualFree(self->base, 32 * PAGE, MEM_DECOMMIT));
	ASSERT_NE(NULL, commit_at(self->base, 32 * PAGE, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(self->base, 32 * PAGE));
	if (!has_fixed_buffers())
		return;
	EXPECT_EQ(PAGE, run_fixed(&self->ring, IORING_OP_WRITE_FIXED, 0, self->file,
				  page, PAGE));
	EXPECT_EQ(PAGE, pread(self->file, copy, PAGE, 0));
	EXPECT_TRUE(is_stamped(copy, page, 1));
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_EQ(PAGE, run_fixed(&self->ring, IORING_OP_READ_FIXED, 0, self->file,
				  page + PAGE, PAGE));
	EXPECT_EQ(PAGE, run_fixed(&self->ring, IORING_OP_WRITE_FIXED, 0, self->file,
				  page + PAGE, PAGE));
	EXPECT_EQ(PAGE, pread(self->file, copy, PAGE, 0));
	EXPECT_TRUE(is_stamped(copy, page, 1));
}

TEST_HARNESS_MAIN
