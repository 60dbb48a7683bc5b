/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways to reserve, commit and decommit memory that are compared: ours, and
 * for pages of 4 KiB and for huge pages two sequences of mmap(2), mprotect(2)
 * and madvise(2) each.  Of the two the table shows the better one.
 */
#ifndef BENCH_WAYS_H
#define BENCH_WAYS_H

#include <stddef.h>

/* The columns of the table. */
enum column {
	OURS,
	SMALL,
	HUGE,
	NR_COLUMNS,
};

/**
 * struct way - one way of doing the work
 * @column: where in the table
 * @commit_by: letter for how it commits, see the legend in report.c
 * @decommit_by: letter for how it decommits
 * @reserve: address space without memory, 2 MiB aligned
 * @commit: makes a reserved range readable and writable; memory may come later,
 *	when a page is touched
 * @decommit: gives the memory back; the range is reserved again
 * @release: gives the address space back
 *
 * All of them exit if a system call fails.
 */
struct way {
	enum column column;
	char commit_by;
	char decommit_by;
	char *(*reserve)(size_t size);
	void (*commit)(char *mem, size_t size);
	void (*decommit)(char *mem, size_t size);
	void (*release)(char *mem, size_t size);
};

#define NR_WAYS		5u

extern const struct way ways[NR_WAYS];

/** way_enter() - to be called before a way is used: huge pages or none */
void way_enter(const struct way *way);

/** way_name() - for messages */
const char *way_name(const struct way *way);

#endif /* BENCH_WAYS_H */
