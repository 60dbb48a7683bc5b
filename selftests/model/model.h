/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reference model: what the contract of Windows' virtual memory functions
 * says about each page of one thread's regions, in plain arrays.  It is meant to
 * be obviously right, not fast, and shares nothing with the module but the
 * numbers of the library's public headers.
 *
 * For each call there is a function that tells which results the contract
 * allows, and one that does to the model what the call has done if it succeeded.
 * No system calls, no locks: each thread has a model of its own.  model.c has
 * the calls, model_pages.c what pages hold and how they are accessed.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hostmem/memory.h>

#define PAGE		((uintptr_t)4096)
#define GRANULE		((uintptr_t)65536)
#define MIB		((uintptr_t)1 << 20)

/* Of the addresses that are given to who asks for none. */
#ifdef __aarch64__
#define SPACE_BITS	48
#else
#define SPACE_BITS	47
#endif

/* No address space has a hole of this size: a program and a stack are in it. */
#define NO_HOLE		(((size_t)1 << SPACE_BITS) - MIB)

/* Larger regions the model doesn't make. */
#define MODEL_MAX_SIZE	(8 * MIB)

/* How a call may end; results.c has the codes.  Sets of them are bit masks. */
enum result {
	RESULT_OK,
	RESULT_ARGUMENT,	/* bad by itself */
	RESULT_ADDRESS,		/* in use, not in one region, not committed, no base */
	RESULT_NOT_OURS,	/* free of memory that is in no region */
	RESULT_COMMIT_LIMIT,
	RESULT_NO_SPACE,
	RESULT_NULL,		/* an out pointer is NULL */
	RESULT_UNWRITABLE,	/* an out pointer can't be written */
	RESULT_LENGTH,		/* a buffer is too short */
	NR_RESULTS
};

typedef unsigned int results_t;

#define ONLY(result)	(1u << (result))
/* Where the model doesn't know, or goes no further: the call must not be made. */
#define CANT_TELL	0u

/* Whether a page has been written since its watch was reset. */
enum written {
	WRITTEN_NO,
	WRITTEN_YES,
	WRITTEN_UNSURE,		/* a write failed half way */
};

/* What the model knows about the contents of a page (rules R1-R14). */
enum contents {
	CONTENTS_SURE,		/* nothing has gone since the last reset */
	CONTENTS_MAY_GO,	/* reset: what bytes says, or zeros */
	CONTENTS_MAY_HAVE_GONE,	/* the same, and reset again: maybe of zeros */
	CONTENTS_GONE,		/* they have gone since; bytes is what is there now */
	CONTENTS_UNSURE,	/* bytes is right, but they may have gone since */
};

/**
 * struct page - one page of a region
 * @committed: or else reserved, and the other members mean nothing
 * @guard: not touched yet
 * @protect: PAGE_NOACCESS ... PAGE_EXECUTE_READWRITE, without a modifier
 * @written: for the write watch
 * @contents: how far @bytes can be relied on
 * @bytes: PAGE bytes; NULL is all zeros
 */
struct page {
	bool committed;
	bool guard;
	DWORD protect;
	enum written written;
	enum contents contents;
	unsigned char *bytes;
};

/* May the page hold zeros instead of @bytes? */
static inline bool may_go(const struct page *page)
{
	return page->contents == CONTENTS_MAY_GO ||
	       page->contents == CONTENTS_MAY_HAVE_GONE;
}

struct region {
	struct region *next;
	uintptr_t base;
	size_t pages;
	DWORD protect;
	bool watched;
	struct page page[];
};

struct range {
	uintptr_t start;
	uintptr_t end;
};

/**
 * struct model - what one thread has
 * @regions: in no order
 * @nr_regions: how many
 * @reserved: pages in them
 * @committed: committed pages in them
 * @limit: pages that all together may commit
 * @reserve_pct: percent of @limit kept back for critical commits
 * @others_min: pages that others have committed, at least; negative if the
 *	module has gone wrong before
 * @others_max: and at most
 * @cap: pages that this model commits at most
 * @user_end: first address that is no address of user space
 * @quiet: where nothing is mapped but regions of this model
 */
struct model {
	struct region *regions;
	size_t nr_regions;
	size_t reserved;
	size_t committed;
	size_t limit;
	unsigned int reserve_pct;
	int64_t others_min;
	int64_t others_max;
	size_t cap;
	uintptr_t user_end;
	struct range quiet[3];
};

static inline uintptr_t page_down(uintptr_t addr)
{
	return addr & ~(PAGE - 1);
}

static inline uintptr_t granule_down(uintptr_t addr)
{
	return addr & ~(GRANULE - 1);
}

/** model_find - the region that an address lies in, or NULL */
struct region *model_find(const struct model *m, uintptr_t addr);

