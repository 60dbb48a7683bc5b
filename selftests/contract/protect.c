// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what the six protections allow a thread and the kernel, given at
 * commit and at commit again, page by page (rules P1, P11, P12, C6).
 */
#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)

/*
 * Expect that one page obeys a protection: each access goes through or ends in
 * a SIGSEGV that tells its address.  Whatever is readable must hold the code.
 */
#define EXPECT_OBEYS(page, p) do {					\
	char *__inside = (page) + 0x123;				\
	int __code_result;						\
									\
	if ((p)->read)							\
		EXPECT_NO_FAULT(try_read(__inside));			\
	else								\
		EXPECT_SEGV(__inside, try_read(__inside));		\
	if ((p)->write)							\
		EXPECT_NO_FAULT(try_write(__inside, 1));		\
	else								\
		EXPECT_SEGV(__inside, try_write(__inside, 1));		\
	if ((p)->exec) {						\
		EXPECT_NO_FAULT(try_exec(page, &__code_result));	\
		EXPECT_EQ(42, __code_result);				\
	} else {							\
		EXPECT_SEGV(page, try_exec(page, &__code_result));	\
	}								\
} while (0)

FIXTURE(protect)
{
	char *base;
	const struct protection *p;
};

FIXTURE_VARIANT(protect)
{
	unsigned int index;	/* in protections[] */
};

FIXTURE_VARIANT_ADD(protect, noaccess)
{
	.index = 0,
};

FIXTURE_VARIANT_ADD(protect, readonly)
{
	.index = 1,
};

FIXTURE_VARIANT_ADD(protect, readwrite)
{
	.index = 2,
};

FIXTURE_VARIANT_ADD(protect, execute)
{
	.index = 3,
};

FIXTURE_VARIANT_ADD(protect, execute_read)
{
	.index = 4,
};

FIXTURE_VARIANT_ADD(protect, execute_readwrite)
{
	.index = 5,
};

FIXTURE_SETUP(protect)
{
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
	self->p = &protections[variant->index];
}

FIXTURE_TEARDOWN(protect)
{
}

/* Commit a page that holds code, with any protection. */
static bool commit_code(char *page, DWORD protect)
{
	if (!commit_at(page, PAGE, PAGE_READWRITE))
		return false;
	put_code_of_42(page);
	return commit_at(page, PAGE, protect);
}

TEST_F(protect, at_first_commit)
{
	char *page = self->base + GRANULE;
	int result;

	ASSERT_EQ(page, commit_at(page, PAGE, self->p->protect));
	EXPECT_COMMITTED(page, self->base, PAGE, self->p->protect);
	EXPECT_EQ(self->p->read, can_read(page));
	EXPECT_EQ(self->p->write, can_write(page));
	if (self->p->write)
		put_code_of_42(page);
	/* Zeroes are code that writes to where %rax points. */
	if (!self->p->exec) {
		EXPECT_SEGV(page, try_exec(page, &result));
	} else if (self->p->write) {
		EXPECT_OBEYS(page, self->p);
	}
}

TEST_F(protect, at_every_change_from_and_to_C6)
{
	char *page = self->base + GRANULE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		ASSERT_TRUE(commit_code(page, protections[i].protect));
		EXPECT_OBEYS(page, &protections[i]);
		ASSERT_EQ(page, commit_at(page, PAGE, self->p->protect));
		EXPECT_OBEYS(page, self->p);
		EXPECT_COMMITTED(page, self->base, PAGE, self->p->protect);
	}
}

TEST_F(protect, after_the_page_was_decommitted)
{
	char *page = self->base + GRANULE;

	ASSERT_TRUE(commit_code(page, PAGE_EXECUTE_READWRITE));
	EXPECT_OBEYS(page, &protections[5]);
	ASSERT_TRUE(VirtualFree(page, PAGE, MEM_DECOMMIT));
	EXPECT_NOTHING_ALLOWED(page);
	ASSERT_TRUE(commit_code(page, self->p->protect));
	EXPECT_OBEYS(page, self->p);
}

TEST_F(protect, at_the_edges_of_a_range)
{
	char *start = self->base + GRANULE - PAGE;
	size_t size = BLOCK + 2 * PAGE;
	char *last = start + size - PAGE;
	size_t at;

	ASSERT_EQ(self->base, commit_at(self->base, REGION, PAGE_READWRITE));
	for (at = 0; at < REGION; at += PAGE)
		put_code_of_42(self->base + at);
	ASSERT_EQ(start, commit_at(start, size, self->p->protect));
	EXPECT_OBEYS(start, self->p);
	EXPECT_OBEYS(start + PAGE, self->p);
	EXPECT_OBEYS(start + size / 2, self->p);
	EXPECT_OBEYS(last, self->p);
	EXPECT_OBEYS(start - PAGE, &protections[2]);
	EXPECT_OBEYS(last + PAGE, &protections[2]);
}

TEST_F(protect, write_leaves_it_alone_P12)
{
	char *page = self->base;

	ASSERT_TRUE(commit_code(page, self->p->protect));
	EXPECT_EQ(self->p->write, !try_write(page + 8, 1).signo);
	EXPECT_COMMITTED(page, page, PAGE, self->p->protect);
}

