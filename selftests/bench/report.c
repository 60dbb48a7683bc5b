// SPDX-License-Identifier: GPL-2.0
/*
 * Printing.  See report.h.
 */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "ticks.h"

struct figure figure_of(struct samples *samples, double units, char by)
{
	return (struct figure) {
		.median = ticks_to_units(samples_median(samples)) / units,
		.p99 = ticks_to_units(samples_p99(samples)) / units,
		.by = by,
	};
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

#define LABEL		"%-20s %6s"
#define FIGURE		"%10s %5s  "

void report_head(void)
{
	static const char line[] = "--------------------------------------------------";

	printf("\n" LABEL " | %-18s | %-18s | %-18s | ours / mmap   |  goal\n", "", "",
	       "       hostmem", "mmap, 4 KiB pages", " mmap, huge pages");
	printf(LABEL " | " FIGURE " | " FIGURE " | " FIGURE " | 4 KiB    huge |\n", "", "",
	       "median", "p99", "median", "p99", "median", "p99");
	printf("%.27s-+-%.18s-+-%.18s-+-%.18s-+-%.13s-+-%.11s\n", line, line, line,
	       line, line, line);
}

void report_section(const char *title)
{
	printf("%-27s |%20s|%20s|%20s|%15s|\n", title, "", "", "", "");
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

static void print_ratio(const struct figure *ours, const struct figure *peer)
{
	if (peer->median)
		printf(" %6.2f", ours->median / peer->median);
	else
		printf(" %6s", "-");
}

void report_row(const struct row *row)
{
	const struct figure *ours = &row->figures[OURS];
	unsigned int i;

	printf(LABEL, row->work, row->size);
	for (i = 0; i < NR_COLUMNS; i++)
		print_figure(&row->figures[i]);
	printf(" |");
	print_ratio(ours, &row->figures[SMALL]);
	putchar(' ');
	print_ratio(ours, &row->figures[HUGE]);
	printf(" |");
	if (row->goal)
		printf(" %6s%s", number_text(row->goal),
		       ours->median <= row->goal ? " met" : "");
	putchar('\n');
}

void report_legend(void)
{
	printf("\nmmap has the better of two sequences.  To commit: t mprotect and touch; p the same with\n"
	       "MADV_POPULATE_WRITE.  To decommit: m a new PROT_NONE mapping; d MADV_DONTNEED and mprotect.\n"
	       "Its query parses /proc/self/maps.  Blocks are IHostMalloc's beside glibc's, got, touched\n"
	       "and freed: one by one, or so many at once.\n");
}

bool report_floors(const struct row *rows, unsigned int nr)
{
	bool pass = true;
	unsigned int i;

	if (!ticks_are_instructions()) {
		printf("\nFloors are in instructions, and this machine doesn't count them: not checked.\n");
		return true;
	}
	printf("\nFloors, in instructions per page:\n");
	for (i = 0; i < nr; i++) {
		double median = rows[i].figures[OURS].median;
		bool holds = median <= rows[i].floor;

		if (!rows[i].floor)
			continue;
		printf("  %s  " LABEL " %7s, at most %s\n", holds ? "PASS" : "FAIL",
		       rows[i].work, rows[i].size, number_text(median),
		       number_text(rows[i].floor));
		pass &= holds;
	}
	return pass;
}
