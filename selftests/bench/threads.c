// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring threads.  See threads.h.
 *
 * Each thread has a processor and a region for itself, and repeats a cycle of commit,
 * touch and decommit for a slice of time.  All sides have slices in turn, with one thread
 * and with two; medians are what counts.
 */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "goals.h"
#include "json.h"
#include "pages.h"
#include "processor.h"
#include "prove.h"
#include "report.h"
#include "threads.h"

#define SLICE_NS	300000000l
#define ROUNDS		7u
#define MAX_THREADS	2u
#define LOOPS		20000u

static void *our_begin(size_t size)
{
	void *mem;

	must(HostVirtualAlloc(NULL, size, MEM_RESERVE, PAGE_READWRITE, eProcessCritical, &mem),
	     "reserve");
	return mem;
}

static void our_commit(void *mem, size_t size)
{
	void *same;

	must(HostVirtualAlloc(mem, size, MEM_COMMIT, PAGE_READWRITE, eProcessCritical, &same),
	     "commit");
	touch(mem, size);
}

static void our_decommit(void *mem, size_t size)
{
	must(HostVirtualFree(mem, size, MEM_DECOMMIT), "decommit");
}

static void our_end(void *mem, size_t size)
{
	(void)size;
	our_free(mem);
}

static void peer_commit(void *mem, size_t size)
{
	must_not_fail(mprotect(mem, size, PROT_READ | PROT_WRITE), "mprotect");
	touch(mem, size);
}

static void peer_decommit(void *mem, size_t size)
{
	must_not_fail(madvise(mem, size, MADV_DONTNEED), "MADV_DONTNEED");
	must_not_fail(mprotect(mem, size, PROT_NONE), "mprotect");
}

static void *peer_begin(size_t size)
{
	void *mem = map_memory(size, 0);

	peer_decommit(mem, size);
	return mem;
}

static void *huge_begin(size_t size)
{
	void *mem = map_memory(size, 1);

	peer_decommit(mem, size);
	return mem;
}

static void peer_end(void *mem, size_t size)
{
	must_not_fail(munmap(mem, size), "munmap");
}

/* What two processors can do at best. */
static void *no_begin(size_t size)
{
	(void)size;
	return NULL;
}

static void count(void *mem, size_t size)
{
	(void)mem;
	(void)size;
	count_down(LOOPS);
}

static void nothing(void *mem, size_t size)
{
	(void)mem;
	(void)size;
}

/**
 * struct cycle - what a thread repeats
 * @work: what the table calls it
 * @size: bytes, or "" for none
 * @side: who does it; "hostmem" has a goal
 * @bytes: of a region
 * @begin, @end: the region, before and after
 * @commit, @decommit: the cycle; the first one touches all pages, too
 */
struct cycle {
	const char *work;
	const char *size;
	const char *side;
	size_t bytes;
	void *(*begin)(size_t size);
	void (*commit)(void *mem, size_t size);
	void (*decommit)(void *mem, size_t size);
	void (*end)(void *mem, size_t size);
};

static const char hostmem[] = "hostmem";

static const struct cycle cycles[] = {
	{ "cycles of 64 KiB", "64 KiB", hostmem, 64 * KIB,
	  our_begin, our_commit, our_decommit, our_end },
	{ "cycles of 64 KiB", "64 KiB", "mprotect, touch, DONTNEED", 64 * KIB,
	  peer_begin, peer_commit, peer_decommit, peer_end },
	{ "cycles of 2 MiB", "2 MiB", hostmem, 2 * MIB,
	  our_begin, our_commit, our_decommit, our_end },
	{ "cycles of 2 MiB", "2 MiB", "mprotect, touch, DONTNEED", 2 * MIB,
	  peer_begin, peer_commit, peer_decommit, peer_end },
	{ "cycles of 2 MiB", "2 MiB", "the same, a huge page", 2 * MIB,
	  huge_begin, peer_commit, peer_decommit, peer_end },
	{ "no system calls", "", "a loop", 0, no_begin, count, nothing, nothing },
};

#define NR_CYCLES	(sizeof(cycles) / sizeof(cycles[0]))

/**
 * struct rider - a thread
 * @cycle: what it repeats
 * @processor: where
 * @start: all begin
 * @stop: all end; owned by who has started them
 * @done: cycles so far, read when it has ended
 */
struct rider {
	const struct cycle *cycle;
	unsigned int processor;
	pthread_barrier_t *start;
	atomic_bool *stop;
	unsigned long done;
};

