/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layout and the numbers of <linux/hostmem.h>, looked at by the compiler.  For
 * abi.c.
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include <stddef.h>

#include <linux/hostmem.h>

#include <hostmem/memoryapi.h>

/*
 * The layout, the same for 32-bit callers: every member is where these numbers
 * say, whatever the alignment of 64-bit integers is.
 */
#define AT(type, member, offset, bytes)					\
	_Static_assert(offsetof(struct type, member) == (offset) &&	\
		       sizeof(((struct type *)0)->member) == (bytes),	\
		       #type "." #member)
#define IS(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)

AT(hostmem_alloc, size, 0, 4);
AT(hostmem_alloc, id, 4, 4);
AT(hostmem_alloc, type, 8, 4);
AT(hostmem_alloc, protect, 12, 4);
AT(hostmem_alloc, level, 16, 4);
AT(hostmem_alloc, flags, 20, 4);
AT(hostmem_alloc, addr, 24, 8);
AT(hostmem_alloc, length, 32, 8);
AT(hostmem_alloc, out_addr, 40, 8);
AT(hostmem_alloc, deadline, 48, 8);
IS(hostmem_alloc, 56);

AT(hostmem_free, size, 0, 4);
AT(hostmem_free, id, 4, 4);
AT(hostmem_free, type, 8, 4);
AT(hostmem_free, reserved, 12, 4);
AT(hostmem_free, addr, 16, 8);
AT(hostmem_free, length, 24, 8);
IS(hostmem_free, 32);

AT(hostmem_query, size, 0, 4);
AT(hostmem_query, id, 4, 4);
AT(hostmem_query, out_own, 8, 4);
AT(hostmem_query, reserved, 12, 4);
AT(hostmem_query, addr, 16, 8);
AT(hostmem_query, buffer, 24, 8);
IS(hostmem_query, 32);

AT(hostmem_memory_info, base, 0, 8);
AT(hostmem_memory_info, allocation_base, 8, 8);
AT(hostmem_memory_info, allocation_protect, 16, 4);
AT(hostmem_memory_info, reserved0, 20, 4);
AT(hostmem_memory_info, region_size, 24, 8);
AT(hostmem_memory_info, state, 32, 4);
AT(hostmem_memory_info, protect, 36, 4);
AT(hostmem_memory_info, type, 40, 4);
AT(hostmem_memory_info, reserved1, 44, 4);
IS(hostmem_memory_info, 48);

AT(hostmem_status, size, 0, 4);
AT(hostmem_status, id, 4, 4);
AT(hostmem_status, reserved, 8, 4);
AT(hostmem_status, out_id, 12, 4);
AT(hostmem_status, out_regions, 16, 8);
AT(hostmem_status, out_reserved_bytes, 24, 8);
AT(hostmem_status, out_committed_bytes, 32, 8);
AT(hostmem_status, out_total_committed_bytes, 40, 8);
AT(hostmem_status, out_commit_limit_bytes, 48, 8);
AT(hostmem_status, out_large_page_bytes, 56, 8);
AT(hostmem_status, out_own_limit_bytes, 64, 8);
AT(hostmem_status, out_waiting, 72, 8);
AT(hostmem_status, out_overhead_bytes, 80, 8);
AT(hostmem_status, out_pinned_bytes, 88, 8);
AT(hostmem_status, out_prepared_bytes, 96, 8);
IS(hostmem_status, 104);

AT(hostmem_protect, size, 0, 4);
AT(hostmem_protect, id, 4, 4);
AT(hostmem_protect, protect, 8, 4);
AT(hostmem_protect, reserved, 12, 4);
AT(hostmem_protect, addr, 16, 8);
AT(hostmem_protect, length, 24, 8);
AT(hostmem_protect, old, 32, 8);
IS(hostmem_protect, 40);

AT(hostmem_watch, size, 0, 4);
AT(hostmem_watch, id, 4, 4);
AT(hostmem_watch, flags, 8, 4);
AT(hostmem_watch, reserved, 12, 4);
AT(hostmem_watch, addr, 16, 8);
AT(hostmem_watch, length, 24, 8);
AT(hostmem_watch, pages, 32, 8);
AT(hostmem_watch, count, 40, 8);
AT(hostmem_watch, out_count, 48, 8);
IS(hostmem_watch, 56);

AT(hostmem_limit, size, 0, 4);
AT(hostmem_limit, id, 4, 4);
AT(hostmem_limit, bytes, 8, 8);
IS(hostmem_limit, 16);

AT(hostmem_prepare, size, 0, 4);
AT(hostmem_prepare, id, 4, 4);
AT(hostmem_prepare, bytes, 8, 8);
IS(hostmem_prepare, 16);

AT(hostmem_shutdown, size, 0, 4);
AT(hostmem_shutdown, id, 4, 4);
IS(hostmem_shutdown, 8);

AT(hostmem_load, size, 0, 4);
AT(hostmem_load, id, 4, 4);
AT(hostmem_load, reserved, 8, 4);
AT(hostmem_load, out_available, 12, 4);
AT(hostmem_load, out_total_bytes, 16, 8);
AT(hostmem_load, out_available_bytes, 24, 8);
AT(hostmem_load, out_room_bytes, 32, 8);
IS(hostmem_load, 40);

AT(hostmem_load_page, charged_bytes, 0, 8);
AT(hostmem_load_page, limit_bytes, 8, 8);
AT(hostmem_load_page, total_bytes, 16, 8);
AT(hostmem_load_page, uncommitted_bytes, 24, 8);
AT(hostmem_load_page, refreshed, 32, 8);
AT(hostmem_load_page, clock_offset, 40, 8);
AT(hostmem_load_page, id, 48, 4);
AT(hostmem_load_page, reserved, 52, 4);
IS(hostmem_load_page, 56);

/* What the query fills is what Windows' structure has in these places. */
#define SAME_PLACE(ours, theirs)					\
	_Static_assert(offsetof(struct hostmem_memory_info, ours) ==	\
		       offsetof(MEMORY_BASIC_INFORMATION, theirs), #ours)

SAME_PLACE(base, BaseAddress);
SAME_PLACE(allocation_base, AllocationBase);
SAME_PLACE(allocation_protect, AllocationProtect);
SAME_PLACE(region_size, RegionSize);
SAME_PLACE(state, State);
SAME_PLACE(protect, Protect);
SAME_PLACE(type, Type);
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) ==
	       sizeof(struct hostmem_memory_info), "MEMORY_BASIC_INFORMATION");

