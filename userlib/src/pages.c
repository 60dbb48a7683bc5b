// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Runs of pages: got, split, joined, committed and decommitted.  See pages.h.
 */
#include <stdlib.h>

#include <hostmem/memory.h>
#include <hostmem/mscoree.h>

#include "manager.h"
#include "pages.h"
#include "runs.h"

#define PAGE		HOSTMEM_HEAP_PAGE
#define RANGE_MOST	((size_t)64 << 30)
#define RANGE_LEAST	((size_t)16 << 20)

/* Slack of a heap: so much, and under a limit of the manager's own this part of it. */
#define SLACK_MOST	((size_t)8 << 20)
#define SLACK_OF_LIMIT	128

/* Bytes of @record and @bits for each page. */
#define RECORD_BYTES	sizeof(struct hostmem_page)
#define BITS_BYTES	(HOSTMEM_SLAB_WORDS * sizeof(uint64_t))

_Static_assert(RECORD_BYTES == 32 && BITS_BYTES == 32, "both begin at a page");

/*
 * Memory
 */

static bool commit(struct hostmem_pages *pages, void *addr, size_t length, DWORD protect,
		   struct hostmem_page_request *request)
{
	enum hostmem_error error = hostmem_manager_commit_now(pages->manager, addr, length,
							      protect, request->level);

	request->lacking += length;
	if (error && !request->error)
		request->error = error;
	return !error;
}

static void decommit(struct hostmem_pages *pages, void *addr, size_t length)
{
	/* Should it fail, it is all the same to the next commit. */
	hostmem_manager_free(pages->manager, addr, length, MEM_DECOMMIT);
}

static char *address_of(const struct hostmem_pages *pages, uint32_t page)
{
	return pages->base + page * PAGE;
}

static bool commit_run(struct hostmem_pages *pages, uint32_t page, uint32_t nr,
		       struct hostmem_page_request *request)
{
	return commit(pages, address_of(pages, page), nr * PAGE, pages->protect, request);
}

/* The part of records, or of bits after them, that is about a page. */
static size_t part_of(const struct hostmem_pages *pages, size_t page, bool bits)
{
	return (page + (bits ? pages->nr : 0)) * RECORD_BYTES / PAGE;
}

static void *part_address(const struct hostmem_pages *pages, size_t part)
{
	return (char *)pages->record + part * PAGE;
}

static bool is_known(const struct hostmem_pages *pages, size_t part)
{
	return atomic_load_explicit(&pages->known[part / 64], memory_order_relaxed) >>
	       part % 64 & 1;
}

/*
 * Has memory for the records of a run's first and last page and of the one behind it,
 * and for bits if it will be a slab.  All or nothing; and whoever reads without the lock
 * hears of it when it can't be undone any more.
 */
static bool know(struct hostmem_pages *pages, uint32_t page, uint32_t nr, bool slab,
		 struct hostmem_page_request *request)
{
	size_t behind = page + nr < pages->nr ? page + nr : page + nr - 1;
	size_t parts[] = {
		part_of(pages, page, false), part_of(pages, page + nr - 1, false),
		part_of(pages, behind, false), part_of(pages, page, slab),
	};
	unsigned int added = 0, i;

	for (i = 0; i < 4; i++) {
		if (is_known(pages, parts[i]) || (added && parts[added - 1] == parts[i]))
			continue;
		if (!commit(pages, part_address(pages, parts[i]), PAGE, PAGE_READWRITE,
			    request))
			break;
		parts[added++] = parts[i];
	}
	if (i < 4) {
		while (added--)
			decommit(pages, part_address(pages, parts[added]), PAGE);
		return false;
	}
	while (added--)
		atomic_fetch_or(&pages->known[parts[added] / 64],
				(uint64_t)1 << parts[added] % 64);
	return true;
}

/*
 * Free runs; with the lock
 */

static struct hostmem_runs *runs_of(struct hostmem_pages *pages, uint32_t kind)
{
	return kind == HOSTMEM_PAGE_SLACK ? &pages->runs : &pages->clean;
}

static void add_free(struct hostmem_pages *pages, uint32_t page, uint32_t nr, uint32_t kind)
{
	hostmem_runs_add(pages, runs_of(pages, kind), page, nr);
	pages->record[page + nr - 1].pages = nr;
	hostmem_pages_mark(pages, page, kind);
	hostmem_pages_mark(pages, page + nr - 1, kind);
}

static uint32_t remove_free(struct hostmem_pages *pages, uint32_t page, uint32_t kind)
{
	uint32_t nr = pages->record[page].pages;

	hostmem_runs_remove(pages, runs_of(pages, kind), page);
	hostmem_pages_mark(pages, page, HOSTMEM_PAGE_NONE);
	hostmem_pages_mark(pages, page + nr - 1, HOSTMEM_PAGE_NONE);
	return nr;
}

