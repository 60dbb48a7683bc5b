// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The extents of Debian's jemalloc, from which it serves malloc(), in hostmem memory.
 * A library to be preloaded: all arenas are told before the program has any thread.
 * What jemalloc had mapped by then is not ours: calls for that fail, and change nothing.
 * There is no dalloc: what jemalloc needs no more it decommits, and keeps for the next.
 */
#include <jemalloc/jemalloc.h>
#include <hostmem/memoryapi.h>
#include <stdint.h>
#include <stdio.h>

#define UNUSED __attribute__((unused))

static void *extent_alloc(extent_hooks_t *hooks UNUSED, void *wanted, size_t size,
			  size_t alignment, bool *zero, bool *commit, unsigned int arena UNUSED)
{
	DWORD type = *commit ? MEM_RESERVE | MEM_COMMIT : MEM_RESERVE;
	void *mem = VirtualAlloc(wanted, size, type, PAGE_READWRITE);

	/* A region begins at a multiple of 64 KiB; more than that has to be looked for. */
	while (mem && (uintptr_t)mem % alignment) {
		VirtualFree(mem, 0, MEM_RELEASE);
		mem = wanted ? NULL : VirtualAlloc(NULL, size + alignment, MEM_RESERVE,
						   PAGE_READWRITE);
		if (!mem)
			return NULL;
		VirtualFree(mem, 0, MEM_RELEASE);
		mem = (void *)(((uintptr_t)mem + alignment - 1) & -alignment);
		mem = VirtualAlloc(mem, size, type, PAGE_READWRITE);
	}
	*zero |= mem && *commit;
	return mem;
}

static bool extent_commit(extent_hooks_t *hooks UNUSED, void *mem, size_t size UNUSED,
			  size_t offset, size_t length, unsigned int arena UNUSED)
{
	return !VirtualAlloc((char *)mem + offset, length, MEM_COMMIT, PAGE_READWRITE);
}

static bool extent_decommit(extent_hooks_t *hooks UNUSED, void *mem, size_t size UNUSED,
			    size_t offset, size_t length, unsigned int arena UNUSED)
{
	return !VirtualFree((char *)mem + offset, length, MEM_DECOMMIT);
}

static bool extent_purge(extent_hooks_t *hooks UNUSED, void *mem, size_t size UNUSED,
			 size_t offset, size_t length, unsigned int arena UNUSED)
{
	return !VirtualAlloc((char *)mem + offset, length, MEM_RESET, PAGE_READWRITE);
}

static bool extent_split(extent_hooks_t *hooks UNUSED, void *mem UNUSED, size_t size UNUSED,
			 size_t size_a UNUSED, size_t size_b UNUSED, bool committed UNUSED,
			 unsigned int arena UNUSED)
{
	return false;
}

/* No call spans two regions. */
static bool extent_merge(extent_hooks_t *hooks UNUSED, void *a, size_t size_a UNUSED, void *b,
			 size_t size_b UNUSED, bool committed UNUSED, unsigned int arena UNUSED)
{
	MEMORY_BASIC_INFORMATION in_a, in_b;

	return !VirtualQuery(a, &in_a, sizeof(in_a)) || !VirtualQuery(b, &in_b, sizeof(in_b)) ||
	       in_a.AllocationBase != in_b.AllocationBase;
}

__attribute__((constructor)) static void use_hostmem(void)
{
	static extent_hooks_t hooks = {
		.alloc = extent_alloc,
		.commit = extent_commit,
		.decommit = extent_decommit,
		.purge_lazy = extent_purge,
		.split = extent_split,
		.merge = extent_merge,
	};
	extent_hooks_t *new = &hooks;
	unsigned int arenas, i;
	size_t size = sizeof(arenas);
	char name[40];

	if (mallctl("opt.narenas", &arenas, &size, NULL, 0))
		return;
	for (i = 0; i < arenas; i++) {
		snprintf(name, sizeof(name), "arena.%u.extent_hooks", i);
		mallctl(name, NULL, NULL, &new, sizeof(new));
	}
}
