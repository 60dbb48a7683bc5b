/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What both shapes of the library take and return: allocation and free types,
 * states and types of memory, protections, MEMORY_BASIC_INFORMATION.
 *
 * The names are Windows' whole set, so that programs written for it compile.
 * A type or protection that the running module doesn't offer is refused with
 * ERROR_INVALID_PARAMETER or E_INVALIDARG (rules A2 and P1-P6).
 */
#ifndef HOSTMEM_MEMORY_H
#define HOSTMEM_MEMORY_H

#include <hostmem/types.h>

/* Types of an allocation; MEM_COMMIT and MEM_RESERVE are states, too. */
#define MEM_COMMIT			0x00001000u
#define MEM_RESERVE			0x00002000u
#define MEM_RESET			0x00080000u
#define MEM_TOP_DOWN			0x00100000u
#define MEM_WRITE_WATCH			0x00200000u
#define MEM_PHYSICAL			0x00400000u
#define MEM_ROTATE			0x00800000u
#define MEM_RESET_UNDO			0x01000000u
#define MEM_LARGE_PAGES			0x20000000u
#define MEM_REPLACE_PLACEHOLDER		0x00004000u
#define MEM_RESERVE_PLACEHOLDER		0x00040000u
#define AT_ROUND_TO_PAGE		0x40000000u

/* Types of a free. */
#define MEM_DECOMMIT			0x00004000u
#define MEM_RELEASE			0x00008000u
#define MEM_COALESCE_PLACEHOLDERS	0x00000001u
#define MEM_PRESERVE_PLACEHOLDER	0x00000002u

/* The third state, and the types of memory that a query reports. */
#define MEM_FREE			0x00010000u
#define MEM_PRIVATE			0x00020000u
#define MEM_MAPPED			0x00040000u
#define MEM_IMAGE			0x01000000u

/* Protections: exactly one of these ... */
#define PAGE_NOACCESS			0x01u
#define PAGE_READONLY			0x02u
#define PAGE_READWRITE			0x04u
#define PAGE_WRITECOPY			0x08u
#define PAGE_EXECUTE			0x10u
#define PAGE_EXECUTE_READ		0x20u
#define PAGE_EXECUTE_READWRITE		0x40u
#define PAGE_EXECUTE_WRITECOPY		0x80u
/* ... and modifiers. */
#define PAGE_GUARD			0x100u
#define PAGE_NOCACHE			0x200u
#define PAGE_WRITECOMBINE		0x400u
#define PAGE_TARGETS_INVALID		0x40000000u
#define PAGE_TARGETS_NO_UPDATE		0x40000000u

#define WRITE_WATCH_FLAG_RESET		1u

/**
 * struct _MEMORY_BASIC_INFORMATION - what a range of pages is (rules Q4-Q9, Q13)
 * @BaseAddress: the queried address rounded down to its page of 4096 bytes, not
 *	the start of the run
 * @AllocationBase: first byte of the region; NULL for free memory
 * @AllocationProtect: PAGE_* given when the region was reserved, whatever the
 *	pages have now; 0 for free memory
 * @PartitionId: 0
 * @RegionSize: bytes from @BaseAddress on with the same state, protection and
 *	region, a multiple of 4096
 * @State: MEM_COMMIT, MEM_RESERVE or MEM_FREE
 * @Protect: PAGE_* of committed pages, 0 for reserved ones, PAGE_NOACCESS for
 *	free memory
 * @Type: MEM_PRIVATE for memory of this library; MEM_MAPPED, MEM_IMAGE or
 *	MEM_PRIVATE for what else is mapped; 0 for free memory
 *
 * 48 bytes, laid out as on 64-bit Windows.
 */
typedef struct _MEMORY_BASIC_INFORMATION {
	PVOID BaseAddress;
	PVOID AllocationBase;
	DWORD AllocationProtect;
	WORD PartitionId;
	SIZE_T RegionSize;
	DWORD State;
	DWORD Protect;
	DWORD Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

#endif /* HOSTMEM_MEMORY_H */
