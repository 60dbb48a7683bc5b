// SPDX-License-Identifier: GPL-2.0
/*
 * Description: VirtualQuery of programs and libraries, which are one allocation
 * each (rules Q5, Q8, Q13, B5).
 */
#include "hostmem_test.h"

#include <sys/personality.h>

#define FIXED	((uintptr_t)0x50000000)
#define LIMIT	(8 * BLOCK)		/* no layout below is larger */

FIXTURE(image)
{
	int file;
};

FIXTURE_SETUP(image)
{
	self->file = memfd_create("image", MFD_CLOEXEC);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, LIMIT));
	ASSERT_EQ(0, mappings(getpid(), FIXED - LIMIT, FIXED + 2 * LIMIT));
}

FIXTURE_TEARDOWN(image)
{
}

/*
 * This program
 */

extern char __executable_start[], end[];
static const char in_rodata[] = "read only";
static int in_data = 42;
static char in_bss[16 * PAGE];

#define EXPECT_IMAGE(address, base, size, protect)			\
	EXPECT_QUERY(address, (uintptr_t)(address) & -PAGE, base,	\
		     PAGE_EXECUTE_WRITECOPY, size, MEM_COMMIT, protect,	\
		     MEM_IMAGE)

TEST_F(image, program_is_one_image_Q5_Q13)
{
	uintptr_t image = (uintptr_t)__executable_start & -PAGE;
	uintptr_t after = ((uintptr_t)end + PAGE - 1) & -PAGE;
	char *middle = in_bss + sizeof(in_bss) / 2;

	EXPECT_IMAGE(__executable_start, image,
		     query(__executable_start).RegionSize, PAGE_READONLY);
	EXPECT_IMAGE(query, image, query((void *)query).RegionSize,
		     PAGE_EXECUTE_READ);
	EXPECT_IMAGE(in_rodata, image, query(in_rodata).RegionSize,
		     PAGE_READONLY);
	/* .data and .bss are one run. */
	EXPECT_IMAGE(&in_data, image, after - ((uintptr_t)&in_data & -PAGE),
		     PAGE_READWRITE);
	EXPECT_IMAGE(middle, image, after - ((uintptr_t)middle & -PAGE),
		     PAGE_READWRITE);
	EXPECT_NE(image, (uintptr_t)query((char *)after).AllocationBase);
	EXPECT_FREE(image - PAGE);
}

TEST_F(image, heap_and_stack_are_private_Q13)
{
	MEMORY_BASIC_INFORMATION heap, stack;
	char *brk = sbrk(GRANULE);

	ASSERT_NE((void *)-1, brk);
	heap = query(brk);
	stack = query(&heap);
	EXPECT_EQ(MEM_COMMIT, heap.State);
	EXPECT_EQ(MEM_PRIVATE, heap.Type);
	EXPECT_EQ(PAGE_READWRITE, heap.Protect);
	EXPECT_EQ(MEM_COMMIT, stack.State);
	EXPECT_EQ(MEM_PRIVATE, stack.Type);
	EXPECT_EQ(PAGE_READWRITE, stack.Protect);
	EXPECT_EQ(PAGE_READWRITE, stack.AllocationProtect);
}

/* What the program is when its addresses aren't random: the first wrong thing. */
static int heap_behind_bss(void)
{
	uintptr_t image = (uintptr_t)__executable_start & -PAGE;
	char *heap = (char *)(((uintptr_t)end + PAGE - 1) & -PAGE);
	MEMORY_BASIC_INFORMATION info;
	char *brk = sbrk(GRANULE);

	if (brk < heap || brk > heap + MIB)
		return 1;
	/* Makes them one VMA, or there would be nothing to tell apart. */
	if (mprotect(heap, GRANULE, PROT_READ) ||
	    mprotect(heap, GRANULE, PROT_READ | PROT_WRITE) ||
	    mappings(getpid(), (uintptr_t)heap - 1, (uintptr_t)heap + 1) != 1)
		return 2;
	info = query(in_bss);
	if ((uintptr_t)info.AllocationBase != image || info.Type != MEM_IMAGE ||
	    (char *)info.BaseAddress + info.RegionSize != heap)
		return 3;
	info = query(heap);
	if (info.AllocationBase != heap || info.Type != MEM_PRIVATE ||
	    info.AllocationProtect != PAGE_READWRITE ||
	    (char *)info.BaseAddress + info.RegionSize < brk + GRANULE)
		return 4;
	info = query(brk + GRANULE / 2);
	if (info.AllocationBase != heap || info.Type != MEM_PRIVATE)
		return 5;
	return 0;
}

