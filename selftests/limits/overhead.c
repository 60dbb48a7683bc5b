// SPDX-License-Identifier: GPL-2.0
/*
 * Description: page tables and metadata are charged to the limits, like the pages
 * that they are for, until they go (rule S5).
 *
 * What is held is what a memory cgroup of its own is charged for: the kernel counts
 * pages, page tables and slab objects there.  Makes cgroups, so it needs root.
 */
#include "hostmem_limits.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define CGROUPS		"/sys/fs/cgroup"
#define GROUP		CGROUPS "/hostmem-overhead"
#define PAGES		4096ul
#define TABLE		PAGE

/* What each file has for nothing, and so has each CPU's cache of charges. */
#define FREE_BYTES	(16 * PAGE)

/* Where page number i of a pattern is, in bytes from its region. */
struct pattern {
	size_t size;		/* of the region */
	size_t step;
	size_t whole;		/* bytes that are committed there at first ... */
	size_t rest;		/* ... and what of it stays */
};

static int64_t used(void)
{
	long long bytes = -1;
	FILE *file = fopen(GROUP "/memory.current", "r");

	if (file && fscanf(file, "%lld", &bytes) != 1)
		bytes = -1;
	if (file)
		fclose(file);
	return bytes;
}

/*
 * No more than so many bytes?  Each processor keeps up to 64 pages of the group for what
 * it charges next, which count as used.  A limit that is just too low has the one that
 * sets it give back its own: and there is no other one, see below.  That takes long.
 */
static bool uses_at_most(int64_t bytes)
{
	char limit[24];

	if (used() <= bytes)
		return true;
	snprintf(limit, sizeof(limit), "%" PRId64, used() - (int64_t)PAGE);
	return write_file(GROUP "/memory.high", limit) &&
	       write_file(GROUP "/memory.high", "max") && used() <= bytes;
}

static uint64_t overhead(int fd)
{
	return hostmem_status(fd).out_overhead_bytes;
}

FIXTURE(overhead)
{
	int fd;
	int64_t before;
	uint64_t total;
};

FIXTURE_SETUP(overhead)
{
	ASSERT_TRUE(run_on(0));
	rmdir(GROUP);
	ASSERT_TRUE(write_file(CGROUPS "/cgroup.subtree_control", "+memory"));
	ASSERT_EQ(0, mkdir(GROUP, 0755));
	ASSERT_TRUE(write_file(GROUP "/cgroup.procs", "0"));
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->total = total_committed(self->fd);
	self->before = used();
	ASSERT_LT(0, self->before);
}

FIXTURE_TEARDOWN(overhead)
{
	EXPECT_EQ(self->total, total_committed(self->fd));
	close(self->fd);
	EXPECT_TRUE(write_file(CGROUPS "/cgroup.procs", "0"));
	/* What it has charged goes by and by. */
	rmdir(GROUP);
}

/* Is all that is held charged, but for a quarter and what is free? */
#define EXPECT_CHARGED() do {						\
	struct hostmem_status __status = hostmem_status(self->fd);	\
	uint64_t __charged = __status.out_committed_bytes +		\
			     __status.out_overhead_bytes;		\
									\
	EXPECT_EQ(__charged, __status.out_total_committed_bytes -	\
			     self->total);				\
	EXPECT_TRUE(uses_at_most(self->before + __charged +		\
				 __charged / 4 + 2 * FREE_BYTES))	\
		TH_LOG("%" PRIu64 " charged, %" PRId64 " held",		\
		       __charged, used() - self->before);		\
} while (0)

FIXTURE_VARIANT(overhead)
{
	struct pattern pattern;
};

FIXTURE_VARIANT_ADD(overhead, every_second_page)
{
	.pattern = { PAGES * 2 * PAGE, 2 * PAGE, PAGE, PAGE },
};

FIXTURE_VARIANT_ADD(overhead, a_page_in_each_64_KiB)
{
	.pattern = { PAGES * GRANULE, GRANULE, PAGE, PAGE },
};

FIXTURE_VARIANT_ADD(overhead, a_page_in_each_2_MiB)
{
	.pattern = { PAGES * BLOCK, BLOCK, PAGE, PAGE },
};

FIXTURE_VARIANT_ADD(overhead, a_page_in_each_128_MiB)
{
	.pattern = { PAGES * 128 * MIB, 128 * MIB, PAGE, PAGE },
};

FIXTURE_VARIANT_ADD(overhead, a_page_in_each_GiB)
{
	.pattern = { PAGES * GIB, GIB, PAGE, PAGE },
};

FIXTURE_VARIANT_ADD(overhead, a_page_left_of_each_2_MiB)
{
	.pattern = { PAGES * BLOCK, BLOCK, BLOCK / 4, PAGE },
};

