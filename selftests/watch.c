// SPDX-License-Identifier: GPL-2.0
/*
 * Description: write watch: which pages it reports, and that it misses no write,
 * whoever writes and whatever happens meanwhile (rules W1-W13, W15-W23, W25 as
 * X4 has it, W26, G10).
 */
#include "hostmem_test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)
#define PAGES	(REGION / PAGE)

#define GUARDED	(PAGE_READWRITE | PAGE_GUARD)
#define WATCHED	(MEM_RESERVE | MEM_WRITE_WATCH)
#define FAILED_WATCH	(~(UINT)0)

/* What a call has answered. */
struct report {
	UINT ret;
	ULONG_PTR count;
	DWORD granularity;
	void *pages[2048];
};

static struct report report;

static UINT collect_at_most(ULONG_PTR count, DWORD flags, void *start, size_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(report.pages); i++)
		report.pages[i] = POISON_POINTER;
	report.count = count;
	report.granularity = POISON_DWORD;
	report.ret = GetWriteWatch(flags, start, size, report.pages,
				   &report.count, &report.granularity);
	return report.ret;
}

/*
 * Expect a report of exactly the pages whose numbers, counted from the region's
 * base, are listed; what lies beyond in the array stays (W2).
 */
#define EXPECT_REPORT(room, flags, start, size, ...) do {		\
	const unsigned int __want[] = { __VA_ARGS__ };			\
	size_t __i, __nr = sizeof(__want) / sizeof(unsigned int);	\
									\
	SetLastError(POISON_DWORD);					\
	EXPECT_EQ(0, collect_at_most(room, flags, start, size));	\
	EXPECT_EQ(POISON_DWORD, GetLastError());			\
	EXPECT_EQ(__nr, report.count);					\
	EXPECT_EQ(PAGE, report.granularity);				\
	for (__i = 0; __i < __nr && __i < report.count; __i++)		\
		EXPECT_EQ(self->base + __want[__i] * PAGE,		\
			  (char *)report.pages[__i]);			\
	EXPECT_EQ(POISON_POINTER, report.pages[report.count]);		\
} while (0)

#define EXPECT_WRITTEN(...) \
	EXPECT_REPORT(512, 0, self->base, REGION, __VA_ARGS__)
#define EXPECT_RESET(...) \
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, self->base, REGION, __VA_ARGS__)

FIXTURE(watch)
{
	char *base;
};

