/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the two pages share that show the load without a system call.
 *
 * Sets the module's parameters, so it needs root, and puts them back.
 */
#ifndef LOAD_PAGES_H
#define LOAD_PAGES_H

#include "hostmem_limits.h"

#define LIMIT_MB	32
#define LIMIT		(LIMIT_MB * MIB)
#define LENGTH		(HOSTMEM_LOAD_PAGES * PAGE)

/* What all users see is told in steps, and never as less than it is. */
#define STEP		MIB
#define SHARED(bytes)	(((bytes) + STEP - 1) / STEP * STEP)

struct load_page {
	_Alignas(HOSTMEM_PAGE_SIZE) volatile struct hostmem_load_page load;
};

HELPER void *map_at(void *addr, size_t length, int prot, int flags, int fd,
		    uint64_t offset)
{
	void *map = mmap(addr, length, prot, flags, fd, offset);

	return map == MAP_FAILED ? NULL : map;
}

HELPER struct load_page *map_pages(int fd)
{
	return map_at(NULL, LENGTH, PROT_READ, MAP_SHARED, fd,
		      HOSTMEM_LOAD_OFFSET);
}

FIXTURE(pages)
{
	int fd, other;
	uintptr_t base, other_base;
	struct load_page *pages;
};

FIXTURE_SETUP(pages)
{
	SET_PARAMETERS(LIMIT_MB, 10);
	self->base = open_region(&self->fd, LIMIT);
	ASSERT_NE(0, self->base);
	self->other_base = open_region(&self->other, LIMIT);
	ASSERT_NE(0, self->other_base);
	self->pages = map_pages(self->fd);
	ASSERT_NE(NULL, self->pages);
	ASSERT_EQ(0, raw_limit(self->fd, 2 * LIMIT));
}

FIXTURE_TEARDOWN(pages)
{
}

/* Both are what the other calls say, that of all users but for its steps. */
#define EXPECT_PAGES(pages, fd) do {					\
	struct hostmem_status __status = hostmem_status(fd);		\
									\
	EXPECT_EQ(SHARED(__status.out_total_committed_bytes),		\
		  (pages)[0].load.charged_bytes);			\
	EXPECT_EQ(__status.out_commit_limit_bytes,			\
		  (pages)[0].load.limit_bytes);				\
	EXPECT_EQ(__status.out_committed_bytes,				\
		  (pages)[1].load.charged_bytes);			\
	EXPECT_EQ(__status.out_own_limit_bytes,				\
		  (pages)[1].load.limit_bytes);				\
} while (0)

#endif /* LOAD_PAGES_H */
