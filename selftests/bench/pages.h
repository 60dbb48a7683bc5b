/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work that costs by the page: commit and touch, decommit, commit again.
 */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include "report.h"

#define PAGE	4096

/** touch() - write a 1 to the first byte of each page */
void touch(char *mem, size_t size);

/* The works, in the order in which they are done and reported. */
enum page_work {
	COMMIT,
	DECOMMIT,
	COMMIT_AGAIN,
	NR_PAGE_WORKS,
};

/**
 * pages_measure() - measure all ways in turn
 * @size: bytes, a multiple of 4 KiB
 * @rounds: how often, besides a round for warming up
 * @figures: by work and column
 */
void pages_measure(size_t size, unsigned int rounds,
		   struct figure figures[NR_PAGE_WORKS][NR_COLUMNS]);

#endif /* BENCH_PAGES_H */
