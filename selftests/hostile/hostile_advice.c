// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what madvise, mlock, memory policies, seals and the readers of
 * /proc do to a region: nothing that a thread, a child or a query could notice.
 */
#include "hostile.h"

#include <dirent.h>
#include <linux/mempolicy.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#ifndef SYS_mseal
#define SYS_mseal		462
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA		0x53564d41
#define PR_SET_VMA_ANON_NAME	0
#endif

/* A region with a write watch behind the specimen: each third page is written. */
#define WATCHED		((char *)NEIGHBOUR)
#define WATCHED_PAGES	64

FIXTURE(advice)
{
	int fd;
	char *base;
	struct hostmem_status before;
};

static bool make_watched(void)
{
	unsigned int i;

	if (VirtualAlloc(WATCHED, WATCHED_PAGES * PAGE,
			 MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
			 PAGE_READWRITE) != WATCHED)
		return false;
	for (i = 0; i < WATCHED_PAGES; i += 3)
		WATCHED[i * PAGE] = i + 1;
	return true;
}

/* Has the watch seen these writes, and no others? */
static bool watched_is_exact(void)
{
	void *pages[WATCHED_PAGES];
	ULONG_PTR count = WATCHED_PAGES, i;
	DWORD granularity;

	if (GetWriteWatch(0, WATCHED, WATCHED_PAGES * PAGE, pages, &count,
			  &granularity) || count != (WATCHED_PAGES + 2) / 3)
		return false;
	for (i = 0; i < count; i++)
		if (pages[i] != WATCHED + 3 * i * PAGE ||
		    *(char *)pages[i] != (char)(3 * i + 1))
			return false;
	return true;
}

FIXTURE_SETUP(advice)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(specimen_make(SPECIMEN));
	self->base = (char *)SPECIMEN;
	ASSERT_TRUE(make_watched());
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(advice)
{
}

#define EXPECT_UNTOUCHED() do {						\
	EXPECT_SAME_STATUS(self->before, self->fd);			\
	EXPECT_INTACT(SPECIMEN);					\
	EXPECT_TRUE(watched_is_exact());				\
	EXPECT_CHILD(specimen_is_out_of_reach(SPECIMEN, self->fd));	\
} while (0)

static const struct range {
	size_t from;
	size_t size;
} ranges[] = {
	{ 0,			SPECIMEN_SIZE },
	{ 0,			PAGE },
	{ READONLY * PAGE,	2 * PAGE },
	{ NOACCESS * PAGE,	PAGE },
	{ GUARDED * PAGE,	PAGE },
	{ (SEAM - 1) * PAGE,	2 * PAGE },
	{ GRANULE,		BLOCK },
	{ SPECIMEN_SIZE - PAGE,	2 * PAGE },
	{ SPECIMEN_SIZE,	WATCHED_PAGES * PAGE },
	{ SPECIMEN_SIZE + PAGE,	PAGE },
};

#define for_each_range(range) \
	for ((range) = ranges; (range) < ranges + ARRAY_SIZE(ranges); (range)++)

/*
 * Those that take contents away must fail.  In a pinnable region some need not: they take
 * page table entries.
 */
static bool advice_must_fail(int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case 24:			/* MADV_DONTNEED_LOCKED */
		return !is_pinnable();
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_WIPEONFORK:
	case MADV_DODUMP:
	case 102:			/* MADV_GUARD_INSTALL */
		return true;
	}
	return advice >= 100;
}

/*
 * That to hand it to children works on some kernels: but what they get is dead.  Taken
 * back, or the other advice would be given to something else.
 */
static void hand_to_children(struct __test_metadata *_metadata, char *base, int fd)
{
	const struct range *range;

	EXPECT_CHILD(specimen_is_dead(SPECIMEN, fd));
	for_each_range(range)
		madvise(base + range->from, range->size, MADV_DONTFORK);
}

/*
 * Poisoning (100, 101) is for pages that the kernel manages: those of an ordinary region
 * it can't even name, but others it takes out of use for good.
 */
static bool advice_is_poison(int advice)
{
	return is_pinnable() && (advice == 100 || advice == 101);
}

/*
 * Who populates a pinnable region touches each page, as far as that is allowed.  So it
 * meets the guards (rule G7), and what it makes ready to be written counts as written.
 */
static void undo_population(void)
{
	unsigned int i;
	DWORD old;

	if (!is_pinnable())
		return;
	VirtualProtect(at(GUARDED), PAGE, PAGE_READWRITE | PAGE_GUARD, &old);
	ResetWriteWatch(WATCHED, WATCHED_PAGES * PAGE);
	for (i = 0; i < WATCHED_PAGES; i += 3)
		WATCHED[i * PAGE] = i + 1;
}

