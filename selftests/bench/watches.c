// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring write watch.  See watches.h.
 */
#include <err.h>
#include <stdlib.h>

#include "pages.h"
#include "prove.h"
#include "turns.h"
#include "watch_ways.h"
#include "watches.h"

#define SIZE		(16 * MIB)
#define NR_PAGES	((unsigned int)(SIZE / PAGE))
#define FEW		41u
#define ROUNDS		9u
#define CLEAN_SIZE	(256 * MIB)

/* Which pages are written in a round, ascending. */
static unsigned int written[NR_PAGES];
static unsigned int nr_written;

/**
 * struct watched - a side's memory
 * @way: how it is watched
 * @mem: its memory
 * @size: its bytes
 * @found: how many pages were told at last
 */
struct watched {
	const struct watch_way *way;
	char *mem;
	size_t size;
	size_t found;
};

static void *pages[WATCH_MOST];

static void write_evenly(unsigned int step)
{
	nr_written = 0;
	while (nr_written * step < NR_PAGES) {
		written[nr_written] = nr_written * step;
		nr_written++;
	}
}

static void write_neighbours(unsigned int first)
{
	for (nr_written = 0; nr_written < FEW; nr_written++)
		written[nr_written] = first + nr_written;
}

/* The same in each boot: what is told is about kernels. */
static void write_random(void)
{
	unsigned int seed = 1, i = 0, left = FEW;

	for (nr_written = 0; left; i++) {
		seed = seed * 1103515245 + 12345;
		if ((seed >> 16) % (NR_PAGES - i) < left) {
			written[nr_written++] = i;
			left--;
		}
	}
}

static void write_all(const struct watched *watched)
{
	unsigned int i;

	for (i = 0; i < nr_written; i++)
		((volatile char *)watched->mem)[written[i] * PAGE] = 2;
}

static void cycle(void *arg)
{
	struct watched *watched = arg;

	write_all(watched);
	watched->found = watched->way->get(watched->mem, watched->size, true, pages);
}

static void get_and_reset(void *arg)
{
	struct watched *watched = arg;

	watched->found = watched->way->get(watched->mem, watched->size, true, pages);
}

static void get(void *arg)
{
	struct watched *watched = arg;

	watched->found = watched->way->get(watched->mem, watched->size, false, pages);
}

static bool found_right(const struct watched *watched)
{
	unsigned int i;

	if (watched->found != nr_written)
		return false;
	for (i = 0; i < nr_written; i++)
		if (pages[i] != watched->mem + written[i] * PAGE)
			return false;
	return true;
}

static void look(void *arg)
{
	const struct watched *watched = arg;

	if (!found_right(watched))
		errx(1, "%s: %zu pages of %u", watched->way->name, watched->found, nr_written);
}

static void report(const char *work, const char *size, void (*work_on)(void *arg),
		   struct watched *watched, unsigned int nr, unsigned int rounds, double units)
{
	struct side sides[NR_WATCH_WAYS];
	unsigned int i;

	for (i = 0; i < nr; i++)
		sides[i] = (struct side) { watched[i].way->column, watched[i].way->by, NULL,
					   work_on, look, &watched[i] };
	turns_row(work, size, sides, nr, rounds, units);
}

static unsigned int begin(struct watched *watched, size_t size, unsigned int nr_ways)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_ways; i++) {
		char *mem = watch_ways[i].begin(size);

		if (mem)
			watched[nr++] = (struct watched) { &watch_ways[i], mem, size, 0 };
	}
	return nr;
}

static void end(struct watched *watched, unsigned int nr)
{
	while (nr--)
		watched[nr].way->end(watched[nr].mem, watched[nr].size);
}

bool watches_prove(void)
{
	struct watched watched[NR_WATCH_WAYS];
	unsigned int i, nr = begin(watched, SIZE, NR_WATCH_WAYS);
	bool ok = true;

	for (i = 0; i < nr; i++) {
		struct watched *one = &watched[i];
		const char *whom = one->way->name;

		write_evenly(100);
		write_all(one);
		get(one);
		ok &= proved(found_right(one), whom, "it tells the pages that were written");
		get_and_reset(one);
		ok &= proved(found_right(one), whom, "and again, as nothing was reset");
		get(one);
		ok &= proved(one->found == 0, whom, "after a reset all is clean");
		write_random();
		cycle(one);
		ok &= proved(found_right(one), whom, "what is written then is told");
	}
	end(watched, nr);
	return ok;
}

void watches_report(void)
{
	struct watched watched[NR_WATCH_WAYS];
	unsigned int nr = begin(watched, SIZE, NR_WATCH_WAYS);

	report_section("write and get, per cycle");
	write_evenly(100);
	report("write watch, 1 % evenly", "16 MiB", cycle, watched, nr, ROUNDS, 1);
	write_random();
	report("write watch, 41 random", "16 MiB", cycle, watched, nr, ROUNDS, 1);
	write_neighbours(700);
	report("write watch, 41 in a row", "16 MiB", cycle, watched, nr, ROUNDS, 1);
	write_evenly(10);
	report("write watch, 10 %", "16 MiB", cycle, watched, nr, ROUNDS, 1);
	write_evenly(1);
	report("write watch, 100 %", "16 MiB", cycle, watched, nr, 3, 1);
	end(watched, nr);

	/*
	 * Nothing is written here, so that a handler of SIGSEGV would have nothing to do:
	 * its price is in the rows above.
	 */
	nr = begin(watched, CLEAN_SIZE, WATCH_SIGSEGV);
	nr_written = 0;
	report_section("write watch, per page of 4 KiB");
	report("get and reset, all clean", "256 MiB", get_and_reset, watched, nr, ROUNDS,
	       (double)CLEAN_SIZE / PAGE);
	report("get, all clean", "256 MiB", get, watched, nr, ROUNDS,
	       (double)CLEAN_SIZE / PAGE);
	end(watched, nr);
}
