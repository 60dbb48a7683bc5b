// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring among many regions.  See crowd.h.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "by.h"
#include "crowd.h"
#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "queries.h"
#include "turns.h"

#define GRANULE		(64 * KIB)
#define ROUNDS		101u
#define MOST		100000u
#define NR_MAPPINGS	20000u
#define MAP_COUNT	"/proc/sys/vm/max_map_count"

static void *regions[MOST];
static unsigned int nr_regions;

/* What one takes of the kernel's memory. */
static double region_bytes, mapping_bytes;

/**
 * struct place - what is reserved and released
 * @size: bytes
 * @type: what MEM_RESERVE comes with
 * @mem: where it is
 */
struct place {
	size_t size;
	DWORD type;
	void *mem;
};

static void our_reserve(struct place *place)
{
	must(HostVirtualAlloc(NULL, place->size, MEM_RESERVE | place->type, PAGE_READWRITE,
			      eProcessCritical, &place->mem), "reserve");
}

static void our_cycle(void *arg)
{
	struct place *place = arg;

	our_reserve(place);
	our_free(place->mem);
}

static void peer_cycle(void *arg)
{
	struct place *place = arg;

	place->mem = map_none(NULL, place->size, 0);
	must_not_fail(munmap(place->mem, place->size), "munmap");
}

bool crowd_prove(void)
{
	struct place place = { .size = GRANULE };
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;
	bool ok;

	our_reserve(&place);
	ok = proved(out_of_reach(place.mem, GRANULE), "hostmem", "reserved memory can't be touched");
	must(HostVirtualQuery(place.mem, &info, sizeof(info), &length), "query");
	ok &= proved(info.State == MEM_RESERVE && info.RegionSize == GRANULE, "hostmem",
		     "a region is reserved");
	our_free(place.mem);
	ok &= proved(maps_lines(place.mem, (char *)place.mem + GRANULE) == 0, "hostmem",
		     "a region is released");
	place.mem = map_none(NULL, GRANULE, 0);
	ok &= proved(out_of_reach(place.mem, GRANULE), "mmap", "its memory can't be touched");
	must_not_fail(munmap(place.mem, GRANULE), "munmap");
	ok &= proved(maps_lines(place.mem, (char *)place.mem + GRANULE) == 0, "munmap",
		     "a mapping is gone");
	return ok;
}

/*
 * A call costs half as much again where the kernel's tree of mappings has no room beside
 * it, which is chance.  Each round finds another tree: one region and one mapping more.
 */
static void *others[2][ROUNDS + 1];
static unsigned int nr_others;

static void add_others(void *arg)
{
	struct place place = { .size = GRANULE };

	(void)arg;
	our_reserve(&place);
	others[0][nr_others] = place.mem;
	others[1][nr_others] = map_none(NULL, GRANULE, 0);
	/* No two are one mapping. */
	if (nr_others % 2)
		must_not_fail(mprotect(others[1][nr_others], GRANULE, PROT_READ), "mprotect");
	nr_others++;
}

static void remove_others(void)
{
	while (nr_others) {
		our_free(others[0][--nr_others]);
		must_not_fail(munmap(others[1][nr_others], GRANULE), "munmap");
	}
}

static void reserve_row(const char *work, const char *label, size_t size, DWORD type)
{
	struct place place = { .size = size, .type = type };
	const struct side sides[] = {
		{ OURS, ' ', add_others, our_cycle, NULL, &place },
		{ SMALL, BY_UNMAP, NULL, peer_cycle, NULL, &place },
	};

	turns_row(work, label, sides, 2, ROUNDS, 1);
	remove_others();
}

/* @among: how the rows tell of how many regions there are. */
static void reserve_rows(const char *among)
{
	char work[32];

	snprintf(work, sizeof(work), "reserve + release%s", among);
	reserve_row(work, "64 KiB", GRANULE, 0);
	reserve_row(work, "1 GiB", 1ul << 30, 0);
	reserve_row(work, "16 TiB", 16ul << 40, 0);
}

static void fill_up(unsigned int nr)
{
	struct place place = { .size = GRANULE };

	for (; nr_regions < nr; nr_regions++) {
		our_reserve(&place);
		regions[nr_regions] = place.mem;
	}
}

static void query_rows(const char *size, unsigned int rounds)
{
	char *other = map_memory(GRANULE, 0);

	queries_row("query, regions", size, regions[nr_regions / 2], rounds);
	queries_row("query of others, regions", size, other, rounds);
	must_not_fail(munmap(other, GRANULE), "munmap");
}

static long set_map_count(long count)
{
	FILE *file = fopen(MAP_COUNT, "r+");
	long before;

	if (!file || fscanf(file, "%ld", &before) != 1)
		err(1, "%s", MAP_COUNT);
	rewind(file);
	fprintf(file, "%ld\n", count);
	must_not_fail(fclose(file), MAP_COUNT);
	return before;
}

/* Protections alternate, so that no two are one mapping. */
static void measure_mappings(void)
{
	static void *mappings[NR_MAPPINGS];
	long slab = meminfo_kib("Slab");
	unsigned int i;

	for (i = 0; i < NR_MAPPINGS; i++) {
		mappings[i] = map_none(NULL, GRANULE, 0);
		if (i % 2)
			must_not_fail(mprotect(mappings[i], GRANULE, PROT_READ), "mprotect");
	}
	mapping_bytes = (double)(meminfo_kib("Slab") - slab) * KIB / NR_MAPPINGS;
	for (i = 0; i < NR_MAPPINGS; i++)
		must_not_fail(munmap(mappings[i], GRANULE), "munmap");
}

static void crowd_of_most(void)
{
	long before = set_map_count(4l * MOST), slab = meminfo_kib("Slab");
	unsigned int were = nr_regions;

	fill_up(MOST);
	region_bytes = (double)(meminfo_kib("Slab") - slab) * KIB / (MOST - were);
	query_rows("100,000", 10);
	queries_walk_row("walk, a step, regions", "100,000");
	reserve_rows(" in 100,000");
	reserve_row("top down in 100,000", "64 KiB", GRANULE, MEM_TOP_DOWN);
	reserve_row("top down in 100,000", "1 GiB", 1ul << 30, MEM_TOP_DOWN);
	reserve_row("top down in 100,000", "16 TiB", 16ul << 40, MEM_TOP_DOWN);
	while (nr_regions)
		our_free(regions[--nr_regions]);
	set_map_count(before);
}

void crowd_report(void)
{
	reserve_rows("");
	fill_up(10);
	query_rows("10", 101);
	queries_report();
	fill_up(10000);
	query_rows("10,000", 31);
	reserve_rows(" in 10,000");
	crowd_of_most();
	measure_mappings();
}

void crowd_bytes_row(void)
{
	struct row row = { .work = "a region, a mapping", .size = "" };

	row.figures[OURS] = figure_once(region_bytes, ' ');
	row.figures[SMALL] = figure_once(mapping_bytes, BY_UNMAP);
	report_row(&row);
}
