// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * hostmem, the administrator's tool: see hostmem(1).  It reads what the kernel shows in /proc
 * and /sys, and nothing else: it neither opens the device nor needs the library.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "map.h"
#include "module.h"
#include "stat.h"
#include "watch.h"

/* The longest interval: a day. */
#define LONGEST_MS	86400000u

static const char help[] =
	"Usage: hostmem stat [-k]\n"
	"       hostmem map PID [-k] [--all] [--svg FILE]\n"
	"       hostmem watch [-k] [-n SECONDS] [-c COUNT]\n"
	"Shows what the kernel module hostmem has given to processes.\n"
	"\n"
	"  stat          limits, totals, and each process that has the device open\n"
	"  map PID       the address space of a process as a picture\n"
	"  watch         the same as stat, again and again; q or Ctrl-C ends it\n"
	"\n"
	"  -k            sizes as numbers of KiB\n"
	"  --all         leave nothing out of long lists\n"
	"  --svg FILE    write the picture to FILE, as SVG; - is standard output\n"
	"  -n SECONDS    time between two looks, from 0.1 to 86400; 2 if nothing is said\n"
	"  -c COUNT      end after so many looks\n"
	"  --root DIR    look below DIR for proc and sys\n"
	"  --help        this text\n"
	"  --version     the version\n"
	"\n"
	"hostmem(1) explains what is shown.\n";

enum {
	OPTION_ALL = 256,
	OPTION_HELP,
	OPTION_ROOT,
	OPTION_SVG,
	OPTION_VERSION
};

static const struct option options[] = {
	{ "all", no_argument, NULL, OPTION_ALL },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "svg", required_argument, NULL, OPTION_SVG },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* The command line. */
struct request {
	const char *command;
	const char *pid;
	const char *root;
	const char *interval, *count;
	bool help, version;
};

/* Seconds with at most three digits behind the point. */
static bool take_interval(struct tool *tool, const char *text)
{
	uint64_t seconds, part = 0, scale = 1000;
	const char *at = text;

	if (!text_number(&at, 10, &seconds) || seconds > LONGEST_MS / 1000)
		return false;
	if (*at == '.') {
		if (!at[1])
			return false;
		for (at++; *at >= '0' && *at <= '9' && scale > 1; at++) {
			scale /= 10;
			part += scale * (uint64_t)(*at - '0');
		}
	}
	tool->interval_ms = seconds * 1000 + part;
	return !*at && tool->interval_ms >= 100 && tool->interval_ms <= LONGEST_MS;
}

static bool take_word(struct tool *tool, struct request *request, const char *word)
{
	if (!request->command)
		request->command = word;
	else if (!request->pid)
		request->pid = word;
	else
		return tool_fail(tool, "too many arguments: %.100s", word);
	return true;
}

/* Options may be anywhere, POSIXLY_CORRECT or not: the "-" has words reported as option 1. */
static bool take_options(struct tool *tool, struct request *request, int argc, char **argv)
{
	bool ok = true;
	int option;

	opterr = 0;
	while (ok && (option = getopt_long(argc, argv, "-:kn:c:", options, NULL)) != -1) {
		switch (option) {
		case 1:
			ok = take_word(tool, request, optarg);
			break;
		case 'k':
			tool->exact = true;
			break;
		case 'n':
			request->interval = optarg;
			break;
		case 'c':
			request->count = optarg;
			break;
		case OPTION_ALL:
			tool->all = true;
			break;
		case OPTION_HELP:
			request->help = true;
			break;
		case OPTION_ROOT:
			request->root = optarg;
			break;
		case OPTION_SVG:
			tool->svg = optarg;
			break;
		case OPTION_VERSION:
			request->version = true;
			break;
		case ':':
			ok = tool_fail(tool, "%.100s needs an argument", argv[optind - 1]);
			break;
		default:
			/* Several letters can be one word, which isn't done with yet. */
			if (optopt > 0 && optopt < OPTION_ALL)
				ok = tool_fail(tool, "no such option: -%c", optopt);
			else
				ok = tool_fail(tool, "no such option: %.100s", argv[optind - 1]);
			break;
		}
	}
	for (; ok && optind < argc; optind++)
		ok = take_word(tool, request, argv[optind]);
	return ok;
}

/* Whether what was said goes together. */
static bool check(struct tool *tool, const struct request *request, uint64_t *pid)
{
	bool map, watch;

	if (!request->command)
		return tool_fail(tool, "what to do? See hostmem --help");
	map = !strcmp(request->command, "map");
	watch = !strcmp(request->command, "watch");
	if (!map && !watch && strcmp(request->command, "stat"))
		return tool_fail(tool, "no such command: %.100s", request->command);
	if (map && !request->pid)
		return tool_fail(tool, "map: of which process?");
	if (map && (!text_whole(request->pid, pid) || !*pid || *pid > INT32_MAX))
		return tool_fail(tool, "no number of a process: %.100s", request->pid);
	if (!map && request->pid)
		return tool_fail(tool, "too many arguments: %.100s", request->pid);
	if (!map && (tool->all || tool->svg))
		return tool_fail(tool, "--all and --svg go with map only");
	if (!watch && (request->interval || request->count))
		return tool_fail(tool, "-n and -c go with watch only");
	if (request->interval && !take_interval(tool, request->interval))
		return tool_fail(tool, "no number of seconds from 0.1 to 86400: %.100s",
				 request->interval);
	if (request->count && (!text_whole(request->count, &tool->count) || !tool->count))
		return tool_fail(tool, "no count: %.100s", request->count);
	return true;
}

static bool print(struct tool *tool, char *text)
{
	if (!text)
		return false;
	screen_put(&tool->screen, stdout, text, 0, "\n");
	free(text);
	return true;
}

static bool run(struct tool *tool, const struct request *request)
{
	uint64_t pid = 0;

	if (!check(tool, request, &pid))
		return false;
	tool->root = open(request->root ? request->root : "/",
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tool->root < 0)
		return tool_fail(tool, "%.200s: %s", request->root ? request->root : "/",
				 strerror(errno));
	switch (*request->command) {
	case 'm':
		if (!module_limit(tool))
			return false;
		return tool->svg ? map_svg(tool, pid) : print(tool, map_text(tool, pid));
	case 'w':
		return watch_run(tool);
	default:
		return print(tool, stat_text(tool, 0));
	}
}

/* Help and version come before all else, as people expect. */
static bool serve(struct tool *tool, int argc, char **argv)
{
	struct request request = { .command = NULL };

	if (!take_options(tool, &request, argc, argv))
		return false;
	if (request.help)
		fputs(help, stdout);
	else if (request.version)
		puts("hostmem " HOSTMEM_VERSION);
	else if (!run(tool, &request))
		return false;
	if (fflush(stdout) || ferror(stdout))
		return tool_fail(tool, "standard output: %s", strerror(errno));
	return true;
}

int main(int argc, char **argv)
{
	struct tool tool = { .root = -1, .interval_ms = 2000 };
	char message[4 * sizeof(tool.error) + 8];
	bool ok;

	setlocale(LC_CTYPE, "");
	screen_init(&tool.screen);
	ok = serve(&tool, argc, argv);
	if (tool.root >= 0)
		close(tool.root);
	if (ok)
		return 0;
	text_escape(message, sizeof(message), tool.error, screen_form(&tool.screen),
		    sizeof(tool.error));
	fprintf(stderr, "hostmem: %s\n", message);
	return 1;
}
