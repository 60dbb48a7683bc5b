/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the kernel shows of the module as a whole, in /sys/class/misc/hostmem and
 * /sys/module/hostmem/parameters.  For main.c, stat.c and watch.c.
 */
#ifndef HOSTMEM_TOOL_MODULE_H
#define HOSTMEM_TOOL_MODULE_H

#include "tool.h"

/* Freed by module_free(). */
struct module {
	uint64_t charged_kb, waiting, refused, reset_kb, pooled_kb, spaces;
	uint64_t limit_kb;	/* 0: none, but what there is */
	char *parameters;	/* "a=1 b=2", escaped for the screen */
};

/* Reads the limit of the module into the tool.  False with a message, and if it isn't loaded. */
bool module_limit(struct tool *tool);

/* False with a message; then there is nothing to free. */
bool module_read(struct tool *tool, struct module *module);

void module_free(struct module *module);

#endif
