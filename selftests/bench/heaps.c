// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring blocks.  See heaps.h.
 *
 * A block is got, a byte of each of its pages is written, as who wants memory will, and
 * it is freed: each by itself, or many at once in either order.
 */
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include <hostmem/mscoree.h>

#include "by.h"
#include "heaps.h"
#include "pages.h"
#include "report.h"
#include "ticks.h"

#define BLOCKS_MOST	1000u
#define ROUNDS		31u

/* Which blocks are freed first. */
enum order {
	LAST,
	FIRST,
};

/**
 * struct pattern - what is done again and again
 * @work: what the table calls it
 * @size: what it calls @bytes
 * @bytes: of a block
 * @at_once: blocks that there are before the first is freed
 * @order: in which they are freed
 * @times: how often in a round
 * @threads: that do it at the same time
 * @goal: how much more than malloc() and free() it may cost
 */
struct pattern {
	const char *work;
	const char *size;
	size_t bytes;
	unsigned int at_once;
	enum order order;
	unsigned int times;
	unsigned int threads;
	double goal;
};

static const struct pattern patterns[] = {
	{ "one block", "16 B", 16, 1, LAST, 1000, 1, 2 },
	{ "one block", "256 B", 256, 1, LAST, 1000, 1, 2 },
	{ "one block", "4 KiB", 4 * KIB, 1, LAST, 1000, 1, 2 },
	{ "one block", "64 KiB", 64 * KIB, 1, LAST, 1000, 1, 1.5 },
	{ "one block", "1 MiB", MIB, 1, LAST, 100, 1, 1.5 },
	{ "1,000, last first", "16 B", 16, 1000, LAST, 1, 1, 2 },
	{ "1,000, last first", "256 B", 256, 1000, LAST, 1, 1, 2 },
	{ "1,000, last first", "4 KiB", 4 * KIB, 1000, LAST, 1, 1, 2 },
	{ "1,000, first first", "16 B", 16, 1000, FIRST, 1, 1, 2 },
	{ "1,000, first first", "256 B", 256, 1000, FIRST, 1, 1, 2 },
	{ "1,000, first first", "4 KiB", 4 * KIB, 1000, FIRST, 1, 1, 2 },
	{ "100, last first", "64 KiB", 64 * KIB, 100, LAST, 1, 1, 1.5 },
	{ "100, first first", "64 KiB", 64 * KIB, 100, FIRST, 1, 1, 1.5 },
	{ "two threads, one", "16 B", 16, 1, LAST, 10000, 2, 2 },
	{ "two threads, one", "4 KiB", 4 * KIB, 1, LAST, 10000, 2, 2 },
	{ "two threads, 1,000", "16 B", 16, 1000, FIRST, 10, 2, 2 },
	{ "two threads, 1,000", "4 KiB", 4 * KIB, 1000, FIRST, 10, 2, 2 },
};

static IHostMalloc *heap;

static void *our_get(size_t size)
{
	void *mem;

	if (IHostMalloc_Alloc(heap, size, eProcessCritical, &mem) != S_OK)
		errx(1, "a block of %zu bytes", size);
	return mem;
}

static void our_put(void *mem)
{
	if (IHostMalloc_Free(heap, mem) != S_OK)
		errx(1, "to free %p", mem);
}

static void *their_get(size_t size)
{
	void *mem = malloc(size);

	if (!mem)
		err(1, "a block of %zu bytes", size);
	return mem;
}

/* Not inlined, so that the compiler doesn't know that they belong together. */
static const struct {
	void *(*get)(size_t size);
	void (*put)(void *mem);
} sides[2] = {
	{ our_get, our_put },
	{ their_get, free },
};

static void once(const struct pattern *pattern, unsigned int side, void **blocks)
{
	unsigned int i, n = pattern->at_once;

	for (i = 0; i < n; i++) {
		blocks[i] = sides[side].get(pattern->bytes);
		touch(blocks[i], pattern->bytes);
	}
	for (i = 0; i < n; i++)
		sides[side].put(blocks[pattern->order == LAST ? n - 1 - i : i]);
}

static void repeat(const struct pattern *pattern, unsigned int side)
{
	void *blocks[BLOCKS_MOST];
	unsigned int i;

	for (i = 0; i < pattern->times; i++)
		once(pattern, side, blocks);
}

/**
 * struct helper - the second thread
 * @pattern: what it does
 * @side: with whose blocks
 * @together: both begin, and both have ended
 */
struct helper {
	const struct pattern *pattern;
	unsigned int side;
	pthread_barrier_t together;
};

static void *help(void *arg)
{
	struct helper *helper = arg;

	repeat(helper->pattern, helper->side);
	pthread_barrier_wait(&helper->together);
	repeat(helper->pattern, helper->side);
	pthread_barrier_wait(&helper->together);
	return NULL;
}

static uint64_t round_of_two(const struct pattern *pattern, unsigned int side)
{
	struct helper helper = { .pattern = pattern, .side = side };
	pthread_t thread;
	uint64_t start;

	pthread_barrier_init(&helper.together, NULL, 2);
	if (pthread_create(&thread, NULL, help, &helper))
		errx(1, "no second thread");
	repeat(pattern, side);
	pthread_barrier_wait(&helper.together);
	start = ticks_now();
	repeat(pattern, side);
	pthread_barrier_wait(&helper.together);
	start = ticks_now() - start;
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&helper.together);
	return start;
}

static uint64_t round_of(const struct pattern *pattern, unsigned int side)
{
	uint64_t start;

	if (pattern->threads > 1)
		return round_of_two(pattern, side);
	start = ticks_now();
	repeat(pattern, side);
	return ticks_now() - start;
}

static void measure(const struct pattern *pattern)
{
	double blocks = (double)pattern->at_once * pattern->times * pattern->threads;
	struct row row = { .work = pattern->work, .size = pattern->size };
	unsigned int rounds = pattern->threads > 1 ? 5 : ROUNDS, round, i;
	struct samples samples[2] = {};

	for (round = 0; round <= rounds; round++) {
		for (i = 0; i < 2; i++) {
			unsigned int side = (i + round) % 2;
			uint64_t ticks = round_of(pattern, side);

			if (round)
				samples_add(&samples[side], ticks);
		}
	}
	row.figures[OURS] = figure_of(&samples[0], blocks, ' ');
	row.figures[SMALL] = figure_of(&samples[1], blocks, BY_GLIBC);
	row.goal = pattern->goal * row.figures[SMALL].median;
	report_row(&row);
}

void heaps_report(void)
{
	IHostMemoryManager *manager = manager_with(0);
	unsigned int i;

	must(IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, &heap), "a heap");
	report_section("heaps, per block");
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		measure(&patterns[i]);
	IHostMalloc_Release(heap);
	IHostMemoryManager_Release(manager);
}
