// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring work on pages.  See pages.h.
 */
#include <stdio.h>
#include <string.h>

#include "pages.h"
#include "prove.h"
#include "report.h"
#include "ticks.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* The works, in the order in which they are done and reported. */
enum page_work {
	COMMIT,
	DECOMMIT,
	COMMIT_AGAIN,
	NR_PAGE_WORKS,
};

static const struct stretch stretches[] = {
	{ "64 KiB", 64 * KIB, 0, 64 * KIB, true, 101 },
	{ "in block", 128 * KIB, 64 * KIB, 64 * KIB, false, 31 },
	{ "2 MiB", 2 * MIB, 0, 2 * MIB, false, 31 },
	{ "64 MiB", 64 * MIB, 0, 64 * MIB, true, 9 },
	{ "singles", 4 * MIB, 0, PAGE, false, 5 },
	{ "portions", 32 * MIB, 0, 64 * KIB, false, 5 },
};

#define NR_STRETCHES	COUNT(stretches)

/* What was measured of each way, for all rows. */
static struct figure figures[NR_PAGE_WORKS][NR_STRETCHES][NR_WAYS];

void touch(char *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE)
		((volatile char *)mem)[i] = 1;
}

/* Portions are too small for huge pages. */
bool stretch_has_way(const struct stretch *stretch, const struct way *way)
{
	if (way->prepared)
		return stretch->variants && stretch->size >= 2 * MIB;
	if (way->variant)
		return stretch->variants;
	return way->column != HUGE || stretch->step == stretch->size;
}

void stretch_commit(const struct stretch *stretch, const struct way *way, char *mem)
{
	size_t at;

	for (at = stretch->from; at < stretch->size; at += stretch->step) {
		way->commit(mem + at, stretch->step);
		touch(mem + at, stretch->step);
	}
}

void stretch_decommit(const struct stretch *stretch, const struct way *way, char *mem)
{
	size_t at;

	for (at = stretch->from; at < stretch->size; at += stretch->step)
		way->decommit(mem + at, stretch->step);
}

static void measure_once(const struct stretch *stretch, const struct way *way, uint64_t *ticks)
{
	uint64_t start, committed, decommitted, again;
	char *mem;

	way_enter(way);
	mem = way->reserve(stretch->size);
	if (stretch->from) {
		way->commit(mem, stretch->from);
		touch(mem, stretch->from);
	}
	start = ticks_now();
	stretch_commit(stretch, way, mem);
	committed = ticks_now();
	stretch_decommit(stretch, way, mem);
	decommitted = ticks_now();
	stretch_commit(stretch, way, mem);
	again = ticks_now();
	way->release(mem, stretch->size);

	ticks[COMMIT] = committed - start;
	ticks[DECOMMIT] = decommitted - committed;
	ticks[COMMIT_AGAIN] = again - decommitted;
}

static void measure(unsigned int which)
{
	static struct samples samples[NR_PAGE_WORKS][NR_WAYS];
	const struct stretch *stretch = &stretches[which];
	double units = (double)(stretch->size - stretch->from) / PAGE;
	uint64_t ticks[NR_PAGE_WORKS];
	unsigned int round, i, work;

	memset(samples, 0, sizeof(samples));
	ticks_settle();
	for (round = 0; round <= stretch->rounds; round++) {
		for (i = 0; i < NR_WAYS; i++) {
			/* Whoever was first is last in the next round. */
			unsigned int way = round % 2 ? NR_WAYS - 1 - i : i;

			if (!stretch_has_way(stretch, &ways[way]))
				continue;
			measure_once(stretch, &ways[way], ticks);
			for (work = 0; round && work < NR_PAGE_WORKS; work++)
				samples_add(&samples[work][way], ticks[work]);
		}
	}
	for (work = 0; work < NR_PAGE_WORKS; work++)
		for (i = 0; i < NR_WAYS; i++)
			if (samples[work][i].nr)
				figures[work][which][i] =
					figure_of(&samples[work][i], units, work == DECOMMIT ?
						  ways[i].decommit_by : ways[i].commit_by);
}

/* A row has the peers' best figures beside one of ours. */
static void report(enum page_work work, unsigned int stretch, const char *variant)
{
	static const char *const works[NR_PAGE_WORKS] = {
		[COMMIT] = "commit + touch",
		[DECOMMIT] = "decommit",
		[COMMIT_AGAIN] = "commit again + touch",
	};
	struct row row = { .work = works[work], .size = stretches[stretch].name };
	char name[32];
	unsigned int i;

	for (i = 0; i < NR_WAYS; i++) {
		const struct figure *figure = &figures[work][stretch][i];

		if (figure->median && (ways[i].column != OURS || ways[i].variant == variant))
			keep_better(&row.figures[ways[i].column], *figure);
	}
	if (variant) {
		snprintf(name, sizeof(name), "%s, %s",
			 work == COMMIT_AGAIN ? "commit again" : row.work, variant);
		row.work = name;
	}
	if (!variant || row.figures[OURS].median)
		report_row(&row);
}

static void report_ways(const char *variant)
{
	unsigned int stretch, work;

	for (work = 0; work < NR_PAGE_WORKS; work++)
		for (stretch = 0; stretch < NR_STRETCHES; stretch++)
			report(work, stretch, variant);
}

bool pages_prove(void)
{
	bool ok = true;
	unsigned int i, stretch;

	for (i = 0; i < NR_WAYS; i++) {
		way_enter(&ways[i]);
		for (stretch = 0; stretch < NR_STRETCHES; stretch++)
			if (stretch_has_way(&stretches[stretch], &ways[i]))
				ok &= prove(&ways[i], &stretches[stretch]);
	}
	return ok;
}

void pages_report(void)
{
	unsigned int i;

	for (i = 0; i < NR_STRETCHES; i++)
		measure(i);
	report_section("pages, per page of 4 KiB");
	report_ways(NULL);
	for (i = 0; i < NR_WAYS; i++)
		if (ways[i].variant)
			report_ways(ways[i].variant);
}
