/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rows ought to cost where instructions are counted, and what they must not exceed.
 */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#include <stdbool.h>

#include "report.h"

/** goals_for() - to be called first: the kernel's release, as of uname(2) */
void goals_for(const char *release);

/**
 * goals_set() - set a row's goal, if it has none, and its floor
 *
 * The figures of its peers must be there: some goals are a share of them.
 */
void goals_set(struct row *row);

/** goals_scaling() - how much two threads ought to do of what one does, 0 if not said */
double goals_scaling(const char *size);

/** goals_floors() - whether no row exceeded its floor; tells about all that have one */
bool goals_floors(void);

#endif /* BENCH_GOALS_H */
