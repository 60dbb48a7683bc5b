// SPDX-License-Identifier: GPL-2.0
/*
 * The reference model's calls: which arguments are good, and what allocations,
 * frees, protects and queries do.  See model.h.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define MODIFIERS	(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)
#define CACHE		(PAGE_NOCACHE | PAGE_WRITECOMBINE)

/*
 * Arguments
 */

bool model_protection_is_valid(DWORD protect)
{
	switch (protect & ~MODIFIERS) {
	case PAGE_NOACCESS:
		return protect == PAGE_NOACCESS;		/* P5 */
	case PAGE_READONLY:
	case PAGE_READWRITE:
	case PAGE_EXECUTE:
	case PAGE_EXECUTE_READ:
	case PAGE_EXECUTE_READWRITE:
		break;
	default:						/* P1-P4 */
		return false;
	}
	switch (protect & MODIFIERS) {
	case 0:
	case PAGE_GUARD:
	case PAGE_NOCACHE:
	case PAGE_WRITECOMBINE:
		return true;
	default:						/* P6 */
		return false;
	}
}

bool model_range(const struct model *m, uintptr_t addr, size_t size,
		 struct range *range)
{
	uintptr_t last = addr + (size - 1);

	if (!size || last < addr || last >= m->user_end)	/* A9-A11 */
		return false;
	range->start = page_down(addr);
	range->end = page_down(last) + PAGE;
	return true;
}

/* Large pages aren't modelled: the generator only asks for them wrongly. */
static bool type_is_valid(DWORD type)
{
	const DWORD both = MEM_RESERVE | MEM_COMMIT;

	if (type == MEM_RESET || type == MEM_RESET_UNDO)
		return true;
	if (type & ~(both | MEM_TOP_DOWN | MEM_WRITE_WATCH))	/* A2, A4, L4 */
		return false;
	if (!(type & both))					/* A3 */
		return false;
	return type & MEM_RESERVE || !(type & MEM_WRITE_WATCH);	/* A5 */
}

/*
 * Looking around
 */

struct region *model_find(const struct model *m, uintptr_t addr)
{
	struct region *r;

	for (r = m->regions; r; r = r->next)
		if (addr >= r->base && addr < r->base + r->pages * PAGE)
			return r;
	return NULL;
}

/* The same for calls that have been found right. */
static struct region *find_ours(const struct model *m, uintptr_t addr)
{
	struct region *r = model_find(m, addr);

	if (!r)
		abort();
	return r;
}

struct page *model_page(const struct model *m, uintptr_t addr)
{
	struct region *r = model_find(m, addr);

	return r ? &r->page[(addr - r->base) / PAGE] : NULL;
}

/* The region that has all of a range, or NULL. */
static struct region *find_whole(const struct model *m,
				 const struct range *range)
{
	struct region *r = model_find(m, range->start);

	return r && range->end <= r->base + r->pages * PAGE ? r : NULL;
}

static const struct range *find_quiet(const struct model *m, uintptr_t addr)
{
	size_t i;

	for (i = 0; i < sizeof(m->quiet) / sizeof(m->quiet[0]); i++)
		if (addr >= m->quiet[i].start && addr < m->quiet[i].end)
			return &m->quiet[i];
	return NULL;
}

bool model_knows(const struct model *m, uintptr_t start, uintptr_t end)
{
	const struct range *quiet = find_quiet(m, start);
	struct range range = { page_down(start), end };

	return (quiet && end <= quiet->end) || find_whole(m, &range);
}

bool model_fits(const struct model *m, uintptr_t base, size_t size)
{
	struct region *r;

	for (r = m->regions; r; r = r->next)
		if (base < r->base + r->pages * PAGE && r->base < base + size)
			return false;
	return true;
}

DWORD model_reported(const struct region *region, const struct page *page)
{
	DWORD protect = page->protect | (page->guard ? PAGE_GUARD : 0);
	DWORD cache = region->protect & CACHE;			/* P8, P9 */

	return model_protection_is_valid(protect | cache) ? protect | cache :
							    protect;
}

/*
 * VirtualAlloc
 */

size_t model_limit(const struct model *m, DWORD level)
{
	size_t reserve = m->limit * m->reserve_pct / 100;

	if (level == 0)
		return m->limit - reserve;
	return level == 1 ? m->limit - reserve / 2 : m->limit;
}

