// SPDX-License-Identifier: GPL-2.0
/*
 * Description: memory comes back: after a thousand regions, and from pages that
 * are decommitted one by one.
 */
#include "hostmem_child.h"
#include "hostmem_test.h"

static void touch(char *base, size_t size)
{
	size_t at;

	for (at = 0; at < size; at += PAGE)
		*(volatile char *)(base + at) = 1;
}

/* In a process of its own: @nr times the whole life of a region. */
static int cycles(int nr, size_t size)
{
	char *base;

	while (nr--) {
		base = reserve_at(NULL, size);
		CHECK(base);
		CHECK(commit_at(base, size, PAGE_READWRITE) == base);
		touch(base, size);
		CHECK(VirtualFree(base, 0, MEM_RELEASE));
	}
	return 0;
}

/* The same with holes, in all sizes. */
static int cycles_with_holes(int nr, size_t size)
{
	uint64_t rng = 4711;
	size_t at, length;
	char *base;
	int i;

	while (nr--) {
		base = reserve_at(NULL, size);
		CHECK(base);
		CHECK(commit_at(base, size, PAGE_READWRITE) == base);
		for (i = 0; i < 8; i++) {
			at = random_below(&rng, size / PAGE) * PAGE;
			length = 1 + random_below(&rng, size - at);
			CHECK(VirtualFree(base + at, length, MEM_DECOMMIT));
			if (i % 3)
				continue;
			at = random_below(&rng, size / PAGE) * PAGE;
			length = 1 + random_below(&rng, (size - at) / 4);
			CHECK(commit_at(base + at, length, PAGE_READWRITE));
			touch(base + at, length);
		}
		CHECK(VirtualFree(base, 0, MEM_RELEASE));
	}
	return 0;
}

/* Two processes at a time, for the machine's sake. */
#define EXPECT_CYCLES(function, nr, size) do {				\
	pid_t __children[2];						\
	int __i;							\
									\
	for (__i = 0; __i < 2; __i++) {					\
		__children[__i] = fork();				\
		ASSERT_LE(0, __children[__i]);				\
		if (!__children[__i]) {					\
			int __line = function((nr) / 2, size);		\
									\
			if (__line)					\
				TH_LOG("went wrong in line %d", __line); \
			_exit(!!__line);				\
		}							\
	}								\
	for (__i = 0; __i < 2; __i++) {					\
		EXPECT_EQ(0, status_of(__children[__i]));		\
	}								\
} while (0)

/*
 * The kernel's own caches grow by some MiB, all at once and at any moment, but
 * once.  A page lost in each cycle would be 1 MiB in every quarter.  KASAN's shadow
 * of vmalloc areas grows as fast, until many are gone and all of it comes back: there
 * only more than two pages can be told, and in a machine that has just begun, all four
 * quarters may come before that.
 */
#define QUARTERS	4
#define SLACK		((is_debug_kernel() ? 32 : 8) * (int64_t)MIB)
#define SLACK_QUARTER	((is_debug_kernel() ? 2048 : 512) * (int64_t)KIB)

/* The library is the children's; the test has but a file to ask for the total. */
FIXTURE(memory)
{
	int fd;
	__u64 total;
};

FIXTURE_SETUP(memory)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->total = hostmem_status(self->fd).out_total_committed_bytes;
}

FIXTURE_TEARDOWN(memory)
{
	EXPECT_EQ(self->total,
		  hostmem_status(self->fd).out_total_committed_bytes);
}

/* A thousand cycles, after some to get warm. */
#define EXPECT_SAME_AFTER_CYCLES(function, size) do {			\
	int64_t __first, __before, __now, __least = INT64_MAX;		\
	int __quarter;							\
									\
	EXPECT_CYCLES(function, 50, size);				\
	__first = available_memory();					\
	__now = __first;						\
	for (__quarter = 0; __quarter < QUARTERS; __quarter++) {	\
		__before = __now;					\
		EXPECT_CYCLES(function, 1000 / QUARTERS, size);		\
		__now = available_memory();				\
		if (__before - __now < __least)				\
			__least = __before - __now;			\
	}								\
	EXPECT_GT(SLACK, __first - __now);				\
	EXPECT_GT(SLACK_QUARTER, __least);				\
} while (0)

TEST_F(memory, is_the_same_after_thousand_cycles)
{
	EXPECT_SAME_AFTER_CYCLES(cycles, times(16) * MIB);
}

TEST_F(memory, is_the_same_after_thousand_cycles_with_holes)
{
	EXPECT_SAME_AFTER_CYCLES(cycles_with_holes, times(4) * MIB + GRANULE);
}

/* All but every 512th page goes, in runs of 511 pages. */
static int keep_every_512th(char *base, size_t size, size_t first)
{
	size_t step = 512 * PAGE, at;

	if (first)
		CHECK(VirtualFree(base, first, MEM_DECOMMIT));
	for (at = first; at + step < size; at += step)
		CHECK(VirtualFree(base + at + PAGE, step - PAGE, MEM_DECOMMIT));
	at += PAGE;
	if (at < size)
		CHECK(VirtualFree(base + at, size - at, MEM_DECOMMIT));
	return 0;
}

FIXTURE(held)
{
	int fd;
	char *base;
};

FIXTURE_VARIANT(held)
{
	size_t first;	/* page that stays */
};

FIXTURE_VARIANT_ADD(held, first_of_each_block)
{
	.first = 0,
};

FIXTURE_VARIANT_ADD(held, within_each_block)
{
	.first = 77,
};

FIXTURE_VARIANT_ADD(held, last_of_each_block)
{
	.first = 511,
};

FIXTURE_SETUP(held)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(held)
{
}

TEST_F(held, little_more_than_what_is_committed)
{
	size_t size = 256 * MIB, committed = size / 512;
	int64_t before, used, most = 0, least = INT64_MAX;
	int round;

	/* The kernel has its own needs meanwhile, but not the same in each round. */
	for (round = 0; round < 4; round++) {
		before = available_memory();
		self->base = both_at(NULL, size, PAGE_READWRITE);
		ASSERT_NE(NULL, self->base);
		ASSERT_EQ(0, (uintptr_t)self->base % BLOCK);
		ASSERT_EQ(0, keep_every_512th(self->base, size,
					      variant->first * PAGE));
		EXPECT_EQ(committed, hostmem_status(self->fd).out_committed_bytes);
		used = before - available_memory();
		if (used > most)
			most = used;
		if (used < least)
			least = used;
		ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	}
	EXPECT_GE((int64_t)(committed * 5 / 4 + 2 * MIB), least);
	/* The committed pages alone; less would mean that it wasn't counted. */
	EXPECT_LE((int64_t)(committed / 2), most);
}

TEST_HARNESS_MAIN
