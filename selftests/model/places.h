/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where random calls go: sizes of regions, and ranges in them, with a liking for
 * the places where things go wrong: ends and 2 MiB boundaries.  Called by
 * generate.c.
 */
#ifndef MODEL_PLACES_H
#define MODEL_PLACES_H

#include "memory.h"
#include "worker.h"

static inline uint32_t below(struct worker *w, uint32_t limit)
{
	return random_below(&w->rng, limit);
}

static inline bool percent(struct worker *w, uint32_t chance)
{
	return below(w, 100) < chance;
}

/* What would have been the region of a slot that has none. */
extern const struct region nothing;

/** pick_size - bytes of a region */
size_t pick_size(struct worker *w);

/** pick_range - a range in a region, now and then beyond its end */
void pick_range(struct worker *w, struct call *call, const struct region *r);

/**
 * pick_committed_range - the same, but mostly one that is committed
 * @w: whose call it is
 * @call: gets the range
 * @r: the region
 * @write: mostly one that may be written, too
 */
void pick_committed_range(struct worker *w, struct call *call,
			  const struct region *r, bool write);

#endif /* MODEL_PLACES_H */
