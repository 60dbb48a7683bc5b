// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring what memory takes.  See memory.h.
 *
 * Bytes are told by the machine's free memory, so that page tables and everything that
 * anybody remembers is in them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "by.h"
#include "crowd.h"
#include "memory.h"
#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "report.h"
#include "ticks.h"

#define PORTION		(64 * KIB)
#define PAGES_OF_ONE	(PORTION / PAGE)
#define FIELD		(1024 * MIB)
#define NR_PORTIONS	((unsigned int)(FIELD / PORTION))
#define NR_CHANGES	8000u
#define STEADY_KIB	16l
#define MUCH		(512 * MIB)

/* Others may still be giving back what was freed before. */
static long settled_available_kib(void)
{
	long kib = available_kib(), last;
	unsigned int tries = 0;

	do {
		last = kib;
		ticks_settle();
		kib = available_kib();
	} while (labs(kib - last) > STEADY_KIB && ++tries < 50);
	return kib;
}

/* The first way of a column that decommits so. */
static const struct way *way_of(enum column column, char decommit_by)
{
	unsigned int i;

	for (i = 0; i < NR_WAYS - 1; i++)
		if (ways[i].column == column && ways[i].decommit_by == decommit_by)
			break;
	return &ways[i];
}

/**
 * struct field - a region whose portions are committed or not, by chance
 * @way: by which way
 * @mem: its memory
 * @on: which portions are committed
 * @nr_on: how many
 * @seed: of chance
 * @ticks: spent in commits and touching, and in decommits
 * @nr: of both
 */
struct field {
	const struct way *way;
	char *mem;
	unsigned char on[NR_PORTIONS];
	unsigned int nr_on;
	unsigned int seed;
	uint64_t ticks[2];
	unsigned int nr[2];
};

static unsigned int chance(struct field *field)
{
	field->seed = field->seed * 1103515245 + 12345;
	return field->seed >> 16;
}

static void change(struct field *field, unsigned int nr)
{
	char *portion = field->mem + nr * PORTION;
	bool on = field->on[nr];
	uint64_t start = ticks_now();

	if (on) {
		field->way->decommit(portion, PORTION);
	} else {
		field->way->commit(portion, PORTION);
		touch(portion, PORTION);
	}
	field->ticks[on] += ticks_now() - start;
	field->nr[on]++;
	field->on[nr] = !on;
	field->nr_on += on ? -1u : 1u;
}

/* Half of it is committed, and then as much again comes and goes. */
static void sow(struct field *field, const struct way *way)
{
	unsigned int i;

	memset(field, 0, sizeof(*field));
	field->seed = 7;
	field->way = way;
	way_enter(way);
	field->mem = way->reserve(FIELD);
	for (i = 0; i < NR_PORTIONS; i++)
		if (chance(field) % 2)
			change(field, i);
	memset(field->ticks, 0, sizeof(field->ticks));
	memset(field->nr, 0, sizeof(field->nr));
}

/* Rows: commit, decommit, and bytes beyond what is committed in the end. */
static void measure_field(struct row rows[3], const struct way *way)
{
	static struct field field;
	unsigned int i;
	long before;
	double held;

	way_enter(way);
	before = settled_available_kib();
	sow(&field, way);
	for (i = 0; i < NR_CHANGES; i++)
		change(&field, chance(&field) % NR_PORTIONS);
	held = (double)(before - available_kib()) * KIB;
	for (i = 0; i < 2; i++)
		keep_better(&rows[i].figures[way->column],
			    figure_once(ticks_to_units(field.ticks[i]) / field.nr[i] / PAGES_OF_ONE,
					i ? way->decommit_by : way->commit_by));
	keep_better(&rows[2].figures[way->column],
		    figure_once(held / field.nr_on / PAGES_OF_ONE - PAGE, way->commit_by));
	way->release(field.mem, FIELD);
}

/* Have much memory; @before gets what was free until then. */
static char *have_much(const struct way *way, long *before)
{
	char *mem;

	way_enter(way);
	*before = settled_available_kib();
	mem = way->reserve(MUCH);
	way->commit(mem, MUCH);
	touch(mem, MUCH);
	return mem;
}

/* Bytes of memory that @way takes for each page, beyond the page. */
static double more_than_pages(const struct way *way)
{
	long before, after;
	char *mem = have_much(way, &before);

	after = available_kib();
	way->release(mem, MUCH);
	return ((double)(before - after) * KIB - (double)MUCH) / ((double)MUCH / PAGE);
}

/* Of each 2 MiB all but one page goes. */
static double one_page_each(const struct way *way)
{
	const size_t block = 2 * MIB;
	long before, after;
	char *mem = have_much(way, &before);
	size_t at;

	for (at = 0; at < MUCH; at += block) {
		way->decommit(mem + at, block / 2 - PAGE);
		way->decommit(mem + at + block / 2, block / 2);
	}
	after = available_kib();
	way->release(mem, MUCH);
	return (double)(before - after) * KIB / ((double)MUCH / (double)block) - PAGE;
}

bool memory_prove(void)
{
	static struct field field;
	bool ok = true;
	unsigned int i;

	sow(&field, way_of(OURS, ' '));
	for (i = 0; i < NR_PORTIONS; i += 97)
		ok &= proved(field.on[i] ? was_zero(field.mem + i * PORTION, PORTION) :
			     out_of_reach(field.mem + i * PORTION, PORTION), "random portions",
			     "what is committed is memory, and nothing else is");
	field.way->release(field.mem, FIELD);
	return ok;
}

void memory_report(void)
{
	const struct way *ours = way_of(OURS, ' ');
	const struct way *small = way_of(SMALL, BY_DONTNEED);
	const struct way *huge = way_of(HUGE, BY_DONTNEED);
	struct row rows[3] = {
		{ .work = "random commit + touch", .size = "portions" },
		{ .work = "random decommit", .size = "portions" },
		{ .work = "the same after random", .size = "1 GiB" },
	};
	struct row row = { .work = "committed, per page", .size = "512 MiB" };
	struct row one = { .work = "a page left in each", .size = "2 MiB" };

	measure_field(rows, ours);
	measure_field(rows, small);
	measure_field(rows, way_of(SMALL, BY_MMAP));
	report_section("1 GiB, per page of 4 KiB");
	report_row(&rows[0]);
	report_row(&rows[1]);

	row.figures[OURS] = figure_once(more_than_pages(ours), ' ');
	row.figures[SMALL] = figure_once(more_than_pages(small), small->commit_by);
	row.figures[HUGE] = figure_once(more_than_pages(huge), huge->commit_by);
	one.figures[OURS] = figure_once(one_page_each(ours), ' ');
	one.figures[SMALL] = figure_once(one_page_each(small), small->decommit_by);
	report_section("held beyond the pages, bytes");
	report_row(&row);
	report_row(&rows[2]);
	report_row(&one);
	crowd_bytes_row();
}
