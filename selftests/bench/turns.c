// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring in turns.  See turns.h.
 */
#include <err.h>
#include <string.h>

#include "ticks.h"
#include "turns.h"

static uint64_t turn(const struct side *side)
{
	uint64_t start;

	if (side->prepare)
		side->prepare(side->arg);
	start = ticks_now();
	side->work(side->arg);
	start = ticks_now() - start;
	if (side->finish)
		side->finish(side->arg);
	return start;
}

void take_turns(const struct side *sides, unsigned int nr, unsigned int rounds, double units,
		struct figure figures[NR_COLUMNS])
{
	static struct samples samples[MAX_SIDES];
	unsigned int round, i;

	if (nr > MAX_SIDES)
		errx(1, "%u sides", nr);
	memset(samples, 0, sizeof(samples));
	ticks_settle();
	for (round = 0; round <= rounds; round++) {
		for (i = 0; i < nr; i++) {
			/* Whoever was first is last in the next round. */
			unsigned int which = round % 2 ? nr - 1 - i : i;
			uint64_t ticks = turn(&sides[which]);

			if (round)
				samples_add(&samples[which], ticks);
		}
	}
	memset(figures, 0, NR_COLUMNS * sizeof(figures[0]));
	for (i = 0; i < nr; i++)
		keep_better(&figures[sides[i].column],
			    figure_of(&samples[i], units, sides[i].by));
}

void turns_row(const char *work, const char *size, const struct side *sides, unsigned int nr,
	       unsigned int rounds, double units)
{
	struct row row = { .work = work, .size = size };

	take_turns(sides, nr, rounds, units, row.figures);
	report_row(&row);
}
