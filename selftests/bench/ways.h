/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways to reserve, commit and decommit memory that are compared: ours, and
 * for pages of 4 KiB and for huge pages two sequences of mmap(2), mprotect(2)
 * and madvise(2) each.  Of the two the table shows the better one.
 */
#ifndef BENCH_WAYS_H
#define BENCH_WAYS_H

#include <hostmem/mscoree.h>
#include <stddef.h>

/* The columns of the table. */
enum column {
	OURS,
	SMALL,
	HUGE,
	NR_COLUMNS,
};

/**
 * struct way - one way of doing the work
 * @column: where in the table
 * @commit_by: letter for how it commits, see by.h
 * @decommit_by: letter for how it decommits
 * @variant: ours by a manager that has @flags: this is said in its rows, which the
 *	table has beside those of the default manager; NULL for all others
 * @flags: dwFlags of that manager
 * @reserve: address space without memory, 2 MiB aligned
 * @prepared: bytes that are ready for its manager whenever it is entered
 * @commit: makes a reserved range readable and writable; memory may come later,
 *	when a page is touched
 * @decommit: gives the memory back; the range is reserved again
 * @release: gives the address space back
 *
 * All of them exit if a system call fails.
 */
struct way {
	enum column column;
	char commit_by;
	char decommit_by;
	const char *variant;
	DWORD flags;
	size_t prepared;
	char *(*reserve)(size_t size);
	void (*commit)(char *mem, size_t size);
	void (*decommit)(char *mem, size_t size);
	void (*release)(char *mem, size_t size);
};

#define NR_WAYS		7u

extern const struct way ways[NR_WAYS];

/** way_enter() - to be called before each use: its manager, huge pages or none */
void way_enter(const struct way *way);

/** way_name() - for messages */
const char *way_name(const struct way *way);

/** manager_with() - a new manager that has such dwFlags; exits if there can be none */
IHostMemoryManager *manager_with(DWORD flags);

/** allow_huge() - whether mmap(2)'s memory may have huge pages from now on */
void allow_huge(int allow);

/* The best sequences for mmap's memory are parts of some other works, too. */

/** map_memory() - readable and writable memory, aligned to 2 MiB; exits on failure */
char *map_memory(size_t size, int huge);

/** map_none() - address space without memory at @addr, or anywhere; exits on failure */
char *map_none(void *addr, size_t size, int flags);

/** our_memory() - committed memory by HostVirtualAlloc(); @type is what else it shall be */
char *our_memory(size_t size, DWORD type);

/** our_free() - a region of the default manager */
void our_free(void *mem);

/** must() - exit if not S_OK */
void must(HRESULT result, const char *what);

/** must_not_fail() - exit if not 0 */
void must_not_fail(int ret, const char *what);

#endif /* BENCH_WAYS_H */
