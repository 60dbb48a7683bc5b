/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the user has asked for, and what goes wrong while it is done: main() owns it, all
 * files here get it; and files below the root that it has.
 */
#ifndef HOSTMEM_TOOL_TOOL_H
#define HOSTMEM_TOOL_TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "screen.h"

struct tool {
	int root;		/* the directory that has proc and sys */
	bool exact;		/* -k: sizes are numbers of KiB */
	bool all;		/* --all: no list is shortened */
	const char *svg;	/* --svg: file to write, or NULL */
	uint64_t interval_ms;	/* -n: of watch */
	uint64_t count;		/* -c: blocks of watch, 0: until it is ended */
	uint64_t limit_kb;	/* the module's, as it was last read; 0: none */
	struct screen screen;
	char error[400];	/* what failed, for main() to print: may have any bytes */
};

/* What became of an attempt to read something of a process. */
enum answer {
	ANSWER_OK,
	ANSWER_OTHER,		/* it is no file of the device */
	ANSWER_GONE,		/* the process has ended, or has closed it */
	ANSWER_DENIED,
	ANSWER_FAILED,		/* tool->error says how */
};

/* Remembers the message and returns false. */
bool tool_fail(struct tool *tool, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ANSWER_GONE, ANSWER_DENIED, or for any other errno ANSWER_FAILED with a message. */
enum answer tool_answer(struct tool *tool, const char *path, int error);

/* Opens a file below the root for reading; NULL with errno. */
FILE *tool_open(struct tool *tool, const char *path);

/*
 * Reads a small file below the root: at most size - 1 bytes, less the newline at its end.
 * Bytes of 0 end it.  False with errno.
 */
bool tool_read(struct tool *tool, const char *path, char *text, size_t size);

/* Memory for count entries; there is none to go on with when it fails, so that ends the tool. */
void *tool_grow(void *array, size_t count, size_t size);

/* The name of a process, "?" if it can't be read. */
void tool_process_name(struct tool *tool, uint64_t pid, char *name, size_t size);

#endif
