// SPDX-License-Identifier: GPL-2.0
/*
 * Description: write watch: that it misses no write, whoever writes and whatever happens
 * meanwhile, and takes no fault for it (rules W7, W8, W25 as X4 has it, G10).
 */
#include "watch.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/uio.h>

/*
 * Writers that are no threads of the program
 */

TEST_F(watch, tells_what_system_calls_write_W25_X4)
{
	int fd = memfd_create("hostmem", MFD_CLOEXEC), fds[2];
	char *at = self->base + 10 * PAGE;
	struct iovec vector[2] = {
		{ self->base + 30 * PAGE + 5, 10 },
		{ self->base + 41 * PAGE - 5, 10 },
	};

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(fds));
	/* Two pages and three bytes into a buffer of 16 pages. */
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE + 3));
	EXPECT_EQ(2 * PAGE + 3, pread(fd, at, 16 * PAGE, 0));
	EXPECT_RESET(10, 11, 12);
	EXPECT_EQ(0, pread(fd, at, 16 * PAGE, 3 * PAGE));
	EXPECT_EQ(-1, pread(-1, at, 16 * PAGE, 0));
	EXPECT_RESET();
	ASSERT_EQ(20, write(fds[1], at, 20));
	EXPECT_EQ(20, readv(fds[0], vector, 2));
	EXPECT_RESET(30, 40, 41);
	/* A structure. */
	EXPECT_EQ(48, VirtualQuery(at, (void *)(self->base + 7 * PAGE - 8), 48));
	EXPECT_RESET(6, 7);
	/* Addresses of pages: the call reports its own writes the next time. */
	poke(self->base, 99);
	report.count = 3;
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, self->base, REGION,
				   (void **)at, &report.count,
				   &report.granularity));
	EXPECT_EQ(1, report.count);
	EXPECT_RESET(10);
}

TEST_F(watch, tells_nothing_where_the_kernel_may_not_write_W25)
{
	char *at = self->base + 10 * PAGE;
	DWORD old;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(9, write(fds[1], at, 9));
	ASSERT_TRUE(VirtualProtect(at, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(-1, read(fds[0], at, 9));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_SEGV(at, try_write(at, 1));
	EXPECT_WRITTEN();
	ASSERT_TRUE(VirtualProtect(at, PAGE, PAGE_READWRITE, &old));
	EXPECT_WRITTEN();
}

TEST_F(watch, tells_what_debuggers_write)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char bytes[10] = "debugger";
	DWORD old;

	ASSERT_LE(0, fd);
	EXPECT_EQ(10, pread(fd, bytes, 10, FIXED + 50 * PAGE));
	EXPECT_WRITTEN();
	EXPECT_EQ(10, pwrite(fd, bytes, 10, FIXED + 20 * PAGE - 5));
	EXPECT_RESET(19, 20);
	ASSERT_TRUE(VirtualProtect(self->base, PAGE, PAGE_READONLY, &old));
	EXPECT_TRUE(debugger_writes(self->base, bytes, 10));
	EXPECT_RESET(0);
	EXPECT_WRITTEN();
}

TEST_F(watch, comes_after_the_guard_G10)
{
	char *at = self->base + 5 * PAGE;
	DWORD old;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(SIGBUS, try_write(at, 1).signo);
	EXPECT_WRITTEN();
	EXPECT_NO_FAULT(try_write(at, 1));
	EXPECT_RESET(5);
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(SIGBUS, try_read(at).signo);
	EXPECT_NO_FAULT(try_read(at));
	EXPECT_WRITTEN();
	/* A system call that fails, then one that doesn't. */
	ASSERT_EQ(9, write(fds[1], at, 9));
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(-1, read(fds[0], at, 9));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_WRITTEN();
	EXPECT_EQ(9, read(fds[0], at, 9));
	EXPECT_RESET(5);
	/* Dirty before it is armed. */
	poke(self->base, 5);
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_RESET(5);
	EXPECT_EQ(GUARDED, query(at).Protect);
}

static BOOL add_and_retry(DWORD code, DWORD access, void *address, void *context)
{
	(void)access;
	if (code != EXCEPTION_GUARD_PAGE)
		return FALSE;
	/* A write of its own, to a page that the access only reads. */
	if (context)
		*(volatile uint32_t *)address += 0x100;
	return TRUE;
}

TEST_F(watch, tells_what_a_guards_callback_writes_G10)
{
	volatile uint32_t *at = (uint32_t *)(self->base + 5 * PAGE);
	DWORD old;

	ASSERT_TRUE(HostSetFaultCallback(add_and_retry, NULL));
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	EXPECT_EQ(0, *at);
	EXPECT_WRITTEN();
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	*at = 1;
	EXPECT_RESET(5);
	ASSERT_TRUE(HostSetFaultCallback(add_and_retry, self));
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	EXPECT_EQ(0x101, *at);
	EXPECT_RESET(5);
}

/*
 * The hardware keeps the books: no fault for any page that is dirtied.  Some arm64 processors
 * don't: there the kernel does, at one fault for each.
 */

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void poke_all(char *base, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		*(volatile char *)(base + i * PAGE) += 1;
}

/* Does a write to memory that has been read, but not written, get along without a fault? */
static bool hardware_keeps_the_books(void)
{
	volatile char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char read = *map;
	long before = faults();

	/* The write comes back to what has been read. */
	*map = read;
	before = faults() - before;
	munmap((void *)map, PAGE);
	return !before;
}

TEST_F(watch, takes_no_fault_for_a_dirtied_page)
{
	size_t nr = 2000;
	long most = hardware_keeps_the_books() ? 10 : (long)nr + 10;
	long few, before;
	char *base;
	int round;

	base = VirtualAlloc(NULL, nr * PAGE, WATCHED | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	/* What the program itself takes for its own pages. */
	poke_all(base, 1);
	collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base, nr * PAGE);
	for (round = 0; round < 3; round++) {
		before = faults();
		poke_all(base, nr);
		few = faults() - before;
		EXPECT_GT(most, few);
		EXPECT_EQ(0, collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base,
					     nr * PAGE));
		EXPECT_EQ(nr, report.count);
	}
	EXPECT_EQ(0, ResetWriteWatch(base, nr * PAGE));
	before = faults();
	poke_all(base, nr);
	EXPECT_GT(most, faults() - before);
}

