// SPDX-License-Identifier: GPL-2.0
/*
 * Five ways to the same end.  See ways.h.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <hostmem/mscoree.h>

#include "ways.h"

/* Far from everything, and aligned for huge pages. */
#define OUR_BASE	((void *)0x200000000000)
#define PEER_BASE	((void *)0x300000000000)

static void must(HRESULT result, const char *what)
{
	if (result != S_OK)
		errx(1, "%s: HRESULT %#x", what, (unsigned int)result);
}

static void must_not_fail(int ret, const char *what)
{
	if (ret)
		err(1, "%s", what);
}

static char *our_reserve(size_t size)
{
	void *mem;

	must(HostVirtualAlloc(OUR_BASE, size, MEM_RESERVE, PAGE_READWRITE,
			      eProcessCritical, &mem), "reserve");
	return mem;
}

static void our_commit(char *mem, size_t size)
{
	void *same;

	must(HostVirtualAlloc(mem, size, MEM_COMMIT, PAGE_READWRITE,
			      eProcessCritical, &same), "commit");
}

static void our_decommit(char *mem, size_t size)
{
	must(HostVirtualFree(mem, size, MEM_DECOMMIT), "decommit");
}

static void our_release(char *mem, size_t size)
{
	(void)size;
	must(HostVirtualFree(mem, 0, MEM_RELEASE), "release");
}

static char *map_none(void *addr, size_t size, int flags)
{
	void *mem = mmap(addr, size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
			 -1, 0);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	return mem;
}

static char *peer_reserve(size_t size)
{
	return map_none(PEER_BASE, size, MAP_FIXED_NOREPLACE);
}

static void peer_release(char *mem, size_t size)
{
	must_not_fail(munmap(mem, size), "munmap");
}

static void touch_commit(char *mem, size_t size)
{
	must_not_fail(mprotect(mem, size, PROT_READ | PROT_WRITE), "mprotect");
}

static void populate_commit(char *mem, size_t size)
{
	touch_commit(mem, size);
	must_not_fail(madvise(mem, size, MADV_POPULATE_WRITE), "populate");
}

static void mmap_decommit(char *mem, size_t size)
{
	map_none(mem, size, MAP_FIXED);
}

static void dontneed_decommit(char *mem, size_t size)
{
	must_not_fail(madvise(mem, size, MADV_DONTNEED), "dontneed");
	must_not_fail(mprotect(mem, size, PROT_NONE), "mprotect");
}

static void ask_for_huge(char *mem, size_t size)
{
	must_not_fail(madvise(mem, size, MADV_HUGEPAGE), "hugepage");
}

static char *huge_reserve(size_t size)
{
	char *mem = peer_reserve(size);

	ask_for_huge(mem, size);
	return mem;
}

/* A new mapping has to be told again. */
static void huge_touch_commit(char *mem, size_t size)
{
	ask_for_huge(mem, size);
	touch_commit(mem, size);
}

const struct way ways[NR_WAYS] = {
	{ OURS, ' ', ' ', our_reserve, our_commit, our_decommit, our_release },
	{ SMALL, 't', 'm', peer_reserve, touch_commit, mmap_decommit, peer_release },
	{ SMALL, 'p', 'd', peer_reserve, populate_commit, dontneed_decommit, peer_release },
	{ HUGE, 't', 'm', peer_reserve, huge_touch_commit, mmap_decommit, peer_release },
	{ HUGE, 'p', 'd', huge_reserve, populate_commit, dontneed_decommit, peer_release },
};

void way_enter(const struct way *way)
{
	must_not_fail(prctl(PR_SET_THP_DISABLE, way->column != HUGE, 0, 0, 0),
		      "PR_SET_THP_DISABLE");
}

const char *way_name(const struct way *way)
{
	static const char *const names[NR_COLUMNS] = {
		[OURS] = "hostmem",
		[SMALL] = "mmap with 4 KiB pages",
		[HUGE] = "mmap with huge pages",
	};

	return names[way->column];
}
