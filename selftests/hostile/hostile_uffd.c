// SPDX-License-Identifier: GPL-2.0
/*
 * Description: userfaultfd puts entries of its own into page tables, so it has no
 * hold on a region; where the kernel doesn't ask, the region is closed until it is
 * unregistered, and then as it was.
 */
#include "hostile.h"

#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define WP_ASYNC	(1ull << 15)	/* UFFD_FEATURE_WP_ASYNC, since 6.7 */

FIXTURE(uffd)
{
	struct hostmem_status before;
	int fd;
};

FIXTURE_SETUP(uffd)
{
	self->fd = library_fd();
	self->before = hostmem_status(self->fd);
	ASSERT_TRUE(specimen_make(SPECIMEN));
}

FIXTURE_TEARDOWN(uffd)
{
	EXPECT_TRUE(VirtualFree((void *)SPECIMEN, 0, MEM_RELEASE));
	EXPECT_SAME_STATUS(self->before, self->fd);
}

/* -1: the kernel doesn't know one of the features. */
static int start_uffd(__u64 features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd >= 0 && ioctl(uffd, UFFDIO_API, &api)) {
		close(uffd);
		return -1;
	}
	return uffd;
}

static int enlist(int uffd, uintptr_t start, size_t size, unsigned int mode)
{
	struct uffdio_register arg = {
		.range = { start, size },
		.mode = mode,
	};

	return ioctl(uffd, UFFDIO_REGISTER, &arg);
}

static int write_protect(int uffd, uintptr_t start, size_t size)
{
	struct uffdio_writeprotect arg = {
		.range = { start, size },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &arg);
}

/* Registers as only kernels let it that don't ask who it is: -1, or a descriptor. */
static int take(uintptr_t start, size_t size)
{
	int uffd = start_uffd(WP_ASYNC);

	if (uffd >= 0 && (enlist(uffd, start, size, UFFDIO_REGISTER_MODE_WP) ||
			  write_protect(uffd, start, size))) {
		close(uffd);
		return -1;
	}
	return uffd;
}

TEST_F(uffd, has_no_hold_on_a_region)
{
	int uffd = start_uffd(0);
	unsigned int mode;

	ASSERT_LE(0, uffd);
	for (mode = 0; mode < 16; mode++) {
		EXPECT_EQ(-1, enlist(uffd, SPECIMEN, SPECIMEN_SIZE, mode));
		EXPECT_EQ(-1, enlist(uffd, SPECIMEN + PAGE, PAGE, mode));
		EXPECT_EQ(-1, enlist(uffd, SPECIMEN + GRANULE, BLOCK, mode));
		EXPECT_EQ(-1, write_protect(uffd, SPECIMEN, SPECIMEN_SIZE));
	}
	close(uffd);
	EXPECT_INTACT(SPECIMEN);
}

TEST_F(uffd, has_no_hold_on_a_part_of_a_region)
{
	int uffd = start_uffd(WP_ASYNC);
	unsigned int mode;

	for (mode = 0; mode < 16; mode++) {
		EXPECT_EQ(-1, enlist(uffd, SPECIMEN + PAGE, PAGE, mode));
		EXPECT_EQ(-1, enlist(uffd, SPECIMEN + GRANULE, BLOCK, mode));
		/* On its own, write protection may be had. */
		if (mode != UFFDIO_REGISTER_MODE_WP)
			EXPECT_EQ(-1, enlist(uffd, SPECIMEN, SPECIMEN_SIZE, mode));
	}
	close(uffd);
	EXPECT_INTACT(SPECIMEN);
}

/* What can't be done to a region that userfaultfd has. */
#define EXPECT_CLOSED(fd) do {						\
	uintptr_t __out;						\
	int __zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);		\
									\
	EXPECT_EQ(-EACCES, raw_alloc(fd, (uintptr_t)at(RESERVED), PAGE,	\
				     HOSTMEM_COMMIT, HOSTMEM_READWRITE,	\
				     &__out));				\
	EXPECT_EQ(-EACCES, raw_alloc(fd, SPECIMEN, SPECIMEN_SIZE,	\
				     HOSTMEM_COMMIT, HOSTMEM_READWRITE,	\
				     &__out));				\
	EXPECT_EQ(-EACCES, raw_protect(fd, (uintptr_t)at(NOACCESS),	\
				       PAGE, HOSTMEM_READWRITE));	\
	EXPECT_EQ(SIGSEGV, try_read(at(RESERVED)).signo);		\
	EXPECT_EQ(SIGSEGV, try_read(at(NOACCESS)).signo);		\
	EXPECT_EQ(SIGSEGV, try_read(at(GUARDED)).signo);		\
	EXPECT_EQ(SIGSEGV, try_write(at(READONLY), 1).signo);		\
	EXPECT_EQ(-1, read(__zero, at(GUARDED), 1));			\
	EXPECT_EQ(EFAULT, errno);					\
	close(__zero);							\
} while (0)

