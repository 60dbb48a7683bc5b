// SPDX-License-Identifier: GPL-2.0
/*
 * The reference model's pages: what a query tells of them, who may access them,
 * which of them have been written, and what they hold.  See model.h.
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const unsigned char zeros[PAGE];

/*
 * Queries
 */

static bool alike(const struct page *a, const struct page *b)
{
	if (a->committed != b->committed)
		return false;
	return !a->committed ||
	       (a->protect == b->protect && a->guard == b->guard);
}

/* Q4-Q7 */
static void query_region(const struct region *r, uintptr_t addr,
			 MEMORY_BASIC_INFORMATION *info)
{
	size_t first = (addr - r->base) / PAGE, end = first;
	const struct page *page = &r->page[first];

	while (end < r->pages && alike(page, &r->page[end]))
		end++;
	*info = (MEMORY_BASIC_INFORMATION) {
		.BaseAddress = (void *)page_down(addr),
		.AllocationBase = (void *)r->base,
		.AllocationProtect = r->protect,
		.RegionSize = (end - first) * PAGE,
		.State = page->committed ? MEM_COMMIT : MEM_RESERVE,
		.Protect = page->committed ? model_reported(r, page) : 0,
		.Type = MEM_PRIVATE,
	};
}

/* Where free memory ends for certain: at the next region, if we see that far. */
static uintptr_t free_end(const struct model *m, uintptr_t addr, bool *at_least)
{
	uintptr_t end = 0;
	struct region *r;
	size_t i;

	for (i = 0; i < sizeof(m->quiet) / sizeof(m->quiet[0]); i++)
		if (addr >= m->quiet[i].start && addr < m->quiet[i].end)
			end = m->quiet[i].end;
	*at_least = true;
	for (r = m->regions; r; r = r->next) {
		if (r->base > addr && r->base < end) {
			end = r->base;
			*at_least = false;
		}
	}
	return end;
}

bool model_query(const struct model *m, uintptr_t addr,
		 MEMORY_BASIC_INFORMATION *info, bool *at_least)
{
	struct region *r = model_find(m, addr);
	uintptr_t end;

	*at_least = false;
	if (r) {
		query_region(r, addr, info);
		return true;
	}
	end = free_end(m, addr, at_least);
	if (!end)
		return false;
	*info = (MEMORY_BASIC_INFORMATION) {			/* Q8-Q10 */
		.BaseAddress = (void *)page_down(addr),
		.RegionSize = end - page_down(addr),
		.State = MEM_FREE,
		.Protect = PAGE_NOACCESS,
	};
	return true;
}

/*
 * Access
 */

enum access model_may_access(const struct model *m, uintptr_t addr, bool write)
{
	const struct page *page = model_page(m, addr);

	if (!page || !page->committed)				/* B9, F11, G14 */
		return ACCESS_VIOLATION;
	if (page->guard)					/* G1, G6 */
		return ACCESS_GUARD;
	switch (page->protect) {
	case PAGE_READWRITE:
	case PAGE_EXECUTE_READWRITE:
		return ACCESS_OK;
	case PAGE_READONLY:
	case PAGE_EXECUTE:					/* P11 */
	case PAGE_EXECUTE_READ:
		return write ? ACCESS_VIOLATION : ACCESS_OK;
	default:
		return ACCESS_VIOLATION;
	}
}

enum access model_may_execute(const struct model *m, uintptr_t addr)
{
	const struct page *page = model_page(m, addr);

	if (!page || !page->committed)
		return ACCESS_VIOLATION;
	if (page->guard)
		return ACCESS_GUARD;
	switch (page->protect) {
	case PAGE_EXECUTE:
	case PAGE_EXECUTE_READ:
	case PAGE_EXECUTE_READWRITE:
		return ACCESS_OK;
	default:						/* P12 */
		return ACCESS_VIOLATION;
	}
}

enum access model_access(struct model *m, uintptr_t addr, bool write)
{
	enum access access = model_may_access(m, addr, write);

	if (access == ACCESS_GUARD)
		model_page(m, addr)->guard = false;
	return access;
}

/*
 * Write watch
 */

results_t model_may_watch(const struct model *m, uintptr_t addr, size_t size)
{
	struct range range;
	struct region *r;

	if (!model_range(m, addr, size, &range))		/* W22 */
		return ONLY(RESULT_ARGUMENT);
	if (!model_knows(m, range.start, range.start + PAGE))
		return CANT_TELL;
	r = model_find(m, range.start);
	if (!r || !r->watched || range.end > r->base + r->pages * PAGE)	/* W23 */
		return ONLY(RESULT_ARGUMENT);
	return ONLY(RESULT_OK);
}

