/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The mappings of a process, and what each is for, from /proc/PID/smaps or maps.  For
 * picture.c.
 */
#ifndef HOSTMEM_TOOL_MAPS_H
#define HOSTMEM_TOOL_MAPS_H

#include "tool.h"

enum kind {
	KIND_HOSTMEM,
	KIND_IMAGE,	/* programs and libraries, with what they have as .bss; the vDSO */
	KIND_HEAP,
	KIND_STACK,	/* of the first thread: those of others look like any memory */
	KIND_FILE,	/* other files, and shared memory */
	KIND_PRIVATE,
	KINDS
};

struct mapping {
	uint64_t start, end;
	uint64_t resident_kb;
	enum kind kind;
	bool executable, anonymous;
	char *name;		/* as the kernel writes it; "" if there is none */
};

/* Freed by maps_free(). */
struct maps {
	struct mapping *mapping;	/* by address */
	size_t count;
	bool resident;			/* resident_kb is known */
};

/* False with a message; maps_free() in either case. */
bool maps_read(struct tool *tool, uint64_t pid, struct maps *maps);

void maps_free(struct maps *maps);

/* "image" */
const char *maps_kind(enum kind kind);

#endif
