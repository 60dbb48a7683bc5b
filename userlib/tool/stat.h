/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * "hostmem stat": the module's limits and totals, and a table of processes.  For main.c and
 * watch.c.
 */
#ifndef HOSTMEM_TOOL_STAT_H
#define HOSTMEM_TOOL_STAT_H

#include "tool.h"

/*
 * Looks at all, and returns the text for screen_put(), which the caller frees; NULL with a
 * message.  In at most so many lines, if that isn't 0, as far as less than the first eight
 * aren't too few.
 */
char *stat_text(struct tool *tool, unsigned int lines);

#endif
