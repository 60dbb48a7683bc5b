/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel says about memory, mappings and the end of user space.  Part of
 * hostmem_test.h.
 */
#ifndef HOSTMEM_PROC_H
#define HOSTMEM_PROC_H

#include "hostmem_base.h"
#include "zoneinfo.h"

/* A line of a file like /proc/meminfo in bytes; -1 if there is no such line. */
HELPER int64_t proc_bytes(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	int64_t kib = -1;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) &&
		    line[strlen(name)] == ':')
			kib = strtoll(line + strlen(name) + 1, NULL, 10);
	if (file)
		fclose(file);
	return kib < 0 ? -1 : kib * (int64_t)KIB;
}

HELPER int64_t meminfo(const char *name)
{
	return proc_bytes("/proc/meminfo", name);
}

/*
 * Memory that is to be had.  Debug kernels also keep what slabs have freed, and find by
 * themselves what isn't.
 */
HELPER int64_t available_memory(void)
{
	int64_t pages = zoneinfo_available();

	if (pages < 0)
		return -1;
	return pages * (int64_t)PAGE + meminfo("SReclaimable") +
	       (is_debug_kernel() ? meminfo("SUnreclaim") : 0);
}

HELPER int64_t own_status(const char *name)
{
	return proc_bytes("/proc/self/status", name);
}

/* How many mappings of the device this process has; -1 if it can't be told. */
HELPER int device_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, DEVICE);
	fclose(file);
	return count;
}

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

/* How many mappings a process has in [start, end); -1 if it can't be told. */
HELPER int mappings(pid_t pid, uintptr_t start, uintptr_t end)
{
	uintptr_t from, to;
	char line[512];
	int count = 0;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/maps", pid);
	file = fopen(line, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2 &&
		    from < end && start < to)
			count++;
	fclose(file);
	return count;
}

/* What user space has at least. */
#ifdef __aarch64__
#define USER_BITS	48
#else
#define USER_BITS	47
#endif

/*
 * The end of user space.  With larger page tables it is where smaller ones have a hole, and
 * a mapping there tells.  x86 leaves out the last page.
 */
HELPER uintptr_t user_limit(void)
{
#ifdef __aarch64__
	uintptr_t four = (uintptr_t)1 << USER_BITS;
	uintptr_t five = (uintptr_t)1 << 52;
#else
	uintptr_t four = ((uintptr_t)1 << USER_BITS) - PAGE;
	uintptr_t five = ((uintptr_t)1 << 56) - PAGE;
#endif
	void *addr = (void *)((uintptr_t)1 << 50);
	void *map = mmap(addr, PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			 -1, 0);

	if (map == MAP_FAILED)
		return four;
	munmap(map, PAGE);
	return map == addr ? five : four;
}

#endif /* HOSTMEM_PROC_H */
