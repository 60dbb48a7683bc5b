/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One thread that makes calls, and the model that it compares them with.
 *
 * run.c makes workers; generate.c thinks of their calls, execute.c makes them and
 * check.c looks at what else may have changed.  Only the worker's own thread uses
 * it.
 */
#ifndef MODEL_WORKER_H
#define MODEL_WORKER_H

#include "call.h"
#include "model.h"

/* Address space in which nothing is mapped unless a worker wants it there. */
#define ARENA_BASE	((uintptr_t)1 << 44)
#define ARENA_SIZE	((uintptr_t)1 << 40)

/* Most addresses that a call takes from a write watch. */
#define WATCH_ROOM	2048

#define WHY_TEXT	400

/* What became of a call. */
enum outcome {
	OUTCOME_LEFT_OUT,	/* the model can't tell what it would do */
	OUTCOME_DONE,
	OUTCOME_REFUSED,	/* an error or a fault, as expected */
	NR_OUTCOMES
};

/**
 * struct worker - one thread
 * @model: what it should have
 * @arena: its own part of the address space
 * @slot: bases of its regions; 0 for none
 * @rng: for the generator
 * @fd: the library's file, if no one else uses it: its status is checked
 * @own_limit: this worker alone uses the commit limit and may change it
 * @outcome: of the call that is being made
 * @pipe: for system calls
 * @why: what was wrong, when something was
 */
struct worker {
	struct model model;
	uintptr_t arena;
	uintptr_t slot[SLOTS];
	uint64_t rng;
	int fd;
	bool own_limit;
	enum outcome outcome;
	int pipe[2];
	char why[WHY_TEXT];
};

/** worker_init - a worker without regions; false if there are no pipes */
bool worker_init(struct worker *w, unsigned int number);

/** worker_wrong - note what is wrong; returns false */
__attribute__((format(printf, 2, 3)))
bool worker_wrong(struct worker *w, const char *format, ...);

/** worker_home - where a slot's region goes if it may choose */
uintptr_t worker_home(const struct worker *w, unsigned int slot);

/** worker_address - what a call's address is now */
uintptr_t worker_address(const struct worker *w, const struct call *call);

/** generate - think of the next call */
void generate(struct worker *w, struct call *call);

/** spoil - make one of a call's arguments a wrong one */
void spoil(struct worker *w, struct call *call);

/**
 * execute - make a call and compare all that it tells with the model
 *
 * A call whose result the model can't tell is left out.
 * Return: false if something was wrong; then @w->why says what.
 */
bool execute(struct worker *w, const struct call *call);

/** check_query - compare the query of an address, unless the model can't tell */
bool check_query(struct worker *w, uintptr_t addr);

/** check_info - compare what a query has told */
bool check_info(struct worker *w, uintptr_t addr,
		const MEMORY_BASIC_INFORMATION *info);

/** check_page - compare the contents of a page, if it may be read */
bool check_page(struct worker *w, uintptr_t addr);

/** check_around - compare samples in a range, beside it and elsewhere */
bool check_around(struct worker *w, uintptr_t addr, size_t size, uint32_t salt);

/** check_all - compare every page, every run of pages and every watch */
bool check_all(struct worker *w);

#endif /* MODEL_WORKER_H */
