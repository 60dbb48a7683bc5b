/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The small blocks of a heap, in slabs: runs of up to 8 pages with blocks of one size,
 * and a bit for each block that says whether it is free.  So a pointer is a block in use,
 * or it isn't, and there is nothing else to look at.
 *
 * Slabs belong to shards, of which a thread has a favourite, and takes another one if
 * that is busy; nothing here is a thread's own.  Who frees a block goes to the shard that
 * it is from.
 *
 * Called by heap.c.
 */
#ifndef HOSTMEM_SLABS_H
#define HOSTMEM_SLABS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lock.h"
#include "pages.h"

#define HOSTMEM_SLAB_ALIGN	((size_t)16)	/* of blocks, and the smallest one */
#define HOSTMEM_SLAB_MOST	((size_t)8192)	/* the largest */
#define HOSTMEM_SLAB_CLASSES	32u
#define HOSTMEM_SHARDS_MOST	16u
#define HOSTMEM_SHARD_ALIGN	64	/* a line of a processor's cache */

/*
 * In the record of a page of a slab, @what has its kind, and from these bits on the number
 * of the page in the slab, the slab's class, and its shard.
 */
#define HOSTMEM_SLAB_PAGE	4
#define HOSTMEM_SLAB_CLASS	8
#define HOSTMEM_SLAB_SHARD	16

/**
 * struct hostmem_slab_class - slabs of one size
 * @size: bytes of a block
 * @inverse: 2^32 / @size and a little, as offsets in a slab are small
 * @blocks: in a slab
 * @pages: of a slab
 */
struct hostmem_slab_class {
	uint32_t size;
	uint32_t inverse;
	uint32_t blocks;
	uint32_t pages;
};

/* From 128 on four between a power of two and the next. */
extern const struct hostmem_slab_class hostmem_slab_classes[HOSTMEM_SLAB_CLASSES];

/**
 * struct hostmem_slab_list - slabs of one size that have free blocks
 * @current: blocks are taken from it, and it may be all free; 0: none
 * @partial: others, of which some blocks are in use
 */
struct hostmem_slab_list {
	uint32_t current;
	uint32_t partial;
};

/**
 * struct hostmem_shard - slabs with one lock
 * @lock: guards @lists and the slabs: their records but @what, and their bits
 * @lists: by class of size
 */
struct hostmem_shard {
	struct hostmem_lock lock;
	struct hostmem_slab_list lists[HOSTMEM_SLAB_CLASSES];
} __attribute__((aligned(HOSTMEM_SHARD_ALIGN)));

/**
 * struct hostmem_slabs - all slabs of a heap
 * @pages: where they are got; the heap's
 * @keeps: a slab per list may stay when it is empty; invariant
 * @nr: shards, a power of two, and at least 2; invariant
 * @shift: leaves as many bits of 64 as number them; invariant
 * @shards: each has its lock
 */
struct hostmem_slabs {
	struct hostmem_pages *pages;
	bool keeps;
	unsigned int nr;
	unsigned int shift;
	struct hostmem_shard shards[HOSTMEM_SHARDS_MOST];
};

/**
 * hostmem_slabs_init() - begin without slabs
 * @slabs: to be initialised
 * @pages: where they will be
 */
void hostmem_slabs_init(struct hostmem_slabs *slabs, struct hostmem_pages *pages);

/**
 * hostmem_slabs_get() - get a block
 * @slabs: any
 * @size: bytes, 1 to HOSTMEM_SLAB_MOST
 * @shard: whose lock the caller has, which is left; or NULL
 * @request: the level counts; receives what has gone wrong
 *
 * Return: the block, or NULL
 */
void *hostmem_slabs_get(struct hostmem_slabs *slabs, size_t size,
			struct hostmem_shard *shard,
			struct hostmem_page_request *request);

/**
 * hostmem_slabs_settle() - see to a slab that was full, or is empty now
 * @slabs: any
 * @page: its first one
 * @what: that page
 *
 * With the shard's lock, which it leaves.
 */
void hostmem_slabs_settle(struct hostmem_slabs *slabs, uint32_t page, uint32_t what);

/**
 * hostmem_slabs_trim() - give the pages of all empty slabs back to the heap's
 * @slabs: any
 *
 * Leaves out shards whose locks stopped threads have.
 */
void hostmem_slabs_trim(struct hostmem_slabs *slabs);

/*
 * What most calls come to, without a call
 */