FIXTURE_SETUP(watch)
{
	self->base = VirtualAlloc((void *)FIXED, REGION, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
}

FIXTURE_TEARDOWN(watch)
{
}

static void poke(char *base, unsigned int page)
{
	base[page * PAGE + 321] = 1;
}

TEST_F(watch, is_clean_when_fresh_W3)
{
	EXPECT_WRITTEN();
	EXPECT_EQ(NULL, nonzero(self->base, REGION));
	EXPECT_WRITTEN();
}

TEST_F(watch, tells_single_writes_W4_W26)
{
	char *tiny = VirtualAlloc(NULL, 1, WATCHED | MEM_COMMIT, PAGE_READWRITE);

	poke(self->base, 1);
	EXPECT_WRITTEN(1);
	poke(self->base, 0);
	poke(self->base, PAGES - 1);
	/* On both sides of a block's end. */
	poke(self->base, GRANULE / PAGE);
	poke(self->base, GRANULE / PAGE - 1);
	EXPECT_WRITTEN(0, 1, 15, 16, PAGES - 1);
	poke(self->base, 1);
	EXPECT_WRITTEN(0, 1, 15, 16, PAGES - 1);

	ASSERT_NE(NULL, tiny);
	*tiny = 1;
	EXPECT_EQ(0, collect_at_most(1, 0, tiny, 1));
	EXPECT_EQ(1, report.count);
	EXPECT_EQ(tiny, report.pages[0]);
	EXPECT_EQ(PAGE, query(tiny).RegionSize);
}

TEST_F(watch, tells_a_write_across_two_pages_W5)
{
	*(volatile uint64_t *)(self->base + 16 * PAGE - 1) = ~0ull;
	EXPECT_WRITTEN(15, 16);
}

TEST_F(watch, is_blind_to_reads_W6)
{
	size_t i;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	for (i = 0; i < PAGES; i++)
		EXPECT_NO_FAULT(try_read(self->base + i * PAGE));
	EXPECT_EQ(100, write(fds[1], self->base + PAGE - 50, 100));
	EXPECT_WRITTEN();
}

TEST_F(watch, query_is_not_destructive_and_reset_is_W7)
{
	poke(self->base, 3);
	poke(self->base, 300);
	EXPECT_WRITTEN(3, 300);
	EXPECT_WRITTEN(3, 300);
	EXPECT_RESET(3, 300);
	EXPECT_WRITTEN();
	EXPECT_RESET();
	poke(self->base, 300);
	EXPECT_RESET(300);
	poke(self->base, 300);
	EXPECT_RESET(300);
	EXPECT_EQ(1, self->base[300 * PAGE + 321]);
}

TEST_F(watch, resets_only_what_it_returns_W8)
{
	unsigned int i;

	for (i = 0; i < PAGES; i += 100)
		poke(self->base, i);
	EXPECT_REPORT(1, 0, self->base, REGION, 0);
	EXPECT_REPORT(2, 0, self->base, REGION, 0, 100);
	EXPECT_REPORT(1, WRITE_WATCH_FLAG_RESET, self->base, REGION, 0);
	EXPECT_WRITTEN(100, 200, 300, 400, 500);
	EXPECT_REPORT(3, WRITE_WATCH_FLAG_RESET, self->base, REGION,
		      100, 200, 300);
	EXPECT_REPORT(2, WRITE_WATCH_FLAG_RESET, self->base, REGION, 400, 500);
	EXPECT_WRITTEN();

	/* Neighbours. */
	for (i = 10; i < 20; i++)
		poke(self->base, i);
	EXPECT_REPORT(4, WRITE_WATCH_FLAG_RESET, self->base, REGION,
		      10, 11, 12, 13);
	EXPECT_WRITTEN(14, 15, 16, 17, 18, 19);
}

TEST_F(watch, takes_any_part_of_the_region_W9)
{
	char *base = self->base;
	unsigned int i;

	for (i = 10; i < 20; i++)
		poke(base, i);
	EXPECT_REPORT(512, 0, base + 12 * PAGE, 3 * PAGE, 12, 13, 14);
	EXPECT_REPORT(512, 0, base + 12 * PAGE - 1, 2, 11, 12);
	EXPECT_REPORT(512, 0, base + 15 * PAGE + 5, 1, 15);
	EXPECT_REPORT(512, 0, base + 18 * PAGE, REGION - 18 * PAGE, 18, 19);
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, base + 16 * PAGE - 1, 2,
		      15, 16);
	EXPECT_WRITTEN(10, 11, 12, 13, 14, 17, 18, 19);
}

TEST_F(watch, reset_write_watch_cleans_a_range_W10)
{
	char *base = self->base;
	unsigned int i;
	DWORD old;

	for (i = 10; i < 20; i++)
		poke(base, i);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(0, ResetWriteWatch(base + 12 * PAGE, 2 * PAGE));
	EXPECT_EQ(POISON_DWORD, GetLastError());
	EXPECT_WRITTEN(10, 11, 14, 15, 16, 17, 18, 19);
	EXPECT_EQ(0, ResetWriteWatch(base + 16 * PAGE - 1, 2));
	EXPECT_WRITTEN(10, 11, 14, 17, 18, 19);
	/* Whatever the pages are. */
	ASSERT_TRUE(VirtualProtect(base + 10 * PAGE, PAGE, PAGE_NOACCESS, &old));
	ASSERT_TRUE(VirtualProtect(base + 11 * PAGE, PAGE, PAGE_READONLY, &old));
	ASSERT_TRUE(VirtualFree(base + 14 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_EQ(0, ResetWriteWatch(base + 10 * PAGE, 5 * PAGE));
	EXPECT_WRITTEN(17, 18, 19);
	EXPECT_EQ(0, ResetWriteWatch(base, REGION));
	EXPECT_WRITTEN();
	poke(base, 17);
	EXPECT_WRITTEN(17);
}

TEST_F(watch, passes_over_what_is_not_committed_W11)
{
	char *base = self->base;

	poke(base, 2);
	poke(base, 20);
	ASSERT_TRUE(VirtualFree(base + 5 * PAGE, 10 * PAGE, MEM_DECOMMIT));
	EXPECT_WRITTEN(2, 20);
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, base + 6 * PAGE, PAGE);
	EXPECT_REPORT(512, WRITE_WATCH_FLAG_RESET, base + 6 * PAGE, REGION / 2, 20);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_WRITTEN();
	EXPECT_EQ(0, ResetWriteWatch(base, REGION));
}

/* The region may begin without pages, and with any protection. */
TEST_F(watch, lasts_for_the_regions_life_W1)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		DWORD old;

		ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
		ASSERT_EQ((void *)FIXED,
			  VirtualAlloc((void *)FIXED, REGION, WATCHED,
				       protections[i].protect));
		EXPECT_WRITTEN();
		ASSERT_NE(NULL, commit_at(self->base + 4 * PAGE, 4 * PAGE,
					  protections[i].protect));
		EXPECT_WRITTEN();
		ASSERT_TRUE(VirtualProtect(self->base + 4 * PAGE, 4 * PAGE,
					   PAGE_EXECUTE_READWRITE, &old));
		EXPECT_WRITTEN();
		poke(self->base, 5);
		ASSERT_NE(NULL, commit_at(self->base, 20 * PAGE, PAGE_READWRITE));
		EXPECT_WRITTEN(5);
		poke(self->base, 0);
		poke(self->base, 19);
		EXPECT_WRITTEN(0, 5, 19);
	}
}

