// SPDX-License-Identifier: GPL-2.0
/*
 * See prove.h.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "ways.h"

#define HUGE_PAGE	(2u << 20)
#define BESIDE		0x5a
#define WRITTEN		((char)0xa5)

static sigjmp_buf after_call;

bool proved(bool holds, const char *whom, const char *what)
{
	if (!holds)
		printf("NOT SO: %s: %s\n", whom, what);
	return holds;
}

static bool check(bool holds, const struct way *way, const struct stretch *stretch,
		  const char *what)
{
	char whom[64];

	snprintf(whom, sizeof(whom), "%s, %s", way_name(way), stretch->name);
	return proved(holds, whom, what);
}

bool was_zero(const char *mem, size_t size)
{
	const char *end = mem + size;

	for (; mem < end; mem += PAGE)
		if (mem[0] != 1 || mem[1] || memcmp(mem + 1, mem + 2, PAGE - 2))
			return false;
	return true;
}

bool has_byte(const char *mem, size_t size, char byte)
{
	return mem[0] == byte && !memcmp(mem, mem + 1, size - 1);
}

bool out_of_reach(char *mem, size_t size)
{
	return read_faults(mem) && write_faults(mem + size - 1);
}

long smaps_kib(const char *mem, size_t size, const char *field)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long start = 0, end = 0;
	size_t length = strlen(field);
	bool inside = false;
	char line[256];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start < (uintptr_t)mem + size && end > (uintptr_t)mem;
		else if (inside && !strncmp(line, field, length))
			kib += atol(line + length);
	}
	if (file)
		fclose(file);
	return kib;
}

static void on_call(int signal)
{
	(void)signal;
	siglongjmp(after_call, 1);
}

bool call_faults(char *code)
{
	struct sigaction before, action = { .sa_handler = on_call };
	volatile bool faults = true;
	void (*function)(void);

	memcpy(&function, &code, sizeof(function));
	sigaction(SIGSEGV, &action, &before);
	if (!sigsetjmp(after_call, 1)) {
		function();
		faults = false;
	}
	sigaction(SIGSEGV, &before, NULL);
	return faults;
}

static bool has_right_pages(const struct way *way, const char *mem, size_t size)
{
	bool want_huge = way->column == HUGE && size >= HUGE_PAGE;

	return smaps_kib(mem, size, "AnonHugePages:") == (want_huge ? (long)(size >> 10) : 0);
}

/* What was there before has nothing to do with it. */
static bool neighbour_is_well(const struct stretch *stretch, const char *mem)
{
	return !stretch->from || has_byte(mem, stretch->from, BESIDE);
}

static bool prove_cycle(const struct way *way, const struct stretch *stretch, char *mem)
{
	size_t size = stretch->size - stretch->from;
	long kib = (long)(size >> 10), free_before = available_kib(), free_committed;
	char *start = mem + stretch->from;
	bool ok = check(out_of_reach(start, size), way, stretch,
			"reserved memory can't be touched");

	stretch_commit(stretch, way, mem);
	ok &= check(was_zero(start, size), way, stretch, "committed memory is zero");
	memset(start, WRITTEN, size);
	ok &= check(has_right_pages(way, start, size), way, stretch,
		    "pages have the size that is announced");
	free_committed = available_kib();
	/* What is ready has been taken before, and is kept. */
	ok &= check(way->prepared || free_before - free_committed > kib - SLACK_KIB, way, stretch,
		    "commit and touch take memory");

	stretch_decommit(stretch, way, mem);
	ok &= check(way->prepared || available_kib() - free_committed > kib - SLACK_KIB,
		    way, stretch, "decommit gives the memory back");
	ok &= check(out_of_reach(start, size), way, stretch,
		    "decommitted memory can't be touched");
	ok &= check(neighbour_is_well(stretch, mem), way, stretch,
		    "memory beside keeps its contents");
	return ok;
}

bool prove(const struct way *way, const struct stretch *stretch)
{
	char *mem = way->reserve(stretch->size);
	char *start = mem + stretch->from;
	size_t size = stretch->size - stretch->from;
	bool ok;

	if (stretch->from) {
		way->commit(mem, stretch->from);
		memset(mem, BESIDE, stretch->from);
	}
	ok = prove_cycle(way, stretch, mem);
	stretch_commit(stretch, way, mem);
	ok &= check(was_zero(start, size), way, stretch, "memory committed again is zero");
	way->release(mem, stretch->size);
	ok &= check(out_of_reach(start, size), way, stretch, "released memory can't be touched");
	return ok;
}
