// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what <windows.h> has of the load: how much memory there is, for the machine
 * and the process, and notifications of that (rule N6).
 */
#include "hostmem_limits.h"
#include "windows_test.h"

#include <hostmem/win32/psapi.h>

/* Between two looks others may take memory or give it back: how often to look again. */
#define ATTEMPTS	1000

TEST(status_is_what_the_load_tells_N6_S6)
{
	MEMORYSTATUSEX status = { .dwLength = sizeof(status) };
	SIZE_T room = 0;
	DWORD load = 0;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		ASSERT_EQ(S_OK, HostGetMemoryLoad(&load, &room));
		EXPECT_WORKS(GlobalMemoryStatusEx(&status));
		if (load == status.dwMemoryLoad && room == status.ullAvailPageFile)
			break;
	}
	EXPECT_EQ(load, status.dwMemoryLoad);
	EXPECT_EQ(room, status.ullAvailPageFile);
	EXPECT_EQ(sizeof(status), status.dwLength);
	EXPECT_LT(0, status.ullAvailPhys);
	EXPECT_LE(room, status.ullAvailPhys);
	EXPECT_LT(status.ullAvailPhys, status.ullTotalPhys);
	EXPECT_EQ(meminfo("MemTotal"), status.ullTotalPhys);
	EXPECT_EQ(0, status.ullAvailExtendedVirtual);
}

TEST(status_has_the_limit_that_refuses_N6_S6)
{
	MEMORYSTATUSEX status = { .dwLength = sizeof(status) };
	SIZE_T room;

	ASSERT_TRUE(set_number("commit_limit_mb", 64));
	EXPECT_WORKS(GlobalMemoryStatusEx(&status));
	EXPECT_EQ(64 * MIB, status.ullTotalPageFile);
	EXPECT_GE(64 * MIB, status.ullAvailPageFile);
	room = status.ullAvailPageFile;
	/* A quarter of it for page tables and what is kept of pages. */
	EXPECT_EQ(NULL, both_at(NULL, room + PAGE, PAGE_READWRITE));
	EXPECT_EQ(ERROR_COMMITMENT_LIMIT, GetLastError());
	ASSERT_NE(NULL, both_at(NULL, room / 2, PAGE_READWRITE));
	EXPECT_WORKS(GlobalMemoryStatusEx(&status));
	EXPECT_GE(room - room / 2, status.ullAvailPageFile);
	EXPECT_LE(room / 4, status.ullAvailPageFile);
}

TEST(status_has_the_address_space_N6)
{
	MEMORYSTATUSEX status = { .dwLength = sizeof(status) };
	uint64_t before;
	SYSTEM_INFO info;
	void *base;

	GetSystemInfo(&info);
	EXPECT_WORKS(GlobalMemoryStatusEx(&status));
	EXPECT_EQ((char *)info.lpMaximumApplicationAddress -
		  (char *)info.lpMinimumApplicationAddress + 1, status.ullTotalVirtual);
	before = status.ullAvailVirtual;
	base = reserve_at(NULL, TIB);
	ASSERT_NE(NULL, base);
	EXPECT_WORKS(GlobalMemoryStatusEx(&status));
	EXPECT_EQ(before - TIB, status.ullAvailVirtual);
}

TEST(status_wants_its_own_length_N6)
{
	static const DWORD wrong[] = { 0, sizeof(MEMORYSTATUSEX) - 1,
				       sizeof(MEMORYSTATUSEX) + 1, POISON_DWORD };
	MEMORYSTATUSEX status, before;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		memset(&status, POISON_BYTE, sizeof(status));
		status.dwLength = wrong[i];
		before = status;
		EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GlobalMemoryStatusEx(&status));
		EXPECT_EQ(0, memcmp(&before, &status, sizeof(status)));
	}
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, GlobalMemoryStatusEx(NULL));
}

TEST(performance_is_what_the_module_has_committed_N6_S6)
{
	PERFORMANCE_INFORMATION info, after;
	struct hostmem_status status;
	void *mem;

	EXPECT_WORKS(GetPerformanceInfo(&info, sizeof(info)));
	mem = both_at(NULL, 4 * MIB, PAGE_READWRITE);
	ASSERT_NE(NULL, mem);
	status = hostmem_status(library_fd());
	EXPECT_WORKS(GetPerformanceInfo(&after, sizeof(after)));
	EXPECT_EQ(sizeof(after), after.cb);
	EXPECT_EQ(status.out_total_committed_bytes / PAGE, after.CommitTotal);
	EXPECT_EQ(status.out_commit_limit_bytes / PAGE, after.CommitLimit);
	EXPECT_LE(info.CommitTotal + 4 * MIB / PAGE, after.CommitTotal);
	EXPECT_EQ(after.CommitTotal, after.CommitPeak);
	EXPECT_EQ(meminfo("MemTotal"), after.PhysicalTotal * PAGE);
	EXPECT_EQ(PAGE, after.PageSize);
	EXPECT_LT(0, after.PhysicalAvailable);
	EXPECT_LT(0, after.SystemCache);
	EXPECT_EQ(after.KernelPaged + after.KernelNonpaged, after.KernelTotal);
	EXPECT_LT(0, after.KernelTotal);
	EXPECT_LT(1, after.ProcessCount);
	EXPECT_LE(after.ProcessCount, after.ThreadCount);

	ASSERT_TRUE(VirtualFree(mem, 0, MEM_RELEASE));
	info = after;
	EXPECT_WORKS(GetPerformanceInfo(&after, sizeof(after)));
	EXPECT_GT(info.CommitTotal, after.CommitTotal);
	EXPECT_EQ(info.CommitPeak, after.CommitPeak);

	EXPECT_FAILS(ERROR_BAD_LENGTH, FALSE, GetPerformanceInfo(&info, sizeof(info) - 1));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, GetPerformanceInfo(NULL, sizeof(info)));
}