static void __attribute__((constructor)) after_exec(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--heap"))
		_exit(heap_behind_bss());
}

TEST_F(image, heap_in_one_mapping_with_bss_is_told_apart_Q13)
{
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		personality(ADDR_NO_RANDOMIZE);
		execl("/proc/self/exe", "image", "--heap", NULL);
		_exit(127);
	}
	EXPECT_EQ(0, WEXITSTATUS(status_of(child)));
}

/*
 * Images as loaders make them
 */

enum source {
	ANON = -1,
	HOLE = -2,
	SHARED = -3,
	NORESERVE = -4,
	OTHER = -5,
	OTHER_LATER = -6,
};

/* Pieces one after the other: how many pages, of which of the file. */
struct piece {
	size_t pages;
	int offset;
	int prot;
};

#define R	PROT_READ
#define RW	(PROT_READ | PROT_WRITE)
#define RX	(PROT_READ | PROT_EXEC)
#define MAX_PIECES	10

/* Returns where the pieces end, or 0. */
static uintptr_t map_pieces(int file, const struct piece *pieces, uintptr_t at)
{
	int other = memfd_create("other", MFD_CLOEXEC);
	int i;

	if (other < 0 || ftruncate(other, LIMIT))
		return 0;
	for (i = 0; i < MAX_PIECES && pieces[i].pages; i++) {
		int flags = MAP_FIXED_NOREPLACE, offset = pieces[i].offset;
		size_t size = pieces[i].pages * PAGE;

		flags |= offset == SHARED ? MAP_SHARED : MAP_PRIVATE;
		flags |= offset < 0 && offset > OTHER ? MAP_ANONYMOUS : 0;
		flags |= offset == NORESERVE ? MAP_NORESERVE : 0;
		if (offset != HOLE &&
		    mmap((void *)at, size, pieces[i].prot, flags,
			 offset >= 0 ? file : offset > OTHER ? -1 : other,
			 offset >= 0 ? offset * PAGE :
			 offset == OTHER_LATER ? BLOCK : 0) != (void *)at)
			return 0;
		at += size;
	}
	close(other);
	return at;
}

static DWORD protect_of(int prot)
{
	return prot & PROT_EXEC ? PAGE_EXECUTE_READ :
	       prot & PROT_WRITE ? PAGE_READWRITE :
	       prot ? PAGE_READONLY : PAGE_NOACCESS;
}

static const struct layout {
	const char *name;
	struct piece pieces[MAX_PIECES];
} images[] = {
	{ "ld", { { 3, 0, R }, { 4, 3, RX }, { 2, 7, R }, { 1, 8, R },
		  { 2, 9, RW }, { 20, ANON, RW } } },
	{ "ld, without .bss", { { 3, 0, R }, { 4, 3, RX }, { 2, 9, RW } } },
	{ "ld, older", { { 7, 0, RX }, { 1, 6, R }, { 2, 7, RW },
			 { 1, ANON, RW } } },
	{ "lld, all in one page", { { 1, 0, R }, { 1, 0, RX }, { 1, 0, R },
				    { 1, 0, RW }, { 9, ANON, RW } } },
	{ "zeroes in the middle", { { 3, 0, R }, { 4, 3, RX }, { 1, 7, R },
				    { 5, ANON, R | PROT_WRITE }, { 2, 8, RW },
				    { 1, ANON, RW } } },
	{ "pages of 2 MiB, by the kernel",
	  { { 1, 0, R }, { 511, HOLE, 0 }, { 1, 512, RX }, { 1018, HOLE, 0 },
	    { 5, 1019, R }, { 1, 1024, RW }, { 3, ANON, RW } } },
	{ "pages of 2 MiB, by the dynamic linker",
	  { { 1, 0, R }, { 511, 1, PROT_NONE }, { 1, 512, RX },
	    { 511, 513, PROT_NONE }, { 1, 513, RW }, { 3, ANON, RW } } },
};

