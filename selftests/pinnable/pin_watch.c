// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the write watch of a pinnable region knows the pages that the kernel has
 * written through its own references; MEM_RESET takes none that somebody has pinned
 * (rules R2, R7, R11, W6, W12, W13, W25); and what is resident is told (rule S4).
 *
 * Writes to a RAM disk and drops caches, so it needs root.
 */
#include "pin.h"
#include "uring.h"

#define PAGES		64
#define SIZE		(PAGES * PAGE)

FIXTURE(watch)
{
	int fd;
	char *base;
	int disk;
	int pipe[2];
	char *plain;
};

FIXTURE_SETUP(watch)
{
	uintptr_t base;

	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, SIZE, HOSTMEM_RESERVE |
				  HOSTMEM_COMMIT | HOSTMEM_WRITE_WATCH,
				  HOSTMEM_READWRITE, PINNABLE, &base));
	self->base = (char *)base;
	stamp(self->base, SIZE, 1);
	ASSERT_EQ(0, ResetWriteWatch(self->base, SIZE));
	self->disk = open_disk();
	ASSERT_LE(0, self->disk);
	ASSERT_EQ(0, pipe2(self->pipe, O_NONBLOCK));
	self->plain = plain_memory(SIZE);
	ASSERT_NE(NULL, self->plain);
}

FIXTURE_TEARDOWN(watch)
{
}

/* Pages from @first on, and no others, have been written since this was asked last. */
#define EXPECT_WRITTEN(first, nr) do {					\
	void *__pages[PAGES];						\
	ULONG_PTR __count = PAGES, __i;					\
	DWORD __granularity;						\
									\
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, self->base, SIZE,	\
				   __pages, &__count, &__granularity));	\
	ASSERT_EQ((ULONG_PTR)(nr), __count);				\
	for (__i = 0; __i < __count; __i++)				\
		EXPECT_EQ(self->base + ((first) + __i) * PAGE, __pages[__i]);	\
} while (0)

#define EXPECT_NONE_WRITTEN() EXPECT_WRITTEN(0, 0)

TEST_F(watch, knows_what_a_disk_has_written_W25)
{
	ASSERT_EQ(SIZE, pwrite(self->disk, self->plain, SIZE, 0));
	EXPECT_EQ(3 * PAGE, pread(self->disk, self->base + 20 * PAGE, 3 * PAGE, 0));
	EXPECT_WRITTEN(20, 3);
	EXPECT_NONE_WRITTEN();
	/* A part of a page, or of two. */
	EXPECT_EQ(512, pread(self->disk, self->base + 9 * PAGE + 512, 512, 0));
	EXPECT_WRITTEN(9, 1);
	EXPECT_EQ(PAGE, pread(self->disk, self->base + 9 * PAGE + 512, PAGE, 0));
	EXPECT_WRITTEN(9, 2);
	EXPECT_NONE_WRITTEN();
	EXPECT_EQ(SIZE, pread(self->disk, self->base, SIZE, 0));
	EXPECT_WRITTEN(0, PAGES);
	EXPECT_NONE_WRITTEN();
}

static int write_to_parent(pid_t pid, char *page)
{
	char byte = 'w';
	struct iovec own = { .iov_base = &byte, .iov_len = 1 };
	struct iovec his = { .iov_base = page, .iov_len = 1 };

	CHECK(process_vm_writev(pid, &own, 1, &his, 1, 0) == 1);
	return 0;
}

TEST_F(watch, knows_what_other_processes_have_written_W25)
{
	uint64_t word = 4711;

	EXPECT_CHILD(write_to_parent(getppid(), self->base + 7 * PAGE - 1));
	EXPECT_WRITTEN(6, 1);
	EXPECT_TRUE(debugger_writes(self->base + 5 * PAGE, &word, sizeof(word)));
	EXPECT_WRITTEN(5, 1);
	EXPECT_NONE_WRITTEN();
}

TEST_F(watch, knows_nothing_of_those_who_read_W6)
{
	struct iovec own = { .iov_base = self->plain, .iov_len = SIZE };
	struct iovec his = { .iov_base = self->base, .iov_len = SIZE };

	EXPECT_EQ(SIZE, pwrite(self->disk, self->base, SIZE, 0));
	EXPECT_EQ(SIZE, process_vm_readv(getpid(), &own, 1, &his, 1, 0));
	EXPECT_EQ(4 * PAGE, hold(self->pipe[1], self->base, 4 * PAGE));
	EXPECT_NONE_WRITTEN();
	EXPECT_EQ(NULL, unstamped_in_pipe(self->pipe[0], self->base, 4 * PAGE, 1));
	EXPECT_NONE_WRITTEN();
}

