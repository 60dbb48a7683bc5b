/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commits and decommits in no order, and what is held of the machine's memory for what.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdbool.h>

/** memory_prove() - whether what is committed in no order is memory; tells what is not so */
bool memory_prove(void);

/** memory_report() - rows of the table */
void memory_report(void);

#endif /* BENCH_MEMORY_H */
