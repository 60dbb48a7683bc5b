// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what other system calls may do to a region and to its descriptor:
 * nothing, or all of it at once.
 */
#include "lifecycle.h"

TEST_F(lifecycle, mprotect_is_refused)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	size_t i, refused = 0;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		refused += mprotect(self->base, REGION, prots[i]) == -1;
		refused += mprotect(self->base, PAGE, prots[i]) == -1;
		refused += mprotect(self->base + BLOCK, PAGE, prots[i]) == -1;
		refused += mprotect(self->base + REGION - PAGE, PAGE, prots[i]) == -1;
	}
	/* Asking for what the mapping has anyway is a success that does nothing. */
	EXPECT_LE(4 * (ARRAY_SIZE(prots) - 1), refused);
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, munmap_of_a_part_is_refused)
{
	EXPECT_EQ(-1, munmap(self->base, PAGE));
	EXPECT_EQ(-1, munmap(self->base, REGION - PAGE));
	EXPECT_EQ(-1, munmap(self->base + PAGE, PAGE));
	EXPECT_EQ(-1, munmap(self->base + GRANULE, BLOCK));
	EXPECT_EQ(-1, munmap(self->base + REGION - PAGE, PAGE));
	EXPECT_EQ(-1, munmap(self->base - PAGE, 2 * PAGE));
	EXPECT_EQ(-1, munmap(self->base + REGION - PAGE, 2 * PAGE));
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, mremap_is_refused)
{
	void *elsewhere = (void *)(FIXED + 4 * REGION);

	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION + PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, 2 * REGION,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION - PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION,
				     MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, PAGE, PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION,
				     MREMAP_MAYMOVE | MREMAP_FIXED |
				     MREMAP_DONTUNMAP, elsewhere));
	/* Old size 0: a second mapping of the same. */
	EXPECT_EQ(MAP_FAILED, mremap(self->base, 0, REGION, MREMAP_MAYMOVE));
	EXPECT_EQ(0, mappings(getpid(), (uintptr_t)elsewhere,
			      (uintptr_t)elsewhere + REGION));
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, mmap_of_the_descriptor_is_refused)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	void *elsewhere = (void *)(FIXED + 4 * REGION);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, prots[i], MAP_SHARED,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, prots[i], MAP_PRIVATE,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(elsewhere, PAGE, prots[i],
					   MAP_SHARED | MAP_FIXED_NOREPLACE,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(self->base, REGION, prots[i],
					   MAP_SHARED | MAP_FIXED, self->fd, 0));
	}
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, mapping_over_a_part_is_refused)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	EXPECT_EQ(MAP_FAILED, mmap(self->base, PAGE, PROT_READ, flags, -1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(self->base + PAGE, PAGE,
				   PROT_READ | PROT_WRITE, flags, -1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(self->base + BLOCK, PAGE, PROT_NONE, flags,
				   -1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(self->base + REGION - PAGE, 2 * PAGE,
				   PROT_READ, flags, -1, 0));
	EXPECT_UNCHANGED();
}

/* In a pinnable region some go through, and find nothing that they could change. */
static bool may_go_through(int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DOFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return is_pinnable();
	}
	return false;
}

TEST_F(lifecycle, advice_changes_nothing)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DODUMP, MADV_COLD,
		MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_WIPEONFORK,
	};
	size_t i;

	/* These the kernel takes and then has no use for. */
	madvise(self->base, REGION, MADV_MERGEABLE);
	madvise(self->base, REGION, MADV_HUGEPAGE);

	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		bool all = !madvise(self->base, REGION, advices[i]);
		bool one = !madvise(self->base + BLOCK, PAGE, advices[i]);

		EXPECT_TRUE((!all && !one) || may_go_through(advices[i]))
			TH_LOG("advice %d", advices[i]);
	}
	EXPECT_EQ(-1, madvise(self->base + BLOCK, PAGE, MADV_RANDOM));
	EXPECT_UNCHANGED();
	EXPECT_CHILD(fork_child(self->fd, self->base));
}

TEST_F(lifecycle, munmap_of_all_is_a_release)
{
	struct hostmem_status status;

	ASSERT_EQ(0, munmap(self->base, REGION));
	status = hostmem_status(self->fd);
	EXPECT_EQ(0, status.out_regions);
	EXPECT_EQ(0, status.out_reserved_bytes);
	EXPECT_EQ(0, status.out_committed_bytes);
	EXPECT_EQ(self->before.out_total_committed_bytes -
		  self->before.out_committed_bytes,
		  status.out_total_committed_bytes);
	EXPECT_FREE(self->base);
	EXPECT_NOTHING_ALLOWED(self->base + PAGE);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,
			  self->base, 0, MEM_RELEASE);

	ASSERT_EQ(self->base, both_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(self->base, REGION));
}

TEST_F(lifecycle, munmap_of_two_regions_releases_both)
{
	char *next = both_at(FIXED + REGION, GRANULE, PAGE_READWRITE);

	ASSERT_EQ((char *)FIXED + REGION, next);
	ASSERT_EQ(0, munmap((char *)FIXED - PAGE, REGION + GRANULE + 2 * PAGE));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(lifecycle, mapping_over_all_is_a_release)
{
	ASSERT_EQ(self->base, mmap(self->base, REGION, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				   -1, 0));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_EQ(NULL, nonzero(self->base, REGION));
	EXPECT_EQ(MEM_COMMIT, query(self->base).State);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,
			  self->base, 0, MEM_RELEASE);
}

TEST_F(lifecycle, closed_descriptor_leaves_the_memory)
{
	__u64 total = self->before.out_total_committed_bytes;
	uintptr_t base;
	int fd = open_device();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_alloc(fd, 0, REGION, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			       &base));
	stamp((void *)base, BLOCK, 1);
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(NULL, unstamped((void *)base, BLOCK, 1));
	stamp((void *)base, REGION, 2);
	EXPECT_EQ(NULL, unstamped((void *)base, REGION, 2));
	EXPECT_EQ(total + REGION,
		  hostmem_status(self->fd).out_total_committed_bytes);

	ASSERT_EQ(0, munmap((void *)base, REGION));
	EXPECT_EQ(total, hostmem_status(self->fd).out_total_committed_bytes);
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, duplicate_descriptor_is_the_same_space)
{
	int copy = dup(self->fd);
	uintptr_t out;

	ASSERT_LE(0, copy);
	EXPECT_SAME_STATUS(self->before, copy);
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(copy, FIXED, PAGE, HOSTMEM_RESERVE,
					    HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, raw_free(copy, FIXED, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	ASSERT_EQ(0, close(copy));
	EXPECT_EQ(self->base, reserve_at(FIXED, REGION));
}

TEST_F(lifecycle, two_files_of_a_process_are_apart)
{
	struct hostmem_memory_info info;
	int other = open_device();
	uintptr_t out;

	ASSERT_LE(0, other);
	EXPECT_EQ(0, hostmem_status(other).out_regions);
	EXPECT_EQ(-ENOENT, raw_free(other, FIXED, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(other, FIXED, PAGE, HOSTMEM_COMMIT,
					    HOSTMEM_READWRITE, &out));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(other, FIXED, PAGE, HOSTMEM_RESERVE,
					    HOSTMEM_READWRITE, &out));
	/* To the other it is memory of someone else (Q13). */
	EXPECT_EQ(0, raw_query(other, FIXED, &info));
	EXPECT_NE(HOSTMEM_FREE, info.state);
	EXPECT_UNCHANGED();
}

TEST_HARNESS_MAIN
