// SPDX-License-Identifier: GPL-2.0
/*
 * Steps as text.  See call.h.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hostmem/memory.h>

#include "call.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

struct name {
	uint32_t value;
	const char *name;
};

#define NAME(value)	{ value, #value }

static const struct name alloc_types[] = {
	NAME(MEM_RESERVE), NAME(MEM_COMMIT), NAME(MEM_TOP_DOWN),
	NAME(MEM_WRITE_WATCH), NAME(MEM_RESET), NAME(MEM_RESET_UNDO),
	NAME(MEM_LARGE_PAGES), NAME(MEM_PHYSICAL),
};

static const struct name free_types[] = {
	NAME(MEM_DECOMMIT), NAME(MEM_RELEASE),
};

static const struct name protections[] = {
	NAME(PAGE_NOACCESS), NAME(PAGE_READONLY), NAME(PAGE_READWRITE),
	NAME(PAGE_EXECUTE), NAME(PAGE_EXECUTE_READ), NAME(PAGE_EXECUTE_READWRITE),
	NAME(PAGE_GUARD), NAME(PAGE_NOCACHE), NAME(PAGE_WRITECOMBINE),
};

static const struct name watch_flags[] = {
	NAME(WRITE_WATCH_FLAG_RESET),
};

static const struct name levels[] = {
	{ 0, "eTaskCritical" }, { 1, "eAppDomainCritical" }, { 2, "eProcessCritical" },
};

const char *op_name(enum op op)
{
	static const char *const names[NR_OPS] = {
		"alloc", "free", "protect", "query", "get watch", "reset watch",
		"read", "write", "read(2)", "write(2)", "limit", "drop caches",
		"check all", "execute",
	};

	return names[op];
}

/* A line that grows. */
struct line {
	char *text;
	size_t used;
};

static __attribute__((format(printf, 2, 3)))
void put(struct line *line, const char *format, ...)
{
	size_t room = CALL_TEXT - line->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->used, room, format, args);
	va_end(args);
	line->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void put_flags(struct line *line, uint32_t flags,
		      const struct name *names, size_t count)
{
	const char *before = "";
	size_t i;

	for (i = 0; i < count; i++) {
		if (!(flags & names[i].value))
			continue;
		put(line, "%s%s", before, names[i].name);
		flags &= ~names[i].value;
		before = " | ";
	}
	if (flags || !*before)
		put(line, "%s0x%x", before, flags);
}

static void put_address(struct line *line, const struct call *call)
{
	char sign = call->offset < 0 ? '-' : '+';
	uint64_t offset = call->offset < 0 ? -(uint64_t)call->offset :
					     (uint64_t)call->offset;

	if (call->anchor >= ANCHOR_NONE) {
		if (call->offset)
			put(line, "(void *)0x%" PRIx64, (uint64_t)call->offset);
		else
			put(line, "NULL");
		return;
	}
	put(line, call->anchor < SLOTS ? "r%d" : "home%d", call->anchor % SLOTS);
	if (offset)
		put(line, " %c 0x%" PRIx64, sign, offset);
}

static void put_level(struct line *line, uint32_t level)
{
	if (level < COUNT(levels))
		put(line, "%s", levels[level].name);
	else
		put(line, "%u", level);
}

static void put_alloc(struct line *line, const struct call *call)
{
	if (call->type & (MEM_RESERVE | MEM_COMMIT) &&
	    (call->type & MEM_RESERVE || call->anchor == ANCHOR_NONE))
		put(line, "r%d = ", call->into);
	put(line, "%sVirtualAlloc(", call->win32 ? "" : "Host");
	put_address(line, call);
	put(line, ", 0x%" PRIx64 ", ", call->size);
	put_flags(line, call->type, alloc_types, COUNT(alloc_types));
	put(line, ", ");
	put_flags(line, call->protect, protections, COUNT(protections));
	if (!call->win32) {
		put(line, ", ");
		put_level(line, call->level);
		put(line, call->pointer ? ", NULL" : ", &mem");
	}
	put(line, ")");
}

