// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that change the same regions at the same time.  What each call finds
 * depends on the others, so it is held against what may be at all: results that
 * some state allows, queries that make sense, and pages that hold nothing but
 * zeros or what was written into that very page.  See run.h.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "memory.h"
#include "results.h"
#include "run.h"

#define REGIONS		3
#define REGION_PAGES	300
#define REGION_SIZE	(REGION_PAGES * PAGE)
#define LIMIT_MB	2	/* less than all regions together */

#define CHANGES_NOTHING	(ONLY(RESULT_OK) | ONLY(RESULT_ADDRESS))

static const DWORD protections[] = {
	PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE, PAGE_READWRITE,
	PAGE_READWRITE, PAGE_EXECUTE_READ, PAGE_READWRITE | PAGE_GUARD,
	PAGE_READONLY | PAGE_GUARD,
};

static pthread_barrier_t start;

/**
 * struct sharer - one of the threads
 * @w: for its pipe, its random numbers and its complaints
 * @addr: first byte of what the next call is about
 * @size: bytes, not beyond the region
 */
struct sharer {
	pthread_t id;
	unsigned int number;
	struct run *run;
	struct worker w;
	uintptr_t addr;
	size_t size;
};

static uint32_t below(struct sharer *s, uint32_t limit)
{
	return random_below(&s->w.rng, limit);
}

/* Their last pages and a boundary of 2 MiB are in different regions' middles. */
static uintptr_t region_base(unsigned int i)
{
	return ARENA_BASE + (i + 1) * 64 * MIB - (1 + i * 8) * GRANULE;
}

static bool expect(struct sharer *s, const char *what, HRESULT hr,
		   results_t allowed)
{
	struct answer answer = { false, hr };
	char text[128];

	if (answer_is_allowed(answer, allowed))
		return true;
	results_text(allowed, false, text, sizeof(text));
	return worker_wrong(&s->w, "%s(%p, 0x%zx): expected %s, got %s", what,
			    (void *)s->addr, s->size, text, answer_text(answer));
}

/* A written word begins with its page's address; readers may see half a word. */
static bool word_fits(uintptr_t addr, uint64_t word)
{
	uint64_t page = page_down(addr), bits = word & ~(uint64_t)(PAGE - 1);
	unsigned int i;

	for (i = 0; i < 8; i++) {
		uint64_t byte = bits >> (8 * i) & 0xff;

		if (byte && byte != (page >> (8 * i) & 0xff))
			return false;
	}
	return true;
}

static bool see_word(struct sharer *s, uintptr_t addr, uint64_t word)
{
	if (word_fits(addr, word))
		return true;
	return worker_wrong(&s->w, "%p has 0x%llx, which nobody wrote there",
			    (void *)addr, (unsigned long long)word);
}

/*
 * Calls
 */

static bool share_reserve(struct sharer *s)
{
	uintptr_t base = region_base(below(s, REGIONS));
	DWORD type = MEM_RESERVE | (below(s, 2) ? MEM_WRITE_WATCH : 0) |
		     (below(s, 2) ? MEM_COMMIT : 0);
	void *mem;

	s->addr = base;
	s->size = REGION_SIZE;
	return expect(s, "reserve", HostVirtualAlloc((void *)base, REGION_SIZE, type,
						     PAGE_READWRITE, eProcessCritical,
						     &mem),
		      CHANGES_NOTHING | ONLY(RESULT_COMMIT_LIMIT));
}

static bool share_commit(struct sharer *s)
{
	DWORD protect = protections[below(s, sizeof(protections) / sizeof(DWORD))];
	void *mem;

	return expect(s, "commit", HostVirtualAlloc((void *)s->addr, s->size,
						    MEM_COMMIT, protect,
						    below(s, 3), &mem),
		      CHANGES_NOTHING | ONLY(RESULT_COMMIT_LIMIT));
}

static bool share_reset(struct sharer *s)
{
	void *mem;

	return expect(s, "reset", HostVirtualAlloc((void *)s->addr, s->size,
						   below(s, 3) ? MEM_RESET :
						   MEM_RESET_UNDO, PAGE_READWRITE,
						   eTaskCritical, &mem),
		      CHANGES_NOTHING);
}

static bool share_decommit(struct sharer *s)
{
	return expect(s, "decommit",
		      HostVirtualFree((void *)s->addr, s->size, MEM_DECOMMIT),
		      ONLY(RESULT_OK) | ONLY(RESULT_NOT_OURS));
}

