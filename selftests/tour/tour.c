// SPDX-License-Identifier: GPL-2.0
/*
 * A guided tour of hostmem: takes the steps one by one, with a picture of the
 * address space before and after each.  Exits with 1 if anything was not as
 * the tour says.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "call.h"
#include "picture.h"
#include "probe.h"
#include "tour.h"

static unsigned int nr_failed;

bool claim(bool holds, const char *format, ...)
{
	va_list args;

	printf(holds ? "  ✓ " : "  ✗ NOT SO: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	nr_failed += !holds;
	return holds;
}

unsigned int claims_failed(void)
{
	return nr_failed;
}

static void print_title(unsigned int number, const char *title)
{
	unsigned int column;

	printf("\n%u. %s\n", number, title);
	for (column = 0; column < 78; column++)
		printf("─");
	putchar('\n');
}

static void print_charge(const struct charge *before, const struct charge *after)
{
	printf("  charge  %s", size_text(before->committed));
	if (after->committed != before->committed)
		printf(" → %s", size_text(after->committed));
	printf(" of at most %s committed\n", size_text(after->limit));
}

static void take(const struct step *step)
{
	char before[PICTURE_BYTES], after[PICTURE_BYTES];
	struct charge charge_before, charge_after;

	print_title(step - steps + 1, step->title);
	printf("%s\n\n", step->text);

	picture_take(&step->view, before);
	charge_before = charge_now();
	step->run();
	picture_take(&step->view, after);
	charge_after = charge_now();

	printf("\n          from %p, %u column%s for each %s\n",
	       (void *)step->view.base, step->view.columns,
	       step->view.columns > 1 ? "s" : "", size_text(step->view.cell));
	printf("  before  %s\n", before);
	printf("  after   %s\n", strcmp(before, after) ? after : "unchanged");
	print_charge(&charge_before, &charge_after);
}

int main(void)
{
	struct utsname system;
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&system);
	printf("hostmem: Windows' VirtualAlloc contract on %s %s, %s\n\n",
	       system.sysname, system.release, system.machine);
	probe_open();
	picture_print_legend();

	for (i = 0; i < nr_steps; i++)
		take(&steps[i]);

	if (nr_failed) {
		printf("\n%u claims of this tour did not hold.\n", nr_failed);
		return 1;
	}
	printf("\nThat was the tour: %u steps, and every ✓ was checked on the way.\n",
	       nr_steps);
	return 0;
}
