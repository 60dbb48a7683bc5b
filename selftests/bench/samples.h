/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Repeated measurements of one thing.
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdint.h>

#define MAX_SAMPLES	101

struct samples {
	unsigned int nr;
	uint64_t ticks[MAX_SAMPLES];
};

/** samples_add() - one more measurement; at most MAX_SAMPLES */
void samples_add(struct samples *samples, uint64_t ticks);

/** samples_median() - the median; sorts the samples */
uint64_t samples_median(struct samples *samples);

/** samples_p99() - what 99 of 100 don't exceed; of few samples the largest */
uint64_t samples_p99(struct samples *samples);

#endif /* BENCH_SAMPLES_H */