TEST_F(watch, survives_protect_in_either_direction_W12)
{
	static const DWORD way[] = {
		PAGE_READONLY, PAGE_NOACCESS, PAGE_READWRITE, GUARDED,
		PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE,
	};
	char *base = self->base;
	size_t i;
	DWORD old;

	poke(base, 3);
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		ASSERT_TRUE(VirtualProtect(base, 10 * PAGE, way[i], &old));
		EXPECT_WRITTEN(3);
	}
	/* What is dirty can be reset in all of them, and none marks. */
	for (i = 0; i < ARRAY_SIZE(way); i++) {
		poke(base, 18);
		/* In the same block, and so far away that each is cleaned by itself. */
		poke(base, 400);
		ASSERT_TRUE(VirtualProtect(base, 20 * PAGE, way[i], &old));
		collect_at_most(512, WRITE_WATCH_FLAG_RESET, base, REGION);
		EXPECT_EQ(base + 18 * PAGE, report.pages[report.count - 2]);
		EXPECT_EQ(base + 400 * PAGE, report.pages[report.count - 1]);
		EXPECT_WRITTEN();
		ASSERT_TRUE(VirtualProtect(base, 20 * PAGE, PAGE_READWRITE, &old));
		EXPECT_WRITTEN();
	}
}

TEST_F(watch, is_cleared_by_decommit_W13)
{
	poke(self->base, 3);
	poke(self->base, 4);
	ASSERT_TRUE(VirtualFree(self->base + 3 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_WRITTEN(4);
	ASSERT_NE(NULL, commit_at(self->base + 3 * PAGE, PAGE, PAGE_READWRITE));
	EXPECT_WRITTEN(4);
	poke(self->base, 3);
	EXPECT_WRITTEN(3, 4);
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_DECOMMIT));
	EXPECT_WRITTEN();
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_WRITTEN();
}

TEST_F(watch, survives_a_commit_of_committed_pages_W15)
{
	poke(self->base, 3);
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_WRITTEN(3);
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READONLY));
	EXPECT_WRITTEN(3);
	ASSERT_NE(NULL, commit_at(self->base, REGION, PAGE_READWRITE));
	poke(self->base, 4);
	EXPECT_WRITTEN(3, 4);
}

TEST_F(watch, is_invisible_to_queries_W16_Q12)
{
	unsigned int i;

	for (i = 0; i < PAGES; i += 2)
		poke(self->base, i);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(0, ResetWriteWatch(self->base, REGION / 2));
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
}

