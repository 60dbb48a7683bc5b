// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The range of a heap, and the hooks by which the engine uses it.  See extents.h.
 */
#include <hostmem/memory.h>
#include <hostmem/mscoree.h>

#include "extents.h"
#include "manager.h"

#define RANGE_MOST	((size_t)64 << 30)
#define RANGE_LEAST	((size_t)16 << 20)

_Thread_local struct hostmem_request hostmem_request
	__attribute__((tls_model("initial-exec")));

bool hostmem_extents_commit(struct hostmem_extents *extents, void *addr,
			    size_t length, DWORD protect)
{
	struct hostmem_request *request = &hostmem_request;
	enum hostmem_error error;
	void *mem;

	error = hostmem_manager_alloc_until(extents->manager, addr, length, MEM_COMMIT,
					    protect, request->level, 0, &mem);
	if (!error) {
		request->taken += length;
	} else if (!request->error) {
		/* The engine may try another place, which hardly changes anything. */
		request->error = error;
		request->lacking = length;
	}
	return !error;
}

/*
 * What the engine calls
 */

static struct hostmem_extents *extents_of(struct engine_hooks *hooks)
{
	return (struct hostmem_extents *)hooks;	/* its first member */
}

/* Commits pages of the range. */
static bool commit(struct hostmem_extents *extents, void *addr, size_t length)
{
	if (!hostmem_extents_commit(extents, addr, length, extents->protect))
		return false;
	atomic_fetch_add(&extents->committed, length);
	return true;
}

static void *extend(struct engine_hooks *hooks, void *new_addr, size_t size,
		    size_t alignment, bool *zero, bool *committed, unsigned int arena)
{
	struct hostmem_extents *extents = extents_of(hooks);
	char *addr = NULL;
	size_t start;

	(void)arena;
	pthread_mutex_lock(&extents->lock);
	start = (extents->used + alignment - 1) & -alignment;
	if (start <= extents->size && size <= extents->size - start &&
	    (!new_addr || new_addr == extents->base + start) &&
	    (!*committed || commit(extents, extents->base + start, size))) {
		addr = extents->base + start;
		extents->used = start + size;
		*zero = true;
	}
	pthread_mutex_unlock(&extents->lock);
	return addr;
}

static bool commit_part(struct engine_hooks *hooks, void *addr, size_t size,
			size_t offset, size_t length, unsigned int arena)
{
	(void)size;
	(void)arena;
	return !commit(extents_of(hooks), (char *)addr + offset, length);
}

static bool decommit_part(struct engine_hooks *hooks, void *addr, size_t size,
			  size_t offset, size_t length, unsigned int arena)
{
	struct hostmem_extents *extents = extents_of(hooks);

	(void)size;
	(void)arena;
	if (extents->ending)
		return false;
	/* It can't be decommitted later, either, if that fails. */
	atomic_fetch_sub(&extents->committed, length);
	return hostmem_manager_free(extents->manager, (char *)addr + offset, length,
				    MEM_DECOMMIT);
}

/* All parts lie in one range, so the engine may cut it as it likes. */
static bool split(struct engine_hooks *hooks, void *addr, size_t size, size_t size_a,
		  size_t size_b, bool committed, unsigned int arena)
{
	(void)hooks;
	(void)addr;
	(void)size;
	(void)size_a;
	(void)size_b;
	(void)committed;
	(void)arena;
	return false;
}

static bool merge(struct engine_hooks *hooks, void *addr_a, size_t size_a, void *addr_b,
		  size_t size_b, bool committed, unsigned int arena)
{
	(void)hooks;
	(void)addr_a;
	(void)size_a;
	(void)addr_b;
	(void)size_b;
	(void)committed;
	(void)arena;
	return false;
}

/* Without dalloc: address space that isn't used is decommitted and used again. */
static const struct engine_hooks hooks = {
	.alloc = extend,
	.commit = commit_part,
	.decommit = decommit_part,
	.split = split,
	.merge = merge,
};

enum hostmem_error hostmem_extents_init(struct hostmem_extents *extents,
					struct hostmem_manager *manager,
					DWORD protect)
{
	enum hostmem_error error;
	size_t size;
	void *base;

	for (size = RANGE_MOST;; size /= 2) {
		error = hostmem_manager_alloc(manager, NULL, size, MEM_RESERVE,
					      protect, eProcessCritical, &base);
		if (error != HOSTMEM_ERR_NO_SPACE || size == RANGE_LEAST)
			break;
	}
	if (error)
		return error;

	*extents = (struct hostmem_extents){
		.hooks = hooks,
		.manager = manager,
		.protect = protect,
		.base = base,
		.size = size,
	};
	pthread_mutex_init(&extents->lock, NULL);
	return HOSTMEM_OK;
}

void hostmem_extents_release(struct hostmem_extents *extents)
{
	hostmem_manager_free(extents->manager, extents->base, 0, MEM_RELEASE);
	pthread_mutex_destroy(&extents->lock);
}
