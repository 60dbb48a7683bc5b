/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fail_nth.c stands on: the kernel's fault injection, limited to what the
 * module asks for; a picture of all that a process can see of its regions; and a
 * count of the pages that the module has charged to a cgroup.
 *
 * The knobs are the whole machine's: only one such program can run at a time, as
 * root.  It puts them back when it ends.
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include "hostmem_limits.h"

#include <sys/stat.h>

/*
 * The knobs
 */

#define DEBUGFS		"/sys/kernel/debug/"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

#define SLAB		"failslab/"
#define PAGES		"fail_page_alloc/"
#define COPY		"fail_usercopy/"

/* All that is changed, with the value that holds for all tests, if there is one. */
static struct knob {
	const char *name;
	const char *value;
	char before[32];
} knobs[] = {
	/* What may sleep or reclaim can fail, too: that is all the module asks for. */
	{ SLAB "ignore-gfp-wait", "N" },
	{ PAGES "ignore-gfp-wait", "N" },
	{ PAGES "ignore-gfp-highmem", "N" },
	{ PAGES "min-order", "0" },
	/* By the number of fail-nth alone, and without a back trace in the log. */
	{ SLAB "probability", "0" },
	{ PAGES "probability", "0" },
	{ COPY "probability", "0" },
	{ SLAB "verbose", "0" },
	{ PAGES "verbose", "0" },
	{ COPY "verbose", "0" },
	/* How far up the module's calls are looked for: as far as the kernel can. */
	{ SLAB "stacktrace-depth", "32" },
	{ PAGES "stacktrace-depth", "32" },
	{ COPY "stacktrace-depth", "32" },
	/* Not what slabs and kmemleak ask for themselves: see ignore_function(). */
	{ SLAB "reject-start" },
	{ SLAB "reject-end" },
	{ PAGES "reject-start" },
	{ PAGES "reject-end" },
	/* For whom something fails: see choose_faults(). */
	{ SLAB "require-start" },
	{ SLAB "require-end" },
	{ PAGES "require-start" },
	{ PAGES "require-end" },
	{ COPY "require-start" },
	{ COPY "require-end" },
};

static uint64_t module_start, module_end;
static bool knobs_set;
static pid_t knobs_owner;

HELPER bool set_knob(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s", name);
	return write_file(path, value);
}

static bool get_knob(struct knob *knob)
{
	char path[128];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s", knob->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, knob->before, sizeof(knob->before) - 1);
	close(fd);
	return length > 0;
}

/* Where the module's code is; false if the kernel doesn't say. */
static bool find_module(void)
{
	FILE *file = fopen("/proc/modules", "r");
	uint64_t size, start;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "hostmem %" SCNu64 " %*s %*s %*s 0x%" SCNx64,
			   &size, &start) == 2 && start) {
			module_start = start;
			module_end = start + size;
		}
	if (file)
		fclose(file);
	return module_end;
}

static bool set_range(const char *kind, const char *what, uint64_t start,
		      uint64_t end)
{
	char name[64], value[32];
	bool good;

	snprintf(name, sizeof(name), "%s%s-start", kind, what);
	snprintf(value, sizeof(value), "%#" PRIx64, start);
	good = set_knob(name, value);
	snprintf(name, sizeof(name), "%s%s-end", kind, what);
	snprintf(value, sizeof(value), "%#" PRIx64, end);
	return set_knob(name, value) && good;
}

/*
 * Nothing fails that a function of the kernel asks for.  That of slabs wants a
 * page now and then, which shifts the numbers of all that comes behind it; that
 * of kmemleak doubles them.
 */
static bool ignore_function(const char *kind, const char *function)
{
	uint64_t addr, start = 0, end = 0;
	char line[256], name[128];
	FILE *file = fopen("/proc/kallsyms", "r");

	while (file && !end && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 " %*c %127s", &addr, name) != 2)
			continue;
		if (start && addr > start)
			end = addr;
		else if (!strcmp(name, function))
			start = addr;
	}
	if (file)
		fclose(file);
	/* A kernel that has no such function doesn't call it. */
	return !end || set_range(kind, "reject", start, end);
}

/*
 * A kernel without fault injection runs other tests.  One that has it has all of
 * it, or these tests fail.
 */
