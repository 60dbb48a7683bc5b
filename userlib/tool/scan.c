// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Looks for files of the device among all processes' descriptors.  See scan.h.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"

/* In the flags of /proc/PID/stat. */
#define PF_KTHREAD	0x200000u

/* Opens a directory below the root; NULL with errno. */
static DIR *open_directory(struct tool *tool, const char *path)
{
	int fd = openat(tool->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory;

	if (fd < 0)
		return NULL;
	directory = fdopendir(fd);
	if (!directory)
		close(fd);
	return directory;
}

/*
 * Whether a descriptor's link may lead to the device.  A container has its node elsewhere,
 * and it may have been removed since; what the kernel shows of the file decides.
 */
static bool is_device(int directory, const char *name, int *error)
{
	static const char node[] = "/hostmem", removed[] = " (deleted)";
	char target[4096];
	ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);

	*error = length < 0 ? errno : 0;
	if (length < 0)
		return false;
	target[length] = '\0';
	if ((size_t)length >= sizeof(removed) &&
	    !strcmp(target + length - (sizeof(removed) - 1), removed)) {
		length -= (ssize_t)sizeof(removed) - 1;
		target[length] = '\0';
	}
	return (size_t)length >= sizeof(node) - 1 &&
	       !strcmp(target + length - (sizeof(node) - 1), node);
}

/* There can be any number of descriptors of a file. */
static void add_space(struct scan *scan, uint64_t pid, struct space *space)
{
	size_t i = 0;

	while (i < scan->space_count && scan->spaces[i].id != space->id)
		i++;
	if (i < scan->space_count) {
		fdinfo_free(space);
	} else {
		scan->spaces = tool_grow(scan->spaces, i + 1, sizeof(*space));
		scan->spaces[scan->space_count++] = *space;
	}
	scan->holders = tool_grow(scan->holders, scan->holder_count + 1, sizeof(*scan->holders));
	scan->holders[scan->holder_count++] = (struct holder){ .pid = pid, .space = i };
}

/* One descriptor; a file that has been closed in the meantime is none. */
static enum answer scan_descriptor(struct tool *tool, struct scan *scan, uint64_t pid,
				   int directory, const char *name)
{
	const char *end = name;
	enum answer answer;
	struct space space;
	uint64_t fd;
	int error;

	if (!text_number(&end, 10, &fd) || *end)
		return ANSWER_OK;
	if (!is_device(directory, name, &error))
		return error == EACCES || error == EPERM ? ANSWER_DENIED : ANSWER_OK;
	answer = fdinfo_read(tool, pid, fd, &space);
	if (answer == ANSWER_OK)
		add_space(scan, pid, &space);
	return answer == ANSWER_DENIED || answer == ANSWER_FAILED ? answer : ANSWER_OK;
}

enum answer scan_process(struct tool *tool, struct scan *scan, uint64_t pid)
{
	enum answer answer = ANSWER_OK;
	struct dirent *entry;
	DIR *directory;
	char path[64];

	snprintf(path, sizeof(path), "proc/%" PRIu64 "/fd", pid);
	directory = open_directory(tool, path);
	if (!directory)
		return tool_answer(tool, path, errno);
	while (answer == ANSWER_OK && (entry = readdir(directory)))
		answer = scan_descriptor(tool, scan, pid, dirfd(directory), entry->d_name);
	closedir(directory);
	return answer;
}

/* Threads of the kernel and what has ended have no descriptors that root could see. */
static bool has_none(struct tool *tool, uint64_t pid)
{
	char path[64], text[512];
	const char *at;
	uint64_t flags;

	snprintf(path, sizeof(path), "proc/%" PRIu64 "/stat", pid);
	if (!tool_read(tool, path, text, sizeof(text)))
		return errno == ENOENT || errno == ESRCH;
	/* Behind the name, which may have parentheses, come the state and six more. */
	at = strrchr(text, ')');
	if (at && (!strncmp(at, ") Z", 3) || !strncmp(at, ") X", 3)))
		return true;
	for (unsigned int field = 0; at && field < 7; field++) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at && text_number(&at, 10, &flags) && flags & PF_KTHREAD;
}

static struct process *find_process(struct tool *tool, struct scan *scan, uint64_t pid)
{
	struct process *process;

	for (size_t i = 0; i < scan->process_count; i++)
		if (scan->processes[i].pid == pid)
			return &scan->processes[i];
	scan->processes = tool_grow(scan->processes, scan->process_count + 1, sizeof(*process));
	process = &scan->processes[scan->process_count++];
	*process = (struct process){ .pid = pid };
	if (pid)
		tool_process_name(tool, pid, process->name, sizeof(process->name));
	else
		strcpy(process->name, "?");
	return process;
}