/* Adds a run, joined with its neighbours if they are of that kind. */
static void join_free(struct hostmem_pages *pages, uint32_t page, uint32_t nr, uint32_t kind)
{
	uint32_t end = page + nr;

	if (page > 1 && hostmem_pages_knows(pages, page - 1) &&
	    hostmem_pages_what(pages, page - 1) == kind) {
		page -= pages->record[page - 1].pages;
		remove_free(pages, page, kind);
	}
	if (end < pages->used && hostmem_pages_what(pages, end) == kind)
		end += remove_free(pages, end, kind);
	add_free(pages, page, end - page, kind);
}

static void decommit_run(struct hostmem_pages *pages, uint32_t page, uint32_t nr)
{
	decommit(pages, address_of(pages, page), nr * PAGE);
	join_free(pages, page, nr, HOSTMEM_PAGE_FREE);
}

/* A kept block becomes a run like others. */
static void let_go(struct hostmem_pages *pages, uint32_t *slot)
{
	uint32_t page = *slot;

	if (!page)
		return;
	*slot = 0;
	hostmem_pages_mark(pages, page, HOSTMEM_PAGE_NONE);
	join_free(pages, page, pages->record[page].pages, HOSTMEM_PAGE_SLACK);
}

/* Decommits slack, long runs first, until there is no more than @most. */
static void trim(struct hostmem_pages *pages, size_t most)
{
	unsigned int slot;
	uint32_t page, nr;

	if (pages->slack <= most)
		return;
	for (slot = 0; slot < HOSTMEM_KEPT; slot++)
		let_go(pages, &pages->kept[slot]);
	while (pages->slack > most) {
		page = hostmem_runs_longest(&pages->runs);
		if (!page)
			break;
		nr = remove_free(pages, page, HOSTMEM_PAGE_SLACK);
		pages->slack -= nr;
		decommit_run(pages, page, nr);
	}
}

/* More than half of the slack goes at once, and so does all that somebody waits for. */
static void put_run(struct hostmem_pages *pages, uint32_t page, uint32_t nr)
{
	if (nr > pages->slack_most / 2 || hostmem_slack_is_wanted()) {
		decommit_run(pages, page, nr);
		return;
	}
	pages->slack += nr;
	join_free(pages, page, nr, HOSTMEM_PAGE_SLACK);
	if (pages->slack > pages->slack_most)
		trim(pages, pages->slack_most / 2);
}

/*
 * Getting a run; with the lock
 */

/* Cuts what is wanted from a free run; there are records for that. */
static void cut(struct hostmem_pages *pages, uint32_t page, uint32_t nr, uint32_t kind)
{
	uint32_t all = remove_free(pages, page, kind);

	if (all > nr)
		add_free(pages, page + nr, all - nr, kind);
}

static uint32_t get_new(struct hostmem_pages *pages, uint32_t nr, bool slab,
			struct hostmem_page_request *request)
{
	uint32_t page = hostmem_runs_find(pages, &pages->clean, nr);
	bool is_free = page;

	if (!page) {
		if (nr > pages->nr - pages->used)
			return 0;
		page = (uint32_t)pages->used;
	}
	if (!commit_run(pages, page, nr, request))
		return 0;
	if (!know(pages, page, nr, slab, request)) {
		decommit(pages, address_of(pages, page), nr * PAGE);
		return 0;
	}
	if (is_free)
		cut(pages, page, nr, HOSTMEM_PAGE_FREE);
	else
		pages->used += nr;
	return page;
}

static uint32_t get_run(struct hostmem_pages *pages, uint32_t nr, bool slab,
			struct hostmem_page_request *request)
{
	uint32_t page = hostmem_runs_find(pages, &pages->runs, nr);

	if (!page)
		return get_new(pages, nr, slab, request);
	if (!know(pages, page, nr, slab, request))
		return 0;
	cut(pages, page, nr, HOSTMEM_PAGE_SLACK);
	pages->slack -= nr;
	return page;
}

uint32_t hostmem_pages_get_slab(struct hostmem_pages *pages, uint32_t nr,
				struct hostmem_page_request *request)
{
	uint32_t page;

	hostmem_lock(&pages->lock);
	page = get_run(pages, nr, true, request);
	hostmem_unlock(&pages->lock);
	return page;
}

