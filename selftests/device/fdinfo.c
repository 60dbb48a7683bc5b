// SPDX-License-Identifier: GPL-2.0
/*
 * Description: /proc/PID/fdinfo/N of the device: each number after calls that change it,
 * and a line for each region, with a picture of it.
 */
#include "fdinfo.h"

#include <sys/uio.h>

#define EMPTY		"................................"
#define FULL		"99999999999999999999999999999999"

FIXTURE(fdinfo)
{
	int fd;
};

FIXTURE_SETUP(fdinfo)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fdinfo)
{
	close(self->fd);
	set_parameter("commit_limit_mb", limit_before);
}

/* All that a file without regions tells, to the last letter. */
TEST_F(fdinfo, nothing_reserved)
{
	char expected[512];
	const char *told;

	snprintf(expected, sizeof(expected),
		 "hostmem-regions:\t0\n"
		 "hostmem-reserved:\t0 kB\n"
		 "hostmem-committed:\t0 kB\n"
		 "hostmem-overhead:\t0 kB\n"
		 "hostmem-limit:\t%" PRIu64 " kB\n"
		 "hostmem-waiting:\t0\n"
		 "hostmem-pinned:\t0 kB\n"
		 "hostmem-prepared:\t0 kB\n"
		 "hostmem-reset:\t0 kB\n"
		 "hostmem-owner:\t%d\n"
		 "hostmem-id:\t%u\n"
		 "hostmem-flags:\tnone\n",
		 (uint64_t)hostmem_status(self->fd).out_commit_limit_bytes / KIB, getpid(),
		 hostmem_status(self->fd).out_id);
	told = read_fdinfo(0, self->fd);
	ASSERT_NE(NULL, told);
	EXPECT_STREQ(expected, told);
}

TEST_F(fdinfo, reserved_and_committed)
{
	uintptr_t base, other;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_alloc(self->fd, 0, 3 * PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &other));
	ASSERT_EQ(0, raw_commit(self->fd, base, 5 * PAGE, PROCESS, AT_ONCE));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(2, number_of("hostmem-regions"));
	EXPECT_EQ(MIB + 3 * PAGE, bytes_of("hostmem-reserved"));
	EXPECT_EQ(8 * PAGE, bytes_of("hostmem-committed"));
	EXPECT_EQ(2, regions_told());

	ASSERT_EQ(0, raw_decommit(self->fd, base, PAGE));
	ASSERT_EQ(0, raw_release(self->fd, other));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(1, number_of("hostmem-regions"));
	EXPECT_EQ(MIB, bytes_of("hostmem-reserved"));
	EXPECT_EQ(4 * PAGE, bytes_of("hostmem-committed"));
	EXPECT_EQ(NULL, region_told(other));
	EXPECT_EQ(-1, number_of("hostmem-more-regions"));
}

/* Page tables and records, where they are more than what is free. */
TEST_F(fdinfo, overhead)
{
	uintptr_t base;
	unsigned int i;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, 64 * GIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			       &base));
	for (i = 0; i < 64; i++) {
		ASSERT_EQ(0, raw_commit(self->fd, base + i * GIB, PAGE, PROCESS, AT_ONCE));
	}
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_LT(0, bytes_of("hostmem-overhead"));
	EXPECT_EQ(hostmem_status(self->fd).out_overhead_bytes, bytes_of("hostmem-overhead"));
}

/* The lower one of both. */
TEST_F(fdinfo, limit)
{
	ASSERT_EQ(0, raw_limit(self->fd, 16 * MIB));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(16 * MIB, bytes_of("hostmem-limit"));
	if (geteuid())
		SKIP(return, "no root: the module's limit stays");
	ASSERT_TRUE(set_number("commit_limit_mb", 8));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(8 * MIB, bytes_of("hostmem-limit"));
}

TEST_F(fdinfo, waiting)
{
	struct waiter waiter = {
		.fd = self->fd, .length = 2 * MIB, .level = PROCESS, .deadline = FOREVER,
	};

	ASSERT_EQ(0, raw_limit(self->fd, MIB));
	waiter.addr = 0;
	ASSERT_EQ(0, raw_alloc(self->fd, 0, 4 * MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			       &waiter.addr));
	START_WAITER(&waiter);
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(1, number_of("hostmem-waiting"));
	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_ENDS(-ECANCELED, &waiter);
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(0, number_of("hostmem-waiting"));
}

