/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Protections: of much memory, of single pages among many that have others, guard pages.
 */
#ifndef BENCH_PROTECTS_H
#define BENCH_PROTECTS_H

#include <stdbool.h>

/** protects_prove() - whether protections are in force; tells what is not so */
bool protects_prove(void);

/** protects_report() - rows of the table */
void protects_report(void);

/** guards_prove() - whether a guard page is hit once; tells what is not so */
bool guards_prove(void);

/** guards_report() - rows of the table */
void guards_report(void);

#endif /* BENCH_PROTECTS_H */
