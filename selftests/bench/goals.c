// SPDX-License-Identifier: GPL-2.0
/*
 * Goals and floors.  See goals.h.
 */
#include <stdio.h>
#include <string.h>

#include "goals.h"
#include "ticks.h"

#define ANY	{ 0, 0, 0 }

/* Kernels that have goals of their own: 6.1, 6.12 and what came after. */
enum generation {
	OLD,
	MIDDLE,
	NEW,
	NR_GENERATIONS,
};

static enum generation generation;

/**
 * struct mark - what is said about a row
 * @work: of the row
 * @size: of the row, or NULL for all
 * @goal: by generation; 0 if none is said
 * @share: the goal is this much of what the best peer takes; 0 if it isn't
 * @floor: 0 if there is none
 */
struct mark {
	const char *work;
	const char *size;
	double goal[NR_GENERATIONS];
	double share;
	double floor;
};

static const struct mark marks[] = {
	{ "commit + touch", "64 KiB", { 1080, 1080, 1080 }, 0, 1900 },
	{ "commit + touch", "in block", { 950, 950, 950 }, 0, 0 },
	{ "commit + touch", "64 MiB", { 600, 570, 570 }, 0, 1150 },
	{ "commit + touch", "singles", ANY, 0.9, 0 },
	{ "commit again + touch", "64 MiB", { 600, 570, 570 }, 0, 0 },
	{ "decommit", "64 KiB", { 290, 290, 290 }, 0, 0 },
	{ "decommit", "64 MiB", { 40, 40, 45 }, 0, 700 },
	{ "commit + touch, prepared", "64 MiB", { 100, 100, 100 }, 0, 0 },
	{ "commit again, prepared", "64 MiB", { 100, 100, 100 }, 0, 0 },
	{ "protect and back", "64 MiB", { 90, 90, 90 }, 0, 0 },
	{ "protect a page, new run", NULL, { 3000, 3000, 3000 }, 0, 0 },
	{ "write watch, 1 % evenly", NULL, ANY, 0.3, 0 },
	{ "write watch, 10 %", NULL, ANY, 0.12, 0 },
	{ "write watch, 100 %", NULL, ANY, 0.04, 0 },
	{ "get and reset, all clean", NULL, { 3, 3, 3 }, 0, 0 },
	{ "query, regions", NULL, { 1300, 1300, 1300 }, 0, 0 },
	{ "query, middle of", NULL, { 1300, 1300, 1300 }, 0, 0 },
	{ "query, start of", NULL, { 1300, 1300, 1300 }, 0, 0 },
	{ "query of others, regions", NULL, { 1700, 1700, 1700 }, 0, 0 },
	{ "reserve + release", NULL, ANY, 1.3, 0 },
	{ "reserve + release in 10,000", NULL, ANY, 1.3, 0 },
	{ "reserve + release in 100,000", NULL, ANY, 1.3, 0 },
	{ "top down in 100,000", NULL, ANY, 1.3, 0 },
	{ "exit", NULL, { 90, 90, 90 }, 0, 0 },
	{ "release of committed", NULL, { 90, 90, 90 }, 0, 0 },
	{ "large, commit + touch", NULL, { 545, 545, 545 }, 0, 0 },
	{ "large, release", NULL, { 10, 10, 10 }, 0, 0 },
	{ "large, beside hugetlb", NULL, { 545, 545, 545 }, 0, 0 },
	{ "release, beside hugetlb", NULL, { 10, 10, 10 }, 0, 0 },
	{ "committed, per page", NULL, { 16, 16, 16 }, 0, 0 },
};

#define NR_MARKS	(sizeof(marks) / sizeof(marks[0]))
#define MAX_FLOORS	8u

/* Rows that have a floor, as they were reported. */
static struct row floors[MAX_FLOORS];
static unsigned int nr_floors;

void goals_for(const char *release)
{
	unsigned int major = 0, minor = 0;

	if (sscanf(release, "%u.%u", &major, &minor) != 2)
		return;
	if (major < 6 || (major == 6 && minor < 12))
		generation = OLD;
	else if (major == 6 && minor == 12)
		generation = MIDDLE;
	else
		generation = NEW;
}

static const struct mark *find(const struct row *row)
{
	size_t i;

	for (i = 0; i < NR_MARKS; i++)
		if (!strcmp(marks[i].work, row->work) &&
		    (!marks[i].size || !strcmp(marks[i].size, row->size)))
			return &marks[i];
	return NULL;
}

static double best_peer(const struct row *row)
{
	double small = row->figures[SMALL].median, huge = row->figures[HUGE].median;

	return huge && (!small || huge < small) ? huge : small;
}

void goals_set(struct row *row)
{
	const struct mark *mark = find(row);

	if (!mark || !row->figures[OURS].median)
		return;
	if (!row->goal && ticks_are_instructions())
		row->goal = mark->share ? mark->share * best_peer(row) : mark->goal[generation];
	row->floor = mark->floor;
	if (row->floor && nr_floors < MAX_FLOORS)
		floors[nr_floors++] = *row;
}

double goals_scaling(const char *size)
{
	if (!strcmp(size, "64 KiB"))
		return 1.6;
	return strcmp(size, "2 MiB") ? 0 : 1.95;
}

bool goals_floors(void)
{
	bool pass = true;
	unsigned int i;

	if (!ticks_are_instructions()) {
		printf("\nFloors are in instructions, and this machine doesn't count them: not checked.\n");
		return true;
	}
	if (nr_floors)
		printf("\nFloors, in instructions per page:\n");
	for (i = 0; i < nr_floors; i++) {
		double median = floors[i].figures[OURS].median;
		bool holds = median <= floors[i].floor;

		printf("  %s  %-20s %6s %7s, at most %s\n", holds ? "PASS" : "FAIL",
		       floors[i].work, floors[i].size, number_text(median),
		       number_text(floors[i].floor));
		pass &= holds;
	}
	return pass;
}