static bool share_release(struct sharer *s)
{
	s->addr = region_base(below(s, REGIONS));
	return expect(s, "release", HostVirtualFree((void *)s->addr, 0, MEM_RELEASE),
		      ONLY(RESULT_OK) | ONLY(RESULT_NOT_OURS));
}

static bool share_protect(struct sharer *s)
{
	DWORD protect = protections[below(s, sizeof(protections) / sizeof(DWORD))];
	DWORD old = 0;
	HRESULT hr;

	hr = HostVirtualProtect((void *)s->addr, s->size, protect, &old);
	if (!hr && !model_protection_is_valid(old))
		return worker_wrong(&s->w, "the old protection was 0x%x", old);
	return expect(s, "protect", hr, CHANGES_NOTHING);
}

static bool info_makes_sense(const MEMORY_BASIC_INFORMATION *info, uintptr_t addr)
{
	uintptr_t base = (uintptr_t)info->AllocationBase;

	if ((uintptr_t)info->BaseAddress != page_down(addr) || !info->RegionSize ||
	    info->RegionSize % PAGE)
		return false;
	if (info->State == MEM_FREE)
		return !base && info->Protect == PAGE_NOACCESS && !info->Type;
	return base % GRANULE == 0 && base <= addr &&
	       page_down(addr) + info->RegionSize <= base + REGION_SIZE &&
	       info->AllocationProtect == PAGE_READWRITE &&
	       info->Type == MEM_PRIVATE &&
	       (info->State == MEM_RESERVE ? !info->Protect :
		info->State == MEM_COMMIT && model_protection_is_valid(info->Protect));
}

static bool share_query(struct sharer *s)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;
	HRESULT hr;

	hr = HostVirtualQuery((void *)s->addr, &info, sizeof(info), &length);
	if (!hr && !info_makes_sense(&info, s->addr))
		return worker_wrong(&s->w, "the query of %p tells %p+0x%zx of %p, allocated 0x%x, state 0x%x, protect 0x%x, type 0x%x",
				    (void *)s->addr, info.BaseAddress,
				    info.RegionSize, info.AllocationBase,
				    info.AllocationProtect, info.State,
				    info.Protect, info.Type);
	return expect(s, "query", hr, ONLY(RESULT_OK));
}

static bool share_watch(struct sharer *s)
{
	ULONG_PTR count = REGION_PAGES, i;
	void *pages[REGION_PAGES];
	uintptr_t last = 0;
	DWORD size;

	if (GetWriteWatch(below(s, 2), (void *)s->addr, s->size, pages, &count,
			  &size)) {
		if (GetLastError() == ERROR_INVALID_PARAMETER)
			return true;
		return worker_wrong(&s->w, "GetWriteWatch(%p, 0x%zx) failed: %u",
				    (void *)s->addr, s->size, GetLastError());
	}
	for (i = 0; i < count; i++) {
		uintptr_t page = (uintptr_t)pages[i];

		if (page % PAGE || page <= last || page < page_down(s->addr) ||
		    page >= s->addr + s->size)
			return worker_wrong(&s->w, "GetWriteWatch(%p, 0x%zx) tells %p",
					    (void *)s->addr, s->size, pages[i]);
		last = page;
	}
	return true;
}

/* Up to eight pages. */
static bool share_touch(struct sharer *s)
{
	bool write = below(s, 2);
	unsigned int i, nr = 1 + below(s, 8);
	uintptr_t addr = s->addr & -8ul, fault;

	for (i = 0; i < nr && addr < s->addr + s->size; i++, addr += PAGE) {
		uint64_t word = page_down(addr) | 1;
		int signo = memory_touch(addr, 8, write, &word, &fault);

		if (signo && fault != addr)
			return worker_wrong(&s->w, "signal %d at %p, not at %p", signo,
					    (void *)fault, (void *)addr);
		if (!signo && !see_word(s, addr, word))
			return false;
	}
	return true;
}

static bool share_system_call(struct sharer *s)
{
	uintptr_t addr = s->addr & -8ul;
	uint64_t word = page_down(addr) | 2, rest[8];
	bool write_it = below(s, 2);
	ssize_t done;

	if (write_it && write(s->w.pipe[1], &word, 8) != 8)
		return worker_wrong(&s->w, "the pipe doesn't work");
	errno = 0;
	done = write_it ? read(s->w.pipe[0], (void *)addr, 8) :
			  write(s->w.pipe[1], (void *)addr, 8);
	if (done != 8 && (done >= 0 || errno != EFAULT))
		return worker_wrong(&s->w, "%s(2) at %p returned %zd (errno %d)",
				    write_it ? "read" : "write", (void *)addr, done,
				    errno);
	if (done == 8 && !write_it && read(s->w.pipe[0], &word, 8) == 8 &&
	    !see_word(s, addr, word))
		return false;
	while (read(s->w.pipe[0], rest, sizeof(rest)) > 0)
		;
	return true;
}

