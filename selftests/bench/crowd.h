/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls in a process that has many regions.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdbool.h>

/** crowd_prove() - whether address space is there and gone; tells what is not so */
bool crowd_prove(void);

/** crowd_report() - rows of the table: reserve and release, query */
void crowd_report(void);

/** crowd_bytes_row() - what a region takes of the kernel's memory, as crowd_report() saw */
void crowd_bytes_row(void);

#endif /* BENCH_CROWD_H */
