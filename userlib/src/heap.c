// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Heaps: which of their blocks are small, what a pointer is, and what happens when there
 * is no memory.  See heap.h; slabs.h has the small blocks, and pages.h all others.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include <hostmem/memory.h>
#include <hostmem/mscoree.h>

#include "heap.h"
#include "load.h"
#include "manager.h"
#include "pages.h"
#include "slabs.h"
#include "slack.h"

#define PAGE		HOSTMEM_HEAP_PAGE

/* What is seldom done stays out of the way of what is done always. */
#define COLD		__attribute__((noinline, cold))

/**
 * struct hostmem_heap - a heap
 * @slack: its entry in the registry
 * @pages: its range
 * @slabs: its small blocks
 */
struct hostmem_heap {
	struct hostmem_slack slack;
	struct hostmem_pages pages;
	struct hostmem_slabs slabs;
};

/*
 * Getting a block
 */

static void *get_pages(struct hostmem_heap *heap, size_t size,
		       struct hostmem_page_request *request)
{
	size_t nr = (size - 1) / PAGE + 1;
	uint32_t page;

	/* What the range hasn't room for, nobody has to be asked for. */
	if (nr >= heap->pages.nr)
		return NULL;
	page = hostmem_pages_get_block(&heap->pages, (uint32_t)nr, request);
	return page ? heap->pages.base + page * PAGE : NULL;
}

/* Gets a block as far as that goes without waiting.  NULL: it doesn't. */
static void *try_alloc(struct hostmem_heap *heap, size_t size,
		       struct hostmem_shard *locked, struct hostmem_page_request *request)
{
	return size <= HOSTMEM_SLAB_MOST ?
	       hostmem_slabs_get(&heap->slabs, size, locked, request) :
	       get_pages(heap, size, request);
}

/* Waits until the request could be made, unless others are faster. */
static enum hostmem_error wait_for_room(struct hostmem_heap *heap,
					const struct hostmem_page_request *request,
					uint64_t deadline)
{
	enum hostmem_error error;
	void *mem;

	error = hostmem_manager_alloc_until(heap->pages.manager, NULL, request->lacking,
					    MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS,
					    request->level, deadline, &mem);
	if (error)
		return error;
	return hostmem_manager_free(heap->pages.manager, mem, 0, MEM_RELEASE);
}

/* Without the slack of all heaps; and their free runs are joined. */
static void *alloc_without_slack(struct hostmem_heap *heap, size_t size,
				 struct hostmem_page_request *request)
{
	void *mem;

	hostmem_slack_want();
	mem = try_alloc(heap, size, NULL, request);
	hostmem_slack_unwant();
	return mem;
}

/* The first attempt has failed. */
static enum hostmem_error alloc_after_all(struct hostmem_heap *heap, size_t size,
					  struct hostmem_page_request *request, void **out)
{
	uint64_t deadline = hostmem_manager_deadline(heap->pages.manager);
	const DWORD level = request->level;
	enum hostmem_error error = request->error;
	int saved = errno;

	/* Without a failed commit it is the range that has no room. */
	if (!error && size / PAGE >= heap->pages.nr)
		return HOSTMEM_ERR_NO_SPACE;
	while (!error || error == HOSTMEM_ERR_NO_MEMORY) {
		*request = (struct hostmem_page_request){ .level = level };
		*out = alloc_without_slack(heap, size, request);
		error = request->error;
		if (*out || !error) {
			error = *out ? HOSTMEM_OK : HOSTMEM_ERR_NO_SPACE;
			break;
		}
		if (error != HOSTMEM_ERR_NO_MEMORY || hostmem_deadline_has_passed(deadline))
			break;
		error = wait_for_room(heap, request, deadline);
		if (error)
			break;
	}
	errno = saved;
	return error;
}

/* @locked: a shard whose lock is left, or NULL */
static COLD enum hostmem_error alloc_slowly(struct hostmem_heap *heap, size_t size,
					    DWORD level, void **out,
					    struct hostmem_shard *locked)
{
	struct hostmem_page_request request = { .level = level };