/*
 * Writers that never rest
 *
 * Each page has a version that only one thread advances.  A collector does what
 * a garbage collector does: it processes, here reads, the pages that it is told.
 * A write is lost if a page has another version in the end than when it was
 * processed last.  And whatever is known to be written between two calls must
 * be in the report of the second.
 */

#define WRITERS	3
#define WRITTEN	(PAGES - 8)	/* pages that are written; no one writes the last */

struct writer {
	pthread_t thread;
	char *base;
	unsigned int number;
	uint64_t rng;
	volatile unsigned long rounds;
};

static volatile bool done;

/* Has each of them come to write something? */
static bool all_write(const struct writer *writer)
{
	unsigned int i, idle = 0;

	for (i = 0; i < WRITERS; i++)
		idle += writer[i].rounds < 100;
	return !idle;
}

static volatile uint64_t *version(char *base, size_t page)
{
	return (uint64_t *)(base + page * PAGE + page % 500 * 8);
}

static void *write_versions(void *arg)
{
	struct writer *writer = arg;

	while (!done) {
		size_t page = random_below(&writer->rng, WRITTEN / WRITERS) *
			      WRITERS + writer->number;
		volatile uint64_t *word = version(writer->base, page);

		/* Where the page is protected just now, the write has to wait. */
		PROBE(*word = *word + 1);
		writer->rounds++;
	}
	return NULL;
}

enum disturbance {
	NONE,
	PROTECT,
	RECOMMIT,
	RESET,
	GUARD,
};

FIXTURE(writers)
{
	char *base;
	struct writer writer[WRITERS];
	uint64_t before[PAGES];		/* versions before the call */
	uint64_t after[PAGES];		/* and after it */
	uint64_t processed[PAGES];	/* when it was last reported */
	bool owed[PAGES];		/* the next call has to report it */
	bool reported[PAGES];
};

FIXTURE_VARIANT(writers)
{
	size_t room;
	enum disturbance disturbance;
};

FIXTURE_VARIANT_ADD(writers, and_room_for_all)
{
	.room = PAGES,
};

FIXTURE_VARIANT_ADD(writers, and_room_for_some)
{
	.room = 37,
};

FIXTURE_VARIANT_ADD(writers, and_protect)
{
	.room = PAGES,
	.disturbance = PROTECT,
};

FIXTURE_VARIANT_ADD(writers, and_recommit)
{
	.room = PAGES,
	.disturbance = RECOMMIT,
};

