/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fdinfo*.c share: /proc/PID/fdinfo/N of the device, read and taken apart.
 */
#ifndef FDINFO_H
#define FDINFO_H

#include "hostmem_child.h"
#include "hostmem_limits.h"

/* Room for all that can be told, and more. */
static char fdinfo[MIB];

/* Where the module's own lines begin; NULL if the file can't be read. */
HELPER const char *read_fdinfo_in(const char *proc, pid_t pid, int fd)
{
	size_t length = 0;
	char path[64];
	ssize_t done;
	int file;

	if (pid)
		snprintf(path, sizeof(path), "%s/%d/fdinfo/%d", proc, pid, fd);
	else
		snprintf(path, sizeof(path), "%s/self/fdinfo/%d", proc, fd);
	fdinfo[0] = 0;
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return NULL;
	while ((done = read(file, fdinfo + length, sizeof(fdinfo) - 1 - length)) > 0)
		length += done;
	close(file);
	fdinfo[length] = 0;
	return done ? NULL : strstr(fdinfo, "hostmem-regions:");
}

/* @pid: 0 for the process itself */
HELPER const char *read_fdinfo(pid_t pid, int fd)
{
	return read_fdinfo_in("/proc", pid, fd);
}

/* The line of a key without its end, in a buffer of its own; "" if there is none. */
HELPER const char *line_of(const char *key)
{
	static char line[256];
	const char *at = fdinfo;
	size_t length = strlen(key);

	line[0] = 0;
	for (; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, key, length) && at[length] == ':') {
			snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
			break;
		}
	}
	return line;
}

/* The number of a key; -1 if there is no such line. */
HELPER int64_t number_of(const char *key)
{
	const char *line = line_of(key);

	return *line ? strtoll(line + strlen(key) + 2, NULL, 10) : -1;
}

/* The same of one in kB, in bytes; -1 if it isn't. */
HELPER int64_t bytes_of(const char *key)
{
	const char *line = line_of(key);
	char *end;
	int64_t kib;

	if (!*line)
		return -1;
	kib = strtoll(line + strlen(key) + 2, &end, 10);
	return strcmp(end, " kB") ? -1 : kib * (int64_t)KIB;
}

/* How many regions have a line, in ascending order; -1 if they aren't. */
HELPER int regions_told(void)
{
	uintptr_t start, end, before = 0;
	const char *at = fdinfo;
	int nr = 0;

	while ((at = strstr(at, "hostmem-region:\t"))) {
		at += strlen("hostmem-region:\t");
		if (sscanf(at, "%" SCNxPTR "-%" SCNxPTR, &start, &end) != 2 ||
		    start < before || end <= start)
			return -1;
		before = end;
		nr++;
	}
	return nr;
}

/* The line of the region at an address: what comes behind its range; NULL: none. */
HELPER const char *region_told(uintptr_t start)
{
	static char rest[128];
	char begin[64];
	const char *at;

	snprintf(begin, sizeof(begin), "hostmem-region:\t%08" PRIxPTR "-", start);
	at = strstr(fdinfo, begin);
	if (!at)
		return NULL;
	at += strlen(begin) + strcspn(at + strlen(begin), " ") + 1;
	snprintf(rest, sizeof(rest), "%.*s", (int)strcspn(at, "\n"), at);
	return rest;
}

#define EXPECT_REGION(expected, start) do {				\
	const char *__told = region_told(start);			\
									\
	EXPECT_STREQ(expected, __told ?: "no such line")		\
		TH_LOG("%s", fdinfo);					\
} while (0)

#endif /* FDINFO_H */
