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
#include <sys/signalfd.h>
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

struct watch {
	struct tool *tool;
	bool ending;
	bool raw;		/* standard input is a terminal, which gives each key at once */
	bool keys;		/* it has not ended, and q in it ends this */
	struct termios before;	/* what it was like */
	int signals;		/* a descriptor that they are read from */
};

/* No handlers: all that matter are blocked, and read when there is time for them. */
static bool catch_signals(struct watch *watch)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct sigaction old;

		/* What nohup and the like have ignored stays so. */
		if (!sigaction(ends[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaddset(&set, ends[i]);
	}
	if (watch->tool->screen.terminal) {
		sigaddset(&set, SIGTSTP);
		sigaddset(&set, SIGWINCH);
		sigaddset(&set, SIGCONT);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return watch->signals >= 0 || tool_fail(watch->tool, "signals: %s", strerror(errno));
}

/* Also when it goes on after a stop: a shell may have changed what the terminal does. */
static void enter(const struct watch *watch)
{
	struct termios raw;

	if (!watch->tool->screen.terminal)
		return;
	if (watch->raw) {
		raw = watch->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	fputs(ENTER, stdout);
}

static void leave(const struct watch *watch)
{
	if (!watch->tool->screen.terminal)
		return;
	fputs(LEAVE, stdout);
	fflush(stdout);
	if (watch->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &watch->before);
}

/* Ctrl-Z: the shell gets the terminal as it was, and this again what it had. */
static void stop(const struct watch *watch)
{
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
			watch->ending = true;
}

static void take_signal(struct watch *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGWINCH:
		break;
	case SIGCONT:
		enter(watch);
		break;
	case SIGTSTP:
		stop(watch);
		break;
	default:
		watch->ending = true;
		break;
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until that time, for a key or a signal; true if a signal wants it shown again. */
static bool wait_until(struct watch *watch, int64_t time)
{
	struct pollfd input[] = {
		{ .fd = watch->signals, .events = POLLIN },
		{ .fd = watch->keys ? STDIN_FILENO : -1, .events = POLLIN },
	};
	int64_t left = time - now_ms();

	if (poll(input, 2, left < 0 ? 0 : (int)left) <= 0)
		return false;
	if (input[1].revents)
		take_keys(watch);
	if (!input[0].revents)
		return false;
	take_signal(watch);
	return !watch->ending;
}

/* Until it is time for the next block; what a signal has changed is shown before. */
static bool wait_for_next(struct watch *watch, int64_t next)
{
	bool ok = true;

	/* Once at least, or a user could not end it who wants it faster than it is. */
	do {
		if (wait_until(watch, next))
			ok = show(watch, false);
	} while (ok && !watch->ending && now_ms() < next);
	return ok;
}

bool watch_run(struct tool *tool)
{
	struct watch watch = { .tool = tool };
	int64_t next = now_ms();
	bool ok;

	if (!catch_signals(&watch))
		return false;
	watch.raw = tool->screen.terminal && isatty(STDIN_FILENO) &&
		    !tcgetattr(STDIN_FILENO, &watch.before);
	watch.keys = watch.raw;
	enter(&watch);
	ok = show(&watch, true);
	for (uint64_t shown = 1; ok && shown != tool->count; shown++) {
		next += (int64_t)tool->interval_ms;
		/* What has taken too long isn't made up for. */
		if (next < now_ms())
			next = now_ms();
		ok = wait_for_next(&watch, next);
		if (!ok || watch.ending)
			break;
		ok = show(&watch, false);
	}
	leave(&watch);
	close(watch.signals);
	return ok;
}
