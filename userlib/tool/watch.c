// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * stat in place on a terminal, or block after block.  See watch.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "stat.h"
#include "watch.h"

/* The other screen of the terminal, without a cursor; and back. */
#define ENTER	"\033[?1049h\033[?25l"
#define LEAVE	"\033[?25h\033[?1049l"
#define HOME	"\033[H"
#define REST	"\033[K\r\n"
#define BELOW	"\033[J"

/* What a signal handler may write; signals only come in while ppoll() waits. */
static volatile sig_atomic_t ending, stopping;

struct watch {
	struct tool *tool;
	bool keys;		/* standard input is a terminal, where q ends it */
	struct termios before;	/* what that was like */
	sigset_t waiting;	/* signals that are blocked while it waits: as they were */
};

static void note_signal(int number)
{
	if (number == SIGTSTP)
		stopping = 1;
	else if (number != SIGWINCH && number != SIGCONT)
		ending = 1;
}

/* Blocks them but in ppoll(), so that none is lost just before it. */
static void catch_signals(struct watch *watch)
{
	static const int always[] = { SIGINT, SIGTERM, SIGHUP };
	static const int terminal[] = { SIGTSTP, SIGWINCH, SIGCONT };
	struct sigaction action = { .sa_handler = note_signal };
	sigset_t blocked;

	sigemptyset(&blocked);
	for (unsigned int i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		struct sigaction old;

		/* What nohup and the like have ignored stays so. */
		sigaction(always[i], NULL, &old);
		if (old.sa_handler == SIG_IGN)
			continue;
		sigaction(always[i], &action, NULL);
		sigaddset(&blocked, always[i]);
	}
	for (unsigned int i = 0; watch->tool->screen.terminal &&
				 i < sizeof(terminal) / sizeof(terminal[0]); i++) {
		sigaction(terminal[i], &action, NULL);
		sigaddset(&blocked, terminal[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, &watch->waiting);
}

static void enter(struct watch *watch)
{
	struct termios raw;

	if (!watch->tool->screen.terminal)
		return;
	watch->keys = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &watch->before);
	if (watch->keys) {
		raw = watch->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	fputs(ENTER, stdout);
}

static void leave(struct watch *watch)
{
	if (!watch->tool->screen.terminal)
		return;
	fputs(LEAVE, stdout);
	fflush(stdout);
	if (watch->keys)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &watch->before);
}

/* Ctrl-Z: the shell gets the terminal as it was, and this again what it had. */
static void stop(struct watch *watch)
{
	stopping = 0;
	leave(watch);
	raise(SIGSTOP);
	enter(watch);
}

/* Room for that and its newline. */
#define TIME_SIZE	64

static void time_text(const struct watch *watch, char text[TIME_SIZE])
{
	time_t now = time(NULL);
	char digits[40] = "";
	struct tm parts;

	if (localtime_r(&now, &parts))
		strftime(digits, sizeof(digits), "%Y-%m-%d %H:%M:%S", &parts);
	snprintf(text, TIME_SIZE, "%s%s\n", digits, watch->keys ? "  (q ends)" : "");
}

static bool show(struct watch *watch, bool first)
{
	struct tool *tool = watch->tool;
	struct screen *screen = &tool->screen;
	const char *end = screen->terminal ? REST : "\n";
	char now[TIME_SIZE], *text;
	unsigned int lines;

	screen_measure(screen);
	/* Without that of the time; and the last, from which all would move up. */
	lines = !screen->terminal ? 0 : screen->rows > 3 ? screen->rows - 2 : 1;
	text = stat_text(tool, lines);
	if (!text)
		return false;
	time_text(watch, now);
	if (screen->terminal)
		fputs(HOME, stdout);
	else if (!first)
		fputc('\n', stdout);
	if (!screen->terminal || screen->rows > 2)
		screen_put(screen, stdout, now, 1, end);
	screen_put(screen, stdout, text, lines, end);
	if (screen->terminal)
		fputs(BELOW, stdout);
	free(text);
	if (fflush(stdout) || ferror(stdout))
		return tool_fail(tool, "standard output: %s", strerror(errno));
	return true;
}

/* Reads keys; at their end there are no more. */
static void take_keys(struct watch *watch)
{
	char keys[64];
	ssize_t count = read(STDIN_FILENO, keys, sizeof(keys));

	if (count <= 0)
		watch->keys = false;
	for (ssize_t i = 0; i < count; i++)
		if (keys[i] == 'q' || keys[i] == 'Q')
			ending = 1;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until that time, for a key or a signal; true if it is to be shown again. */
static bool wait_until(struct watch *watch, int64_t time)
{
	struct pollfd input = { .fd = watch->keys ? STDIN_FILENO : -1, .events = POLLIN };
	int64_t left = time - now_ms();
	struct timespec timeout = { 0 };
	int events;

	if (left > 0) {
		timeout.tv_sec = (time_t)(left / 1000);
		timeout.tv_nsec = (long)(left % 1000) * 1000000;
	}
	events = ppoll(&input, 1, &timeout, &watch->waiting);
	if (events > 0)
		take_keys(watch);
	if (stopping)
		stop(watch);
	/* A signal that doesn't end it has changed the terminal. */
	return events <= 0;
}

/* Until it is time for the next block; what a signal has changed is shown before. */
static bool wait_for_next(struct watch *watch, int64_t next)
{
	bool ok = true;

	/* At least once, for that is when signals come in. */
	do {
		bool again = wait_until(watch, next);

		if (again && !ending && now_ms() < next)
			ok = show(watch, false);
	} while (ok && !ending && now_ms() < next);
	return ok;
}

bool watch_run(struct tool *tool)
{
	struct watch watch = { .tool = tool };
	int64_t next = now_ms();
	bool ok;

	catch_signals(&watch);
	enter(&watch);
	ok = show(&watch, true);
	for (uint64_t shown = 1; ok && shown != tool->count; shown++) {
		next += (int64_t)tool->interval_ms;
		/* What has taken too long isn't made up for. */
		if (next < now_ms())
			next = now_ms();
		ok = wait_for_next(&watch, next);
		if (!ok || ending)
			break;
		ok = show(&watch, false);
	}
	leave(&watch);
	return ok;
}
