/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's fault injection for fail_nth.c: limited to what the module asks for,
 * and to one thing at a time.
 *
 * The knobs are the whole machine's: only one such program can run at a time, as
 * root.  It puts them back when it ends.
 */
#ifndef FAULTS_KNOBS_H
#define FAULTS_KNOBS_H

#include "hostmem_limits.h"

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

#endif /* FAULTS_KNOBS_H */
