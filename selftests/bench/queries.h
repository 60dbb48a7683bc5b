/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lies at an address.
 */
#ifndef BENCH_QUERIES_H
#define BENCH_QUERIES_H

#include <stdbool.h>

/** queries_open() - to be called first: what does this kernel have? */
void queries_open(void);

/** queries_prove() - whether answers are true and agree; tells what is not so */
bool queries_prove(void);

/**
 * queries_row() - ask what lies at an address, which must be the start of a mapping of
 *	its own; all sides have to agree on where that ends
 * @rounds: how often, at least 10; a tenth as often by /proc/self/maps, which is slow
 */
void queries_row(const char *work, const char *size, char *addr, unsigned int rounds);

/** queries_walk_row() - ask what lies at each address in turn, from the first to the last */
void queries_walk_row(const char *work, const char *size);

/** queries_report() - rows for regions with committed memory */
void queries_report(void);

#endif /* BENCH_QUERIES_H */
