/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What watch*.c share: a region with a write watch, and reports of which pages have been
 * written.
 */
#ifndef WATCH_H
#define WATCH_H

#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)
#define PAGES	(REGION / PAGE)

#define GUARDED	(PAGE_READWRITE | PAGE_GUARD)
#define WATCHED	(MEM_RESERVE | MEM_WRITE_WATCH)

/* What a call has answered. */
struct report {
	UINT ret;
	ULONG_PTR count;
	DWORD granularity;
	void *pages[2048];
};

static struct report report;

HELPER UINT collect_at_most(ULONG_PTR count, DWORD flags, void *start, size_t size)
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

HELPER void poke(char *base, unsigned int page)
{
	base[page * PAGE + 321] = 1;
}

#endif /* WATCH_H */
