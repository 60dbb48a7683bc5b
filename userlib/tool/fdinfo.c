// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * One file of the device, as the kernel shows it.  See fdinfo.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fdinfo.h"

/* The lines that have a number. */
static const struct number_line {
	const char *key;
	size_t offset;
	bool kb;
	bool needed;
} number_lines[] = {
	{ "regions", offsetof(struct space, regions), false, true },
	{ "reserved", offsetof(struct space, reserved_kb), true, true },
	{ "committed", offsetof(struct space, committed_kb), true, true },
	{ "owner", offsetof(struct space, owner), false, true },
	{ "id", offsetof(struct space, id), false, true },
	{ "overhead", offsetof(struct space, overhead_kb), true, false },
	{ "limit", offsetof(struct space, limit_kb), true, false },
	{ "waiting", offsetof(struct space, waiting), false, false },
	{ "pinned", offsetof(struct space, pinned_kb), true, false },
	{ "prepared", offsetof(struct space, prepared_kb), true, false },
	{ "reset", offsetof(struct space, reset_kb), true, false },
	{ "more-regions", offsetof(struct space, more_regions), false, false },
};

#define NUMBER_LINES	(sizeof(number_lines) / sizeof(number_lines[0]))

void fdinfo_free(struct space *space)
{
	free(space->region);
	*space = (struct space){ .region = NULL };
}

/* Copies words with one comma between them; "none" is no word. */
static bool take_flags(struct space *space, const char *text)
{
	size_t length = 0;

	space->flags[0] = '\0';
	if (!strcmp(text, "none"))
		return true;
	while (*text) {
		size_t word = strcspn(text, " ,");

		if (length + word + 2 > sizeof(space->flags))
			return false;
		if (word && length)
			space->flags[length++] = ',';
		memcpy(space->flags + length, text, word);
		length += word;
		space->flags[length] = '\0';
		text += word;
		text += strspn(text, " ,");
	}
	return true;
}

/* Words that this tool doesn't know are passed over. */
static bool take_region_flags(struct region *region, const char **at)
{
	size_t length = strcspn(*at, " ");
	const char *end = *at + length;

	if (!length)
		return false;
	while (*at < end) {
		size_t word = strcspn(*at, ", ");

		if (word == 7 && !strncmp(*at, "watched", word))
			region->watched = true;
		else if (word == 5 && !strncmp(*at, "large", word))
			region->large = true;
		else if (word == 8 && !strncmp(*at, "pinnable", word))
			region->pinnable = true;
		*at += word;
		if (*at < end)
			++*at;
	}
	return true;
}

static bool take_protect(struct region *region, const char **at)
{
	static const char letters[] = "rwx";

	for (unsigned int i = 0; i < 3; i++) {
		if ((*at)[i] != letters[i] && (*at)[i] != '-')
			return false;
		region->protect[i] = (*at)[i];
	}
	*at += 3;
	return true;
}

static bool take_region(struct space *space, const char *text)
{
	struct region region = { .known = true };
	size_t cells;

	if (!text_number(&text, 16, &region.start) || !text_take(&text, "-") ||
	    !text_number(&text, 16, &region.end) || region.end <= region.start ||
	    !text_take(&text, " ") ||
	    !text_number(&text, 10, &region.committed_kb) || !text_take(&text, " kB ") ||
	    !take_protect(&region, &text) || !text_take(&text, " ") ||
	    !take_region_flags(&region, &text) || !text_take(&text, " "))
		return false;
	cells = strlen(text);
	if (!cells || cells > REGION_CELLS || strspn(text, ".123456789g") != cells)
		return false;
	memcpy(region.map, text, cells);

	/* Doubled at each power of two. */
	if (!(space->listed & (space->listed - 1)))
		space->region = tool_grow(space->region, space->listed ? 2 * space->listed : 1,
					  sizeof(region));
	space->region[space->listed++] = region;
	return true;
}

/* A line without its "hostmem-"; those that this tool doesn't know are passed over. */
static bool take_line(struct space *space, const char *line, unsigned int *seen)
{
	size_t key = strcspn(line, ":");
	const char *value = line + key;

	if (!text_take(&value, ":\t"))
		return false;
	if (key == 6 && !strncmp(line, "region", key))
		return take_region(space, value);
	if (key == 5 && !strncmp(line, "flags", key))
		return take_flags(space, value);
	for (unsigned int i = 0; i < NUMBER_LINES; i++) {
		const struct number_line *one = &number_lines[i];
		void *field = (char *)space + one->offset;
		uint64_t number;

		if (strlen(one->key) != key || strncmp(line, one->key, key))
			continue;
		if (!(one->kb ? text_kb(value, &number) : text_whole(value, &number)))
			return false;
		memcpy(field, &number, sizeof(number));
		*seen |= 1u << i;
	}
	return true;
}

static enum answer read_lines(struct tool *tool, FILE *file, const char *path, struct space *space)
{
	unsigned int seen = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	bool ok = true;
	int error;

	errno = 0;
	while (ok && (length = getline(&line, &room, file)) >= 0) {
		const char *at = line;

		if (length && line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (!text_take(&at, "hostmem-"))
			continue;
		ok = take_line(space, at, &seen);
		if (!ok)
			tool_fail(tool, "/%s: can't make sense of: %.200s", path, line);
	}
	error = ferror(file) ? errno : 0;
	free(line);
	if (!ok)
		return ANSWER_FAILED;
	if (error)
		return tool_answer(tool, path, error);
	if (!seen)
		return ANSWER_OTHER;
	for (unsigned int i = 0; i < NUMBER_LINES; i++) {
		if (number_lines[i].needed && !(seen & 1u << i)) {
			tool_fail(tool, "/%s: no line hostmem-%s", path, number_lines[i].key);
			return ANSWER_FAILED;
		}
	}
	return ANSWER_OK;
}

static int by_address(const void *a, const void *b)
{
	const struct region *left = a, *right = b;

	return (left->start > right->start) - (left->start < right->start);
}

enum answer fdinfo_read(struct tool *tool, uint64_t pid, uint64_t fd, struct space *space)
{
	enum answer answer;
	char path[64];
	FILE *file;

	*space = (struct space){ .region = NULL };
	snprintf(path, sizeof(path), "proc/%" PRIu64 "/fdinfo/%" PRIu64, pid, fd);
	file = tool_open(tool, path);
	if (!file)
		return tool_answer(tool, path, errno);
	answer = read_lines(tool, file, path, space);
	fclose(file);
	/* The kernel tells the lower one of its own limit and the module's. */
	if (tool->limit_kb && space->limit_kb >= tool->limit_kb)
		space->limit_kb = 0;
	if (answer != ANSWER_OK)
		fdinfo_free(space);
	else if (space->listed)
		qsort(space->region, space->listed, sizeof(*space->region), by_address);
	return answer;
}
