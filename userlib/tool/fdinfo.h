/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the kernel shows of one file of the device in /proc/PID/fdinfo/N.  For scan.c and
 * picture.c.
 */
#ifndef HOSTMEM_TOOL_FDINFO_H
#define HOSTMEM_TOOL_FDINFO_H

#include "tool.h"

/* Cells that the kernel draws of a region at most. */
#define REGION_CELLS	32

struct region {
	uint64_t start, end;
	uint64_t committed_kb;
	bool known;			/* false: only its place is */
	bool watched, large, pinnable;
	char protect[4];		/* "rw-" */
	char map[REGION_CELLS + 1];	/* what each part has committed: see hostmem(4) */
};

/* One file: a manager and its memory.  Freed by fdinfo_free(). */
struct space {
	uint64_t id;			/* the module's number of the file: no two have the same */
	uint64_t owner;			/* process whose memory it is; 0: none that can be named */
	uint64_t regions, waiting, more_regions;
	uint64_t reserved_kb, committed_kb, overhead_kb, pinned_kb, prepared_kb, reset_kb;
	uint64_t limit_kb;		/* its own; 0: it has none but the module's */
	char flags[64];			/* words with commas between, or "" */
	struct region *region;		/* as far as the kernel lists them, by address */
	size_t listed;
};

/* Reads descriptor fd of a process; what it has found is the caller's. */
enum answer fdinfo_read(struct tool *tool, uint64_t pid, uint64_t fd, struct space *space);

void fdinfo_free(struct space *space);

#endif
