// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what munmap, mmap, mremap, mprotect and growing neighbours do to a
 * region: nothing, or away with all of it.
 */
#include "hostile.h"

#include <sys/shm.h>
#include <sys/syscall.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

#define ELSEWHERE	((char *)SPECIMEN + 64 * MIB)

/* Two specimens, one right behind the other. */
FIXTURE(mm)
{
	int fd;
	char *base;
	char *next;
	struct hostmem_status before;
};

FIXTURE_SETUP(mm)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(specimen_make(SPECIMEN));
	ASSERT_TRUE(specimen_make(NEIGHBOUR));
	self->base = (char *)SPECIMEN;
	self->next = (char *)NEIGHBOUR;
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(mm)
{
}

#define EXPECT_BOTH_INTACT() do {					\
	EXPECT_SAME_STATUS(self->before, self->fd);			\
	EXPECT_INTACT(SPECIMEN);					\
	EXPECT_INTACT(NEIGHBOUR);					\
} while (0)

/* A region that isn't intact must have gone, with all it had. */
#define EXPECT_GONE(address) do {					\
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION, \
			  address, 0, MEM_RELEASE);			\
	EXPECT_EQ(self->before.out_regions - 1,				\
		  hostmem_status(self->fd).out_regions);		\
	EXPECT_EQ(self->before.out_committed_bytes / 2,			\
		  hostmem_status(self->fd).out_committed_bytes);	\
	EXPECT_EQ(self->before.out_reserved_bytes / 2,			\
		  hostmem_status(self->fd).out_reserved_bytes);		\
} while (0)

/* Parts of the first specimen, and ranges that reach beyond it. */
static const struct range {
	ssize_t from;
	size_t size;
} parts[] = {
	{ 0,				PAGE },
	{ 0,				SPECIMEN_SIZE - PAGE },
	{ PAGE,				SPECIMEN_SIZE - PAGE },
	{ READONLY * PAGE,		PAGE },
	{ GUARDED * PAGE,		PAGE },
	{ (SEAM - 1) * PAGE,		2 * PAGE },
	{ GRANULE,			BLOCK },
	{ SPECIMEN_SIZE - PAGE,		PAGE },
#define WITHIN 8
	/* With a part of the next one, or with nothing else. */
	{ SPECIMEN_SIZE - PAGE,		2 * PAGE },
	{ 0,				SPECIMEN_SIZE + PAGE },
	{ PAGE,				2 * SPECIMEN_SIZE - PAGE },
	{ -(ssize_t)PAGE,		2 * PAGE },
	{ -(ssize_t)PAGE,		2 * SPECIMEN_SIZE },
	{ -(ssize_t)GRANULE,		GRANULE + SPECIMEN_SIZE + GRANULE },
};

TEST_F(mm, mprotect_is_refused_whatever_is_asked)
{
	static const int more[] = { 0, PROT_GROWSDOWN, PROT_GROWSUP };
	int key = syscall(SYS_pkey_alloc, 0, 3);
	int keys[] = { -1, 0, key };
	size_t i, j, k;
	int prot;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		for (prot = 0; prot < 8; prot++)
			for (j = 0; j < ARRAY_SIZE(more); j++)
				EXPECT_EQ(-1, mprotect(self->base + parts[i].from,
						       parts[i].size,
						       prot | more[j]));
	EXPECT_BOTH_INTACT();
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		for (prot = 0; prot < 8; prot++)
			for (k = 0; k < ARRAY_SIZE(keys); k++)
				EXPECT_EQ(-1, syscall(SYS_pkey_mprotect,
						      self->base + parts[i].from,
						      parts[i].size, prot, keys[k]));
	EXPECT_BOTH_INTACT();
	/* Of all pages of both, too. */
	for (prot = 0; prot < 8; prot++) {
		EXPECT_EQ(-1, mprotect(self->base, SPECIMEN_SIZE, prot));
		EXPECT_EQ(-1, mprotect(self->base, 2 * SPECIMEN_SIZE, prot));
		EXPECT_EQ(-1, syscall(SYS_pkey_mprotect, self->base,
				      SPECIMEN_SIZE, prot, key));
	}
	EXPECT_BOTH_INTACT();
}

