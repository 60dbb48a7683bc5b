/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What virtual_protect*.c share: a committed region with code in every page, and what
 * may be done with a page.
 */
#ifndef VIRTUAL_PROTECT_H
#define VIRTUAL_PROTECT_H

#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)
#define PAGES	(REGION / PAGE)

/* A call that succeeds tells what the first page had, and leaves the last error. */
#define EXPECT_PROTECTS(before, address, size, protect) do {		\
	DWORD __before = (before), __old = POISON_DWORD;			\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(TRUE, VirtualProtect((void *)(address), size, protect,	\
				       &__old));				\
	EXPECT_EQ(__before, __old);						\
	EXPECT_EQ(POISON_DWORD, GetLastError());				\
} while (0)

#define MAY_READ	1
#define MAY_WRITE	2
#define MAY_EXECUTE	4

HELPER int may(const struct protection *p)
{
	return (p->read ? MAY_READ : 0) | (p->write ? MAY_WRITE : 0) |
	       (p->exec ? MAY_EXECUTE : 0);
}

/*
 * What a thread may do with a page that holds code, found out by doing it; -1 if
 * something forbidden doesn't end in a SIGSEGV that tells its address.
 */
HELPER int found(char *page)
{
	struct fault fault[3];
	char *inside = page + 0x123;
	int result, i, sum = 0;

	fault[0] = try_read(inside);
	fault[1] = try_write(inside, 1);
	fault[2] = try_exec(page, &result);
	for (i = 0; i < 3; i++) {
		if (!fault[i].signo)
			sum |= 1 << i;
		else if (fault[i].signo != SIGSEGV ||
			 fault[i].addr != (uintptr_t)(i < 2 ? inside : page))
			return -1;
	}
	return sum & MAY_EXECUTE && result != 42 ? -1 : sum;
}

FIXTURE(virtual_protect)
{
	char *base;
	int fd;
};

/* Committed as a whole, with code in every page. */
FIXTURE_SETUP(virtual_protect)
{
	size_t i;

	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = both_at(FIXED, REGION, PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	for (i = 0; i < PAGES; i++)
		put_code_of_42(self->base + i * PAGE);
}

FIXTURE_TEARDOWN(virtual_protect)
{
}

#endif /* VIRTUAL_PROTECT_H */