bool hostmem_pages_put_slab(struct hostmem_pages *pages, uint32_t page, uint32_t nr,
			    bool soon)
{
	uint32_t i;

	if (!soon)
		hostmem_lock(&pages->lock);
	else if (!hostmem_lock_soon(&pages->lock))
		return false;
	for (i = 0; i < nr; i++)
		hostmem_pages_mark(pages, page + i, HOSTMEM_PAGE_NONE);
	put_run(pages, page, nr);
	hostmem_unlock(&pages->lock);
	return true;
}

/*
 * Blocks of whole pages
 */

/* Where a block of that length is kept. */
static uint32_t *slot_of(struct hostmem_pages *pages, uint32_t nr)
{
	return &pages->kept[hostmem_runs_list(nr) % HOSTMEM_KEPT];
}

uint32_t hostmem_pages_get_block(struct hostmem_pages *pages, uint32_t nr,
				 struct hostmem_page_request *request)
{
	uint32_t *slot = slot_of(pages, nr), page;

	hostmem_lock(&pages->lock);
	page = *slot;
	if (page && pages->record[page].pages == nr) {
		*slot = 0;
		pages->slack -= nr;
	} else {
		page = get_run(pages, nr, false, request);
		if (!page)
			goto unlock;
		pages->record[page].pages = nr;
	}
	hostmem_pages_mark(pages, page, HOSTMEM_PAGE_BLOCK);
unlock:
	hostmem_unlock(&pages->lock);
	return page;
}

/* Of those that come back the last one is kept, if that isn't much. */
static void put_block(struct hostmem_pages *pages, uint32_t page)
{
	uint32_t nr = pages->record[page].pages;
	uint32_t *slot = slot_of(pages, nr);

	if (nr > pages->slack_most / 4 || pages->slack + nr > pages->slack_most ||
	    hostmem_slack_is_wanted()) {
		hostmem_pages_mark(pages, page, HOSTMEM_PAGE_NONE);
		put_run(pages, page, nr);
		return;
	}
	let_go(pages, slot);
	*slot = page;
	pages->slack += nr;
	hostmem_pages_mark(pages, page, HOSTMEM_PAGE_KEPT);
}

bool hostmem_pages_put_block(struct hostmem_pages *pages, uint32_t page)
{
	bool is_block;

	hostmem_lock(&pages->lock);
	is_block = hostmem_pages_what(pages, page) == HOSTMEM_PAGE_BLOCK;
	if (is_block)
		put_block(pages, page);
	hostmem_unlock(&pages->lock);
	return is_block;
}

void hostmem_pages_trim(struct hostmem_pages *pages)
{
	if (!hostmem_lock_soon(&pages->lock))
		return;
	trim(pages, 0);
	hostmem_unlock(&pages->lock);
}

/*
 * The range
 */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static enum hostmem_error reserve_records(struct hostmem_pages *pages)
{
	size_t parts = pages->nr * (RECORD_BYTES + BITS_BYTES) / PAGE;
	enum hostmem_error error;
	void *records;

	pages->known = calloc((parts + 63) / 64, sizeof(*pages->known));
	if (!pages->known)
		return HOSTMEM_ERR_NO_MEMORY;
	error = hostmem_manager_alloc(pages->manager, NULL, parts * PAGE, MEM_RESERVE,
				      PAGE_READWRITE, eProcessCritical, &records);
	if (error) {
		free(pages->known);
		return error;
	}
	pages->record = records;
	pages->bits = (void *)((char *)records + pages->nr * RECORD_BYTES);
	return HOSTMEM_OK;
}

enum hostmem_error hostmem_pages_init(struct hostmem_pages *pages,
				      struct hostmem_manager *manager, DWORD protect)
{
	enum hostmem_error error;
	size_t size, slack;
	void *base;

	for (size = RANGE_MOST;; size /= 2) {
		error = hostmem_manager_alloc(manager, NULL, size, MEM_RESERVE, protect,
					      eProcessCritical, &base);
		if (error != HOSTMEM_ERR_NO_SPACE || size == RANGE_LEAST)
			break;
	}
	if (error)
		return error;

	slack = manager->limit ? smaller(manager->limit / SLACK_OF_LIMIT, SLACK_MOST) :
				 SLACK_MOST;
	*pages = (struct hostmem_pages){
		.manager = manager,
		.protect = protect,
		.base = base,
		.nr = size / PAGE,
		.slack_most = slack / PAGE,
		.used = 1,
	};
	error = reserve_records(pages);
	if (error)
		hostmem_manager_free(manager, base, 0, MEM_RELEASE);
	return error;
}

void hostmem_pages_release(struct hostmem_pages *pages, bool owner)
{
	if (owner) {
		hostmem_manager_free(pages->manager, pages->record, 0, MEM_RELEASE);
		hostmem_manager_free(pages->manager, pages->base, 0, MEM_RELEASE);
	}
	free(pages->known);
}
