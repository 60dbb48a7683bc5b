// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The regions of the stand-in for /dev/hostmem.  See fake_device.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake_device.h"

#define PAGE	((uint64_t)HOSTMEM_PAGE_SIZE)
#define GRANULE	((uint64_t)HOSTMEM_GRANULE)

/* Not mmap(), which is that of fake_device.c. */
static char *map(void *addr, size_t length, int prot, int flags)
{
	long mem = syscall(SYS_mmap, addr, length, prot,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

	return mem == -1 ? NULL : (char *)mem;
}

static void unmap(void *addr, size_t length)
{
	syscall(SYS_munmap, addr, length);
}

static struct fake_region *find(struct fake_file *file, uint64_t start, uint64_t length)
{
	unsigned int i;

	for (i = 0; i < FAKE_REGIONS; i++) {
		struct fake_region *region = &file->regions[i];
		uint64_t offset = start - (uintptr_t)region->base;

		if (region->base && offset < region->length &&
		    length <= region->length - offset)
			return region;
	}
	return NULL;
}

static struct fake_region *reserve(struct fake_file *file, uint64_t length)
{
	struct fake_region *region = file->regions;
	char *mem;

	while (region->base)
		if (++region == file->regions + FAKE_REGIONS)
			return NULL;
	if (length > fake_largest_hole)
		return NULL;
	mem = map(NULL, length + GRANULE, PROT_NONE, 0);
	if (!mem)
		return NULL;
	region->base = (char *)(((uintptr_t)mem + GRANULE - 1) & -GRANULE);
	if (region->base > mem)
		unmap(mem, (size_t)(region->base - mem));
	unmap(region->base + length, (size_t)(mem + GRANULE - region->base));
	region->length = length;
	region->committed = (void *)map(NULL, length / PAGE, PROT_READ | PROT_WRITE, 0);
	/* Children don't have it. */
	madvise(region->base, length, MADV_DONTFORK);
	return region;
}

/* Bytes of a range that are in the other state; puts them in this one if told to. */
static uint64_t count(struct fake_region *region, uint64_t start, uint64_t length,
		      bool committed, bool apply)
{
	uint64_t page = (start - (uintptr_t)region->base) / PAGE;
	uint64_t end = page + length / PAGE;
	uint64_t others = 0;

	for (; page < end; page++) {
		if (region->committed[page] == committed)
			continue;
		others += PAGE;
		if (apply)
			region->committed[page] = committed;
	}
	return others;
}

static uint64_t limit_at(const struct fake_file *file, uint32_t level)
{
	uint64_t kept_back = file->limit / 10;

	return file->limit - (level == HOSTMEM_LEVEL_PROCESS ? 0 :
			      level == HOSTMEM_LEVEL_APPDOMAIN ? kept_back / 2 :
								 kept_back);
}

/* Charges, after a wait if there may be one. */
static int charge(struct fake_file *file, uint64_t bytes,
		  const struct hostmem_alloc *arg)
{
	int err = 0;

	while (!err && file->charged + bytes > limit_at(file, arg->level)) {
		if (!arg->deadline)
			return ENOMEM;
		file->waiting++;
		err = fake_memory_wait(arg->deadline);
		file->waiting--;
		if (file->shut)
			return ECANCELED;
	}
	if (!err)
		file->charged += bytes;
	return err;
}

static void decommit(struct fake_file *file, struct fake_region *region,
		     uint64_t start, uint64_t length)
{
	file->charged -= count(region, start, length, false, true);
	map((void *)start, length, PROT_NONE, MAP_FIXED);
	madvise((void *)start, length, MADV_DONTFORK);
	fake_memory_wake();
}

static void release(struct fake_file *file, struct fake_region *region)
{
	decommit(file, region, (uintptr_t)region->base, region->length);
	unmap(region->base, region->length);
	unmap(region->committed, region->length / PAGE);
	region->base = NULL;
}

static int commit(struct fake_file *file, struct fake_region *region, uint64_t start,
		  uint64_t length, const struct hostmem_alloc *arg)
{
	int prot = arg->protect == HOSTMEM_NOACCESS ? PROT_NONE :
		   arg->protect == HOSTMEM_EXECUTE_READWRITE ?
			PROT_READ | PROT_WRITE | PROT_EXEC : PROT_READ | PROT_WRITE;
	int err = charge(file, count(region, start, length, true, false), arg);

	if (err)
		return err;
	count(region, start, length, true, true);
	mprotect((void *)start, length, prot);
	return 0;
}

/* Flags are of regions: what makes none has none. */
static bool flags_are_valid(const struct hostmem_alloc *arg)
{
	bool reserves = arg->type & HOSTMEM_RESERVE ||
			(arg->type & HOSTMEM_COMMIT && !arg->addr);

	fake_reservations += reserves;
	fake_pinnable += arg->flags == HOSTMEM_ALLOC_PINNABLE;
	return !arg->flags || (reserves && arg->flags == HOSTMEM_ALLOC_PINNABLE);
}

int fake_memory_alloc(struct fake_file *file, struct hostmem_alloc *arg)
{
	uint64_t start = arg->addr & -PAGE;
	uint64_t length = ((arg->addr + arg->length + PAGE - 1) & -PAGE) - start;
	struct fake_region *region, *ours = NULL;
	int err = 0;

	if (!flags_are_valid(arg) || !arg->length ||
	    !(arg->type & (HOSTMEM_RESERVE | HOSTMEM_COMMIT)))
		return EINVAL;
	if (start) {
		region = find(file, start, length);
		if (!region)
			return EADDRNOTAVAIL;
	} else {
		ours = reserve(file, length);
		region = ours;
		if (!region)
			return ENOSPC;
		start = (uintptr_t)region->base;
	}
	if (arg->type & HOSTMEM_COMMIT)
		err = commit(file, region, start, length, arg);
	if (!err)
		arg->out_addr = start;
	else if (ours && ours->base)	/* a shutdown may have released it */
		release(file, ours);
	return err;
}

int fake_memory_free(struct fake_file *file, const struct hostmem_free *arg)
{
	uint64_t start = arg->addr & -PAGE;
	uint64_t length = ((arg->addr + arg->length + PAGE - 1) & -PAGE) - start;
	struct fake_region *region = find(file, start, length);

	if (!region)
		return ENOENT;
	if (arg->type == HOSTMEM_RELEASE)
		release(file, region);
	else
		decommit(file, region, start, length);
	return 0;
}

void fake_memory_query(struct fake_file *file, struct hostmem_query *arg)
{
	arg->out_own = !!find(file, arg->addr, 0);
}

void fake_memory_status(struct fake_file *file, struct hostmem_status *arg)
{
	unsigned int i;

	for (i = 0; i < FAKE_REGIONS; i++) {
		if (!file->regions[i].base)
			continue;
		arg->out_regions++;
		arg->out_reserved_bytes += file->regions[i].length;
	}
	arg->out_committed_bytes = file->charged;
	arg->out_own_limit_bytes = file->limit;
	arg->out_waiting = file->waiting;
	arg->out_prepared_bytes = file->prepared;
	arg->out_id = file->id;
}

void fake_memory_release_all(struct fake_file *file)
{
	unsigned int i;

	for (i = 0; i < FAKE_REGIONS; i++)
		if (file->regions[i].base)
			release(file, &file->regions[i]);
	fake_memory_wake();
}
