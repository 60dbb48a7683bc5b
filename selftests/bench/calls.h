/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small calls: the load, and nothing at all.
 */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

#include <stdbool.h>

#include "report.h"

/** calls_prove() - whether the load is one; tells what is not so */
bool calls_prove(void);

/** calls_report() - a row of the table */
void calls_report(void);

/** calls_null_syscall() - a system call that does next to nothing */
struct figure calls_null_syscall(void);

/** calls_null_ioctl() - a call of the device that there is not */
struct figure calls_null_ioctl(void);

#endif /* BENCH_CALLS_H */
