/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of the benchmark: the processor's counter.  Where the emulator counts
 * instructions, it is a count of instructions, otherwise it is time.
 */
#ifndef BENCH_TICKS_H
#define BENCH_TICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "processor.h"

/** ticks_now() - read the clock */
static inline uint64_t ticks_now(void)
{
	return processor_ticks();
}

/** ticks_calibrate() - find out what the clock counts, and print it */
void ticks_calibrate(void);

/** ticks_are_instructions() - what ticks_calibrate() has found out */
bool ticks_are_instructions(void);

/**
 * ticks_settle() - let the kernel do what it has put off, so that it isn't counted for what
 *	comes next; costs next to nothing where instructions are counted
 */
void ticks_settle(void);

/** ticks_unit() - "instructions" or "ns" */
const char *ticks_unit(void);

/** ticks_to_units() - so many instructions, or nanoseconds */
double ticks_to_units(uint64_t ticks);

#endif /* BENCH_TICKS_H */
