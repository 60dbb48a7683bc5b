// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_DECOMMIT and MEM_RELEASE: which pages, what is left of them,
 * and that a refused call changes nothing (rules F3-F11, F16, X2, X6, X13).
 */
#include "hostmem_processes.h"
#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(2 * BLOCK + 3 * PAGE)

/* A region that is committed but for its third page, each page stamped. */
FIXTURE(freeing)
{
	int fd;
	char *base;
	struct hostmem_status before;
};

FIXTURE_SETUP(freeing)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = both_at(FIXED, REGION, PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	ASSERT_TRUE(VirtualFree(self->base + 2 * PAGE, PAGE, MEM_DECOMMIT));
	stamp(self->base, 2 * PAGE, 1);
	stamp(self->base + 3 * PAGE, REGION - 3 * PAGE, 1);
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(freeing)
{
}

#define EXPECT_UNCHANGED() do {						\
	EXPECT_SAME_STATUS(self->before, self->fd);			\
	EXPECT_COMMITTED(self->base, self->base, 2 * PAGE, PAGE_READWRITE);	\
	EXPECT_RESERVED(self->base + 2 * PAGE, self->base, PAGE);	\
	EXPECT_COMMITTED(self->base + 3 * PAGE, self->base,		\
			 REGION - 3 * PAGE, PAGE_READWRITE);		\
	EXPECT_EQ(NULL, unstamped(self->base, 2 * PAGE, 1));		\
	EXPECT_EQ(NULL, unstamped(self->base + 3 * PAGE,		\
				  REGION - 3 * PAGE, 1));		\
} while (0)

TEST_F(freeing, release_from_any_byte_of_the_first_page_F3)
{
	static const size_t offsets[] = { 0, 1, 0xffe, 0xfff };
	char *base = self->base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		ASSERT_TRUE(VirtualFree(base + offsets[i], 0, MEM_RELEASE));
		EXPECT_FREE(base);
		EXPECT_FREE(base + REGION - 1);
		EXPECT_NOTHING_ALLOWED(base);
		EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
		EXPECT_EQ(0, hostmem_status(self->fd).out_reserved_bytes);
		EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
		EXPECT_EQ(self->before.out_total_committed_bytes -
			  self->before.out_committed_bytes,
			  hostmem_status(self->fd).out_total_committed_bytes);

		ASSERT_EQ(base, reserve_at(base, REGION));
		ASSERT_EQ(base + PAGE, commit_at(base + PAGE, 3 * PAGE,
						 PAGE_READWRITE));
	}
}

TEST_F(freeing, release_from_elsewhere_is_refused_F4_X13)
{
	static const size_t offsets[] = {
		0x1000, 0x1001, 2 * PAGE, GRANULE, BLOCK, REGION - 1,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				  self->base + offsets[i], 0, MEM_RELEASE);
	}
	EXPECT_UNCHANGED();
}

#define EXPECT_NOT_OURS(addr) do {					\
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,	\
			  addr, 0, MEM_RELEASE);			\
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,	\
			  addr, 0, MEM_DECOMMIT);			\
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,	\
			  addr, PAGE, MEM_DECOMMIT);			\
} while (0)

TEST_F(freeing, free_memory_is_not_ours_F5_X13)
{
	EXPECT_NOT_OURS(FIXED + 8 * BLOCK);
	EXPECT_NOT_OURS(self->base - 1);
	/* The rest of the last granule. */
	EXPECT_NOT_OURS(self->base + REGION);
	EXPECT_UNCHANGED();
}

TEST_F(freeing, null_is_not_ours_F14_X6)
{
	EXPECT_NOT_OURS(NULL);
	EXPECT_NOT_OURS(1);
	EXPECT_UNCHANGED();
}

static const int in_program = 42;

TEST_F(freeing, foreign_memory_is_not_ours_F5_X13)
{
	char *foreign = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile int in_stack = 42;

	ASSERT_NE(MAP_FAILED, foreign);
	stamp(foreign, 2 * PAGE, 1);
	EXPECT_NOT_OURS(foreign);
	EXPECT_NOT_OURS((uintptr_t)&in_program & -PAGE);
	EXPECT_NOT_OURS((uintptr_t)&in_stack & -PAGE);
	EXPECT_EQ(NULL, unstamped(foreign, 2 * PAGE, 1));
	EXPECT_EQ(42, in_program);
	EXPECT_EQ(42, in_stack);
	EXPECT_UNCHANGED();
}

TEST_F(freeing, second_release_is_refused_F5)
{
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_NOT_OURS(self->base);
}

