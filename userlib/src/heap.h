/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * A heap is a range of a manager's address space that is dealt out in blocks, with memory
 * that is committed as blocks come, kept for the next ones as far as that isn't much, and
 * decommitted.  com_malloc.c presents it; nobody else calls it.
 *
 *	heap.c > slabs.c > pages.c > manager.c		blocks, small ones, runs of pages
 *	manager.c > slack.c > heap.c			who wants what is kept
 *
 * Blocks may be got and freed by any thread at any time.  In a child made by fork()
 * there is nothing to get or free, and the heap can only be abandoned.
 *
 * The allocator is the library's own since those that there are don't do what is asked
 * for here: to say of any pointer whether it is a block, for certain; to give back from
 * whichever thread all that is kept in others; to fail at a refused commit and to leave
 * nothing behind; and to need no thread-local memory, which a library that is loaded
 * late may not get.
 */
#ifndef HOSTMEM_HEAP_H
#define HOSTMEM_HEAP_H

#include <stdbool.h>

#include <hostmem/types.h>

#include "errors.h"

struct hostmem_heap;
struct hostmem_manager;

/**
 * hostmem_heap_create() - make a heap
 * @manager: where its memory comes from; the caller's, and lives longer than the heap
 * @executable: its memory can be executed
 * @out: receives the heap
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_NO_MEMORY, HOSTMEM_ERR_NO_SPACE, or what else the
 * manager says
 */
enum hostmem_error hostmem_heap_create(struct hostmem_manager *manager,
				       bool executable,
				       struct hostmem_heap **out);

/**
 * hostmem_heap_destroy() - free a heap with all its blocks
 * @heap: nobody uses it any more
 */
void hostmem_heap_destroy(struct hostmem_heap *heap);

/**
 * hostmem_heap_alloc() - get a block
 * @heap: any
 * @size: bytes
 * @level: EMemoryCriticalLevel for the memory that it may take
 * @out: receives the block, aligned to 16, or NULL
 *
 * Waits for memory as long as the manager may.
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_NO_MEMORY, HOSTMEM_ERR_NO_SPACE,
 * HOSTMEM_ERR_TIMEOUT, HOSTMEM_ERR_NULL without @out, HOSTMEM_ERR_ARGUMENT for a level
 * that isn't one, or what else the manager says
 */
enum hostmem_error hostmem_heap_alloc(struct hostmem_heap *heap, SIZE_T size,
				      DWORD level, void **out);

/**
 * hostmem_heap_free() - give back a block
 * @heap: any
 * @mem: a block of this heap, or NULL
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_FOREIGN if it is none, or what else the manager
 * says
 */
enum hostmem_error hostmem_heap_free(struct hostmem_heap *heap, void *mem);

#endif /* HOSTMEM_HEAP_H */
