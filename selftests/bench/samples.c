// SPDX-License-Identifier: GPL-2.0
/*
 * Order statistics.  See samples.h.
 */
#include <stdlib.h>

#include "samples.h"

void samples_add(struct samples *samples, uint64_t ticks)
{
	samples->ticks[samples->nr++] = ticks;
}

static int compare(const void *left, const void *right)
{
	uint64_t l = *(const uint64_t *)left, r = *(const uint64_t *)right;

	return (l > r) - (l < r);
}

static void sort(struct samples *samples)
{
	qsort(samples->ticks, samples->nr, sizeof(samples->ticks[0]), compare);
}

uint64_t samples_median(struct samples *samples)
{
	sort(samples);
	return samples->ticks[samples->nr / 2];
}

uint64_t samples_p99(struct samples *samples)
{
	sort(samples);
	return samples->ticks[(samples->nr * 99 + 99) / 100 - 1];
}
