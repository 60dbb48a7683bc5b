// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_RESET and MEM_RESET_UNDO: contents that may go under memory
 * pressure, and only then (rules R1-R8, R11, R14, A4, A8, X10, Q12).
 */
#include "reset.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)
#define PAGES	(REGION / PAGE)

FIXTURE(reset)
{
	char *base;
	int fd;
	struct hostmem_status before;
};

FIXTURE_SETUP(reset)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = both_at(FIXED, REGION, PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	stamp(self->base, REGION, 1);
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(reset)
{
}

TEST_F(reset, tells_the_first_page_and_changes_no_state_R1_R3_Q12)
{
	char *page = self->base + GRANULE;
	void *mem = POISON_POINTER;

	EXPECT_EQ(page, VirtualAlloc(page, PAGE, MEM_RESET, PAGE_NOACCESS));
	EXPECT_EQ(page, VirtualAlloc(page + 77, 1, MEM_RESET, PAGE_READONLY));
	EXPECT_EQ(S_OK, HostVirtualAlloc(page + PAGE - 1, 2, MEM_RESET,
					 PAGE_EXECUTE_READ, eTaskCritical, &mem));
	EXPECT_EQ(page, mem);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(page, reset_undo(page + 5, PAGE));
	EXPECT_EQ(S_OK, HostVirtualAlloc(page + PAGE + 9, 2, MEM_RESET_UNDO,
					 PAGE_READWRITE, eTaskCritical, &mem));
	EXPECT_EQ(page + PAGE, mem);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_TRUE(can_write(page));
	EXPECT_SAME_STATUS(self->before, self->fd);
}

TEST_F(reset, keeps_contents_while_there_is_memory_R2_R11)
{
	ASSERT_EQ(self->base, mem_reset(self->base, REGION));
	EXPECT_EQ(NULL, unstamped(self->base, REGION, 1));
	EXPECT_EQ(self->base, reset_undo(self->base, REGION));
	EXPECT_EQ(NULL, unstamped(self->base, REGION, 1));
	/* And undone means undone. */
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(self->base, REGION, 1));
	EXPECT_EQ(self->base, reset_undo(self->base, REGION));
}

