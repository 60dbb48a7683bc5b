// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring large pages.  See ends.h.
 *
 * One peer has transparent huge pages, the other those of hugetlb, which have to be set
 * aside before and are then nobody else's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <hostmem/memoryapi.h>

#include "by.h"
#include "ends.h"
#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "turns.h"

#define SIZE		(64 * MIB)
#define NR_PAGES	((double)SIZE / PAGE)
#define ROUNDS		9u
#define POOL		"/proc/sys/vm/nr_hugepages"

/**
 * struct large - a side
 * @name: for messages
 * @letter: of its releases
 * @get: SIZE bytes, touched, if the system has them, else NULL
 * @put: gives them back
 * @mem: what it has got
 */
struct large {
	const char *name;
	char letter;
	char *(*get)(void);
	void (*put)(char *mem);
	char *mem;
};

static char *our_get(void)
{
	char *mem = VirtualAlloc(NULL, SIZE, MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
				 PAGE_READWRITE);

	if (mem)
		touch(mem, SIZE);
	return mem;
}

static char *huge_get(void)
{
	char *mem = map_memory(SIZE, 1);

	touch(mem, SIZE);
	return mem;
}

static char *hugetlb_get(void)
{
	char *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	touch(mem, SIZE);
	return mem;
}

static void our_put(char *mem)
{
	our_free(mem);
}

static void peer_put(char *mem)
{
	must_not_fail(munmap(mem, SIZE), "munmap");
}

enum {
	LARGE_OURS,
	LARGE_THP,
	LARGE_HUGETLB,
	NR_LARGE,
};

static struct large larges[NR_LARGE] = {
	[LARGE_OURS] = { "large pages", ' ', our_get, our_put, NULL },
	[LARGE_THP] = { "transparent huge pages", BY_TOUCH, huge_get, peer_put, NULL },
	[LARGE_HUGETLB] = { "hugetlb", BY_HUGETLB, hugetlb_get, peer_put, NULL },
};

static void get(void *arg)
{
	struct large *large = arg;

	large->mem = large->get();
	must_not_fail(!large->mem, large->name);
}

static void put(void *arg)
{
	struct large *large = arg;

	large->put(large->mem);
}

static void set_pool(size_t pages)
{
	FILE *file = fopen(POOL, "w");

	if (!file)
		return;
	fprintf(file, "%zu\n", pages);
	fclose(file);
}

/* What the system hasn't isn't there to be proved. */
static bool is_there(struct large *large)
{
	char *mem = large->get();

	if (mem)
		large->put(mem);
	return mem;
}

static void enter(void)
{
	set_pool(SIZE / (2 * MIB));
	allow_huge(1);
}

static void leave(void)
{
	allow_huge(0);
	set_pool(0);
}

bool large_prove(void)
{
	const long kib = (long)(SIZE / KIB);
	bool ok = true;
	unsigned int i;

	enter();
	for (i = 0; i < NR_LARGE; i++) {
		struct large *large = &larges[i];
		long before = available_kib(), there;

		if (!is_there(large))
			continue;
		get(large);
		there = available_kib();
		ok &= proved(was_zero(large->mem, SIZE), large->name, "memory is zero");
		ok &= proved(i == LARGE_HUGETLB || before - there > kib - SLACK_KIB, large->name,
			     "memory is taken");
		ok &= proved(i != LARGE_THP || smaps_kib(large->mem, SIZE, "AnonHugePages:") == kib,
			     large->name, "pages are huge");
		put(large);
		ok &= proved(i == LARGE_HUGETLB || available_kib() - there > kib - SLACK_KIB,
			     large->name, "memory is free again");
		ok &= proved(out_of_reach(large->mem, SIZE), large->name, "it is gone");
	}
	leave();
	return ok;
}

/* Ours beside one of the peers: in a row, or @ours has none where there are no large pages. */
static void report(const char *get_work, const char *put_work, unsigned int peer, bool ours)
{
	struct side side[2] = {
		{ OURS, ' ', NULL, get, put, &larges[LARGE_OURS] },
		{ HUGE, larges[peer].letter, NULL, get, put, &larges[peer] },
	};

	turns_row(get_work, "64 MiB", side + !ours, 2 - !ours, ROUNDS, NR_PAGES);
	side[0] = (struct side) { OURS, ' ', get, put, NULL, &larges[LARGE_OURS] };
	side[1] = (struct side) { HUGE, peer == LARGE_THP ? BY_UNMAP : BY_HUGETLB, get, put, NULL,
				  &larges[peer] };
	turns_row(put_work, "64 MiB", side + !ours, 2 - !ours, ROUNDS, NR_PAGES);
}

void large_report(void)
{
	bool ours, hugetlb;

	enter();
	ours = GetLargePageMinimum() && is_there(&larges[LARGE_OURS]);
	hugetlb = is_there(&larges[LARGE_HUGETLB]);
	if (!ours)
		report_note("This kernel has no large pages for hostmem.\n");
	report_section("large pages, per page of 4 KiB");
	report("large, commit + touch", "large, release", LARGE_THP, ours);
	if (hugetlb)
		report("large, beside hugetlb", "release, beside hugetlb", LARGE_HUGETLB, ours);
	leave();
}
