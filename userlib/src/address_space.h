/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the CLR tells about address space that it takes without its host: the
 * ranges it has mapped itself, and whether it makes sense to try again after a
 * mapping has failed (rules H19-H21).
 *
 * Called by com_manager.c, and in a child made by fork() only to discard: the lock
 * may be held there.
 */
#ifndef HOSTMEM_ADDRESS_SPACE_H
#define HOSTMEM_ADDRESS_SPACE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <hostmem/types.h>

#include "errors.h"

/**
 * struct hostmem_address_space - what has been told so far
 * @lock: guards the next three
 * @ranges: tsearch(3) tree of the ranges, by their start
 * @count: ranges in @ranges
 * @bytes: their sizes together
 * @needs: calls of hostmem_address_space_needs()
 */
struct hostmem_address_space {
	pthread_mutex_t lock;
	void *ranges;
	SIZE_T count;
	SIZE_T bytes;
	atomic_size_t needs;
};

/**
 * hostmem_address_space_init() - begin with no ranges
 * @space: to be initialised
 */
void hostmem_address_space_init(struct hostmem_address_space *space);

/**
 * hostmem_address_space_discard() - free what a space holds
 * @space: nobody uses it any more
 * @owner: false in a child made by fork()
 */
void hostmem_address_space_discard(struct hostmem_address_space *space, bool owner);

/**
 * hostmem_address_space_needs() - tell whether there is a hole
 * @space: counts the calls
 * @start: where the hole must be, or NULL
 * @size: its size
 *
 * Return: HOSTMEM_OK, HOSTMEM_ERR_NO_SPACE, or HOSTMEM_ERR_ARGUMENT for size 0
 */
enum hostmem_error
hostmem_address_space_needs(struct hostmem_address_space *space, void *start,
			    SIZE_T size);

/**
 * hostmem_address_space_acquired() - remember a range
 * @space: gets it, instead of one with the same start
 * @start: its first byte
 * @size: its bytes
 *
 * Return: HOSTMEM_OK or HOSTMEM_ERR_NO_MEMORY
 */
enum hostmem_error
hostmem_address_space_acquired(struct hostmem_address_space *space, void *start,
			       SIZE_T size);

/**
 * hostmem_address_space_released() - forget a range
 * @space: has it, or not
 * @start: its first byte
 */
void hostmem_address_space_released(struct hostmem_address_space *space,
				    void *start);

/**
 * hostmem_address_space_sum() - tell what is remembered
 * @space: any
 * @count: receives the number of ranges
 * @bytes: receives their sizes together
 */
void hostmem_address_space_sum(struct hostmem_address_space *space, SIZE_T *count,
			       SIZE_T *bytes);

#endif /* HOSTMEM_ADDRESS_SPACE_H */
