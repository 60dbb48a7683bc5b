// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what hostile callers do to regions of large pages, which the kernel
 * maps in its own way; where there are none, to what is there in their place.
 */
#include "hostile.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define LARGE	((uintptr_t)0x500000000000)
#define SIZE	(8 * BLOCK)
#define SETTING	"/sys/kernel/mm/transparent_hugepage/enabled"
#define TYPE	(HOSTMEM_RESERVE | HOSTMEM_COMMIT | HOSTMEM_LARGE_PAGES)

KEEP_SETTING(huge_pages, SETTING)

FIXTURE(large)
{
	int fd;
	bool have;		/* this kernel has large pages, for such regions */
	struct hostmem_status before;
};

FIXTURE_SETUP(large)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->before = hostmem_status(self->fd);
	self->have = has_large_pages();
}

FIXTURE_TEARDOWN(large)
{
	EXPECT_SAME_STATUS(self->before, self->fd);
}

/* A stamped region of large pages; of small ones where there are no others. */
static bool make_large(int fd, bool have, uint32_t protect)
{
	uintptr_t out;
	int ret = raw_alloc(fd, LARGE, SIZE, TYPE, protect, &out);

	if (have)
		return !ret;
	return ret == -EOPNOTSUPP && raw_both(fd, LARGE, SIZE, protect) == LARGE;
}

static void fill(void)
{
	stamp((void *)LARGE, SIZE, SEED);
	put_code_of_42((char *)LARGE + CODE);
	put_code_of_42((char *)LARGE + SIZE - PAGE + CODE);
}

static const char *large_wrong(int fd)
{
	struct hostmem_memory_info info;
	int result;

	if (raw_query(fd, LARGE, &info) || info.region_size != SIZE ||
	    info.state != HOSTMEM_COMMIT || info.protect != HOSTMEM_READWRITE)
		return "query";
	if (unstamped((void *)LARGE, SIZE, SEED))
		return "contents";
	if (!can_write((void *)LARGE) || !can_write((char *)LARGE + SIZE - 1))
		return "write";
	if (try_exec((char *)LARGE + CODE, &result).signo != SIGSEGV ||
	    try_exec((char *)LARGE + SIZE - PAGE + CODE, &result).signo != SIGSEGV)
		return "execution";
	return NULL;
}

#define EXPECT_LARGE_INTACT() do {					\
	const char *__wrong = large_wrong(self->fd);			\
									\
	EXPECT_EQ(NULL, __wrong)					\
		TH_LOG("%s", __wrong);					\
} while (0)

TEST_F(large, are_not_touched_by_other_calls)
{
	static const struct { size_t from, size; } ranges[] = {
		{ 0, SIZE }, { BLOCK, BLOCK }, { BLOCK + PAGE, PAGE },
		{ SIZE - PAGE, PAGE },
	};
	unsigned long nodes = 1;
	size_t i;
	int n;

	ASSERT_TRUE(make_large(self->fd, self->have, HOSTMEM_READWRITE));
	fill();
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		char *start = (char *)LARGE + ranges[i].from;
		size_t size = ranges[i].size;

		for (n = 0; n < 8; n++)
			EXPECT_EQ(-1, mprotect(start, size, n));
		/* Poison (100, 101) takes pages that the kernel knows, for good. */
		for (n = 0; n <= 110; n = n == 31 ? is_pinnable() ? 102 : 100 : n + 1)
			madvise(start, size, n);
		mlock(start, size);
		syscall(SYS_mbind, start, size, 2, &nodes, 2, 7);
		EXPECT_EQ(MAP_FAILED, mremap(start, size, size,
					     MREMAP_MAYMOVE | MREMAP_FIXED,
					     (void *)(LARGE + GIB)));
		if (size < SIZE)
			EXPECT_EQ(-1, munmap(start, size));
		EXPECT_LARGE_INTACT();
	}
	for (n = '1'; n <= '5'; n++)
		EXPECT_TRUE(write_file("/proc/self/clear_refs", (char[]){ n, 0 }));
	EXPECT_LARGE_INTACT();
	ASSERT_EQ(0, munmap((void *)LARGE, SIZE));
}

/* Unless they are in fact small and pinnable ones. */
TEST_F(large, give_no_page_to_anyone)
{
	struct iovec iov = { .iov_base = (void *)(LARGE + BLOCK), .iov_len = PAGE };
	char buffer[PAGE];
	struct iovec own = { .iov_base = buffer, .iov_len = PAGE };
	int fds[2];

	ASSERT_TRUE(make_large(self->fd, self->have, HOSTMEM_READWRITE));
	fill();
	ASSERT_EQ(0, pipe(fds));
	EXPECT_GETS(is_pinnable(), PAGE, vmsplice(fds[1], &iov, 1, 0));
	EXPECT_GETS(is_pinnable(), PAGE,
		    process_vm_readv(getpid(), &own, 1, &iov, 1, 0));
	close(fds[0]);
	close(fds[1]);
	EXPECT_CHILD(try_read((void *)LARGE).signo != SIGSEGV);
	EXPECT_LARGE_INTACT();
	ASSERT_EQ(0, munmap((void *)LARGE, SIZE));
}

static int in_small_pages(bool have)
{
	int fd = open_device();

	CHECK(make_large(fd, have, HOSTMEM_READWRITE));
	fill();
	CHECK(!large_wrong(fd));
	CHECK(!raw_free(fd, LARGE, 0, HOSTMEM_RELEASE));
	/* Where nothing may be written, either. */
	CHECK(make_large(fd, have, HOSTMEM_READONLY));
	CHECK(try_write((char *)LARGE + PAGE, 1).signo == SIGSEGV);
	CHECK(!nonzero((void *)LARGE, SIZE));
	return 0;
}