FIXTURE_VARIANT_ADD(writers, and_mem_reset)
{
	.room = PAGES,
	.disturbance = RESET,
};

FIXTURE_VARIANT_ADD(writers, and_guards)
{
	.room = 37,
	.disturbance = GUARD,
};

FIXTURE_SETUP(writers)
{
	unsigned int i;

	self->base = VirtualAlloc((void *)FIXED, REGION, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	for (i = 0; i < WRITERS; i++) {
		struct writer *writer = &self->writer[i];

		writer->base = self->base;
		writer->number = i;
		writer->rng = 1000 + i;
		ASSERT_EQ(0, pthread_create(&writer->thread, NULL,
					    write_versions, writer));
	}
}

FIXTURE_TEARDOWN(writers)
{
}

static bool disturb(char *base, enum disturbance disturbance)
{
	DWORD old;

	switch (disturbance) {
	case PROTECT:
		return VirtualProtect(base, REGION, PAGE_READONLY, &old) &&
		       VirtualProtect(base, REGION / 2, PAGE_NOACCESS, &old) &&
		       VirtualProtect(base, REGION, PAGE_READWRITE, &old);
	case RECOMMIT:
		return commit_at(base, REGION, PAGE_EXECUTE_READWRITE) &&
		       commit_at(base, REGION, PAGE_READWRITE);
	case RESET:
		return VirtualAlloc(base, REGION, MEM_RESET, PAGE_READWRITE);
	case GUARD:
		return VirtualProtect(base, REGION, GUARDED, &old) &&
		       VirtualProtect(base, REGION, PAGE_READWRITE, &old);
	default:
		return true;
	}
}

/* Return how many pages of a report are wrong. */
static unsigned int process(char *base, uint64_t *processed, bool *reported)
{
	unsigned int wrong = 0;
	size_t i;

	memset(reported, 0, PAGES * sizeof(*reported));
	for (i = 0; i < report.count; i++) {
		size_t page = ((char *)report.pages[i] - base) / PAGE;

		wrong += page >= WRITTEN || (i && report.pages[i] <= report.pages[i - 1]);
		if (page >= PAGES)
			continue;
		reported[page] = true;
		processed[page] = *version(base, page);
	}
	return wrong;
}

TEST_F(writers, lose_no_write_W7_W8)
{
	unsigned int wrong = 0, missed = 0, lost = 0, round;
	unsigned int rounds = variant->disturbance == NONE ? 300 : 30;
	size_t page, end, seen = 0;

	for (round = 0; round < rounds || seen < 500 || !all_write(self->writer);
	     round++) {
		for (page = 0; page < PAGES; page++)
			self->before[page] = *version(self->base, page);
		ASSERT_TRUE(disturb(self->base, variant->disturbance));
		ASSERT_EQ(0, collect_at_most(variant->room,
					     WRITE_WATCH_FLAG_RESET, self->base,
					     REGION));
		seen += report.count;
		wrong += process(self->base, self->processed, self->reported);
		/* As far as the report goes, where there was no room for all. */
		end = PAGES;
		if (report.count == variant->room)
			end = ((char *)report.pages[report.count - 1] -
			       self->base) / PAGE + 1;
		for (page = 0; page < PAGES; page++) {
			bool owed = self->owed[page] ||
				    self->before[page] > self->after[page];

			missed += owed && page < end && !self->reported[page];
			self->after[page] = *version(self->base, page);
			/* Written meanwhile or before, and not reported yet. */
			self->owed[page] = !self->reported[page] &&
					   (owed || self->after[page] >
						    self->before[page]);
			if (self->reported[page])
				self->after[page] = self->processed[page];
		}
		ASSERT_EQ(0, missed);
	}
	done = true;
	for (page = 0; page < WRITERS; page++) {
		ASSERT_EQ(0, pthread_join(self->writer[page].thread, NULL));
	}
	/* No one writes any more: each page comes at most once, and then none. */
	for (seen = 0; ; seen += report.count) {
		ASSERT_EQ(0, collect_at_most(variant->room,
					     WRITE_WATCH_FLAG_RESET, self->base,
					     REGION));
		if (!report.count)
			break;
		ASSERT_GE(PAGES, seen + report.count);
		wrong += process(self->base, self->processed, self->reported);
	}
	for (page = 0; page < PAGES; page++)
		lost += self->processed[page] != *version(self->base, page);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, lost);
}

TEST_HARNESS_MAIN
