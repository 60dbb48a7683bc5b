// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the limit that a file may have of its own, and what of a limit each
 * critical level may use, to the page (rules A13, C16, H6).
 */
#include "quota.h"

#define EXPECT_OWN_LIMIT(expected, fd) \
	EXPECT_EQ(expected, hostmem_status(fd).out_own_limit_bytes)

/*
 * The limit of a file
 */

TEST_F(quota, is_none_at_first)
{
	EXPECT_OWN_LIMIT(UINT64_MAX, self->fd);
	/* What is no limit doesn't raise one. */
	EXPECT_EQ(0, raw_limit(self->fd, UINT64_MAX));
	EXPECT_OWN_LIMIT(UINT64_MAX, self->fd);
	EXPECT_EQ(0, raw_commit(self->fd, self->base, LIMIT, TASK, AT_ONCE));
}

TEST_F(quota, can_be_lowered_only)
{
	static const uint64_t more[] = {
		3 * PAGE, 3 * PAGE + 1, LIMIT, (uint64_t)1 << 48,
		(uint64_t)1 << 63, UINT64_MAX,
	};
	size_t i;

	EXPECT_EQ(0, raw_limit(self->fd, 8 * TIB));
	EXPECT_OWN_LIMIT(8 * TIB, self->fd);
	EXPECT_EQ(-EINVAL, raw_limit(self->fd, 8 * TIB + PAGE));
	EXPECT_EQ(0, raw_limit(self->fd, 4 * PAGE));
	EXPECT_OWN_LIMIT(4 * PAGE, self->fd);
	EXPECT_EQ(0, raw_limit(self->fd, 4 * PAGE));
	EXPECT_EQ(0, raw_limit(self->fd, 2 * PAGE));
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		EXPECT_EQ(-EINVAL, raw_limit(self->fd, more[i]))
			TH_LOG("%#" PRIx64, more[i]);
		EXPECT_OWN_LIMIT(2 * PAGE, self->fd);
	}
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 3 * PAGE, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, 2 * PAGE, TASK, AT_ONCE));
}

TEST_F(quota, is_rounded_down_to_the_page)
{
	EXPECT_EQ(0, raw_limit(self->fd, 3 * PAGE - 1));
	EXPECT_OWN_LIMIT(2 * PAGE, self->fd);
	EXPECT_EQ(0, raw_limit(self->fd, 3 * PAGE - 1));
	EXPECT_EQ(0, raw_limit(self->fd, 2 * PAGE + 1));
	EXPECT_EQ(-EINVAL, raw_limit(self->fd, 3 * PAGE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, 2 * PAGE, TASK, AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base + 2 * PAGE, 1,
				      PROCESS, AT_ONCE));
}

TEST_F(quota, of_zero_allows_nothing)
{
	uintptr_t out;

	ASSERT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	ASSERT_EQ(0, raw_limit(self->fd, PAGE - 1));
	EXPECT_OWN_LIMIT(0, self->fd);
	EXPECT_EQ(0, raw_limit(self->fd, 0));
	EXPECT_EQ(-EINVAL, raw_limit(self->fd, PAGE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base + PAGE, 1, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(-ETIMEDOUT, raw_commit(self->fd, self->base + PAGE, 1, PROCESS,
					 LONG_AGO));
	/* But for what costs nothing, and for giving back. */
	EXPECT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	EXPECT_EQ(0, raw_alloc(self->fd, 0, TIB, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, raw_decommit(self->fd, self->base, PAGE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, PAGE, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(0, committed(self->fd));
}

TEST_F(quota, leaves_what_is_committed_already)
{
	ASSERT_EQ(0, raw_commit(self->fd, self->base, 10 * PAGE, TASK, AT_ONCE));
	stamp((void *)self->base, 10 * PAGE, 1);
	ASSERT_EQ(0, raw_limit(self->fd, 4 * PAGE));
	EXPECT_OWN_LIMIT(4 * PAGE, self->fd);
	EXPECT_EQ(10 * PAGE, committed(self->fd));
	EXPECT_EQ(NULL, unstamped((void *)self->base, 10 * PAGE, 1));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, 10 * PAGE, TASK, AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base + 10 * PAGE, PAGE,
				      PROCESS, AT_ONCE));
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, 6 * PAGE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, PAGE, PROCESS,
				      AT_ONCE));
	ASSERT_EQ(0, raw_decommit(self->fd, self->base + 6 * PAGE, PAGE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, PAGE, PROCESS, AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base + PAGE, PAGE, PROCESS,
				      AT_ONCE));
}

TEST_F(quota, is_each_files_own)
{
	int third = open_device();

	ASSERT_LE(0, third);
	ASSERT_EQ(0, raw_limit(self->fd, MIB));
	ASSERT_EQ(0, raw_limit(self->other, 2 * MIB));
	EXPECT_OWN_LIMIT(MIB, self->fd);
	EXPECT_OWN_LIMIT(2 * MIB, self->other);
	EXPECT_OWN_LIMIT(UINT64_MAX, third);
	EXPECT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base + MIB, PAGE, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->other, self->other_base, 2 * MIB, TASK,
				AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->other, self->other_base + 2 * MIB,
				      PAGE, PROCESS, AT_ONCE));
	/* What one gives back, only that one can have again. */
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, PAGE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->other, self->other_base + 2 * MIB,
				      PAGE, PROCESS, AT_ONCE));
	EXPECT_EQ(0, raw_commit(third, 0, LIMIT - 3 * MIB, TASK, AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	EXPECT_EQ(LIMIT, total_committed(third));
	/* A region that takes its charge away does so for both. */
	ASSERT_EQ(0, raw_release(self->fd, self->base));
	EXPECT_EQ(LIMIT - MIB, total_committed(third));
	EXPECT_EQ(0, raw_commit(self->fd, 0, MIB, TASK, AT_ONCE));
}

TEST_F(quota, of_file_and_module_apply_both)
{
	ASSERT_EQ(0, raw_limit(self->fd, 10 * MIB));
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, 8 * MIB, TASK,
				AT_ONCE));
	/* 10 by its own, 8 by the module's. */
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 8 * MIB + 1, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, 8 * MIB, TASK, AT_ONCE));
	ASSERT_EQ(0, raw_release(self->other, self->other_base));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 10 * MIB + 1, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, 10 * MIB, TASK, AT_ONCE));

	ASSERT_TRUE(set_number("commit_limit_mb", 9));
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, 2 * MIB));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, MIB + 1, PROCESS,
				      AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	ASSERT_TRUE(set_number("commit_limit_mb", LIMIT_MB));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, 2 * MIB, TASK, AT_ONCE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base + 10 * MIB, 1, PROCESS,
				      AT_ONCE));
}

