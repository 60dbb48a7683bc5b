/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What memcg*.c share: two memory cgroups in a third, and children that live in one of
 * them and tell in which line they went wrong.
 *
 * Makes cgroups and sets the module's parameters, so it needs root.
 */
#ifndef MEMCG_H
#define MEMCG_H

#include "cgroup.h"

#define OUTER		CGROUPS "/hostmem-test"
#define INNER		OUTER "/inner"
#define OTHER		OUTER "/other"

/* Of an earlier test, too, that didn't get to its end. */
HELPER void remove_groups(void)
{
	rmdir(OTHER);
	rmdir(INNER);
	rmdir(OUTER);
}

/* The line in which a child went wrong, for its exit status has too few bits. */
struct run {
	const char *group;	/* what it shall live in */
	atomic_int state;	/* of who is to be waited for */
	pthread_barrier_t *start;	/* of threads that begin together */
	size_t max;		/* that group's limit */
	size_t size;
	size_t step;
	int line;
};

#define CHECK(condition) do {						\
	if (!(condition)) {						\
		run->line = __LINE__;					\
		return 1;						\
	}								\
} while (0)

/*
 * What can be reclaimed, NULL without it.  In place of page cache, which needs a disk, it is
 * stamped memory that its owner doesn't want any more: to the kernel that is the same.
 */
HELPER char *memory_that_may_go(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || !keep_small(memory, size))
		return NULL;
	stamp(memory, size, 1);
	return madvise(memory, size, MADV_FREE) ? NULL : memory;
}

#define SET_UP_GROUPS() do {						\
	SET_PARAMETERS(PLENTY_MB, 0);					\
	self->fd = open_device();					\
	ASSERT_LE(0, self->fd);						\
	self->run = shared_memory(sizeof(*self->run));			\
	ASSERT_NE(NULL, self->run);					\
	remove_groups();						\
	ASSERT_TRUE(write_file(CGROUPS "/cgroup.subtree_control",	\
			       "+memory"));				\
	ASSERT_EQ(0, mkdir(OUTER, 0755));				\
	ASSERT_TRUE(write_file(OUTER "/cgroup.subtree_control",		\
			       "+memory"));				\
	ASSERT_EQ(0, mkdir(INNER, 0755));				\
	ASSERT_EQ(0, mkdir(OTHER, 0755));				\
	self->run->group = INNER;					\
} while (0)

/* Whatever has happened: nobody was killed, and nothing is left. */
#define TEAR_DOWN_GROUPS() do {						\
	EXPECT_EQ(0, events(OUTER, "oom_kill"));			\
	EXPECT_EQ(0, total_committed(self->fd));			\
	remove_groups();						\
	EXPECT_EQ(-1, access(OUTER, F_OK));				\
} while (0)

#define EXPECT_CHILD(function) do {					\
	pid_t __child = start_child(function, self->run);		\
									\
	ASSERT_LE(0, __child);						\
	EXPECT_EQ(0, status_of(__child))				\
		TH_LOG("line %d", self->run->line);			\
	self->run->line = 0;						\
} while (0)

#endif /* MEMCG_H */
