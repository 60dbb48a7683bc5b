/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What "hostmem map" shows of an address space, whether on a terminal (map.c) or as SVG
 * (svg.c): totals by kind, the regions of hostmem, and the rest by name.
 */
#ifndef HOSTMEM_TOOL_PICTURE_H
#define HOSTMEM_TOOL_PICTURE_H

#include "maps.h"
#include "scan.h"

struct sum {
	uint64_t mappings;
	uint64_t size_kb, resident_kb;
};

/* Mappings of one kind and name. */
struct group {
	enum kind kind;
	const char *name;	/* belongs to the mappings */
	struct sum sum;
};

/* Owns all it has.  Freed by picture_free(). */
struct picture {
	uint64_t pid;
	char name[64];
	struct maps maps;
	struct sum kind[KINDS];
	struct sum all;
	struct region *region;		/* by address; not all are known */
	size_t regions;
	bool *region_shown;		/* for each region */
	size_t regions_hidden;		/* how many aren't shown, */
	uint64_t hidden_kb;		/* and what these have committed */
	uint64_t reserved_kb, committed_kb;
	uint64_t limit_kb;		/* of its managers together; 0 if one has none */
	bool open;			/* the process has a descriptor for its own memory */
	struct group *group;		/* but for hostmem; largest first */
	size_t groups;
	size_t groups_shown;		/* the first ones */
};

/*
 * Looks at a process; shows at most so many entries of each list, those with the most
 * memory, unless all are wanted.  False with a message; picture_free() in either case.
 */
bool picture_take(struct tool *tool, uint64_t pid, size_t most, struct picture *picture);

void picture_free(struct picture *picture);

/*
 * What cell number at of a bar with width cells has committed: 0 nothing, 9 all of it, 1 to 8
 * what lies between.  *guard: there is a guard page in it.
 */
unsigned int picture_cell(const struct region *region, unsigned int at, unsigned int width,
			  bool *guard);

/* What a mapping without a name is called. */
const char *picture_group_name(const struct group *group);

/* The sum's part that a bar shows: its size, or what is resident. */
void picture_parts(const struct picture *picture, bool resident, uint64_t parts[KINDS]);

#endif
