// SPDX-License-Identifier: GPL-2.0
/*
 * Description: arguments that are wrong by themselves, one bad field at a time,
 * in both shapes of the library (rules A1-A11, A15, A16, A18, F1, F2, F13,
 * H5, P1-P6).
 *
 * What a later version may offer, such as MEM_RESET alone or PAGE_GUARD on a
 * page with access, is not tested here; what it never may offer is.
 */
#include "hostmem_test.h"

#define FIXED	((uintptr_t)0x50000000)
#define REGION	(4 * GRANULE)

#define EXPECT_BAD_ALLOC(addr, size, type, protect)			\
	EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, addr,	\
			   size, type, protect)
#define EXPECT_BAD_FREE(addr, size, type)				\
	EXPECT_FREE_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, addr,	\
			  size, type)

/*
 * A region whose second page is committed, and its status, which the teardown
 * finds unchanged: no failure may leave a trace (rule A15).
 */
FIXTURE(arguments)
{
	int fd;
	char *base;
	struct hostmem_status before;
};

FIXTURE_SETUP(arguments)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
	ASSERT_EQ(self->base + PAGE,
		  commit_at(self->base + PAGE, PAGE, PAGE_READWRITE));
	stamp(self->base + PAGE, PAGE, 1);
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(arguments)
{
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_RESERVED(self->base, self->base, PAGE);
	EXPECT_COMMITTED(self->base + PAGE, self->base, PAGE, PAGE_READWRITE);
	EXPECT_RESERVED(self->base + 2 * PAGE, self->base, REGION - 2 * PAGE);
	EXPECT_EQ(NULL, unstamped(self->base + PAGE, PAGE, 1));
}

/* Types that are wrong with any address, size and protection. */
static const DWORD bad_types[] = {
	/* Bits that no VirtualAlloc has (A2). */
	0xffffffff,
	MEM_RESERVE | 0x1, MEM_RESERVE | 0x800, MEM_RESERVE | MEM_DECOMMIT,
	MEM_RESERVE | MEM_RELEASE, MEM_RESERVE | MEM_FREE,
	MEM_RESERVE | MEM_PRIVATE, MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
	MEM_RESERVE | MEM_ROTATE, MEM_RESERVE | 0x02000000,
	MEM_RESERVE | 0x04000000, MEM_RESERVE | 0x08000000,
	MEM_RESERVE | 0x10000000, MEM_RESERVE | AT_ROUND_TO_PAGE,
	MEM_RESERVE | 0x80000000,
	MEM_COMMIT | 0x1, MEM_COMMIT | MEM_DECOMMIT, MEM_COMMIT | MEM_RELEASE,
	MEM_COMMIT | AT_ROUND_TO_PAGE, MEM_COMMIT | MEM_RESERVE_PLACEHOLDER,
	/* Nothing to do (A3). */
	0, MEM_TOP_DOWN, MEM_WRITE_WATCH, MEM_PHYSICAL, MEM_LARGE_PAGES,
	MEM_TOP_DOWN | MEM_WRITE_WATCH, AT_ROUND_TO_PAGE,
	/* A reset is alone (A4). */
	MEM_RESET | MEM_COMMIT, MEM_RESET | MEM_RESERVE,
	MEM_RESET | MEM_TOP_DOWN, MEM_RESET | MEM_RESET_UNDO,
	MEM_RESET_UNDO | MEM_COMMIT, MEM_RESET_UNDO | MEM_RESERVE,
	MEM_RESET_UNDO | MEM_TOP_DOWN,
	/* A watch is for reservations (A5, X11). */
	MEM_COMMIT | MEM_WRITE_WATCH,
	/* Large pages are committed at once, and plain (A6). */
	MEM_RESERVE | MEM_LARGE_PAGES,
	MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES | MEM_PHYSICAL,
	MEM_LARGE_PAGES | MEM_RESET,
	MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES | MEM_WRITE_WATCH,
	/* No physical memory (A7 and the project's decision 7). */
	MEM_RESERVE | MEM_PHYSICAL, MEM_COMMIT | MEM_PHYSICAL,
	MEM_RESERVE | MEM_PHYSICAL | MEM_WRITE_WATCH,
};

TEST_F(arguments, bad_type_A2_A3_A4_A5_A6_A7)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_types); i++) {
		EXPECT_BAD_ALLOC(NULL, PAGE, bad_types[i], PAGE_READWRITE);
		EXPECT_BAD_ALLOC(self->base, PAGE, bad_types[i], PAGE_READWRITE);
		EXPECT_BAD_ALLOC(FIXED + 2 * REGION, PAGE, bad_types[i],
				 PAGE_READWRITE);
	}
}

