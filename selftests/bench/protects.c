// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring protections.  See protects.h.
 *
 * A run is a page that has another protection than its neighbours.  For mprotect(2) each
 * is a mapping by itself, of which a process may have vm.max_map_count: it fails where
 * that is reached, and has no figure from then on.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "by.h"
#include "pages.h"
#include "probe.h"
#include "processor.h"
#include "protects.h"
#include "prove.h"
#include "turns.h"

#define MUCH		(64 * MIB)
#define AT_ONCE		50u
#define ROUNDS		9u
#define MOST_RUNS	(99000ul + 3 * (ROUNDS + 1) * AT_ONCE)
#define RUNS_SIZE	(2 * MOST_RUNS * PAGE)

/**
 * struct runs - a side's memory, in which every second page of the first ones is a run
 * @ours: whose memory it is
 * @mem: RUNS_SIZE bytes, all committed
 * @nr: runs so far
 * @failed: errno of mprotect() when it could make no more; 0 if it never has
 */
struct runs {
	bool ours;
	char *mem;
	size_t nr;
	int failed;
};

enum protection {
	READ,
	READ_WRITE,
	READ_EXECUTE,
};

static bool set(bool ours, char *mem, size_t size, enum protection protection)
{
	static const DWORD windows[] = { PAGE_READONLY, PAGE_READWRITE, PAGE_EXECUTE_READ };
	static const int posix[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC };
	DWORD old;

	if (!ours)
		return !mprotect(mem, size, posix[protection]);
	must(HostVirtualProtect(mem, size, windows[protection], &old), "protect");
	return true;
}

static char *run_at(const struct runs *runs, size_t nr)
{
	return runs->mem + 2 * nr * PAGE;
}

static bool add_run(struct runs *runs)
{
	char *page = run_at(runs, runs->nr);

	/* Memory that was never touched would be cheap for mprotect(). */
	if (!runs->ours)
		touch(page, 2 * PAGE);
	if (!set(runs->ours, page, PAGE, READ)) {
		runs->failed = errno;
		return false;
	}
	runs->nr++;
	return true;
}

static void fill_up(struct runs *runs, size_t nr)
{
	while (!runs->failed && runs->nr < nr && add_run(runs))
		;
}

static void touch_next(void *arg)
{
	struct runs *runs = arg;

	touch(run_at(runs, runs->nr), 2 * PAGE * AT_ONCE);
}

static void new_runs(void *arg)
{
	struct runs *runs = arg;
	unsigned int i;

	for (i = 0; i < AT_ONCE; i++)
		if (!set(runs->ours, run_at(runs, runs->nr + i), PAGE, READ))
			must_not_fail(-1, "mprotect");
	runs->nr += AT_ONCE;
}

static void flip(struct runs *runs, enum protection there)
{
	unsigned int i;

	for (i = 1; i <= AT_ONCE / 2; i++)
		if (!set(runs->ours, run_at(runs, runs->nr - i), PAGE, there) ||
		    !set(runs->ours, run_at(runs, runs->nr - i), PAGE, READ))
			must_not_fail(-1, "mprotect");
}

/* To what its neighbours don't have. */
static void flip_execute(void *arg)
{
	flip(arg, READ_EXECUTE);
}

/* To what its neighbours have: mappings become one, and three again. */
static void flip_write(void *arg)
{
	flip(arg, READ_WRITE);
}

static void report_runs(struct runs sides[2], const char *size)
{
	static const struct {
		const char *work;
		void (*prepare)(void *arg);
		void (*work_on)(void *arg);
	} works[] = {
		{ "protect a page, new run", touch_next, new_runs },
		{ "flip a page, r and rx", NULL, flip_execute },
		{ "flip a page, r and rw", NULL, flip_write },
	};
	unsigned int i;

	for (i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		struct side side[2] = {
			{ OURS, ' ', works[i].prepare, works[i].work_on, NULL, &sides[0] },
			{ SMALL, BY_MPROTECT, works[i].prepare, works[i].work_on, NULL, &sides[1] },
		};

		turns_row(works[i].work, size, side, sides[1].failed ? 1 : 2, ROUNDS, AT_ONCE);
	}
}