/* Adds a word to a list with commas, unless it is there; dots if there is no room. */
static void add_word(char *list, size_t room, const char *word, size_t length)
{
	const char *at = list;
	size_t used = strlen(list);

	while (*at) {
		size_t next = strcspn(at, ",");

		if (next == length && !strncmp(at, word, length))
			return;
		at += next + (at[next] == ',');
	}
	/* The dots find room in any case. */
	if (used + length + 1 + sizeof(",...") > room) {
		word = "...";
		length = 3;
		if (used >= 3 && !strcmp(list + used - 3, word))
			return;
	}
	if (used)
		list[used++] = ',';
	memcpy(list + used, word, length);
	list[used + length] = '\0';
}

static void add_words(char *list, size_t room, const char *words)
{
	while (*words) {
		size_t length = strcspn(words, ",");

		add_word(list, room, words, length);
		words += length + (words[length] == ',');
	}
}

static void add_memory(struct process *process, const struct space *space)
{
	if (!space->limit_kb || (process->files && !process->limit_kb))
		process->limit_kb = 0;
	else
		process->limit_kb += space->limit_kb;
	process->files++;
	process->regions += space->regions;
	process->waiting += space->waiting;
	process->reserved_kb += space->reserved_kb;
	process->committed_kb += space->committed_kb;
	process->overhead_kb += space->overhead_kb;
	process->pinned_kb += space->pinned_kb;
	process->prepared_kb += space->prepared_kb;
	process->reset_kb += space->reset_kb;
	add_words(process->flags, sizeof(process->flags), space->flags);
}

static void add_number(char *list, size_t room, uint64_t pid)
{
	char word[TEXT_SIZE] = "?";

	if (pid)
		snprintf(word, sizeof(word), "%" PRIu64, pid);
	add_word(list, room, word, strlen(word));
}

static int by_pid(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* Who has files that aren't for its own memory, and whose files only others have. */
static void add_holders(struct tool *tool, struct scan *scan)
{
	if (scan->holder_count)
		qsort(scan->holders, scan->holder_count, sizeof(*scan->holders), by_pid);
	for (size_t i = 0; i < scan->holder_count; i++) {
		struct process *holder = find_process(tool, scan, scan->holders[i].pid);
		uint64_t owner = scan->spaces[scan->holders[i].space].owner;

		holder->open = true;
		if (owner != holder->pid)
			add_number(holder->owners, sizeof(holder->owners), owner);
	}
	for (size_t i = 0; i < scan->holder_count; i++) {
		uint64_t pid = scan->spaces[scan->holders[i].space].owner;
		struct process *owner = find_process(tool, scan, pid);

		if (!owner->open)
			add_number(owner->holders, sizeof(owner->holders), scan->holders[i].pid);
	}
}

static int by_memory(const void *a, const void *b)
{
	const struct process *left = a, *right = b;

	if (left->committed_kb != right->committed_kb)
		return left->committed_kb < right->committed_kb ? 1 : -1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void sum_up(struct tool *tool, struct scan *scan)
{
	for (size_t i = 0; i < scan->space_count; i++)
		add_memory(find_process(tool, scan, scan->spaces[i].owner), &scan->spaces[i]);
	add_holders(tool, scan);
	if (scan->process_count)
		qsort(scan->processes, scan->process_count, sizeof(*scan->processes), by_memory);
}

bool scan_all(struct tool *tool, struct scan *scan)
{
	enum answer answer = ANSWER_OK;
	struct dirent *entry;
	DIR *directory;

	*scan = (struct scan){ .hidden = 0 };
	directory = open_directory(tool, "proc");
	if (!directory)
		return tool_fail(tool, "/proc: %s", strerror(errno));
	while (answer != ANSWER_FAILED && (entry = readdir(directory))) {
		const char *end = entry->d_name;
		uint64_t pid;

		if (!text_number(&end, 10, &pid) || *end || !pid)
			continue;
		answer = scan_process(tool, scan, pid);
		if (answer == ANSWER_DENIED && !has_none(tool, pid))
			scan->hidden++;
	}
	closedir(directory);
	if (answer == ANSWER_FAILED)
		return false;
	sum_up(tool, scan);
	return true;
}

void scan_free(struct scan *scan)
{
	for (size_t i = 0; i < scan->space_count; i++)
		fdinfo_free(&scan->spaces[i]);
	free(scan->spaces);
	free(scan->holders);
	free(scan->processes);
	*scan = (struct scan){ .hidden = 0 };
}
