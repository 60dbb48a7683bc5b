/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * How much the process has of malloc(), for heap_test.c.  Counts the calls that the test
 * and the library make, which the Makefile has the linker send here; and asks the C
 * library, where that can be asked, about those that itself makes.
 */
#ifndef HOST_MALLOC_USED_H
#define HOST_MALLOC_USED_H

#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_size_t mallocs;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
	mallocs++;
	return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	mallocs++;
	return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
	mallocs++;
	return __real_realloc(block, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
	mallocs++;
	return __real_aligned_alloc(alignment, bytes);
}

struct malloc_used {
	size_t calls;
	size_t bytes;
};

static struct malloc_used malloc_used(void)
{
	struct malloc_used used = { .calls = mallocs };
#ifdef __GLIBC__
	struct mallinfo2 info = mallinfo2();

	used.bytes = info.uordblks + info.hblkhd;
#endif
	return used;
}

#endif /* HOST_MALLOC_USED_H */