static bool is_part(uintptr_t at, uintptr_t base, size_t size, DWORD state,
		    DWORD protect)
{
	MEMORY_BASIC_INFORMATION info = query((void *)at);

	return info.BaseAddress == (void *)at &&
	       info.AllocationBase == (void *)base &&
	       info.AllocationProtect == PAGE_EXECUTE_WRITECOPY &&
	       info.RegionSize == size && info.State == state &&
	       info.Protect == protect && info.Type == MEM_IMAGE;
}

TEST_F(image, image_is_one_allocation_Q5_Q13)
{
	uintptr_t at, last;
	size_t i, j, k;

	for (i = 0; i < ARRAY_SIZE(images); i++) {
		const struct piece *pieces = images[i].pieces;

		last = map_pieces(self->file, pieces, FIXED);
		ASSERT_NE(0, last);
		at = FIXED;
		for (j = 0; pieces[j].pages; j++) {
			size_t pages = pieces[j].pages;
			bool hole = pieces[j].offset == HOLE;

			/* Neighbours that are alike are one run. */
			for (k = j + 1; pieces[k].pages &&
			     pieces[k].offset != HOLE && !hole &&
			     pieces[k].prot == pieces[j].prot; k++)
				pages += pieces[k].pages;
			EXPECT_TRUE(is_part(at, FIXED, pages * PAGE,
					    hole ? MEM_RESERVE : MEM_COMMIT,
					    hole ? 0 : protect_of(pieces[j].prot)))
				TH_LOG("%s, piece %zu", images[i].name, j);
			at += pieces[j].pages * PAGE;
			EXPECT_EQ(FIXED, (uintptr_t)query((void *)(at - 1))
					 .AllocationBase)
				TH_LOG("%s, piece %zu", images[i].name, j);
		}
		EXPECT_EQ(last, at);
		EXPECT_FREE(last);
		EXPECT_FREE(FIXED - 1);
		ASSERT_EQ(0, munmap((void *)FIXED, last - FIXED));
	}
}

/* What lies behind a complete image, and doesn't belong to it. */
static const struct layout strangers[] = {
	{ "the same again", { { 3, 0, R } } },
	{ "another file", { { 3, OTHER, RW } } },
	{ "another part of another file", { { 3, OTHER_LATER, RW } } },
	{ "a guard area", { { 3, ANON, PROT_NONE } } },
	{ "memory without a promise", { { 3, NORESERVE, RW } } },
	{ "shared memory", { { 3, SHARED, RW } } },
	{ "more of the file, far away", { { 1024, HOLE, 0 }, { 1, 20, RW } } },
};

