/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the output goes to: how wide it is, which characters it has, whether it has colours;
 * and text, and bars that fit it.  For the files here that print.
 */
#ifndef HOSTMEM_TOOL_SCREEN_H
#define HOSTMEM_TOOL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

struct screen {
	bool terminal;
	bool utf8;
	bool color;
	unsigned int columns;	/* 0: as many as a line has */
	unsigned int rows;	/* of a terminal, else 0 */
};

/* Colours, and how to go back from them. */
#define SCREEN_BOLD	"\033[1m"
#define SCREEN_PLAIN	"\033[0m"

/* Looks at standard output and the environment, after setlocale(). */
void screen_init(struct screen *screen);

/* Asks for the size again. */
void screen_measure(struct screen *screen);

/* The form for names. */
enum text_form screen_form(const struct screen *screen);

/* Prints what turns that on, or nothing on a screen without colours. */
void screen_style(const struct screen *screen, FILE *out, const char *style);

/*
 * Prints text whose lines end with newlines, each cut at the width; at most so many lines,
 * if that isn't 0.  A line ends with end instead of the newline.
 */
void screen_put(const struct screen *screen, FILE *out, const char *text, unsigned int lines,
		const char *end);

/*
 * Shares out width cells among count parts, in proportion; a part that isn't 0 has a cell at
 * least, as long as there are cells.
 */
void screen_share(const uint64_t *parts, unsigned int *cells, unsigned int count,
		  unsigned int width);

#endif
