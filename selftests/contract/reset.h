/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What reset.c and reset_much.c share: MEM_RESET, MEM_RESET_UNDO, and memory pressure
 * on demand.
 */
#ifndef RESET_H
#define RESET_H

#include "hostmem_test.h"

#define mem_reset(addr, size) \
	VirtualAlloc((void *)(addr), size, MEM_RESET, PAGE_READWRITE)
#define reset_undo(addr, size) \
	VirtualAlloc((void *)(addr), size, MEM_RESET_UNDO, PAGE_READWRITE)

/* Asked but once: what has been told to be lost counts as reset no more. */
#define EXPECT_UNDO_TOO_LATE(addr, size) do {				\
	SetLastError(POISON_DWORD);					\
	EXPECT_EQ(NULL, reset_undo(addr, size));			\
	EXPECT_EQ(ERROR_INVALID_ADDRESS, GetLastError());		\
} while (0)

/* The kernel takes whatever its shrinkers give: pressure on demand. */
HELPER bool reclaim_all(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, "2", 1) == 1;

	close(fd);
	return good;
}

#endif /* RESET_H */