TEST_F(mm, unmapping_parts_is_refused_and_takes_no_neighbour)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		EXPECT_EQ(-1, munmap(self->base + parts[i].from, parts[i].size))
			TH_LOG("part %zu", i);
	}
	EXPECT_BOTH_INTACT();
}

TEST_F(mm, mapping_over_parts_is_refused_and_takes_no_neighbour)
{
	int id = shmget(IPC_PRIVATE, 2 * SPECIMEN_SIZE, IPC_CREAT | 0600);
	int mem = memfd_create("hostile", MFD_CLOEXEC);
	size_t i;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, ftruncate(mem, 2 * SPECIMEN_SIZE));
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		char *start = self->base + parts[i].from;

		EXPECT_EQ(MAP_FAILED, mmap(start, parts[i].size, PROT_READ,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
					   -1, 0));
		EXPECT_EQ(MAP_FAILED, mmap(start, parts[i].size, PROT_NONE,
					   MAP_SHARED | MAP_FIXED, mem, 0));
	}
	EXPECT_BOTH_INTACT();
	/* Twice as long as a specimen: from within the first it cuts both. */
	EXPECT_EQ((void *)-1, shmat(id, self->base + PAGE, SHM_REMAP));
	EXPECT_EQ((void *)-1, shmat(id, self->base - GRANULE, SHM_REMAP));
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
	EXPECT_BOTH_INTACT();
}

