/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sides that do the same work in turns, each in its own way.
 */
#ifndef BENCH_TURNS_H
#define BENCH_TURNS_H

#include "report.h"

/**
 * struct side - one way of doing some work
 * @column: where in the table
 * @by: letter for how, see by.h
 * @prepare: done before each round, or NULL; not measured
 * @work: what is measured
 * @finish: done after each round, or NULL; not measured; the place to look whether
 *	the work has been done
 * @arg: for all three, which exit if something fails
 */
struct side {
	enum column column;
	char by;
	void (*prepare)(void *arg);
	void (*work)(void *arg);
	void (*finish)(void *arg);
	void *arg;
};

#define MAX_SIDES	5u

/**
 * take_turns() - measure all sides in turn
 * @nr: of @sides, at most MAX_SIDES
 * @rounds: how often, besides a round for warming up
 * @units: pages or calls in a round
 * @figures: by column, and there of the best side; of a column with no side none
 */
void take_turns(const struct side *sides, unsigned int nr, unsigned int rounds, double units,
		struct figure figures[NR_COLUMNS]);

/** turns_row() - the same, reported as a row that has no other marks than goals.h's */
void turns_row(const char *work, const char *size, const struct side *sides, unsigned int nr,
	       unsigned int rounds, double units);

#endif /* BENCH_TURNS_H */