FIXTURE(protection)
{
	int fd;
	char *base;
};

FIXTURE_VARIANT(protection)
{
	DWORD type;
	bool in_region;
};

FIXTURE_VARIANT_ADD(protection, reserve)
{
	.type = MEM_RESERVE,
};

FIXTURE_VARIANT_ADD(protection, commit)
{
	.type = MEM_COMMIT,
	.in_region = true,
};

FIXTURE_VARIANT_ADD(protection, reserve_commit)
{
	.type = MEM_RESERVE | MEM_COMMIT,
};

FIXTURE_SETUP(protection)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	if (variant->in_region) {
		self->base = reserve_at(FIXED, REGION);
		ASSERT_NE(NULL, self->base);
	}
}

FIXTURE_TEARDOWN(protection)
{
}

TEST_F(protection, exactly_six_of_the_31_are_valid_P1_P2_P3)
{
	unsigned int cases = 0, valid = 0;
	DWORD protect;
	void *mem;
	size_t i;

	/* 0x00 to 0x0f, then 0x10 to 0xf0. */
	for (protect = 0; protect <= 0xf0; protect += protect < 0x10 ? 1 : 0x10) {
		bool good = false;

		cases++;
		for (i = 0; i < ARRAY_SIZE(protections); i++)
			good |= protections[i].protect == protect;
		if (!good) {
			EXPECT_BAD_ALLOC(self->base, PAGE, variant->type, protect);
			continue;
		}
		valid++;
		mem = VirtualAlloc(self->base, PAGE, variant->type, protect);
		EXPECT_NE(NULL, mem)
			TH_LOG("protection 0x%x", protect);
		mem = POISON_POINTER;
		if (variant->in_region) {
			EXPECT_EQ(protect, query(self->base).Protect);
		}
		EXPECT_EQ(S_OK, HostVirtualAlloc(self->base, PAGE, variant->type,
						 protect, eTaskCritical, &mem));
		EXPECT_NE(NULL, mem);
	}
	EXPECT_EQ(31, cases);
	EXPECT_EQ(6, valid);
}

TEST_F(protection, no_other_mix_of_bits_is_valid_P2_P4_P5_P6)
{
	static const DWORD bad[] = {
		PAGE_READONLY | PAGE_EXECUTE,			/* P2 */
		PAGE_READWRITE | PAGE_EXECUTE_WRITECOPY,
		PAGE_READWRITE | PAGE_EXECUTE_READ,
		PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY,
		0xff,
		PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE,	/* P1 */
		PAGE_NOACCESS | PAGE_GUARD,			/* P5 */
		PAGE_NOACCESS | PAGE_NOCACHE,
		PAGE_NOACCESS | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE,	/* P6 */
		PAGE_READWRITE | PAGE_GUARD | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
		PAGE_WRITECOPY | PAGE_GUARD,			/* P3 */
		0xffffffff,					/* P4 */
	};
	unsigned int bit;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_BAD_ALLOC(self->base, PAGE, variant->type, bad[i]);
	}
	for (bit = 11; bit < 32; bit++) {
		/* Control flow guard's bit; not ours to judge. */
		if (1u << bit == PAGE_TARGETS_INVALID)
			continue;
		EXPECT_BAD_ALLOC(self->base, PAGE, variant->type,
				 PAGE_READWRITE | 1u << bit);
	}
}

TEST_F(arguments, bad_protection_of_a_reservation_A8)
{
	EXPECT_BAD_ALLOC(NULL, PAGE, MEM_RESERVE, 0);
	EXPECT_BAD_ALLOC(NULL, PAGE, MEM_COMMIT, 0);
	EXPECT_BAD_ALLOC(NULL, PAGE, MEM_RESERVE, PAGE_WRITECOPY);
}

TEST_F(arguments, address_above_user_space_A9_F13)
{
	const uintptr_t addrs[] = {
		user_limit(), user_limit() + GRANULE,
		(uintptr_t)1 << 63, 0xffff888000000000, 0xffffffff80000000,
		~(uintptr_t)0xffff, ~(uintptr_t)0,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		EXPECT_BAD_ALLOC(addrs[i], PAGE, MEM_RESERVE, PAGE_READWRITE);
		EXPECT_BAD_ALLOC(addrs[i], PAGE, MEM_COMMIT, PAGE_READWRITE);
		EXPECT_BAD_ALLOC(addrs[i], 1, MEM_RESERVE | MEM_COMMIT,
				 PAGE_READWRITE);
		EXPECT_BAD_FREE(addrs[i], 0, MEM_RELEASE);
		EXPECT_BAD_FREE(addrs[i], 0, MEM_DECOMMIT);
		EXPECT_BAD_FREE(addrs[i], 1, MEM_DECOMMIT);
	}
}