static void there_and_back(void *arg)
{
	const struct runs *runs = arg;

	if (!set(runs->ours, runs->mem, MUCH, READ) ||
	    !set(runs->ours, runs->mem, MUCH, READ_WRITE))
		must_not_fail(-1, "mprotect");
}

static void report_much(void)
{
	struct runs ours = { .ours = true, .mem = our_memory(MUCH, 0) };
	struct runs small = { .mem = map_memory(MUCH, 0) };
	struct runs huge = { .mem = map_memory(MUCH, 1) };
	const struct side sides[] = {
		{ OURS, ' ', NULL, there_and_back, NULL, &ours },
		{ SMALL, BY_MPROTECT, NULL, there_and_back, NULL, &small },
		{ HUGE, BY_MPROTECT, NULL, there_and_back, NULL, &huge },
	};

	allow_huge(1);
	touch(ours.mem, MUCH);
	touch(small.mem, MUCH);
	touch(huge.mem, MUCH);
	allow_huge(0);
	turns_row("protect and back", "64 MiB", sides, 3, ROUNDS, (double)MUCH / PAGE);
	our_free(ours.mem);
	must_not_fail(munmap(small.mem, MUCH), "munmap");
	must_not_fail(munmap(huge.mem, MUCH), "munmap");
}

bool protects_prove(void)
{
	enum { CODE = sizeof(PROCESSOR_RETURN) - 1 };
	const char content = 0x5c;
	bool ok = true;
	int i;

	for (i = 0; i < 2; i++) {
		struct runs runs = { .ours = i == 0 };
		char *mem = i ? map_memory(16 * PAGE, 0) : our_memory(16 * PAGE, 0);
		const char *whom = i ? "mprotect" : "hostmem";

		runs.mem = mem;
		memset(mem, content, 16 * PAGE);
		put_return(mem);
		ok &= proved(set(runs.ours, mem, PAGE, READ), whom, "a page gets protected");
		ok &= proved(write_faults(mem) && !read_faults(mem) && call_faults(mem), whom,
			     "a readable page can only be read");
		ok &= proved(!write_faults(mem + PAGE), whom, "its neighbour can be written");
		mem[PAGE] = content;
		set(runs.ours, mem, PAGE, READ_EXECUTE);
		ok &= proved(write_faults(mem) && !call_faults(mem), whom,
			     "an executable page can be executed");
		set(runs.ours, mem, 16 * PAGE, READ);
		ok &= proved(write_faults(mem + 15 * PAGE) && call_faults(mem), whom,
			     "all pages get protected");
		set(runs.ours, mem, 16 * PAGE, READ_WRITE);
		ok &= proved(has_byte(mem + CODE, 16 * PAGE - CODE, content) && !write_faults(mem),
			     whom, "and back with their contents");
		if (i)
			must_not_fail(munmap(mem, 16 * PAGE), "munmap");
		else
			our_free(mem);
	}
	return ok;
}

void protects_report(void)
{
	static const struct {
		const char *name;
		size_t nr;
	} at[] = {
		{ "10 runs", 10 },
		{ "10,000", 10000 },
		{ "99,000", 99000 },
	};
	struct runs sides[2] = {
		{ .ours = true, .mem = our_memory(RUNS_SIZE, 0) },
		{ .ours = false, .mem = map_memory(RUNS_SIZE, 0) },
	};
	unsigned int i;

	report_section("protections, per page of 4 KiB");
	report_much();
	report_section("protections, per call");
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		fill_up(&sides[0], at[i].nr);
		fill_up(&sides[1], at[i].nr);
		report_runs(sides, at[i].name);
	}
	if (sides[1].failed)
		report_note("mprotect can't make more than %zu runs of one page: %s.\n",
			    sides[1].nr, strerror(sides[1].failed));
	our_free(sides[0].mem);
	must_not_fail(munmap(sides[1].mem, RUNS_SIZE), "munmap");
}
