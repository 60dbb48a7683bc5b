/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table, and what is to be said below it.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "samples.h"
#include "ways.h"

/**
 * struct figure - one way's figure for some work
 * @median: in ticks_unit() for one page or one call, or as the section says; 0 if
 *	there is none
 * @p99: the same
 * @by: letter for how the work was done, see by.h, or ' '
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

/** figure_once() - a figure that was taken once */
struct figure figure_once(double value, char by);

/** keep_better() - make @best the lower of both; the figure of a column is its best way's */
void keep_better(struct figure *best, struct figure figure);

/** number_text() - "1,234"; the text lives until the eighth call after this */
const char *number_text(double number);

/** report_head() - begin the table */
void report_head(void);

/**
 * report_section() - say what the figures of the next rows are for
 * @title: a subject, a comma, and the unit of work; it lives as long as the section
 */
void report_section(const char *title);

/**
 * report_row() - a line of the table
 *
 * Says so where a peer is better, by more than the hundredth that chance may make.
 * goals_set() has its say before.
 */
void report_row(const struct row *row);

/** report_note() - what is to be told below the table; as printf() */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** report_legend() - end the table */
void report_legend(void);

#endif /* BENCH_REPORT_H */
