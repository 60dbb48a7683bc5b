// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the two pages that show the load without a system call: who may
 * map them, what they say, and how long (rule H15).
 *
 * Sets the module's parameters, so it needs root, and puts them back.
 */
#include "hostmem_limits.h"

#define LIMIT_MB	32
#define LIMIT		(LIMIT_MB * MIB)
#define LENGTH		(HOSTMEM_LOAD_PAGES * PAGE)

/* What all users see is told in steps, and never as less than it is. */
#define STEP		MIB
#define SHARED(bytes)	(((bytes) + STEP - 1) / STEP * STEP)

struct load_page {
	_Alignas(HOSTMEM_PAGE_SIZE) volatile struct hostmem_load_page load;
};

static void *map_at(void *addr, size_t length, int prot, int flags, int fd,
		    uint64_t offset)
{
	void *map = mmap(addr, length, prot, flags, fd, offset);

	return map == MAP_FAILED ? NULL : map;
}

static struct load_page *map_pages(int fd)
{
	return map_at(NULL, LENGTH, PROT_READ, MAP_SHARED, fd,
		      HOSTMEM_LOAD_OFFSET);
}

FIXTURE(pages)
{
	int fd, other;
	uintptr_t base, other_base;
	struct load_page *pages;
};

FIXTURE_SETUP(pages)
{
	SET_PARAMETERS(LIMIT_MB, 10);
	self->base = open_region(&self->fd, LIMIT);
	ASSERT_NE(0, self->base);
	self->other_base = open_region(&self->other, LIMIT);
	ASSERT_NE(0, self->other_base);
	self->pages = map_pages(self->fd);
	ASSERT_NE(NULL, self->pages);
	ASSERT_EQ(0, raw_limit(self->fd, 2 * LIMIT));
}

FIXTURE_TEARDOWN(pages)
{
}

/* Both are what the other calls say, that of all users but for its steps. */
#define EXPECT_PAGES(pages, fd) do {					\
	struct hostmem_status __status = hostmem_status(fd);		\
									\
	EXPECT_EQ(SHARED(__status.out_total_committed_bytes),		\
		  (pages)[0].load.charged_bytes);			\
	EXPECT_EQ(__status.out_commit_limit_bytes,			\
		  (pages)[0].load.limit_bytes);				\
	EXPECT_EQ(__status.out_committed_bytes,				\
		  (pages)[1].load.charged_bytes);			\
	EXPECT_EQ(__status.out_own_limit_bytes,				\
		  (pages)[1].load.limit_bytes);				\
} while (0)

/*
 * What they say
 */

TEST_F(pages, follow_commits_at_once)
{
	int i;

	EXPECT_EQ(0, self->pages[0].load.charged_bytes);
	EXPECT_EQ(LIMIT, self->pages[0].load.limit_bytes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
	for (i = 1; i < 10; i++) {
		ASSERT_EQ(0, raw_commit(self->fd, self->base, i * PAGE, TASK,
					AT_ONCE));
		ASSERT_EQ(SHARED(i * PAGE), self->pages[0].load.charged_bytes);
		ASSERT_EQ(i * PAGE, self->pages[1].load.charged_bytes);
	}
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, MIB, TASK, AT_ONCE));
	EXPECT_EQ(SHARED(MIB + 9 * PAGE), self->pages[0].load.charged_bytes);
	EXPECT_EQ(9 * PAGE, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, munmap((void *)self->other_base, LIMIT));
	ASSERT_EQ(0, raw_decommit(self->fd, self->base, 2 * PAGE));
	EXPECT_EQ(SHARED(7 * PAGE), self->pages[0].load.charged_bytes);
	EXPECT_EQ(7 * PAGE, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, raw_release(self->fd, self->base));
	EXPECT_EQ(0, self->pages[0].load.charged_bytes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
}

TEST_F(pages, follow_the_limits)
{
	EXPECT_PAGES(self->pages, self->fd);
	ASSERT_EQ(0, raw_limit(self->fd, 10 * PAGE + 1));
	EXPECT_EQ(10 * PAGE, self->pages[1].load.limit_bytes);
	EXPECT_PAGES(self->pages, self->fd);
	ASSERT_TRUE(set_number("commit_limit_mb", 1));
	EXPECT_EQ(MIB, self->pages[0].load.limit_bytes);
	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	EXPECT_PAGES(self->pages, self->fd);
	/* A refused one is in no page. */
	EXPECT_EQ(-EINVAL, raw_limit(self->fd, 11 * PAGE));
	EXPECT_EQ(-ENOMEM, raw_commit(self->fd, self->base, 11 * PAGE, PROCESS,
				      AT_ONCE));
	EXPECT_PAGES(self->pages, self->fd);
}

