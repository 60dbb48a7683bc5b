// SPDX-License-Identifier: GPL-2.0
/*
 * Description: 2 MiB that are committed in one call may be mapped at once, without a page
 * table.  Nobody can tell, but by what page tables take: whatever is done to a part is
 * done to that part alone (rules C6, F11, G1, P1, R1, T2).
 */
#include "hostmem_test.h"

#include <pthread.h>
#include <sys/prctl.h>

#define FIRST		((uintptr_t)0x50000000)
#define NR		4u
#define REGION		((NR + 1) * BLOCK)
#define SEED		17u

FIXTURE(blocks)
{
	char *base;		/* of a region; its first page is committed */
	char *blocks;		/* NR of them, committed and stamped */
	int64_t tables;		/* before that */
	bool huge;		/* is that what this kernel does? */
};

FIXTURE_SETUP(blocks)
{
	self->base = reserve_at(FIRST, REGION);
	ASSERT_EQ((char *)FIRST, self->base);
	ASSERT_NE(NULL, commit_at(self->base, PAGE, PAGE_READWRITE));
	self->blocks = self->base + BLOCK;
	self->tables = own_status("VmPTE");
	self->huge = kernel_is_at_least(6, 12) && !is_pinnable();
	ASSERT_NE(NULL, commit_at(self->blocks, NR * BLOCK, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(self->blocks, NR * BLOCK));
	stamp(self->blocks, NR * BLOCK, SEED);
}

FIXTURE_TEARDOWN(blocks)
{
	EXPECT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
}

/* How many of the blocks have a page table; without huge ones, all that ever had pages. */
#define EXPECT_TABLES(nr)							\
	EXPECT_EQ((self->huge ? (nr) : NR) * (int64_t)PAGE,			\
		  own_status("VmPTE") - self->tables)

/* A part of the blocks, to which something is done. */
FIXTURE_VARIANT(blocks)
{
	size_t at;
	size_t size;
	unsigned int broken;	/* so many blocks have a part in it only */
};

FIXTURE_VARIANT_ADD(blocks, first_page)
{
	.at = 0, .size = PAGE, .broken = 1,
};

FIXTURE_VARIANT_ADD(blocks, last_page)
{
	.at = 2 * BLOCK - PAGE, .size = PAGE, .broken = 1,
};

FIXTURE_VARIANT_ADD(blocks, all_but_a_page)
{
	.at = BLOCK + PAGE, .size = BLOCK - PAGE, .broken = 1,
};

FIXTURE_VARIANT_ADD(blocks, end_and_begin)
{
	.at = 2 * BLOCK - 3 * PAGE, .size = 5 * PAGE, .broken = 2,
};

FIXTURE_VARIANT_ADD(blocks, whole_one)
{
	.at = BLOCK, .size = BLOCK,
};

FIXTURE_VARIANT_ADD(blocks, all)
{
	.at = 0, .size = NR * BLOCK,
};

FIXTURE_VARIANT_ADD(blocks, two_and_parts)
{
	.at = BLOCK - PAGE, .size = 2 * BLOCK + 2 * PAGE, .broken = 2,
};

#define PART	(self->blocks + variant->at)
#define BEHIND	(PART + variant->size)

/* What is around the part is as before. */
#define EXPECT_AROUND() do {							\
	size_t __behind = NR * BLOCK - variant->at - variant->size;		\
										\
	EXPECT_EQ(NULL, unstamped(self->blocks, variant->at, SEED));		\
	EXPECT_EQ(NULL, unstamped(BEHIND, __behind, SEED));			\
	if (variant->at)							\
		EXPECT_NO_FAULT(try_write(PART - 9, PART[-9]));			\
	if (__behind) {								\
		EXPECT_NO_FAULT(try_write(BEHIND + 100, BEHIND[100]));		\
		EXPECT_COMMITTED(BEHIND, self->base, __behind, PAGE_READWRITE);	\
	}									\
} while (0)

TEST_F(blocks, need_no_page_tables)
{
	EXPECT_TABLES(0);
	EXPECT_EQ(NULL, unstamped(self->blocks, NR * BLOCK, SEED));
	EXPECT_COMMITTED(self->blocks, self->base, NR * BLOCK, PAGE_READWRITE);
	EXPECT_AROUND();
}

