// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Small blocks: slabs that begin and end.  See slabs.h.
 */
#define _GNU_SOURCE
#include <sched.h>

#include "slabs.h"

#define PAGE		HOSTMEM_HEAP_PAGE

/* Heaps that may have less slack than that keep no empty slabs. */
#define KEEPING		((size_t)1 << 20)

#define CLASS(bytes, nr)							\
	{ bytes, (uint32_t)(((uint64_t)1 << 32) / (bytes)) + 1, (nr) * 4096 / (bytes), nr }

const struct hostmem_slab_class hostmem_slab_classes[HOSTMEM_SLAB_CLASSES] = {
	CLASS(16, 1), CLASS(32, 2), CLASS(48, 3), CLASS(64, 4),
	CLASS(80, 4), CLASS(96, 4), CLASS(112, 4), CLASS(128, 4),
	CLASS(160, 4), CLASS(192, 4), CLASS(224, 4), CLASS(256, 4),
	CLASS(320, 5), CLASS(384, 3), CLASS(448, 7), CLASS(512, 4),
	CLASS(640, 5), CLASS(768, 6), CLASS(896, 7), CLASS(1024, 4),
	CLASS(1280, 5), CLASS(1536, 6), CLASS(1792, 7), CLASS(2048, 8),
	CLASS(2560, 5), CLASS(3072, 6), CLASS(3584, 7), CLASS(4096, 8),
	CLASS(5120, 5), CLASS(6144, 6), CLASS(7168, 7), CLASS(8192, 8),
};

static uint32_t what_of(unsigned int shard, unsigned int class)
{
	return HOSTMEM_PAGE_SLAB | class << HOSTMEM_SLAB_CLASS | shard << HOSTMEM_SLAB_SHARD;
}

/*
 * Lists of partial slabs; with the shard's lock
 */

static void add_partial(struct hostmem_pages *pages, struct hostmem_slab_list *list,
			uint32_t page)
{
	struct hostmem_page *record = &pages->record[page];

	record->prev = 0;
	record->next = list->partial;
	if (record->next)
		pages->record[record->next].prev = page;
	list->partial = page;
}

static void remove_partial(struct hostmem_pages *pages, struct hostmem_slab_list *list,
			   uint32_t page)
{
	const struct hostmem_page *record = &pages->record[page];

	if (record->next)
		pages->record[record->next].prev = record->prev;
	if (record->prev)
		pages->record[record->prev].next = record->next;
	else
		list->partial = record->next;
}

/*
 * Getting a block
 */

static uint32_t make_slab(struct hostmem_slabs *slabs, unsigned int shard,
			  unsigned int class, struct hostmem_page_request *request)
{
	const struct hostmem_slab_class *is = &hostmem_slab_classes[class];
	struct hostmem_pages *pages = slabs->pages;
	uint32_t page = hostmem_pages_get_slab(pages, is->pages, request);
	unsigned int i, left = is->blocks;

	if (!page)
		return 0;
	pages->record[page].free = is->blocks;
	pages->record[page].word = 0;
	for (i = 0; i < HOSTMEM_SLAB_WORDS; i++) {
		pages->bits[page][i] = left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
		left -= left >= 64 ? 64 : left;
	}
	for (i = 0; i < is->pages; i++)
		hostmem_pages_mark(pages, page + i,
				   what_of(shard, class) | i << HOSTMEM_SLAB_PAGE);
	return page;
}

/* Finds a slab with free blocks, as the list has no current one. */
static bool find_slab(struct hostmem_slabs *slabs, struct hostmem_shard *shard,
		      unsigned int class, struct hostmem_page_request *request)
{
	struct hostmem_slab_list *list = &shard->lists[class];

	list->current = list->partial;
	if (list->current)
		remove_partial(slabs->pages, list, list->current);
	else
		list->current = make_slab(slabs, (unsigned int)(shard - slabs->shards),
					  class, request);
	return list->current;
}

static struct hostmem_shard *lock_shard(struct hostmem_slabs *slabs)
{
	struct hostmem_shard *favourite = hostmem_slabs_favourite(slabs);
	size_t next = (size_t)(favourite - slabs->shards + 1) & (slabs->nr - 1);

	if (hostmem_lock_try(&favourite->lock))
		return favourite;
	if (hostmem_lock_try(&slabs->shards[next].lock))
		return &slabs->shards[next];
	hostmem_lock(&favourite->lock);
	return favourite;
}

void *hostmem_slabs_get(struct hostmem_slabs *slabs, size_t size,
			struct hostmem_shard *shard, struct hostmem_page_request *request)
{
	unsigned int class = hostmem_slab_class_of(size);
	struct hostmem_slab_list *list;
	void *mem = NULL;

	if (!shard)
		shard = lock_shard(slabs);
	list = &shard->lists[class];
	if (list->current || find_slab(slabs, shard, class, request))
		mem = hostmem_slab_take(slabs->pages, list, class);
	hostmem_unlock(&shard->lock);
	return mem;
}

/*
 * Giving it back
 */

void hostmem_slabs_settle(struct hostmem_slabs *slabs, uint32_t page, uint32_t what)
{
	struct hostmem_shard *shard = hostmem_slabs_shard(slabs, what);
	unsigned int class = what >> HOSTMEM_SLAB_CLASS & 0xff;
	struct hostmem_slab_list *list = &shard->lists[class];
	uint32_t free = slabs->pages->record[page].free;

	if (free == 1) {
		if (list->current)
			add_partial(slabs->pages, list, page);
		else
			list->current = page;
	}
	if (free == hostmem_slab_classes[class].blocks &&
	    !(list->current == page && slabs->keeps && !hostmem_slack_is_wanted())) {
		if (list->current == page)
			list->current = 0;
		else
			remove_partial(slabs->pages, list, page);
		hostmem_pages_put_slab(slabs->pages, page,
				       hostmem_slab_classes[class].pages, false);
	}
	hostmem_unlock(&shard->lock);
}

static void trim_shard(struct hostmem_slabs *slabs, struct hostmem_shard *shard)
{
	unsigned int class;

	for (class = 0; class < HOSTMEM_SLAB_CLASSES; class++) {
		const struct hostmem_slab_class *is = &hostmem_slab_classes[class];
		uint32_t page = shard->lists[class].current;

		if (page && slabs->pages->record[page].free == is->blocks &&
		    hostmem_pages_put_slab(slabs->pages, page, is->pages, true))
			shard->lists[class].current = 0;
	}
}

void hostmem_slabs_trim(struct hostmem_slabs *slabs)
{
	unsigned int i;

	for (i = 0; i < slabs->nr; i++) {
		struct hostmem_shard *shard = &slabs->shards[i];

		if (!hostmem_lock_soon(&shard->lock))
			continue;
		trim_shard(slabs, shard);
		hostmem_unlock(&shard->lock);
	}
}

/* Twice as many shards as processors, so that threads hardly meet. */
void hostmem_slabs_init(struct hostmem_slabs *slabs, struct hostmem_pages *pages)
{
	unsigned int processors = 1;
	cpu_set_t set;

	if (!sched_getaffinity(0, sizeof(set), &set))
		processors = (unsigned int)CPU_COUNT(&set);
	slabs->pages = pages;
	slabs->keeps = pages->slack_most * PAGE >= KEEPING;
	slabs->nr = 2;
	slabs->shift = 63;
	while (slabs->nr < HOSTMEM_SHARDS_MOST && slabs->nr < processors * 2) {
		slabs->nr *= 2;
		slabs->shift--;
	}
}
