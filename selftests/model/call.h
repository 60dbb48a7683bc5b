/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One step of a random sequence, written down so that it can be made again in
 * another process, without the steps around it, and printed.
 *
 * Addresses are relative to where regions are, so that they mean the same in
 * every process and after other steps have been left out.  Made by generate.c,
 * made real by execute.c, left out by shrink.c.
 */
#ifndef MODEL_CALL_H
#define MODEL_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Regions that a thread keeps track of; each has a home where nothing else is. */
#define SLOTS	6

/* What an address is relative to: a slot's region, its home, or nothing. */
#define ANCHOR_HOME(slot)	(SLOTS + (slot))
#define ANCHOR_NONE		(2 * SLOTS)

enum op {
	OP_ALLOC,
	OP_FREE,
	OP_PROTECT,
	OP_QUERY,
	OP_GET_WATCH,
	OP_RESET_WATCH,
	OP_READ,	/* by the thread itself */
	OP_WRITE,
	OP_SYS_READ,	/* by read(2) from a pipe into the pages */
	OP_SYS_WRITE,	/* by write(2) from the pages */
	OP_SET_LIMIT,
	OP_DROP_CACHES,	/* ask the kernel to take what it may */
	OP_CHECK_ALL,	/* compare all there is with the model */
	OP_EXECUTE,	/* one instruction, by the thread itself */
	NR_OPS
};

/* Which of a call's pointers is bad; what it is otherwise is the executor's. */
enum pointer {
	POINTERS_GOOD,
	POINTER_NULL,
	POINTER_UNWRITABLE,
	POINTER_NULL_2,		/* the second and third of GetWriteWatch's */
	POINTER_NULL_3,
};

/**
 * struct call - one step
 * @op: what to do
 * @win32: in the shape of <hostmem/memoryapi.h>, else of <hostmem/mscoree.h>
 * @anchor: a slot, ANCHOR_HOME() or ANCHOR_NONE
 * @into: slot that a new region goes to
 * @pointer: which pointer is bad
 * @width: bytes of a thread's access: 1, 2 or 8
 * @count: pages that are accessed, room for addresses, percent of a limit
 * @level: critical level of an allocation
 * @type: type of an allocation or free, flags of a watch
 * @protect: protection
 * @salt: what the written bytes and the samples of the check depend on
 * @offset: of the address from the anchor
 * @size: bytes, or MiB of a limit
 */
struct call {
	uint8_t op;
	uint8_t win32;
	uint8_t anchor;
	uint8_t into;
	uint8_t pointer;
	uint8_t width;
	uint16_t count;
	uint32_t level;
	uint32_t type;
	uint32_t protect;
	uint32_t salt;
	int64_t offset;
	uint64_t size;
};

/** op_name - a short name of an operation */
const char *op_name(enum op op);

/* Long enough for any line of call_print(). */
#define CALL_TEXT	320

/** call_print - the call as C, then as a comment what call_parse() reads */
void call_print(const struct call *call, char text[CALL_TEXT]);

/** call_parse - read a call from such a line; false if there is none in it */
bool call_parse(const char *text, struct call *call);

#endif /* MODEL_CALL_H */
