// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the room that stacks grow into is reserved (rules B5, B8, Q5, Q7,
 * Q13): that of the main thread, and of mappings that grow down.
 */
#include "hostmem_test.h"

#include <sys/resource.h>

/* What the kernel keeps free below a stack. */
#define GAP	MIB

/* Where nothing else is, with a hole below that is larger than any stack here. */
#define PLACE	((uintptr_t)1 << 44)

FIXTURE(stack)
{
	struct rlimit limit;	/* as it was */
	uintptr_t start, end;	/* the main thread's */
};

static bool find_stack(uintptr_t *start, uintptr_t *end)
{
	FILE *file = fopen("/proc/self/maps", "r");
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, "[stack]") &&
			sscanf(line, "%" SCNxPTR "-%" SCNxPTR, start, end) == 2;
	if (file)
		fclose(file);
	return found;
}

static int set_limit(rlim_t bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit))
		return -1;
	limit.rlim_cur = bytes;
	return setrlimit(RLIMIT_STACK, &limit);
}

static char *map_stack(uintptr_t at, size_t size)
{
	return mmap((void *)at, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
		    MAP_FIXED_NOREPLACE, -1, 0);
}

FIXTURE_SETUP(stack)
{
	ASSERT_EQ(0, getrlimit(RLIMIT_STACK, &self->limit));
	if (self->limit.rlim_max != RLIM_INFINITY) {
		self->limit.rlim_max = RLIM_INFINITY;
		ASSERT_EQ(0, setrlimit(RLIMIT_STACK, &self->limit));
	}
	ASSERT_EQ(0, set_limit(8 * MIB));
	ASSERT_TRUE(find_stack(&self->start, &self->end));
	ASSERT_EQ(0, mappings(getpid(), PLACE - TIB, PLACE + TIB));
}

FIXTURE_TEARDOWN(stack)
{
	setrlimit(RLIMIT_STACK, &self->limit);
}

/* The room [bottom, start) of a stack that is [start, end). */
#define EXPECT_ROOM(bottom, start, end) do {				\
	EXPECT_QUERY((bottom), (bottom), (bottom), PAGE_READWRITE,	\
		     (start) - (bottom), MEM_RESERVE, 0, MEM_PRIVATE);	\
	EXPECT_QUERY((start) - 1, (start) - PAGE, (bottom),		\
		     PAGE_READWRITE, PAGE, MEM_RESERVE, 0, MEM_PRIVATE);	\
	EXPECT_QUERY((start), (start), (bottom), PAGE_READWRITE,	\
		     (end) - (start), MEM_COMMIT, PAGE_READWRITE,	\
		     MEM_PRIVATE);					\
} while (0)

#define EXPECT_RESERVE_FAILS(address, size)				\
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, address,	\
			   size, MEM_RESERVE, PAGE_READWRITE)

TEST_F(stack, of_the_main_thread_has_room_Q7_Q13)
{
	uintptr_t bottom = self->end - 8 * MIB - GAP;

	EXPECT_ROOM(bottom, self->start, self->end);
	EXPECT_QUERY(bottom - 1, bottom - PAGE, NULL, 0, PAGE, MEM_FREE,
		     PAGE_NOACCESS, 0);
	/* What it has grown by is not reserved any more. */
	ASSERT_TRUE(can_write((void *)(self->start - MIB)));
	EXPECT_ROOM(bottom, self->start - MIB, self->end);
}

TEST_F(stack, has_the_room_that_its_limit_allows_Q7)
{
	static const rlim_t limits[] = {
		16 * MIB, 64 * MIB + 5, MIB, 200 * MIB, 8 * MIB,
	};
	uintptr_t bottom;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		ASSERT_EQ(0, set_limit(limits[i]));
		ASSERT_TRUE(map_stack(PLACE - PAGE, PAGE) == (void *)(PLACE - PAGE));
		bottom = PLACE - (limits[i] & -PAGE) - GAP;
		EXPECT_ROOM(bottom, PLACE - PAGE, PLACE);
		/* The kernel agrees. */
		EXPECT_TRUE(can_write((void *)(bottom + GAP)));
		EXPECT_FALSE(can_write((void *)(bottom + GAP - PAGE)));
		EXPECT_ROOM(bottom, bottom + GAP, PLACE);
		ASSERT_EQ(0, munmap((void *)(bottom + GAP), PLACE - bottom - GAP));
		EXPECT_FREE(PLACE - PAGE);
	}
}