/* The numbers are for ever. */
_Static_assert(HOSTMEM_IOC_ALLOC == 0xd600, "HOSTMEM_IOC_ALLOC");
_Static_assert(HOSTMEM_IOC_FREE == 0xd601, "HOSTMEM_IOC_FREE");
_Static_assert(HOSTMEM_IOC_QUERY == 0xd602, "HOSTMEM_IOC_QUERY");
_Static_assert(HOSTMEM_IOC_STATUS == 0xd603, "HOSTMEM_IOC_STATUS");
_Static_assert(HOSTMEM_IOC_PROTECT == 0xd604, "HOSTMEM_IOC_PROTECT");
_Static_assert(HOSTMEM_IOC_WATCH == 0xd605, "HOSTMEM_IOC_WATCH");
_Static_assert(HOSTMEM_IOC_LIMIT == 0xd606, "HOSTMEM_IOC_LIMIT");
_Static_assert(HOSTMEM_IOC_SHUTDOWN == 0xd607, "HOSTMEM_IOC_SHUTDOWN");
_Static_assert(HOSTMEM_IOC_LOAD == 0xd608, "HOSTMEM_IOC_LOAD");
_Static_assert(HOSTMEM_IOC_PREPARE == 0xd609, "HOSTMEM_IOC_PREPARE");
_Static_assert(HOSTMEM_LOAD_OFFSET == 0x1000000000000000, "HOSTMEM_LOAD_OFFSET");
_Static_assert(HOSTMEM_LOAD_PAGES == 2, "HOSTMEM_LOAD_PAGES");
_Static_assert(HOSTMEM_AVAILABLE_LOW == 1 && HOSTMEM_AVAILABLE_NEUTRAL == 2 &&
	       HOSTMEM_AVAILABLE_HIGH == 3, "Windows' EMemoryAvailable");

#endif /* ABI_LAYOUT_H */
