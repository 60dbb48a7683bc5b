// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Errors, and files below the root.  See tool.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

bool tool_fail(struct tool *tool, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(tool->error, sizeof(tool->error), format, arguments);
	va_end(arguments);
	return false;
}

enum answer tool_answer(struct tool *tool, const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ESRCH:
		return ANSWER_GONE;
	case EACCES:
	case EPERM:
		return ANSWER_DENIED;
	default:
		tool_fail(tool, "/%s: %s", path, strerror(error));
		return ANSWER_FAILED;
	}
}

FILE *tool_open(struct tool *tool, const char *path)
{
	int fd = openat(tool->root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	FILE *file;

	if (fd < 0)
		return NULL;
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

bool tool_read(struct tool *tool, const char *path, char *text, size_t size)
{
	FILE *file = tool_open(tool, path);
	size_t length;
	int error;

	if (!file)
		return false;
	errno = 0;
	length = fread(text, 1, size - 1, file);
	error = ferror(file) ? errno : 0;
	fclose(file);
	if (error) {
		errno = error;
		return false;
	}
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return true;
}

void *tool_grow(void *array, size_t count, size_t size)
{
	void *grown = reallocarray(array, count ? count : 1, size);

	if (!grown) {
		fputs("hostmem: out of memory\n", stderr);
		exit(1);
	}
	return grown;
}

void tool_process_name(struct tool *tool, uint64_t pid, char *name, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%" PRIu64 "/comm", pid);
	if (!tool_read(tool, path, name, size) || !*name)
		snprintf(name, size, "?");
}
