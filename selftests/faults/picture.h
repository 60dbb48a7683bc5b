/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A picture of all that a process can see of its regions, and a count of what the
 * module has allocated for them.
 */
#ifndef FAULTS_PICTURE_H
#define FAULTS_PICTURE_H

#include "hostmem_limits.h"

#include <sys/stat.h>

#define MOST_RUNS	256
#define MOST_WRITTEN	16384
#define MOST_DESCRIPTORS	64

struct picture_run {
	struct hostmem_memory_info info;
	uint64_t own;
};

/**
 * struct picture - all that can be seen of an address space and its regions
 * @status: what HOSTMEM_IOC_STATUS says
 * @nr: how many runs there are
 * @runs: what queries say, from the lowest address to the highest
 * @contents: of all readable pages of the file's regions, as one number
 * @written: how many pages a write watch would report
 * @which: which these are, as one number
 * @wrong: accesses that went through where queries say that they must not
 * @descriptors: how many are open
 */
struct picture {
	struct hostmem_status status;
	size_t nr;
	struct picture_run runs[MOST_RUNS];
	uint64_t contents;
	uint64_t written;
	uint64_t which;
	uint64_t wrong;
	unsigned int descriptors;
};

static uint64_t mix(uint64_t sum, uint64_t value)
{
	sum = (sum ^ value) * 0x9e3779b97f4a7c15ull;
	return sum ^ sum >> 29;
}

#define READABLE	(HOSTMEM_READONLY | HOSTMEM_READWRITE | HOSTMEM_EXECUTE | \
			 HOSTMEM_EXECUTE_READ | HOSTMEM_EXECUTE_READWRITE)
#define WRITABLE	(HOSTMEM_READWRITE | HOSTMEM_EXECUTE_READWRITE)

/* Writes nothing where writing is allowed, lest the write watch reports it. */
static void see_contents(struct picture *picture, uintptr_t start, size_t size,
			 uint32_t protect)
{
	uint64_t *page;

	for (page = (uint64_t *)start; (uintptr_t)page < start + size;
	     page += PAGE / 8)
		picture->contents = mix(mix(picture->contents, page[0]),
					page[PAGE / 8 - 1]);
	if (!(protect & WRITABLE))
		picture->wrong += can_write((void *)start);
}

static void see_written(int fd, struct picture *picture, uintptr_t start,
			size_t size)
{
	static uint64_t pages[MOST_WRITTEN];
	uint64_t count = MOST_WRITTEN, i;

	if (raw_watch(fd, start, size, 0, pages, &count))
		return;
	picture->written += count;
	for (i = 0; i < count; i++)
		picture->which = mix(picture->which, pages[i]);
}

/* A guard page isn't touched, for that would disarm it. */
static void see_own(int fd, struct picture *picture,
		    const struct hostmem_memory_info *info, bool blind)
{
	char *last = (char *)(info->base + info->region_size - PAGE);

	if (!blind && (info->state == HOSTMEM_RESERVE ||
		       info->protect & HOSTMEM_NOACCESS)) {
		picture->wrong += can_read((void *)info->base);
		picture->wrong += can_read(last);
	} else if (!blind && !(info->protect & HOSTMEM_GUARD)) {
		see_contents(picture, info->base, info->region_size,
			     info->protect);
	}
	see_written(fd, picture, info->base, info->region_size);
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;
	int fd;

	for (fd = 0; fd < MOST_DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

HELPER int query_at(int fd, uintptr_t addr, struct picture_run *run)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = addr,
		.buffer = (uintptr_t)&run->info,
	};
	int err = raw_call(fd, HOSTMEM_IOC_QUERY, &arg);

	run->own = arg.out_own;
	return err;
}

/*
 * Blind: without any touch, which would bring back what has gone, and make page
 * tables.
 */
HELPER bool take_picture(int fd, struct picture *picture, bool blind)
{
	struct picture_run *run;
	uintptr_t addr = 0;

	memset(picture, 0, sizeof(*picture));
	if (raw_status(fd, &picture->status))
		return false;
	/* What is ready becomes more by itself. */
	picture->status.out_prepared_bytes = 0;
	picture->descriptors = open_descriptors();
	for (;;) {
		run = &picture->runs[picture->nr];
		if (query_at(fd, addr, run))
			return addr && errno == EINVAL;
		if (run->own)
			see_own(fd, picture, &run->info, blind);
		addr = run->info.base + run->info.region_size;
		if (++picture->nr == MOST_RUNS)
			return false;
	}
}

/* What differs between two pictures first; NULL if nothing does. */
HELPER const char *difference(const struct picture *a, const struct picture *b)
{
	if (memcmp(&a->status, &b->status, sizeof(a->status)))
		return "the status";
	if (memcmp(a->runs, b->runs, sizeof(a->runs)))
		return "queries";
	if (a->contents != b->contents)
		return "contents";
	if (a->written != b->written || a->which != b->which)
		return "the write watch";
	if (a->descriptors != b->descriptors)
		return "descriptors";
	return a->wrong || b->wrong ? "what may be accessed" : NULL;
}

/*
 * What is left.  kmemleak, which vm/run asks, knows nothing of pages; but they are
 * charged to the cgroup of who commits them.
 */

#define CGROUPS		"/sys/fs/cgroup/"
#define GROUP		CGROUPS "hostmem-fail-nth"

/*
 * All the pages of the machine that are charged to a cgroup; -1 if unknown.
 *
 * A page that has been freed may still be on its way to an LRU list, in a batch of
 * the processor where it was touched first: compaction begins with emptying these.
 */
HELPER long charged_pages(const char *group)
{
	int fd = open("/proc/kpagecgroup", O_RDONLY | O_CLOEXEC);
	static uint64_t owners[8192];
	struct stat stat_of_group;
	ssize_t length, i;
	long count = 0;

	if (fd < 0 || stat(group, &stat_of_group) ||
	    !write_file("/proc/sys/vm/compact_memory", "1"))
		return -1;
	while ((length = read(fd, owners, sizeof(owners))) > 0)
		for (i = 0; i < length / 8; i++)
			count += owners[i] == stat_of_group.st_ino;
	close(fd);
	return length ? -1 : count;
}

#endif /* FAULTS_PICTURE_H */
