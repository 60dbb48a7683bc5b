/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The pages of a heap: a range of address space that is dealt out in runs of pages,
 * which are committed when they are got.  Runs that come back are slack up to a limit,
 * committed still; what is more, and large, is decommitted.
 *
 * Of each page there is a record, and the records are in memory of the manager, too:
 * committed for those parts of the range in which runs begin or end, and for good.
 * They say what begins at an address, so that any pointer may be asked about.
 *
 * Waits for no memory, since it works with a lock held: what an allocation lacks is
 * noted in its request, for heap.c to wait and to begin again.
 *
 * Called by slabs.c and heap.c.
 */
#ifndef HOSTMEM_PAGES_H
#define HOSTMEM_PAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hostmem/types.h>

#include "errors.h"
#include "lock.h"
#include "slack.h"

#define HOSTMEM_HEAP_PAGE	((size_t)4096)

struct hostmem_manager;

/**
 * struct hostmem_page_request - the allocation that needs pages
 * @level: EMemoryCriticalLevel
 * @error: why the first commit that failed did so; HOSTMEM_OK if none has
 * @lacking: bytes that it has committed in vain, and those that the next wanted
 */
struct hostmem_page_request {
	DWORD level;
	enum hostmem_error error;
	size_t lacking;
};

/* What a page is, in the lowest bits of its record's @what. */
enum hostmem_page_kind {
	HOSTMEM_PAGE_NONE,	/* within a run, or where none has been */
	HOSTMEM_PAGE_SLAB,	/* of a slab, see slabs.c */
	HOSTMEM_PAGE_BLOCK,	/* first one of a block of whole pages */
	HOSTMEM_PAGE_KEPT,	/* the same, as slack: for the next block of that size */
	HOSTMEM_PAGE_SLACK,	/* first or last one of a free run that is committed */
	HOSTMEM_PAGE_FREE,	/* first or last one of a free run that isn't */
};

#define HOSTMEM_PAGE_KIND	0xfu

/**
 * struct hostmem_page - the record of a page
 * @what: kind, and what slabs.c adds; read without a lock to find out what a pointer is.
 *	Written with the heap's lock, or the slab's if it is of one.
 * @pages: length of the run; of a free one, in its last page's record, too
 * @next: first page of the next run in a list; 0: none
 * @prev: of the one before
 * @free: blocks of the slab that are free
 * @word: of its bits, the one to look at first
 * @spare: for a length that is a power of two
 *
 * All but @what of the run's first page only, and by whoever has the lock of its list.
 */
struct hostmem_page {
	_Atomic uint32_t what;
	uint32_t pages;
	uint32_t next;
	uint32_t prev;
	uint32_t free;
	uint32_t word;
	uint64_t spare;
};

/* Blocks that a slab can have, and words with a bit for each. */
#define HOSTMEM_SLAB_BLOCKS	256u
#define HOSTMEM_SLAB_WORDS	(HOSTMEM_SLAB_BLOCKS / 64)

#define HOSTMEM_RUN_LISTS	96u
#define HOSTMEM_KEPT		32u

/**
 * struct hostmem_runs - free runs by length
 * @first: first page of the first run in each list
 * @lists: a bit for each list that has one
 */
struct hostmem_runs {
	uint32_t first[HOSTMEM_RUN_LISTS];
	uint64_t lists[(HOSTMEM_RUN_LISTS + 63) / 64];
};

/**
 * struct hostmem_pages - a heap's range
 * @manager: where memory comes from; invariant
 * @protect: PAGE_* of the memory; invariant
 * @base: first byte; invariant.  The first page is never used, so that 0 is none.
 * @nr: pages, a power of two; invariant
 * @slack_most: pages of slack that may be kept; invariant
 * @record: of each page; invariant
 * @bits: of each page that a slab begins at: which blocks are free; invariant
 * @known: a bit for each page that @record and @bits take: is it committed?
 *	Written with @lock, read without.
 * @lock: guards what follows, and all lists of free runs
 * @used: pages from @base on that have been got at some time
 * @slack: pages of slack
 * @runs: free runs that are committed
 * @clean: free runs that aren't
 * @kept: blocks of HOSTMEM_PAGE_KEPT, by length
 */
