// SPDX-License-Identifier: GPL-2.0
/*
 * Description: write watch: that it misses no write while nobody rests (rules W7, W8).
 *
 * Each page has a version that only one thread advances.  A collector does what
 * a garbage collector does: it processes, here reads, the pages that it is told.
 * A write is lost if a page has another version in the end than when it was
 * processed last.  And whatever is known to be written between two calls must
 * be in the report of the second.
 */
#include "watch.h"

#include <pthread.h>
#include <sched.h>

#define WRITERS	3
#define WRITTEN	(PAGES - 8)	/* pages that are written; no one writes the last */

struct writer {
	pthread_t thread;
	char *base;
	unsigned int number;
	uint64_t rng;
	volatile unsigned long rounds;
};

static volatile bool done;

/* Has each of them come to write something? */
static bool all_write(const struct writer *writer)
{
	unsigned int i, idle = 0;

	for (i = 0; i < WRITERS; i++)
		idle += writer[i].rounds < 100;
	return !idle;
}

static volatile uint64_t *version(char *base, size_t page)
{
	return (uint64_t *)(base + page * PAGE + page % 500 * 8);
}

static void *write_versions(void *arg)
{
	struct writer *writer = arg;

	while (!done) {
		size_t page = random_below(&writer->rng, WRITTEN / WRITERS) *
			      WRITERS + writer->number;
		volatile uint64_t *word = version(writer->base, page);

		/* Where the page is protected just now, the write has to wait. */
		PROBE(*word = *word + 1);
		writer->rounds++;
	}
	return NULL;
}

enum disturbance {
	NONE,
	PROTECT,
	RECOMMIT,
	RESET,
	GUARD,
};

FIXTURE(writers)
{
	char *base;
	struct writer writer[WRITERS];
	uint64_t before[PAGES];		/* versions before the call */
	uint64_t after[PAGES];		/* and after it */
	uint64_t processed[PAGES];	/* when it was last reported */
	bool owed[PAGES];		/* the next call has to report it */
	bool reported[PAGES];
};

FIXTURE_VARIANT(writers)
{
	size_t room;
	enum disturbance disturbance;
};

FIXTURE_VARIANT_ADD(writers, and_room_for_all)
{
	.room = PAGES,
};

FIXTURE_VARIANT_ADD(writers, and_room_for_some)
{
	.room = 37,
};

FIXTURE_VARIANT_ADD(writers, and_protect)
{
	.room = PAGES,
	.disturbance = PROTECT,
};

FIXTURE_VARIANT_ADD(writers, and_recommit)
{
	.room = PAGES,
	.disturbance = RECOMMIT,
};

FIXTURE_VARIANT_ADD(writers, and_mem_reset)
{
	.room = PAGES,
	.disturbance = RESET,
};

FIXTURE_VARIANT_ADD(writers, and_guards)
{
	.room = 37,
	.disturbance = GUARD,
};

FIXTURE_SETUP(writers)
{
	unsigned int i;

	self->base = VirtualAlloc((void *)FIXED, REGION, WATCHED | MEM_COMMIT,
				  PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	for (i = 0; i < WRITERS; i++) {
		struct writer *writer = &self->writer[i];

		writer->base = self->base;
		writer->number = i;
		writer->rng = 1000 + i;
		ASSERT_EQ(0, pthread_create(&writer->thread, NULL,
					    write_versions, writer));
	}
}

FIXTURE_TEARDOWN(writers)
{
}

static bool disturb(char *base, enum disturbance disturbance)
{
	DWORD old;

	switch (disturbance) {
	case PROTECT:
		return VirtualProtect(base, REGION, PAGE_READONLY, &old) &&
		       VirtualProtect(base, REGION / 2, PAGE_NOACCESS, &old) &&
		       VirtualProtect(base, REGION, PAGE_READWRITE, &old);
	case RECOMMIT:
		return commit_at(base, REGION, PAGE_EXECUTE_READWRITE) &&
		       commit_at(base, REGION, PAGE_READWRITE);
	case RESET:
		return VirtualAlloc(base, REGION, MEM_RESET, PAGE_READWRITE);
	case GUARD:
		return VirtualProtect(base, REGION, GUARDED, &old) &&
		       VirtualProtect(base, REGION, PAGE_READWRITE, &old);
	default:
		return true;
	}
}

/* Return how many pages of a report are wrong. */
static unsigned int process(char *base, uint64_t *processed, bool *reported)
{
	unsigned int wrong = 0;
	size_t i;

	memset(reported, 0, PAGES * sizeof(*reported));
	for (i = 0; i < report.count; i++) {
		size_t page = ((char *)report.pages[i] - base) / PAGE;

		wrong += page >= WRITTEN || (i && report.pages[i] <= report.pages[i - 1]);
		if (page >= PAGES)
			continue;
		reported[page] = true;
		processed[page] = *version(base, page);
	}
	return wrong;
}

TEST_F(writers, lose_no_write_W7_W8)
{
	unsigned int wrong = 0, missed = 0, lost = 0, round;
	unsigned int rounds = variant->disturbance == NONE ? 300 : 30;
	size_t page, end, seen = 0;

	for (round = 0; round < rounds || seen < 500 || !all_write(self->writer);
	     round++) {
		for (page = 0; page < PAGES; page++)
			self->before[page] = *version(self->base, page);
		ASSERT_TRUE(disturb(self->base, variant->disturbance));
		ASSERT_EQ(0, collect_at_most(variant->room,
					     WRITE_WATCH_FLAG_RESET, self->base,
					     REGION));
		seen += report.count;
		wrong += process(self->base, self->processed, self->reported);
		/* As far as the report goes, where there was no room for all. */
		end = PAGES;
		if (report.count == variant->room)
			end = ((char *)report.pages[report.count - 1] -
			       self->base) / PAGE + 1;
		for (page = 0; page < PAGES; page++) {
			bool owed = self->owed[page] ||
				    self->before[page] > self->after[page];

			missed += owed && page < end && !self->reported[page];
			self->after[page] = *version(self->base, page);
			/* Written meanwhile or before, and not reported yet. */
			self->owed[page] = !self->reported[page] &&
					   (owed || self->after[page] >
						    self->before[page]);
			if (self->reported[page])
				self->after[page] = self->processed[page];
		}
		ASSERT_EQ(0, missed);
	}
	done = true;
	for (page = 0; page < WRITERS; page++) {
		ASSERT_EQ(0, pthread_join(self->writer[page].thread, NULL));
	}
	/* No one writes any more: each page comes at most once, and then none. */
	for (seen = 0; ; seen += report.count) {
		ASSERT_EQ(0, collect_at_most(variant->room,
					     WRITE_WATCH_FLAG_RESET, self->base,
					     REGION));
		if (!report.count)
			break;
		ASSERT_GE(PAGES, seen + report.count);
		wrong += process(self->base, self->processed, self->reported);
	}
	for (page = 0; page < PAGES; page++)
		lost += self->processed[page] != *version(self->base, page);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, lost);
}

TEST_HARNESS_MAIN
