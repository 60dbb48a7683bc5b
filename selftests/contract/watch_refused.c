// SPDX-License-Identifier: GPL-2.0
/*
 * Description: calls of the write watch that are refused, and that these have reset nothing
 * (rules W7, W18-W23).
 */
#include "watch.h"

#define FAILED_WATCH	(~(UINT)0)

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

TEST_HARNESS_MAIN
