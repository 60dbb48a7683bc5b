/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Lists of free runs, by length: four lists for each power of two, so that one of a
 * longer list is always long enough.  All with the lock of struct hostmem_pages.
 *
 * Called by pages.c.
 */
#ifndef HOSTMEM_RUNS_H
#define HOSTMEM_RUNS_H

#include <stdint.h>

#include "pages.h"

/* Runs of the list of the very length that are looked at. */
#define HOSTMEM_RUN_LOOKS	8

/* List for runs of @nr pages: one each for 1 to 7, then two lengths in one, ... */
static inline unsigned int hostmem_runs_list(uint32_t nr)
{
	unsigned int power = 31 - (unsigned int)__builtin_clz(nr);

	if (power < 2)
		return nr - 1;
	return 3 + (power - 2) * 4 + (nr >> (power - 2) & 3);
}

static inline void hostmem_runs_add(struct hostmem_pages *pages, struct hostmem_runs *runs,
				    uint32_t page, uint32_t nr)
{
	unsigned int list = hostmem_runs_list(nr);
	struct hostmem_page *record = &pages->record[page];

	record->pages = nr;
	record->prev = 0;
	record->next = runs->first[list];
	if (record->next)
		pages->record[record->next].prev = page;
	runs->first[list] = page;
	runs->lists[list / 64] |= (uint64_t)1 << list % 64;
}

static inline void hostmem_runs_remove(struct hostmem_pages *pages,
				       struct hostmem_runs *runs, uint32_t page)
{
	const struct hostmem_page *record = &pages->record[page];
	unsigned int list = hostmem_runs_list(record->pages);

	if (record->next)
		pages->record[record->next].prev = record->prev;
	if (record->prev)
		pages->record[record->prev].next = record->next;
	else
		runs->first[list] = record->next;
	if (!runs->first[list])
		runs->lists[list / 64] &= ~((uint64_t)1 << list % 64);
}

/* The first list from @list on that has a run; HOSTMEM_RUN_LISTS: none. */
static inline unsigned int hostmem_runs_next_list(const struct hostmem_runs *runs,
						  unsigned int list)
{
	uint64_t lists;

	for (; list < HOSTMEM_RUN_LISTS; list = (list / 64 + 1) * 64) {
		lists = runs->lists[list / 64] >> list % 64;
		if (lists)
			return list + (unsigned int)__builtin_ctzll(lists);
	}
	return HOSTMEM_RUN_LISTS;
}

/* A run of @nr pages or more; 0: there is none, or only far back in its list. */
static inline uint32_t hostmem_runs_find(const struct hostmem_pages *pages,
					 const struct hostmem_runs *runs, uint32_t nr)
{
	unsigned int list = hostmem_runs_list(nr), looks;
	uint32_t page = runs->first[list];

	for (looks = 0; page && looks < HOSTMEM_RUN_LOOKS; looks++) {
		if (pages->record[page].pages >= nr)
			return page;
		page = pages->record[page].next;
	}
	list = hostmem_runs_next_list(runs, list + 1);
	return list < HOSTMEM_RUN_LISTS ? runs->first[list] : 0;
}

/* One of the longest; 0: there is none. */
static inline uint32_t hostmem_runs_longest(const struct hostmem_runs *runs)
{
	unsigned int part = HOSTMEM_RUN_LISTS / 64 + 1;

	while (part--)
		if (runs->lists[part])
			return runs->first[part * 64 + 63 -
					   (unsigned int)__builtin_clzll(runs->lists[part])];
	return 0;
}

#endif /* HOSTMEM_RUNS_H */
