/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Text of the tool: numbers as the kernel writes them, sizes as people read them, and
 * names that may have any bytes.  For all files here; keeps nothing.
 */
#ifndef HOSTMEM_TOOL_TEXT_H
#define HOSTMEM_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a size with its unit, or for any number. */
#define TEXT_SIZE	24

/* What a name is escaped for. */
enum text_form {
	TEXT_ASCII,	/* a terminal or file whose characters are bytes */
	TEXT_UTF8,
	TEXT_XML,	/* in an element or attribute, as UTF-8 */
};

/*
 * Takes a number from *at and moves it behind the last digit.  False, and nothing is
 * changed, if there is no digit (a sign or blank is none) or 64 bits are too few.
 */
bool text_number(const char **at, unsigned int base, uint64_t *value);

/* Takes exactly that from *at; false if something else is there. */
bool text_take(const char **at, const char *expected);

/* "12 kB" to the end of the text. */
bool text_kb(const char *text, uint64_t *kb);

/* "12" to the end of the text. */
bool text_whole(const char *text, uint64_t *value);

/* "1.5 MiB"; with exact the number of KiB alone.  Returns out. */
char *text_size(char out[TEXT_SIZE], uint64_t kb, bool exact);

/* Percent, rounded down, at most 100; 0 of nothing. */
unsigned int text_percent(uint64_t part, uint64_t whole);

/*
 * Takes one character from the not empty text *at and moves *at behind it.  Returns its
 * Unicode number, or -1 for one byte that begins no valid UTF-8.
 */
int32_t text_decode(const char **at);

/* The columns that a character takes on a terminal; 0 for what must not be sent to one. */
unsigned int text_columns(int32_t c);

/*
 * Writes name to out in at most so many columns.  Bytes that aren't printable come as \x1b,
 * and what is too long ends with a mark.  In XML each character counts as one column, and
 * out needs room for 6 bytes a column and one more; elsewhere 4 and one more.  What does not
 * fit in room is cut, too.  Returns the columns.
 */
unsigned int text_escape(char *out, size_t room, const char *name, enum text_form form,
			 unsigned int columns);

/* The same, but of a path the end is kept: directories go before the name is cut. */
unsigned int text_escape_path(char *out, size_t room, const char *path, enum text_form form,
			      unsigned int columns);

#endif