/*
 * Userfaultfd lets pages that may be read be executed, too, which is the process's
 * own doing.  Protections that are set afterwards hold.
 */
static bool restore_protections(void)
{
	int fd = library_fd();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		uintptr_t start = (uintptr_t)at(kinds[i].first);
		size_t size = kinds[i].nr * PAGE;

		if (kinds[i].protect &&
		    (raw_protect(fd, start, size, HOSTMEM_NOACCESS) ||
		     raw_protect(fd, start, size, kinds[i].protect)))
			return false;
	}
	return true;
}

TEST_F(uffd, closes_a_region_while_it_has_it)
{
	struct hostmem_status made = hostmem_status(self->fd);
	int uffd = take(SPECIMEN, SPECIMEN_SIZE);

	if (uffd >= 0) {
		EXPECT_CLOSED(self->fd);
		EXPECT_SAME_STATUS(made, self->fd);
		ASSERT_EQ(0, close(uffd));
		ASSERT_TRUE(restore_protections());
	}
	EXPECT_INTACT(SPECIMEN);
}

TEST_F(uffd, unregistered_leaves_no_trace)
{
	struct uffdio_range range = { SPECIMEN, SPECIMEN_SIZE };
	int uffd = take(SPECIMEN, SPECIMEN_SIZE);

	if (uffd >= 0) {
		ASSERT_EQ(0, ioctl(uffd, UFFDIO_UNREGISTER, &range));
		ASSERT_TRUE(restore_protections());
		EXPECT_INTACT(SPECIMEN);
		/* Where there were marks, there can be PTEs again. */
		ASSERT_EQ(0, raw_alloc(self->fd, SPECIMEN, SPECIMEN_SIZE,
				       HOSTMEM_COMMIT, HOSTMEM_READWRITE,
				       &(uintptr_t){ 0 }));
		memset((void *)SPECIMEN, 1, SPECIMEN_SIZE);
		close(uffd);
	} else {
		EXPECT_INTACT(SPECIMEN);
	}
}

/* Pages that go while userfaultfd has the region have gone. */
TEST_F(uffd, keeps_no_page)
{
	int uffd = take(SPECIMEN, SPECIMEN_SIZE);
	uintptr_t out;

	ASSERT_EQ(0, raw_free(self->fd, SPECIMEN, SPECIMEN_SIZE, HOSTMEM_DECOMMIT));
	EXPECT_EQ(self->before.out_committed_bytes,
		  hostmem_status(self->fd).out_committed_bytes);
	EXPECT_NOTHING_ALLOWED(at(MIDDLE));
	EXPECT_NOTHING_ALLOWED(at(READONLY));
	/* Nor is anything put where its marks are, which would crash the kernel. */
	if (uffd >= 0) {
		ASSERT_EQ(0, write_protect(uffd, SPECIMEN, SPECIMEN_SIZE));
		EXPECT_EQ(-EACCES, raw_alloc(self->fd, SPECIMEN, SPECIMEN_SIZE,
					     HOSTMEM_COMMIT, HOSTMEM_READWRITE,
					     &out));
	}
	close(uffd);
	EXPECT_NOTHING_ALLOWED(at(MIDDLE));
	EXPECT_NOTHING_ALLOWED(at(READONLY));
	ASSERT_EQ(0, raw_alloc(self->fd, SPECIMEN, SPECIMEN_SIZE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &out));
	EXPECT_EQ(NULL, nonzero((void *)SPECIMEN, SPECIMEN_SIZE));
}

/* The end comes while userfaultfd has the region. */
static int leave(bool released)
{
	int fd = open_device(), uffd;
	uintptr_t base = raw_both(fd, 0, 2 * BLOCK, HOSTMEM_READWRITE);

	CHECK(base);
	CHECK(!raw_free(fd, base + BLOCK, BLOCK, HOSTMEM_DECOMMIT));
	uffd = take(base, 2 * BLOCK);
	if (released) {
		CHECK(!raw_free(fd, base, 0, HOSTMEM_RELEASE));
		CHECK(hostmem_status(fd).out_regions == 0);
		close(uffd);
		CHECK(raw_both(fd, base, BLOCK, HOSTMEM_READWRITE) == base);
		CHECK(!nonzero((void *)base, BLOCK));
	}
	return 0;
}

