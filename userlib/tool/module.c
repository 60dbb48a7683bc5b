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
	{ "charged_kb", offsetof(struct module, charged_kb) },
	{ "limit_kb", offsetof(struct module, limit_kb) },
	{ "waiting", offsetof(struct module, waiting) },
	{ "refused", offsetof(struct module, refused) },
	{ "reset_kb", offsetof(struct module, reset_kb) },
	{ "pooled_kb", offsetof(struct module, pooled_kb) },
	{ "spaces", offsetof(struct module, spaces) },
};

bool module_loaded(struct tool *tool)
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

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

/* The names of all parameters, in order; the caller frees each, and the array. */
static char **list_parameters(struct tool *tool, size_t *count)
{
	int fd = openat(tool->root, PARAMETERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char **names = NULL;

	*count = 0;
	if (!directory) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	while ((entry = readdir(directory))) {
		char *name = entry->d_name[0] == '.' ? NULL : strdup(entry->d_name);

		if (!name)
			continue;
		names = tool_grow(names, *count + 1, sizeof(*names));
		names[(*count)++] = name;
	}
	closedir(directory);
	if (names)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

/* One that can't be read, which some are to others than root, isn't there. */
static char *read_parameters(struct tool *tool)
{
	enum text_form form = screen_form(&tool->screen);
	char *all = NULL, **names;
	size_t size, count;
	FILE *out;

	out = open_memstream(&all, &size);
	if (!out)
		return NULL;
	names = list_parameters(tool, &count);
	for (size_t i = 0; i < count; i++) {
		char path[300], text[100], name[200], value[200];

		snprintf(path, sizeof(path), PARAMETERS "/%s", names[i]);
		if (tool_read(tool, path, text, sizeof(text))) {
			text_escape(name, sizeof(name), names[i], form, 40);
			text_escape(value, sizeof(value), text, form, 40);
			fprintf(out, "%s%s=%s", i ? " " : "", name, value);
		}
		free(names[i]);
	}
	free(names);
	fclose(out);
	return all;
}

bool module_read(struct tool *tool, struct module *module)
{
	*module = (struct module){ .parameters = NULL };
	if (!module_loaded(tool))
		return false;
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (!read_counter(tool, module, &counters[i]))
			goto unloaded;
	module->parameters = read_parameters(tool);
	return true;

unloaded:
	/* In the meantime, perhaps: that is a better message. */
	module_loaded(tool);
	return false;
}

void module_free(struct module *module)
{
	free(module->parameters);
	module->parameters = NULL;
}
