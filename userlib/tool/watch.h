/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * "hostmem watch": what stat says, again and again.  For main.c.
 */
#ifndef HOSTMEM_TOOL_WATCH_H
#define HOSTMEM_TOOL_WATCH_H

#include "tool.h"

/* Returns when the user ends it, or after so many times.  False with a message. */
bool watch_run(struct tool *tool);

#endif
