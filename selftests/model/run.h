/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Episodes: some calls, in a process of their own that begins with no regions.
 *
 * The parent never uses the library, for that would open the device; what an
 * episode has done and found is in memory that both share, so that it is there
 * whatever became of the child.  Called by stress.c and shrink.c.
 */
#ifndef MODEL_RUN_H
#define MODEL_RUN_H

#include <stdatomic.h>
#include <stdint.h>

#include "call.h"
#include "worker.h"

#define MAX_THREADS	16
/* Calls of one thread: no more than can be shrunk in good time. */
#define MAX_CALLS	2000

/**
 * struct trace - the calls of one thread
 * @nr: how many there are
 * @begun: how many have begun
 * @tally: how many of each operation have had each outcome
 */
struct trace {
	unsigned int nr;
	unsigned int begun;
	unsigned int tally[NR_OPS][NR_OUTCOMES];
	struct call calls[MAX_CALLS];
};

/**
 * struct run - one episode
 * @seed: of its calls, and of the limits that are set for it
 * @threads: how many it has
 * @length: calls that each thread makes
 * @alone: no other process uses the module
 * @replay: make the calls that are in @trace, else generate them
 * @failed: something was wrong; the members below say what
 * @thread: in which thread
 * @call: in which of its calls; the trace's number of calls for what was found
 *	in the end
 * @why: what was wrong
 * @trace: the calls of each thread
 */
struct run {
	uint64_t seed;
	unsigned int threads;
	unsigned int length;
	bool alone;
	bool replay;
	atomic_bool failed;
	unsigned int thread;
	unsigned int call;
	char why[WHY_TEXT];
	struct trace trace[MAX_THREADS];
};

/** run_create - a run in shared memory, or NULL */
struct run *run_create(void);

/** run_left_charged - bytes that are charged although nobody has the device open */
uint64_t run_left_charged(const struct run *run);

/** run_episode - run it; false if something was wrong */
bool run_episode(struct run *run);

/** run_calls - how many calls have been made */
unsigned long run_calls(const struct run *run);

/** run_report - note what is wrong, unless another thread was first */
void run_report(struct run *run, unsigned int thread, unsigned int call,
		const char *why);

/**
 * run_in_child - run a function in a child, and see that it leaves nothing
 * @run: gets what is wrong
 * @body: runs in the child
 *
 * Return: false if something was wrong.
 */
bool run_in_child(struct run *run, void (*body)(struct run *run));

/** run_shared - the same for threads that change the same regions, not replayed */
bool run_shared(struct run *run);

/** shared_body - what such threads do; see shared.c */
void shared_body(struct run *run);

/**
 * shrink - find the fewest calls of a run that has failed which still fail
 * @run: the run; its members tell of the last attempt in the end
 *
 * Prints them, each line after "# ".
 */
void shrink(struct run *run);

#endif /* MODEL_RUN_H */
