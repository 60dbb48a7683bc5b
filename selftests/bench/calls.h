/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work that costs by the call: reserve and release, query, and nothing at all.
 */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include "report.h"

/** calls_measure_reserve() - reserve and release @size bytes, @rounds times */
void calls_measure_reserve(size_t size, unsigned int rounds,
			   struct figure figures[NR_COLUMNS]);

/** calls_measure_query() - ask what lies in the middle of @nr regions */
void calls_measure_query(unsigned int nr, unsigned int rounds,
			 struct figure figures[NR_COLUMNS]);

/** calls_null_syscall() - a system call that does next to nothing */
struct figure calls_null_syscall(void);

/** calls_null_ioctl() - a call of the device that there is not */
struct figure calls_null_ioctl(void);

#endif /* BENCH_CALLS_H */