TEST_F(watch, counts_a_large_region_W17)
{
	size_t nr = 2048, i, wrong = 0;
	DWORD old;
	char *base = VirtualAlloc(NULL, nr * PAGE, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	for (i = 0; i < nr; i += 2)
		poke(base, i);
	ASSERT_TRUE(VirtualProtect(base, nr / 2 * PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(0, collect_at_most(nr - 1, WRITE_WATCH_FLAG_RESET, base,
				     nr * PAGE));
	EXPECT_EQ(nr / 2, report.count);
	for (i = 0; i < nr / 2; i++)
		wrong += report.pages[i] != base + 2 * i * PAGE;
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(POISON_POINTER, report.pages[nr / 2]);
	EXPECT_EQ(0, collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base, nr * PAGE));
	EXPECT_EQ(0, report.count);
}

/* A failing call in which each pointer may be NULL. */
#define EXPECT_WATCH_FAILS(error, flags, start, size, pages, count, gran) do { \
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(FAILED_WATCH, GetWriteWatch(flags, start, size, pages, count,	\
					      gran));				\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
} while (0)

TEST_F(watch, checks_its_arguments_W18_W19_W20_W21_W22)
{
	void *pages[4], *at = self->base;
	ULONG_PTR count = 4, none = 0;
	DWORD gran;

	poke(self->base, 1);
	EXPECT_WATCH_FAILS(ERROR_NOACCESS, 0, at, REGION, pages, NULL, &gran);
	EXPECT_WATCH_FAILS(ERROR_NOACCESS, 0, at, REGION, pages, &count, NULL);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 0, at, REGION, pages, &none,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 1, at, REGION, pages, &none,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 1, at, REGION, NULL, &none,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_NOACCESS, 1, at, REGION, NULL, &count, &gran);
	EXPECT_WATCH_FAILS(ERROR_NOACCESS, 1, at, REGION, (void **)PAGE, &count,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 2, at, REGION, pages, &count,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 3, at, REGION, pages, &count,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, ~0u, at, REGION, pages, &count,
			   &gran);
	EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 1, at, 0, pages, &count,
			   &gran);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(FAILED_WATCH, ResetWriteWatch(at, 0));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
	/* None of them has reset anything. */
	EXPECT_EQ(4, count);
	EXPECT_WRITTEN(1);
}

TEST_F(watch, checks_its_range_W23)
{
	char *plain = both_at(NULL, REGION, PAGE_READWRITE);
	char *next = self->base + REGION;
	char foreign;
	struct {
		char *start;
		size_t size;
	} bad[] = {
		{ NULL, REGION },
		{ plain, REGION },
		{ self->base, REGION * 2 },
		{ self->base, REGION + 1 },
		{ next - PAGE, PAGE + 1 },
		{ next - 1, 2 },
		{ next + PAGE, PAGE },
		{ next + 16 * GIB, PAGE },
		{ &foreign, 1 },
		{ self->base, ~(size_t)0 },
		{ (char *)~0ul, 1 },
	};
	ULONG_PTR count = 4;
	void *pages[4];
	DWORD gran;
	size_t i;

	ASSERT_NE(NULL, plain);
	ASSERT_EQ(next, VirtualAlloc(next, PAGE, WATCHED | MEM_COMMIT,
				     PAGE_READWRITE));
	poke(self->base, 1);
	poke(next, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_WATCH_FAILS(ERROR_INVALID_PARAMETER, 1, bad[i].start,
				   bad[i].size, pages, &count, &gran);
		SetLastError(POISON_DWORD);
		EXPECT_EQ(FAILED_WATCH, ResetWriteWatch(bad[i].start,
							bad[i].size));
		EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
	}
	EXPECT_WRITTEN(1);
	EXPECT_EQ(0, collect_at_most(4, 0, next, PAGE));
	EXPECT_EQ(1, report.count);
}

TEST_F(watch, resets_nothing_that_it_could_not_report_W7)
{
	/* More pages than one batch of the module's has. */
	size_t nr = 6000, room = nr * sizeof(void *), i, wrong = 0;
	char *base = VirtualAlloc(NULL, nr * PAGE, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);
	char *pages = mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ULONG_PTR count = nr;
	DWORD gran;

	ASSERT_NE(NULL, base);
	ASSERT_NE(MAP_FAILED, pages);
	for (i = 0; i < nr; i++)
		poke(base, i);
	/* Room for the first 5120 only. */
	ASSERT_EQ(0, mprotect(pages + 10 * PAGE, PAGE, PROT_NONE));
	EXPECT_WATCH_FAILS(ERROR_NOACCESS, WRITE_WATCH_FLAG_RESET, base,
			   nr * PAGE, (void **)pages, &count, &gran);
	EXPECT_EQ(nr, count);
	ASSERT_EQ(0, mprotect(pages + 10 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, base, nr * PAGE,
				   (void **)pages, &count, &gran));
	EXPECT_EQ(nr, count);
	for (i = 0; i < count; i++)
		wrong += ((void **)pages)[i] != base + i * PAGE;
	EXPECT_EQ(0, wrong);
}

