// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Text of the tool.  See text.h.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "text.h"

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return 99;
}

bool text_number(const char **at, unsigned int base, uint64_t *value)
{
	const char *p = *at;
	uint64_t sum = 0;

	if (digit(*p) >= base)
		return false;
	for (; digit(*p) < base; p++) {
		if (sum > (UINT64_MAX - digit(*p)) / base)
			return false;
		sum = sum * base + digit(*p);
	}
	*at = p;
	*value = sum;
	return true;
}

bool text_take(const char **at, const char *expected)
{
	size_t length = strlen(expected);

	if (strncmp(*at, expected, length))
		return false;
	*at += length;
	return true;
}

bool text_kb(const char *text, uint64_t *kb)
{
	return text_number(&text, 10, kb) && !strcmp(text, " kB");
}

bool text_whole(const char *text, uint64_t *value)
{
	return text_number(&text, 10, value) && !*text;
}

char *text_size(char out[TEXT_SIZE], uint64_t kb, bool exact)
{
	static const char * const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB" };
	unsigned int unit = 0;
	uint64_t tenths;

	if (exact || !kb) {
		snprintf(out, TEXT_SIZE, "%" PRIu64, kb);
		return out;
	}
	/* The remainder that is dropped here is less than a tenth, and there it stays. */
	tenths = kb > UINT64_MAX / 10 ? UINT64_MAX : kb * 10;
	while (tenths >= 10240) {
		tenths /= 1024;
		unit++;
	}
	if (tenths >= 100 || !unit)
		snprintf(out, TEXT_SIZE, "%" PRIu64 " %s", tenths / 10, units[unit]);
	else
		snprintf(out, TEXT_SIZE, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
			 units[unit]);
	return out;
}

unsigned int text_percent(uint64_t part, uint64_t whole)
{
	if (!whole)
		return 0;
	if (part >= whole)
		return 100;
	return part > UINT64_MAX / 100 ? (unsigned int)(part / (whole / 100)) :
					 (unsigned int)(part * 100 / whole);
}

int32_t text_decode(const char **at)
{
	static const int32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*(*at)++;
	int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
	int32_t c = first & (0x3f >> more);

	if (first < 0x80)
		return first;
	if (first < 0xc2 || first > 0xf4)
		return -1;
	for (int i = 0; i < more; i++) {
		unsigned char next = (unsigned char)(*at)[i];

		/* The end of the text is no such byte either. */
		if ((next & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (next & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*at += more;
	return c;
}

unsigned int text_columns(int32_t c)
{
	int width = c < 0 ? 0 : wcwidth((wchar_t)c);

	return width > 0 ? (unsigned int)width : 0;
}

/* Columns of a character in that form, or 0 if it has to be escaped. */
static unsigned int plain(int32_t c, enum text_form form)
{
	if (c < ' ' || (c >= 0x7f && c < 0xa0))
		return 0;
	if (c < 0x7f)
		return 1;
	switch (form) {
	case TEXT_ASCII:
		return 0;
	case TEXT_UTF8:
		return text_columns(c);
	case TEXT_XML:
		break;
	}
	/* What turns the direction of text, and what XML doesn't have. */
	return c != 0x61c && c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2066 && c <= 0x2069) && (c & 0xfffe) != 0xfffe;
}

static const char *entity(int32_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* One character at *at as it is to be written, which is at most 6 bytes and a zero. */
static unsigned int piece(char out[8], const char **at, enum text_form form)
{
	const char *begin = *at;
	int32_t c = text_decode(at);
	unsigned int width = plain(c, form);
	size_t length;

	if (!width) {
		*at = begin + 1;
		snprintf(out, 8, "\\x%02x", (unsigned char)*begin);
		return 4;
	}
	if (form == TEXT_XML && entity(c)) {
		snprintf(out, 8, "%s", entity(c));
		return width;
	}
	length = (size_t)(*at - begin);
	memcpy(out, begin, length);
	out[length] = '\0';
	return width;
}

static const char *cut_mark(enum text_form form)
{
	return form == TEXT_ASCII ? "~" : "\xe2\x80\xa6";
}

/* As text_escape(); *whole: nothing was cut. */
static unsigned int escape(char *out, size_t room, const char *name, enum text_form form,
			   unsigned int columns, bool *whole)
{
	const char *mark = cut_mark(form);
	/* Where the mark would go: the last place with a column and bytes for it. */
	unsigned int used = 0, cut_used = 0;
	size_t length = 0, cut = 0;
	char next[8];

	out[0] = '\0';
	*whole = !*name;
	if (!columns || room < sizeof(next))
		return 0;
	while (*name) {
		unsigned int width = piece(next, &name, form);
		size_t bytes = strlen(next);

		if (used + width > columns || length + bytes >= room) {
			strcpy(out + cut, mark);
			return cut_used + 1;
		}
		memcpy(out + length, next, bytes + 1);
		length += bytes;
		used += width;
		if (used < columns && length + strlen(mark) < room) {
			cut = length;
			cut_used = used;
		}
	}
	*whole = true;
	return used;
}

unsigned int text_escape(char *out, size_t room, const char *name, enum text_form form,
			 unsigned int columns)
{
	bool whole;

	return escape(out, room, name, form, columns, &whole);
}

unsigned int text_escape_path(char *out, size_t room, const char *path, enum text_form form,
			      unsigned int columns)
{
	const char *next = *path ? strchr(path + 1, '/') : NULL;
	size_t length = strlen(cut_mark(form));
	unsigned int used;
	bool whole;

	used = escape(out, room, path, form, columns, &whole);
	for (; !whole && next && columns > 1 && room > length; next = strchr(next + 1, '/')) {
		strcpy(out, cut_mark(form));
		used = 1 + escape(out + length, room - length, next, form, columns - 1, &whole);
	}
	return used;
}
