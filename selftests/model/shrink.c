// SPDX-License-Identifier: GPL-2.0
/*
 * From many calls that fail to few: delta debugging.  Leave out one half of the
 * calls, or the other, then quarters, and so on down to single calls, as long as
 * the rest still fails in a process of its own.  See run.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hostmem/memory.h>

#include "run.h"

/* Attempts, and seconds, before we are content with what we have. */
#define MAX_ATTEMPTS	1000
#define MAX_SECONDS	120
/* What depends on how threads meet fails not every time. */
#define TRIES		15

struct item {
	unsigned int thread;
	struct call call;
};

struct sequence {
	struct item *items;
	size_t nr;
	struct run *run;
	unsigned int tries;
	unsigned int attempts;
	time_t end;
};

/* Fill the run's traces with a sequence, without the items [from, to). */
static void load(const struct sequence *s, size_t from, size_t to)
{
	unsigned int thread;
	size_t i;

	for (thread = 0; thread < MAX_THREADS; thread++)
		s->run->trace[thread].nr = 0;
	for (i = 0; i < s->nr; i++) {
		struct trace *trace = &s->run->trace[s->items[i].thread];

		if (i < from || i >= to)
			trace->calls[trace->nr++] = s->items[i].call;
	}
}

static bool is_over(const struct sequence *s)
{
	return s->attempts >= MAX_ATTEMPTS || time(NULL) >= s->end;
}

static bool still_fails(struct sequence *s, size_t from, size_t to)
{
	unsigned int i;

	for (i = 0; i < s->tries && !is_over(s); i++) {
		s->attempts++;
		load(s, from, to);
		if (!run_episode(s->run))
			return true;
	}
	return false;
}

static void leave_out(struct sequence *s, size_t from, size_t to)
{
	memmove(s->items + from, s->items + to, (s->nr - to) * sizeof(s->items[0]));
	s->nr -= to - from;
}

/* The calls that have begun, those of the thread that failed in the end. */
static bool collect(struct sequence *s)
{
	struct run *run = s->run;
	unsigned int i, thread;

	s->nr = 0;
	s->items = malloc(run_calls(run) * sizeof(s->items[0]));
	if (!s->items)
		return false;
	for (i = 1; i <= run->threads; i++) {
		const struct trace *trace;
		unsigned int call;

		thread = (run->thread + i) % run->threads;
		trace = &run->trace[thread];
		for (call = 0; call < trace->begun; call++)
			s->items[s->nr++] = (struct item) { thread, trace->calls[call] };
	}
	return true;
}

/* How often does it have to be tried, to see that it fails?  False: in vain. */
static bool find_tries(struct sequence *s)
{
	unsigned int i, failed = 0;

	s->tries = 1;
	for (i = 0; i < 3; i++)
		failed += still_fails(s, 0, 0);
	if (failed == 3)
		return true;
	s->tries = TRIES;
	return failed || still_fails(s, 0, 0);
}

static void drop_chunks(struct sequence *s)
{
	size_t size = s->nr, at, end;

	while (size > 0) {
		bool dropped = false;

		for (at = 0; at < s->nr; at = end) {
			end = at + size < s->nr ? at + size : s->nr;
			if (end - at < s->nr && still_fails(s, at, end)) {
				leave_out(s, at, end);
				dropped = true;
				end = at;
			}
		}
		if (is_over(s))
			break;
		/* Single calls until none can go. */
		if (size > 1 || !dropped)
			size /= 2;
	}
}

/* Ways to make a call plainer; an unchanged call where there is nothing to do. */
#define WAYS	11

static struct call plainer(struct call call, unsigned int way)
{
	bool watch = call.op == OP_GET_WATCH || call.op == OP_RESET_WATCH;
	bool ranged = call.op <= OP_PROTECT || watch;

	if (way == 0 && !watch)
		call.win32 = false;
	if (way == 1)
		call.level = 2;
	if (way == 2 && call.op == OP_ALLOC)
		call.type &= ~MEM_TOP_DOWN;
	if (way == 3 && call.op == OP_ALLOC)
		call.type &= ~MEM_WRITE_WATCH;
	if (way == 4)
		call.offset &= -(int64_t)PAGE;
	if (way == 5)
		call.offset = 0;
	if (way == 6 && ranged)
		call.size = (call.size + PAGE - 1) & -PAGE;
	if (way == 7 && ranged && call.size)
		call.size = PAGE;
	if (way == 8 && ranged && call.size > PAGE)
		call.size = call.size / 2 & -PAGE;
	if (way == 9 && (call.op == OP_READ || call.op == OP_WRITE))
		call.count = 1;
	if (way == 10)
		call.protect = call.protect ? PAGE_READWRITE : 0;
	return call;
}

/* Round numbers and the most common arguments, where they do as well. */
static void make_plain(struct sequence *s)
{
	unsigned int way;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		for (way = 0; way < WAYS; way++) {
			struct call before = s->items[i].call;
			struct call plain = plainer(before, way);

			if (!memcmp(&plain, &before, sizeof(plain)))
				continue;
			s->items[i].call = plain;
			if (!still_fails(s, 0, 0))
				s->items[i].call = before;
		}
	}
}

static void print(const struct sequence *s)
{
	struct run *run = s->run;
	unsigned int thread, i;
	char text[CALL_TEXT];

	load(s, 0, 0);
	printf("# // seed %llu threads %u\n", (unsigned long long)run->seed,
	       run->threads);
	for (thread = 0; thread < run->threads; thread++) {
		const struct trace *trace = &run->trace[thread];

		if (!trace->nr)
			continue;
		if (run->threads > 1)
			printf("# // thread %u\n", thread);
		for (i = 0; i < trace->nr; i++) {
			call_print(&trace->calls[i], text);
			printf("#     %s\n", text);
		}
	}
}

void shrink(struct run *run)
{
	struct sequence s = { .run = run, .end = time(NULL) + MAX_SECONDS };
	char why[WHY_TEXT];

	memcpy(why, run->why, sizeof(why));
	if (!collect(&s))
		return;
	run->replay = true;
	if (!find_tries(&s)) {
		printf("# it doesn't happen again when the %zu calls are made again\n",
		       s.nr);
	} else {
		drop_chunks(&s);
		make_plain(&s);
		drop_chunks(&s);
		printf("# %zu calls are enough (%u attempts, rN is homeN until it is set)%s:\n",
		       s.nr, s.attempts,
		       is_over(&s) ? ", or even fewer" : "");
		print(&s);
		s.attempts = 0;
		s.end += MAX_SECONDS;
		if (still_fails(&s, 0, 0))
			printf("# and then: %s\n", run->why);
	}
	run->replay = false;
	free(s.items);
}