static const struct {
	unsigned int percent;
	bool (*share)(struct sharer *s);
} kinds[] = {
	{ 20, share_touch },
	{ 19, share_commit },
	{ 14, share_protect },
	{ 13, share_decommit },
	{ 10, share_query },
	{ 7, share_watch },
	{ 6, share_system_call },
	{ 5, share_reset },
	{ 4, share_reserve },
	{ 2, share_release },
};

static bool share(struct sharer *s)
{
	unsigned int i, chance = below(s, 100);
	size_t first = below(s, REGION_PAGES), pages = 1 + below(s, 40);

	if (first + pages > REGION_PAGES)
		pages = REGION_PAGES - first;
	s->addr = region_base(below(s, REGIONS)) + first * PAGE + below(s, PAGE);
	s->size = pages * PAGE - (s->addr % PAGE);
	for (i = 0; chance >= kinds[i].percent; i++)
		chance -= kinds[i].percent;
	return kinds[i].share(s);
}

static void *share_thread(void *arg)
{
	struct sharer *s = arg;
	struct run *run = s->run;
	unsigned int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < run->length && !atomic_load(&run->failed); i++) {
		run->trace[s->number].begun = i + 1;
		if (!share(s))
			run_report(run, s->number, i, s->w.why);
	}
	return NULL;
}

/*
 * The end: nobody changes anything any more
 */

static bool check_region(struct sharer *s, uintptr_t base, size_t *reserved,
			 size_t *committed)
{
	MEMORY_BASIC_INFORMATION info;
	uintptr_t addr, at;
	uint64_t words[PAGE / 8];
	size_t i;

	for (addr = base; addr < base + REGION_SIZE; addr += info.RegionSize) {
		s->addr = addr;
		if (!share_query(s))
			return false;
		VirtualQuery((void *)addr, &info, sizeof(info));
		*reserved += info.State != MEM_FREE ? info.RegionSize : 0;
		*committed += info.State == MEM_COMMIT ? info.RegionSize : 0;
		if (info.State != MEM_COMMIT || info.Protect == PAGE_NOACCESS ||
		    info.Protect & PAGE_GUARD)
			continue;
		for (at = addr; at < addr + info.RegionSize; at += PAGE) {
			if (!memory_copy(words, at))
				return worker_wrong(&s->w, "page %p can't be read",
						    (void *)at);
			for (i = 0; i < PAGE / 8; i++)
				if (!see_word(s, at, words[i]))
					return false;
		}
	}
	return true;
}

static bool check_end(struct sharer *s, int fd)
{
	size_t reserved = 0, committed = 0;
	struct hostmem_status status;
	unsigned int i;

	for (i = 0; i < REGIONS; i++)
		if (!check_region(s, region_base(i), &reserved, &committed))
			return false;
	device_status(fd, &status);
	if (status.out_reserved_bytes != reserved ||
	    status.out_committed_bytes != committed)
		return worker_wrong(&s->w, "queries tell 0x%zx bytes reserved and 0x%zx committed, the status 0x%llx and 0x%llx",
				    reserved, committed, status.out_reserved_bytes,
				    status.out_committed_bytes);
	for (i = 0; i < REGIONS; i++)
		HostVirtualFree((void *)region_base(i), 0, MEM_RELEASE);
	device_status(fd, &status);
	if (status.out_regions || status.out_committed_bytes)
		return worker_wrong(&s->w, "%llu regions and 0x%llx committed bytes are left",
				    status.out_regions, status.out_committed_bytes);
	return true;
}

void shared_body(struct run *run)
{
	static struct sharer sharers[MAX_THREADS];
	int fd = device_of_library();
	unsigned int i;

	limit_set(LIMIT_MB, 10);
	pthread_barrier_init(&start, NULL, run->threads);
	for (i = 0; i < run->threads; i++) {
		sharers[i].number = i;
		sharers[i].run = run;
		if (!worker_init(&sharers[i].w, i))
			abort();
		sharers[i].w.rng = run->seed + ((uint64_t)i << 32);
		if (pthread_create(&sharers[i].id, NULL, share_thread, &sharers[i]))
			abort();
	}
	for (i = 0; i < run->threads; i++)
		pthread_join(sharers[i].id, NULL);
	if (!atomic_load(&run->failed) && !check_end(&sharers[0], fd))
		run_report(run, 0, run->length, sharers[0].w.why);
}
