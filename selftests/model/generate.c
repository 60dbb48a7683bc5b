// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls: mostly sensible ones on regions that are there, with a liking
 * for the places where things go wrong: ends, 2 MiB boundaries, bad arguments.
 * What comes of a call is the model's business, so anything may be asked for.
 * See worker.h.
 */
#include <hostmem/memoryapi.h>

#include "memory.h"
#include "places.h"
#include "worker.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define ONE_OF(w, array) ((array)[below(w, COUNT(array))])

static DWORD pick_protect(struct worker *w)
{
	static const DWORD common[] = {
		PAGE_READWRITE, PAGE_READWRITE, PAGE_READWRITE, PAGE_READWRITE,
		PAGE_READONLY, PAGE_NOACCESS, PAGE_EXECUTE, PAGE_EXECUTE_READ,
		PAGE_EXECUTE_READWRITE,
	};
	DWORD protect = ONE_OF(w, common);

	if (protect == PAGE_NOACCESS)
		return protect;
	if (percent(w, 20))
		protect |= PAGE_GUARD;
	else if (percent(w, 6))
		protect |= percent(w, 50) ? PAGE_NOCACHE : PAGE_WRITECOMBINE;
	return protect;
}

/*
 * Calls
 */

static void make_reserve(struct worker *w, struct call *call, unsigned int slot)
{
	static const DWORD types[] = {
		MEM_RESERVE, MEM_RESERVE, MEM_RESERVE | MEM_COMMIT,
		MEM_RESERVE | MEM_COMMIT, MEM_COMMIT,
	};
	unsigned int other = below(w, SLOTS);
	const struct region *r = model_find(&w->model, w->slot[other]);

	call->op = OP_ALLOC;
	call->into = slot;
	call->size = pick_size(w);
	call->protect = pick_protect(w);
	call->type = ONE_OF(w, types);
	call->anchor = ANCHOR_NONE;
	call->offset = 0;
	if (percent(w, 60)) {
		if (call->type == MEM_COMMIT)
			call->type |= MEM_RESERVE;
		call->anchor = ANCHOR_HOME(slot);
		call->offset = below(w, 3) * GRANULE;
		if (percent(w, 30))
			call->offset += below(w, GRANULE);
		if (r && percent(w, 30)) {
			/* Right behind another region, or in its last granule. */
			call->anchor = other;
			call->offset = r->pages * PAGE;
			if (percent(w, 70))
				call->offset = granule_down(call->offset + GRANULE - 1);
		}
	}
	if (percent(w, 15))
		call->type |= MEM_TOP_DOWN;
	if (call->type & MEM_RESERVE && percent(w, 40))
		call->type |= MEM_WRITE_WATCH;
}

/* Just what the limit leaves, or a page more or less. */
static void make_full(struct worker *w, struct call *call, unsigned int slot)
{
	size_t limit;

	call->op = OP_ALLOC;
	call->win32 = false;
	call->level = below(w, 3);
	call->into = slot;
	call->anchor = ANCHOR_NONE;
	limit = model_limit(&w->model, call->level);
	call->type = MEM_RESERVE | MEM_COMMIT;
	call->protect = pick_protect(w);
	call->size = (below(w, 3) + 1) * PAGE;
	if (limit > w->model.committed)
		call->size = (limit - w->model.committed + below(w, 3) - 1) * PAGE;
}

static void make_commit(struct worker *w, struct call *call,
			const struct region *r)
{
	call->op = OP_ALLOC;
	call->type = MEM_COMMIT;
	call->protect = pick_protect(w);
	pick_range(w, call, r);
}

static void make_reset(struct worker *w, struct call *call, const struct region *r)
{
	call->op = OP_ALLOC;
	call->type = percent(w, 60) ? MEM_RESET : MEM_RESET_UNDO;
	call->protect = pick_protect(w);
	pick_range(w, call, r);
}

static void make_free(struct worker *w, struct call *call, const struct region *r)
{
	call->op = OP_FREE;
	call->type = MEM_DECOMMIT;
	pick_range(w, call, r);
	if (percent(w, 12)) {
		call->size = 0;
		if (percent(w, 70))
			call->offset = below(w, PAGE);
	}
	if (percent(w, 22)) {
		call->type = MEM_RELEASE;
		call->size = 0;
		if (percent(w, 85))
			call->offset = percent(w, 50) ? 0 : below(w, PAGE);
	}
}