TEST_F(watch, resets_nothing_when_it_cannot_tell_how_many_W7)
{
	struct hostmem_watch *arg = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, arg);
	*arg = (struct hostmem_watch) {
		.size = sizeof(*arg),
		.flags = HOSTMEM_WATCH_RESET,
		.addr = (uintptr_t)self->base,
		.length = REGION,
		.pages = (uintptr_t)report.pages,
		.count = ARRAY_SIZE(report.pages),
	};
	poke(self->base, 1);
	poke(self->base, PAGES - 1);
	ASSERT_EQ(0, mprotect(arg, PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, raw_call(library_fd(), HOSTMEM_IOC_WATCH, arg));
	EXPECT_WRITTEN(1, PAGES - 1);
}

/*
 * Writers that are no threads of the program
 */

TEST_F(watch, tells_what_system_calls_write_W25_X4)
{
	int fd = memfd_create("hostmem", MFD_CLOEXEC), fds[2];
	char *at = self->base + 10 * PAGE;
	struct iovec vector[2] = {
		{ self->base + 30 * PAGE + 5, 10 },
		{ self->base + 41 * PAGE - 5, 10 },
	};

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(fds));
	/* Two pages and three bytes into a buffer of 16 pages. */
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE + 3));
	EXPECT_EQ(2 * PAGE + 3, pread(fd, at, 16 * PAGE, 0));
	EXPECT_RESET(10, 11, 12);
	EXPECT_EQ(0, pread(fd, at, 16 * PAGE, 3 * PAGE));
	EXPECT_EQ(-1, pread(-1, at, 16 * PAGE, 0));
	EXPECT_RESET();
	ASSERT_EQ(20, write(fds[1], at, 20));
	EXPECT_EQ(20, readv(fds[0], vector, 2));
	EXPECT_RESET(30, 40, 41);
	/* A structure. */
	EXPECT_EQ(48, VirtualQuery(at, (void *)(self->base + 7 * PAGE - 8), 48));
	EXPECT_RESET(6, 7);
	/* Addresses of pages: the call reports its own writes the next time. */
	poke(self->base, 99);
	report.count = 3;
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, self->base, REGION,
				   (void **)at, &report.count,
				   &report.granularity));
	EXPECT_EQ(1, report.count);
	EXPECT_RESET(10);
}

TEST_F(watch, tells_nothing_where_the_kernel_may_not_write_W25)
{
	char *at = self->base + 10 * PAGE;
	DWORD old;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(9, write(fds[1], at, 9));
	ASSERT_TRUE(VirtualProtect(at, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(-1, read(fds[0], at, 9));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_SEGV(at, try_write(at, 1));
	EXPECT_WRITTEN();
	ASSERT_TRUE(VirtualProtect(at, PAGE, PAGE_READWRITE, &old));
	EXPECT_WRITTEN();
}

TEST_F(watch, tells_what_debuggers_write)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char bytes[10] = "debugger";
	DWORD old;

	ASSERT_LE(0, fd);
	EXPECT_EQ(10, pread(fd, bytes, 10, FIXED + 50 * PAGE));
	EXPECT_WRITTEN();
	EXPECT_EQ(10, pwrite(fd, bytes, 10, FIXED + 20 * PAGE - 5));
	EXPECT_RESET(19, 20);
	ASSERT_TRUE(VirtualProtect(self->base, PAGE, PAGE_READONLY, &old));
	EXPECT_TRUE(debugger_writes(self->base, bytes, 10));
	EXPECT_RESET(0);
	EXPECT_WRITTEN();
}

TEST_F(watch, comes_after_the_guard_G10)
{
	char *at = self->base + 5 * PAGE;
	DWORD old;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(SIGBUS, try_write(at, 1).signo);
	EXPECT_WRITTEN();
	EXPECT_NO_FAULT(try_write(at, 1));
	EXPECT_RESET(5);
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(SIGBUS, try_read(at).signo);
	EXPECT_NO_FAULT(try_read(at));
	EXPECT_WRITTEN();
	/* A system call that fails, then one that doesn't. */
	ASSERT_EQ(9, write(fds[1], at, 9));
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(-1, read(fds[0], at, 9));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_WRITTEN();
	EXPECT_EQ(9, read(fds[0], at, 9));
	EXPECT_RESET(5);
	/* Dirty before it is armed. */
	poke(self->base, 5);
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_RESET(5);
	EXPECT_EQ(GUARDED, query(at).Protect);
}

static BOOL add_and_retry(DWORD code, DWORD access, void *address, void *context)
{
	(void)access;
	if (code != EXCEPTION_GUARD_PAGE)
		return FALSE;
	/* A write of its own, to a page that the access only reads. */
	if (context)
		*(volatile uint32_t *)address += 0x100;
	return TRUE;
}

TEST_F(watch, tells_what_a_guards_callback_writes_G10)
{
	volatile uint32_t *at = (uint32_t *)(self->base + 5 * PAGE);
	DWORD old;

	ASSERT_TRUE(HostSetFaultCallback(add_and_retry, NULL));
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	EXPECT_EQ(0, *at);
	EXPECT_WRITTEN();
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	*at = 1;
	EXPECT_RESET(5);
	ASSERT_TRUE(HostSetFaultCallback(add_and_retry, self));
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	EXPECT_EQ(0x101, *at);
	EXPECT_RESET(5);
}

/*
 * The hardware keeps the books: no fault for any page that is dirtied
 */

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void poke_all(char *base, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		*(volatile char *)(base + i * PAGE) += 1;
}

TEST_F(watch, takes_no_fault_for_a_dirtied_page)
{
	size_t nr = 2000;
	long few, before;
	char *base;
	int round;

	base = VirtualAlloc(NULL, nr * PAGE, WATCHED | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	/* What the program itself takes for its own pages. */
	poke_all(base, 1);
	collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base, nr * PAGE);
	for (round = 0; round < 3; round++) {
		before = faults();
		poke_all(base, nr);
		few = faults() - before;
		EXPECT_GT(10, few);
		EXPECT_EQ(0, collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base,
					     nr * PAGE));
		EXPECT_EQ(nr, report.count);
	}
	EXPECT_EQ(0, ResetWriteWatch(base, nr * PAGE));
	before = faults();
	poke_all(base, nr);
	EXPECT_GT(10, faults() - before);
}

