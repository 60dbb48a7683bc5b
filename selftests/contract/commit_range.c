// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_COMMIT of ranges that lie differently in their blocks: what is in them,
 * what is beside them, and what a commit of committed pages changes (rules C2, C5-C10).
 */
#include "hostmem_test.h"

/* 64 KiB below a block's end, so that a region here begins with a stump. */
#define FIXED		((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION		(3 * BLOCK)

FIXTURE(range)
{
	int fd;
	char *base;
};

FIXTURE_VARIANT(range)
{
	size_t first;
	size_t size;
};

FIXTURE_VARIANT_ADD(range, whole_region)
{
	.first = 0,
	.size = REGION,
};

FIXTURE_VARIANT_ADD(range, first_page)
{
	.first = 0,
	.size = PAGE,
};

FIXTURE_VARIANT_ADD(range, last_page)
{
	.first = REGION - PAGE,
	.size = PAGE,
};

FIXTURE_VARIANT_ADD(range, stump_before_first_block)
{
	.first = 0,
	.size = GRANULE,
};

FIXTURE_VARIANT_ADD(range, page_on_each_side_of_a_block)
{
	.first = GRANULE - PAGE,
	.size = 2 * PAGE,
};

FIXTURE_VARIANT_ADD(range, one_whole_block)
{
	.first = GRANULE,
	.size = BLOCK,
};

FIXTURE_VARIANT_ADD(range, block_and_a_page_on_each_side)
{
	.first = GRANULE - PAGE,
	.size = BLOCK + 2 * PAGE,
};

FIXTURE_VARIANT_ADD(range, three_blocks_in_part)
{
	.first = GRANULE + BLOCK / 2 + 3 * PAGE,
	.size = BLOCK + 7 * PAGE,
};

FIXTURE_SETUP(range)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
}

FIXTURE_TEARDOWN(range)
{
}

TEST_F(range, is_zero_and_usable_and_no_more_than_that_C2_C9)
{
	size_t end = variant->first + variant->size;
	char *start = self->base + variant->first;

	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_READWRITE));
	EXPECT_EQ(variant->size, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_COMMITTED(start, self->base, variant->size, PAGE_READWRITE);
	EXPECT_EQ(NULL, nonzero(start, variant->size));
	stamp(start, variant->size, 1);
	EXPECT_EQ(NULL, unstamped(start, variant->size, 1));

	if (variant->first) {
		EXPECT_RESERVED(self->base, self->base, variant->first);
		EXPECT_NOTHING_ALLOWED(start - 1);
	}
	if (end < REGION) {
		EXPECT_RESERVED(self->base + end, self->base, REGION - end);
		EXPECT_NOTHING_ALLOWED(self->base + end);
	}
}

TEST_F(range, completes_what_lies_around_it_C8)
{
	size_t end = variant->first + variant->size;
	char *start = self->base + variant->first;

	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_READWRITE));
	stamp(start, variant->size, 1);
	ASSERT_EQ(self->base, commit_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(NULL, nonzero(self->base, variant->first));
	EXPECT_EQ(NULL, unstamped(start, variant->size, 1));
	EXPECT_EQ(NULL, nonzero(self->base + end, REGION - end));
	EXPECT_EQ(REGION, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(range, again_keeps_contents_and_charge_C5)
{
	char *start = self->base + variant->first;

	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_READWRITE));
	stamp(start, variant->size, 1);
	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_READWRITE));
	EXPECT_EQ(NULL, unstamped(start, variant->size, 1));
	EXPECT_EQ(variant->size, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(range, changes_protection_and_keeps_contents_C6_C7_C10)
{
	char *start = self->base + variant->first;
	size_t i;

	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_READWRITE));
	stamp(start, variant->size, 1);
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];
		char *last = start + variant->size - 1;

		ASSERT_EQ(start, commit_at(start, variant->size, p->protect));
		EXPECT_COMMITTED(start, self->base, variant->size, p->protect);
		EXPECT_EQ(p->read, can_read(start));
		EXPECT_EQ(p->write, can_write(start));
		EXPECT_EQ(p->read, can_read(last));
		EXPECT_EQ(p->write, can_write(last));
		if (p->read) {
			EXPECT_EQ(NULL, unstamped(start, variant->size, 1));
		}
	}
	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_NOACCESS));
	EXPECT_NOTHING_ALLOWED(start);
	ASSERT_EQ(start, commit_at(start, variant->size, PAGE_READWRITE));
	EXPECT_EQ(NULL, unstamped(start, variant->size, 1));
}

TEST_HARNESS_MAIN
