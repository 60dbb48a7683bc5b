/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much memory is to be had.  For the tests, by hostmem_proc.h, and for the tour and
 * the bench, by probe.c; so it includes nothing of either.
 */
#ifndef ZONEINFO_H
#define ZONEINFO_H

#include <stdbool.h>
#include <stdio.h>

/* A line that counts pages which are free, at hand of a processor, or hold files. */
static inline bool zoneinfo_counts(const char *line, long *pages)
{
	return sscanf(line, " pages free %ld", pages) == 1 ||
	       sscanf(line, " count: %ld", pages) == 1 ||
	       sscanf(line, " nr_zone_inactive_file %ld", pages) == 1 ||
	       sscanf(line, " nr_zone_active_file %ld", pages) == 1;
}

/*
 * Pages that are to be had, slabs apart; -1 if it can't be told.  MemAvailable leaves out
 * what each processor keeps at hand: tens of MiB, more or less from moment to moment.  The
 * kernel shows a zone while it holds its lock: so here no page is counted twice, or not at
 * all, because it is on its way.
 */
static inline long zoneinfo_available(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long sum = 0, pages;
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (zoneinfo_counts(line, &pages))
			sum += pages;
	fclose(file);
	return sum;
}

#endif /* ZONEINFO_H */
