// SPDX-License-Identifier: GPL-2.0
/*
 * Description: <windows.h>'s functions on memory that is there: those that take a process,
 * and bad pointers (rules A17, G8, N3, N11).
 */
#include "windows_pages.h"

/*
 * With a process
 */

TEST_F(windows, only_the_own_process_A17_N3)
{
	static const HANDLE others[] = { NULL, (HANDLE)1, (HANDLE)(LONG_PTR)-2,
		(HANDLE)0xffffffff };
	WIN32_MEMORY_RANGE_ENTRY range = { self->base, PAGE };
	MEMORY_BASIC_INFORMATION info;
	SIZE_T count;
	DWORD old;
	size_t i;
	char byte = 1;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		HANDLE other = others[i];

		EXPECT_FAILS(ERROR_INVALID_HANDLE, NULL,
			     VirtualAllocEx(other, NULL, PAGE, BOTH, PAGE_READWRITE));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, NULL,
			     VirtualAllocExNuma(other, NULL, PAGE, BOTH, PAGE_READWRITE, 0));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, NULL,
			     VirtualAlloc2(other, NULL, PAGE, BOTH, PAGE_READWRITE, NULL, 0));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, NULL,
			     VirtualAlloc2FromApp(other, NULL, PAGE, BOTH, PAGE_READWRITE,
						  NULL, 0));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
			     VirtualFreeEx(other, self->base, 0, MEM_RELEASE));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
			     VirtualProtectEx(other, self->base, PAGE, PAGE_READONLY, &old));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, 0,
			     VirtualQueryEx(other, self->base, &info, sizeof(info)));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
			     ReadProcessMemory(other, self->base, &byte, 1, &count));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
			     WriteProcessMemory(other, self->base, &byte, 1, &count));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
			     PrefetchVirtualMemory(other, 1, &range, 0));
	}
	EXPECT_EQ(0, *self->base);
	EXPECT_COMMITTED(self->base, self->base, PAGES * PAGE, PAGE_READWRITE);
}