uintptr_t model_watched(struct model *m, uintptr_t addr, size_t size, bool reset,
			void *const *pages, size_t count, size_t room)
{
	uintptr_t at, end = page_down(addr + size - 1) + PAGE;
	size_t next = 0;

	for (at = page_down(addr); at < end; at += PAGE) {
		struct page *page = model_page(m, at);
		bool told = next < count && (uintptr_t)pages[next] == at;

		if (next == room)				/* W8 */
			return 0;
		if (!page->committed || page->written == WRITTEN_NO) {
			if (told)
				return at;
			continue;
		}
		if (!told && page->written == WRITTEN_YES)
			return at;
		page->written = told && !reset ? WRITTEN_YES : WRITTEN_NO;
		next += told;
	}
	/* Pages outside of the range, or out of order. */
	return next < count ? (uintptr_t)pages[next] : 0;
}

void model_reset_watch(struct model *m, uintptr_t addr, size_t size)
{
	uintptr_t at, end = page_down(addr + size - 1) + PAGE;

	for (at = page_down(addr); at < end; at += PAGE)
		model_page(m, at)->written = WRITTEN_NO;	/* W10 */
}

void model_touch_failed(struct model *m, uintptr_t addr)
{
	struct page *page = model_page(m, addr);

	if (page->written == WRITTEN_NO)
		page->written = WRITTEN_UNSURE;
}

/*
 * Contents
 */

static const unsigned char *bytes_of(const struct page *page)
{
	return page->bytes ? page->bytes : zeros;
}

static void hold(struct page *page, const unsigned char *bytes)
{
	if (!page->bytes)
		page->bytes = malloc(PAGE);
	if (!page->bytes)
		abort();
	memcpy(page->bytes, bytes, PAGE);
}

bool model_read(const struct model *m, uintptr_t addr, const void *data,
		size_t size)
{
	const struct page *page = model_page(m, addr);

	if (!memcmp(bytes_of(page) + addr % PAGE, data, size))
		return true;
	return may_go(page) && !memcmp(zeros, data, size);
}

bool model_is_zero(const struct model *m, uintptr_t addr, size_t size)
{
	const struct page *page = model_page(m, addr);

	return !memcmp(bytes_of(page) + addr % PAGE, zeros, size);
}

/* Zeros are there now.  They may have been there when the page was reset again. */
static enum contents gone(const struct page *page)
{
	return page->contents == CONTENTS_MAY_GO ? CONTENTS_GONE : CONTENTS_UNSURE;
}

bool model_see(struct model *m, uintptr_t addr, const void *seen)
{
	struct page *page = model_page(m, addr);

	if (!memcmp(bytes_of(page), seen, PAGE))
		return true;
	if (!may_go(page) || memcmp(zeros, seen, PAGE))
		return false;
	page->contents = gone(page);				/* R2 */
	free(page->bytes);
	page->bytes = NULL;
	return true;
}

/*
 * Is @seen what @before becomes when the first bytes of @data are written at
 * @offset, and how many of them are?
 */
static bool is_written(const unsigned char *before, const unsigned char *seen,
		       size_t offset, const unsigned char *data, size_t size,
		       size_t *done)
{
	size_t n = 0;

	while (n < size && seen[offset + n] == data[n])
		n++;
	*done = n;
	return !memcmp(before, seen, offset) &&
	       !memcmp(before + offset + n, seen + offset + n, PAGE - offset - n);
}

/* What is known of contents that could have gone until they were written. */
static enum contents after_write(const struct page *page, bool old_fits,
				 bool zeros_fit)
{
	if (old_fits && zeros_fit)
		return CONTENTS_UNSURE;
	return old_fits ? CONTENTS_SURE : gone(page);
}

bool model_write(struct model *m, uintptr_t addr, const void *data, size_t size,
		 bool whole, const void *seen)
{
	struct page *page = model_page(m, addr);
	bool reset = may_go(page);
	bool old_fits, zeros_fit;
	size_t done;

	old_fits = is_written(bytes_of(page), seen, addr % PAGE, data, size,
			      &done);
	zeros_fit = reset && is_written(zeros, seen, addr % PAGE, data, size,
					 &done);
	if (!(old_fits || zeros_fit) || (whole && done < size))
		return false;
	if (done) {
		page->written = WRITTEN_YES;
		if (reset)					/* R7 */
			page->contents = after_write(page, old_fits, zeros_fit);
	} else {
		if (reset && !old_fits)
			page->contents = gone(page);
		model_touch_failed(m, addr);
	}
	hold(page, seen);
	return true;
}