TEST_F(arguments, size_beyond_user_space_A10_F13)
{
	const size_t sizes[] = {
		~(size_t)0, ~(size_t)0 - PAGE, ~(size_t)0 - FIXED,
		~(size_t)0 - FIXED + 1, (size_t)1 << 63,
		user_limit() + 1, user_limit() + GRANULE,
		user_limit() - FIXED + 1,
	};
	uintptr_t last = user_limit() - PAGE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_BAD_ALLOC(self->base, sizes[i], MEM_RESERVE,
				 PAGE_READWRITE);
		EXPECT_BAD_ALLOC(self->base, sizes[i], MEM_COMMIT,
				 PAGE_READWRITE);
		EXPECT_BAD_FREE(self->base, sizes[i], MEM_DECOMMIT);
	}
	for (i = 0; i + 1 < ARRAY_SIZE(sizes); i++) {
		EXPECT_BAD_ALLOC(NULL, sizes[i], MEM_RESERVE, PAGE_READWRITE);
		EXPECT_BAD_ALLOC(NULL, sizes[i], MEM_COMMIT, PAGE_READWRITE);
	}
	EXPECT_BAD_ALLOC(last, PAGE + 1, MEM_RESERVE, PAGE_READWRITE);
	EXPECT_BAD_ALLOC(last, PAGE + 1, MEM_COMMIT, PAGE_READWRITE);
	EXPECT_BAD_FREE(last, PAGE + 1, MEM_DECOMMIT);
	/* Its last byte is user space's last: nothing wrong by itself. */
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, last, PAGE,
			   MEM_COMMIT, PAGE_READWRITE);
}

TEST_F(arguments, size_zero_A11)
{
	static const DWORD types[] = {
		MEM_RESERVE, MEM_COMMIT, MEM_RESERVE | MEM_COMMIT,
		MEM_RESERVE | MEM_TOP_DOWN,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_BAD_ALLOC(NULL, 0, types[i], PAGE_READWRITE);
		EXPECT_BAD_ALLOC(self->base + PAGE, 0, types[i], PAGE_READWRITE);
		EXPECT_BAD_ALLOC(FIXED + 2 * REGION, 0, types[i], PAGE_READWRITE);
		EXPECT_BAD_ALLOC(1, 0, types[i], PAGE_READWRITE);
		EXPECT_BAD_ALLOC(~(uintptr_t)0, 0, types[i], PAGE_READWRITE);
	}
}

TEST_F(arguments, address_in_the_lowest_64_kib_A1)
{
	EXPECT_BAD_ALLOC(0xf000, PAGE, MEM_RESERVE, PAGE_READWRITE);
	EXPECT_BAD_ALLOC(1, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

TEST_F(arguments, come_before_the_state_of_memory)
{
	char *foreign = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_NE(MAP_FAILED, foreign);
	/* Over an own region, which alone is 487 (B5). */
	EXPECT_BAD_ALLOC(self->base, 0, MEM_RESERVE, PAGE_READWRITE);
	EXPECT_BAD_ALLOC(self->base, PAGE, MEM_RESERVE, PAGE_WRITECOPY);
	EXPECT_BAD_ALLOC(self->base, PAGE, MEM_RESERVE | AT_ROUND_TO_PAGE,
			 PAGE_READWRITE);
	/* In free memory, which alone is 487 (C3). */
	EXPECT_BAD_ALLOC(FIXED + 2 * REGION, 0, MEM_COMMIT, PAGE_READWRITE);
	EXPECT_BAD_ALLOC(FIXED + 2 * REGION, PAGE, MEM_COMMIT, 0);
	EXPECT_BAD_ALLOC(foreign, PAGE, MEM_COMMIT, 0);
	/* Beyond the region, which alone is 487 (C4). */
	EXPECT_BAD_ALLOC(self->base, REGION + 1, MEM_COMMIT, 0x3);
	/* Memory that is no region's, which alone is 487 (F5, X2, F2). */
	EXPECT_BAD_FREE(FIXED + 2 * REGION, 0, MEM_FREE);
	EXPECT_BAD_FREE(FIXED + 2 * REGION, PAGE, MEM_RELEASE);
	EXPECT_BAD_FREE(foreign, 0, 0);
	EXPECT_BAD_FREE(foreign, PAGE, MEM_RELEASE);
	/* Not a base, which alone is 487 (F4). */
	EXPECT_BAD_FREE(self->base + PAGE, 1, MEM_RELEASE);
	EXPECT_BAD_FREE(self->base + PAGE, 0, MEM_RELEASE | MEM_DECOMMIT);
}

TEST_F(arguments, critical_level_is_one_of_three_H6)
{
	static const unsigned int bad[] = { 3, 4, 0x80000000, 0xffffffff };
	unsigned int level;
	void *mem;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		mem = POISON_POINTER;
		EXPECT_EQ(E_INVALIDARG,
			  HostVirtualAlloc(NULL, PAGE, MEM_COMMIT,
					   PAGE_READWRITE,
					   (EMemoryCriticalLevel)bad[i], &mem));
		EXPECT_EQ(NULL, mem);
	}
	for (level = eTaskCritical; level <= eProcessCritical; level++) {
		EXPECT_EQ(S_OK, HostVirtualAlloc(NULL, PAGE, MEM_COMMIT,
						 PAGE_READWRITE, level, &mem));
		EXPECT_EQ(S_OK, HostVirtualFree(mem, 0, MEM_RELEASE));
	}
}

TEST_F(arguments, null_out_pointer_allocates_nothing_H5)
{
	EXPECT_EQ(E_POINTER,
		  HostVirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
				   eTaskCritical, NULL));
	EXPECT_EQ(E_POINTER,
		  HostVirtualAlloc(self->base + 2 * PAGE, PAGE, MEM_COMMIT,
				   PAGE_READWRITE, eTaskCritical, NULL));
	EXPECT_EQ(E_POINTER,
		  HostVirtualAlloc((void *)(FIXED + 2 * REGION), PAGE,
				   MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE,
				   eTaskCritical, NULL));
	EXPECT_FREE(FIXED + 2 * REGION);
}