TEST_F(stack, that_is_larger_than_its_limit_keeps_its_guard_Q7)
{
	ASSERT_EQ((void *)(PLACE - 2 * MIB), map_stack(PLACE - 2 * MIB, 2 * MIB));
	ASSERT_EQ(0, set_limit(MIB));
	EXPECT_ROOM(PLACE - 2 * MIB - GAP, PLACE - 2 * MIB, PLACE);
}

/* No limit: as much as the kernel keeps free above everything else, or 128 MiB. */
TEST_F(stack, without_a_limit_has_some_room_Q7)
{
	MEMORY_BASIC_INFORMATION info;

	ASSERT_EQ((void *)(PLACE - PAGE), map_stack(PLACE - PAGE, PAGE));
	ASSERT_EQ(0, set_limit(RLIM_INFINITY));
	EXPECT_ROOM(PLACE - 128 * MIB - GAP, PLACE - PAGE, PLACE);
	info = query((void *)self->start);
	EXPECT_GE(self->end - 128 * MIB - GAP, (uintptr_t)info.AllocationBase);
	EXPECT_LT(PLACE, (uintptr_t)info.AllocationBase);

	/* More than there are addresses, and nothing mapped in 5/6 of them. */
	ASSERT_EQ(0, set_limit(RLIM_INFINITY - 1));
	info = query((void *)(PLACE - PAGE));
	EXPECT_LE(GRANULE, (uintptr_t)info.AllocationBase);
	EXPECT_GT(PLACE - 128 * MIB, (uintptr_t)info.AllocationBase);
}

TEST_F(stack, room_ends_where_something_else_is_Q5_Q7)
{
	static const int prots[] = { PROT_READ | PROT_WRITE, PROT_NONE };
	uintptr_t start = PLACE - PAGE, other = PLACE - 3 * MIB;
	size_t i;

	ASSERT_EQ((void *)start, map_stack(start, PAGE));
	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		ASSERT_EQ((void *)other, mmap((void *)other, PAGE, prots[i],
					      MAP_PRIVATE | MAP_ANONYMOUS |
					      MAP_FIXED_NOREPLACE, -1, 0));
		EXPECT_ROOM(other + PAGE, start, PLACE);
		EXPECT_EQ((void *)other, query((void *)other).AllocationBase);
		ASSERT_EQ(0, munmap((void *)other, PAGE));
		EXPECT_ROOM(PLACE - 8 * MIB - GAP, start, PLACE);
	}
	/* Another stack. */
	ASSERT_EQ((void *)other, map_stack(other, PAGE));
	EXPECT_ROOM(other + PAGE, start, PLACE);
	EXPECT_ROOM(other + PAGE - 8 * MIB - GAP, other, other + PAGE);
}

TEST_F(stack, with_a_guard_in_it_is_one_allocation_Q5)
{
	uintptr_t start = PLACE - 5 * PAGE, bottom = PLACE - 3 * PAGE - 8 * MIB - GAP;

	ASSERT_EQ((void *)start, map_stack(start, 5 * PAGE));
	ASSERT_EQ(0, mprotect((void *)(start + 2 * PAGE), PAGE, PROT_NONE));
	EXPECT_ROOM(bottom, start, start + 2 * PAGE);
	EXPECT_QUERY(start + 2 * PAGE, start + 2 * PAGE, bottom, PAGE_READWRITE,
		     PAGE, MEM_COMMIT, PAGE_NOACCESS, MEM_PRIVATE);
	EXPECT_QUERY(start + 3 * PAGE, start + 3 * PAGE, bottom, PAGE_READWRITE,
		     2 * PAGE, MEM_COMMIT, PAGE_READWRITE, MEM_PRIVATE);
}

/* Each hint into a room is refused, and the stack gets all of it. */
static void try_hints(struct __test_metadata *_metadata, uintptr_t bottom,
		      uintptr_t start, uintptr_t lowest)
{
	struct hostmem_status before = hostmem_status(library_fd());
	uintptr_t below = (bottom & -GRANULE) - GRANULE;

	EXPECT_RESERVE_FAILS(start - 1, 1);
	EXPECT_RESERVE_FAILS(start - GRANULE, PAGE);
	EXPECT_RESERVE_FAILS((start + bottom) / 2, 1);
	EXPECT_RESERVE_FAILS(bottom, PAGE);
	EXPECT_RESERVE_FAILS(bottom + 3 * GRANULE, MIB);
	EXPECT_RESERVE_FAILS(below, GRANULE + bottom % GRANULE + 1);
	EXPECT_RESERVE_FAILS(below, start - below);
	EXPECT_SAME_STATUS(before, library_fd());

	/* Up to it, there is no reason to refuse. */
	EXPECT_EQ((void *)below,
		  both_at(below, GRANULE + bottom % GRANULE, PAGE_READWRITE));
	EXPECT_TRUE(can_write((void *)lowest));
	EXPECT_FALSE(can_write((void *)(lowest - PAGE)));
	EXPECT_EQ(NULL, nonzero((void *)below, GRANULE));
}