TEST_F(freeing, another_files_region_is_not_ours_F5_X13)
{
	int other = open_device();
	uintptr_t base;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, raw_alloc(other, 0, PAGE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	stamp((void *)base, PAGE, 1);
	EXPECT_NOT_OURS(base);
	EXPECT_EQ(NULL, unstamped((void *)base, PAGE, 1));
}

TEST_F(freeing, type_comes_before_address_X2)
{
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
			  FIXED + 8 * BLOCK, 0, MEM_FREE);
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, NULL, 0,
			  MEM_DECOMMIT | MEM_RELEASE);
}

TEST_F(freeing, decommit_of_the_whole_region_F6)
{
	static const size_t offsets[] = { 0, 0xffe };
	char *base = self->base;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		ASSERT_TRUE(VirtualFree(base + offsets[i], 0, MEM_DECOMMIT));
		EXPECT_RESERVED(base, base, REGION);
		EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
		EXPECT_NOTHING_ALLOWED(base);
		EXPECT_NOTHING_ALLOWED(base + REGION - 1);
		ASSERT_EQ(base, commit_at(base, REGION, PAGE_READWRITE));
		EXPECT_EQ(NULL, nonzero(base, REGION));
		stamp(base, REGION, 2);
	}
}

TEST_F(freeing, decommit_of_all_from_elsewhere_is_refused_F7)
{
	static const size_t offsets[] = { 0x1000, 2 * PAGE, BLOCK, REGION - 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
				  self->base + offsets[i], 0, MEM_DECOMMIT);
	}
	EXPECT_UNCHANGED();
}

TEST_F(freeing, decommit_takes_every_page_that_has_a_byte_F8)
{
	char *base = self->base;

	ASSERT_EQ(base, commit_at(base, REGION, PAGE_READWRITE));
	stamp(base, REGION, 2);
	ASSERT_TRUE(VirtualFree(base + 0x1fff, 2, MEM_DECOMMIT));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + PAGE, base, 2 * PAGE);
	EXPECT_COMMITTED(base + 3 * PAGE, base, REGION - 3 * PAGE,
			 PAGE_READWRITE);
	EXPECT_EQ(NULL, unstamped(base, PAGE, 2));
	EXPECT_EQ(NULL, unstamped(base + 3 * PAGE, REGION - 3 * PAGE, 2));
	EXPECT_EQ(REGION - 2 * PAGE, hostmem_status(self->fd).out_committed_bytes);

	ASSERT_TRUE(VirtualFree(base + REGION - 1, 1, MEM_DECOMMIT));
	EXPECT_RESERVED(base + REGION - PAGE, base, PAGE);
	EXPECT_EQ(NULL, unstamped(base + 3 * PAGE, REGION - 4 * PAGE, 2));
}

TEST_F(freeing, decommit_of_reserved_and_mixed_pages_F9)
{
	char *base = self->base;

	EXPECT_TRUE(VirtualFree(base + 2 * PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_UNCHANGED();

	EXPECT_TRUE(VirtualFree(base + PAGE, 3 * PAGE, MEM_DECOMMIT));
	EXPECT_COMMITTED(base, base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(base + PAGE, base, 3 * PAGE);
	EXPECT_EQ(NULL, unstamped(base, PAGE, 1));
	EXPECT_EQ(NULL, unstamped(base + 4 * PAGE, REGION - 4 * PAGE, 1));

	/* In blocks of which nothing is committed. */
	EXPECT_TRUE(VirtualFree(base, REGION, MEM_DECOMMIT));
	EXPECT_TRUE(VirtualFree(base, REGION, MEM_DECOMMIT));
	EXPECT_TRUE(VirtualFree(base + BLOCK, BLOCK, MEM_DECOMMIT));
	EXPECT_RESERVED(base, base, REGION);
}

TEST_F(freeing, decommit_beyond_the_region_is_87_F10)
{
	char *base = self->base;
	char *next;

	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, base,
			  REGION + 1, MEM_DECOMMIT);
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
			  base + REGION - 1, 2, MEM_DECOMMIT);
	EXPECT_UNCHANGED();

	/* Into an adjacent region, too. */
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	ASSERT_EQ(base, both_at(base, BLOCK, PAGE_READWRITE));
	next = both_at(base + BLOCK, BLOCK, PAGE_READWRITE);
	ASSERT_EQ(base + BLOCK, next);
	stamp(base, 2 * BLOCK, 2);
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, base,
			  2 * BLOCK, MEM_DECOMMIT);
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
			  next - PAGE, 2 * PAGE, MEM_DECOMMIT);
	EXPECT_COMMITTED(base, base, BLOCK, PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, BLOCK, PAGE_READWRITE);
	EXPECT_EQ(NULL, unstamped(base, 2 * BLOCK, 2));
}

