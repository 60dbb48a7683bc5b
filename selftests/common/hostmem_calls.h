/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The library's calls, in both shapes: what they do, what a query says, and how they
 * fail.  Part of hostmem_test.h.
 */
#ifndef HOSTMEM_CALLS_H
#define HOSTMEM_CALLS_H

#include "hostmem_base.h"

#define reserve_at(addr, size) \
	VirtualAlloc((void *)(addr), size, MEM_RESERVE, PAGE_READWRITE)
#define commit_at(addr, size, protect) \
	VirtualAlloc((void *)(addr), size, MEM_COMMIT, protect)
#define both_at(addr, size, protect) \
	VirtualAlloc((void *)(addr), size, MEM_RESERVE | MEM_COMMIT, protect)

HELPER MEMORY_BASIC_INFORMATION query(const void *addr)
{
	MEMORY_BASIC_INFORMATION info;

	memset(&info, POISON_BYTE, sizeof(info));
	VirtualQuery(addr, &info, sizeof(info));
	return info;
}

#define EXPECT_QUERY(address, base, alloc_base, alloc_protect, size, state,	\
		     protect, type)						\
do {										\
	MEMORY_BASIC_INFORMATION __info;					\
	SIZE_T __length = POISON_DWORD;						\
										\
	memset(&__info, POISON_BYTE, sizeof(__info));				\
	EXPECT_EQ(S_OK, HostVirtualQuery((void *)(address), &__info,		\
					 sizeof(__info), &__length));		\
	EXPECT_EQ(sizeof(__info), __length);					\
	EXPECT_EQ((uintptr_t)(base), (uintptr_t)__info.BaseAddress);		\
	EXPECT_EQ((uintptr_t)(alloc_base), (uintptr_t)__info.AllocationBase);	\
	EXPECT_EQ((DWORD)(alloc_protect), __info.AllocationProtect);		\
	EXPECT_EQ((SIZE_T)(size), __info.RegionSize);				\
	EXPECT_EQ((DWORD)(state), __info.State);				\
	EXPECT_EQ((DWORD)(protect), __info.Protect);				\
	EXPECT_EQ((DWORD)(type), __info.Type);					\
} while (0)

/* Pages that are committed, or reserved, in a region of PAGE_READWRITE. */
#define EXPECT_COMMITTED(address, alloc_base, size, protect)		\
	EXPECT_QUERY(address, address, alloc_base, PAGE_READWRITE, size,	\
		     MEM_COMMIT, protect, MEM_PRIVATE)
#define EXPECT_RESERVED(address, alloc_base, size)			\
	EXPECT_QUERY(address, address, alloc_base, PAGE_READWRITE, size,	\
		     MEM_RESERVE, 0, MEM_PRIVATE)
#define EXPECT_FREE(address)						\
	EXPECT_EQ(MEM_FREE, query((void *)(address)).State)

/* An allocation that fails alike in both shapes (rules A15, H2). */
#define EXPECT_ALLOC_FAILS(error, hresult, address, size, type, protect) do { \
	void *__mem = POISON_POINTER;						\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(NULL, VirtualAlloc((void *)(address), size, type, protect));	\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
	EXPECT_EQ((hresult), HostVirtualAlloc((void *)(address), size, type,	\
					      protect, eProcessCritical,	\
					      &__mem));				\
	EXPECT_EQ(NULL, __mem);							\
} while (0)

#define EXPECT_FREE_FAILS(error, hresult, address, size, type) do {	\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(FALSE, VirtualFree((void *)(address), size, type));		\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
	EXPECT_EQ((hresult), HostVirtualFree((void *)(address), size, type));	\
} while (0)

/*
 * The descriptor under the library's functions, which is the process's only
 * one of the device when a test begins; -1 if there is none.
 */
HELPER int library_fd(void)
{
	char path[32], target[64];
	ssize_t length;
	int fd;

	query(NULL);
	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = 0;
		if (!strcmp(target, DEVICE))
			return fd;
	}
	return -1;
}

#endif /* HOSTMEM_CALLS_H */