	*out = try_alloc(heap, size, locked, &request);
	return *out ? HOSTMEM_OK : alloc_after_all(heap, size, &request, out);
}

/* It takes a call to find out whether the heap may be used, or an argument is odd. */
static COLD enum hostmem_error alloc_oddly(struct hostmem_heap *heap, size_t size,
					   DWORD level, void **out)
{
	enum hostmem_error error = hostmem_load_check_owner(heap->pages.manager);

	if (error)
		return error;
	if (!out)
		return HOSTMEM_ERR_NULL;
	if (level > eProcessCritical)
		return HOSTMEM_ERR_ARGUMENT;
	return alloc_slowly(heap, size ? size : 1, level, out, NULL);
}

/*
 * Nothing is needed after a call in here, nor in hostmem_heap_free(): so nothing has to
 * be saved before.
 */
enum hostmem_error hostmem_heap_alloc(struct hostmem_heap *heap, SIZE_T size,
				      DWORD level, void **out)
{
	struct hostmem_slab_list *list;
	struct hostmem_shard *shard;
	unsigned int class;

	if (!hostmem_load_is_owner(heap->pages.manager) || !out || level > eProcessCritical ||
	    !size)
		return alloc_oddly(heap, size, level, out);
	if (size > HOSTMEM_SLAB_MOST)
		return alloc_slowly(heap, size, level, out, NULL);

	shard = hostmem_slabs_favourite(&heap->slabs);
	if (!hostmem_lock_try(&shard->lock))
		return alloc_slowly(heap, size, level, out, NULL);
	class = hostmem_slab_class_of(size);
	list = &shard->lists[class];
	if (!list->current)
		return alloc_slowly(heap, size, level, out, shard);
	*out = hostmem_slab_take(&heap->pages, list, class);
	hostmem_unlock(&shard->lock);
	return HOSTMEM_OK;
}

/*
 * Giving it back
 */

static COLD enum hostmem_error free_pages(struct hostmem_heap *heap, size_t offset)
{
	size_t page = offset / PAGE;

	if (offset % PAGE || hostmem_pages_what(&heap->pages, page) != HOSTMEM_PAGE_BLOCK ||
	    !hostmem_pages_put_block(&heap->pages, (uint32_t)page))
		return HOSTMEM_ERR_FOREIGN;
	return HOSTMEM_OK;
}

/* It lies in a slab, if that is still so.  @locked: its shard, whose lock is left */
static inline __attribute__((always_inline)) enum hostmem_error
free_small(struct hostmem_heap *heap, size_t offset, uint32_t what,
	   struct hostmem_shard *locked)
{
	uint32_t page;

	switch (hostmem_slab_return(&heap->slabs, offset, what, &page)) {
	case HOSTMEM_SLAB_NONE:
		hostmem_unlock(&locked->lock);
		return HOSTMEM_ERR_FOREIGN;
	case HOSTMEM_SLAB_SETTLE:
		hostmem_slabs_settle(&heap->slabs, page, what);
		return HOSTMEM_OK;
	case HOSTMEM_SLAB_PUT:
		break;
	}
	hostmem_unlock(&locked->lock);
	return HOSTMEM_OK;
}

/* The page is known.  @locked: a shard whose lock is left, or NULL */
static COLD enum hostmem_error free_slowly(struct hostmem_heap *heap, size_t offset,
					   struct hostmem_shard *locked)
{
	size_t page = offset / PAGE;
	uint32_t what;

	for (;;) {
		if (locked)
			hostmem_unlock(&locked->lock);
		what = hostmem_pages_what(&heap->pages, page);
		if ((what & HOSTMEM_PAGE_KIND) != HOSTMEM_PAGE_SLAB)
			return free_pages(heap, offset);
		locked = hostmem_slabs_shard(&heap->slabs, what);
		hostmem_lock(&locked->lock);
		if (hostmem_pages_what(&heap->pages, page) == what)
			return free_small(heap, offset, what, locked);
	}
}

