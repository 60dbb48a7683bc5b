/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two threads that commit and decommit beside each other, by time.
 */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <stdbool.h>

/**
 * threads_report() - a table of its own: cycles per second by one thread and by two
 *
 * Return: true, or false after telling that there are less than two processors, or what
 * is not as it should be.
 */
bool threads_report(void);

#endif /* BENCH_THREADS_H */