TEST_F(pages, tell_a_file_without_a_limit)
{
	struct load_page *others = map_pages(self->other);

	ASSERT_NE(NULL, others);
	EXPECT_PAGES(others, self->other);
}

TEST_F(pages, follow_the_machine_when_asked)
{
	volatile struct hostmem_load_page *machine = &self->pages[0].load;
	struct timespec before, after;
	struct hostmem_load load;
	uint64_t last;
	int round;

	ASSERT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	last = machine->refreshed;
	for (round = 0; round < 3; round++) {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &before);
		ASSERT_EQ(0, raw_load(self->fd, &load));
		clock_gettime(CLOCK_MONOTONIC_COARSE, &after);
		EXPECT_EQ(load.out_total_bytes, machine->total_bytes);
		/* Nothing has been charged since. */
		EXPECT_EQ((load.out_available_bytes + MIB) / STEP * STEP,
			  machine->uncommitted_bytes);
		EXPECT_LE(last, machine->refreshed);
		EXPECT_LE(before.tv_sec * 1000000000ull + before.tv_nsec,
			  machine->refreshed);
		EXPECT_GE(after.tv_sec * 1000000000ull + after.tv_nsec,
			  machine->refreshed);
		last = machine->refreshed;
	}
	/* A commit alone changes what is charged and nothing else. */
	ASSERT_EQ(0, raw_commit(self->fd, self->base, 2 * MIB, TASK, AT_ONCE));
	EXPECT_EQ((load.out_available_bytes + MIB) / STEP * STEP,
		  machine->uncommitted_bytes);
	EXPECT_EQ(last, machine->refreshed);
	EXPECT_EQ(2 * MIB, machine->charged_bytes);

	/* The second page is about this file's cgroup, which has no limit here. */
	EXPECT_EQ(UINT64_MAX, self->pages[1].load.total_bytes);
	EXPECT_EQ(UINT64_MAX, self->pages[1].load.uncommitted_bytes);
	EXPECT_EQ(last, self->pages[1].load.refreshed);
	/* What the file is called, and not the first page, which all files show. */
	EXPECT_EQ(hostmem_status(self->fd).out_id, self->pages[1].load.id);
	EXPECT_EQ(0, self->pages[0].load.id);
	EXPECT_EQ(0, self->pages[0].load.clock_offset);
	EXPECT_EQ(0, self->pages[1].load.clock_offset);
}

static uint64_t coarse_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static int refresh_by_its_clock(void *arg)
{
	uint64_t before, after, refreshed;
	struct load_page *pages;
	struct hostmem_load load;
	int fd = open_device();

	(void)arg;
	pages = map_pages(fd);
	if (!pages || pages[1].load.id != hostmem_status(fd).out_id)
		return 1;
	before = coarse_ns();
	if (raw_load(fd, &load))
		return 2;
	after = coarse_ns();
	refreshed = pages[0].load.refreshed + pages[1].load.clock_offset;
	return refreshed < before || refreshed > after ? 3 : 0;
}

/* S7 */
TEST_F(pages, tell_the_time_in_each_time_namespace)
{
	struct time_namespace spaces[] = {
		{ 10000, refresh_by_its_clock }, { -1, refresh_by_its_clock },
		{ 0, refresh_by_its_clock },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(spaces); i++) {
		EXPECT_EQ(0, status_of(start_child(in_time_namespace, &spaces[i])))
			TH_LOG("%d seconds", spaces[i].seconds);
	}
	/* The others' clocks are nothing to this one. */
	EXPECT_EQ(0, self->pages[1].load.clock_offset);
}

/* Another's reading refreshes what is about all, and no more. */
TEST_F(pages, follow_the_own_cgroup_when_asked_by_the_own_file)
{
	struct load_page *others = map_pages(self->other);

	ASSERT_NE(NULL, others);
	ASSERT_NE(0, available(self->fd));
	EXPECT_NE(0, others[0].load.refreshed);
	EXPECT_EQ(0, others[1].load.refreshed);
	EXPECT_EQ(0, others[1].load.total_bytes);
	ASSERT_NE(0, available(self->other));
	EXPECT_NE(0, others[1].load.refreshed);
}

