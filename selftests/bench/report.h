/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table, and what is to be said below it.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>

#include "samples.h"
#include "ways.h"

/**
 * struct figure - one way's figure for some work
 * @median: in ticks_unit(), for one page or one call; 0 if there is none
 * @p99: the same
 * @by: letter for how the work was done, or ' '
 */
struct figure {
	double median;
	double p99;
	char by;
};

/**
 * struct row - one kind of work
 * @work: what
 * @size: how much of it
 * @figures: by column
 * @goal: what ours should cost; 0 if no one has said it
 * @floor: what it must not exceed where instructions are counted; 0 if none
 */
struct row {
	const char *work;
	const char *size;
	struct figure figures[NR_COLUMNS];
	double goal;
	double floor;
};

/** figure_of() - sum up samples, each of which is for @units pages or calls */
struct figure figure_of(struct samples *samples, double units, char by);

/** number_text() - "1,234"; the text lives until the eighth call after this */
const char *number_text(double number);

/** report_head() - begin the table */
void report_head(void);

/** report_section() - say what the figures of the next rows are for */
void report_section(const char *title);

/** report_row() - a line of the table */
void report_row(const struct row *row);

/** report_legend() - end the table */
void report_legend(void);

/**
 * report_floors() - hold rows against their floors
 * Return: whether none is exceeded.
 */
bool report_floors(const struct row *rows, unsigned int nr);

#endif /* BENCH_REPORT_H */
