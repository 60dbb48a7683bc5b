/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guard.c and guard_callback.c share: a region with a page to be guarded, and
 * what a guard does to an access and to a system call.
 */
#ifndef GUARD_H
#define GUARD_H

#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)

#define GUARDED	(PAGE_READWRITE | PAGE_GUARD)

#define EXPECT_GUARD(address, attempt) do {				\
	struct fault __fault = (attempt);				\
									\
	EXPECT_EQ(SIGBUS, __fault.signo);				\
	EXPECT_EQ(BUS_ADRERR, __fault.code);				\
	EXPECT_EQ((uintptr_t)(address), __fault.addr);			\
} while (0)

/*
 * The same by a fetch.  On arm64 the kernel itself refuses it, as one that comes before the
 * guard: that is for the next who reads.
 */
#ifdef __aarch64__
#define EXPECT_GUARD_BY_FETCH(address, attempt) do {			\
	struct fault __fetch = (attempt);				\
									\
	EXPECT_EQ(SIGSEGV, __fetch.signo);				\
	EXPECT_EQ((uintptr_t)(address), __fetch.addr);			\
	EXPECT_GUARD(address, try_read((void *)(address)));		\
} while (0)
#else
#define EXPECT_GUARD_BY_FETCH	EXPECT_GUARD
#endif

#define EXPECT_PROTECTS(before, address, size, protect) do {		\
	DWORD __before = (before), __old = POISON_DWORD;			\
										\
	EXPECT_EQ(TRUE, VirtualProtect((void *)(address), size, protect,	\
				       &__old));				\
	EXPECT_EQ(__before, __old);						\
} while (0)

FIXTURE(guard)
{
	char *base;
	char *page;	/* some page of it */
};

FIXTURE_SETUP(guard)
{
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
	self->page = self->base + GRANULE - PAGE;
	ASSERT_EQ(self->base, commit_at(self->base, REGION, PAGE_READWRITE));
	put_code_of_42(self->page);
}

FIXTURE_TEARDOWN(guard)
{
}

/* A call fails with EFAULT, uses the guard up, and then works. */
#define EXPECT_EFAULT_ONCE(result, call) do {				\
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);	\
	errno = 0;							\
	EXPECT_EQ(-1, call);						\
	EXPECT_EQ(EFAULT, errno);					\
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);		\
	EXPECT_EQ(result, call);					\
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);		\
} while (0)

#endif /* GUARD_H */
