/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The allocator behind IHostMalloc: jemalloc 5, taken from Debian's package when
 * the library is built, under names of its own; see the script "engine".  What is
 * declared here has the layout and the meaning that jemalloc(3) gives it.
 *
 * Called by heap.c only, and only for memory of arenas that it has made.
 */
#ifndef HOSTMEM_ENGINE_H
#define HOSTMEM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

/* Flags for calls: from one arena, without a cache per thread. */
#define ENGINE_ARENA(index)	((int)(((index) + 1) << 20))
#define ENGINE_NO_CACHE		(1 << 8)

/**
 * struct engine_hooks - where an arena has its memory from
 * @alloc: get address space, with memory if @commit is set
 * @dalloc: give it back.  Like all that return a bool: true if it hasn't.
 * @destroy: the arena is gone, and this part of it with it
 * @commit: get memory for a part
 * @decommit: give it back
 * @purge_lazy: the contents of a part aren't needed
 * @purge_forced: make them zeros
 * @split: one part will become two
 * @merge: two parts will become one
 *
 * A member that is NULL can't be done.
 */
struct engine_hooks {
	void *(*alloc)(struct engine_hooks *hooks, void *new_addr, size_t size,
		       size_t alignment, bool *zero, bool *commit, unsigned int arena);
	bool (*dalloc)(struct engine_hooks *hooks, void *addr, size_t size,
		       bool committed, unsigned int arena);
	void (*destroy)(struct engine_hooks *hooks, void *addr, size_t size,
			bool committed, unsigned int arena);
	bool (*commit)(struct engine_hooks *hooks, void *addr, size_t size,
		       size_t offset, size_t length, unsigned int arena);
	bool (*decommit)(struct engine_hooks *hooks, void *addr, size_t size,
			 size_t offset, size_t length, unsigned int arena);
	bool (*purge_lazy)(struct engine_hooks *hooks, void *addr, size_t size,
			   size_t offset, size_t length, unsigned int arena);
	bool (*purge_forced)(struct engine_hooks *hooks, void *addr, size_t size,
			     size_t offset, size_t length, unsigned int arena);
	bool (*split)(struct engine_hooks *hooks, void *addr, size_t size,
		      size_t size_a, size_t size_b, bool committed,
		      unsigned int arena);
	bool (*merge)(struct engine_hooks *hooks, void *addr_a, size_t size_a,
		      void *addr_b, size_t size_b, bool committed,
		      unsigned int arena);
};

/**
 * struct engine_arena - argument of "experimental.arenas_create_ext"
 * @hooks: where its memory comes from
 * @metadata_use_hooks: that of its own records, too
 */
struct engine_arena {
	struct engine_hooks *hooks;
	bool metadata_use_hooks;
};

/* mallocx, dallocx and mallctl of jemalloc(3). */
void *hostmem_engine_mallocx(size_t size, int flags);
void hostmem_engine_dallocx(void *mem, int flags);
int hostmem_engine_mallctl(const char *name, void *old, size_t *old_length,
			   void *new_value, size_t new_length);

#endif /* HOSTMEM_ENGINE_H */
