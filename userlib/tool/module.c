// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The module's counters and parameters.  See module.h.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module.h"

#define COUNTERS	"sys/class/misc/hostmem"
#define PARAMETERS	"sys/module/hostmem/parameters"

static const struct counter {
	const char *name;
	size_t offset;
} counters[] = {
	{ "limit_kb", offsetof(struct module, limit_kb) },
	{ "charged_kb", offsetof(struct module, charged_kb) },
	{ "waiting", offsetof(struct module, waiting) },
	{ "refused", offsetof(struct module, refused) },
	{ "reset_kb", offsetof(struct module, reset_kb) },
	{ "pooled_kb", offsetof(struct module, pooled_kb) },
	{ "spaces", offsetof(struct module, spaces) },
};

static bool is_loaded(struct tool *tool)
{
	struct stat status;

	if (!fstatat(tool->root, COUNTERS, &status, 0))
		return true;
	if (errno == ENOENT || errno == ENOTDIR)
		return tool_fail(tool, "the module is not loaded");
	return tool_fail(tool, "/" COUNTERS ": %s", strerror(errno));
}

static bool read_counter(struct tool *tool, struct module *module, const struct counter *counter)
{
	char path[64], text[64];
	uint64_t number;

	snprintf(path, sizeof(path), COUNTERS "/%s", counter->name);
	if (!tool_read(tool, path, text, sizeof(text)))
		return tool_fail(tool, "/%s: %s", path, strerror(errno));
	if (!text_whole(text, &number))
		return tool_fail(tool, "/%s: can't make sense of: %s", path, text);
	memcpy((char *)module + counter->offset, &number, sizeof(number));
	return true;
}

/* Longer names than modules' parameters have. */
struct parameter {
	char name[64];
};

static int by_name(const void *a, const void *b)
{
	const struct parameter *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* The names of all parameters, in order; the caller frees the array. */
static struct parameter *list_parameters(struct tool *tool, size_t *count)
{
	int fd = openat(tool->root, PARAMETERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct parameter *all = NULL;
	struct dirent *entry;

	*count = 0;
	if (!directory) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(all->name))
			continue;
		all = tool_grow(all, *count + 1, sizeof(*all));
		strcpy(all[(*count)++].name, entry->d_name);
	}
	closedir(directory);
	if (all)
		qsort(all, *count, sizeof(*all), by_name);
	return all;
}

/* One that can't be read, which some are to others than root, isn't there. */
static char *read_parameters(struct tool *tool)
{
	enum text_form form = screen_form(&tool->screen);
	struct parameter *parameters;
	size_t size, count;
	char *all = NULL;
	FILE *out;

	out = open_memstream(&all, &size);
	if (!out)
		return NULL;
	parameters = list_parameters(tool, &count);
	for (size_t i = 0; i < count; i++) {
		char path[100], text[100], name[200], value[200];

		snprintf(path, sizeof(path), PARAMETERS "/%s", parameters[i].name);
		if (!tool_read(tool, path, text, sizeof(text)))
			continue;
		text_escape(name, sizeof(name), parameters[i].name, form, 40);
		text_escape(value, sizeof(value), text, form, 40);
		fprintf(out, "%s%s=%s", ftell(out) ? " " : "", name, value);
	}
	free(parameters);
	fclose(out);
	return all;
}

/* All of them, or those up to the limit. */
static bool read_counters(struct tool *tool, struct module *module, size_t count)
{
	*module = (struct module){ .parameters = NULL };
	if (!is_loaded(tool))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_counter(tool, module, &counters[i])) {
			/* It may just have been unloaded: that is a better message. */
			is_loaded(tool);
			return false;
		}
	}
	/* More than there are addresses. */
	if (module->limit_kb >= UINT64_MAX >> 10)
		module->limit_kb = 0;
	tool->limit_kb = module->limit_kb;
	return true;
}

bool module_limit(struct tool *tool)
{
	struct module module;

	return read_counters(tool, &module, 1);
}

bool module_read(struct tool *tool, struct module *module)
{
	if (!read_counters(tool, module, sizeof(counters) / sizeof(counters[0])))
		return false;
	module->parameters = read_parameters(tool);
	return true;
}

void module_free(struct module *module)
{
	free(module->parameters);
	module->parameters = NULL;
}