static int in_a_process_without_huge_pages(bool have)
{
	CHECK(!prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	return in_small_pages(have);
}

/* Whoever has forbidden large pages gets the same in small ones. */
TEST_F(large, are_as_good_where_the_kernel_may_not_use_any)
{
	EXPECT_CHILD(in_a_process_without_huge_pages(self->have));
	/* Some kernels have none to forbid. */
	if (access(SETTING, F_OK))
		return;
	ASSERT_TRUE(write_file(SETTING, "never"));
	EXPECT_CHILD(in_small_pages(self->have));
	setting_restore(&huge_pages);
}

/*
 * A thread that commits small pages in what another is about to make of large
 * ones, and looks beyond what it has got.
 */
static struct thief {
	int fd;
	volatile bool done;
	volatile unsigned int attempt;	/* of the other thread */
	unsigned long committed;
	const char *wrong;
} thief;

/* What is wrong with a page that has been committed as read-only, all alone. */
static const char *loot_wrong(uintptr_t place)
{
	if (!try_read((void *)place).signo && nonzero((void *)place, PAGE))
		return "contents";
	if (!try_write((void *)place, 1).signo)
		return "a write to a read-only page";
	if (!try_read((void *)(place ^ BLOCK / 2)).signo)
		return "pages that no one has committed";
	return NULL;
}

static void *steal(void *arg)
{
	static const size_t places[] = { 0, 5 * PAGE, BLOCK, SIZE - PAGE };
	const char *wrong;
	unsigned int i;

	for (i = 0; !thief.done; i++) {
		uintptr_t place = LARGE + places[i % ARRAY_SIZE(places)], out;
		unsigned int attempt = thief.attempt;

		if (raw_alloc(thief.fd, place, PAGE, HOSTMEM_COMMIT,
			      HOSTMEM_READONLY, &out))
			continue;
		thief.committed++;
		wrong = loot_wrong(place);
		/* The next attempt may have succeeded meanwhile. */
		if (wrong && attempt == thief.attempt)
			thief.wrong = wrong;
		raw_free(thief.fd, place, PAGE, HOSTMEM_DECOMMIT);
	}
	return arg;
}

TEST_F(large, can_not_be_had_in_part)
{
	unsigned int i, made = 0;
	pthread_t thread;
	uintptr_t out;

	thief.fd = self->fd;
	ASSERT_EQ(0, pthread_create(&thread, NULL, steal, NULL));
	for (i = 0; i < 20 || (self->have && !made); i++) {
		int ret;

		thief.attempt++;
		ret = raw_alloc(self->fd, LARGE, SIZE, TYPE, HOSTMEM_READWRITE,
				&out);
		if (!self->have) {
			EXPECT_EQ(-EOPNOTSUPP, ret);
			continue;
		}
		EXPECT_TRUE(!ret || ret == -EADDRNOTAVAIL || ret == -ENOMEM)
			TH_LOG("%s", strerror(-ret));
		if (ret)
			continue;
		made++;
		EXPECT_EQ(0, raw_free(self->fd, LARGE, 0, HOSTMEM_RELEASE));
	}
	thief.done = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(NULL, thief.wrong)
		TH_LOG("%s, %lu commits, %u regions", thief.wrong,
		       thief.committed, made);
	if (!self->have)
		EXPECT_EQ(0, thief.committed);
}

/*
 * Pages that several threads are about to map at once, some as large ones, some as
 * small ones, since meanwhile the setting changes.  A thread that keeps the space
 * busy has them wait in between.
 */
#define BUSY		((uintptr_t)0x510000000000)

static struct crowd {
	int fd;
	size_t busy;		/* long enough to be waited for, and no longer */
	volatile bool done;
} crowd;

static void *keep_busy(void *arg)
{
	while (!crowd.done) {
		raw_protect(crowd.fd, BUSY, crowd.busy, HOSTMEM_READONLY);
		raw_protect(crowd.fd, BUSY, crowd.busy, HOSTMEM_READWRITE);
	}
	return arg;
}

static void *touch_all(void *arg)
{
	uintptr_t at;

	while (!crowd.done)
		for (at = LARGE + SIZE; at > LARGE; at -= BLOCK)
			try_read((char *)at - PAGE);
	return arg;
}

static void *change_setting(void *arg)
{
	while (!crowd.done) {
		write_file(SETTING, "never");
		write_file(SETTING, "always");
	}
	return arg;
}

TEST_F(large, are_mapped_once_by_all_who_want_them)
{
	static void *(*const others[])(void *) = {
		keep_busy, touch_all, change_setting,
	};
	pthread_t threads[ARRAY_SIZE(others)];
	unsigned int i;

	crowd.fd = self->fd;
	crowd.busy = is_debug_kernel() ? BLOCK : 16 * BLOCK;
	ASSERT_EQ(BUSY, raw_both(self->fd, BUSY, crowd.busy, HOSTMEM_READWRITE));
	for (i = 0; i < ARRAY_SIZE(others); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, others[i], NULL));
	for (i = 0; i < times(100); i++) {
		bool made = make_large(self->fd, self->have, HOSTMEM_READWRITE);

		EXPECT_TRUE(made)
			TH_LOG("attempt %u", i);
		if (!made)
			break;
		EXPECT_EQ(NULL, nonzero((void *)LARGE, SIZE));
		fill();
		EXPECT_LARGE_INTACT();
		EXPECT_EQ(0, raw_free(self->fd, LARGE, 0, HOSTMEM_RELEASE));
	}
	crowd.done = true;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, raw_free(self->fd, BUSY, 0, HOSTMEM_RELEASE));
	setting_restore(&huge_pages);
}

TEST_HARNESS_MAIN
