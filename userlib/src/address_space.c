// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Address space that the CLR takes without its host.  See address_space.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "address_space.h"

struct range {
	uintptr_t start;
	SIZE_T size;
};

static int compare(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return (left->start > right->start) - (left->start < right->start);
}

void hostmem_address_space_init(struct hostmem_address_space *space)
{
	*space = (struct hostmem_address_space){ .ranges = NULL };
	pthread_mutex_init(&space->lock, NULL);
}

void hostmem_address_space_discard(struct hostmem_address_space *space, bool owner)
{
	/* A child may have inherited the tree in the middle of a change. */
	if (!owner)
		return;
	tdestroy(space->ranges, free);
	pthread_mutex_destroy(&space->lock);
}

enum hostmem_error
hostmem_address_space_needs(struct hostmem_address_space *space, void *start,
			    SIZE_T size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t offset = (uintptr_t)start & (page - 1);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	int saved = errno;
	void *hole;

	atomic_fetch_add(&space->needs, 1);
	if (!size)
		return HOSTMEM_ERR_ARGUMENT;
	if (size > SIZE_MAX - offset)
		return HOSTMEM_ERR_NO_SPACE;
	if (start)
		flags |= MAP_FIXED_NOREPLACE;

	/* The only sure way to know: it counts limits, and what else is mapped now. */
	hole = mmap((char *)start - offset, size + offset, PROT_NONE, flags, -1, 0);
	if (hole != MAP_FAILED)
		munmap(hole, size + offset);
	errno = saved;
	return hole == MAP_FAILED ? HOSTMEM_ERR_NO_SPACE : HOSTMEM_OK;
}

enum hostmem_error
hostmem_address_space_acquired(struct hostmem_address_space *space, void *start,
			       SIZE_T size)
{
	int saved = errno;
	struct range *range = malloc(sizeof(*range));
	struct range **node;

	errno = saved;
	if (!range)
		return HOSTMEM_ERR_NO_MEMORY;
	*range = (struct range){ .start = (uintptr_t)start };

	pthread_mutex_lock(&space->lock);
	node = tsearch(range, &space->ranges, compare);
	if (node) {
		space->bytes += size - (*node)->size;
		(*node)->size = size;
		if (*node == range) {
			space->count++;
			range = NULL;
		}
	}
	pthread_mutex_unlock(&space->lock);

	/* There was one with this start, or no memory for a node. */
	free(range);
	errno = saved;
	return node ? HOSTMEM_OK : HOSTMEM_ERR_NO_MEMORY;
}

void hostmem_address_space_released(struct hostmem_address_space *space,
				    void *start)
{
	struct range wanted = { .start = (uintptr_t)start };
	struct range *range = NULL;
	struct range **node;

	pthread_mutex_lock(&space->lock);
	node = tfind(&wanted, &space->ranges, compare);
	if (node) {
		range = *node;
		tdelete(range, &space->ranges, compare);
		space->count--;
		space->bytes -= range->size;
	}
	pthread_mutex_unlock(&space->lock);
	free(range);
}

void hostmem_address_space_sum(struct hostmem_address_space *space, SIZE_T *count,
			       SIZE_T *bytes)
{
	pthread_mutex_lock(&space->lock);
	*count = space->count;
	*bytes = space->bytes;
	pthread_mutex_unlock(&space->lock);
}