/** model_page - the page of a region that an address lies in, or NULL */
struct page *model_page(const struct model *m, uintptr_t addr);

/** model_knows - is all of a range in regions or known to be free? */
bool model_knows(const struct model *m, uintptr_t start, uintptr_t end);

/** model_range - round bytes to pages; false if they are no range (A9-A11) */
bool model_range(const struct model *m, uintptr_t addr, size_t size,
		 struct range *range);

/** model_protection_is_valid - rules P1-P6 */
bool model_protection_is_valid(DWORD protect);

/** model_reported - the protection that queries tell of a committed page */
DWORD model_reported(const struct region *region, const struct page *page);

/**
 * model_limit - pages of the limit that a critical level may use
 *
 * A task leaves the whole reserve alone, an application domain half of it.
 */
size_t model_limit(const struct model *m, DWORD level);

/* VirtualAlloc: @base is what it has returned. */
results_t model_may_alloc(const struct model *m, uintptr_t addr, size_t size,
			  DWORD type, DWORD protect, DWORD level);
void model_alloc(struct model *m, uintptr_t addr, size_t size, DWORD type,
		 DWORD protect, uintptr_t base);

/** model_base - what an allocation that succeeds returns; 0: any free place */
uintptr_t model_base(uintptr_t addr, DWORD type);

/** model_fits - may a new region of @size bytes be at @base? */
bool model_fits(const struct model *m, uintptr_t base, size_t size);

results_t model_may_free(const struct model *m, uintptr_t addr, size_t size,
			 DWORD type);
void model_free(struct model *m, uintptr_t addr, size_t size, DWORD type);

results_t model_may_protect(const struct model *m, uintptr_t addr, size_t size,
			    DWORD protect);
void model_protect(struct model *m, uintptr_t addr, size_t size, DWORD protect,
		   DWORD *old);

/**
 * model_query - what a query of an address tells
 * @m: the model
 * @addr: address of user space
 * @info: filled as far as the model knows
 * @at_least: RegionSize may be larger than it says
 *
 * Return: false if the model doesn't know what is there.
 */
bool model_query(const struct model *m, uintptr_t addr,
		 MEMORY_BASIC_INFORMATION *info, bool *at_least);

/* GetWriteWatch and ResetWriteWatch; pages are given by the caller. */
results_t model_may_watch(const struct model *m, uintptr_t addr, size_t size);
void model_reset_watch(struct model *m, uintptr_t addr, size_t size);

/**
 * model_watched - check what GetWriteWatch has reported
 * @m: the model
 * @addr: first byte of the range
 * @size: bytes, not 0
 * @reset: the reported pages have become clean
 * @pages: what it reported
 * @count: how many
 * @room: how many it could have reported
 *
 * Return: 0 or the address of the first page that is wrong.
 */
uintptr_t model_watched(struct model *m, uintptr_t addr, size_t size, bool reset,
			void *const *pages, size_t count, size_t room);

/* How an access of one page ends: of a thread, or in a system call. */
enum access {
	ACCESS_OK,
	ACCESS_VIOLATION,	/* SIGSEGV or EFAULT */
	ACCESS_GUARD,		/* SIGBUS or EFAULT, and the guard is gone */
};

/** model_may_access - how an access of a byte ends; changes nothing */
enum access model_may_access(const struct model *m, uintptr_t addr, bool write);

/** model_may_execute - how it ends when an instruction is fetched from there */
enum access model_may_execute(const struct model *m, uintptr_t addr);

/** model_access - an access of a byte is made: guards are used up */
enum access model_access(struct model *m, uintptr_t addr, bool write);

/** model_is_zero - are bytes of one page zero for certain, if they can be read? */
bool model_is_zero(const struct model *m, uintptr_t addr, size_t size);

/**
 * model_read - is this what bytes of one page may hold?
 * @m: the model
 * @addr: first byte, in a committed page
 * @data: what was read there
 * @size: bytes, not beyond the page
 */
bool model_read(const struct model *m, uintptr_t addr, const void *data,
		size_t size);

/** model_see - the same for a whole page, and learn whether it has gone */
bool model_see(struct model *m, uintptr_t addr, const void *seen);

/**
 * model_write - bytes of one page have been written
 * @m: the model
 * @addr: first byte, in a committed page
 * @data: what was written there; each byte differs from zero and from before
 * @size: bytes, not beyond the page
 * @whole: all of them, or else the write failed later and some may be missing
 * @seen: the whole page as it is now
 *
 * Return: false if @seen is not what such a write may leave.
 */
bool model_write(struct model *m, uintptr_t addr, const void *data, size_t size,
		 bool whole, const void *seen);

/** model_touch_failed - a write may or may not have marked a page as written */
void model_touch_failed(struct model *m, uintptr_t addr);

#endif /* MODEL_H */