/* It takes a call to find out whether the heap may be used. */
static COLD enum hostmem_error free_oddly(struct hostmem_heap *heap, void *mem)
{
	size_t offset = (uintptr_t)mem - (uintptr_t)heap->pages.base;
	enum hostmem_error error = hostmem_load_check_owner(heap->pages.manager);

	if (error || !mem)					/* H26 */
		return error;
	if (offset / PAGE >= heap->pages.nr ||
	    !hostmem_pages_knows(&heap->pages, offset / PAGE))
		return HOSTMEM_ERR_FOREIGN;
	return free_slowly(heap, offset, NULL);
}

enum hostmem_error hostmem_heap_free(struct hostmem_heap *heap, void *mem)
{
	size_t offset = (uintptr_t)mem - (uintptr_t)heap->pages.base, page = offset / PAGE;
	struct hostmem_shard *shard;
	uint32_t what;

	if (!hostmem_load_is_owner(heap->pages.manager))
		return free_oddly(heap, mem);
	if (page >= heap->pages.nr || !hostmem_pages_knows(&heap->pages, page))
		return mem ? HOSTMEM_ERR_FOREIGN : HOSTMEM_OK;		/* H26 */

	what = hostmem_pages_what(&heap->pages, page);
	if ((what & HOSTMEM_PAGE_KIND) != HOSTMEM_PAGE_SLAB)
		return free_pages(heap, offset);
	shard = hostmem_slabs_shard(&heap->slabs, what);
	if (!hostmem_lock_try(&shard->lock))
		return free_slowly(heap, offset, NULL);
	if (hostmem_pages_what(&heap->pages, page) != what)
		return free_slowly(heap, offset, shard);
	return free_small(heap, offset, what, shard);
}

/*
 * Heaps
 */

static void give_back(struct hostmem_slack *slack)
{
	struct hostmem_heap *heap = (void *)slack;	/* its first member */

	hostmem_slabs_trim(&heap->slabs);
	hostmem_pages_trim(&heap->pages);
}

static enum hostmem_error init(struct hostmem_heap *heap,
			       struct hostmem_manager *manager, bool executable)
{
	enum hostmem_error error;

	error = hostmem_pages_init(&heap->pages, manager, executable ?
				   PAGE_EXECUTE_READWRITE : PAGE_READWRITE);
	if (error)
		return error;
	hostmem_slabs_init(&heap->slabs, &heap->pages);
	heap->slack.give_back = give_back;
	if (hostmem_slack_add(&heap->slack))
		return HOSTMEM_OK;
	hostmem_pages_release(&heap->pages, true);
	return HOSTMEM_ERR_NO_MEMORY;
}

enum hostmem_error hostmem_heap_create(struct hostmem_manager *manager,
				       bool executable,
				       struct hostmem_heap **out)
{
	struct hostmem_heap *heap;
	enum hostmem_error error;
	int saved = errno;

	heap = aligned_alloc(HOSTMEM_SHARD_ALIGN, sizeof(*heap));
	if (heap)
		*heap = (struct hostmem_heap){ .slabs.nr = 0 };
	error = heap ? init(heap, manager, executable) : HOSTMEM_ERR_NO_MEMORY;
	if (error)
		free(heap);
	else
		*out = heap;
	errno = saved;
	return error;
}

void hostmem_heap_destroy(struct hostmem_heap *heap)
{
	bool owner = hostmem_load_check_owner(heap->pages.manager) != HOSTMEM_ERR_NOT_OWNER;
	int saved = errno;

	/* In a child made by fork() it isn't registered, and the range isn't there. */
	if (owner)
		hostmem_slack_remove(&heap->slack);
	hostmem_pages_release(&heap->pages, owner);
	free(heap);
	errno = saved;
}