TEST_F(reset, loses_contents_under_pressure_R2_R11_R14)
{
	char *page = self->base + GRANULE - PAGE;

	ASSERT_EQ(page, mem_reset(page, 4 * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_UNDO_TOO_LATE(page, 4 * PAGE);
	EXPECT_EQ(NULL, nonzero(page, 4 * PAGE));
	/* Only what was reset. */
	EXPECT_EQ(NULL, unstamped(self->base, page - self->base, 1));
	EXPECT_EQ(NULL, unstamped(page + 4 * PAGE, REGION - GRANULE - 3 * PAGE, 1));
	/* It is memory like any other. */
	stamp(page, 4 * PAGE, 2);
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(page, 4 * PAGE, 2));
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_EQ(page, mem_reset(page, 4 * PAGE));
	EXPECT_EQ(page, reset_undo(page, 4 * PAGE));
	EXPECT_EQ(NULL, unstamped(page, 4 * PAGE, 2));
}

TEST_F(reset, undo_tells_of_one_lost_page_R11)
{
	char *first = self->base + 3 * PAGE, *last = self->base + 9 * PAGE;

	ASSERT_EQ(last, mem_reset(last, PAGE));
	ASSERT_TRUE(reclaim_all());
	ASSERT_EQ(first, mem_reset(first, PAGE));
	EXPECT_EQ(first, reset_undo(first, PAGE));
	EXPECT_UNDO_TOO_LATE(last, PAGE);
	/* Again a reset, without contents to lose: none was since. */
	ASSERT_EQ(last, mem_reset(last, PAGE));
	EXPECT_EQ(last, reset_undo(last, PAGE));
	EXPECT_EQ(NULL, unstamped(first, PAGE, 1));
	EXPECT_EQ(NULL, nonzero(last, PAGE));
}

TEST_F(reset, undo_is_too_late_in_both_shapes_R11)
{
	char *page = self->base + 3 * PAGE;
	void *mem = POISON_POINTER;

	ASSERT_EQ(page, mem_reset(page, 2 * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_UNDO_TOO_LATE(page, PAGE);
	EXPECT_EQ(E_BAD_ADDRESS, HostVirtualAlloc(page + PAGE, PAGE,
						  MEM_RESET_UNDO, PAGE_READWRITE,
						  eTaskCritical, &mem));
	EXPECT_EQ(NULL, mem);
}

TEST_F(reset, writes_bring_a_page_back_R7)
{
	size_t i, wrong = 0;

	ASSERT_EQ(self->base, mem_reset(self->base, REGION));
	for (i = 0; i < PAGES; i += 3)
		self->base[i * PAGE + 1000] = i;
	ASSERT_TRUE(reclaim_all());
	for (i = 0; i < PAGES; i++) {
		char *page = self->base + i * PAGE;

		if (i % 3)
			wrong += !!nonzero(page, PAGE);
		else
			wrong += page[1000] != (char)i;
	}
	EXPECT_EQ(0, wrong);
	/* And again: what is zero now, and what is not. */
	for (i = 0; i < PAGES; i++)
		self->base[i * PAGE + 2000] = i + 1;
	ASSERT_TRUE(reclaim_all());
	for (i = 0; i < PAGES; i++)
		wrong += self->base[i * PAGE + 2000] != (char)(i + 1);
	EXPECT_EQ(0, wrong);
}

TEST_F(reset, writes_by_the_kernel_and_debuggers_count_R7)
{
	char *page = self->base + 20 * PAGE;
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int fds[2];

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(5, write(fds[1], "hello", 5));
	ASSERT_EQ(page, mem_reset(page, 4 * PAGE));
	EXPECT_EQ(5, read(fds[0], page, 5));
	EXPECT_EQ(5, pwrite(mem, "world", 5, (uintptr_t)page + 2 * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(0, memcmp(page, "hello", 5));
	EXPECT_EQ(NULL, nonzero(page + PAGE, PAGE));
	EXPECT_EQ(0, memcmp(page + 2 * PAGE, "world", 5));
	EXPECT_EQ(NULL, nonzero(page + 3 * PAGE, PAGE));

	/* Into pages that are gone, or not. */
	ASSERT_EQ(page, mem_reset(page, 2 * PAGE));
	ASSERT_TRUE(reclaim_all());
	ASSERT_EQ(5, write(fds[1], "again", 5));
	EXPECT_EQ(5, read(fds[0], page, 5));
	EXPECT_EQ(5, pwrite(mem, "twice", 5, (uintptr_t)page + PAGE));
	EXPECT_EQ(0, memcmp(page, "again", 5));
	EXPECT_EQ(0, memcmp(page + PAGE, "twice", 5));
	ASSERT_EQ(page, mem_reset(page, PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(5, write(fds[1], page, 5));
	EXPECT_EQ(5, pread(mem, page + 100, 5, (uintptr_t)page));
	EXPECT_EQ(NULL, nonzero(page, PAGE));
}

TEST_F(reset, and_protect_keep_what_is_written_R7)
{
	static const DWORD way[] = {
		PAGE_NOACCESS, PAGE_READONLY, PAGE_EXECUTE_READ,
		PAGE_EXECUTE_READWRITE, PAGE_READWRITE | PAGE_GUARD,
	};
	char *page = self->base + GRANULE - 6 * PAGE;
	size_t size = 12 * PAGE, i;
	DWORD old;

	for (i = 0; i < ARRAY_SIZE(way); i++) {
		/* Written after the reset, then protected. */
		ASSERT_EQ(page, mem_reset(page, size));
		stamp(page, size / 2, i);
		ASSERT_TRUE(VirtualProtect(page, size, way[i], &old));
		ASSERT_TRUE(reclaim_all());
		ASSERT_TRUE(VirtualProtect(page, size, PAGE_READWRITE, &old));
		EXPECT_EQ(NULL, unstamped(page, size / 2, i));
		EXPECT_EQ(NULL, nonzero(page + size / 2, size / 2));

		/* Protected, reset, opened, written. */
		ASSERT_TRUE(VirtualProtect(page, size, way[i], &old));
		ASSERT_EQ(page, mem_reset(page, size));
		EXPECT_EQ(way[i], query(page).Protect);
		ASSERT_TRUE(VirtualProtect(page, size, PAGE_READWRITE, &old));
		stamp(page, size, i + 10);
		ASSERT_TRUE(reclaim_all());
		EXPECT_EQ(NULL, unstamped(page, size, i + 10));

		/* Gone while protected. */
		ASSERT_TRUE(VirtualProtect(page, size, way[i], &old));
		ASSERT_EQ(page, mem_reset(page, size));
		ASSERT_TRUE(reclaim_all());
		EXPECT_EQ(way[i], query(page).Protect);
		ASSERT_TRUE(VirtualProtect(page, size, PAGE_READWRITE, &old));
		EXPECT_EQ(NULL, nonzero(page, size));
	}
}

TEST_F(reset, obeys_protection_when_contents_are_gone_R14)
{
	char *page = self->base + 10 * PAGE;
	DWORD old;

	ASSERT_EQ(page, mem_reset(page, 4 * PAGE));
	ASSERT_TRUE(reclaim_all());
	ASSERT_TRUE(VirtualProtect(page, PAGE, PAGE_READONLY, &old));
	ASSERT_TRUE(VirtualProtect(page + PAGE, PAGE, PAGE_NOACCESS, &old));
	ASSERT_TRUE(VirtualProtect(page + 2 * PAGE, PAGE,
				   PAGE_READWRITE | PAGE_GUARD, &old));
	EXPECT_SEGV(page, try_write(page, 1));
	EXPECT_NO_FAULT(try_read(page));
	EXPECT_SEGV(page, try_write(page, 1));
	EXPECT_SEGV(page + PAGE, try_read(page + PAGE));
	EXPECT_EQ(SIGBUS, try_write(page + 2 * PAGE, 1).signo);
	EXPECT_NO_FAULT(try_write(page + 2 * PAGE, 1));
	EXPECT_NO_FAULT(try_write(page + 3 * PAGE, 1));
}

TEST_F(reset, gives_way_to_decommit_and_commit)
{
	char *page = self->base + 10 * PAGE;

	ASSERT_EQ(page, mem_reset(page, 4 * PAGE));
	ASSERT_TRUE(reclaim_all());
	ASSERT_TRUE(VirtualFree(page, 2 * PAGE, MEM_DECOMMIT));
	EXPECT_EQ(self->before.out_committed_bytes - 2 * PAGE,
		  hostmem_status(self->fd).out_committed_bytes);
	ASSERT_EQ(page, commit_at(page, 4 * PAGE, PAGE_READWRITE));
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_EQ(NULL, nonzero(page, 4 * PAGE));
	stamp(page, 4 * PAGE, 3);
	/* A page that was decommitted is no page that was reset. */
	ASSERT_EQ(page, mem_reset(page, 4 * PAGE));
	ASSERT_TRUE(VirtualFree(page, 2 * PAGE, MEM_DECOMMIT));
	ASSERT_EQ(page, commit_at(page, 2 * PAGE, PAGE_READWRITE));
	stamp(page, 2 * PAGE, 4);
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(page, 2 * PAGE, 4));
	EXPECT_EQ(NULL, nonzero(page + 2 * PAGE, 2 * PAGE));
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(reset, takes_reserved_pages_R4)
{
	char *hole = self->base + 10 * PAGE;

	ASSERT_TRUE(VirtualFree(hole, 2 * PAGE, MEM_DECOMMIT));
	EXPECT_EQ(hole, mem_reset(hole, PAGE));
	EXPECT_EQ(self->base, mem_reset(self->base, REGION));
	EXPECT_RESERVED(hole, self->base, 2 * PAGE);
	EXPECT_NOTHING_ALLOWED(hole);
	ASSERT_TRUE(reclaim_all());
	EXPECT_RESERVED(hole, self->base, 2 * PAGE);
	EXPECT_EQ(NULL, nonzero(self->base, 10 * PAGE));
	EXPECT_EQ(self->before.out_committed_bytes - 2 * PAGE,
		  hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(reset, stays_inside_one_region_R5_X10)
{
	static const DWORD types[] = { MEM_RESET, MEM_RESET_UNDO };
	char *next = self->base + REGION, foreign;
	size_t i;

	ASSERT_EQ(next, both_at(next, PAGE, PAGE_READWRITE));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct {
			char *start;
			size_t size;
		} bad[] = {
			{ self->base + REGION - PAGE, 2 * PAGE },
			{ self->base, REGION + 1 },
			{ next - 1, 2 },
			{ next + PAGE, PAGE },
			{ next + 16 * GIB, PAGE },
			{ &foreign, 1 },
			{ NULL, PAGE },
		};
		size_t j;

		for (j = 0; j < ARRAY_SIZE(bad); j++)
			EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
					   bad[j].start, bad[j].size, types[i],
					   PAGE_READWRITE);
	}
	/* Nothing of them was reset. */
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(self->base, REGION, 1));
	EXPECT_EQ(2, hostmem_status(self->fd).out_regions);
}

TEST_F(reset, goes_alone_and_with_a_protection_A4_A8_R6)
{
	static const DWORD others[] = {
		MEM_COMMIT, MEM_RESERVE, MEM_RESERVE | MEM_COMMIT, MEM_TOP_DOWN,
		MEM_WRITE_WATCH, MEM_LARGE_PAGES, 0x00400000, MEM_DECOMMIT,
	};
	static const DWORD bad[] = { 0, 0x08, 0x80, 0x06, 0x104 | 0x200 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   self->base, PAGE, MEM_RESET | others[i],
				   PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   self->base, PAGE, MEM_RESET_UNDO | others[i],
				   PAGE_READWRITE);
	}
	EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base, PAGE,
			   MEM_RESET | MEM_RESET_UNDO, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base, 0,
			   MEM_RESET, PAGE_READWRITE);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   self->base, PAGE, MEM_RESET, bad[i]);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   self->base, PAGE, MEM_RESET_UNDO, bad[i]);
	}
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(self->base, REGION, 1));
}

