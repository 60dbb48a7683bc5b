// SPDX-License-Identifier: GPL-2.0
/*
 * See prove.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "ways.h"

/* What the rest of the system may take or give back meanwhile. */
#define SLACK_KIB	1024l

#define HUGE_PAGE	(2u << 20)

static bool check(bool holds, const struct way *way, size_t size, const char *what)
{
	if (!holds)
		printf("NOT SO: %s, %zu KiB: %s\n", way_name(way), size >> 10, what);
	return holds;
}

/* Was all memory zero before touch() wrote to it?  Reading first would map pages. */
static bool was_zero(const char *mem, size_t size)
{
	const char *end = mem + size;

	for (; mem < end; mem += PAGE)
		if (mem[0] != 1 || mem[1] || memcmp(mem + 1, mem + 2, PAGE - 2))
			return false;
	return true;
}

static bool out_of_reach(char *mem, size_t size)
{
	return read_faults(mem) && write_faults(mem + size - 1);
}

/* Freed memory waits in lists of each processor before MemFree counts it. */
static long free_kib(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long kib = meminfo_kib("MemFree");
	char line[256];
	long pages;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &pages) == 1)
			kib += pages * (PAGE / 1024);
	if (file)
		fclose(file);
	return kib;
}

/* Huge pages that the process has, in KiB. */
static long huge_kib(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "r");
	char line[128];
	long kib = -1;

	while (file && kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, "AnonHugePages:", 14))
			kib = atol(line + 14);
	if (file)
		fclose(file);
	return kib;
}

static bool has_right_pages(const struct way *way, size_t size)
{
	bool want_huge = way->column == HUGE && size >= HUGE_PAGE;

	return huge_kib() == (want_huge ? (long)(size >> 10) : 0);
}

bool prove(const struct way *way, size_t size)
{
	long kib = (long)(size >> 10);
	long free_before, free_committed;
	char *mem = way->reserve(size);
	bool ok = true;

	free_before = free_kib();
	ok &= check(out_of_reach(mem, size), way, size,
		    "reserved memory can't be touched");

	way->commit(mem, size);
	touch(mem, size);
	ok &= check(was_zero(mem, size), way, size, "committed memory is zero");
	memset(mem, 0xa5, size);
	ok &= check(has_right_pages(way, size), way, size,
		    "pages have the size that is announced");
	free_committed = free_kib();
	ok &= check(free_before - free_committed > kib - SLACK_KIB, way, size,
		    "commit and touch take memory");

	way->decommit(mem, size);
	ok &= check(free_kib() - free_committed > kib - SLACK_KIB, way, size,
		    "decommit gives the memory back");
	ok &= check(out_of_reach(mem, size), way, size,
		    "decommitted memory can't be touched");

	way->commit(mem, size);
	touch(mem, size);
	ok &= check(was_zero(mem, size), way, size,
		    "memory committed again is zero");
	way->release(mem, size);
	ok &= check(out_of_reach(mem, size), way, size,
		    "released memory can't be touched");
	return ok;
}
