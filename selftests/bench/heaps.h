/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks of a heap, IHostMalloc's beside those of malloc(3).
 */
#ifndef BENCH_HEAPS_H
#define BENCH_HEAPS_H

/** heaps_report() - rows of the table, for one thread and for two */
void heaps_report(void);

#endif /* BENCH_HEAPS_H */