TEST_F(arguments, bad_free_type_F1)
{
	static const DWORD types[] = {
		0, MEM_FREE, 0xffffffff, MEM_DECOMMIT | MEM_RELEASE,
		MEM_COMMIT, MEM_RESERVE, MEM_COALESCE_PLACEHOLDERS,
		MEM_PRESERVE_PLACEHOLDER,
		MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS,
		MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER,
		MEM_RELEASE | 0x80000000, MEM_DECOMMIT | 0x80000000,
		MEM_DECOMMIT | MEM_COMMIT,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_BAD_FREE(self->base, 0, types[i]);
		EXPECT_BAD_FREE(self->base + PAGE, PAGE, types[i]);
		EXPECT_BAD_FREE(NULL, 0, types[i]);
	}
}

TEST_F(arguments, release_with_a_size_F2)
{
	EXPECT_BAD_FREE(self->base, 1, MEM_RELEASE);
	EXPECT_BAD_FREE(self->base, REGION, MEM_RELEASE);
	EXPECT_BAD_FREE(self->base, ~(size_t)0, MEM_RELEASE);
	EXPECT_BAD_FREE(self->base + PAGE, PAGE, MEM_RELEASE);
	EXPECT_BAD_FREE(NULL, PAGE, MEM_RELEASE);
	EXPECT_BAD_FREE(~(uintptr_t)0, PAGE, MEM_RELEASE);
}

TEST(result_is_the_rounded_address_A16)
{
	void *mem = POISON_POINTER;

	EXPECT_EQ((void *)FIXED, reserve_at(FIXED + 0x12345 % GRANULE, REGION));
	EXPECT_EQ((void *)(FIXED + PAGE),
		  commit_at(FIXED + PAGE + 123, 1, PAGE_READWRITE));
	EXPECT_EQ(S_OK, HostVirtualAlloc((void *)(FIXED + 3 * PAGE - 1), 1,
					 MEM_COMMIT, PAGE_READWRITE,
					 eTaskCritical, &mem));
	EXPECT_EQ((void *)(FIXED + 2 * PAGE), mem);
	EXPECT_TRUE(VirtualFree((void *)FIXED, 0, MEM_RELEASE));
	EXPECT_EQ((void *)FIXED,
		  both_at(FIXED + 0xffff, PAGE, PAGE_READWRITE));
}

TEST(success_leaves_the_last_error_A18)
{
	void *mem;

	SetLastError(POISON_DWORD);
	mem = both_at(NULL, PAGE, PAGE_READWRITE);
	ASSERT_NE(NULL, mem);
	EXPECT_EQ(POISON_DWORD, GetLastError());
	EXPECT_EQ(MEM_COMMIT, query(mem).State);
	EXPECT_EQ(POISON_DWORD, GetLastError());
	EXPECT_TRUE(VirtualFree(mem, 0, MEM_DECOMMIT));
	EXPECT_TRUE(VirtualFree(mem, 0, MEM_RELEASE));
	EXPECT_EQ(POISON_DWORD, GetLastError());
}

TEST_HARNESS_MAIN