/* Through every state that a page may get into meanwhile. */
TEST_F(watch, keeps_what_was_written_whatever_becomes_of_the_page_W12_W13)
{
	static const DWORD protects[] = {
		PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE | PAGE_GUARD,
	};
	char *page = self->base + 20 * PAGE;
	size_t i;
	DWORD old;

	ASSERT_EQ(SIZE, pwrite(self->disk, self->plain, SIZE, 0));
	for (i = 0; i < ARRAY_SIZE(protects); i++) {
		EXPECT_EQ(2 * PAGE, pread(self->disk, page, 2 * PAGE, 0));
		ASSERT_TRUE(VirtualProtect(page, PAGE, protects[i], &old));
		EXPECT_WRITTEN(20, 2);
		ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READWRITE, &old));
		EXPECT_NONE_WRITTEN();
		EXPECT_EQ(2 * PAGE, pread(self->disk, page, 2 * PAGE, 0));
		ASSERT_TRUE(VirtualProtect(page, PAGE, protects[i], &old));
		ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READWRITE, &old));
		EXPECT_WRITTEN(20, 2);
	}
	EXPECT_EQ(PAGE, pread(self->disk, page, PAGE, 0));
	madvise(page, PAGE, MADV_DONTNEED);
	EXPECT_WRITTEN(20, 1);
	EXPECT_EQ(PAGE, pread(self->disk, page, PAGE, 0));
	ASSERT_TRUE(VirtualFree(page, PAGE, MEM_DECOMMIT));
	ASSERT_EQ(page, commit_at(page, PAGE, PAGE_READWRITE));
	EXPECT_NONE_WRITTEN();
}

/* Have a ring write zeroes to the begin of a page in its buffer, and let go of that. */
static bool write_and_let_go(struct ring *ring, char *page)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ_FIXED,
		.addr = (uintptr_t)page,
		.len = 512,
		.fd = open("/dev/zero", O_RDONLY | O_CLOEXEC),
	};

	return run(ring, &sqe) == 512 && !close(sqe.fd) &&
	       !syscall(SYS_io_uring_register, ring->fd,
			IORING_UNREGISTER_BUFFERS, NULL, 0);
}

/* The kernel may write to them at any time, and doesn't say when. */
TEST_F(watch, takes_fixed_buffers_for_written_each_time_W25)
{
	char *page = self->base + 20 * PAGE;
	struct ring ring = {};
	int i;

	ASSERT_TRUE(start_ring(&ring));
	ASSERT_EQ(has_fixed_buffers() ? 0 : -EOPNOTSUPP,
		  fix_buffer(&ring, page, 4 * PAGE));
	if (!has_fixed_buffers())
		return;
	for (i = 0; i < 3; i++)
		EXPECT_WRITTEN(20, 4);
	/* Also a last time, when nobody has them any more. */
	ASSERT_TRUE(write_and_let_go(&ring, page + PAGE));
	EXPECT_EQ(0, page[PAGE]);
	EXPECT_WRITTEN(20, 4);
	EXPECT_NONE_WRITTEN();
}

/*
 * MEM_RESET
 */

#define mem_reset(addr, size) \
	VirtualAlloc((void *)(addr), size, MEM_RESET, PAGE_READWRITE)
#define reset_undo(addr, size) \
	VirtualAlloc((void *)(addr), size, MEM_RESET_UNDO, PAGE_READWRITE)

static bool reclaim_all(void)
{
	return write_file("/proc/sys/vm/drop_caches", "2");
}

