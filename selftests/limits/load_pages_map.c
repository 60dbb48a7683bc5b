// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the two pages that show the load without a system call: who may map them,
 * how, and how long they tell something (rule H15).
 */
#include "load_pages.h"

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
