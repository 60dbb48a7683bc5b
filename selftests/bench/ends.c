// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring ends.  See ends.h.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "by.h"
#include "ends.h"
#include "pages.h"
#include "probe.h"
#include "prove.h"
#include "ticks.h"
#include "turns.h"

#define SIZE		(512 * MIB)
#define NR_PAGES	((double)SIZE / PAGE)
#define ROUNDS		3u

static const struct {
	enum column column;
	const char *name;
} sides[] = {
	{ OURS, "hostmem" },
	{ SMALL, "mmap with 4 KiB pages" },
	{ HUGE, "mmap with huge pages" },
};

#define NR_SIDES	(sizeof(sides) / sizeof(sides[0]))

/* @manager: for who may not have the default one, as a child; NULL otherwise */
static char *fill(enum column column, IHostMemoryManager *manager)
{
	void *mem;

	allow_huge(column == HUGE);
	if (column != OURS)
		mem = map_memory(SIZE, column == HUGE);
	else if (manager)
		must(IHostMemoryManager_VirtualAlloc(manager, NULL, SIZE, MEM_RESERVE | MEM_COMMIT,
						     PAGE_READWRITE, eProcessCritical, &mem), "fill");
	else
		mem = our_memory(SIZE, 0);
	/* As fast as a peer can get it; what is measured comes after. */
	if (column != OURS)
		must_not_fail(madvise(mem, SIZE, MADV_POPULATE_WRITE), "populate");
	return mem;
}

static void empty(enum column column, char *mem)
{
	if (column == OURS)
		our_free(mem);
	else
		must_not_fail(munmap(mem, SIZE), "munmap");
}

static uint64_t time_release(enum column column)
{
	char *mem = fill(column, NULL);
	uint64_t start = ticks_now();

	empty(column, mem);
	return ticks_now() - start;
}

/**
 * struct last - what a child says before it ends
 * @at: when that was
 * @available_kib: what was available then
 */
struct last {
	uint64_t at;
	long available_kib;
};

static void end_child(enum column column, int pipe)
{
	struct last last;

	fill(column, column == OURS ? manager_with(0) : NULL);
	last.available_kib = available_kib();
	last.at = ticks_now();
	if (write(pipe, &last, sizeof(last)) != sizeof(last))
		_exit(1);
	_exit(0);
}

/* Until the parent can have heard of it, when the memory is free. */
static uint64_t time_exit(enum column column, struct last *last)
{
	int ends[2], status;
	uint64_t end;
	pid_t child;

	must_not_fail(pipe(ends), "pipe");
	fflush(stdout);
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child)
		end_child(column, ends[1]);
	if (waitpid(child, &status, 0) != child || status)
		errx(1, "a child that should exit: status %#x", (unsigned int)status);
	end = ticks_now();
	if (read(ends[0], last, sizeof(*last)) != sizeof(*last))
		errx(1, "a child said nothing");
	close(ends[0]);
	close(ends[1]);
	return end - last->at;
}

bool ends_prove(void)
{
	long kib = (long)(SIZE / KIB);
	bool ok = true;
	unsigned int i;

	for (i = 0; i < NR_SIDES; i++) {
		long before = available_kib(), there;
		char *mem = fill(sides[i].column, NULL);
		struct last last;

		there = available_kib();
		ok &= proved(before - there > kib - SLACK_KIB, sides[i].name,
			     "512 MiB are committed");
		ok &= proved(smaps_kib(mem, SIZE, "AnonHugePages:") ==
			     (sides[i].column == HUGE ? kib : 0), sides[i].name,
			     "pages are small or huge as they shall be");
		empty(sides[i].column, mem);
		ok &= proved(available_kib() - there > kib - SLACK_KIB, sides[i].name,
			     "512 MiB are free after the release");
		time_exit(sides[i].column, &last);
		ok &= proved(before - last.available_kib > kib - SLACK_KIB &&
			     available_kib() - last.available_kib > kib - SLACK_KIB, sides[i].name,
			     "512 MiB are committed before an exit and free after it");
	}
	return ok;
}

void ends_report(void)
{
	struct row exits = { .work = "exit", .size = "512 MiB" };
	struct row releases = { .work = "release of committed", .size = "512 MiB" };
	unsigned int i, round;

	for (i = 0; i < NR_SIDES; i++) {
		struct samples exit_samples = {}, release_samples = {};
		enum column column = sides[i].column;
		struct last last;

		for (round = 0; round < ROUNDS; round++) {
			samples_add(&exit_samples, time_exit(column, &last));
			samples_add(&release_samples, time_release(column));
		}
		exits.figures[column] =
			figure_of(&exit_samples, NR_PAGES, column == OURS ? ' ' : BY_EXIT);
		releases.figures[column] =
			figure_of(&release_samples, NR_PAGES, column == OURS ? ' ' : BY_UNMAP);
	}
	allow_huge(0);
	report_section("ends, per page of 4 KiB");
	report_row(&exits);
	report_row(&releases);
}
