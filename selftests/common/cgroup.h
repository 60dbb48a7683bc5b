/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory cgroups of version 2: their files, and who is in them.  A program that
 * includes this is skipped where there are none.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "hostmem_limits.h"

#include <sys/stat.h>

#define CGROUPS		"/sys/fs/cgroup"

HELPER int64_t read_number(const char *group, const char *name)
{
	long long number = -1;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	file = fopen(path, "r");
	if (!file)
		return -1;
	if (fscanf(file, "%lld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

HELPER bool write_number(const char *group, const char *name, uint64_t number)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "%s/%s", group, name);
	snprintf(text, sizeof(text), "%" PRIu64, number);
	return write_file(path, text);
}

/* A line of memory.events; -1 if there is none. */
HELPER int64_t events(const char *group, const char *name)
{
	long long number = -1, value;
	char path[128], line[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/memory.events", group);
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fscanf(file, "%63s %lld", line, &value) == 2)
		if (!strcmp(line, name))
			number = value;
	fclose(file);
	return number;
}

HELPER bool join(const char *group)
{
	return write_number(group, "cgroup.procs", getpid());
}

HELPER int64_t current(const char *group)
{
	return read_number(group, "memory.current");
}

static void __attribute__((constructor)) skip_without_cgroups(void)
{
	if (!access(CGROUPS "/cgroup.subtree_control", F_OK))
		return;
	ksft_print_header();
	ksft_exit_skip("there are no cgroups of version 2 at " CGROUPS "\n");
}

/* Memory of a process is more than its commits, but not much. */
#define SLACK	((int64_t)(2 * MIB))

/*
 * Each processor keeps up to 64 pages at hand that are charged for nobody yet.  What of
 * that is counted before may be given back meanwhile.
 */
#define STOCK	((int64_t)(64 * PAGE * sysconf(_SC_NPROCESSORS_ONLN)))

#endif /* CGROUP_H */