/*
 * Writers that never rest
 *
 * Each page has a version that only one thread advances.  A collector does what
 * a garbage collector does: it processes, here reads, the pages that it is told.
 * A write is lost if a page has another version in the end than when it was
 * processed last.  And whatever is known to be written between two calls must
 * be in the report of the second.
 */

#define WRITERS	3
#define WRITTEN	(PAGES - 8)	/* pages that are written; no one writes the last */

struct writer {
	pthread_t thread;
	char *base;
	unsigned int number;
	uint64_t rng;
	volatile unsigned long rounds;
};

static volatile bool done;

/* Has each of them come to write something? */
static bool all_write(const struct writer *writer)
{
	unsigned int i, idle = 0;

	for (i = 0; i < WRITERS; i++)
		idle += writer[i].rounds < 100;
	return !idle;
}

static volatile uint64_t *version(char *base, size_t page)
{
	return (uint64_t *)(base + page * PAGE + page % 500 * 8);
}

static void *write_versions(void *arg)
{
	struct writer *writer = arg;

	while (!done) {
		size_t page = random_below(&writer->rng, WRITTEN / WRITERS) *
			      WRITERS + writer->number;
		volatile uint64_t *word = version(writer->base, page);

		/* Where the page is protected just now, the write has to wait. */
		PROBE(*word = *word + 1);
		writer->rounds++;
	}
	return NULL;
}

enum disturbance {
	NONE,
	PROTECT,
	RECOMMIT,
	RESET,
	GUARD,
};

FIXTURE(writers)
{
	char *base;
	struct writer writer[WRITERS];
	uint64_t before[PAGES];		/* versions before the call */
	uint64_t after[PAGES];		/* and after it */
	uint64_t processed[PAGES];	/* when it was last reported */
	bool owed[PAGES];		/* the next call has to report it */
	bool reported[PAGES];
};

FIXTURE_VARIANT(writers)
{
	size_t room;
	enum disturbance disturbance;
};

FIXTURE_VARIANT_ADD(writers, and_room_for_all)
{
	.room = PAGES,
};

FIXTURE_VARIANT_ADD(writers, and_room_for_some)
{
	.room = 37,
};

FIXTURE_VARIANT_ADD(writers, and_protect)
{
	.room = PAGES,
	.disturbance = PROTECT,
};

FIXTURE_VARIANT_ADD(writers, and_recommit)
{
	.room = PAGES,
	.disturbance = RECOMMIT,
};