TEST_F(watch, lets_no_pinned_page_go_under_pressure_R2_R11)
{
	char *page = self->base + 20 * PAGE;

	ASSERT_EQ(4 * PAGE, hold(self->pipe[1], page, 4 * PAGE));
	ASSERT_EQ(self->base, mem_reset(self->base, SIZE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(page, 4 * PAGE, 1));
	/* Its neighbours are gone. */
	EXPECT_EQ(NULL, nonzero(self->base, 20 * PAGE));
	EXPECT_EQ(NULL, nonzero(page + 4 * PAGE, SIZE - 24 * PAGE));
	EXPECT_EQ(page, reset_undo(page, 4 * PAGE));
	EXPECT_EQ(NULL, unstamped_in_pipe(self->pipe[0], page, 4 * PAGE, 1));
	/* Nobody has it any more. */
	ASSERT_EQ(page, mem_reset(page, 2 * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, nonzero(page, 2 * PAGE));
	EXPECT_EQ(NULL, unstamped(page + 2 * PAGE, 2 * PAGE, 1));
}

TEST_F(watch, brings_back_what_a_disk_has_written_R7)
{
	char *page = self->base + 20 * PAGE;

	memset(self->plain, 'd', PAGE);
	ASSERT_EQ(PAGE, pwrite(self->disk, self->plain, PAGE, 0));
	ASSERT_EQ(self->base, mem_reset(self->base, SIZE));
	EXPECT_EQ(PAGE, pread(self->disk, page, PAGE, 0));
	EXPECT_CHILD(write_to_parent(getppid(), page + 5 * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(0, memcmp(self->plain, page, PAGE));
	EXPECT_EQ('w', page[5 * PAGE]);
	EXPECT_EQ(NULL, nonzero(page + PAGE, 4 * PAGE));
	/* Into pages that are gone. */
	EXPECT_EQ(PAGE, pread(self->disk, page + PAGE, PAGE, 0));
	EXPECT_EQ(0, memcmp(self->plain, page + PAGE, PAGE));
	EXPECT_EQ(PAGE, pwrite(self->disk, page + 2 * PAGE, PAGE, 0));
	ASSERT_EQ(PAGE, pread(self->disk, self->plain, PAGE, 0));
	EXPECT_EQ(NULL, nonzero(self->plain, PAGE));
}

/* What is written to a fixed buffer after the reset is written after the reset. */
TEST_F(watch, takes_no_fixed_buffer_for_reset_R7)
{
	char *page = self->base + 20 * PAGE;
	struct ring ring = {};

	ASSERT_TRUE(start_ring(&ring));
	ASSERT_EQ(has_fixed_buffers() ? 0 : -EOPNOTSUPP,
		  fix_buffer(&ring, page, 4 * PAGE));
	if (!has_fixed_buffers())
		return;
	ASSERT_EQ(self->base, mem_reset(self->base, SIZE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(page, 4 * PAGE, 1));
	ASSERT_TRUE(write_and_let_go(&ring, page + PAGE));
	ASSERT_TRUE(reclaim_all());
	/* The last word of the page has what it had. */
	EXPECT_EQ(~((uintptr_t)(page + PAGE) ^ 1),
		  ((uint64_t *)(page + 2 * PAGE))[-1]);
}

/*
 * Resident memory
 */

/* A line of what smaps says of the mapping at @addr, in bytes; -1 if there is none. */
static int64_t smaps(const void *addr, const char *name)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	uintptr_t from, to;
	bool found = false;
	int64_t kib = -1;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			found = from == (uintptr_t)addr;
		else if (found && !strncmp(line, name, strlen(name)) &&
			 line[strlen(name)] == ':')
			kib = strtoll(line + strlen(name) + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return kib < 0 ? -1 : kib * (int64_t)KIB;
}

TEST_F(watch, is_resident_as_far_as_it_is_committed_S4)
{
	DWORD old;

	EXPECT_EQ(SIZE, smaps(self->base, "Size"));
	EXPECT_EQ(SIZE, smaps(self->base, "Rss"));
	ASSERT_TRUE(VirtualFree(self->base, 16 * PAGE, MEM_DECOMMIT));
	EXPECT_EQ(48 * PAGE, smaps(self->base, "Rss"));
	ASSERT_TRUE(VirtualProtect(self->base + 20 * PAGE, 8 * PAGE, PAGE_READONLY,
				   &old));
	EXPECT_EQ(48 * PAGE, smaps(self->base, "Rss"));
	ASSERT_TRUE(VirtualFree(self->base, SIZE, MEM_DECOMMIT));
	EXPECT_EQ(0, smaps(self->base, "Rss"));
}

/* Also where nobody may access it: the kernel has to know whom to kill. */
TEST(what_is_committed_counts_as_resident)
{
	size_t size = 64 * MIB;
	int64_t before = own_status("VmRSS");
	uintptr_t base;
	DWORD old;

	ASSERT_EQ(0, raw_alloc_as(library_fd(), 0, 2 * size, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, PINNABLE, &base));
	ASSERT_NE(NULL, commit_at(base, size, PAGE_READWRITE));
	/* Within a MiB: the kernel counts in batches, and the test has pages, too. */
	EXPECT_GE((int64_t)MIB, llabs(own_status("VmRSS") - before - (int64_t)size));
	ASSERT_TRUE(VirtualProtect((void *)base, size, PAGE_NOACCESS, &old));
	EXPECT_GE((int64_t)MIB, llabs(own_status("VmRSS") - before - (int64_t)size));
	ASSERT_TRUE(VirtualFree((void *)base, size / 2, MEM_DECOMMIT));
	EXPECT_GE((int64_t)MIB,
		  llabs(own_status("VmRSS") - before - (int64_t)size / 2));
	ASSERT_TRUE(VirtualFree((void *)base, 0, MEM_RELEASE));
	EXPECT_GE((int64_t)MIB, llabs(own_status("VmRSS") - before));
}

TEST_HARNESS_MAIN