TEST_F(windows, with_the_own_process_as_without_N3)
{
	MEMORY_BASIC_INFORMATION info;
	DWORD old = POISON_DWORD;
	char *base;

	base = VirtualAllocEx(OWN_PROCESS, NULL, 2 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(base, VirtualAllocEx(OWN_PROCESS, base, PAGE, MEM_COMMIT, PAGE_READWRITE));
	EXPECT_WORKS(VirtualProtectEx(OWN_PROCESS, base, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(PAGE_READWRITE, old);
	EXPECT_EQ(sizeof(info), VirtualQueryEx(OWN_PROCESS, base, &info, sizeof(info)));
	EXPECT_EQ(PAGE_READONLY, info.Protect);
	EXPECT_FAILS(ERROR_BAD_LENGTH, 0, VirtualQueryEx(OWN_PROCESS, base, &info, 47));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     VirtualFreeEx(OWN_PROCESS, base, 1, MEM_RELEASE));
	EXPECT_WORKS(VirtualFreeEx(OWN_PROCESS, base, 0, MEM_RELEASE));
	EXPECT_FREE(base);
}

TEST_F(windows, numa_nodes_N3)
{
	char *base = VirtualAllocExNuma(OWN_PROCESS, NULL, PAGE, MEM_RESERVE,
					PAGE_READWRITE, NUMA_NO_PREFERRED_NODE);

	ASSERT_NE(NULL, base);
	EXPECT_EQ(base, VirtualAllocExNuma(OWN_PROCESS, base, PAGE, MEM_COMMIT,
					   PAGE_READWRITE, 0));
	EXPECT_TRUE(can_write(base));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     VirtualAllocExNuma(OWN_PROCESS, NULL, PAGE, MEM_RESERVE,
					PAGE_READWRITE, NO_NODE));
}

TEST_F(windows, read_all_N3)
{
	/* More than is copied at a time, and not in step with pages. */
	const SIZE_T size = 300 * KIB + 17;
	char *from = VirtualAlloc(NULL, MIB, BOTH, PAGE_READWRITE);
	char *to = VirtualAlloc(NULL, MIB, BOTH, PAGE_READWRITE);
	SIZE_T count = 0;

	ASSERT_NE(NULL, from);
	ASSERT_NE(NULL, to);
	stamp(from, MIB, 1);
	protect(from, MIB, PAGE_READONLY);
	EXPECT_WORKS(ReadProcessMemory(OWN_PROCESS, from + 5, to + 3, size, &count));
	EXPECT_EQ(size, count);
	EXPECT_EQ(0, memcmp(from + 5, to + 3, size));
	EXPECT_EQ(0, to[2]);
	EXPECT_EQ(0, to[3 + size]);

	EXPECT_WORKS(WriteProcessMemory(OWN_PROCESS, to + 1, from + 7, size, &count));
	EXPECT_EQ(size, count);
	EXPECT_EQ(0, memcmp(to + 1, from + 7, size));

	/* Others' memory, nothing at all, and nowhere to tell how much. */
	EXPECT_WORKS(ReadProcessMemory(OWN_PROCESS, from, self->foreign, PAGE, NULL));
	EXPECT_EQ(0, memcmp(from, self->foreign, PAGE));
	EXPECT_WORKS(WriteProcessMemory(OWN_PROCESS, to, self->foreign, PAGE, NULL));
	EXPECT_WORKS(ReadProcessMemory(OWN_PROCESS, NULL, NULL, 0, &count));
	EXPECT_EQ(0, count);
}

TEST_F(windows, read_what_can_be_read_N3)
{
	static char buffer[2 * 8 * 4096];
	SIZE_T count = POISON_DWORD;

	stamp(self->base, PAGES * PAGE, 2);
	EXPECT_FAILS(ERROR_PARTIAL_COPY, FALSE,
		     ReadProcessMemory(OWN_PROCESS, self->base + 9, buffer, PAGES * PAGE,
				       &count));
	EXPECT_EQ(PAGES * PAGE - 9, count);
	EXPECT_EQ(0, memcmp(self->base + 9, buffer, count));
	EXPECT_FAILS(ERROR_PARTIAL_COPY, FALSE,
		     ReadProcessMemory(OWN_PROCESS, self->end, buffer, 1, &count));
	EXPECT_EQ(0, count);
	protect(self->base + PAGE, PAGE, PAGE_NOACCESS);
	EXPECT_FAILS(ERROR_PARTIAL_COPY, FALSE,
		     ReadProcessMemory(OWN_PROCESS, self->base, buffer, 3 * PAGE, &count));
	EXPECT_EQ(PAGE, count);
	EXPECT_FAILS(ERROR_PARTIAL_COPY, FALSE,
		     ReadProcessMemory(OWN_PROCESS, NULL, buffer, 1, &count));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     ReadProcessMemory(OWN_PROCESS, self->base, self->end - 5, 10, &count));
	EXPECT_EQ(5, count);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     ReadProcessMemory(OWN_PROCESS, self->base, NULL, 10, NULL));
}

TEST_F(windows, write_what_can_be_written_N3)
{
	static char buffer[2 * 8 * 4096];
	SIZE_T count = POISON_DWORD;

	memset(buffer, 'x', sizeof(buffer));
	protect(self->base, PAGE, PAGE_READONLY);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     WriteProcessMemory(OWN_PROCESS, self->base, buffer, 2 * PAGE, &count));
	EXPECT_EQ(0, count);
	EXPECT_EQ(NULL, nonzero(self->base, PAGES * PAGE));
	EXPECT_FAILS(ERROR_PARTIAL_COPY, FALSE,
		     WriteProcessMemory(OWN_PROCESS, self->end - 7, buffer, 8, &count));
	EXPECT_EQ(7, count);
	EXPECT_EQ('x', self->end[-1]);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     WriteProcessMemory(OWN_PROCESS, self->base + PAGE, self->end, 1, &count));
	EXPECT_EQ(0, count);
}

