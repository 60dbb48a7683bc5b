// SPDX-License-Identifier: GPL-2.0
/*
 * hostmem beside mmap(2), mprotect(2), madvise(2) and what else programs on Linux have for
 * the same, and its heaps beside malloc(3), in one boot.
 *
 * Every way of doing the work first proves that it does the work.  Then they take turns,
 * and the table shows medians.  Exits with 1 if a proof or, where instructions are
 * counted, a floor fails.
 *
 *	bench [--json] [SUBJECT...]	subjects as below; all if none is named
 *	bench [--json] --threads	two threads, by time
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/utsname.h>

#include "calls.h"
#include "crowd.h"
#include "ends.h"
#include "goals.h"
#include "heaps.h"
#include "json.h"
#include "memory.h"
#include "pages.h"
#include "probe.h"
#include "protects.h"
#include "queries.h"
#include "report.h"
#include "resets.h"
#include "threads.h"
#include "ticks.h"
#include "watches.h"

#define SYSLOG_ACTION_READ_ALL	3

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static bool calls_all_prove(void)
{
	bool ok = queries_prove();

	ok &= crowd_prove();
	ok &= calls_prove();
	return ok;
}

static void calls_all_report(void)
{
	report_section("regions and queries, per call");
	calls_report();
	crowd_report();
}

static bool protects_all_prove(void)
{
	bool ok = protects_prove();

	ok &= guards_prove();
	return ok;
}

static void protects_all_report(void)
{
	protects_report();
	guards_report();
}

/**
 * struct subject - what rows are about
 * @name: on the command line
 * @prove: whether all sides do the work, or NULL
 * @report: prints the rows
 */
struct subject {
	const char *name;
	bool (*prove)(void);
	void (*report)(void);
};

/* Large pages come first, while there are whole ones; bytes after what they are told of. */
static const struct subject subjects[] = {
	{ "large", large_prove, large_report },
	{ "pages", pages_prove, pages_report },
	{ "resets", resets_prove, resets_report },
	{ "protects", protects_all_prove, protects_all_report },
	{ "watches", watches_prove, watches_report },
	{ "calls", calls_all_prove, calls_all_report },
	{ "ends", ends_prove, ends_report },
	{ "memory", memory_prove, memory_report },
	{ "heaps", NULL, heaps_report },
};

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

static bool is_wanted(const struct subject *subject, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, subject->name))
			return true;
	return false;
}

static void check_names(char **names)
{
	unsigned int i;

	for (; *names; names++) {
		for (i = 0; i < COUNT(subjects) && strcmp(*names, subjects[i].name); i++)
			;
		if (i == COUNT(subjects))
			errx(1, "%s: no such subject", *names);
	}
}

static bool prove_all(char **names)
{
	bool ok = true;
	unsigned int i;

	for (i = 0; i < COUNT(subjects); i++)
		if (subjects[i].prove && is_wanted(&subjects[i], names))
			ok &= subjects[i].prove();
	if (ok)
		printf("proved for each way: memory is zero at commit and at the commit after a decommit;\n"
		       "reserved and decommitted memory can't be touched; decommit makes memory free again;\n"
		       "pages are small or huge as the column says; protections and guards are in force;\n"
		       "exactly the pages written are told; queries agree\n");
	return ok;
}

static void report_head_lines(const struct utsname *system)
{
	printf("kernel: %s %s\n", system->release, system->machine);
	print_thp();
	print_zeroing();
	ticks_calibrate();
	printf("null system call: %s %s; null ioctl: %s %s\n",
	       number_text(calls_null_syscall().median), ticks_unit(),
	       number_text(calls_null_ioctl().median), ticks_unit());
	json_head(system->release, ticks_unit());
	goals_for(system->release);
}

int main(int argc, char **argv)
{
	char **names = argv + (argc > 0);
	struct utsname system;
	bool threads = false;
	unsigned int i;

	for (; *names && **names == '-'; names++) {
		if (!strcmp(*names, "--json"))
			json_begin();
		else if (!strcmp(*names, "--threads"))
			threads = true;
		else
			errx(1, "%s: no such option", *names);
	}
	check_names(names);
	setvbuf(stdout, NULL, _IOLBF, 0);
	probe_open();
	queries_open();
	uname(&system);
	report_head_lines(&system);
	if (threads)
		return threads_report() ? 0 : 1;
	if (!prove_all(names))
		return 1;

	printf("\n%s, in medians of 3 to 101 rounds that the columns take in turns:\n",
	       ticks_are_instructions() ? "Instructions" : "Nanoseconds");
	report_head();
	for (i = 0; i < COUNT(subjects); i++)
		if (is_wanted(&subjects[i], names))
			subjects[i].report();
	report_legend();
	return goals_floors() ? 0 : 1;
}
