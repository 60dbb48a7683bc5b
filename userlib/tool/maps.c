// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Mappings of a process.  See maps.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"

const char *maps_kind(enum kind kind)
{
	static const char * const names[KINDS] = {
		"hostmem", "image", "heap", "stack", "file", "private",
	};

	return names[kind];
}

/*
 * "7f00-7f80 rw-p 00000000 00:05 123    /path".  False if it isn't such a line.  The path may
 * have blanks, and what ends a line there is escaped by the kernel.
 */
static bool take_mapping(struct mapping *mapping, const char *at)
{
	uint64_t offset, major, minor, inode;
	const char *modes;

	if (!text_number(&at, 16, &mapping->start) || !text_take(&at, "-") ||
	    !text_number(&at, 16, &mapping->end) || mapping->end <= mapping->start ||
	    !text_take(&at, " ") || strlen(at) < 5)
		return false;
	modes = at;
	at += 4;
	if (!text_take(&at, " ") || !text_number(&at, 16, &offset) || !text_take(&at, " ") ||
	    !text_number(&at, 16, &major) || !text_take(&at, ":") ||
	    !text_number(&at, 16, &minor) || !text_take(&at, " ") ||
	    !text_number(&at, 10, &inode))
		return false;
	at += strspn(at, " ");
	mapping->executable = modes[2] == 'x';
	mapping->anonymous = !inode && !*at && modes[3] == 'p';
	mapping->name = strdup(at);
	return true;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), other = strlen(end);

	return length >= other && !strcmp(text + length - other, end);
}

/* What a mapping is by itself; code makes images of files later. */
static enum kind first_kind(const struct mapping *mapping)
{
	const char *name = mapping->name;

	if (ends_with(name, "/hostmem") || ends_with(name, "/hostmem (deleted)"))
		return KIND_HOSTMEM;
	if (!strcmp(name, "[heap]"))
		return KIND_HEAP;
	if (!strncmp(name, "[stack", 6))
		return KIND_STACK;
	if (!strncmp(name, "[v", 2))
		return KIND_IMAGE;
	if (*name && *name != '[')
		return KIND_FILE;
	return KIND_PRIVATE;
}

/* Neighbours of the same file, of which one has code, are an image; and so is its .bss. */
static void find_images(struct maps *maps)
{
	for (size_t i = 0; i < maps->count;) {
		struct mapping *first = &maps->mapping[i];
		bool code = false;
		size_t end = i + 1;

		if (first->kind != KIND_FILE) {
			i++;
			continue;
		}
		/* Between its parts there may be pages without a file, and nothing. */
		for (size_t j = i; j < maps->count; j++) {
			const struct mapping *next = &maps->mapping[j];

			if (!strcmp(next->name, first->name)) {
				code |= next->executable;
				end = j + 1;
			} else if (!next->anonymous || next->start != next[-1].end) {
				break;
			}
		}
		if (!code) {
			i = end;
			continue;
		}
		if (end < maps->count && maps->mapping[end].anonymous &&
		    maps->mapping[end].start == maps->mapping[end - 1].end)
			end++;
		for (; i < end; i++)
			maps->mapping[i].kind = KIND_IMAGE;
	}
}

static bool add_line(struct tool *tool, struct maps *maps, const char *path, const char *line)
{
	struct mapping mapping = { .start = 0 };
	const char *at = line;

	if (text_take(&at, "Rss:")) {
		at += strspn(at, " ");
		if (!maps->count || !text_kb(at, &maps->mapping[maps->count - 1].resident_kb))
			return tool_fail(tool, "/%s: can't make sense of: %.200s", path, line);
		maps->resident = true;
		return true;
	}
	/* The other lines that smaps has begin with a capital letter. */
	if (*line >= 'A' && *line <= 'Z')
		return true;
	if (!take_mapping(&mapping, line))
		return tool_fail(tool, "/%s: can't make sense of: %.200s", path, line);
	if (!mapping.name)
		return tool_fail(tool, "out of memory");
	mapping.kind = first_kind(&mapping);
	if (!(maps->count & (maps->count - 1)))
		maps->mapping = tool_grow(maps->mapping, maps->count ? 2 * maps->count : 1,
					  sizeof(mapping));
	maps->mapping[maps->count++] = mapping;
	return true;
}

static enum answer read_file(struct tool *tool, const char *path, struct maps *maps)
{
	FILE *file = tool_open(tool, path);
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	bool ok = true;
	int error;

	if (!file)
		return tool_answer(tool, path, errno);
	errno = 0;
	while (ok && (length = getline(&line, &room, file)) >= 0) {
		if (length && line[length - 1] == '\n')
			line[length - 1] = '\0';
		ok = add_line(tool, maps, path, line);
	}
	error = ferror(file) ? errno : 0;
	free(line);
	fclose(file);
	if (!ok)
		return ANSWER_FAILED;
	return error ? tool_answer(tool, path, error) : ANSWER_OK;
}

bool maps_read(struct tool *tool, uint64_t pid, struct maps *maps)
{
	enum answer answer;
	char path[64];

	*maps = (struct maps){ .count = 0 };
	snprintf(path, sizeof(path), "proc/%" PRIu64 "/smaps", pid);
	answer = read_file(tool, path, maps);
	/* A kernel may have only maps, or others than root may see only these. */
	if (answer == ANSWER_GONE || answer == ANSWER_DENIED) {
		maps_free(maps);
		snprintf(path, sizeof(path), "proc/%" PRIu64 "/maps", pid);
		answer = read_file(tool, path, maps);
	}
	switch (answer) {
	case ANSWER_OK:
	case ANSWER_OTHER:
		break;
	case ANSWER_GONE:
		return tool_fail(tool, "there is no process %" PRIu64, pid);
	case ANSWER_DENIED:
		return tool_fail(tool, "process %" PRIu64 " can't be looked at without root", pid);
	case ANSWER_FAILED:
		return false;
	}
	if (!maps->count)
		return tool_fail(tool, "process %" PRIu64
				 " has no memory: it has ended, or is a thread of the kernel", pid);
	find_images(maps);
	return true;
}

void maps_free(struct maps *maps)
{
	for (size_t i = 0; i < maps->count; i++)
		free(maps->mapping[i].name);
	free(maps->mapping);
	*maps = (struct maps){ .count = 0 };
}
