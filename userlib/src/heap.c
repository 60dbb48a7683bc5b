// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Heaps: the engine deals out a range of the manager's, and this file remembers where
 * blocks begin, waits for memory, and makes and destroys heaps.  See heap.h.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <hostmem/memory.h>
#include <hostmem/mscoree.h>

#include "engine.h"
#include "extents.h"
#include "heap.h"
#include "load.h"
#include "manager.h"

#define PAGE		((size_t)4096)
#define BLOCK		((size_t)16)	/* all are aligned to it, and none is smaller */

/* What one page of marks covers. */
#define PAGE_COVERS	(PAGE * 8 * BLOCK)

typedef _Atomic uint64_t mark_word;
#define WORD_BITS	64

/**
 * struct hostmem_heap - a heap
 * @extents: the range that blocks are in
 * @arena: the engine's number for it; invariant
 * @active: pages of the range that blocks are in, counted by the engine
 * @wanted: somebody wants memory to be given back ...
 * @giving: ... while somebody does it
 * @marks: a bit for each BLOCK bytes of the range: does a live block begin there?
 *	Reserved, and committed page by page.
 * @marks_committed: a bit for each page of @marks
 */
struct hostmem_heap {
	struct hostmem_extents extents;
	unsigned int arena;
	const size_t *active;
	atomic_bool wanted;
	atomic_bool giving;
	mark_word *marks;
	mark_word *marks_committed;
};

/*
 * Where blocks begin
 */

static mark_word *mark_of(const struct hostmem_heap *heap, const void *mem,
			  uint64_t *bit)
{
	size_t index = (size_t)((const char *)mem - heap->extents.base) / BLOCK;

	*bit = (uint64_t)1 << index % WORD_BITS;
	return &heap->marks[index / WORD_BITS];
}

/* The page of marks for an address, and in @bit whether it is committed. */
static mark_word *mark_page_of(const struct hostmem_heap *heap, const void *mem,
			       uint64_t *bit)
{
	size_t page = (size_t)((const char *)mem - heap->extents.base) / PAGE_COVERS;

	*bit = (uint64_t)1 << page % WORD_BITS;
	return &heap->marks_committed[page / WORD_BITS];
}

static bool set_mark(struct hostmem_heap *heap, const void *mem)
{
	uint64_t page_bit, bit;
	mark_word *page = mark_page_of(heap, mem, &page_bit);
	mark_word *mark = mark_of(heap, mem, &bit);

	if (!(atomic_load(page) & page_bit)) {
		/* Should another thread do it, too, its marks stay (rule C5). */
		if (!hostmem_extents_commit(&heap->extents,
					    (void *)((uintptr_t)mark & -PAGE),
					    PAGE, PAGE_READWRITE))
			return false;
		atomic_fetch_or(page, page_bit);
	}
	atomic_fetch_or(mark, bit);
	return true;
}

/* False if there was none. */
static bool clear_mark(struct hostmem_heap *heap, const void *mem)
{
	uint64_t page_bit, bit;
	mark_word *page = mark_page_of(heap, mem, &page_bit);
	mark_word *mark = mark_of(heap, mem, &bit);

	return atomic_load(page) & page_bit &&
	       atomic_fetch_and(mark, ~bit) & bit;
}

static bool may_be_block(const struct hostmem_heap *heap, const void *mem)
{
	uintptr_t offset = (uintptr_t)mem - (uintptr_t)heap->extents.base;

	return offset < heap->extents.size && !(offset % BLOCK);
}

/*
 * Blocks
 */

/* Has the engine do something to the heap's arena. */
static void control_arena(const struct hostmem_heap *heap, const char *what)
{
	char name[32];

	snprintf(name, sizeof(name), "arena.%u.%s", heap->arena, what);
	hostmem_engine_mallctl(name, NULL, NULL, NULL, 0);
}

static int engine_flags(const struct hostmem_heap *heap)
{
	return ENGINE_ARENA(heap->arena) | ENGINE_NO_CACHE;
}

/*
 * Gives back pages that blocks have left.  The engine does that itself when it frees
 * an extent, but not while another thread is doing it: then the extent stays committed.
 * So whoever has called the engine looks before it leaves whether there is any, and of
 * all that have been in each other's way, the last one to leave finds it.
 *
 * This here is done by one thread at a time.  Others leave a note, which that thread
 * looks for when it has made way.
 */
static void give_back(struct hostmem_heap *heap)
{
	size_t active = __atomic_load_n(heap->active, __ATOMIC_SEQ_CST) * PAGE;

	if (atomic_load(&heap->extents.committed) <= active)
		return;

	atomic_store(&heap->wanted, true);
	while (atomic_load(&heap->wanted) && !atomic_exchange(&heap->giving, true)) {
		atomic_store(&heap->wanted, false);
		control_arena(heap, "purge");
		atomic_store(&heap->giving, false);
	}
}

/* Makes the thread's request as far as it goes without waiting.  NULL: it doesn't. */
static void *try_alloc(struct hostmem_heap *heap, size_t size)
{
	void *mem = hostmem_engine_mallocx(size, engine_flags(heap));

	if (mem && !set_mark(heap, mem)) {
		hostmem_engine_dallocx(mem, engine_flags(heap));
		mem = NULL;
	}
	give_back(heap);
	return mem;
}