TEST_F(uffd, ends_with_the_region)
{
	EXPECT_CHILD(leave(true));
	EXPECT_CHILD(leave(false));
}

/* What it leaves where no page is looks like many a thing, but is no write (W11). */
TEST_F(uffd, is_no_writer_to_a_watched_region_W4_W11)
{
	void *base = VirtualAlloc(NULL, BLOCK, MEM_RESERVE | MEM_WRITE_WATCH,
				  PAGE_READWRITE);
	char *committed = (char *)base + 8 * PAGE;
	ULONG_PTR count;
	ULONG granularity;
	void *pages[8];
	int uffd, round;
	DWORD old;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(committed, commit_at(committed, 8 * PAGE, PAGE_READWRITE));
	/* Both have no PTE that could be marked. */
	ASSERT_TRUE(VirtualProtect(committed + 3 * PAGE, PAGE, PAGE_NOACCESS, &old));
	ASSERT_TRUE(VirtualFree(committed + 5 * PAGE, PAGE, MEM_DECOMMIT));
	uffd = take((uintptr_t)base, BLOCK);
	for (round = 0; round < 3; round++) {
		count = ARRAY_SIZE(pages);
		EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, BLOCK, pages,
					   &count, &granularity));
		EXPECT_EQ(0, count);
		/* Not as long as it is there, and not once it has gone. */
		if (round == 1)
			close(uffd);
	}
	committed[PAGE] = 1;
	count = ARRAY_SIZE(pages);
	EXPECT_EQ(0, GetWriteWatch(0, base, BLOCK, pages, &count, &granularity));
	EXPECT_EQ(1, count);
	EXPECT_EQ(committed + PAGE, pages[0]);
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

/* Large pages: the kernel splits their PMDs to mark parts of them. */
TEST_F(uffd, closes_large_pages)
{
	size_t large = hostmem_status(self->fd).out_large_page_bytes;
	uintptr_t base;
	int uffd;

	if (!has_large_pages())
		return;
	ASSERT_EQ(0, raw_alloc(self->fd, 0, 2 * large, HOSTMEM_RESERVE |
			       HOSTMEM_COMMIT | HOSTMEM_LARGE_PAGES,
			       HOSTMEM_READWRITE, &base));
	stamp((void *)base, 2 * large, SEED);
	uffd = take(base, 2 * large);
	if (uffd >= 0)
		EXPECT_EQ(SIGSEGV, try_write((void *)(base + large), 1).signo);
	close(uffd);
	EXPECT_EQ(NULL, unstamped((void *)base, 2 * large, SEED));
	ASSERT_EQ(0, raw_free(self->fd, base, 0, HOSTMEM_RELEASE));
}

/* Calls put PTEs where its marks are: of pinnable pages, each of them counts. */
static int mark_pinnable(void)
{
	int fd = open_device(), uffd, i;
	uintptr_t base, out;

	CHECK(!raw_alloc_as(fd, 0, 2 * BLOCK, HOSTMEM_RESERVE | HOSTMEM_COMMIT |
			    HOSTMEM_WRITE_WATCH, HOSTMEM_READWRITE,
			    HOSTMEM_ALLOC_PINNABLE, &base));
	stamp((void *)base, 2 * BLOCK, SEED);
	uffd = take(base, 2 * BLOCK);
	for (i = 0; i < 3; i++)
		CHECK(!raw_alloc(fd, base + PAGE, BLOCK, HOSTMEM_RESET,
				 HOSTMEM_READWRITE, &out));
	CHECK(!raw_alloc(fd, base, 2 * BLOCK, HOSTMEM_RESET_UNDO,
			 HOSTMEM_READWRITE, &out));
	close(uffd);
	CHECK(!unstamped((void *)base, 2 * BLOCK, SEED));
	CHECK(!raw_free(fd, base, 0, HOSTMEM_RELEASE));
	CHECK(!hostmem_status(fd).out_pinned_bytes);
	return 0;
}

TEST_F(uffd, leaves_pinnable_pages_counted)
{
	EXPECT_CHILD(mark_pinnable());
}

TEST_HARNESS_MAIN