/* All that there are, and some that there aren't. */
TEST_F(advice, of_every_number_changes_nothing)
{
	const struct range *range;
	int advice, ret;

	for (advice = -1; advice <= 110; advice++) {
		if (advice == 32)
			advice = 99;
		if (advice_is_poison(advice))
			continue;
		for_each_range(range) {
			ret = madvise(self->base + range->from, range->size,
				      advice);
			if (advice_must_fail(advice))
				EXPECT_EQ(-1, ret)
					TH_LOG("advice %d", advice);
		}
		if (advice == MADV_DOFORK)
			hand_to_children(_metadata, self->base, self->fd);
		if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
			undo_population();
		EXPECT_UNTOUCHED();
	}
}

TEST_F(advice, through_a_pidfd_changes_nothing)
{
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), advice;
	const struct range *range;

	ASSERT_LE(0, pidfd);
	for (advice = 0; advice <= 110; advice++) {
		if (advice == 32)
			advice = 99;
		if (advice_is_poison(advice))
			continue;
		for_each_range(range) {
			struct iovec iov = {
				.iov_base = self->base + range->from,
				.iov_len = range->size,
			};

			syscall(SYS_process_madvise, pidfd, &iov, 1, advice, 0);
		}
		if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
			undo_population();
	}
	EXPECT_UNTOUCHED();
}

TEST_F(advice, locking_changes_nothing)
{
	const struct range *range;
	int flags;

	for_each_range(range) {
		mlock(self->base + range->from, range->size);
		syscall(SYS_mlock2, self->base + range->from, range->size, 1);
	}
	undo_population();
	EXPECT_UNTOUCHED();
	for (flags = 0; flags < 8; flags++) {
		mlockall(flags);
		/* A reservation of the time when all is to be locked. */
		if (flags & MCL_FUTURE) {
			char *base = reserve_at(NULL, TIB);

			EXPECT_NE(NULL, base);
			EXPECT_NOTHING_ALLOWED(base);
			EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
		}
		undo_population();
		EXPECT_UNTOUCHED();
	}
	for_each_range(range)
		munlock(self->base + range->from, range->size);
	EXPECT_EQ(0, munlockall());
	EXPECT_UNTOUCHED();
}

TEST_F(advice, of_other_calls_changes_nothing)
{
	unsigned char resident[SPECIMEN_SIZE / PAGE + WATCHED_PAGES];
	const struct range *range;
	int flags;

	for_each_range(range) {
		char *start = self->base + range->from;

		mincore(start, range->size, resident);
		for (flags = 0; flags < 8; flags++)
			msync(start, range->size, flags);
		EXPECT_EQ(-1, syscall(SYS_remap_file_pages, start, range->size,
				      0, 0, 0));
		EXPECT_EQ(-1, syscall(SYS_remap_file_pages, start, range->size,
				      0, 1, MAP_NONBLOCK));
		EXPECT_EQ(-1, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, start,
				    range->size, "name"));
	}
	EXPECT_UNTOUCHED();
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	EXPECT_UNTOUCHED();
}

TEST_F(advice, of_memory_policies_changes_nothing)
{
	void *pages[] = { self->base, at(READWRITE), at(NOACCESS), at(GUARDED) };
	unsigned long nodes = 1;
	const struct range *range;
	int status[4], to[4] = {}, mode, flags;
	size_t i;

	for (mode = 0; mode < 8; mode++)
		for_each_range(range)
			for (flags = 0; flags < 8; flags++)
				syscall(SYS_mbind, self->base + range->from,
					range->size, mode, &nodes, 2, flags);
	EXPECT_UNTOUCHED();
	for (flags = 0; flags < 8; flags += 2) {
		memset(status, 0, sizeof(status));
		/* There is no page that it could move, nor one to be seen if not pinnable. */
		if (!syscall(SYS_move_pages, 0, 4, pages, to, status, flags))
			for (i = 0; i < ARRAY_SIZE(status); i++)
				EXPECT_GT(is_pinnable() ? 1 : 0, status[i]);
	}
	syscall(SYS_migrate_pages, 0, 2, &nodes, &nodes);
	EXPECT_UNTOUCHED();
	/* What is committed under one lives on under the next. */
	for (mode = 0; mode < 8; mode++) {
		syscall(SYS_set_mempolicy, mode, &nodes, 2);
		ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
		ASSERT_TRUE(specimen_make(SPECIMEN));
		EXPECT_INTACT(SPECIMEN);
	}
	EXPECT_UNTOUCHED();
}