/* The kernel may unmap what is there before the new mapping fails. */
TEST_F(mm, failing_to_map_over_all_leaves_all_or_nothing)
{
	int sealed = memfd_create("hostile", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ASSERT_EQ(0, ftruncate(sealed, SPECIMEN_SIZE));
	ASSERT_EQ(0, fcntl(sealed, F_ADD_SEALS, 0x10 /* F_SEAL_FUTURE_WRITE */));
	EXPECT_EQ(MAP_FAILED, mmap(self->base, SPECIMEN_SIZE,
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, sealed, 0));
	EXPECT_INTACT(NEIGHBOUR);
	if (hostmem_status(self->fd).out_regions == 2) {
		EXPECT_BOTH_INTACT();
		ASSERT_EQ(0, munmap(self->base, SPECIMEN_SIZE));
	}
	EXPECT_GONE(self->base);
	EXPECT_NOTHING_ALLOWED(self->base + READWRITE * PAGE);
	ASSERT_EQ(self->base, both_at(self->base, SPECIMEN_SIZE, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(self->base, SPECIMEN_SIZE));
}

TEST_F(mm, mapping_over_both_releases_both)
{
	ASSERT_EQ(self->base - PAGE,
		  mmap(self->base - PAGE, 2 * SPECIMEN_SIZE + 2 * PAGE,
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_EQ(0, hostmem_status(self->fd).out_reserved_bytes);
	EXPECT_EQ(NULL, nonzero(self->base, 2 * SPECIMEN_SIZE));
	EXPECT_TRUE(can_write(self->base + READONLY * PAGE));
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,
			  self->base, 0, MEM_RELEASE);
}

static const int mremap_flags[] = {
	0, MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP, 8,
	MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
	MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
};

/* Asking for the size that it has is a success that does nothing. */
TEST_F(mm, mremap_moves_nothing_whatever_the_flags)
{
	size_t i, j, k, f;
	char *moved;

	for (f = 0; f < ARRAY_SIZE(mremap_flags); f++) {
		for (i = 0; i <= WITHIN; i++) {
			size_t size = i < WITHIN ? parts[i].size : SPECIMEN_SIZE;
			char *from = self->base + (i < WITHIN ? parts[i].from : 0);
			size_t sizes[] = { 0, PAGE, size / 2 & ~(PAGE - 1), size,
					   size + PAGE, 2 * size };
			char *to[] = { ELSEWHERE, from + PAGE, from };

			for (j = 0; j < ARRAY_SIZE(sizes); j++)
				for (k = 0; k < ARRAY_SIZE(to); k++) {
					/* A target of its own is unmapped. */
					if (k && mremap_flags[f] & MREMAP_FIXED)
						continue;
					moved = mremap(from, size, sizes[j],
						       mremap_flags[f], to[k]);
					EXPECT_TRUE(moved == MAP_FAILED ||
						    (moved == from &&
						     sizes[j] == size))
						TH_LOG("flags %d part %zu size %zu",
						       mremap_flags[f], i, j);
					/* Old size 0: a second mapping of it. */
					EXPECT_EQ(MAP_FAILED,
						  mremap(from, 0, sizes[j] + PAGE,
							 mremap_flags[f], to[k]));
				}
		}
		EXPECT_BOTH_INTACT();
	}
	EXPECT_EQ(0, mappings(getpid(), (uintptr_t)ELSEWHERE,
			      (uintptr_t)ELSEWHERE + 4 * SPECIMEN_SIZE));
}

/* What is at the target goes first, by the rules of munmap. */
TEST_F(mm, mremap_onto_another_region_takes_all_of_that_or_nothing)
{
	EXPECT_EQ(MAP_FAILED, mremap(self->base, GRANULE, GRANULE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, self->next));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, SPECIMEN_SIZE, SPECIMEN_SIZE,
				     MREMAP_MAYMOVE | MREMAP_FIXED,
				     self->next + GRANULE));
	EXPECT_BOTH_INTACT();
	EXPECT_EQ(MAP_FAILED, mremap(self->base, SPECIMEN_SIZE, SPECIMEN_SIZE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, self->next));
	EXPECT_INTACT(SPECIMEN);
	if (hostmem_status(self->fd).out_regions == 2)
		EXPECT_BOTH_INTACT();
	else
		EXPECT_GONE(self->next);
}

TEST_F(mm, mremap_of_other_memory_onto_it_takes_all_of_it_or_nothing)
{
	char *other = mmap(NULL, SPECIMEN_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	ASSERT_NE(MAP_FAILED, other);
	stamp(other, SPECIMEN_SIZE, 9);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t size = parts[i].size;

		if (size > SPECIMEN_SIZE)
			continue;
		EXPECT_EQ(MAP_FAILED, mremap(other, size, size,
					     MREMAP_MAYMOVE | MREMAP_FIXED,
					     self->base + parts[i].from));
	}
	EXPECT_BOTH_INTACT();
	ASSERT_EQ(self->base, mremap(other, SPECIMEN_SIZE, SPECIMEN_SIZE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, self->base));
	for (i = 0; i < SPECIMEN_SIZE; i += PAGE)
		EXPECT_EQ((uintptr_t)(other + i) ^ 9, *(uint64_t *)(self->base + i));
	EXPECT_INTACT(NEIGHBOUR);
	EXPECT_GONE(self->base);
}

/* A stack grows down as far as a gap before a region, the heap up to one. */
TEST_F(mm, growing_neighbours_stop_at_it)
{
	char *stack = self->next + SPECIMEN_SIZE + 2 * MIB;
	uintptr_t heap = ((uintptr_t)sbrk(0) + 2 * GRANULE) & ~(GRANULE - 1);
	char *low, *at;

	ASSERT_EQ(stack, mmap(stack, PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
			      MAP_FIXED_NOREPLACE, -1, 0));
	for (low = at = stack; can_write(at); at -= PAGE)
		low = at;
	EXPECT_LT(self->next + SPECIMEN_SIZE, low);
	EXPECT_BOTH_INTACT();

	ASSERT_EQ((void *)heap, reserve_at(heap, GRANULE));
	EXPECT_EQ((void *)-1, sbrk(4 * GRANULE));
	EXPECT_EQ(heap, (uintptr_t)query((void *)heap).AllocationBase);
	ASSERT_TRUE(VirtualFree((void *)heap, 0, MEM_RELEASE));
	EXPECT_NE((void *)-1, sbrk(4 * GRANULE));
	EXPECT_BOTH_INTACT();
}

TEST_HARNESS_MAIN