/*
 * Levels
 */

/* What a level may use: that and not a page more, whatever is in use already. */
#define EXPECT_MAY_USE(pages, fd, base, level) do {			\
	uint64_t __used = committed(fd), __most = (pages) * PAGE;	\
									\
	EXPECT_EQ(-ENOMEM, raw_commit(fd, (base) + __used,		\
				      __most - __used + PAGE, level, AT_ONCE)) \
		TH_LOG("level %u of %lu pages", level, limit);		\
	if (__most > __used) {						\
		EXPECT_EQ(0, raw_commit(fd, (base) + __used,		\
					__most - __used, level, AT_ONCE))	\
			TH_LOG("level %u of %lu pages", level, limit);	\
	}								\
} while (0)

FIXTURE(levels)
{
	int fd;
	uintptr_t base;
};

FIXTURE_VARIANT(levels)
{
	unsigned long percent;
};

#define PERCENT(number) \
	FIXTURE_VARIANT_ADD(levels, percent_##number) { .percent = number }

PERCENT(0);
PERCENT(1);
PERCENT(9);
PERCENT(10);
PERCENT(33);
PERCENT(50);
PERCENT(99);
PERCENT(100);

FIXTURE_SETUP(levels)
{
	SET_PARAMETERS(LIMIT_MB, 0);
}

FIXTURE_TEARDOWN(levels)
{
}

TEST_F(levels, of_a_files_own_limit_H6)
{
	static const unsigned long limits[] = {
		1, 2, 3, 7, 10, 49, 50, 99, 100, 101, 199, 1000, 1001,
	};
	unsigned long limit, reserve;
	size_t i;

	/* So that the module's own reserve is in nobody's way. */
	ASSERT_TRUE(set_number("commit_limit_mb", PLENTY_MB));
	ASSERT_TRUE(set_number("critical_reserve_pct", variant->percent));
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		limit = limits[i];
		reserve = limit * variant->percent / 100;
		self->base = open_region(&self->fd, REGION);
		ASSERT_NE(0, self->base);
		ASSERT_EQ(0, raw_limit(self->fd, limit * PAGE));
		/* All of a percentage of 100 is too much for a task anyway. */
		EXPECT_MAY_USE(limit - reserve, self->fd, self->base, TASK);
		EXPECT_MAY_USE(limit - reserve / 2, self->fd, self->base,
			       APPDOMAIN);
		EXPECT_MAY_USE(limit, self->fd, self->base, PROCESS);
		ASSERT_EQ(0, raw_release(self->fd, self->base));
		close(self->fd);
	}
}

TEST_F(levels, of_the_modules_limit_H6)
{
	unsigned long limit = LIMIT / PAGE;
	unsigned long reserve = limit * variant->percent / 100;

	ASSERT_TRUE(set_number("critical_reserve_pct", variant->percent));
	self->base = open_region(&self->fd, REGION);
	ASSERT_NE(0, self->base);
	EXPECT_MAY_USE(limit - reserve, self->fd, self->base, TASK);
	EXPECT_MAY_USE(limit - reserve / 2, self->fd, self->base, APPDOMAIN);
	EXPECT_MAY_USE(limit, self->fd, self->base, PROCESS);
}

