/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * "hostmem map PID" on a terminal, and as SVG.  For main.c.
 */
#ifndef HOSTMEM_TOOL_MAP_H
#define HOSTMEM_TOOL_MAP_H

#include "picture.h"

/* The text for screen_put(), which the caller frees; NULL with a message. */
char *map_text(struct tool *tool, uint64_t pid);

/* Writes the file that --svg names, "-" being standard output.  False with a message. */
bool map_svg(struct tool *tool, uint64_t pid);

#endif