/* Waits until the thread's request could be made, unless others are faster. */
static enum hostmem_error wait_for_room(struct hostmem_heap *heap, uint64_t deadline)
{
	size_t length = hostmem_request.taken + hostmem_request.lacking;
	enum hostmem_error error;
	void *mem;

	error = hostmem_manager_alloc_until(heap->extents.manager, NULL, length,
					    MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS,
					    hostmem_request.level, deadline, &mem);
	if (error)
		return error;
	return hostmem_manager_free(heap->extents.manager, mem, 0, MEM_RELEASE);
}

enum hostmem_error hostmem_heap_alloc(struct hostmem_heap *heap, SIZE_T size,
				      DWORD level, void **out)
{
	int saved = errno;
	enum hostmem_error error;
	uint64_t deadline;

	error = hostmem_load_check_owner(heap->extents.manager);
	if (error)
		return error;
	if (!out)
		return HOSTMEM_ERR_NULL;
	if (level > eProcessCritical)
		return HOSTMEM_ERR_ARGUMENT;
	if (size < BLOCK)
		size = BLOCK;

	deadline = hostmem_manager_deadline(heap->extents.manager);
	do {
		hostmem_request = (struct hostmem_request){ .level = level };
		*out = try_alloc(heap, size);
		if (*out)
			break;
		/* Without a failed commit it is the range that has no room. */
		error = hostmem_request.error ? hostmem_request.error : HOSTMEM_ERR_NO_SPACE;
		if (error == HOSTMEM_ERR_NO_MEMORY &&
		    !hostmem_deadline_has_passed(deadline))
			error = wait_for_room(heap, deadline);
	} while (!error);

	errno = saved;
	return error;
}

enum hostmem_error hostmem_heap_free(struct hostmem_heap *heap, void *mem)
{
	int saved = errno;
	enum hostmem_error error;

	error = hostmem_load_check_owner(heap->extents.manager);
	if (error || !mem)					/* H26 */
		return error;
	/* Whoever clears the mark frees the block, once. */
	if (!may_be_block(heap, mem) || !clear_mark(heap, mem))
		return HOSTMEM_ERR_FOREIGN;

	hostmem_engine_dallocx(mem, engine_flags(heap));
	give_back(heap);
	errno = saved;
	return HOSTMEM_OK;
}

/*
 * Heaps
 */

static void destroy_arena(struct hostmem_heap *heap)
{
	heap->extents.ending = true;
	control_arena(heap, "destroy");
}

/* The engine's own records for it don't come from the manager. */
static bool create_arena(struct hostmem_heap *heap)
{
	struct engine_arena arena = { .hooks = &heap->extents.hooks };
	size_t length = sizeof(heap->arena);
	uint64_t epoch = 1;
	char name[48];

	if (hostmem_engine_mallctl("experimental.arenas_create_ext", &heap->arena,
				   &length, &arena, sizeof(arena)))
		return false;

	/* Only then does it find the arena by its number. */
	hostmem_engine_mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
	snprintf(name, sizeof(name), "experimental.arenas.%u.pactivep", heap->arena);
	length = sizeof(heap->active);
	if (!hostmem_engine_mallctl(name, &heap->active, &length, NULL, 0))
		return true;
	destroy_arena(heap);
	return false;
}

static enum hostmem_error create_marks(struct hostmem_heap *heap)
{
	size_t pages = heap->extents.size / PAGE_COVERS;
	enum hostmem_error error;
	void *marks;

	heap->marks_committed = calloc((pages + WORD_BITS - 1) / WORD_BITS,
				       sizeof(mark_word));
	if (!heap->marks_committed)
		return HOSTMEM_ERR_NO_MEMORY;

	error = hostmem_manager_alloc(heap->extents.manager, NULL, pages * PAGE,
				      MEM_RESERVE, PAGE_READWRITE, eProcessCritical,
				      &marks);
	if (error)
		free(heap->marks_committed);
	else
		heap->marks = marks;
	return error;
}

static void release_marks(struct hostmem_heap *heap)
{
	hostmem_manager_free(heap->extents.manager, heap->marks, 0, MEM_RELEASE);
	free(heap->marks_committed);
}

static enum hostmem_error init(struct hostmem_heap *heap,
			       struct hostmem_manager *manager, bool executable)
{
	enum hostmem_error error;

	error = hostmem_extents_init(&heap->extents, manager,
				     executable ? PAGE_EXECUTE_READWRITE :
						  PAGE_READWRITE);
	if (error)
		return error;
	error = create_marks(heap);
	if (error)
		goto release_extents;
	if (!create_arena(heap)) {
		error = HOSTMEM_ERR_NO_MEMORY;
		goto release_marks;
	}
	return HOSTMEM_OK;

release_marks:
	release_marks(heap);
release_extents:
	hostmem_extents_release(&heap->extents);
	return error;
}

enum hostmem_error hostmem_heap_create(struct hostmem_manager *manager,
				       bool executable,
				       struct hostmem_heap **out)
{
	struct hostmem_heap *heap;
	enum hostmem_error error;
	int saved = errno;

	heap = calloc(1, sizeof(*heap));
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
	int saved = errno;

	/* In a child made by fork() the range isn't there for the engine to look at. */
	if (hostmem_load_check_owner(heap->extents.manager) == HOSTMEM_ERR_NOT_OWNER) {
		free(heap->marks_committed);
	} else {
		destroy_arena(heap);
		release_marks(heap);
		hostmem_extents_release(&heap->extents);
	}
	free(heap);
	errno = saved;
}