/*
 * Where there are no seals, a release is possible whatever was asked for before.
 */
TEST_F(advice, a_seal_keeps_the_region_and_all_it_can_do)
{
	bool sealed;
	DWORD old;

	EXPECT_EQ(-1, syscall(SYS_mseal, self->base + PAGE, PAGE, 0));
	sealed = !syscall(SYS_mseal, self->base, SPECIMEN_SIZE, 0);
	EXPECT_TRUE(sealed || errno == ENOSYS);
	EXPECT_UNTOUCHED();
	if (sealed) {
		EXPECT_EQ(-1, munmap(self->base, SPECIMEN_SIZE));
		EXPECT_EQ(-EACCES, raw_free(self->fd, SPECIMEN, 0, HOSTMEM_RELEASE));
		EXPECT_EQ(E_ACCESSDENIED, HostVirtualFree(self->base, 0, MEM_RELEASE));
		EXPECT_UNTOUCHED();
	}
	/* It goes on as it was. */
	EXPECT_TRUE(VirtualProtect(at(READWRITE), PAGE, PAGE_NOACCESS, &old));
	EXPECT_TRUE(VirtualFree(at(MIDDLE), PAGE, MEM_DECOMMIT));
	EXPECT_NOTHING_ALLOWED(at(READWRITE));
	EXPECT_NOTHING_ALLOWED(at(MIDDLE));
	EXPECT_EQ(at(MIDDLE), commit_at(at(MIDDLE), PAGE, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(at(MIDDLE), PAGE));
	EXPECT_EQ(!sealed, VirtualFree(self->base, 0, MEM_RELEASE));
}

/*
 * The readers of /proc, some of which write page tables
 */

static void read_all(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buffer[4096];

	while (fd >= 0 && read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

TEST_F(advice, readers_of_proc_change_nothing)
{
	static const char *const files[] = {
		"/proc/self/maps", "/proc/self/smaps", "/proc/self/smaps_rollup",
		"/proc/self/numa_maps", "/proc/self/statm", "/proc/self/oom_score",
		"/proc/self/wchan", "/proc/self/status", "/proc/vmallocinfo",
	};
	uint64_t entries[SPECIMEN_SIZE / PAGE];
	char name[64];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		read_all(files[i]);
	fd = open("/proc/self/pagemap", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(entries), pread(fd, entries, sizeof(entries),
					 SPECIMEN / PAGE * 8));
	close(fd);
	EXPECT_UNTOUCHED();

	/* A link to the file behind the mapping leads to a space of its own. */
	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", SPECIMEN,
		 SPECIMEN + SPECIMEN_SIZE);
	fd = open(name, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, hostmem_status(fd).out_regions);
	EXPECT_EQ(-ENOENT, raw_free(fd, SPECIMEN, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0));
	close(fd);
	EXPECT_UNTOUCHED();
}

TEST_F(advice, clearing_references_changes_nothing)
{
	char number[2] = "1";

	for (; number[0] <= '5'; number[0]++) {
		EXPECT_TRUE(write_file("/proc/self/clear_refs", number));
		EXPECT_UNTOUCHED();
		/* Nor does it change what pages get from now on. */
		ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
		ASSERT_TRUE(specimen_make(SPECIMEN));
		EXPECT_UNTOUCHED();
	}
}

/* struct pm_scan_arg of <linux/fs.h>, since 6.7 */
struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t inverted, mask, anyof_mask, return_mask;
};

TEST_F(advice, scans_of_the_page_map_change_nothing)
{
	uint64_t regions[3 * 16];
	struct scan scan = {
		.size = sizeof(scan),
		.start = SPECIMEN,
		.end = SPECIMEN + SPECIMEN_SIZE,
		.vec = (uintptr_t)regions,
		.vec_len = 16,
		.return_mask = 0x7f,
	};
	int fd = open("/proc/self/pagemap", O_RDONLY);
	unsigned int mask;

	ASSERT_LE(0, fd);
	for (scan.flags = 0; scan.flags < 4; scan.flags++)
		for (mask = 0; mask < 0x80; mask++) {
			scan.anyof_mask = mask;
			ioctl(fd, _IOWR('f', 16, struct scan), &scan);
		}
	EXPECT_UNTOUCHED();
	close(fd);
}

TEST_F(advice, compaction_changes_nothing)
{
	EXPECT_TRUE(write_file("/proc/sys/vm/drop_caches", "3"));
	EXPECT_TRUE(write_file("/proc/sys/vm/compact_memory", "1"));
	EXPECT_UNTOUCHED();
}

TEST_HARNESS_MAIN
