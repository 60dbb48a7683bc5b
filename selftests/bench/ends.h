/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that goes all at once: exit, release, large pages.
 */
#ifndef BENCH_ENDS_H
#define BENCH_ENDS_H

#include <stdbool.h>

/** ends_prove() - whether memory is there, and gone afterwards; tells what is not so */
bool ends_prove(void);

/** ends_report() - rows of the table for exit and release */
void ends_report(void);

/** large_prove() - whether large pages are zero, huge and go; tells what is not so */
bool large_prove(void);

/** large_report() - rows of the table for large pages */
void large_report(void);

#endif /* BENCH_ENDS_H */
