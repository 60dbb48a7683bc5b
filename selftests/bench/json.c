// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of JSON.  See json.h.  No text of the benchmark has a character in it that
 * would have to be escaped.
 */
#include <stdbool.h>
#include <stdio.h>

#include "by.h"
#include "json.h"

static bool on;

void json_begin(void)
{
	on = true;
}

void json_head(const char *kernel, const char *unit)
{
	if (on)
		printf("{\"kernel\": \"%s\", \"unit\": \"%s\"}\n", kernel, unit);
}

static void print_figure(const char *name, const struct figure *figure)
{
	printf(", \"%s\": ", name);
	if (figure->median)
		printf("{\"median\": %.2f, \"p99\": %.2f, \"by\": \"%s\"}", figure->median,
		       figure->p99, by_text(figure->by));
	else
		printf("null");
}

static void print_number(const char *name, double number)
{
	printf(", \"%s\": ", name);
	if (number)
		printf("%.2f", number);
	else
		printf("null");
}

void json_row(const char *section, const struct row *row)
{
	if (!on)
		return;
	printf("{\"section\": \"%s\", \"work\": \"%s\", \"size\": \"%s\"", section, row->work,
	       row->size);
	print_figure("hostmem", &row->figures[OURS]);
	print_figure("peer", &row->figures[SMALL]);
	print_figure("peer_huge", &row->figures[HUGE]);
	print_number("goal", row->goal);
	print_number("floor", row->floor);
	printf("}\n");
}

void json_threads(const char *work, const char *side, double one, double two, double goal)
{
	if (!on)
		return;
	printf("{\"section\": \"threads, cycles per second\", \"work\": \"%s\", \"side\": \"%s\"",
	       work, side);
	print_number("one", one);
	print_number("two", two);
	print_number("goal", goal);
	printf("}\n");
}