static inline unsigned int hostmem_slab_class_of(size_t size)
{
	unsigned int last = (unsigned int)size - 1, power;

	if (size <= 128)
		return last / 16;
	power = 31 - (unsigned int)__builtin_clz(last);
	return 8 + (power - 7) * 4 + (last >> (power - 2) & 3);
}

/* A number that threads differ in. */
static inline uint64_t hostmem_slabs_thread(void)
{
#if __has_builtin(__builtin_thread_pointer)
	const void *thread = __builtin_thread_pointer();

	return (uintptr_t)thread;
#else
	return (uint64_t)pthread_self();
#endif
}

/* Stacks that lie beside each other give different ones. */
static inline struct hostmem_shard *hostmem_slabs_favourite(struct hostmem_slabs *slabs)
{
	return &slabs->shards[(hostmem_slabs_thread() >> 6) * 0x9e3779b97f4a7c15 >>
			      slabs->shift];
}

static inline struct hostmem_shard *hostmem_slabs_shard(struct hostmem_slabs *slabs,
							uint32_t what)
{
	return &slabs->shards[what >> HOSTMEM_SLAB_SHARD];
}

/* A block of a slab that is current; with the shard's lock. */
static inline void *hostmem_slab_take(struct hostmem_pages *pages,
				      struct hostmem_slab_list *list, unsigned int class)
{
	uint32_t page = list->current;
	struct hostmem_page *record = &pages->record[page];
	uint64_t *bits = pages->bits[page];
	uint32_t word = record->word, block;

	while (!bits[word])
		word = (word + 1) % HOSTMEM_SLAB_WORDS;
	block = word * 64 + (uint32_t)__builtin_ctzll(bits[word]);
	bits[word] &= bits[word] - 1;
	record->word = word;
	if (!--record->free)
		list->current = 0;
	return pages->base + page * HOSTMEM_HEAP_PAGE +
	       block * hostmem_slab_classes[class].size;
}

/**
 * enum hostmem_slab_answer - what has become of a block
 * @HOSTMEM_SLAB_PUT: it is free
 * @HOSTMEM_SLAB_SETTLE: and so hostmem_slabs_settle() has to be called
 * @HOSTMEM_SLAB_NONE: it was no block in use
 */
enum hostmem_slab_answer {
	HOSTMEM_SLAB_PUT,
	HOSTMEM_SLAB_SETTLE,
	HOSTMEM_SLAB_NONE,
};

/**
 * hostmem_slab_return() - give back a block
 * @slabs: any
 * @offset: where it would be in the range
 * @what: its page is, of kind HOSTMEM_PAGE_SLAB
 * @page: receives the slab's first one
 *
 * With the lock of its shard.
 */
static inline enum hostmem_slab_answer hostmem_slab_return(struct hostmem_slabs *slabs,
							   size_t offset, uint32_t what,
							   uint32_t *page)
{
	struct hostmem_pages *pages = slabs->pages;
	unsigned int class = what >> HOSTMEM_SLAB_CLASS & 0xff;
	const struct hostmem_slab_class *is = &hostmem_slab_classes[class];
	uint32_t first = (uint32_t)(offset / HOSTMEM_HEAP_PAGE) -
			 (what >> HOSTMEM_SLAB_PAGE & 0xf);
	uint32_t distance = (uint32_t)(offset - first * HOSTMEM_HEAP_PAGE);
	uint32_t block = (uint32_t)((uint64_t)distance * is->inverse >> 32);
	uint64_t *bits = &pages->bits[first][block / 64], old = *bits;
	struct hostmem_page *record = &pages->record[first];

	if (block * is->size != distance || block >= is->blocks || old >> block % 64 & 1)
		return HOSTMEM_SLAB_NONE;
	*page = first;
	*bits = old | (uint64_t)1 << block % 64;
	record->word = block / 64;
	record->free++;
	/* It was full; or it is empty, and not the one that may stay so. */
	if (record->free == 1)
		return HOSTMEM_SLAB_SETTLE;
	if (record->free < is->blocks)
		return HOSTMEM_SLAB_PUT;
	return hostmem_slabs_shard(slabs, what)->lists[class].current == first &&
	       slabs->keeps && !hostmem_slack_is_wanted() ?
	       HOSTMEM_SLAB_PUT : HOSTMEM_SLAB_SETTLE;
}

#endif /* HOSTMEM_SLABS_H */
