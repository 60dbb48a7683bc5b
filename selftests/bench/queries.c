// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring queries.  See queries.h.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "by.h"
#include "pages.h"
#include "prove.h"
#include "queries.h"
#include "ticks.h"
#include "turns.h"

#define LAST_ADDRESS	0x7ffffffeffff
#define WALK_ROUNDS	3u

/* From <linux/fs.h> of 6.11 and later. */
struct procmap_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};

#define PROCMAP		_IOWR('f', 17, struct procmap_query)
#define PROCMAP_OR_NEXT	0x10u

static int maps;
static bool has_procmap;

/**
 * struct question - what is asked again and again
 * @addr: about what
 * @answer: where that mapping ends
 */
struct question {
	char *addr;
	uintptr_t answer;
};

static void ours(void *arg)
{
	struct question *question = arg;
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;

	must(HostVirtualQuery(question->addr, &info, sizeof(info), &length), "query");
	question->answer = (uintptr_t)info.BaseAddress + info.RegionSize;
}

static void procmap(void *arg)
{
	struct question *question = arg;
	struct procmap_query query = {
		.size = sizeof(query),
		.query_addr = (uintptr_t)question->addr,
	};

	must_not_fail(ioctl(maps, PROCMAP, &query), "PROCMAP_QUERY");
	question->answer = query.vma_end;
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
 * Reads /proc/self/maps up to the line with the address, as fast as one can.  Returns
 * where that mapping ends, or 0 if there is none; @lines counts lines.
 */
static uintptr_t read_maps(uintptr_t addr, unsigned int *lines)
{
	static char buffer[1 << 16];
	int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	uintptr_t start, end, found = 0;
	size_t filled = 0;
	ssize_t got;

	while (!found && (got = read(file, buffer + filled, sizeof(buffer) - 1 - filled)) > 0) {
		char *line = buffer, *newline;

		filled += (size_t)got;
		buffer[filled] = '\0';
		while (!found && (newline = memchr(line, '\n', filled - (size_t)(line - buffer)))) {
			parse_hex(parse_hex(line, &start) + 1, &end);
			if (addr < end)
				found = end;
			++*lines;
			line = newline + 1;
		}
		filled -= (size_t)(line - buffer);
		memmove(buffer, line, filled);
	}
	close(file);
	return found;
}

static void by_maps(void *arg)
{
	struct question *question = arg;
	unsigned int lines = 0;

	question->answer = read_maps((uintptr_t)question->addr, &lines);
}

void queries_open(void)
{
	struct procmap_query query = {
		.size = sizeof(query),
		.query_addr = (uintptr_t)&has_procmap,
	};

	maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	has_procmap = !ioctl(maps, PROCMAP, &query);
}

void queries_row(const char *work, const char *size, char *addr, unsigned int rounds)
{
	struct question questions[3] = { { addr, 0 }, { addr, 0 }, { addr, 0 } };
	const struct side sides[] = {
		{ OURS, ' ', NULL, ours, NULL, &questions[0] },
		{ SMALL, BY_PROCMAP, NULL, procmap, NULL, &questions[1] },
		{ SMALL, BY_MAPS, NULL, by_maps, NULL, &questions[2] },
	};
	struct row row = { .work = work, .size = size };
	struct figure slow[NR_COLUMNS];

	take_turns(sides, has_procmap ? 2 : 1, rounds, 1, row.figures);
	take_turns(&sides[2], 1, has_procmap ? 1 : rounds / 10, 1, slow);
	keep_better(&row.figures[SMALL], slow[SMALL]);
	if (questions[0].answer != questions[2].answer ||
	    (has_procmap && questions[1].answer != questions[2].answer))
		errx(1, "queries of %p disagree", (void *)addr);
	report_row(&row);
}

static unsigned int walk_ours(void)
{
	MEMORY_BASIC_INFORMATION info;
	unsigned int steps = 0;
	uintptr_t at = 0x10000;
	SIZE_T length;

	for (; at < LAST_ADDRESS; steps++) {
		must(HostVirtualQuery((void *)at, &info, sizeof(info), &length), "query");
		at = (uintptr_t)info.BaseAddress + info.RegionSize;
	}
	return steps;
}

/* Gaps are no steps: they are between two answers. */
static unsigned int walk_procmap(void)
{
	struct procmap_query query = { .size = sizeof(query), .query_flags = PROCMAP_OR_NEXT };
	unsigned int steps = 0;

	for (; !ioctl(maps, PROCMAP, &query); steps++) {
		query.query_addr = query.vma_end;
		query.vma_name_size = 0;
		query.build_id_size = 0;
	}
	return steps;
}

static unsigned int walk_maps(void)
{
	unsigned int lines = 0;

	read_maps(UINTPTR_MAX, &lines);
	return lines;
}

static struct figure walk(unsigned int (*walk_once)(void), char by)
{
	struct samples samples = {};
	unsigned int round, steps = 0;

	ticks_settle();
	for (round = 0; round < WALK_ROUNDS; round++) {
		uint64_t start = ticks_now();

		steps = walk_once();
		samples_add(&samples, ticks_now() - start);
	}
	return figure_of(&samples, steps, by);
}

void queries_walk_row(const char *work, const char *size)
{
	struct row row = { .work = work, .size = size };

	row.figures[OURS] = walk(walk_ours, ' ');
	row.figures[SMALL] = walk(walk_maps, BY_MAPS);
	if (has_procmap)
		keep_better(&row.figures[SMALL], walk(walk_procmap, BY_PROCMAP));
	report_row(&row);
}

bool queries_prove(void)
{
	char *mem = our_memory(MIB, 0);
	struct question question = { mem + 64 * KIB, 0 };
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;
	DWORD old;
	bool ok;

	must(HostVirtualProtect(mem + 512 * KIB, PAGE, PAGE_READONLY, &old), "protect");
	must(HostVirtualQuery(mem + 512 * KIB, &info, sizeof(info), &length), "query");
	ok = proved(info.State == MEM_COMMIT && info.Protect == PAGE_READONLY &&
		    info.RegionSize == PAGE && info.AllocationBase == mem, "query",
		    "it knows state, protection and extent of a page");
	ours(&question);
	ok &= proved(question.answer == (uintptr_t)mem + 512 * KIB, "query",
		     "it tells where pages that are alike end");
	by_maps(&question);
	ok &= proved(question.answer == (uintptr_t)mem + MIB, "/proc/self/maps",
		     "it tells where the mapping ends");
	question.answer = 0;
	if (has_procmap)
		procmap(&question);
	ok &= proved(!has_procmap || question.answer == (uintptr_t)mem + MIB, "PROCMAP_QUERY",
		     "it tells where the mapping ends");
	our_free(mem);
	return ok;
}

void queries_report(void)
{
	char *mem = our_memory(16 * MIB, 0);

	queries_row("query, middle of", "16 MiB", mem + 8 * MIB, 31);
	queries_row("query, start of", "16 MiB", mem, 31);
	our_free(mem);
	mem = our_memory(512 * MIB, 0);
	queries_row("query, middle of", "512 MiB", mem + 256 * MIB, 31);
	queries_row("query, start of", "512 MiB", mem, 31);
	our_free(mem);
}
