/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What wait*.c share: a limit that one file holds all of, and four files whose
 * commits have to wait for what it gives back.
 *
 * Sets the module's parameters, so it needs root, and puts them back.  A commit
 * has queued when HOSTMEM_IOC_STATUS says so, and has been served when that says
 * that it waits no more; so nothing here depends on how long anything takes.
 */
#ifndef WAIT_H
#define WAIT_H

#include "hostmem_limits.h"

#define LIMIT_MB	4
#define LIMIT		(LIMIT_MB * MIB)
#define FILES		4

/*
 * All of the limit is held by one file, but for what give_back() gives; the
 * others have a region of reserved pages each.
 */
FIXTURE(wait)
{
	int holder;
	uintptr_t held;		/* of the holder, what is committed... */
	uintptr_t held_end;	/* ...up to here */
	int fd[FILES];
	uintptr_t base[FILES];
};

FIXTURE_SETUP(wait)
{
	int i;

	SET_PARAMETERS(LIMIT_MB, 0);
	self->held = open_region(&self->holder, LIMIT);
	ASSERT_NE(0, self->held);
	ASSERT_EQ(0, raw_commit(self->holder, self->held, LIMIT, TASK, AT_ONCE));
	self->held_end = self->held + LIMIT;
	for (i = 0; i < FILES; i++) {
		self->base[i] = open_region(&self->fd[i], 2 * LIMIT);
		ASSERT_NE(0, self->base[i]);
	}
}

FIXTURE_TEARDOWN(wait)
{
}

#define GIVE_BACK(pages) do {						\
	ASSERT_LE((pages) * PAGE, self->held_end - self->held);		\
	ASSERT_EQ(0, raw_decommit(self->holder, self->held,		\
				  (pages) * PAGE));			\
	self->held += (pages) * PAGE;					\
} while (0)

/* A commit of some pages at the beginning of file @i's region. */
#define WAITER(i, pages, lvl) {						\
	.fd = self->fd[i], .addr = self->base[i],			\
	.length = (pages) * PAGE, .level = lvl, .deadline = FOREVER,	\
}

/* How many wait in the files 0, 1, ... */
#define EXPECT_WAITING(...) do {					\
	static const uint64_t __expected[] = { __VA_ARGS__ };		\
	size_t __i;							\
									\
	for (__i = 0; __i < ARRAY_SIZE(__expected); __i++) {		\
		EXPECT_EQ(__expected[__i], waiting(self->fd[__i]))	\
			TH_LOG("file %zu", __i);			\
	}								\
} while (0)

#endif /* WAIT_H */