static void *ride(void *arg)
{
	struct rider *rider = arg;
	const struct cycle *cycle = rider->cycle;
	void *mem = cycle->begin(cycle->bytes);
	unsigned long done = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(rider->processor, &set);
	must_not_fail(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	pthread_barrier_wait(rider->start);
	while (!atomic_load_explicit(rider->stop, memory_order_relaxed)) {
		cycle->commit(mem, cycle->bytes);
		cycle->decommit(mem, cycle->bytes);
		done++;
	}
	rider->done = done;
	cycle->end(mem, cycle->bytes);
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Cycles per second of all threads together. */
static double slice(const struct cycle *cycle, unsigned int threads)
{
	const struct timespec length = { 0, SLICE_NS };
	struct rider riders[MAX_THREADS];
	pthread_t ids[MAX_THREADS];
	pthread_barrier_t start;
	atomic_bool stop = false;
	unsigned long done = 0;
	double seconds;
	unsigned int i;

	pthread_barrier_init(&start, NULL, threads + 1);
	for (i = 0; i < threads; i++) {
		riders[i] = (struct rider) { cycle, i, &start, &stop, 0 };
		if (pthread_create(&ids[i], NULL, ride, &riders[i]))
			errx(1, "no thread");
	}
	pthread_barrier_wait(&start);
	seconds = now();
	nanosleep(&length, NULL);
	atomic_store(&stop, true);
	seconds = now() - seconds;
	for (i = 0; i < threads; i++) {
		pthread_join(ids[i], NULL);
		done += riders[i].done;
	}
	pthread_barrier_destroy(&start);
	return (double)done / seconds;
}

static bool prove_cycle(const struct cycle *cycle)
{
	void *mem = cycle->begin(cycle->bytes);
	bool ok = true;
	unsigned int i;

	for (i = 0; mem && i < 2; i++) {
		cycle->commit(mem, cycle->bytes);
		ok &= proved(was_zero(mem, cycle->bytes), cycle->side, "committed memory is zero");
		memset(mem, 0xa5, cycle->bytes);
		cycle->decommit(mem, cycle->bytes);
		ok &= proved(out_of_reach(mem, cycle->bytes), cycle->side,
			     "decommitted memory can't be touched");
	}
	cycle->end(mem, cycle->bytes);
	return ok;
}

static void sort(double *values)
{
	unsigned int i, j;

	for (i = 1; i < ROUNDS; i++) {
		double value = values[i];

		for (j = i; j && values[j - 1] > value; j--)
			values[j] = values[j - 1];
		values[j] = value;
	}
}

static double rates[NR_CYCLES][MAX_THREADS][ROUNDS];

static double rate(unsigned int cycle, unsigned int threads)
{
	return rates[cycle][threads - 1][ROUNDS / 2];
}

static void measure(void)
{
	unsigned int round, i, threads;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < NR_CYCLES; i++)
			for (threads = 1; threads <= MAX_THREADS; threads++)
				rates[i][threads - 1][round] = slice(&cycles[i], threads);
	for (i = 0; i < NR_CYCLES; i++)
		for (threads = 1; threads <= MAX_THREADS; threads++)
			sort(rates[i][threads - 1]);
}

/* Peers come after ours: those that do more, or gain more by the second thread. */
static void print_losses(unsigned int ours)
{
	double ratio = rate(ours, 2) / rate(ours, 1);
	unsigned int i;

	for (i = ours + 1; i < NR_CYCLES && !strcmp(cycles[i].work, cycles[ours].work); i++) {
		if (rate(i, 2) > rate(ours, 2))
			printf("  LOSES to %s", cycles[i].side);
		else if (rate(i, 2) / rate(i, 1) > ratio * 1.02)
			printf("  SCALES LESS than %s", cycles[i].side);
	}
}

static void report(unsigned int nr)
{
	const struct cycle *cycle = &cycles[nr];
	double goal = cycle->side == hostmem ? goals_scaling(cycle->size) : 0;
	double ratio = rate(nr, 2) / rate(nr, 1);

	printf("%-18s %-26s | %10s | %10s | %5.2f |", cycle->work, cycle->side,
	       number_text(rate(nr, 1)), number_text(rate(nr, 2)), ratio);
	if (goal) {
		printf(" %4.2f %-3s", goal, ratio >= goal ? "met" : "");
		print_losses(nr);
	}
	putchar('\n');
	json_threads(cycle->work, cycle->side, rate(nr, 1), rate(nr, 2), goal);
}

bool threads_report(void)
{
	bool ok = true;
	unsigned int i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < (long)MAX_THREADS) {
		printf("two threads want two processors\n");
		return false;
	}
	allow_huge(1);
	for (i = 0; i < NR_CYCLES; i++)
		ok &= prove_cycle(&cycles[i]);
	if (!ok)
		return false;
	printf("proved for each side: memory is zero at each commit; decommitted memory can't be touched\n"
	       "\nCycles of commit, touch and decommit per second, all threads together, in regions of their\n"
	       "own, in medians of %u slices of time that all take in turns:\n\n", ROUNDS);
	measure();
	printf("%-18s %-26s | %10s | %10s | ratio | goal\n", "", "", "1 thread", "2 threads");
	printf("----------------------------------------------+------------+------------+-------+---------\n");
	for (i = 0; i < NR_CYCLES; i++)
		report(i);
	return true;
}
