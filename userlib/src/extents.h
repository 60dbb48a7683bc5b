/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The range of address space that a heap's blocks are in, as the engine sees it: it
 * takes extents from the front, and has pages committed and decommitted.
 *
 * The engine calls the hooks with locks held.  So nothing here ever waits for memory:
 * what an allocation lacks is noted in the thread's request, for heap.c to undo it,
 * to wait with no lock held, and to begin again.
 *
 * Called by heap.c.
 */
#ifndef HOSTMEM_EXTENTS_H
#define HOSTMEM_EXTENTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <hostmem/types.h>

#include "engine.h"
#include "errors.h"

struct hostmem_manager;

/**
 * struct hostmem_extents - a heap's range
 * @hooks: what the engine calls; invariant
 * @manager: where memory comes from; invariant
 * @protect: PAGE_* of the memory; invariant
 * @ending: nothing needs to be given back any more, as all of it goes
 * @base: first byte; invariant
 * @size: bytes, reserved; invariant
 * @lock: guards @used
 * @used: bytes from @base on that the engine has got
 * @committed: bytes that the engine has had committed, and not decommitted
 */
struct hostmem_extents {
	struct engine_hooks hooks;
	struct hostmem_manager *manager;
	DWORD protect;
	bool ending;
	char *base;
	size_t size;
	pthread_mutex_t lock;
	size_t used;
	atomic_size_t committed;
};

/**
 * struct hostmem_request - the allocation that a thread is making
 * @level: EMemoryCriticalLevel
 * @error: why the first commit that failed did so; HOSTMEM_OK if none has
 * @taken: bytes committed for it
 * @lacking: bytes that the commit wanted which failed
 */
struct hostmem_request {
	DWORD level;
	enum hostmem_error error;
	size_t taken;
	size_t lacking;
};

/* Set before the engine is called.  As for the model, see win32.c. */
extern _Thread_local struct hostmem_request hostmem_request
	__attribute__((tls_model("initial-exec")));

/**
 * hostmem_extents_init() - reserve a range
 * @extents: to be initialised
 * @manager: where it comes from
 * @protect: PAGE_* of its memory
 *
 * It is as large as there is room for, up to 64 GiB.
 *
 * Return: HOSTMEM_OK, or what the manager says
 */
enum hostmem_error hostmem_extents_init(struct hostmem_extents *extents,
					struct hostmem_manager *manager,
					DWORD protect);

/**
 * hostmem_extents_release() - give back the range with all memory in it
 * @extents: the engine doesn't use it any more
 */
void hostmem_extents_release(struct hostmem_extents *extents);

/**
 * hostmem_extents_commit() - commit pages for the thread's request
 * @extents: whose manager it is; the pages needn't lie in its range
 * @addr: first byte
 * @length: bytes
 * @protect: PAGE_*
 *
 * Return: true if it has; or false, and the request tells why
 */
bool hostmem_extents_commit(struct hostmem_extents *extents, void *addr,
			    size_t length, DWORD protect);

#endif /* HOSTMEM_EXTENTS_H */