TEST_F(stack, room_of_the_main_thread_is_taken_B5)
{
	try_hints(_metadata, self->end - 8 * MIB - GAP, self->start,
		  self->end - 8 * MIB);
}

TEST_F(stack, room_of_another_stack_is_taken_B5)
{
	ASSERT_EQ((void *)(PLACE + 3 * PAGE), map_stack(PLACE + 3 * PAGE, PAGE));
	try_hints(_metadata, PLACE + 4 * PAGE - 8 * MIB - GAP, PLACE + 3 * PAGE,
		  PLACE + 4 * PAGE - 8 * MIB);
}

/*
 * Where the next region would go, there is a stack, and nothing but its room below
 * and @below of what is free.
 */
static void put_stack(struct __test_metadata *_metadata, DWORD direction,
		      size_t size)
{
	uintptr_t first, next, stack, bottom;
	char *base = VirtualAlloc(NULL, 16 * MIB, MEM_RESERVE | direction,
				  PAGE_READWRITE);

	ASSERT_NE(NULL, base);
	first = (uintptr_t)base;
	stack = first + 16 * MIB - PAGE;
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	ASSERT_EQ((void *)stack, map_stack(stack, PAGE));
	bottom = (uintptr_t)query((void *)stack).AllocationBase;
	EXPECT_LE(stack + PAGE - 8 * MIB - GAP, bottom);

	next = (uintptr_t)VirtualAlloc(NULL, size, MEM_RESERVE | direction,
				       PAGE_READWRITE);
	ASSERT_NE(0, next);
	EXPECT_TRUE(next + size <= bottom || next > stack)
		TH_LOG("%lx + %lx, in the room %lx to %lx", next, size, bottom,
		       stack);
	/* What is outside is as good as before. */
	if (!direction && size < bottom - first)
		EXPECT_EQ(first, next);
	EXPECT_TRUE(can_write((void *)(stack + PAGE - 8 * MIB)));
	ASSERT_TRUE(VirtualFree((void *)next, 0, MEM_RELEASE));
	ASSERT_EQ(0, munmap((void *)(stack + PAGE - 8 * MIB), 8 * MIB));
}

static const size_t sizes[] = { PAGE, GRANULE, BLOCK, 7 * MIB, 12 * MIB };

TEST_F(stack, room_is_not_searched_from_below_B1)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		put_stack(_metadata, 0, sizes[i]);
}

TEST_F(stack, room_is_not_searched_from_above_B8)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		put_stack(_metadata, MEM_TOP_DOWN, sizes[i]);
}

/* Rather no address space than a stack's. */
TEST_F(stack, room_is_not_the_last_resort_A12)
{
	uintptr_t bottom, at;
	size_t size;

	ASSERT_EQ((void *)(PLACE - PAGE), map_stack(PLACE - PAGE, PAGE));
	ASSERT_EQ(0, set_limit(RLIM_INFINITY - 1));
	bottom = (uintptr_t)query((void *)(PLACE - PAGE)).AllocationBase;
	ASSERT_GT(TIB, bottom);
	size = query((void *)PLACE).RegionSize;
	ASSERT_EQ((void *)PLACE, mmap((void *)PLACE, size, PROT_NONE,
				      MAP_PRIVATE | MAP_ANONYMOUS |
				      MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0));
	EXPECT_ALLOC_FAILS(ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY, NULL, TIB,
			   MEM_RESERVE, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY, NULL, TIB,
			   MEM_RESERVE | MEM_TOP_DOWN, PAGE_READWRITE);

	ASSERT_EQ(0, set_limit(8 * MIB));
	at = (uintptr_t)VirtualAlloc(NULL, TIB, MEM_RESERVE | MEM_TOP_DOWN,
				     PAGE_READWRITE);
	ASSERT_NE(0, at);
	/* Aligned to the page tables that it spans. */
	EXPECT_EQ((PLACE - 8 * MIB - GAP - TIB) & -(512 * GIB), at);
}

TEST_HARNESS_MAIN
