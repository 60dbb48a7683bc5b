/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of <windows.h>'s functions share: how these fail.
 */
#ifndef HOSTMEM_WINDOWS_TEST_H
#define HOSTMEM_WINDOWS_TEST_H

#include "hostmem_test.h"

#include <hostmem/win32/windows.h>

#define OWN_PROCESS	((HANDLE)(LONG_PTR)-1)
#define NO_NODE		0xfffe		/* the machine has none of that number */
#define BOTH		(MEM_RESERVE | MEM_COMMIT)

/* A call that returns @failure and leaves @error, whatever was left before. */
#define EXPECT_FAILS(error, failure, call) do {				\
	SetLastError(POISON_DWORD);					\
	EXPECT_EQ((failure), call);					\
	EXPECT_EQ((DWORD)(error), GetLastError());			\
} while (0)

/* ... and that leaves the last error alone (rule A18). */
#define EXPECT_WORKS(call) do {						\
	SetLastError(POISON_DWORD);					\
	EXPECT_EQ(TRUE, call);						\
	EXPECT_EQ(POISON_DWORD, GetLastError());			\
} while (0)

/* A wide string until the next call; what is 1 becomes a character that isn't ASCII. */
HELPER const WCHAR *wide(const char *text)
{
	static WCHAR wide[64];
	size_t i = 0;

	do
		wide[i] = text[i] == 1 ? 0x130 : text[i];
	while (text[i++]);
	return wide;
}

#endif /* HOSTMEM_WINDOWS_TEST_H */