TEST_F(image, what_lies_behind_an_image_is_not_of_it_Q13)
{
	static const struct piece image[MAX_PIECES] = {
		{ 3, 0, R }, { 4, 3, RX }, { 2, 9, RW },
	};
	uintptr_t after, last;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(strangers); i++) {
		const struct piece *pieces = strangers[i].pieces;

		after = map_pieces(self->file, image, FIXED);
		ASSERT_NE(0, after);
		last = map_pieces(self->file, pieces, after);
		ASSERT_NE(0, last);
		EXPECT_TRUE(is_part(FIXED + 7 * PAGE, FIXED, 2 * PAGE,
				    MEM_COMMIT, PAGE_READWRITE))
			TH_LOG("before %s", strangers[i].name);
		EXPECT_NE(FIXED, (uintptr_t)query((void *)after).AllocationBase)
			TH_LOG("%s", strangers[i].name);
		if (pieces[0].offset == HOLE) {
			EXPECT_QUERY(after, after, NULL, 0, 1024 * PAGE,
				     MEM_FREE, PAGE_NOACCESS, 0);
		}
		EXPECT_NE(FIXED, (uintptr_t)query((void *)(last - PAGE))
				 .AllocationBase)
			TH_LOG("%s", strangers[i].name);
		EXPECT_NE(MEM_IMAGE, query((void *)(last - PAGE)).Type)
			TH_LOG("%s", strangers[i].name);
		ASSERT_EQ(0, munmap((void *)FIXED, last - FIXED));
	}
}

TEST_F(image, file_that_is_only_read_is_no_image_Q13)
{
	static const struct piece pieces[MAX_PIECES] = {
		{ 3, 0, R }, { 2, 3, RW }, { 4, ANON, RW }, { 2, HOLE, 0 },
		{ 2, 5, R },
	};

	ASSERT_NE(0, map_pieces(self->file, pieces, FIXED));
	EXPECT_QUERY(FIXED, FIXED, FIXED, PAGE_READONLY, 3 * PAGE, MEM_COMMIT,
		     PAGE_READONLY, MEM_MAPPED);
	EXPECT_QUERY(FIXED + 4 * PAGE, FIXED + 4 * PAGE, FIXED + 3 * PAGE,
		     PAGE_READWRITE, PAGE, MEM_COMMIT, PAGE_READWRITE,
		     MEM_MAPPED);
	EXPECT_QUERY(FIXED + 5 * PAGE, FIXED + 5 * PAGE, FIXED + 5 * PAGE,
		     PAGE_READWRITE, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE,
		     MEM_PRIVATE);
	EXPECT_QUERY(FIXED + 9 * PAGE, FIXED + 9 * PAGE, NULL, 0, 2 * PAGE,
		     MEM_FREE, PAGE_NOACCESS, 0);
}

/* A query looks only so far; what it can't see to the end of is an image's. */
TEST_F(image, image_in_many_pieces_remains_one_Q13)
{
	MEMORY_BASIC_INFORMATION info;
	uintptr_t at;

	ASSERT_EQ((void *)FIXED, mmap((void *)FIXED, 200 * PAGE, RX,
				      MAP_PRIVATE | MAP_FIXED_NOREPLACE,
				      self->file, 0));
	for (at = FIXED + PAGE; at < FIXED + 200 * PAGE; at += 2 * PAGE)
		ASSERT_EQ(0, mprotect((void *)at, PAGE, RW));
	for (at = FIXED; at < FIXED + 200 * PAGE; at += PAGE) {
		info = query((void *)at);
		EXPECT_EQ(MEM_IMAGE, info.Type);
		EXPECT_EQ(PAGE, info.RegionSize);
		EXPECT_EQ(at < FIXED + 30 * PAGE ? FIXED :
			  (uintptr_t)info.AllocationBase,
			  (uintptr_t)info.AllocationBase);
		EXPECT_GE(at, (uintptr_t)info.AllocationBase);
	}
}

TEST_F(image, holes_in_an_image_are_taken_B5)
{
	const struct piece *pieces = images[5].pieces;
	uintptr_t last = map_pieces(self->file, pieces, FIXED);

	ASSERT_EQ(HOLE, pieces[1].offset);
	ASSERT_NE(0, last);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			   FIXED + GRANULE, GRANULE, MEM_RESERVE,
			   PAGE_READWRITE);
	ASSERT_EQ(0, munmap((void *)(FIXED + BLOCK), last - FIXED - BLOCK));
	EXPECT_EQ((void *)(FIXED + GRANULE),
		  reserve_at(FIXED + GRANULE, GRANULE));
}

TEST_HARNESS_MAIN