/* No page by page news of others, and no promise of room that isn't there. */
TEST_F(pages, tell_of_others_in_steps)
{
	volatile struct hostmem_load_page *machine = &self->pages[0].load;
	size_t pages, changes = 0;
	uint64_t now, last = 0;

	ASSERT_NE(0, available(self->fd));
	EXPECT_EQ(0, machine->uncommitted_bytes % STEP);
	for (pages = 1; pages <= 2 * STEP / PAGE; pages++) {
		ASSERT_EQ(0, raw_commit(self->other, self->other_base,
					pages * PAGE, TASK, AT_ONCE));
		now = machine->charged_bytes;
		ASSERT_EQ(SHARED(pages * PAGE), now);
		ASSERT_LE(total_committed(self->fd), now);
		changes += now != last;
		last = now;
	}
	EXPECT_EQ(2, changes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
}

TEST_F(pages, say_nothing_else)
{
	ASSERT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	ASSERT_NE(0, available(self->fd));
	EXPECT_EQ(NULL, nonzero((char *)&self->pages[0] +
				sizeof(struct hostmem_load_page),
				PAGE - sizeof(struct hostmem_load_page)));
	EXPECT_EQ(NULL, nonzero((char *)&self->pages[1] +
				sizeof(struct hostmem_load_page),
				PAGE - sizeof(struct hostmem_load_page)));
}

TEST_F(pages, are_each_files_own)
{
	struct load_page *others = map_pages(self->other);

	ASSERT_NE(NULL, others);
	ASSERT_EQ(0, raw_limit(self->fd, 100 * PAGE));
	ASSERT_EQ(0, raw_limit(self->other, 200 * PAGE));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, 2 * PAGE, TASK,
				AT_ONCE));
	EXPECT_PAGES(self->pages, self->fd);
	EXPECT_PAGES(others, self->other);
	EXPECT_EQ(SHARED(3 * PAGE), others[0].load.charged_bytes);
}

/*
 * Who may map them, and how
 */

TEST_F(pages, are_mapped_whole_read_only_and_shared)
{
	static const struct {
		size_t length;
		int prot, flags;
		uint64_t offset;
	} bad[] = {
		{ PAGE, PROT_READ, MAP_SHARED, HOSTMEM_LOAD_OFFSET },
		{ 3 * PAGE, PROT_READ, MAP_SHARED, HOSTMEM_LOAD_OFFSET },
		{ BLOCK, PROT_READ, MAP_SHARED, HOSTMEM_LOAD_OFFSET },
		{ PAGE, PROT_READ, MAP_SHARED, HOSTMEM_LOAD_OFFSET + PAGE },
		{ LENGTH, PROT_READ, MAP_SHARED, HOSTMEM_LOAD_OFFSET + PAGE },
		{ LENGTH, PROT_READ, MAP_SHARED, HOSTMEM_LOAD_OFFSET - PAGE },
		{ LENGTH, PROT_READ, MAP_SHARED, 0 },
		{ LENGTH, PROT_READ, MAP_SHARED, PAGE },
		{ LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, HOSTMEM_LOAD_OFFSET },
		{ LENGTH, PROT_WRITE, MAP_SHARED, HOSTMEM_LOAD_OFFSET },
		{ LENGTH, PROT_READ | PROT_EXEC, MAP_SHARED, HOSTMEM_LOAD_OFFSET },
		{ LENGTH, PROT_READ, MAP_PRIVATE, HOSTMEM_LOAD_OFFSET },
		{ LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE, HOSTMEM_LOAD_OFFSET },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(NULL, map_at(NULL, bad[i].length, bad[i].prot,
				       bad[i].flags, self->fd, bad[i].offset))
			TH_LOG("row %zu", i);
	}
	EXPECT_EQ(-1, mprotect(self->pages, LENGTH, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-1, mprotect(self->pages, PAGE, PROT_WRITE));
	EXPECT_EQ(-1, mprotect(self->pages, LENGTH, PROT_READ | PROT_EXEC));
	EXPECT_EQ(MAP_FAILED, mremap(self->pages, LENGTH, LENGTH + PAGE,
				     MREMAP_MAYMOVE));
	EXPECT_SEGV(self->pages, try_write(self->pages, 1));
	EXPECT_PAGES(self->pages, self->fd);
}

/* The ways around a mapping's protection that debuggers have. */
TEST_F(pages, cannot_be_written_past_their_protection)
{
	uint64_t wrong = 1;
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int fds[2];

	ASSERT_LE(0, mem);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, self->pages[0].load.charged_bytes);
	EXPECT_EQ(-1, pwrite(mem, &wrong, sizeof(wrong),
			     (off_t)(uintptr_t)&self->pages[0]));
	ASSERT_EQ(sizeof(wrong), write(fds[1], &wrong, sizeof(wrong)));
	EXPECT_EQ(-1, read(fds[0], self->pages, sizeof(wrong)));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, self->pages[0].load.charged_bytes);
	/* They can be read like all memory. */
	EXPECT_EQ(LENGTH, write(fds[1], self->pages, LENGTH));
	EXPECT_EQ(8, pread(mem, &wrong, 8,
			   (off_t)(uintptr_t)&self->pages[0].load.limit_bytes));
	EXPECT_EQ(LIMIT, wrong);
}