TEST_F(blocks, part_is_protected_T2)
{
	DWORD old;

	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READONLY, &old));
	EXPECT_EQ((DWORD)PAGE_READWRITE, old);
	EXPECT_TABLES(variant->broken);
	EXPECT_SEGV(PART, try_write(PART, 1));
	EXPECT_SEGV(BEHIND - 1, try_write(BEHIND - 1, 1));
	EXPECT_EQ(NULL, unstamped(PART, variant->size, SEED));
	EXPECT_COMMITTED(PART, self->base, variant->size, PAGE_READONLY);
	EXPECT_AROUND();

	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READWRITE, &old));
	EXPECT_TABLES(variant->broken);
	stamp(PART, variant->size, SEED);
	EXPECT_AROUND();

	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_NOACCESS, &old));
	EXPECT_NOTHING_ALLOWED(PART);
	EXPECT_NOTHING_ALLOWED(BEHIND - 1);
	EXPECT_AROUND();

	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READWRITE, &old));
	EXPECT_TABLES(variant->broken);
	EXPECT_EQ(NULL, unstamped(PART, variant->size, SEED));
	stamp(PART, variant->size, SEED + 1);
	EXPECT_AROUND();
}

TEST_F(blocks, part_is_executable_P1)
{
	DWORD old;
	int result;

	put_code_of_42(PART);
	EXPECT_SEGV(PART, try_exec(PART, &result));
	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_EXECUTE_READ, &old));
	EXPECT_NO_FAULT(try_exec(PART, &result));
	EXPECT_EQ(42, result);
	EXPECT_SEGV(PART, try_write(PART, 1));
	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READWRITE, &old));
	EXPECT_SEGV(PART, try_exec(PART, &result));
	EXPECT_AROUND();
}

TEST_F(blocks, part_is_decommitted_F11)
{
	ASSERT_TRUE(VirtualFree(PART, variant->size, MEM_DECOMMIT));
	EXPECT_TABLES(variant->broken);
	EXPECT_NOTHING_ALLOWED(PART);
	EXPECT_NOTHING_ALLOWED(BEHIND - 1);
	EXPECT_RESERVED(PART, self->base, variant->size);
	EXPECT_AROUND();

	ASSERT_NE(NULL, commit_at(PART, variant->size, PAGE_READWRITE));
	EXPECT_TABLES(variant->broken);
	EXPECT_EQ(NULL, nonzero(PART, variant->size));
	stamp(PART, variant->size, SEED);
	EXPECT_AROUND();
	EXPECT_COMMITTED(self->blocks, self->base, NR * BLOCK, PAGE_READWRITE);
}

TEST_F(blocks, part_is_committed_over_C6)
{
	ASSERT_NE(NULL, commit_at(PART, variant->size, PAGE_READONLY));
	EXPECT_TABLES(variant->broken);
	EXPECT_SEGV(BEHIND - 1, try_write(BEHIND - 1, 1));
	EXPECT_EQ(NULL, unstamped(PART, variant->size, SEED));
	EXPECT_AROUND();
}

TEST_F(blocks, part_is_guarded_G1)
{
	char *hit = PART + variant->size / 2 / PAGE * PAGE;
	DWORD old;

	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READWRITE | PAGE_GUARD,
				   &old));
	EXPECT_AROUND();
	EXPECT_EQ(SIGBUS, try_write(hit, 1).signo);
	EXPECT_NO_FAULT(try_write(hit, *hit));
	EXPECT_COMMITTED(hit, self->base, hit + PAGE == BEHIND && variant->at +
			 variant->size < NR * BLOCK ?
			 (size_t)(self->blocks + NR * BLOCK - hit) : PAGE,
			 PAGE_READWRITE);
	if (variant->size > PAGE) {
		EXPECT_EQ(SIGBUS, try_read(PART).signo);
		EXPECT_EQ(SIGBUS, try_read(BEHIND - 1).signo);
	}
	EXPECT_AROUND();
}

TEST_F(blocks, part_is_reset_R1)
{
	ASSERT_EQ(PART, VirtualAlloc(PART, variant->size, MEM_RESET, PAGE_READWRITE));
	EXPECT_AROUND();
	/* What is written again stays. */
	stamp(PART, PAGE, SEED + 2);
	ASSERT_TRUE(write_file("/proc/sys/vm/drop_caches", "2"));
	EXPECT_EQ(NULL, unstamped(PART, PAGE, SEED + 2));
	EXPECT_EQ(NULL, nonzero(PART + PAGE, variant->size - PAGE));
	stamp(PART, variant->size, SEED);
	EXPECT_EQ(NULL, unstamped(self->blocks, NR * BLOCK, SEED));
	/* Memory that has come back one by one can go like any other. */
	ASSERT_TRUE(VirtualFree(PART, variant->size, MEM_DECOMMIT));
	EXPECT_AROUND();
}