static results_t may_commit(const struct model *m, size_t pages, DWORD level)
{
	int64_t room = model_limit(m, level) - m->committed - pages;
	results_t results = 0;

	if (!pages || m->others_min <= room)
		results |= ONLY(RESULT_OK);
	if (pages && m->others_max > room)
		results |= ONLY(RESULT_COMMIT_LIMIT);		/* A13 */
	if (results & ONLY(RESULT_OK) && m->committed + pages > m->cap)
		return CANT_TELL;
	return results;
}

static results_t may_reserve(const struct model *m, uintptr_t addr, size_t size,
			     DWORD type, DWORD level)
{
	uintptr_t base = granule_down(addr);			/* B2 */
	size_t bytes = page_down(addr + size - 1) + PAGE - base;
	results_t results = ONLY(RESULT_OK);

	if (addr && !base)					/* A1 */
		return ONLY(RESULT_ARGUMENT);
	if (!addr && size >= NO_HOLE)				/* A12, A13 */
		return ONLY(RESULT_NO_SPACE) |
		       (type & MEM_COMMIT ? ONLY(RESULT_COMMIT_LIMIT) : 0);
	if (addr && !model_fits(m, base, bytes))		/* B5, C12 */
		return ONLY(RESULT_ADDRESS);
	if (addr && !model_knows(m, base, base + bytes))
		return CANT_TELL;
	if (type & MEM_COMMIT)
		results = may_commit(m, bytes / PAGE, level);
	if (results & ONLY(RESULT_OK) && bytes > MODEL_MAX_SIZE)
		return CANT_TELL;
	return results;
}

/* How many pages of a range of a region a commit would add. */
static size_t count_reserved(const struct region *r, const struct range *range)
{
	size_t i, count = 0;

	for (i = (range->start - r->base) / PAGE;
	     i < (range->end - r->base) / PAGE; i++)
		count += !r->page[i].committed;
	return count;
}

static results_t may_undo(const struct region *r, const struct range *range)
{
	bool unsure = false;
	size_t i;

	for (i = (range->start - r->base) / PAGE;
	     i < (range->end - r->base) / PAGE; i++) {
		const struct page *page = &r->page[i];

		if (!page->committed)
			continue;
		if (page->contents == CONTENTS_GONE)
			return ONLY(RESULT_ADDRESS);		/* R11 */
		unsure |= page->contents != CONTENTS_SURE;
	}
	return ONLY(RESULT_OK) | (unsure ? ONLY(RESULT_ADDRESS) : 0);
}

results_t model_may_alloc(const struct model *m, uintptr_t addr, size_t size,
			  DWORD type, DWORD protect, DWORD level)
{
	struct range range;
	struct region *r;

	if (!type_is_valid(type) || level > 2 ||
	    !model_protection_is_valid(protect) ||		/* A8 */
	    !model_range(m, addr, size, &range))
		return ONLY(RESULT_ARGUMENT);
	if (type & MEM_RESERVE || (type & MEM_COMMIT && !addr))	/* C1 */
		return may_reserve(m, addr, size, type, level);

	r = find_whole(m, &range);
	if (!model_knows(m, range.start, range.start + PAGE))
		return CANT_TELL;
	if (!r)							/* C3, C4, R5 */
		return ONLY(RESULT_ADDRESS);
	if (type & MEM_COMMIT)
		return may_commit(m, count_reserved(r, &range), level);
	return type == MEM_RESET ? ONLY(RESULT_OK) : may_undo(r, &range);
}

uintptr_t model_base(uintptr_t addr, DWORD type)
{
	return type & MEM_RESERVE ? granule_down(addr) : page_down(addr);
}

static void reset_page(struct page *page, DWORD type)
{
	/* What went unseen before has not gone since this reset, and isn't brought back. */
	if (type == MEM_RESET)
		page->contents = may_go(page) ? CONTENTS_MAY_HAVE_GONE :
						CONTENTS_MAY_GO;
	else if (page->contents != CONTENTS_GONE &&
		 page->contents != CONTENTS_MAY_HAVE_GONE)
		page->contents = CONTENTS_SURE;
}

static void commit_page(struct model *m, struct page *page, DWORD protect)
{
	if (!page->committed) {
		*page = (struct page) { .committed = true };	/* C9, W3 */
		m->committed++;
	}
	page->protect = protect & ~MODIFIERS;			/* C6 */
	page->guard = protect & PAGE_GUARD;
}

