// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring work on pages.  See pages.h.
 */
#include <string.h>

#include "pages.h"
#include "ticks.h"

void touch(char *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE)
		((volatile char *)mem)[i] = 1;
}

static void measure_once(const struct way *way, size_t size, uint64_t *ticks)
{
	uint64_t start, committed, decommitted, again;
	char *mem;

	way_enter(way);
	mem = way->reserve(size);
	start = ticks_now();
	way->commit(mem, size);
	touch(mem, size);
	committed = ticks_now();
	way->decommit(mem, size);
	decommitted = ticks_now();
	way->commit(mem, size);
	touch(mem, size);
	again = ticks_now();
	way->release(mem, size);

	ticks[COMMIT] = committed - start;
	ticks[DECOMMIT] = decommitted - committed;
	ticks[COMMIT_AGAIN] = again - decommitted;
}

static char letter(const struct way *way, enum page_work work)
{
	return work == DECOMMIT ? way->decommit_by : way->commit_by;
}

/* The figure of a column is that of its best way. */
static void keep_better(struct figure *best, struct figure figure)
{
	if (!best->median || figure.median < best->median)
		*best = figure;
}

void pages_measure(size_t size, unsigned int rounds,
		   struct figure figures[NR_PAGE_WORKS][NR_COLUMNS])
{
	static struct samples samples[NR_PAGE_WORKS][NR_WAYS];
	uint64_t ticks[NR_PAGE_WORKS];
	unsigned int round, i, work;

	memset(samples, 0, sizeof(samples));
	for (round = 0; round <= rounds; round++) {
		for (i = 0; i < NR_WAYS; i++) {
			/* Whoever was first is last in the next round. */
			unsigned int way = round % 2 ? NR_WAYS - 1 - i : i;

			measure_once(&ways[way], size, ticks);
			for (work = 0; round && work < NR_PAGE_WORKS; work++)
				samples_add(&samples[work][way], ticks[work]);
		}
	}

	memset(figures, 0, NR_PAGE_WORKS * sizeof(figures[0]));
	for (work = 0; work < NR_PAGE_WORKS; work++)
		for (i = 0; i < NR_WAYS; i++)
			keep_better(&figures[work][ways[i].column],
				    figure_of(&samples[work][i], (double)size / PAGE,
					      letter(&ways[i], work)));
}
