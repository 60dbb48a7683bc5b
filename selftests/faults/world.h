/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state in which fail_nth.c makes a call, and how to tell what it has become.
 *
 * Nothing here allocates memory of the process's own, for the pictures before and
 * after a call show all of the address space.
 */
#ifndef FAULTS_WORLD_H
#define FAULTS_WORLD_H

#include "picture.h"

/*
 * A granule below a boundary of 512 GiB, so that the second block's page table
 * has no directory in common with the first one's; more than 1 GiB long, so that
 * there is the boundary of another directory, and blocks that are found in a tree
 * of two levels.  Nothing else is near, so that all directories have to be made.
 */
#define BASE		(((uintptr_t)1 << 44) - GRANULE)
#define REGION		(GIB + 8 * BLOCK)
/* Nothing of ours, or of anyone's. */
#define ELSEWHERE	((uintptr_t)1 << 45)

struct world;

/**
 * FIXTURE_VARIANT(chain) - a call, and how it may fail
 * @region: 0, or the allocation type of the region at BASE
 * @prepare: makes the rest of the state before the call, if there is more
 * @call: makes the call; 0 or -errno
 * @complete: is the result there, all of it?
 * @at: where, counted from BASE
 * @length: how much
 * @type: of an allocation
 * @protect: a protection
 * @failures: allocations without which it can't succeed, at least
 * @injections: allocations that it makes, at least, whether it needs them or not
 * @copies: copies from and to the caller, at least
 * @error: what it may fail with for want of memory, besides ENOMEM
 * @sure: it never fails for want of memory
 * @blind: to touch pages before would change the state, if only the page tables
 * @anyone: not only the module's allocations fail
 * @circular: also when it succeeds, it leaves all as it was
 * @asked_twice: for a page of a pinnable region the kernel asks once more, in another way
 */
FIXTURE_VARIANT(chain)
{
	uint32_t region;
	bool (*prepare)(struct world *world);
	int (*call)(struct world *world);
	bool (*complete)(struct world *world);
	uintptr_t at;
	size_t length;
	uint32_t type;
	uint32_t protect;
	unsigned int failures;
	unsigned int injections;
	unsigned int copies;
	int error;
	bool sure;
	bool blind;
	bool anyone;
	bool circular;
	bool asked_twice;
};

/**
 * struct world - what a call is made in
 * @chain: the call
 * @fd: the file with the region; -1 if to open it is the call
 * @other: another file, for what has to be there besides
 * @spare: a file descriptor that a call needs or makes
 * @large: the size of a large page; 0 if there are none
 * @out: the address that an allocation returned
 * @line: where the preparation failed
 */
struct world {
	const FIXTURE_VARIANT(chain) *chain;
	int fd;
	int other;
	int spare;
	size_t large;
	uintptr_t out;
	int line;
};

#define NEED(condition) do {						\
	if (!(condition)) {						\
		world->line = __LINE__;					\
		return false;						\
	}								\
} while (0)

static int commit(struct world *world, uintptr_t at, size_t length,
		  uint32_t protect)
{
	uintptr_t out;

	return raw_alloc(world->fd, BASE + at, length, HOSTMEM_COMMIT, protect,
			 &out);
}

static int call_region(struct world *world, uint32_t type)
{
	uintptr_t out;

	return raw_alloc(world->fd, BASE, REGION, type, HOSTMEM_READWRITE, &out);
}

static struct hostmem_memory_info info_at(struct world *world, uintptr_t addr)
{
	struct hostmem_memory_info info;

	raw_query(world->fd, addr, &info);
	return info;
}

static bool is_run(struct world *world, uintptr_t addr, size_t length,
		   uint32_t state, uint32_t protect)
{
	struct hostmem_memory_info info = info_at(world, addr);

	return info.region_size >= length && info.state == state &&
	       info.protect == protect;
}

/* Is there nothing, of whomever, where a region could be? */
static bool is_free(struct world *world, uintptr_t addr)
{
	struct picture_run run;

	return !query_at(world->other, addr, &run) &&
	       run.info.state == HOSTMEM_FREE && run.info.region_size >= REGION;
}

/* Does the status tell of as many pages as there are committed ones? */
static bool books_agree(struct world *world)
{
	struct hostmem_status status = hostmem_status(world->fd);
	uint64_t committed = 0, reserved = 0, regions = 0;
	struct picture_run run;
	uintptr_t addr;

	for (addr = 0; !query_at(world->fd, addr, &run);
	     addr = run.info.base + run.info.region_size) {
		if (!run.own)
			continue;
		reserved += run.info.region_size;
		regions += run.info.base == run.info.allocation_base;
		if (run.info.state == HOSTMEM_COMMIT)
			committed += run.info.region_size;
	}
	return status.out_committed_bytes == committed &&
	       status.out_total_committed_bytes ==
			committed + hostmem_status(world->other).out_committed_bytes &&
	       status.out_reserved_bytes == reserved &&
	       status.out_regions == regions;
}

/*
 * A bit of everything in the first four blocks
 */

static const struct part {
	uintptr_t at;
	size_t length;
	uint32_t protect;
	bool stamped;
} parts[] = {
	{ 3 * PAGE, PAGE, HOSTMEM_READWRITE, true },
	{ 5 * PAGE, 2 * PAGE, HOSTMEM_READONLY, true },
	{ 8 * PAGE, PAGE, HOSTMEM_READWRITE | HOSTMEM_GUARD, false },
	{ 10 * PAGE, PAGE, HOSTMEM_NOACCESS, false },
	{ GRANULE + BLOCK, BLOCK, HOSTMEM_READWRITE, true },
	{ GRANULE + 3 * BLOCK - PAGE, PAGE, HOSTMEM_EXECUTE_READ, true },
};

#define PARTS_END	(GRANULE + 3 * BLOCK)
#define SEED		0x1234567890abcdefull

static bool prepare_parts(struct world *world)
{
	uint64_t pages[1], count = 0;
	const struct part *part;

	for (part = parts; part < parts + ARRAY_SIZE(parts); part++) {
		if (part->stamped) {
			NEED(!commit(world, part->at, part->length,
				     HOSTMEM_READWRITE));
			stamp((void *)(BASE + part->at), part->length, SEED);
		}
		NEED(!commit(world, part->at, part->length, part->protect));
	}
	/* What is watched has both pages that are reported and others. */
	if (world->chain->region & HOSTMEM_WRITE_WATCH)
		NEED(!raw_watch(world->fd, BASE + GRANULE + BLOCK,
				BLOCK / 2, HOSTMEM_WATCH_RESET, pages, &count));
	return true;
}

static bool stamped(uintptr_t addr)
{
	const struct part *part;

	for (part = parts; part < parts + ARRAY_SIZE(parts); part++)
		if (part->stamped && addr >= BASE + part->at &&
		    addr < BASE + part->at + part->length)
			return true;
	return false;
}

/* Of a range that can be read: the parts' contents, if they are there, or zero. */
static bool contents_kept(uintptr_t start, size_t length, bool with_parts)
{
	uintptr_t at;

	for (at = start; at < start + length; at += PAGE) {
		if (with_parts && stamped(at) ?
		    unstamped((void *)at, PAGE, SEED) :
		    nonzero((void *)at, PAGE))
			return false;
	}
	return true;
}

#endif /* FAULTS_WORLD_H */
