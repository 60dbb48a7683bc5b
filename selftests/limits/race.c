// SPDX-License-Identifier: GPL-2.0
/*
 * Description: processes that race for the module's limit never have more than
 * it together, and what fits is never refused (rules A13, C16, H6).
 *
 * HOSTMEM_RACE_SECONDS=N in the environment makes each race last that long.
 * Sets the module's parameters, so it needs root, and puts them back.
 */
#include "hostmem_limits.h"

#define LIMIT_MB	64
#define LIMIT		(LIMIT_MB * MIB)
#define RACERS		2
#define THREADS		2	/* in each */
#define ROUNDS		40	/* of each thread */
#define PART		(LIMIT / 2)	/* of address space, for a thread */

/* What all of them share. */
struct track {
	pthread_barrier_t start;
	atomic_long held;	/* counted after commits and before decommits */
	atomic_ulong refused;
	atomic_ulong done;
	size_t most;		/* that a thread asks for at once */
	bool fits;		/* all that they ask for */
	uint64_t end;		/* 0: after ROUNDS */
	int line;		/* where one went wrong first */
};

struct racer {
	struct track *track;
	pthread_t thread;
	int fd;
	uintptr_t base;
	uint64_t rng;
};

#define MUST(condition) do {						\
	if (!(condition) && !track->line)				\
		track->line = __LINE__;					\
} while (0)

/* Commit [at, at + size), perhaps in vain. */
static bool take(struct racer *racer, size_t at, size_t size)
{
	struct track *track = racer->track;
	uint32_t level = random_below(&racer->rng, 3);
	uint64_t deadline = random_below(&racer->rng, 8) ? AT_ONCE : LONG_AGO;
	int err;

	err = raw_commit(racer->fd, racer->base + at, size, level, deadline);
	if (err) {
		track->refused++;
		MUST(err == (deadline ? -ETIMEDOUT : -ENOMEM));
		MUST(!track->fits);
		return false;
	}
	MUST(atomic_fetch_add(&track->held, size) + (long)size <= (long)LIMIT);
	MUST(total_committed(racer->fd) <= LIMIT);
	*(volatile uint64_t *)(racer->base + at) = at;
	*(volatile uint64_t *)(racer->base + at + size - 8) = at;
	return true;
}

static void give(struct racer *racer, size_t at, size_t size)
{
	struct track *track = racer->track;

	MUST(*(volatile uint64_t *)(racer->base + at) == at);
	track->held -= size;
	MUST(!raw_decommit(racer->fd, racer->base + at, size));
}

/* Take one or two pieces and give them back, again and again. */
static void *run(void *arg)
{
	struct racer *racer = arg;
	struct track *track = racer->track;
	unsigned long round;

	pthread_barrier_wait(&track->start);
	for (round = 0; track->end ? monotonic_ns() < track->end :
				     round < ROUNDS; round++) {
		size_t first, second;

		first = (1 + random_below(&racer->rng, track->most / PAGE)) * PAGE;
		if (!take(racer, 0, first))
			continue;
		second = random_below(&racer->rng,
				      (track->most - first) / PAGE + 1) * PAGE;
		if (second && take(racer, first, second))
			give(racer, first, second);
		give(racer, 0, first);
		track->done++;
	}
	return NULL;
}

static int race(void *arg)
{
	struct racer racers[THREADS];
	struct track *track = arg;
	uintptr_t base;
	int i, fd;

	base = open_region(&fd, THREADS * PART);
	MUST(base);
	for (i = 0; i < THREADS; i++) {
		racers[i] = (struct racer) {
			.track = track, .fd = fd, .base = base + i * PART,
			.rng = getpid() * THREADS + i + 1,
		};
		if (pthread_create(&racers[i].thread, NULL, run, &racers[i]))
			return 1;
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(racers[i].thread, NULL);
	MUST(!committed(fd));
	return 0;
}

FIXTURE(race)
{
	struct track *track;
	int fd;
};

FIXTURE_VARIANT(race)
{
	size_t most;
	bool fits;
};

/* Each thread wants up to half of the limit: much is refused. */
FIXTURE_VARIANT_ADD(race, for_too_little)
{
	.most = LIMIT / 2,
};

FIXTURE_VARIANT_ADD(race, for_small_pieces)
{
	.most = MIB / 4,
	.fits = true,
};

/* Each wants no more than its share: nothing is. */
FIXTURE_VARIANT_ADD(race, for_equal_shares)
{
	.most = LIMIT / RACERS / THREADS,
	.fits = true,
};

FIXTURE_SETUP(race)
{
	const char *seconds = getenv("HOSTMEM_RACE_SECONDS");

	SET_PARAMETERS(LIMIT_MB, 0);
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->track = shared_memory(sizeof(*self->track));
	ASSERT_NE(NULL, self->track);
	ASSERT_TRUE(share_barrier(&self->track->start, RACERS * THREADS));
	self->track->most = variant->most;
	self->track->fits = variant->fits;
	if (seconds) {
		self->track->end = monotonic_ns() +
				   strtoull(seconds, NULL, 10) * 1000000000;
	}
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, self->track->line)
		TH_LOG("see line %d", self->track->line);
	EXPECT_EQ(0, atomic_load(&self->track->held));
	EXPECT_EQ(0, total_committed(self->fd));
}

/* The time may be any that was asked for. */
TEST_F_TIMEOUT(race, never_exceeds_the_limit, 7 * 24 * 3600)
{
	pid_t children[RACERS];
	int i;

	for (i = 0; i < RACERS; i++) {
		children[i] = start_child(race, self->track);
		ASSERT_LE(0, children[i]);
	}
	for (i = 0; i < RACERS; i++) {
		EXPECT_EQ(0, status_of(children[i]));
	}
	/* It was one: both have had something, and some have had to do without. */
	EXPECT_LT(0, atomic_load(&self->track->done));
	EXPECT_EQ(variant->fits, !self->track->refused);
	TH_LOG("%lu times taken, %lu refused", self->track->done,
	       self->track->refused);
}

TEST_HARNESS_MAIN