void model_alloc(struct model *m, uintptr_t addr, size_t size, DWORD type,
		 DWORD protect, uintptr_t base)
{
	struct range range = { base, page_down(addr + size - 1) + PAGE };
	struct region *r;
	size_t i;

	if (!addr)
		range.end = page_down(base + size - 1) + PAGE;
	if (type & MEM_RESERVE || (type & MEM_COMMIT && !addr)) {
		size_t pages = (range.end - range.start) / PAGE;

		r = calloc(1, sizeof(*r) + pages * sizeof(r->page[0]));
		if (!r)
			abort();
		r->base = base;
		r->pages = pages;
		r->protect = protect;
		r->watched = type & MEM_WRITE_WATCH;
		r->next = m->regions;
		m->regions = r;
		m->nr_regions++;
		m->reserved += pages;
	}
	r = find_ours(m, range.start);
	for (i = (range.start - r->base) / PAGE;
	     i < (range.end - r->base) / PAGE; i++) {
		if (type & MEM_COMMIT)
			commit_page(m, &r->page[i], protect);
		else if (r->page[i].committed)
			reset_page(&r->page[i], type);
	}
}

/*
 * VirtualFree
 */

results_t model_may_free(const struct model *m, uintptr_t addr, size_t size,
			 DWORD type)
{
	struct region *r = model_find(m, addr);
	struct range range;

	if (type != MEM_DECOMMIT && type != MEM_RELEASE)	/* F1 */
		return ONLY(RESULT_ARGUMENT);
	if (type == MEM_RELEASE && size)			/* F2 */
		return ONLY(RESULT_ARGUMENT);
	if (!model_range(m, addr, size ? size : 1, &range))	/* F13 */
		return ONLY(RESULT_ARGUMENT);
	if (!model_knows(m, range.start, range.start + PAGE))
		return CANT_TELL;
	if (!r)							/* F5, F14, X13 */
		return ONLY(RESULT_NOT_OURS);
	if (!size && range.start != r->base)			/* F4, F7 */
		return ONLY(RESULT_ADDRESS);
	if (range.end > r->base + r->pages * PAGE)		/* F10 */
		return ONLY(RESULT_ARGUMENT);
	return ONLY(RESULT_OK);
}

static void decommit_page(struct model *m, struct page *page)
{
	if (!page->committed)					/* F9 */
		return;
	free(page->bytes);
	*page = (struct page) {};				/* F11, W13 */
	m->committed--;
}

static void release(struct model *m, struct region *r)
{
	struct region **link = &m->regions;

	while (*link != r)
		link = &(*link)->next;
	*link = r->next;
	m->nr_regions--;
	m->reserved -= r->pages;
	free(r);
}

void model_free(struct model *m, uintptr_t addr, size_t size, DWORD type)
{
	struct region *r = find_ours(m, addr);
	size_t i, first = 0, end = r->pages;

	if (size) {
		first = (page_down(addr) - r->base) / PAGE;
		end = (page_down(addr + size - 1) + PAGE - r->base) / PAGE;
	}
	for (i = first; i < end; i++)
		decommit_page(m, &r->page[i]);
	if (type == MEM_RELEASE)
		release(m, r);
}

/*
 * VirtualProtect
 */

results_t model_may_protect(const struct model *m, uintptr_t addr, size_t size,
			    DWORD protect)
{
	struct range range;
	struct region *r;

	if (!model_protection_is_valid(protect))		/* T5 */
		return ONLY(RESULT_ARGUMENT);
	if (!model_range(m, addr, size, &range))		/* T9, T10 */
		return ONLY(RESULT_ARGUMENT);
	r = find_whole(m, &range);
	if (!model_knows(m, range.start, range.start + PAGE))
		return CANT_TELL;
	if (!r || count_reserved(r, &range))			/* T7, T8 */
		return ONLY(RESULT_ADDRESS);
	return ONLY(RESULT_OK);
}

void model_protect(struct model *m, uintptr_t addr, size_t size, DWORD protect,
		   DWORD *old)
{
	struct region *r = find_ours(m, addr);
	size_t i, first = (page_down(addr) - r->base) / PAGE;

	*old = model_reported(r, &r->page[first]);		/* T1, G5 */
	for (i = first; i <= (page_down(addr + size - 1) - r->base) / PAGE; i++)
		commit_page(m, &r->page[i], protect);
}