TEST_F(overhead, is_charged_until_it_goes)
{
	const struct pattern *pattern = &variant->pattern;
	uintptr_t base;
	size_t at;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, pattern->size, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &base));
	for (at = 0; at < pattern->size; at += pattern->step) {
		ASSERT_EQ(0, raw_commit(self->fd, base + at, pattern->whole,
					PROCESS, AT_ONCE));
		if (pattern->rest < pattern->whole)
			ASSERT_EQ(0, raw_decommit(self->fd,
						  base + at + pattern->rest,
						  pattern->whole - pattern->rest));
	}
	ASSERT_EQ(PAGES * PAGE, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_CHARGED();

	/* Page tables are still there; all the rest has gone. */
	ASSERT_EQ(0, raw_decommit(self->fd, base, pattern->size));
	EXPECT_CHARGED();
	EXPECT_LE(overhead(self->fd) + 2 * FREE_BYTES,
		  3 * pattern->size / BLOCK * TABLE + 4 * FREE_BYTES);

	/* And are used again: nothing is charged twice. */
	for (at = 0; at < pattern->size; at += pattern->step)
		ASSERT_EQ(0, raw_commit(self->fd, base + at, PAGE, PROCESS,
					AT_ONCE));
	EXPECT_CHARGED();
	ASSERT_EQ(0, raw_release(self->fd, base));
	EXPECT_EQ(0, overhead(self->fd));
}

/* So many pages in regions of their own are as good as one region of so many. */
TEST(overhead_of_small_regions_is_that_of_what_they_share)
{
	const size_t pages = 1024;
	int fd = open_device();
	uint64_t total = total_committed(fd);
	uintptr_t base[1024];
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < pages; i++)
		ASSERT_EQ(0, raw_alloc(fd, 0, PAGE, HOSTMEM_RESERVE |
				       HOSTMEM_COMMIT, HOSTMEM_READWRITE, &base[i]));
	/* 32 of them share a page table. */
	EXPECT_GE(pages / 8 * PAGE, overhead(fd));
	for (i = 0; i < pages; i++)
		ASSERT_EQ(0, raw_release(fd, base[i]));
	EXPECT_EQ(0, overhead(fd));
	EXPECT_EQ(total, total_committed(fd));
}

/* The page table stays with the neighbour, who had not asked for it. */
TEST(overhead_goes_over_to_who_keeps_it)
{
	const uintptr_t place = 0x600000000000;
	const size_t tables = 256;
	int fd = open_device();
	uintptr_t out;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < tables; i++) {
		uintptr_t at = place + i * BLOCK;

		ASSERT_EQ(0, raw_alloc(fd, at, PAGE, HOSTMEM_RESERVE |
				       HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out));
		ASSERT_EQ(0, raw_alloc(fd, at + GRANULE * (1 + i % 31), PAGE,
				       HOSTMEM_RESERVE, HOSTMEM_READWRITE, &out));
		/* Now the one behind has the table, now the one before. */
		if (i % 2) {
			ASSERT_EQ(0, raw_release(fd, at));
		} else {
			ASSERT_EQ(0, raw_commit(fd, out, PAGE, PROCESS, AT_ONCE));
			ASSERT_EQ(0, raw_release(fd, out));
			ASSERT_EQ(0, raw_decommit(fd, at, PAGE));
		}
	}
	EXPECT_EQ(0, hostmem_status(fd).out_committed_bytes);
	EXPECT_LE(tables * TABLE - FREE_BYTES, overhead(fd));
	EXPECT_GE((tables + 4) * TABLE, overhead(fd));
	for (i = 0; i < tables; i++)
		ASSERT_EQ(0, raw_release(fd, place + i * BLOCK +
					 (i % 2 ? GRANULE * (1 + i % 31) : 0)));
	EXPECT_EQ(0, overhead(fd));
}

/* A limit counts what is charged: who commits sparsely gets to it sooner. */
TEST(overhead_counts_in_the_limit)
{
	const size_t limit = 4 * MIB;
	int fd = open_device();
	uintptr_t base;
	size_t pages;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_limit(fd, limit));
	ASSERT_EQ(0, raw_alloc(fd, 0, 2048 * BLOCK, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &base));
	for (pages = 0; pages < 2048; pages++)
		if (raw_commit(fd, base + pages * BLOCK, PAGE, PROCESS, AT_ONCE))
			break;
	EXPECT_GT(limit / PAGE, pages + pages / 2);
	EXPECT_LT(limit / PAGE, 3 * pages);
	EXPECT_GE(limit, pages * PAGE + overhead(fd));
	EXPECT_LT(limit, pages * PAGE + overhead(fd) + 4 * PAGE);
	EXPECT_EQ(-ENOMEM, raw_commit(fd, base + pages * BLOCK, PAGE, PROCESS,
				      AT_ONCE));
	/* Dense ones all of it (A13). */
	ASSERT_EQ(0, raw_release(fd, base));
	EXPECT_EQ(0, raw_alloc(fd, 0, limit, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	EXPECT_EQ(0, overhead(fd));
}

TEST_HARNESS_MAIN