struct hostmem_pages {
	struct hostmem_manager *manager;
	DWORD protect;
	char *base;
	size_t nr;
	size_t slack_most;
	struct hostmem_page *record;
	uint64_t (*bits)[HOSTMEM_SLAB_WORDS];
	_Atomic uint64_t *known;
	struct hostmem_lock lock;
	size_t used;
	size_t slack;
	struct hostmem_runs runs;
	struct hostmem_runs clean;
	uint32_t kept[HOSTMEM_KEPT];
};

/**
 * hostmem_pages_init() - reserve a range
 * @pages: to be initialised
 * @manager: where it comes from
 * @protect: PAGE_* of its memory
 *
 * It is as large as there is room for, up to 64 GiB.
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_NO_MEMORY, or what the manager says
 */
enum hostmem_error hostmem_pages_init(struct hostmem_pages *pages,
				      struct hostmem_manager *manager, DWORD protect);

/**
 * hostmem_pages_release() - give back the range with all memory in it
 * @pages: not used any more
 * @owner: false in a child made by fork(), where there is only memory of the process
 */
void hostmem_pages_release(struct hostmem_pages *pages, bool owner);

/* Is there a record of the page?  If not, nothing has ever begun there. */
static inline bool hostmem_pages_knows(const struct hostmem_pages *pages, size_t page)
{
	size_t part = page * sizeof(*pages->record) / HOSTMEM_HEAP_PAGE;

	return atomic_load_explicit(&pages->known[part / 64], memory_order_acquire) >>
	       part % 64 & 1;
}

static inline uint32_t hostmem_pages_what(const struct hostmem_pages *pages, size_t page)
{
	return atomic_load_explicit(&pages->record[page].what, memory_order_acquire);
}

static inline void hostmem_pages_mark(struct hostmem_pages *pages, size_t page,
				      uint32_t what)
{
	atomic_store_explicit(&pages->record[page].what, what, memory_order_release);
}

/**
 * hostmem_pages_get_slab() - get a run for a slab
 * @pages: any
 * @nr: pages, at most 8
 * @request: the level counts; receives what has gone wrong
 *
 * The caller marks its pages.  There are records of all of them, and room for bits.
 *
 * Return: the first page, or 0
 */
uint32_t hostmem_pages_get_slab(struct hostmem_pages *pages, uint32_t nr,
				struct hostmem_page_request *request);

/**
 * hostmem_pages_put_slab() - give it back
 * @pages: any
 * @page: the first page
 * @nr: as it was got
 * @soon: don't wait for a stopped thread that has the lock
 *
 * Return: false if that is so, and nothing has happened
 */
bool hostmem_pages_put_slab(struct hostmem_pages *pages, uint32_t page, uint32_t nr,
			    bool soon);

/**
 * hostmem_pages_get_block() - get a block of whole pages
 * @pages: any
 * @nr: pages, less than those of the range
 * @request: the level counts; receives what has gone wrong
 *
 * Return: the first page, or 0
 */
uint32_t hostmem_pages_get_block(struct hostmem_pages *pages, uint32_t nr,
				 struct hostmem_page_request *request);

/**
 * hostmem_pages_put_block() - give it back
 * @pages: any
 * @page: any page of which there is a record
 *
 * Return: false, and nothing has happened, if no block begins there
 */
bool hostmem_pages_put_block(struct hostmem_pages *pages, uint32_t page);

/**
 * hostmem_pages_trim() - decommit all slack
 * @pages: any
 *
 * Doesn't if a stopped thread has the lock.
 */
void hostmem_pages_trim(struct hostmem_pages *pages);

#endif /* HOSTMEM_PAGES_H */
