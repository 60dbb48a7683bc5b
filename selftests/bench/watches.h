/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Write watch: to write pages, and to learn which these were.
 */
#ifndef BENCH_WATCHES_H
#define BENCH_WATCHES_H

#include <stdbool.h>

/** watches_prove() - whether each way tells what was written; tells what is not so */
bool watches_prove(void);

/** watches_report() - rows of the table */
void watches_report(void);

#endif /* BENCH_WATCHES_H */