TEST_F(protect, binds_write_2_from_it)
{
	char *page = self->base + GRANULE;
	char copy[100];
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_TRUE(commit_code(page, self->p->protect));
	if (self->p->read) {
		EXPECT_EQ(sizeof(copy), write(fds[1], page, sizeof(copy)));
		EXPECT_EQ(sizeof(copy), read(fds[0], copy, sizeof(copy)));
		EXPECT_EQ(0, memcmp(copy, code_of_42, sizeof(code_of_42)));
	} else {
		EXPECT_EQ(-1, write(fds[1], page, sizeof(copy)));
		EXPECT_EQ(EFAULT, errno);
	}
}

TEST_F(protect, binds_read_2_into_it)
{
	char *page = self->base + GRANULE;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_TRUE(commit_code(page, self->p->protect));
	ASSERT_EQ(5, write(fds[1], "hello", 5));
	if (self->p->write) {
		EXPECT_EQ(5, read(fds[0], page + 100, 5));
		EXPECT_EQ(0, memcmp(page + 100, "hello", 5));
	} else {
		EXPECT_EQ(-1, read(fds[0], page + 100, 5));
		EXPECT_EQ(EFAULT, errno);
	}
	ASSERT_EQ(page, commit_at(page, PAGE, PAGE_READWRITE));
	EXPECT_EQ(self->p->write, !memcmp(page + 100, "hello", 5));
}

TEST_F(protect, binds_file_io_page_by_page)
{
	size_t size = 4 * PAGE;
	char *start = self->base + GRANULE - 2 * PAGE;
	char *third = start + 2 * PAGE;
	char file[4 * PAGE];
	int fd = memfd_create("hostmem", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	memset(file, 'x', sizeof(file));
	ASSERT_EQ(start, commit_at(start, size, PAGE_READWRITE));
	ASSERT_EQ(third, commit_at(third, PAGE, self->p->protect));

	/* As far as the first page that doesn't allow it. */
	EXPECT_EQ(self->p->read ? size : 2 * PAGE, pwrite(fd, start, size, 0));
	ASSERT_EQ(sizeof(file), pwrite(fd, file, sizeof(file), 0));
	EXPECT_EQ(self->p->write ? size : 2 * PAGE, pread(fd, start, size, 0));
	EXPECT_EQ(0, memcmp(start, file, 2 * PAGE));
	ASSERT_EQ(third, commit_at(third, PAGE, PAGE_READWRITE));
	EXPECT_EQ(self->p->write ? third : NULL,
		  (char *)nonzero(third, PAGE));
}

FIXTURE(pages)
{
	char *base;
};

FIXTURE_SETUP(pages)
{
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
}

FIXTURE_TEARDOWN(pages)
{
}

TEST_F(pages, alternate_within_one_mapping)
{
	size_t nr = REGION / PAGE;
	char *base = self->base;
	size_t i;

	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
	for (i = 0; i < nr; i++) {
		ASSERT_TRUE(commit_code(base + i * PAGE,
					protections[i % 6].protect));
	}
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
	for (i = 0; i < nr; i++) {
		EXPECT_OBEYS(base + i * PAGE, &protections[i % 6]);
		EXPECT_COMMITTED(base + i * PAGE, base, PAGE,
				 protections[i % 6].protect);
	}

	/* And the other way round. */
	for (i = 0; i < nr; i++) {
		ASSERT_NE(NULL, commit_at(base + i * PAGE, PAGE,
					  protections[5 - i % 6].protect));
	}
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
	for (i = 0; i < nr; i++) {
		EXPECT_OBEYS(base + i * PAGE, &protections[5 - i % 6]);
	}

	ASSERT_EQ(base, commit_at(base, REGION, PAGE_READONLY));
	EXPECT_COMMITTED(base, base, REGION, PAGE_READONLY);
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
}

TEST_F(pages, code_can_be_written_then_run)
{
	char *base = self->base;
	int result, i;

	for (i = 1; i < 50; i++) {
		ASSERT_EQ(base, commit_at(base, PAGE, PAGE_READWRITE));
		put_code_of_42(base);
		change_42(base, i);
		ASSERT_EQ(base, commit_at(base, PAGE, PAGE_EXECUTE_READ));
		EXPECT_NO_FAULT(try_exec(base, &result));
		EXPECT_EQ(i, result);
		EXPECT_SEGV(base, try_write(base, 1));
	}
}

TEST_F(pages, rest_of_a_page_across_two_protections)
{
	char *base = self->base;
	uint64_t *across = (uint64_t *)(base + PAGE - 4);
	struct fault fault;

	ASSERT_EQ(base, commit_at(base, PAGE, PAGE_READWRITE));
	ASSERT_EQ(base + PAGE, commit_at(base + PAGE, PAGE, PAGE_READONLY));
	fault = PROBE(*(volatile uint64_t *)across = ~0ull);
	EXPECT_EQ(SIGSEGV, fault.signo);
	EXPECT_EQ((uintptr_t)base + PAGE, fault.addr);
	EXPECT_EQ(NULL, nonzero(base, 2 * PAGE));
	EXPECT_EQ(0, *across);
}

TEST_HARNESS_MAIN
