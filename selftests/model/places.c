// SPDX-License-Identifier: GPL-2.0
/*
 * Where random calls go.  See places.h.
 */
#include "memory.h"
#include "places.h"

#define BLOCK		(2 * MIB)

const struct region nothing = { .pages = 32 };

size_t pick_size(struct worker *w)
{
	size_t pages;

	switch (below(w, 16)) {
	case 0:
		pages = 600 + below(w, 700);
		break;
	case 1:
		pages = 500 + below(w, 40);
		break;
	case 2: case 3: case 4:
		pages = 1 + below(w, 120);
		break;
	default:
		pages = 1 + below(w, 24);
		break;
	}
	return pages * PAGE - (percent(w, 30) ? below(w, PAGE) : 0);
}

/* The first page of a range in a region of @pages pages. */
static size_t pick_first(struct worker *w, const struct region *r)
{
	size_t seam = ((r->base + BLOCK) / BLOCK * BLOCK - r->base) / PAGE;
	size_t near = below(w, 8);

	switch (below(w, 8)) {
	case 0:
		return 0;
	case 1:
		return near < r->pages ? r->pages - 1 - near : 0;
	case 2: case 3:
		if (percent(w, 30))
			seam += BLOCK / PAGE;
		if (percent(w, 40) && seam < r->pages)
			return seam;
		if (seam + near >= 4 && seam + near - 4 < r->pages)
			return seam + near - 4;
		return below(w, r->pages);
	case 4: case 5:
		return below(w, r->pages < 16 ? r->pages : 16);
	default:
		return below(w, r->pages);
	}
}

/* The same, but mostly where there is something. */
static size_t pick_committed(struct worker *w, const struct region *r, bool write)
{
	size_t first = pick_first(w, r);
	unsigned int i;

	for (i = 0; r != &nothing && i < 8; i++, first = pick_first(w, r)) {
		const struct page *page = &r->page[first];

		if (page->committed &&
		    (!page->guard || percent(w, 30)) &&
		    (!write || page->protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)))
			break;
	}
	return first;
}

static size_t committed_from(const struct region *r, size_t first)
{
	size_t end = first;

	while (r != &nothing && end < r->pages && r->page[end].committed)
		end++;
	return end - first;
}

static size_t pick_length(struct worker *w, size_t most)
{
	size_t length;

	switch (below(w, 10)) {
	case 0:
		return most;
	case 1:
		return 1 + below(w, most);
	case 2: case 3: case 4:
		length = 1 + below(w, 24);
		break;
	default:
		length = 1 + below(w, 4);
		break;
	}
	return length < most ? length : most;
}

/* How many pages from one on are in the same 2 MiB. */
static size_t to_seam(const struct region *r, size_t first)
{
	return (BLOCK - (r->base + first * PAGE) % BLOCK) / PAGE;
}

/* A range in a region, now and then beyond its end. */
static void pick_range_from(struct worker *w, struct call *call,
			    const struct region *r, size_t first, size_t most)
{
	size_t end = r->pages * PAGE;

	call->offset = first * PAGE;
	call->size = pick_length(w, most) * PAGE;
	if (percent(w, 8) && to_seam(r, first) < most)
		call->size = to_seam(r, first) * PAGE;
	if (percent(w, 40)) {
		call->offset += below(w, PAGE);
		call->size -= below(w, PAGE);
		if (call->offset + call->size > end)
			call->size = end - call->offset;
	}
	if (percent(w, 4))
		call->size = end - call->offset + 1 + below(w, 2 * PAGE);
}

void pick_range(struct worker *w, struct call *call, const struct region *r)
{
	size_t first = pick_first(w, r);

	pick_range_from(w, call, r, first, r->pages - first);
}

void pick_committed_range(struct worker *w, struct call *call,
			  const struct region *r, bool write)
{
	size_t first = pick_committed(w, r, write);
	size_t most = committed_from(r, first);

	if (!most || percent(w, 15))
		most = r->pages - first;
	pick_range_from(w, call, r, first, most);
}