/* A page that is decommitted while a pipe has it. */
TEST_F(fdinfo, pinned)
{
	struct iovec iov = { .iov_len = PAGE };
	uintptr_t base;
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, GRANULE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, HOSTMEM_ALLOC_PINNABLE, &base));
	iov.iov_base = (void *)base;
	ASSERT_EQ(PAGE, vmsplice(pipes[1], &iov, 1, 0));
	ASSERT_EQ(0, raw_decommit(self->fd, base, PAGE));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(PAGE, bytes_of("hostmem-pinned"));
	EXPECT_EQ(GRANULE - PAGE, bytes_of("hostmem-committed"));
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(fdinfo, prepared)
{
	char most[32];

	ASSERT_TRUE(get_parameter("pool_limit_mb", most));
	if (strtoul(most, NULL, 10) < 4)
		SKIP(return, "nothing may be prepared: pool_limit_mb");
	ASSERT_EQ(0, raw_prepare(self->fd, 2 * BLOCK));
	if (!until_prepared(self->fd, 2 * BLOCK))
		SKIP(return, "there is not enough memory to have some prepared");
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(2 * BLOCK, bytes_of("hostmem-prepared"));
}

TEST_F(fdinfo, reset)
{
	uintptr_t base, out;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_alloc(self->fd, base, 4 * PAGE, HOSTMEM_RESET, HOSTMEM_READWRITE,
			       &out));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(4 * PAGE, bytes_of("hostmem-reset"));
	EXPECT_EQ(MIB, bytes_of("hostmem-committed"));
}

TEST_F(fdinfo, shut)
{
	uintptr_t base;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	ASSERT_EQ(0, raw_shutdown(self->fd));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_STREQ("hostmem-flags:\tshut", line_of("hostmem-flags"));
	EXPECT_EQ(0, number_of("hostmem-regions"));
	EXPECT_EQ(0, bytes_of("hostmem-committed"));
	EXPECT_EQ(0, regions_told());
}

/*
 * Regions
 */

TEST_F(fdinfo, what_a_region_was_reserved_with)
{
	static const struct {
		uint32_t protect;
		const char *letters;
	} given[] = {
		{ HOSTMEM_NOACCESS,			"---" },
		{ HOSTMEM_READONLY,			"r--" },
		{ HOSTMEM_READWRITE,			"rw-" },
		{ HOSTMEM_EXECUTE,			"--x" },
		{ HOSTMEM_EXECUTE_READ,			"r-x" },
		{ HOSTMEM_EXECUTE_READWRITE,		"rwx" },
		{ HOSTMEM_READWRITE | HOSTMEM_GUARD,	"rw-" },
		{ HOSTMEM_READONLY | HOSTMEM_NOCACHE,	"r--" },
	};
	char expected[64];
	uintptr_t base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(given); i++) {
		ASSERT_EQ(0, raw_alloc_as(self->fd, 0, MIB, HOSTMEM_RESERVE,
					  given[i].protect, 0, &base));
		ASSERT_NE(NULL, read_fdinfo(0, self->fd));
		snprintf(expected, sizeof(expected), "0 kB %s - " EMPTY,
			 given[i].letters);
		EXPECT_REGION(expected, base);
	}
}

TEST_F(fdinfo, what_kind_a_region_is)
{
	uintptr_t watched, pinnable, both;

	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH,
				  HOSTMEM_READWRITE, 0, &watched));
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, MIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
				  HOSTMEM_ALLOC_PINNABLE, &pinnable));
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, MIB, HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH,
				  HOSTMEM_READWRITE, HOSTMEM_ALLOC_PINNABLE, &both));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("0 kB rw- watched " EMPTY, watched);
	EXPECT_REGION("0 kB rw- pinnable " EMPTY, pinnable);
	EXPECT_REGION("0 kB rw- watched,pinnable " EMPTY, both);
}

TEST_F(fdinfo, large_pages)
{
	uintptr_t large;

	if (geteuid() || !uses_large_pages())
		SKIP(return, "no large pages");
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, 2 * BLOCK, HOSTMEM_RESERVE | HOSTMEM_COMMIT |
				  HOSTMEM_LARGE_PAGES, HOSTMEM_READWRITE, 0, &large));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("4096 kB rw- large " FULL, large);
}

/* Cells of 2 pages: none, one, both; guards; decommitted again. */
TEST_F(fdinfo, picture)
{
	uintptr_t base;

	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, 64 * PAGE, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
				  0, &base));
	ASSERT_EQ(0, raw_commit(self->fd, base, PAGE, PROCESS, AT_ONCE));
	ASSERT_EQ(0, raw_commit(self->fd, base + 2 * PAGE, 2 * PAGE, PROCESS, AT_ONCE));
	ASSERT_EQ(0, raw_commit(self->fd, base + 63 * PAGE, PAGE, PROCESS, AT_ONCE));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("16 kB rw- - 49.............................4", base);

	ASSERT_EQ(0, raw_protect(self->fd, base + 2 * PAGE, PAGE, HOSTMEM_READWRITE |
				 HOSTMEM_GUARD));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("16 kB rw- - 4g.............................4", base);
	/* Nobody has touched it. */
	EXPECT_EQ(SIGBUS, try_read((void *)(base + 2 * PAGE)).signo);
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("16 kB rw- - 49.............................4", base);

	/* Memory that nobody may access is committed, too. */
	ASSERT_EQ(0, raw_protect(self->fd, base + 2 * PAGE, PAGE, HOSTMEM_NOACCESS));
	ASSERT_EQ(0, raw_decommit(self->fd, base, PAGE));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("12 kB rw- - .9.............................4", base);
}

