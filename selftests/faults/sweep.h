/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sweep of fail_nth.c: a call is made in fresh state, once for each thing that
 * can fail in it, until there is none left.
 */
#ifndef FAULTS_SWEEP_H
#define FAULTS_SWEEP_H

#include "commit.h"
#include "knobs.h"

/* So many failures of one call mean that there will always be one more. */
#define TOO_MANY	5000

/**
 * struct sweep - one call, and all that may fail in it
 * @world: what it is made in
 * @faults: which kind of things fails
 * @nth: which of them fails now
 * @injected: how many have failed
 * @failed: how many of these made the call fail
 */
struct sweep {
	struct world world;
	enum faults faults;
	unsigned int nth;
	unsigned int injected;
	unsigned int failed;
};

static void set_up(struct __test_metadata *_metadata, struct world *world)
{
	const FIXTURE_VARIANT(chain) *chain = world->chain;

	world->spare = -1;
	world->line = 0;
	world->fd = chain->call == call_open ? -1 : open_device();
	if (chain->region) {
		ASSERT_EQ(0, call_region(world, chain->region));
	}
	if (chain->prepare) {
		ASSERT_TRUE(chain->prepare(world))
			TH_LOG("line %d", world->line);
	}
}

/* Nothing is left of a file that is closed, neither regions nor charge. */
static void tear_down(struct __test_metadata *_metadata, struct world *world)
{
	struct hostmem_status status;

	raw_shutdown(world->fd);
	close(world->fd);
	close(world->spare);
	ASSERT_EQ(0, raw_status(world->other, &status));
	ASSERT_EQ(0, status.out_total_committed_bytes);
	ASSERT_TRUE(is_free(world, BASE));
	ASSERT_TRUE(is_free(world, ELSEWHERE));
}

/* The file that sees what there is, be the call's own one open or not. */
static int eye(const struct world *world)
{
	return world->fd < 0 ? world->other : world->fd;
}

static bool allowed(const struct sweep *sweep, int err)
{
	const FIXTURE_VARIANT(chain) *chain = sweep->world.chain;

	/* To the library, a file that can't say what it is isn't the device. */
	if (sweep->faults == COPIES)
		return err == -EFAULT || (err == -ENODEV && chain->error == ENODEV);
	return !chain->sure && (err == -ENOMEM || err == -chain->error);
}

/* What became of a call: had it nothing left to fail, did it do without, or fail? */
enum outcome {
	NOTHING_LEFT,
	DID_WITHOUT,
	FAILED,
};

/* One call whose nth allocation fails. */
static enum outcome one_fails(struct __test_metadata *_metadata, struct sweep *sweep)
{
	static struct picture before, after;
	struct world *world = &sweep->world;
	const FIXTURE_VARIANT(chain) *chain = world->chain;
	enum outcome outcome = NOTHING_LEFT;
	int err;

	set_up(_metadata, world);
	ASSERT_TRUE(take_picture(eye(world), &before, chain->blind));
	ASSERT_TRUE(arm(sweep->nth));
	err = chain->call(world);
	if (disarm())
		outcome = err ? FAILED : DID_WITHOUT;
	if (outcome == FAILED) {
		ASSERT_TRUE(allowed(sweep, err))
			TH_LOG("number %u: failed with %d", sweep->nth, err);
		ASSERT_TRUE(take_picture(eye(world), &after, chain->blind));
		ASSERT_EQ(NULL, difference(&before, &after))
			TH_LOG("number %u has changed %s", sweep->nth,
			       difference(&before, &after));
		err = chain->call(world);
	}
	ASSERT_EQ(0, err)
		TH_LOG("number %u", sweep->nth);
	ASSERT_TRUE(chain->complete(world))
		TH_LOG("number %u: line %d", sweep->nth, world->line);
	if (chain->circular) {
		ASSERT_TRUE(take_picture(eye(world), &after, chain->blind));
		ASSERT_EQ(NULL, difference(&before, &after))
			TH_LOG("number %u has left %s", sweep->nth,
			       difference(&before, &after));
	}
	tear_down(_metadata, world);
	return outcome;
}

/*
 * Fails one after the other, until there is none left.  The nth may have been what a call
 * asks for now and then and can do without, such as a slab's vector of cgroups: it is not
 * asked for when the call is made again, and another is the nth.
 */
static void one_pass(struct __test_metadata *_metadata, struct sweep *sweep)
{
	enum outcome outcome;

	sweep->nth = 0;
	sweep->injected = 0;
	sweep->failed = 0;
	do {
		sweep->nth++;
		ASSERT_GT(TOO_MANY, sweep->nth);
		outcome = one_fails(_metadata, sweep);
		if (outcome == DID_WITHOUT)
			outcome = one_fails(_metadata, sweep);
		sweep->injected += outcome != NOTHING_LEFT;
		sweep->failed += outcome == FAILED;
	} while (outcome != NOTHING_LEFT);
}

/*
 * At least @failures must make the call fail, of at least @injections.  One pass may still
 * miss some, if more than one of the calls has asked for more than the others do.
 */
#define PASSES	3

static void sweep(struct __test_metadata *_metadata, struct sweep *sweep,
		  unsigned int failures, unsigned int injections)
{
	int pass;

	ASSERT_TRUE(choose_faults(sweep->faults));
	for (pass = 0; pass < PASSES; pass++) {
		one_pass(_metadata, sweep);
		if (sweep->failed >= failures && sweep->injected >= injections)
			break;
	}
	EXPECT_LE(failures, sweep->failed);
	EXPECT_LE(injections, sweep->injected);
	ksft_print_msg("%u %s have failed, %u of them the call\n",
		       sweep->injected,
		       sweep->faults == COPIES ? "copies" : "allocations",
		       sweep->failed);
	fflush(stdout);
}

#endif /* FAULTS_SWEEP_H */
