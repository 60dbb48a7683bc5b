// SPDX-License-Identifier: GPL-2.0
/*
 * hostmem beside mmap(2), mprotect(2) and madvise(2), and its heaps beside malloc(3), in
 * one boot.
 *
 * Every way of doing the work first proves that it does the work.  Then they
 * take turns, and the table shows medians.  Exits with 1 if a proof or, where
 * instructions are counted, a floor fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>

#include "calls.h"
#include "heaps.h"
#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "report.h"
#include "ticks.h"

#define SYSLOG_ACTION_READ_ALL	3

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *name;
	size_t bytes;
	unsigned int rounds;
} sizes[] = {
	{ "64 KiB", 64ul << 10, 101 },
	{ "2 MiB", 2ul << 20, 31 },
	{ "64 MiB", 64ul << 20, 9 },
};

#define NR_SIZES	COUNT(sizes)
#define NR_PAGE_ROWS	(NR_PAGE_WORKS * NR_SIZES)

static struct row page_rows[NR_PAGE_ROWS];

static struct row *page_row(enum page_work work, unsigned int size)
{
	return &page_rows[work * NR_SIZES + size];
}

static void print_thp(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
	char line[80] = "not there\n";

	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = '\n';
		fclose(file);
	}
	printf("transparent huge pages: %s", line);
}

/*
 * With "heap alloc:on", Debian's default, 6.1 zeroes a huge page twice: when it
 * allocates it, and then for the process.
 */
static void print_zeroing(void)
{
	static char log[1 << 20];
	int length = klogctl(SYSLOG_ACTION_READ_ALL, log, sizeof(log) - 1);
	const char *line = length > 0 ? strstr(log, "mem auto-init:") : NULL;

	if (line)
		printf("%.*s\n", (int)strcspn(line, "\n"), line);
}

static bool is_at_least(const struct utsname *system, unsigned int major,
			unsigned int minor)
{
	unsigned int has_major, has_minor;

	if (sscanf(system->release, "%u.%u", &has_major, &has_minor) != 2)
		return false;
	return has_major > major || (has_major == major && has_minor >= minor);
}

/* From 6.12 on a module can map huge pages, which makes the goal for them lower. */
static void set_marks(const struct utsname *system)
{
	page_row(COMMIT, 0)->floor = 1900;
	page_row(COMMIT, 2)->floor = 1150;
	page_row(DECOMMIT, 2)->floor = 700;
	if (!ticks_are_instructions())
		return;
	page_row(COMMIT, 0)->goal = 1000;
	page_row(COMMIT, 2)->goal = is_at_least(system, 6, 12) ? 600 : 750;
	page_row(DECOMMIT, 0)->goal = 250;
	page_row(DECOMMIT, 1)->goal = 60;
	page_row(DECOMMIT, 2)->goal = 60;
	page_row(COMMIT_AGAIN, 2)->goal = 600;
}

static bool prove_all(void)
{
	bool ok = true;
	unsigned int i, size;

	for (i = 0; i < NR_WAYS; i++) {
		way_enter(&ways[i]);
		for (size = 0; size < NR_SIZES; size++)
			ok &= prove(&ways[i], sizes[size].bytes);
	}
	if (ok)
		printf("proved for each way: memory is zero at commit and at the commit after a decommit;\n"
		       "reserved and decommitted memory can't be touched; decommit makes memory free again;\n"
		       "pages are small or huge as the column says\n");
	return ok;
}

static void measure_pages(void)
{
	static const char *const works[NR_PAGE_WORKS] = {
		[COMMIT] = "commit + touch",
		[DECOMMIT] = "decommit",
		[COMMIT_AGAIN] = "commit again + touch",
	};
	struct figure figures[NR_PAGE_WORKS][NR_COLUMNS];
	unsigned int size, work, i;

	for (size = 0; size < NR_SIZES; size++) {
		pages_measure(sizes[size].bytes, sizes[size].rounds, figures);
		for (work = 0; work < NR_PAGE_WORKS; work++) {
			struct row *row = page_row(work, size);

			row->work = works[work];
			row->size = sizes[size].name;
			memcpy(row->figures, figures[work], sizeof(row->figures));
		}
	}
	report_section("per page of 4 KiB");
	for (i = 0; i < NR_PAGE_ROWS; i++)
		report_row(&page_rows[i]);
}

static void measure_calls(double null_ioctl)
{
	struct row rows[] = {
		{ .work = "reserve + release", .size = "64 KiB" },
		{ .work = "reserve + release", .size = "16 TiB" },
		{ .work = "query, of regions", .size = "10" },
		{ .work = "query, of regions", .size = "10,000" },
	};
	unsigned int i;

	calls_measure_reserve(64ul << 10, 101, rows[0].figures);
	calls_measure_reserve(16ul << 40, 101, rows[1].figures);
	calls_measure_query(10, 101, rows[2].figures);
	calls_measure_query(10000, 15, rows[3].figures);
	for (i = 0; i < 2; i++)
		rows[i].goal = 1.2 * rows[i].figures[SMALL].median;
	for (; i < COUNT(rows); i++)
		rows[i].goal = 2 * null_ioctl;

	report_section("per call");
	for (i = 0; i < COUNT(rows); i++)
		report_row(&rows[i]);
}

int main(void)
{
	struct utsname system;
	double null_ioctl;

	setvbuf(stdout, NULL, _IOLBF, 0);
	probe_open();
	uname(&system);
	printf("kernel: %s %s\n", system.release, system.machine);
	print_thp();
	print_zeroing();
	ticks_calibrate();
	null_ioctl = calls_null_ioctl().median;
	printf("null system call: %s %s; null ioctl: %s %s\n",
	       number_text(calls_null_syscall().median), ticks_unit(),
	       number_text(null_ioctl), ticks_unit());
	if (!prove_all())
		return 1;

	printf("\n%s, in medians of 9 to 101 rounds that the columns take in turns:\n",
	       ticks_are_instructions() ? "Instructions" : "Nanoseconds");
	set_marks(&system);
	report_head();
	measure_pages();
	measure_calls(null_ioctl);
	heaps_report();
	report_legend();
	return report_floors(page_rows, NR_PAGE_ROWS) ? 0 : 1;
}
