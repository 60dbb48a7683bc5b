// SPDX-License-Identifier: GPL-2.0
/*
 * Printing.  See report.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "by.h"
#include "goals.h"
#include "json.h"
#include "report.h"
#include "ticks.h"

/* What is not more than this is no difference. */
#define CHANCE		1.01

static const char *section = "";
static char notes[2048];

struct figure figure_of(struct samples *samples, double units, char by)
{
	return (struct figure) {
		.median = ticks_to_units(samples_median(samples)) / units,
		.p99 = ticks_to_units(samples_p99(samples)) / units,
		.by = by,
	};
}

struct figure figure_once(double value, char by)
{
	return (struct figure) { .median = value, .p99 = value, .by = by };
}

void keep_better(struct figure *best, struct figure figure)
{
	if (!best->median || figure.median < best->median)
		*best = figure;
}

const char *number_text(double number)
{
	static char texts[8][32];
	static unsigned int next;
	char *text = texts[next++ % 8];
	char digits[32], *to = text;
	size_t i, length;

	if (number < 10) {
		snprintf(text, sizeof(texts[0]), "%.1f", number);
		return text;
	}
	length = (size_t)snprintf(digits, 20, "%.0f", number);
	for (i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

#define LABEL		"%-28s %8s"
#define FIGURE		"%10s %5s  "

void report_head(void)
{
	static const char line[] = "--------------------------------------------------";

	printf("\n" LABEL " | %-18s | %-18s | %-18s | ours / mmap   |  goal\n", "", "",
	       "       hostmem", "mmap, 4 KiB pages", " mmap, huge pages");
	printf(LABEL " | " FIGURE " | " FIGURE " | " FIGURE " | 4 KiB    huge |\n", "", "",
	       "median", "p99", "median", "p99", "median", "p99");
	printf("%.37s-+-%.18s-+-%.18s-+-%.18s-+-%.13s-+-%.11s\n", line, line, line,
	       line, line, line);
}

void report_section(const char *title)
{
	section = title;
	printf("%-37s |%20s|%20s|%20s|%15s|\n", title, "", "", "", "");
}

static void print_figure(const struct figure *figure)
{
	char excess[16];

	if (!figure->median) {
		printf(" | " FIGURE, "-", "");
		return;
	}
	snprintf(excess, sizeof(excess), "%+.0f%%",
		 (figure->p99 / figure->median - 1) * 100);
	printf(" | %10s %5s %c", number_text(figure->median), excess, figure->by);
}

/* How much more ours is than the peer's; 0 if one of them isn't there. */
static double ratio(const struct row *row, enum column peer)
{
	if (!row->figures[OURS].median || !row->figures[peer].median)
		return 0;
	return row->figures[OURS].median / row->figures[peer].median;
}

static void print_ratio(double value)
{
	if (!value)
		printf(" %6s", "-");
	else
		printf(value < 100 ? " %6.2f" : " %6.0f", value);
}

/* Each peer, as "LOSES 1.13x to 4 KiB pages, 1.27x to huge pages". */
static void print_losses(const struct row *row)
{
	static const char *const names[NR_COLUMNS] = {
		[SMALL] = "4 KiB pages",
		[HUGE] = "huge pages",
	};
	const char *before = "  LOSES";
	unsigned int peer;

	for (peer = SMALL; peer < NR_COLUMNS; peer++) {
		const char *name = by_peer(row->figures[peer].by);
		double value = ratio(row, peer);

		if (value <= CHANCE)
			continue;
		printf("%s %.*fx to %s", before, value < 100 ? 2 : 0, value,
		       name ? name : names[peer]);
		before = ",";
	}
}

static void print_goal(const struct row *row)
{
	double ours = row->figures[OURS].median;

	if (row->goal)
		printf(" %6s %-3s", number_text(row->goal), ours <= row->goal ? "met" : "");
	else
		printf(" %6s %-3s", "", "");
}

void report_row(const struct row *without_goal)
{
	struct row row = *without_goal;
	unsigned int i;

	goals_set(&row);
	printf(LABEL, row.work, row.size);
	for (i = 0; i < NR_COLUMNS; i++)
		print_figure(&row.figures[i]);
	printf(" |");
	print_ratio(ratio(&row, SMALL));
	putchar(' ');
	print_ratio(ratio(&row, HUGE));
	printf(" |");
	print_goal(&row);
	print_losses(&row);
	putchar('\n');
	json_row(section, &row);
}

void report_note(const char *format, ...)
{
	size_t length = strlen(notes);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(notes + length, sizeof(notes) - length, format, arguments);
	va_end(arguments);
}

void report_legend(void)
{
	printf("\nEach peer has the best of its sequences, which the letter behind the figure tells:\n");
	by_legend();
	printf("Rows of single pages, portions and a block that is there already are per page, too. Blocks\n"
	       "are IHostMalloc's beside glibc's, got, touched and freed: one by one, or so many at once.\n");
	if (notes[0])
		printf("\n%s", notes);
}
