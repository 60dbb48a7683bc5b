// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring calls.  See calls.h.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/hostmem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "calls.h"
#include "ticks.h"

#define GRANULE		65536

static void our_reserve_release(size_t size)
{
	void *mem;

	if (HostVirtualAlloc(NULL, size, MEM_RESERVE, PAGE_READWRITE,
			     eProcessCritical, &mem) != S_OK ||
	    HostVirtualFree(mem, 0, MEM_RELEASE) != S_OK)
		errx(1, "reserve and release");
}

static void mmap_munmap(size_t size)
{
	void *mem = mmap(NULL, size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED || munmap(mem, size))
		err(1, "mmap and munmap");
}

void calls_measure_reserve(size_t size, unsigned int rounds,
			   struct figure figures[NR_COLUMNS])
{
	static void (*const reserve_release[2])(size_t size) = {
		our_reserve_release, mmap_munmap,
	};
	struct samples samples[2] = {};
	unsigned int round, i;

	for (round = 0; round <= rounds; round++) {
		for (i = 0; i < 2; i++) {
			unsigned int which = (i + round) % 2;
			uint64_t start = ticks_now();

			reserve_release[which](size);
			start = ticks_now() - start;
			if (round)
				samples_add(&samples[which], start);
		}
	}
	figures[OURS] = figure_of(&samples[0], 1, ' ');
	figures[SMALL] = figure_of(&samples[1], 1, ' ');
}

static uintptr_t our_query(char *addr)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;

	if (HostVirtualQuery(addr, &info, sizeof(info), &length) != S_OK)
		errx(1, "query");
	return (uintptr_t)info.BaseAddress + info.RegionSize;
}

static char *parse_hex(char *text, uintptr_t *value)
{
	*value = 0;
	for (;; text++) {
		if (*text >= '0' && *text <= '9')
			*value = *value * 16 + (uintptr_t)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			*value = *value * 16 + (uintptr_t)(*text - 'a' + 10);
		else
			return text;
	}
}

/*
 * Reads /proc/self/maps up to the line with the address, as fast as one can, and
 * returns where that mapping ends.
 */
static uintptr_t maps_query(char *addr)
{
	static char buffer[1 << 16];
	uintptr_t start, end = 0;
	size_t filled = 0;
	ssize_t got;
	int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	while ((got = read(file, buffer + filled, sizeof(buffer) - 1 - filled)) > 0) {
		char *line = buffer, *newline;

		filled += (size_t)got;
		buffer[filled] = '\0';
		while ((newline = memchr(line, '\n', filled - (size_t)(line - buffer)))) {
			parse_hex(parse_hex(line, &start) + 1, &end);
			if ((uintptr_t)addr < end)
				goto found;
			line = newline + 1;
		}
		filled -= (size_t)(line - buffer);
		memmove(buffer, line, filled);
	}
	errx(1, "%p is not in /proc/self/maps", (void *)addr);
found:
	close(file);
	return end;
}

void calls_measure_query(unsigned int nr, unsigned int rounds,
			 struct figure figures[NR_COLUMNS])
{
	static uintptr_t (*const query[2])(char *addr) = { our_query, maps_query };
	struct samples samples[2] = {};
	char **regions = calloc(nr, sizeof(*regions));
	uintptr_t answers[2];
	unsigned int round, i;
	char *addr;

	for (i = 0; i < nr; i++) {
		void *mem;

		if (HostVirtualAlloc(NULL, GRANULE, MEM_RESERVE, PAGE_READWRITE,
				     eProcessCritical, &mem) != S_OK)
			errx(1, "region %u of %u", i, nr);
		regions[i] = mem;
	}
	addr = regions[nr / 2];
	for (round = 0; round <= rounds; round++) {
		for (i = 0; i < 2; i++) {
			unsigned int which = (i + round) % 2;
			uint64_t start = ticks_now();

			answers[which] = query[which](addr);
			start = ticks_now() - start;
			if (round)
				samples_add(&samples[which], start);
		}
		if (answers[0] != answers[1])
			errx(1, "queries of %p disagree", (void *)addr);
	}
	for (i = 0; i < nr; i++)
		HostVirtualFree(regions[i], 0, MEM_RELEASE);
	free(regions);
	figures[OURS] = figure_of(&samples[0], 1, ' ');
	figures[SMALL] = figure_of(&samples[1], 1, ' ');
}

struct figure calls_null_syscall(void)
{
	struct samples samples = {};
	uint64_t start;

	while (samples.nr < MAX_SAMPLES) {
		start = ticks_now();
		syscall(SYS_getppid);
		samples_add(&samples, ticks_now() - start);
	}
	return figure_of(&samples, 1, ' ');
}

struct figure calls_null_ioctl(void)
{
	int device = open("/dev/hostmem", O_RDWR | O_CLOEXEC);
	struct samples samples = {};
	uint64_t start;

	while (samples.nr < MAX_SAMPLES) {
		start = ticks_now();
		ioctl(device, _IO(HOSTMEM_IOC_MAGIC, 0xff));
		samples_add(&samples, ticks_now() - start);
	}
	close(device);
	return figure_of(&samples, 1, ' ');
}
