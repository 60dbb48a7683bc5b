// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * CPython's arenas, from which it has all objects of up to 512 bytes, in hostmem memory.
 * A library to be preloaded: the allocator is set before the interpreter has any arena.
 */
#include <Python.h>
#include <hostmem/memoryapi.h>

static void *arena_alloc(void *context, size_t size)
{
	(void)context;
	return VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static void arena_free(void *context, void *arena, size_t size)
{
	(void)context;
	(void)size;
	VirtualFree(arena, 0, MEM_RELEASE);
}

__attribute__((constructor)) static void use_hostmem(void)
{
	PyObjectArenaAllocator arenas = { .alloc = arena_alloc, .free = arena_free };

	PyObject_SetArenaAllocator(&arenas);
}
