/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lifecycle*.c share: a region of the library, that it is as it was, and that a
 * child that isn't its owner can do nothing to it.
 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include "hostmem_child.h"
#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(2 * BLOCK)

/* A region of the library, committed but for the first page, and stamped. */
FIXTURE(lifecycle)
{
	int fd;
	char *base;
	struct hostmem_status before;
};

FIXTURE_SETUP(lifecycle)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
	ASSERT_NE(NULL, commit_at(self->base + PAGE, REGION - PAGE, PAGE_READWRITE));
	stamp(self->base + PAGE, REGION - PAGE, 1);
	ASSERT_NE(NULL, commit_at(self->base + PAGE, PAGE, PAGE_READONLY));
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(lifecycle)
{
}

#define EXPECT_UNCHANGED() do {						\
	EXPECT_SAME_STATUS(self->before, self->fd);			\
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));	\
	EXPECT_RESERVED(self->base, self->base, PAGE);			\
	EXPECT_COMMITTED(self->base + PAGE, self->base, PAGE,		\
			 PAGE_READONLY);				\
	EXPECT_COMMITTED(self->base + 2 * PAGE, self->base,		\
			 REGION - 2 * PAGE, PAGE_READWRITE);		\
	EXPECT_NOTHING_ALLOWED(self->base);				\
	EXPECT_FALSE(can_write(self->base + PAGE));			\
	EXPECT_TRUE(can_write(self->base + REGION - 1));		\
	EXPECT_EQ(NULL, unstamped(self->base + PAGE, REGION - PAGE, 1)); \
} while (0)

/* No call works for who isn't the owner. */
HELPER int all_calls_are_refused(int fd, uintptr_t base)
{
	struct hostmem_memory_info info;
	struct hostmem_status status;
	uintptr_t out;

	CHECK(raw_alloc(fd, 0, PAGE, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &out) == -EXDEV);
	CHECK(raw_alloc(fd, base, PAGE, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out) == -EXDEV);
	CHECK(raw_free(fd, base, 0, HOSTMEM_RELEASE) == -EXDEV);
	CHECK(raw_free(fd, base, PAGE, HOSTMEM_DECOMMIT) == -EXDEV);
	CHECK(raw_query(fd, base, &info) == -EXDEV);
	CHECK(raw_status(fd, &status) == -EXDEV);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	return 0;
}

HELPER int library_is_not_the_owner(char *base)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length = POISON_DWORD;
	void *mem = POISON_POINTER;

	CHECK(HostVirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
			       eProcessCritical, &mem) == HOST_E_NOT_OWNER);
	CHECK(!mem);
	CHECK(HostVirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE,
			       eProcessCritical, &mem) == HOST_E_NOT_OWNER);
	CHECK(HostVirtualFree(base, 0, MEM_RELEASE) == HOST_E_NOT_OWNER);
	CHECK(HostVirtualFree(base, PAGE, MEM_DECOMMIT) == HOST_E_NOT_OWNER);
	CHECK(HostVirtualQuery(base, &info, sizeof(info), &length) == HOST_E_NOT_OWNER);
	CHECK(!length);

	SetLastError(POISON_DWORD);
	CHECK(!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	SetLastError(POISON_DWORD);
	CHECK(!VirtualFree(base, 0, MEM_RELEASE));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	SetLastError(POISON_DWORD);
	CHECK(!VirtualQuery(base, &info, sizeof(info)));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	return 0;
}

HELPER int fork_child(int fd, char *base)
{
	int line = library_is_not_the_owner(base);
	int own, empty, signo;
	uintptr_t out;

	CHECK(!line);
	CHECK(!all_calls_are_refused(fd, (uintptr_t)base));
	/* MADV_DOFORK may have made one of a pinnable region, with nothing in it. */
	empty = mappings(getpid(), FIXED, FIXED + REGION);
	CHECK(empty <= is_pinnable());
	signo = try_read(base + PAGE).signo;
	CHECK(signo == SIGSEGV || (empty && signo == SIGBUS));
	CHECK(try_write(base + 2 * PAGE, 1).signo == signo);
	munmap(base, REGION);

	/* With a file of its own it is as good as any process. */
	own = open_device();
	CHECK(own >= 0);
	CHECK(!raw_alloc(own, FIXED, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			 HOSTMEM_READWRITE, &out));
	CHECK(!nonzero((void *)out, PAGE));
	stamp((void *)out, PAGE, 2);
	return 0;
}

#endif /* LIFECYCLE_H */