TEST_F(freeing, decommitted_pages_are_reserved_again_F11_B9)
{
	char *base = self->base;

	ASSERT_TRUE(VirtualFree(base + GRANULE, BLOCK, MEM_DECOMMIT));
	EXPECT_RESERVED(base + GRANULE, base, BLOCK);
	EXPECT_NOTHING_ALLOWED(base + GRANULE);
	EXPECT_NOTHING_ALLOWED(base + GRANULE + BLOCK - 1);
	EXPECT_TRUE(can_write(base + GRANULE - 1));
	EXPECT_TRUE(can_write(base + GRANULE + BLOCK));
	EXPECT_EQ(self->before.out_committed_bytes - BLOCK,
		  hostmem_status(self->fd).out_committed_bytes);
	EXPECT_EQ(self->before.out_total_committed_bytes - BLOCK,
		  hostmem_status(self->fd).out_total_committed_bytes);

	ASSERT_EQ(base + GRANULE,
		  commit_at(base + GRANULE, BLOCK, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(base + GRANULE, BLOCK));
	EXPECT_EQ(NULL, unstamped(base + GRANULE + BLOCK,
				  REGION - GRANULE - BLOCK, 1));
	EXPECT_EQ(self->before.out_committed_bytes,
		  hostmem_status(self->fd).out_committed_bytes);
}

/* Write to pages at both ends of a block, and to some between, which TLBs know then. */
static void write_some(char *block)
{
	static const unsigned int pages[] = { 0, 100, 200, 300, 400, BLOCK / PAGE - 1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		*(volatile char *)(block + pages[i] * PAGE) = 1;
}

/* How many of them can still be read? */
static unsigned int readable(char *block)
{
	unsigned int i, nr = 0;

	for (i = 100; i < 500; i += 100)
		nr += !try_read(block + i * PAGE).signo;
	return nr;
}

TEST_F(freeing, leaves_nothing_in_tlbs_whoever_has_the_processor_between_F11_T7)
{
	char *block = self->base + GRANULE;
	unsigned int i, rounds = is_debug_kernel() ? 100 : 3000;
	pid_t child = start_competitor();
	DWORD old;

	ASSERT_LT(0, child);
	for (i = 0; i < rounds; i++) {
		write_some(block);
		if (i % 2) {
			ASSERT_TRUE(VirtualProtect(block, BLOCK, PAGE_NOACCESS, &old));
			ASSERT_EQ(0, readable(block))
				TH_LOG("round %u", i);
			ASSERT_TRUE(VirtualProtect(block, BLOCK, PAGE_READWRITE, &old));
		} else {
			ASSERT_TRUE(VirtualFree(block, BLOCK, MEM_DECOMMIT));
			ASSERT_EQ(0, readable(block))
				TH_LOG("round %u", i);
			ASSERT_EQ(block, commit_at(block, BLOCK, PAGE_READWRITE));
		}
	}
	kill(child, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(child));
}

FIXTURE(freeing_protected)
{
};

FIXTURE_VARIANT(freeing_protected)
{
	DWORD protect;
};

FIXTURE_VARIANT_ADD(freeing_protected, noaccess)
{
	.protect = PAGE_NOACCESS,
};

FIXTURE_VARIANT_ADD(freeing_protected, readonly)
{
	.protect = PAGE_READONLY,
};

FIXTURE_VARIANT_ADD(freeing_protected, execute_read)
{
	.protect = PAGE_EXECUTE_READ,
};

FIXTURE_SETUP(freeing_protected)
{
}

FIXTURE_TEARDOWN(freeing_protected)
{
}

TEST_F(freeing_protected, leaves_nothing_behind_F16)
{
	char *base;
	unsigned int i, nr = times(500);

	for (i = 0; i < nr; i++) {
		base = both_at(FIXED, GRANULE + PAGE, PAGE_READWRITE);
		ASSERT_EQ((char *)FIXED, base);
		ASSERT_EQ(NULL, nonzero(base, GRANULE + PAGE));
		memset(base, 0xa5, GRANULE + PAGE);
		ASSERT_EQ(base, commit_at(base, GRANULE + PAGE, variant->protect));
		if (i % 2) {
			ASSERT_TRUE(VirtualFree(base, GRANULE, MEM_DECOMMIT));
		}
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	}
}

TEST_HARNESS_MAIN
