/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pictures of the address space, drawn from what HostVirtualQuery() answers and
 * from nothing else.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include <hostmem/mscoree.h>

#define PICTURE_COLUMNS	64u
/* A column takes at most three bytes of UTF-8. */
#define PICTURE_BYTES	(3 * PICTURE_COLUMNS + 1)

/**
 * struct view - the stretch of address space that a picture shows
 * @base: where it begins
 * @cell: bytes that one cell stands for
 * @columns: columns that a cell is wide; a picture has PICTURE_COLUMNS of them
 */
struct view {
	char *base;
	SIZE_T cell;
	unsigned int columns;
};

/** picture_take() - draw a view into a buffer of PICTURE_BYTES */
void picture_take(const struct view *view, char *picture);

/** picture_print_legend() - say what the signs mean */
void picture_print_legend(void);

#endif /* PICTURE_H */
