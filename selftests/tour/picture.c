// SPDX-License-Identifier: GPL-2.0
/*
 * Drawing.  See picture.h.
 */
#include <stdio.h>
#include <string.h>

#include "picture.h"

#define FREE		"·"
#define RESERVED	"░"
#define NOACCESS	"-"
#define READONLY	"R"
#define READWRITE	"W"
#define EXECUTE		"X"
#define MIXED		"*"
#define UNKNOWN		"?"

static const char *sign_of(const MEMORY_BASIC_INFORMATION *info)
{
	if (info->State == MEM_FREE)
		return FREE;
	if (info->State == MEM_RESERVE)
		return RESERVED;
	switch (info->Protect) {
	case PAGE_NOACCESS:
		return NOACCESS;
	case PAGE_READONLY:
		return READONLY;
	case PAGE_READWRITE:
		return READWRITE;
	case PAGE_EXECUTE:
	case PAGE_EXECUTE_READ:
	case PAGE_EXECUTE_READWRITE:
		return EXECUTE;
	}
	return UNKNOWN;
}

/* The sign for all of [addr, addr + size), however many runs it consists of. */
static const char *sign_at(char *addr, SIZE_T size)
{
	const char *sign = NULL, *next;
	MEMORY_BASIC_INFORMATION info;
	char *end = addr + size;
	SIZE_T length;

	while (addr < end) {
		if (HostVirtualQuery(addr, &info, sizeof(info), &length) != S_OK)
			return UNKNOWN;
		next = sign_of(&info);
		if (sign && strcmp(sign, next))
			return MIXED;
		sign = next;
		addr = (char *)info.BaseAddress + info.RegionSize;
	}
	return sign;
}

void picture_take(const struct view *view, char *picture)
{
	const char *sign = NULL;
	unsigned int i;

	for (i = 0; i < PICTURE_COLUMNS; i++) {
		if (i % view->columns == 0)
			sign = sign_at(view->base + i / view->columns * view->cell,
				       view->cell);
		picture = stpcpy(picture, sign);
	}
}

void picture_print_legend(void)
{
	printf("The pictures show what HostVirtualQuery() says of each page:\n"
	       "  " FREE " free    " RESERVED " reserved    " MIXED
	       " several of these in one cell; and if it is committed:\n"
	       "  " READWRITE " read-write    " READONLY " read-only    "
	       EXECUTE " executable    " NOACCESS " no access\n");
}
