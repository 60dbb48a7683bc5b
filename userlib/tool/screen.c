// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The output's size and characters.  See screen.h.
 */
#define _GNU_SOURCE
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "screen.h"

#define WIDEST	4096

void screen_measure(struct screen *screen)
{
	const char *wish = getenv("COLUMNS");
	struct winsize size = { 0 };
	uint64_t columns;

	screen->columns = 0;
	screen->rows = 0;
	if (screen->terminal) {
		screen->columns = 80;
		screen->rows = 24;
		if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size)) {
			screen->columns = size.ws_col ? size.ws_col : 80;
			screen->rows = size.ws_row ? size.ws_row : 24;
		}
	}
	if (wish && text_whole(wish, &columns) && columns && columns <= WIDEST)
		screen->columns = (unsigned int)columns;
}

void screen_init(struct screen *screen)
{
	const char *term = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");
	bool dumb = !term || !*term || !strcmp(term, "dumb");

	screen->terminal = isatty(STDOUT_FILENO) && !dumb;
	screen->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	screen->color = screen->terminal && !(no_color && *no_color);
	screen_measure(screen);
}

enum text_form screen_form(const struct screen *screen)
{
	return screen->utf8 ? TEXT_UTF8 : TEXT_ASCII;
}

void screen_style(const struct screen *screen, FILE *out, const char *style)
{
	if (screen->color)
		fputs(style, out);
}

/* Prints a line up to its newline, and returns where that is. */
static const char *put_line(const struct screen *screen, FILE *out, const char *at)
{
	unsigned int used = 0;

	while (*at && *at != '\n') {
		const char *begin = at;
		unsigned int width = 1;

		/* Colours, which are all that has an escape here, take no column. */
		if (*at == '\033') {
			at += strcspn(at, "m");
			at += *at == 'm';
			width = 0;
		} else if (screen->utf8) {
			width = text_columns(text_decode(&at));
		} else {
			at++;
		}
		used += width;
		if (!width || !screen->columns || used <= screen->columns)
			fwrite(begin, 1, (size_t)(at - begin), out);
	}
	return at;
}

void screen_put(const struct screen *screen, FILE *out, const char *text, unsigned int lines,
		const char *end)
{
	for (unsigned int line = 0; *text && (!lines || line < lines); line++) {
		text = put_line(screen, out, text);
		fputs(end, out);
		text += *text == '\n';
	}
}

void screen_share(const uint64_t *parts, unsigned int *cells, unsigned int count,
		  unsigned int width)
{
	double sum = 0;
	unsigned int used = 0;

	for (unsigned int i = 0; i < count; i++)
		sum += (double)parts[i];
	for (unsigned int i = 0; i < count; i++) {
		double fair = sum > 0 ? (double)parts[i] / sum * width : 0;

		cells[i] = (unsigned int)fair;
		if (parts[i] && !cells[i])
			cells[i] = 1;
		used += cells[i];
	}
	/* The longest pays for those that got a cell, and gets what rounding has left. */
	while (sum > 0 && used != width) {
		unsigned int longest = 0;

		for (unsigned int i = 1; i < count; i++)
			if (cells[i] > cells[longest] ||
			    (cells[i] == cells[longest] && parts[i] > parts[longest]))
				longest = i;
		if (used < width) {
			cells[longest] += width - used;
			used = width;
		} else if (cells[longest]) {
			cells[longest]--;
			used--;
		} else {
			break;
		}
	}
}
