/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is given up and wanted back, or asked for a second time.
 */
#ifndef BENCH_RESETS_H
#define BENCH_RESETS_H

#include <stdbool.h>

/** resets_prove() - whether contents may go and come back; tells what is not so */
bool resets_prove(void);

/** resets_report() - rows of the table */
void resets_report(void);

#endif /* BENCH_RESETS_H */
