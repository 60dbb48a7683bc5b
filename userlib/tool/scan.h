/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Who has the device open, and whose memory that is: one look at all processes.  For stat.c
 * and watch.c; picture.c uses it for one process.
 */
#ifndef HOSTMEM_TOOL_SCAN_H
#define HOSTMEM_TOOL_SCAN_H

#include "fdinfo.h"

/*
 * A process that has a file of the device, or whose memory one is.  Lists have commas, and
 * end with dots if there was no room for all.
 */
struct process {
	uint64_t pid;		/* 0: nobody that can be named from here */
	char name[64];
	bool open;		/* it has a descriptor */
	uint64_t files;		/* different ones with its own memory; those are summed up here: */
	uint64_t regions, waiting;
	uint64_t reserved_kb, committed_kb, overhead_kb, pinned_kb, prepared_kb, reset_kb;
	uint64_t limit_kb;	/* of all together; 0 if one has none */
	char flags[64];
	char owners[48];	/* of files that it has, but that aren't for its own memory */
	char holders[48];	/* of its files, if it has none of them itself */
};

/* A descriptor of process pid that is of file number space. */
struct holder {
	uint64_t pid;
	size_t space;
};

/* Freed by scan_free(). */
struct scan {
	struct space *spaces;
	size_t space_count;
	struct holder *holders;
	size_t holder_count;
	struct process *processes;	/* those with the most memory first */
	size_t process_count;
	size_t hidden;			/* processes that can't be looked at */
};

/* Looks at one process, and adds what it has open; ANSWER_GONE if it isn't there any more. */
enum answer scan_process(struct tool *tool, struct scan *scan, uint64_t pid);

/* Looks at all of them.  False with a message; scan_free() in either case. */
bool scan_all(struct tool *tool, struct scan *scan);

void scan_free(struct scan *scan);

#endif
