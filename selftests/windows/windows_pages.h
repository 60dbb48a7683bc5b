/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages for the tests of what <windows.h> does with memory that is there.
 */
#ifndef WINDOWS_PAGES_H
#define WINDOWS_PAGES_H

#include "windows_test.h"

#define PAGES		8

/*
 * PAGES pages in a region of twice as many, and memory of others.
 */
FIXTURE(windows)
{
	char *base;
	char *end;		/* of what is committed */
	char *foreign;
};

FIXTURE_SETUP(windows)
{
	self->base = VirtualAlloc(NULL, 2 * PAGES * PAGE, MEM_RESERVE, PAGE_READWRITE);
	ASSERT_NE(NULL, self->base);
	ASSERT_EQ(self->base, commit_at(self->base, PAGES * PAGE, PAGE_READWRITE));
	self->end = self->base + PAGES * PAGE;
	self->foreign = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->foreign);
}

FIXTURE_TEARDOWN(windows)
{
}

HELPER void protect(char *addr, SIZE_T size, DWORD protect)
{
	DWORD old;

	if (!VirtualProtect(addr, size, protect, &old))
		abort();
}

#endif /* WINDOWS_PAGES_H */
