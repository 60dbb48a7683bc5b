/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what is done with address spaces, for ftrace, perf and BPF.  Any file of
 * the module may have one; trace.c makes them.
 *
 * They stand where a call of calls.h is through, so that each call is one event with its
 * result, 0 or -errno; arguments that are wrong by themselves don't get there.  What they
 * tell is not fixed for ever, as hostmem(4), section TRACING, says.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hostmem

#if !defined(HOSTMEM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define HOSTMEM_TRACE_H

#include <linux/tracepoint.h>

#include "notice.h"

/* A call on a range.  @id: the file's number; @what: what was asked, see each event. */
DECLARE_EVENT_CLASS(hm_range,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret),
	TP_STRUCT__entry(
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u32, id)
		__field(u32, what)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->end = end;
		__entry->id = id;
		__entry->what = what;
		__entry->ret = ret;
	),
	TP_printk("id=%u start=%#lx end=%#lx what=%#x ret=%d", __entry->id,
		  __entry->start, __entry->end, __entry->what, __entry->ret)
);

/* @what: HOSTMEM_* protection.  If the place was to be chosen and it fails: @start 0. */
DEFINE_EVENT(hm_range, hm_reserve,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret)
);

/* @what: HOSTMEM_* protection that the pages get */
DEFINE_EVENT(hm_range, hm_commit,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret)
);

/* @what: 0 */
DEFINE_EVENT(hm_range, hm_decommit,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret)
);

/* @what: as of hm_commit */
DEFINE_EVENT(hm_range, hm_protect,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret)
);

/* @what: 0.  Nothing is found: @end is @start. */
DEFINE_EVENT(hm_range, hm_release,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret)
);

/* @what: HOSTMEM_RESET, or HOSTMEM_RESET_UNDO */
DEFINE_EVENT(hm_range, hm_reset,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 what, int ret),
	TP_ARGS(id, start, end, what, ret)
);

/* Written pages are asked for.  @flags: HOSTMEM_WATCH_RESET or 0; @pages: how many */
TRACE_EVENT(hm_watch,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 flags, u64 pages,
		 int ret),
	TP_ARGS(id, start, end, flags, pages, ret),
	TP_STRUCT__entry(
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u64, pages)
		__field(u32, id)
		__field(u32, flags)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->end = end;
		__entry->pages = pages;
		__entry->id = id;
		__entry->flags = flags;
		__entry->ret = ret;
	),
	TP_printk("id=%u start=%#lx end=%#lx flags=%#x pages=%llu ret=%d",
		  __entry->id, __entry->start, __entry->end, __entry->flags,
		  __entry->pages, __entry->ret)
);

/* A guard page has been hit, and is none any more.  @call: by a system call. */
TRACE_EVENT(hm_guard,
	TP_PROTO(u32 id, unsigned long addr, bool call),
	TP_ARGS(id, addr, call),
	TP_STRUCT__entry(
		__field(unsigned long, addr)
		__field(u32, id)
		__field(bool, call)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->id = id;
		__entry->call = call;
	),
	TP_printk("id=%u addr=%#lx by=%s", __entry->id, __entry->addr,
		  __entry->call ? "call" : "thread")
);

/* A commit gets nothing for lack of room or memory.  @by: what there is none of. */
TRACE_EVENT(hm_refuse,
	TP_PROTO(u32 id, unsigned long start, unsigned long end, u32 level,
		 enum hm_lack by),
	TP_ARGS(id, start, end, level, by),
	TP_STRUCT__entry(
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(u32, id)
		__field(u32, level)
		__field(u32, by)
	),
	TP_fast_assign(
		__entry->start = start;
		__entry->end = end;
		__entry->id = id;
		__entry->level = level;
		__entry->by = by;
	),
	TP_printk("id=%u start=%#lx end=%#lx level=%u by=%s", __entry->id,
		  __entry->start, __entry->end, __entry->level,
		  __print_symbolic(__entry->by, { 0, "own-limit" },
				   { 1, "module-limit" }, { 2, "memory" }))
);

/* A commit begins to wait for so many bytes of room. */
TRACE_EVENT(hm_wait,
	TP_PROTO(u32 id, u64 bytes, u32 level),
	TP_ARGS(id, bytes, level),
	TP_STRUCT__entry(
		__field(u64, bytes)
		__field(u32, id)
		__field(u32, level)
	),
	TP_fast_assign(
		__entry->bytes = bytes;
		__entry->id = id;
		__entry->level = level;
	),
	TP_printk("id=%u bytes=%llu level=%u", __entry->id, __entry->bytes,
		  __entry->level)
);

/* It waits no more, after so many nanoseconds. */
TRACE_EVENT(hm_wait_end,
	TP_PROTO(u32 id, u64 bytes, u32 level, u64 ns, int ret),
	TP_ARGS(id, bytes, level, ns, ret),
	TP_STRUCT__entry(
		__field(u64, bytes)
		__field(u64, ns)
		__field(u32, id)
		__field(u32, level)
		__field(int, ret)
	),
	TP_fast_assign(
		__entry->bytes = bytes;
		__entry->ns = ns;
		__entry->id = id;
		__entry->level = level;
		__entry->ret = ret;
	),
	TP_printk("id=%u bytes=%llu level=%u ns=%llu ret=%d", __entry->id,
		  __entry->bytes, __entry->level, __entry->ns, __entry->ret)
);

/* The kernel wants memory of pages that were reset.  All in pages. */
TRACE_EVENT(hm_reclaim,
	TP_PROTO(unsigned long asked, unsigned long scanned, unsigned long found,
		 unsigned long reclaimed),
	TP_ARGS(asked, scanned, found, reclaimed),
	TP_STRUCT__entry(
		__field(unsigned long, asked)
		__field(unsigned long, scanned)
		__field(unsigned long, found)
		__field(unsigned long, reclaimed)
	),
	TP_fast_assign(
		__entry->asked = asked;
		__entry->scanned = scanned;
		__entry->found = found;
		__entry->reclaimed = reclaimed;
	),
	TP_printk("asked=%lu scanned=%lu found=%lu reclaimed=%lu", __entry->asked,
		  __entry->scanned, __entry->found, __entry->reclaimed)
);

#endif /* HOSTMEM_TRACE_H */

/* Kbuild tells the compiler where this directory is. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