TEST_F(pages, are_an_ordinary_mapping_otherwise)
{
	struct load_page *again = map_pages(self->fd), *moved;
	void *place = (void *)0x50000000;

	ASSERT_NE(NULL, again);
	EXPECT_NE(self->pages, again);
	EXPECT_PAGES(again, self->fd);
	ASSERT_EQ(place, map_at(place, LENGTH, PROT_NONE,
				MAP_SHARED | MAP_FIXED_NOREPLACE, self->fd,
				HOSTMEM_LOAD_OFFSET));
	EXPECT_SEGV(place, try_read(place));
	ASSERT_EQ(0, mprotect(place, LENGTH, PROT_READ));
	EXPECT_PAGES((struct load_page *)place, self->fd);
	EXPECT_EQ(0, mlock(place, LENGTH));
	EXPECT_EQ(0, madvise(again, LENGTH, MADV_DONTNEED));
	EXPECT_PAGES(again, self->fd);
	EXPECT_EQ(0, munlock(place, LENGTH));
	moved = mremap(again, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (char *)place + GRANULE);
	if (moved != MAP_FAILED) {
		EXPECT_PAGES(moved, self->fd);
	}
	moved = map_at(NULL, LENGTH, PROT_READ, MAP_SHARED | MAP_POPULATE,
		       self->fd, HOSTMEM_LOAD_OFFSET);
	ASSERT_NE(NULL, moved);
	/* Half of it may go. */
	EXPECT_EQ(0, munmap(moved, PAGE));
	ASSERT_EQ(0, raw_commit(self->fd, self->base, PAGE, TASK, AT_ONCE));
	EXPECT_EQ(PAGE, moved[1].load.charged_bytes);
	EXPECT_PAGES(self->pages, self->fd);

	/* None of this is a region. */
	EXPECT_EQ(1, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(-ENOENT, raw_release(self->fd, (uintptr_t)place));
}

/*
 * How long
 */

TEST_F(pages, outlive_the_descriptor)
{
	ASSERT_EQ(0, raw_commit(self->fd, self->base, 3 * PAGE, TASK, AT_ONCE));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(SHARED(3 * PAGE), self->pages[0].load.charged_bytes);
	EXPECT_EQ(3 * PAGE, self->pages[1].load.charged_bytes);
	/* The memory is there, too, and goes with munmap. */
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, PAGE, TASK,
				AT_ONCE));
	EXPECT_EQ(SHARED(4 * PAGE), self->pages[0].load.charged_bytes);
	ASSERT_EQ(0, munmap((void *)self->base, LIMIT));
	EXPECT_EQ(SHARED(PAGE), self->pages[0].load.charged_bytes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, munmap(self->pages, LENGTH));
	EXPECT_EQ(PAGE, total_committed(self->other));
}

TEST_F(pages, outlive_a_shutdown)
{
	struct load_page *late;

	ASSERT_EQ(0, raw_commit(self->fd, self->base, 3 * PAGE, TASK, AT_ONCE));
	EXPECT_EQ(3 * PAGE, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_EQ(0, self->pages[0].load.charged_bytes);
	EXPECT_EQ(0, self->pages[1].load.charged_bytes);
	ASSERT_EQ(0, raw_commit(self->other, self->other_base, PAGE, TASK,
				AT_ONCE));
	EXPECT_EQ(SHARED(PAGE), self->pages[0].load.charged_bytes);
	late = map_pages(self->fd);
	if (late) {
		EXPECT_EQ(SHARED(PAGE), late[0].load.charged_bytes);
		EXPECT_EQ(0, late[1].load.charged_bytes);
	}
}

/* Nothing of all that is anyone else's business. */
struct inherited {
	int fd;
	struct load_page *touched, *untouched;
	int generations;
};

static int see_zeroes(void *arg)
{
	struct inherited *inherited = arg;
	struct load_page *fresh = map_pages(inherited->fd);

	if (nonzero(inherited->touched, LENGTH) ||
	    nonzero(inherited->untouched, LENGTH))
		return 1;
	if (fresh && nonzero(fresh, LENGTH))
		return 2;
	if (!--inherited->generations)
		return 0;
	return status_of(start_child(see_zeroes, inherited)) ? 3 : 0;
}

TEST_F(pages, are_zero_for_who_is_not_the_owner)
{
	struct inherited inherited = {
		.fd = self->fd,
		.touched = self->pages,
		.untouched = map_pages(self->fd),
		.generations = 2,
	};

	ASSERT_NE(NULL, inherited.untouched);
	ASSERT_EQ(0, raw_commit(self->fd, self->base, MIB, TASK, AT_ONCE));
	ASSERT_NE(0, available(self->fd));
	EXPECT_PAGES(self->pages, self->fd);
	EXPECT_EQ(0, status_of(start_child(see_zeroes, &inherited)));
	EXPECT_PAGES(self->pages, self->fd);
	EXPECT_PAGES(inherited.untouched, self->fd);
}

TEST_HARNESS_MAIN