TEST_F(quota, keeps_the_reserve_of_the_moment_H6)
{
	unsigned long limit = 100;

	ASSERT_TRUE(set_number("commit_limit_mb", PLENTY_MB));
	ASSERT_EQ(0, raw_limit(self->fd, limit * PAGE));
	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	EXPECT_MAY_USE(50, self->fd, self->base, TASK);
	ASSERT_TRUE(set_number("critical_reserve_pct", 20));
	EXPECT_MAY_USE(80, self->fd, self->base, TASK);
	ASSERT_TRUE(set_number("critical_reserve_pct", 60));
	EXPECT_MAY_USE(80, self->fd, self->base, TASK);
	EXPECT_MAY_USE(80, self->fd, self->base, APPDOMAIN);
	ASSERT_TRUE(set_number("critical_reserve_pct", 10));
	EXPECT_MAY_USE(90, self->fd, self->base, TASK);
	EXPECT_MAY_USE(95, self->fd, self->base, APPDOMAIN);
	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	EXPECT_MAY_USE(100, self->fd, self->base, TASK);
}

/* What a parameter shows, and what follows from it. */
#define EXPECT_PARAMETERS(limit_mb, reserve_pct) do {			\
	char __is[32], __expected[32];					\
									\
	snprintf(__expected, sizeof(__expected), "%lu\n",		\
		 (unsigned long)(limit_mb));				\
	ASSERT_TRUE(get_parameter("commit_limit_mb", __is));		\
	EXPECT_STREQ(__expected, __is);					\
	snprintf(__expected, sizeof(__expected), "%lu\n",		\
		 (unsigned long)(reserve_pct));				\
	ASSERT_TRUE(get_parameter("critical_reserve_pct", __is));	\
	EXPECT_STREQ(__expected, __is);					\
	EXPECT_EQ((limit_mb) * MIB,					\
		  hostmem_status(self->fd).out_commit_limit_bytes);	\
} while (0)

/* A bad one is refused, with EINVAL if it is a number, and changes nothing. */
TEST_F(quota, parameters_are_numbers_that_can_be)
{
	static const char *const limits[] = {
		"18446744073709551615", "68719476736", "16777216", "1048576",
	};
	static const char *const reserves[] = {
		"101", "102", "1000", "2147483647", "4294967295",
	};
	unsigned long most = PLENTY_MB, limit = LIMIT / PAGE;
	char value[32];
	size_t i;

	ASSERT_TRUE(set_number("critical_reserve_pct", 10));
	EXPECT_FALSE(set_parameter("commit_limit_mb", "many"));
	EXPECT_FALSE(set_parameter("commit_limit_mb", "-1"));
	EXPECT_FALSE(set_parameter("commit_limit_mb", "\n"));
	EXPECT_FALSE(set_parameter("critical_reserve_pct", "few"));
	EXPECT_FALSE(set_parameter("critical_reserve_pct", "-1"));
	EXPECT_FALSE(set_parameter("critical_reserve_pct", "\n"));
	EXPECT_PARAMETERS(LIMIT_MB, 10);

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		errno = 0;
		EXPECT_FALSE(set_parameter("commit_limit_mb", limits[i]))
			TH_LOG("%s", limits[i]);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_PARAMETERS(LIMIT_MB, 10);
	}
	for (i = 0; i < ARRAY_SIZE(reserves); i++) {
		errno = 0;
		EXPECT_FALSE(set_parameter("critical_reserve_pct", reserves[i]))
			TH_LOG("%s", reserves[i]);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_PARAMETERS(LIMIT_MB, 10);
	}
	/* By what a commit gets, too. */
	EXPECT_MAY_USE(limit - limit / 10, self->fd, self->base, TASK);
	EXPECT_MAY_USE(limit, self->fd, self->base, PROCESS);

	/* The last that can be, and the first that can't. */
	EXPECT_TRUE(set_number("commit_limit_mb", most));
	EXPECT_PARAMETERS(most, 10);
	snprintf(value, sizeof(value), "%lu", most + 1);
	EXPECT_FALSE(set_parameter("commit_limit_mb", value));
	EXPECT_PARAMETERS(most, 10);
	EXPECT_TRUE(set_number("critical_reserve_pct", 100));
	EXPECT_PARAMETERS(most, 100);
	/* 0 stands for the default, and shows as that. */
	EXPECT_TRUE(set_number("commit_limit_mb", 0));
	EXPECT_PARAMETERS((size_t)meminfo("MemTotal") / PAGE / 4 * 3 * PAGE / MIB,
			  100);
}

TEST_HARNESS_MAIN
