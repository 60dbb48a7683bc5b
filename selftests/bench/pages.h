/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work that costs by the page: commit and touch, decommit, commit again.
 */
#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <stdbool.h>
#include <stddef.h>

struct way;

#define PAGE	4096ul
#define KIB	1024ul
#define MIB	(1024 * KIB)

/**
 * struct stretch - what is committed and how
 * @name: what the table calls it
 * @size: bytes of the region, a multiple of @step
 * @from: where the work begins; what lies before has been committed already
 * @step: bytes for each call, a multiple of 4 KiB
 * @variants: whether ways that are a variant take part
 * @rounds: how often, besides a round for warming up
 */
struct stretch {
	const char *name;
	size_t size;
	size_t from;
	size_t step;
	bool variants;
	unsigned int rounds;
};

/** touch() - write a 1 to the first byte of each page */
void touch(char *mem, size_t size);

/** stretch_has_way() - whether it is a way for this */
bool stretch_has_way(const struct stretch *stretch, const struct way *way);

/** stretch_commit(), stretch_decommit() - what is to be measured, on a region at @mem */
void stretch_commit(const struct stretch *stretch, const struct way *way, char *mem);
void stretch_decommit(const struct stretch *stretch, const struct way *way, char *mem);

/** pages_prove() - whether each way does each stretch; tells what is not so */
bool pages_prove(void);

/** pages_report() - rows of the table */
void pages_report(void);

#endif /* BENCH_PAGES_H */
