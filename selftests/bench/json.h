/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same for report.py: objects of JSON, each on a line by itself between those of
 * the table.
 */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include "report.h"

/** json_begin() - have the others print from now on, which do nothing otherwise */
void json_begin(void);

/** json_head() - the first object: on what, and in which unit figures are if nothing is said */
void json_head(const char *kernel, const char *unit);

/** json_row() - a row of the table */
void json_row(const char *section, const struct row *row);

/**
 * json_threads() - a row of threads_report()
 * @work: the cycle that is repeated
 * @side: by whom
 * @one: cycles per second by one thread
 * @two: cycles per second by two threads together
 * @goal: for their ratio, or 0
 */
void json_threads(const char *work, const char *side, double one, double two, double goal);

#endif /* BENCH_JSON_H */