TEST_F(windows, copies_clear_guards_G8)
{
	char buffer[4];
	SIZE_T count;

	protect(self->base, 2 * PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_FAILS(ERROR_PARTIAL_COPY, FALSE,
		     ReadProcessMemory(OWN_PROCESS, self->base, buffer, 4, &count));
	EXPECT_COMMITTED(self->base, self->base, PAGE, PAGE_READWRITE);
	EXPECT_WORKS(ReadProcessMemory(OWN_PROCESS, self->base, buffer, 4, &count));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     WriteProcessMemory(OWN_PROCESS, self->base + PAGE, buffer, 4, &count));
	EXPECT_WORKS(WriteProcessMemory(OWN_PROCESS, self->base + PAGE, buffer, 4, &count));
}

/*
 * Bad pointers
 */

TEST_F(windows, bad_pointers_by_protection_N11)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		protect(self->base, PAGE, protections[i].protect);
		EXPECT_EQ(!protections[i].read, IsBadReadPtr(self->base, 1));
		EXPECT_EQ(!protections[i].write, IsBadWritePtr(self->base, 1));
		EXPECT_EQ(!protections[i].read,
			  IsBadCodePtr((FARPROC)(uintptr_t)self->base));
		/* A range is as bad as its worst page. */
		EXPECT_EQ(!protections[i].read, IsBadReadPtr(self->base, PAGE + 1));
		EXPECT_EQ(!protections[i].write, IsBadWritePtr(self->base, PAGE + 1));
		EXPECT_EQ(FALSE, IsBadWritePtr(self->base + PAGE, PAGE));
	}
}

TEST_F(windows, bad_ranges_N11)
{
	EXPECT_EQ(FALSE, IsBadReadPtr(NULL, 0));
	EXPECT_EQ(FALSE, IsBadWritePtr(NULL, 0));
	EXPECT_EQ(TRUE, IsBadReadPtr(NULL, 1));
	EXPECT_EQ(TRUE, IsBadCodePtr(NULL));
	EXPECT_EQ(FALSE, IsBadReadPtr(self->base, PAGES * PAGE));
	EXPECT_EQ(TRUE, IsBadReadPtr(self->base, PAGES * PAGE + 1));
	EXPECT_EQ(TRUE, IsBadReadPtr(self->end, 1));
	EXPECT_EQ(TRUE, IsBadReadPtr(self->base, -1));
	EXPECT_EQ(TRUE, IsBadReadPtr((void *)-1, 1));
}

TEST_F(windows, bad_pointers_clear_guards_N11_G8)
{
	protect(self->base, 2 * PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_EQ(TRUE, IsBadReadPtr(self->base + PAGE, 1));
	EXPECT_EQ(FALSE, IsBadReadPtr(self->base + PAGE, 1));
	EXPECT_EQ(TRUE, IsBadWritePtr(self->base, 2 * PAGE));
	EXPECT_EQ(FALSE, IsBadWritePtr(self->base, 2 * PAGE));
}

TEST_F(windows, bad_pointers_of_others_N11)
{
	char *file = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE,
			  open("/proc/self/exe", O_RDONLY | O_CLOEXEC), 0);
	int fd = memfd_create("short", MFD_CLOEXEC);
	char *ends;

	ASSERT_NE(MAP_FAILED, file);
	EXPECT_EQ(FALSE, IsBadReadPtr(file, 2 * PAGE));
	EXPECT_EQ(TRUE, IsBadWritePtr(file, 1));
	EXPECT_EQ(FALSE, IsBadWritePtr(self->foreign, PAGES * PAGE));
	EXPECT_EQ(FALSE, IsBadCodePtr((FARPROC)(uintptr_t)protect));
	EXPECT_EQ(FALSE, IsBadWritePtr(&fd, sizeof(fd)));
	ASSERT_EQ(0, mprotect(self->foreign, PAGE, PROT_NONE));
	EXPECT_EQ(TRUE, IsBadReadPtr(self->foreign, 1));

	/* The kernel says SIGBUS where a file has ended. */
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	ends = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, ends);
	EXPECT_EQ(FALSE, IsBadWritePtr(ends, PAGE));
	EXPECT_EQ(TRUE, IsBadWritePtr(ends, PAGE + 1));
}

TEST_HARNESS_MAIN