TEST(memory_of_the_process_is_what_it_has_committed_N6_S6)
{
	PROCESS_MEMORY_COUNTERS_EX before, after;
	PPROCESS_MEMORY_COUNTERS plain = (void *)&after;
	struct hostmem_status status;
	void *mem;

	EXPECT_WORKS(GetProcessMemoryInfo(GetCurrentProcess(), (void *)&before,
					  sizeof(before)));
	mem = both_at(NULL, 4 * MIB, PAGE_READWRITE);
	ASSERT_NE(NULL, mem);
	status = hostmem_status(library_fd());
	EXPECT_WORKS(GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof(after)));
	EXPECT_EQ(sizeof(after), after.cb);
	EXPECT_EQ(status.out_committed_bytes + status.out_overhead_bytes, after.PagefileUsage);
	EXPECT_LE(4 * MIB, after.PagefileUsage);
	EXPECT_EQ(after.PagefileUsage, after.PeakPagefileUsage);
	EXPECT_EQ(after.PagefileUsage, after.PrivateUsage);
	EXPECT_LE(before.WorkingSetSize + 4 * MIB, after.WorkingSetSize);
	EXPECT_LE(after.WorkingSetSize, after.PeakWorkingSetSize);
	EXPECT_LT(0, after.PageFaultCount);

	ASSERT_TRUE(VirtualFree(mem, 0, MEM_RELEASE));
	before = after;
	after.PrivateUsage = POISON_DWORD;
	EXPECT_WORKS(GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof(*plain)));
	EXPECT_EQ(sizeof(*plain), after.cb);
	EXPECT_EQ(POISON_DWORD, after.PrivateUsage);
	EXPECT_GT(MIB, after.PagefileUsage);
	EXPECT_EQ(before.PeakPagefileUsage, after.PeakPagefileUsage);

	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
		     GetProcessMemoryInfo(NULL, plain, sizeof(*plain)));
	EXPECT_FAILS(ERROR_INSUFFICIENT_BUFFER, FALSE,
		     GetProcessMemoryInfo(GetCurrentProcess(), plain, sizeof(*plain) - 1));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     GetProcessMemoryInfo(GetCurrentProcess(), NULL, sizeof(*plain)));
}

TEST(notifications_tell_the_level_N6_H18)
{
	HANDLE low = CreateMemoryResourceNotification(LowMemoryResourceNotification);
	HANDLE high = CreateMemoryResourceNotification(HighMemoryResourceNotification);
	struct pollfd polled = { .events = POLLIN };
	BOOL state;

	ASSERT_NE(NULL, low);
	ASSERT_NE(NULL, high);
	ASSERT_NE(high, low);
	ASSERT_EQ(S_OK, HostMemoryManagerDescriptor(NULL, &polled.fd));
	EXPECT_WORKS(QueryMemoryResourceNotification(low, &state));
	EXPECT_EQ(FALSE, state);
	EXPECT_WORKS(QueryMemoryResourceNotification(high, &state));
	EXPECT_EQ(TRUE, state);
	/* Whoever polls the manager's descriptor is still to be told. */
	EXPECT_EQ(1, poll(&polled, 1, 0));

	ASSERT_TRUE(set_number("commit_limit_mb", 8));
	while (both_at(NULL, GRANULE, PAGE_READWRITE))
		;
	EXPECT_WORKS(QueryMemoryResourceNotification(low, &state));
	EXPECT_EQ(TRUE, state);
	EXPECT_WORKS(QueryMemoryResourceNotification(high, &state));
	EXPECT_EQ(FALSE, state);

	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, CreateMemoryResourceNotification(
			     (MEMORY_RESOURCE_NOTIFICATION_TYPE)2));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     QueryMemoryResourceNotification(low, NULL));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, QueryMemoryResourceNotification(
			     GetCurrentProcess(), &state));
	EXPECT_WORKS(CloseHandle(low));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
		     QueryMemoryResourceNotification(low, &state));
}

TEST_HARNESS_MAIN
