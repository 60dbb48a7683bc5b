// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * What callers of the library and the kernel have to mean the same by, for it is handed on
 * as it is: by manager.c, both ways.  Nothing here is ever run.
 */
#include <stddef.h>

#include <hostmem/memory.h>
#include <hostmem/mscoree.h>
#include <linux/hostmem.h>

#define SAME_MEMBER(ours, theirs)						\
	(offsetof(MEMORY_BASIC_INFORMATION, ours) ==				\
	 offsetof(struct hostmem_memory_info, theirs) &&			\
	 sizeof(((MEMORY_BASIC_INFORMATION *)0)->ours) ==			\
	 sizeof(((struct hostmem_memory_info *)0)->theirs))

/* The kernel writes into the caller's buffer, so both must mean the same. */
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) == 48, "size on Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, BaseAddress) == 0, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, AllocationBase) == 8, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, AllocationProtect) == 16, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, PartitionId) == 20, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, RegionSize) == 24, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, State) == 32, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, Protect) == 36, "Windows");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, Type) == 40, "Windows");
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) ==
	       sizeof(struct hostmem_memory_info), "kernel");
_Static_assert(SAME_MEMBER(BaseAddress, base), "kernel");
_Static_assert(SAME_MEMBER(AllocationBase, allocation_base), "kernel");
_Static_assert(SAME_MEMBER(AllocationProtect, allocation_protect), "kernel");
_Static_assert(SAME_MEMBER(RegionSize, region_size), "kernel");
_Static_assert(SAME_MEMBER(State, state), "kernel");
_Static_assert(SAME_MEMBER(Protect, protect), "kernel");
_Static_assert(SAME_MEMBER(Type, type), "kernel");

/* Types, protections, levels and flags are handed on as they are. */
_Static_assert(MEM_COMMIT == HOSTMEM_COMMIT && MEM_RESERVE == HOSTMEM_RESERVE &&
	       MEM_TOP_DOWN == HOSTMEM_TOP_DOWN && MEM_RESET == HOSTMEM_RESET &&
	       MEM_RESET_UNDO == HOSTMEM_RESET_UNDO &&
	       MEM_WRITE_WATCH == HOSTMEM_WRITE_WATCH &&
	       MEM_LARGE_PAGES == HOSTMEM_LARGE_PAGES, "allocation types");
_Static_assert(MEM_DECOMMIT == HOSTMEM_DECOMMIT && MEM_RELEASE == HOSTMEM_RELEASE,
	       "free types");
_Static_assert(MEM_FREE == HOSTMEM_FREE && MEM_PRIVATE == HOSTMEM_PRIVATE &&
	       MEM_MAPPED == HOSTMEM_MAPPED && MEM_IMAGE == HOSTMEM_IMAGE,
	       "states and types of memory");
_Static_assert(PAGE_NOACCESS == HOSTMEM_NOACCESS &&
	       PAGE_READONLY == HOSTMEM_READONLY &&
	       PAGE_READWRITE == HOSTMEM_READWRITE &&
	       PAGE_EXECUTE == HOSTMEM_EXECUTE &&
	       PAGE_EXECUTE_READ == HOSTMEM_EXECUTE_READ &&
	       PAGE_EXECUTE_READWRITE == HOSTMEM_EXECUTE_READWRITE &&
	       PAGE_GUARD == HOSTMEM_GUARD && PAGE_NOCACHE == HOSTMEM_NOCACHE &&
	       PAGE_WRITECOMBINE == HOSTMEM_WRITECOMBINE, "protections");
_Static_assert(WRITE_WATCH_FLAG_RESET == HOSTMEM_WATCH_RESET, "watch flags");
/* The kernel writes the caller's array of addresses as one of __u64. */
_Static_assert(sizeof(PVOID) == sizeof(__u64), "addresses");
_Static_assert(eTaskCritical == HOSTMEM_LEVEL_TASK &&
	       eAppDomainCritical == HOSTMEM_LEVEL_APPDOMAIN &&
	       eProcessCritical == HOSTMEM_LEVEL_PROCESS, "levels");
_Static_assert(HOSTMEM_PINNABLE == HOSTMEM_ALLOC_PINNABLE, "flags");
