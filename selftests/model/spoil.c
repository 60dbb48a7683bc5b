// SPDX-License-Identifier: GPL-2.0
/*
 * Wrong arguments: one, rarely two, for each call that generate.c hands on.  See worker.h.
 */
#include <hostmem/memory.h>

#include "memory.h"
#include "worker.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define ONE_OF(w, array) ((array)[random_below(&(w)->rng, COUNT(array))])

static void spoil_alloc(struct worker *w, struct call *call)
{
	static const DWORD types[] = {
		0, MEM_TOP_DOWN, MEM_WRITE_WATCH, MEM_COMMIT | MEM_WRITE_WATCH,
		MEM_RESET | MEM_COMMIT, MEM_RESET | MEM_RESET_UNDO, MEM_PHYSICAL,
		MEM_RESERVE | MEM_PHYSICAL, MEM_RESERVE | MEM_LARGE_PAGES,
		MEM_COMMIT | MEM_LARGE_PAGES, MEM_DECOMMIT, ~0u, 1,
		MEM_RESERVE | MEM_RESERVE_PLACEHOLDER, AT_ROUND_TO_PAGE | MEM_RESERVE,
	};

	switch (random_below(&w->rng, 3)) {
	case 0:
		call->type = ONE_OF(w, types);
		break;
	case 1:
		call->win32 = false;
		call->level = random_below(&w->rng, 2) ? 3 : ~0u;
		break;
	default:
		call->win32 = false;
		call->pointer = POINTER_NULL;
		break;
	}
}

static void spoil_size(struct worker *w, struct call *call)
{
	static const uint64_t sizes[] = {
		0, ~0ull, 1ull << 63, (1ull << SPACE_BITS) - PAGE, NO_HOLE, 1ull << 40,
	};

	call->size = ONE_OF(w, sizes);
}

static void spoil_address(struct worker *w, struct call *call)
{
	static const int64_t addresses[] = {
		0, 1, PAGE, GRANULE - 1, -1, -(int64_t)PAGE, INT64_MIN,
		(int64_t)1 << 60,
	};
	int64_t end = w->model.user_end;

	call->anchor = ANCHOR_NONE;
	call->offset = ONE_OF(w, addresses);
	/* The last pages of user space, and the first that isn't. */
	if (random_below(&w->rng, 3) == 0)
		call->offset = end - (int64_t)PAGE +
			       (int64_t)random_below(&w->rng, 4) * (int64_t)PAGE / 2;
	/* A last byte that is just in it, or just isn't. */
	if (call->offset >= 0 && call->offset < end && random_below(&w->rng, 3) == 0)
		call->size = end - call->offset + random_below(&w->rng, 2);
}

static void spoil_protect(struct worker *w, struct call *call)
{
	static const DWORD protections[] = {
		0, 0x03, 0x06, PAGE_WRITECOPY, 0x0c, 0x12, 0x14, 0x30,
		PAGE_EXECUTE_WRITECOPY, PAGE_GUARD, PAGE_GUARD | PAGE_NOACCESS,
		PAGE_NOCACHE | PAGE_NOACCESS, PAGE_WRITECOMBINE | PAGE_NOACCESS,
		PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE,
		PAGE_READWRITE | PAGE_GUARD | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
		PAGE_READWRITE | 0x800, PAGE_READWRITE | PAGE_TARGETS_INVALID, ~0u,
	};

	call->protect = ONE_OF(w, protections);
}

static void spoil_pointer(struct worker *w, struct call *call)
{
	switch (call->op) {
	case OP_PROTECT:
		call->pointer = POINTER_NULL + random_below(&w->rng, 2);
		break;
	case OP_QUERY:
		call->pointer = POINTER_NULL + random_below(&w->rng, 3);
		if (call->pointer == POINTER_NULL_2)
			call->win32 = false;
		break;
	case OP_GET_WATCH:
		call->pointer = !random_below(&w->rng, 3) ? POINTER_NULL :
				POINTER_NULL_2 + random_below(&w->rng, 2);
		break;
	default:
		break;
	}
}

static void spoil_once(struct worker *w, struct call *call)
{
	static const DWORD free_types[] = {
		0, MEM_DECOMMIT | MEM_RELEASE, MEM_FREE, ~0u,
		MEM_COALESCE_PLACEHOLDERS, MEM_COMMIT,
	};

	switch (random_below(&w->rng, 4)) {
	case 0:
		spoil_size(w, call);
		break;
	case 1:
		spoil_address(w, call);
		break;
	case 2:
		if (call->op == OP_ALLOC || call->op == OP_PROTECT)
			spoil_protect(w, call);
		else if (call->op == OP_FREE)
			call->type = ONE_OF(w, free_types);
		else if (call->op == OP_GET_WATCH)
			call->type = 2 + random_below(&w->rng, 2);
		else
			spoil_pointer(w, call);
		break;
	default:
		if (call->op == OP_ALLOC)
			spoil_alloc(w, call);
		else
			spoil_pointer(w, call);
		break;
	}
}

void spoil(struct worker *w, struct call *call)
{
	spoil_once(w, call);
	/* Where the contract says which of two wrong ones is found (T6, W24, X2). */
	if ((call->op == OP_PROTECT || call->op == OP_FREE ||
	     call->op == OP_GET_WATCH) && random_below(&w->rng, 3) == 0)
		spoil_once(w, call);
}
