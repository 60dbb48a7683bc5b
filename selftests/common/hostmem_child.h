/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What children find out.  In a child that isn't the test the macros can't tell, so its
 * functions return the number of the line that went wrong, or 0.
 */
#ifndef HOSTMEM_CHILD_H
#define HOSTMEM_CHILD_H

#include "hostmem_base.h"

#define CHECK(condition) do {						\
	if (!(condition))						\
		return __LINE__;					\
} while (0)

/* Run @call in a forked child and report the line that went wrong. */
#define EXPECT_CHILD(call) do {						\
	pid_t __child = fork();						\
	int __status;							\
									\
	ASSERT_LE(0, __child);						\
	if (!__child) {							\
		int __line = (call);					\
									\
		if (__line)						\
			TH_LOG("went wrong in line %d", __line);	\
		_exit(!!__line);					\
	}								\
	__status = status_of(__child);					\
	EXPECT_EQ(0, __status);						\
} while (0)

#endif /* HOSTMEM_CHILD_H */