static void make_protect(struct worker *w, struct call *call,
			 const struct region *r)
{
	call->op = OP_PROTECT;
	call->protect = pick_protect(w);
	pick_committed_range(w, call, r, false);
}

static void make_query(struct worker *w, struct call *call, const struct region *r)
{
	call->op = OP_QUERY;
	pick_range(w, call, r);
	if (percent(w, 15))
		call->offset += call->size;
	call->size = sizeof(MEMORY_BASIC_INFORMATION) + below(w, 2) * 8;
}

static void make_touch(struct worker *w, struct call *call, const struct region *r)
{
	static const uint8_t widths[] = { 1, 2, 8 };

	call->op = percent(w, 65) ? OP_WRITE : OP_READ;
	call->width = ONE_OF(w, widths);
	call->count = percent(w, 70) ? 1 : 1 + below(w, 12);
	pick_committed_range(w, call, r, call->op == OP_WRITE);
	call->size = call->count * PAGE;
	call->offset = (call->offset & -(int64_t)PAGE) + below(w, PAGE);
	if (percent(w, 10))	/* across two pages */
		call->offset = (call->offset | (PAGE - 1)) - below(w, call->width);
	else
		call->offset &= -(int64_t)call->width;
}

static void make_execute(struct worker *w, struct call *call,
			 const struct region *r)
{
	call->op = OP_EXECUTE;
	pick_committed_range(w, call, r, false);
	call->offset = (call->offset & -(int64_t)PAGE) + below(w, PAGE);
	call->size = 1;
}

static void make_watch(struct worker *w, struct call *call, const struct region *r)
{
	if (!r->watched && percent(w, 85)) {
		make_touch(w, call, r);
		return;
	}
	call->win32 = true;
	call->op = percent(w, 75) ? OP_GET_WATCH : OP_RESET_WATCH;
	call->type = percent(w, 50) ? WRITE_WATCH_FLAG_RESET : 0;
	pick_range(w, call, r);
	if (percent(w, 40)) {
		call->offset = 0;
		call->size = r->pages * PAGE;
	}
	call->count = percent(w, 30) ? 1 + below(w, 8) : WATCH_ROOM;
}

static void make_system_call(struct worker *w, struct call *call,
			     const struct region *r)
{
	call->op = percent(w, 60) ? OP_SYS_READ : OP_SYS_WRITE;
	pick_committed_range(w, call, r, call->op == OP_SYS_READ);
	if (percent(w, 50))
		call->offset = (call->offset & -(int64_t)PAGE) + below(w, PAGE);
	call->size = 1 + below(w, percent(w, 60) ? 64 : PAGE);
}

static void make_other(struct worker *w, struct call *call)
{
	call->op = OP_CHECK_ALL;
	if (percent(w, 25)) {
		call->op = OP_DROP_CACHES;
	} else if (w->own_limit && percent(w, 75)) {
		static const uint16_t reserves[] = { 0, 1, 10, 33, 50, 100 };

		call->op = OP_SET_LIMIT;
		call->size = 1 + below(w, 8);
		call->count = ONE_OF(w, reserves);
	}
}

/* In the order of their frequency, in percent. */
static const struct {
	unsigned int percent;
	void (*make)(struct worker *w, struct call *call, const struct region *r);
} kinds[] = {
	{ 25, make_commit },
	{ 17, make_touch },
	{ 16, make_protect },
	{ 12, make_free },
	{ 9, make_system_call },
	{ 9, make_watch },
	{ 5, make_reset },
	{ 4, make_query },
	{ 3, make_execute },
};

void generate(struct worker *w, struct call *call)
{
	unsigned int slot = below(w, SLOTS), chance = below(w, 100), i;
	const struct region *r = model_find(&w->model, w->slot[slot]);

	*call = (struct call) {
		.anchor = slot,
		.win32 = percent(w, 35),
		.level = percent(w, 50) ? 2 : below(w, 3),
		.salt = random_next(&w->rng),
	};
	if (percent(w, 1)) {
		make_other(w, call);
		return;
	}
	if (w->own_limit && percent(w, 1)) {
		make_full(w, call, slot);
		return;
	}
	if (percent(w, r ? 3 : 85)) {
		make_reserve(w, call, slot);
	} else {
		for (i = 0; chance >= kinds[i].percent; i++)
			chance -= kinds[i].percent;
		kinds[i].make(w, call, r ? r : &nothing);
	}
	if (percent(w, 6))
		spoil(w, call);
}
