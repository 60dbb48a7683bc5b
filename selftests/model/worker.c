// SPDX-License-Identifier: GPL-2.0
/*
 * Workers, and where their regions go.  See worker.h.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "memory.h"
#include "worker.h"

bool worker_init(struct worker *w, unsigned int number)
{
	*w = (struct worker) {
		.arena = ARENA_BASE + number * ARENA_SIZE,
		.fd = -1,
	};
	w->model.user_end = memory_user_end();
	w->model.quiet[0] = (struct range) { 0, GRANULE };
	w->model.quiet[1] = (struct range) { w->arena, w->arena + ARENA_SIZE };
	return !pipe2(w->pipe, O_NONBLOCK | O_CLOEXEC);
}

bool worker_wrong(struct worker *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->why, sizeof(w->why), format, args);
	va_end(args);
	return false;
}

/* Far from each other, and a few granules before a boundary of 2 MiB. */
uintptr_t worker_home(const struct worker *w, unsigned int slot)
{
	return w->arena + ARENA_SIZE / 2 + (slot + 1) * 64 * MIB - slot * GRANULE;
}

uintptr_t worker_address(const struct worker *w, const struct call *call)
{
	unsigned int slot = call->anchor % SLOTS;

	if (call->anchor >= ANCHOR_NONE)
		return call->offset;
	if (call->anchor < SLOTS && w->slot[slot])
		return w->slot[slot] + call->offset;
	return worker_home(w, slot) + call->offset;
}