FIXTURE_VARIANT_ADD(writers, and_mem_reset)
{
	.room = PAGES,
	.disturbance = RESET,
};

FIXTURE_VARIANT_ADD(writers, and_guards)
{
	.room = 37,
	.disturbance = GUARD,
};

FIXTURE_SETUP(writers)
{
	unsigned int i;

	self->base = VirtualAlloc((void *)FIXED, REGION, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	for (i = 0; i < WRITERS; i++) {
		struct writer *writer = &self->writer[i];

		writer->base = self->base;
		writer->number = i;
		writer->rng = 1000 + i;
		ASSERT_EQ(0, pthread_create(&writer->thread, NULL,
					    write_versions, writer));
	}
}

FIXTURE_TEARDOWN(writers)
{
}

static bool disturb(char *base, enum disturbance disturbance)
{
	DWORD old;

	switch (disturbance) {
	case PROTECT:
		return VirtualProtect(base, REGION, PAGE_READONLY, &old) &&
		       VirtualProtect(base, REGION / 2, PAGE_NOACCESS, &old) &&
		       VirtualProtect(base, REGION, PAGE_READWRITE, &old);
	case RECOMMIT:
		return commit_at(base, REGION, PAGE_EXECUTE_READWRITE) &&
		       commit_at(base, REGION, PAGE_READWRITE);
	case RESET:
		return VirtualAlloc(base, REGION, MEM_RESET, PAGE_READWRITE);
	case GUARD:
		return VirtualProtect(base, REGION, GUARDED, &old) &&
		       VirtualProtect(base, REGION, PAGE_READWRITE, &old);
	default:
		return true;
	}
}

/* Return how many pages of a report are wrong. */
static unsigned int process(char *base, uint64_t *processed, bool *reported)
{
	unsigned int wrong = 0;
	size_t i;

	memset(reported, 0, PAGES * sizeof(*reported));
	for (i = 0; i < report.count; i++) {
		size_t page = ((char *)report.pages[i] - base) / PAGE;

		wrong += page >= WRITTEN || (i && report.pages[i] <= report.pages[i - 1]);
		if (page >= PAGES)
			continue;
		reported[page] = true;
		processed[page] = *version(base, page);
	}
	return wrong;
}

TEST_F(writers, lose_no_write_W7_W8)
{
	unsigned int wrong = 0, missed = 0, lost = 0, round;
	unsigned int rounds = variant->disturbance == NONE ? 300 : 30;
	size_t page, end, seen = 0;

	for (round = 0; round < rounds || seen < 500 || !all_write(self->writer);
	     round++) {
		for (page = 0; page < PAGES; page++)
			self->before[page] = *version(self->base, page);
		ASSERT_TRUE(disturb(self->base, variant->disturbance));
		ASSERT_EQ(0, collect_at_most(variant->room,
					     WRITE_WATCH_FLAG_RESET, self->base,
					     REGION));
		seen += report.count;
		wrong += process(self->base, self->processed, self->reported);
		/* As far as the report goes, where there was no room for all. */
		end = PAGES;
		if (report.count == variant->room)
			end = ((char *)report.pages[report.count - 1] -
			       self->base) / PAGE + 1;
		for (page = 0; page < PAGES; page++) {
			bool owed = self->owed[page] ||
				    self->before[page] > self->after[page];

			missed += owed && page < end && !self->reported[page];
			self->after[page] = *version(self->base, page);
			/* Written meanwhile or before, and not reported yet. */
			self->owed[page] = !self->reported[page] &&
					   (owed || self->after[page] >
						    self->before[page]);
			if (self->reported[page])
				self->after[page] = self->processed[page];
		}
		ASSERT_EQ(0, missed);
	}
	done = true;
	for (page = 0; page < WRITERS; page++) {
		ASSERT_EQ(0, pthread_join(self->writer[page].thread, NULL));
	}
	/* No one writes any more: each page comes at most once, and then none. */
	for (seen = 0; ; seen += report.count) {
		ASSERT_EQ(0, collect_at_most(variant->room,
					     WRITE_WATCH_FLAG_RESET, self->base,
					     REGION));
		if (!report.count)
			break;
		ASSERT_GE(PAGES, seen + report.count);
		wrong += process(self->base, self->processed, self->reported);
	}
	for (page = 0; page < PAGES; page++)
		lost += self->processed[page] != *version(self->base, page);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, lost);
}

TEST_HARNESS_MAIN