/* R8 allows either for the pages that are only partly in the range. */
TEST_F(reset, leaves_pages_outside_alone_R8)
{
	char *page = self->base + 10 * PAGE;

	ASSERT_EQ(page, mem_reset(page + 1, 3 * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(self->base, 10 * PAGE, 1));
	EXPECT_EQ(NULL, unstamped(page + 4 * PAGE, REGION - 14 * PAGE, 1));
	EXPECT_EQ(NULL, nonzero(page + PAGE, 2 * PAGE));
}

TEST_F(reset, and_watch_do_not_disturb_each_other)
{
	char *base = VirtualAlloc(NULL, REGION, MEM_RESERVE | MEM_COMMIT |
				  MEM_WRITE_WATCH, PAGE_READWRITE);
	ULONG_PTR count = PAGES;
	void *pages[PAGES];
	DWORD gran;

	ASSERT_NE(NULL, base);
	base[PAGE] = 1;
	base[40 * PAGE] = 1;
	/* Written before the reset: told after it, and none else. */
	ASSERT_EQ(base, mem_reset(base, REGION));
	EXPECT_EQ(0, GetWriteWatch(0, base, REGION, pages, &count, &gran));
	ASSERT_EQ(2, count);
	EXPECT_EQ(base + PAGE, pages[0]);
	EXPECT_EQ(base + 40 * PAGE, pages[1]);

	/* Written, and told, after the reset: it has to stay. */
	ASSERT_EQ(0, ResetWriteWatch(base, REGION));
	base[2 * PAGE] = 2;
	base[3 * PAGE] = 3;
	count = 1;
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, REGION, pages,
				   &count, &gran));
	EXPECT_EQ(base + 2 * PAGE, pages[0]);
	ASSERT_EQ(0, ResetWriteWatch(base, REGION));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(2, base[2 * PAGE]);
	EXPECT_EQ(3, base[3 * PAGE]);
	EXPECT_EQ(0, base[40 * PAGE]);

	/* Nor is the kernel's zeroing a write. */
	count = PAGES;
	EXPECT_EQ(NULL, nonzero(base + 4 * PAGE, REGION - 4 * PAGE));
	EXPECT_EQ(0, GetWriteWatch(0, base, REGION, pages, &count, &gran));
	EXPECT_EQ(0, count);
	base[5 * PAGE] = 5;
	count = PAGES;
	EXPECT_EQ(0, GetWriteWatch(0, base, REGION, pages, &count, &gran));
	ASSERT_EQ(1, count);
	EXPECT_EQ(base + 5 * PAGE, pages[0]);
}

TEST_HARNESS_MAIN
