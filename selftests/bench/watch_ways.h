/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways to learn which pages have been written.
 */
#ifndef BENCH_WATCH_WAYS_H
#define BENCH_WATCH_WAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "ways.h"

/* The most pages that can be watched, or told. */
#define WATCH_MOST	65536u

/**
 * struct watch_way - one way
 * @column: where in the table
 * @by: letter for how
 * @name: for messages
 * @begin: watched memory whose pages are all there and clean; NULL if this kernel hasn't
 *	what it takes
 * @get: which pages have been written since they were clean, ascending addresses at
 *	@pages; makes them clean if @reset; returns how many
 * @end: give all of it back
 *
 * At most one memory of each way can be there at a time.
 */
struct watch_way {
	enum column column;
	char by;
	const char *name;
	char *(*begin)(size_t size);
	size_t (*get)(char *mem, size_t size, bool reset, void **pages);
	void (*end)(char *mem, size_t size);
};

enum {
	WATCH_OURS,
	WATCH_UFFD,
	WATCH_SIGSEGV,
	NR_WATCH_WAYS,
};

extern const struct watch_way watch_ways[NR_WATCH_WAYS];

#endif /* BENCH_WATCH_WAYS_H */