static void put_watch(struct line *line, const struct call *call)
{
	put(line, "GetWriteWatch(");
	put_flags(line, call->type, watch_flags, COUNT(watch_flags));
	put(line, ", ");
	put_address(line, call);
	put(line, ", 0x%" PRIx64 ", %s, %s%u%s, %s)", call->size,
	    call->pointer == POINTER_NULL ? "NULL" : "pages",
	    call->pointer == POINTER_NULL_2 ? "NULL /* " : "&(ULONG_PTR){ ",
	    call->count, call->pointer == POINTER_NULL_2 ? " */" : " }",
	    call->pointer == POINTER_NULL_3 ? "NULL" : "&granularity");
}

static void put_touch(struct line *line, const struct call *call)
{
	put(line, call->op == OP_READ ? "read" : "write");
	put(line, "_%u(", call->width * 8u);
	put_address(line, call);
	put(line, ")");
	if (call->count > 1)
		put(line, " in each of %u pages", call->count);
}

static void put_others(struct line *line, const struct call *call)
{
	const char *host = call->win32 ? "" : "Host";

	switch (call->op) {
	case OP_FREE:
		put(line, "%sVirtualFree(", host);
		put_address(line, call);
		put(line, ", 0x%" PRIx64 ", ", call->size);
		put_flags(line, call->type, free_types, COUNT(free_types));
		put(line, ")");
		break;
	case OP_PROTECT:
		put(line, "%sVirtualProtect(", host);
		put_address(line, call);
		put(line, ", 0x%" PRIx64 ", ", call->size);
		put_flags(line, call->protect, protections, COUNT(protections));
		put(line, call->pointer == POINTER_NULL ? ", NULL)" :
			  call->pointer ? ", readonly)" : ", &old)");
		break;
	case OP_QUERY:
		put(line, "%sVirtualQuery(", host);
		put_address(line, call);
		put(line, ", %s, %" PRIu64, call->pointer == POINTER_NULL ? "NULL" :
		    call->pointer == POINTER_UNWRITABLE ? "readonly" : "&info",
		    call->size);
		put(line, call->win32 ? ")" : call->pointer == POINTER_NULL_2 ?
		    ", NULL)" : ", &length)");
		break;
	case OP_RESET_WATCH:
		put(line, "ResetWriteWatch(");
		put_address(line, call);
		put(line, ", 0x%" PRIx64 ")", call->size);
		break;
	case OP_SYS_READ:
	case OP_SYS_WRITE:
		put(line, call->op == OP_SYS_READ ? "read(pipe, " : "write(pipe, ");
		put_address(line, call);
		put(line, ", %" PRIu64 ")", call->size);
		break;
	case OP_SET_LIMIT:
		put(line, "commit_limit_mb = %" PRIu64 ", critical_reserve_pct = %u",
		    call->size, call->count);
		break;
	case OP_EXECUTE:
		put(line, "execute(");
		put_address(line, call);
		put(line, ")");
		break;
	case OP_DROP_CACHES:
		put(line, "drop_caches = 2");
		break;
	default:
		put(line, "check everything");
		break;
	}
}

void call_print(const struct call *call, char text[CALL_TEXT])
{
	struct line line = { .text = text };

	switch (call->op) {
	case OP_ALLOC:
		put_alloc(&line, call);
		break;
	case OP_GET_WATCH:
		put_watch(&line, call);
		break;
	case OP_READ:
	case OP_WRITE:
		put_touch(&line, call);
		break;
	default:
		put_others(&line, call);
		break;
	}
	put(&line, "; // %u %u %u %u %u %u %u %u %u %u %u %" PRId64 " %" PRIu64,
	    call->op, call->win32, call->anchor, call->into, call->pointer,
	    call->width, call->count, call->level, call->type, call->protect,
	    call->salt, call->offset, call->size);
}

bool call_parse(const char *text, struct call *call)
{
	const char *numbers = strstr(text, "; // ");

	memset(call, 0, sizeof(*call));
	return numbers &&
	       sscanf(numbers, "; // %" SCNu8 " %" SCNu8 " %" SCNu8 " %" SCNu8
		      " %" SCNu8 " %" SCNu8 " %" SCNu16 " %" SCNu32 " %" SCNu32
		      " %" SCNu32 " %" SCNu32 " %" SCNd64 " %" SCNu64,
		      &call->op, &call->win32, &call->anchor, &call->into,
		      &call->pointer, &call->width, &call->count, &call->level,
		      &call->type, &call->protect, &call->salt, &call->offset,
		      &call->size) == 13 &&
	       call->op < NR_OPS && call->anchor <= ANCHOR_NONE &&
	       call->into < SLOTS;
}