static void __attribute__((constructor)) set_knobs(void)
{
	struct knob *knob;

	if (access(FAIL_NTH, F_OK)) {
		ksft_print_header();
		ksft_exit_skip("there is no " FAIL_NTH
			       ": a kernel without fault injection\n");
	}
	knobs_owner = getpid();
	knobs_set = find_module();
	for (knob = knobs; knob < knobs + ARRAY_SIZE(knobs); knob++)
		if (!get_knob(knob) ||
		    (knob->value && !set_knob(knob->name, knob->value)))
			knobs_set = false;
	knobs_set &= ignore_function(PAGES, "allocate_slab") &&
		     ignore_function(SLAB, "__create_object");
}

static void __attribute__((destructor)) restore_knobs(void)
{
	struct knob *knob;

	if (getpid() != knobs_owner)
		return;
	for (knob = knobs; knob < knobs + ARRAY_SIZE(knobs); knob++)
		if (knob->before[0])
			set_knob(knob->name, knob->before);
}

/* What fails: what the module allocates or copies, or what anyone allocates. */
enum faults {
	ALLOCATIONS,
	COPIES,
	ALL_ALLOCATIONS,
};

/* An empty range lets nothing of a kind fail. */
HELPER bool choose_faults(enum faults which)
{
	uint64_t start = which == ALL_ALLOCATIONS ? 0 : module_start;
	uint64_t end = which == ALL_ALLOCATIONS ? UINT64_MAX : module_end;
	bool copies = which == COPIES;

	return knobs_set &&
	       set_range(SLAB, "require", copies ? 0 : start, copies ? 0 : end) &&
	       set_range(PAGES, "require", copies ? 0 : start, copies ? 0 : end) &&
	       set_range(COPY, "require", copies ? start : 0, copies ? end : 0);
}

/* The number belongs to a thread; -1 before open_nth(). */
static int nth_fd = -1;

HELPER bool open_nth(void)
{
	nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	return nth_fd >= 0;
}

HELPER bool arm(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	return pwrite(nth_fd, text, length, 0) == length;
}

/* From here on nothing fails.  Return: has something failed since arm()? */
HELPER bool disarm(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 1 ||
	    pwrite(nth_fd, "0", 1, 0) != 1)
		_exit(99);
	return !strtoul(text, NULL, 10);
}

/*
 * The picture
 */

#define MOST_RUNS	256
#define MOST_WRITTEN	16384

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
 */
struct picture {
	struct hostmem_status status;
	size_t nr;
	struct picture_run runs[MOST_RUNS];
	uint64_t contents;
	uint64_t written;
	uint64_t which;
	uint64_t wrong;
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

HELPER int raw_watch(int fd, uintptr_t addr, size_t length, uint32_t flags,
		     uint64_t *pages, uint64_t *count)
{
	struct hostmem_watch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.addr = addr,
		.length = length,
		.pages = (uintptr_t)pages,
		.count = *count,
	};
	int err = raw_call(fd, HOSTMEM_IOC_WATCH, &arg);

	*count = arg.out_count;
	return err;
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
	return a->wrong || b->wrong ? "what may be accessed" : NULL;
}

/*
 * What is left.  kmemleak, which vm/run asks, knows nothing of pages; but they are
 * charged to the cgroup of who commits them.
 */

#define CGROUPS		"/sys/fs/cgroup/"
#define GROUP		CGROUPS "hostmem-fail-nth"

/* vmalloc areas that the module has made and not dropped. */
HELPER int module_areas(void)
{
	FILE *file = fopen("/proc/vmallocinfo", "r");
	char line[256];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, "[hostmem]");
	fclose(file);
	return count;
}

/* All the pages of the machine that are charged to a cgroup; -1 if unknown. */
HELPER long charged_pages(const char *group)
{
	int fd = open("/proc/kpagecgroup", O_RDONLY | O_CLOEXEC);
	static uint64_t owners[8192];
	struct stat stat_of_group;
	ssize_t length, i;
	long count = 0;

	if (fd < 0 || stat(group, &stat_of_group))
		return -1;
	while ((length = read(fd, owners, sizeof(owners))) > 0)
		for (i = 0; i < length / 8; i++)
			count += owners[i] == stat_of_group.st_ino;
	close(fd);
	return length ? -1 : count;
}

#endif /* FAIL_NTH_H */
