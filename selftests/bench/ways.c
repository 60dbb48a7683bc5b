// SPDX-License-Identifier: GPL-2.0
/*
 * Ways to the same end.  See ways.h.
 */
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "by.h"
#include "ways.h"

#define HUGE_PAGE	(2ul << 20)

/* Far from everything, and aligned for huge pages. */
#define OUR_BASE	((void *)0x200000000000)
#define PEER_BASE	((void *)0x300000000000)

/* The manager of the way that has been entered; NULL is the default one. */
static IHostMemoryManager *manager;

void must(HRESULT result, const char *what)
{
	if (result != S_OK)
		errx(1, "%s: HRESULT %#x", what, (unsigned int)result);
}

void must_not_fail(int ret, const char *what)
{
	if (ret)
		err(1, "%s", what);
}

IHostMemoryManager *manager_with(DWORD flags)
{
	HOSTMEM_OPTIONS options = { .cbSize = sizeof(options), .dwFlags = flags };
	IHostMemoryManager *made;

	must(CreateHostMemoryManager(&options, &made), "a manager");
	return made;
}

static HRESULT alloc(void *addr, size_t size, DWORD type, void **mem)
{
	if (manager)
		return IHostMemoryManager_VirtualAlloc(manager, addr, size, type, PAGE_READWRITE,
						       eProcessCritical, mem);
	return HostVirtualAlloc(addr, size, type, PAGE_READWRITE, eProcessCritical, mem);
}

static HRESULT give_back(void *mem, size_t size, DWORD type)
{
	if (manager)
		return IHostMemoryManager_VirtualFree(manager, mem, size, type);
	return HostVirtualFree(mem, size, type);
}

static char *our_reserve(size_t size)
{
	void *mem;

	must(alloc(OUR_BASE, size, MEM_RESERVE, &mem), "reserve");
	return mem;
}

static void our_commit(char *mem, size_t size)
{
	void *same;

	must(alloc(mem, size, MEM_COMMIT, &same), "commit");
}

static void our_decommit(char *mem, size_t size)
{
	must(give_back(mem, size, MEM_DECOMMIT), "decommit");
}

static void our_release(char *mem, size_t size)
{
	(void)size;
	must(give_back(mem, 0, MEM_RELEASE), "release");
}

char *our_memory(size_t size, DWORD type)
{
	void *mem;

	must(HostVirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT | type, PAGE_READWRITE,
			      eProcessCritical, &mem), "a region");
	return mem;
}

void our_free(void *mem)
{
	must(HostVirtualFree(mem, 0, MEM_RELEASE), "release");
}

char *map_none(void *addr, size_t size, int flags)
{
	void *mem = mmap(addr, size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
			 -1, 0);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	return mem;
}

char *map_memory(size_t size, int huge)
{
	char *all = map_none(NULL, size + HUGE_PAGE, 0);
	char *mem = (char *)(((uintptr_t)all + HUGE_PAGE - 1) & -HUGE_PAGE);

	if (mem > all)
		must_not_fail(munmap(all, (size_t)(mem - all)), "munmap");
	must_not_fail(munmap(mem + size, HUGE_PAGE - (size_t)(mem - all)), "munmap");
	must_not_fail(mprotect(mem, size, PROT_READ | PROT_WRITE), "mprotect");
	must_not_fail(madvise(mem, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE), "madvise");
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

/* Enough for two commits of the largest size, for the second comes at once. */
#define PREPARED	((size_t)128 << 20)

const struct way ways[NR_WAYS] = {
	{ OURS, ' ', ' ', NULL, 0, 0,
	  our_reserve, our_commit, our_decommit, our_release },
	{ OURS, ' ', ' ', "pinnable", HOSTMEM_PINNABLE, 0,
	  our_reserve, our_commit, our_decommit, our_release },
	{ OURS, ' ', ' ', "prepared", 0, PREPARED,
	  our_reserve, our_commit, our_decommit, our_release },
	{ SMALL, BY_TOUCH, BY_MMAP, NULL, 0, 0,
	  peer_reserve, touch_commit, mmap_decommit, peer_release },
	{ SMALL, BY_POPULATE, BY_DONTNEED, NULL, 0, 0,
	  peer_reserve, populate_commit, dontneed_decommit, peer_release },
	{ HUGE, BY_TOUCH, BY_MMAP, NULL, 0, 0,
	  peer_reserve, huge_touch_commit, mmap_decommit, peer_release },
	{ HUGE, BY_POPULATE, BY_DONTNEED, NULL, 0, 0,
	  huge_reserve, populate_commit, dontneed_decommit, peer_release },
};

void allow_huge(int allow)
{
	must_not_fail(prctl(PR_SET_THP_DISABLE, !allow, 0, 0, 0), "PR_SET_THP_DISABLE");
}

/*
 * Memory is prepared when nobody needs the processor.  What is ready for one way is none
 * that others can have.
 */
static void have_ready(size_t prepared)
{
	static IHostMemoryManager *having;
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	unsigned int i;

	if (having && having != manager)
		must(HostMemoryManagerPrepare(having, 0), "no memory prepared ahead");
	having = prepared ? manager : NULL;
	if (!prepared)
		return;
	must(HostMemoryManagerPrepare(manager, prepared), "memory prepared ahead");
	for (i = 0; i < 20000 && status.cbPrepared < prepared; i++) {
		usleep(1000);
		must(HostMemoryManagerStatus(manager, &status), "status");
	}
	if (status.cbPrepared < prepared)
		errx(1, "only %zu MiB are prepared", status.cbPrepared >> 20);
}

void way_enter(const struct way *way)
{
	static IHostMemoryManager *managers[NR_WAYS];
	IHostMemoryManager **made = &managers[way - ways];

	if (way->variant && !*made)
		*made = manager_with(way->flags);
	manager = *made;
	have_ready(way->prepared);
	allow_huge(way->column == HUGE);
}

const char *way_name(const struct way *way)
{
	static const char *const names[NR_COLUMNS] = {
		[OURS] = "hostmem",
		[SMALL] = "mmap with 4 KiB pages",
		[HUGE] = "mmap with huge pages",
	};

	return way->variant ? way->variant : names[way->column];
}