/* Cells of 8 pages: eighths. */
TEST_F(fdinfo, eighths)
{
	uintptr_t base;
	size_t i;

	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, 256 * PAGE, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, 0, &base));
	/* A cell that has all is told as 9. */
	for (i = 1; i <= 8; i++) {
		ASSERT_EQ(0, raw_commit(self->fd, base + i * 8 * PAGE, i * PAGE, PROCESS,
					AT_ONCE));
	}
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("144 kB rw- - .12345679.......................", base);
}

/* As many cells as pages. */
TEST_F(fdinfo, small_regions)
{
	uintptr_t one, three;

	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, 0, &one));
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, 3 * PAGE, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
				  0, &three));
	ASSERT_EQ(0, raw_commit(self->fd, three + PAGE, PAGE, PROCESS, AT_ONCE));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_REGION("4 kB rw- - 9", one);
	EXPECT_REGION("4 kB rw- - .9.", three);
}

/* What is told of a region of so many pages, of which some are @committed. */
static void expect_picture(char *expected, const bool *committed, size_t pages)
{
	size_t cells = pages < 32 ? pages : 32, i, page, nr, all, total = 0;
	char picture[33] = {};

	for (i = 0; i < cells; i++) {
		nr = 0;
		all = 0;
		for (page = pages * i / cells; page < pages * (i + 1) / cells; page++) {
			nr += committed[page];
			all++;
		}
		total += nr;
		picture[i] = !nr ? '.' : nr == all ? '9' : '0' + (nr * 8 + all - 1) / all;
	}
	sprintf(expected, "%zu kB rw- - %s", total * 4, picture);
}

/* Any size, cells that blocks don't fit, and whatever is committed. */
TEST_F(fdinfo, random_pictures)
{
	static const size_t sizes[] = { 31, 33, 63, 512, 513, 700, 1000, 9999, 16384, 20011 };
	static bool committed[20011];
	uint64_t state = 42;
	char expected[128];
	uintptr_t base;
	size_t i, j, page, nr;
	int err;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(committed, 0, sizeof(committed));
		ASSERT_EQ(0, raw_alloc_as(self->fd, 0, sizes[i] * PAGE, HOSTMEM_RESERVE,
					  HOSTMEM_READWRITE, 0, &base));
		for (j = 0; j < 24; j++) {
			page = random_below(&state, sizes[i]);
			nr = 1 + random_below(&state, sizes[i] - page);
			if (j % 3)
				nr = 1 + nr / 16;
			err = j % 4 == 3 ?
			      raw_decommit(self->fd, base + page * PAGE, nr * PAGE) :
			      raw_commit(self->fd, base + page * PAGE, nr * PAGE, PROCESS,
					 AT_ONCE);
			ASSERT_EQ(0, err);
			memset(committed + page, j % 4 != 3, nr);
			ASSERT_NE(NULL, read_fdinfo(0, self->fd));
			expect_picture(expected, committed, sizes[i]);
			EXPECT_REGION(expected, base);
		}
		ASSERT_EQ(0, raw_release(self->fd, base));
	}
}

/* More blocks than are looked at in one go, a page in each. */
TEST_F(fdinfo, many_blocks)
{
	const size_t blocks = 4096;
	char expected[64];
	uintptr_t base;
	size_t i;

	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, blocks * BLOCK, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, 0, &base));
	for (i = 0; i < blocks; i++) {
		ASSERT_EQ(0, raw_commit(self->fd, base + i * BLOCK + i % 512 * PAGE, PAGE,
					PROCESS, AT_ONCE));
	}
	ASSERT_EQ(0, raw_protect(self->fd, base + (blocks - 1) * BLOCK + 511 * PAGE, PAGE,
				 HOSTMEM_READONLY | HOSTMEM_GUARD));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	snprintf(expected, sizeof(expected), "%zu kB rw- - 1111111111111111111111111111111g",
		 blocks * 4);
	EXPECT_REGION(expected, base);
}

/* It takes no longer than what is there: pages one by one would take hours. */
TEST_F(fdinfo, sparse)
{
	const size_t size = 16 * TIB;
	uintptr_t base;

	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, size, HOSTMEM_RESERVE, HOSTMEM_READWRITE, 0,
				  &base));
	ASSERT_EQ(0, raw_commit(self->fd, base, PAGE, PROCESS, AT_ONCE));
	ASSERT_EQ(0, raw_commit(self->fd, base + size - PAGE, PAGE, PROCESS, AT_ONCE));
	ASSERT_NE(NULL, read_fdinfo(0, self->fd));
	EXPECT_EQ(size, bytes_of("hostmem-reserved"));
	EXPECT_REGION("8 kB rw- - 1..............................1", base);
}

TEST_HARNESS_MAIN