/* Whoever takes away what maps a block, and wants no large pages: it comes back. */
TEST_F(blocks, part_is_used_where_large_pages_are_not_wanted)
{
	DWORD old;

	ASSERT_EQ(0, prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_NOACCESS, &old));
	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READWRITE | PAGE_GUARD,
				   &old));
	EXPECT_EQ(SIGBUS, try_read(BEHIND - 1).signo);
	ASSERT_TRUE(VirtualProtect(PART, variant->size, PAGE_READWRITE, &old));
	ASSERT_TRUE(write_file("/proc/self/clear_refs", "4"));
	EXPECT_EQ(NULL, unstamped(self->blocks, NR * BLOCK, SEED));
	stamp(self->blocks, NR * BLOCK, SEED + 3);
	EXPECT_EQ(NULL, unstamped(self->blocks, NR * BLOCK, SEED + 3));
}

/*
 * Threads
 */

#define ROUNDS	times(300)

struct writer {
	volatile uint64_t *word;
	volatile bool end;
	uint64_t lost;
};

/* Its own word is what it wrote last, whatever is done to the page beside. */
static void *write_word(void *arg)
{
	struct writer *w = arg;
	uint64_t count = *w->word;

	while (!w->end) {
		if (*w->word != count)
			w->lost++;
		*w->word = ++count;
	}
	return NULL;
}

TEST(writes_go_on_while_a_block_is_broken_up)
{
	char *base = reserve_at(FIRST, 2 * BLOCK), *block = base + BLOCK;
	struct writer writer = { .word = (uint64_t *)(block + BLOCK / 2) };
	unsigned int i;
	pthread_t thread;
	DWORD old;

	ASSERT_EQ((char *)FIRST, base);
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_NE(NULL, commit_at(block, BLOCK, PAGE_READWRITE));
		writer.end = false;
		ASSERT_EQ(0, pthread_create(&thread, NULL, write_word, &writer));
		ASSERT_TRUE(VirtualProtect(block, BLOCK, PAGE_EXECUTE_READWRITE, &old));
		ASSERT_TRUE(VirtualProtect(block + PAGE, PAGE, PAGE_NOACCESS, &old));
		ASSERT_TRUE(VirtualFree(block + BLOCK - PAGE, PAGE, MEM_DECOMMIT));
		writer.end = true;
		ASSERT_EQ(0, pthread_join(thread, NULL));
		ASSERT_EQ(0u, writer.lost);
		/* Its page table would stay, and it would never be mapped at once again. */
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
		ASSERT_EQ(base, reserve_at(FIRST, 2 * BLOCK));
		ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	}
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

/* A region whose ends lie within blocks has whole ones between. */
TEST(whole_ones_lie_between_the_ends_of_a_region)
{
	char *base = reserve_at(FIRST + GRANULE, 3 * BLOCK);
	char *end = base + 3 * BLOCK;
	int64_t tables;
	DWORD old;

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	tables = own_status("VmPTE");
	ASSERT_NE(NULL, commit_at(base, 3 * BLOCK, PAGE_READWRITE));
	EXPECT_EQ((kernel_is_at_least(6, 12) && !is_pinnable() ? 1 : 3) * (int64_t)PAGE,
		  own_status("VmPTE") - tables);
	stamp(base, 3 * BLOCK, SEED);
	ASSERT_TRUE(VirtualProtect(base, 3 * BLOCK, PAGE_READONLY, &old));
	EXPECT_EQ(NULL, unstamped(base, 3 * BLOCK, SEED));
	EXPECT_SEGV(base, try_write(base, 1));
	EXPECT_SEGV(base + BLOCK, try_write(base + BLOCK, 1));
	EXPECT_SEGV(end - 1, try_write(end - 1, 1));
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	EXPECT_NOTHING_ALLOWED(base + BLOCK);
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

/* Where there is nothing to be read first: no PTE is there before the first touch. */
TEST(what_has_never_been_accessible_becomes_so)
{
	char *base = reserve_at(FIRST, 2 * BLOCK), *block = base + BLOCK;
	DWORD old;

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	ASSERT_NE(NULL, commit_at(block, BLOCK, PAGE_NOACCESS));
	EXPECT_NOTHING_ALLOWED(block);
	ASSERT_TRUE(VirtualProtect(block + PAGE, PAGE, PAGE_READWRITE, &old));
	EXPECT_NOTHING_ALLOWED(block);
	EXPECT_NO_FAULT(try_write(block + PAGE, 1));
	EXPECT_NOTHING_ALLOWED(block + 2 * PAGE);
	ASSERT_TRUE(VirtualProtect(block, BLOCK, PAGE_READWRITE, &old));
	EXPECT_EQ(NULL, nonzero(block, PAGE));
	stamp(block, BLOCK, SEED);
	EXPECT_EQ(NULL, unstamped(block, BLOCK, SEED));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
