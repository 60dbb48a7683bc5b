// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what <windows.h> has of the machine, the process and its threads: how much
 * memory there is, modules, handles, time, stacks and privileges (rules N6-N9).
 */
#include "hostmem_limits.h"
#include "windows_test.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <hostmem/win32/psapi.h>

/*
 * How much memory there is
 */

/* How often to try what nobody else must disturb. */
#define ATTEMPTS	1000

TEST(status_is_what_the_load_tells_N6_S6)
{
	MEMORYSTATUSEX status = { .dwLength = sizeof(status) };
	SIZE_T room = 0, room_after;
	DWORD load = 0, load_after;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		ASSERT_EQ(S_OK, HostGetMemoryLoad(&load, &room));
		EXPECT_WORKS(GlobalMemoryStatusEx(&status));
		ASSERT_EQ(S_OK, HostGetMemoryLoad(&load_after, &room_after));
		if (load == load_after && room == room_after)
			break;
	}
	ASSERT_GT(ATTEMPTS, i);
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

/* A wide string until the next call; what is 1 becomes a character that isn't ASCII. */
static const WCHAR *wide(const char *text)
{
	static WCHAR wide[64];
	size_t i = 0;

	do
		wide[i] = text[i] == 1 ? 0x130 : text[i];
	while (text[i++]);
	return wide;
}

/*
 * Modules
 */

#define FOUND(module, name)	((void *)GetProcAddress(module, name))

TEST(modules_are_those_three_N7)
{
	static const char *const names[][4] = {
		{ "kernel32.dll", "kernel32", "KERNEL32.DLL", "Kernel32.dll" },
		{ "kernelbase.dll", "kernelbase", "KernelBase", "KERNELBASE.dll" },
		{ "ntdll.dll", "ntdll", "NTDLL.dll", "NtDll" },
	};
	static const char *const unknown[] = {
		"", ".dll", "kernel3", "kernel322", "kernel32.", "kernel32.dl", "kernel32.exe",
		"kernel32.dll.dll", "user32.dll", "kernelbase.dllx", "./ntdll.dll",
	};
	HMODULE handles[3];
	size_t i, j;

	for (i = 0; i < 3; i++) {
		handles[i] = GetModuleHandleA(names[i][0]);
		ASSERT_NE(NULL, handles[i]);
		for (j = 0; j < 4; j++) {
			SetLastError(POISON_DWORD);
			EXPECT_EQ(handles[i], GetModuleHandle(names[i][j]));
			EXPECT_EQ(handles[i], LoadLibraryA(names[i][j]));
			EXPECT_EQ(handles[i], LoadLibrary(names[i][j]));
			EXPECT_EQ(handles[i], LoadLibraryEx(names[i][j], NULL,
							    LOAD_LIBRARY_SEARCH_SYSTEM32));
			EXPECT_EQ(POISON_DWORD, GetLastError());
		}
	}
	EXPECT_NE(handles[0], handles[1]);
	EXPECT_NE(handles[1], handles[2]);
	EXPECT_NE(handles[0], handles[2]);
	EXPECT_EQ(handles[0], GetModuleHandleW(wide("Kernel32.DLL")));
	EXPECT_EQ(handles[1], LoadLibraryW(wide("kernelbase")));
	EXPECT_EQ(handles[2], LoadLibraryExW(wide("ntdll.dll"), NULL, 0));
	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, GetModuleHandleA(unknown[i]));
		EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, LoadLibraryA(unknown[i]));
	}
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, GetModuleHandleW(wide("kernel32\1.dll")));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, GetModuleHandleW(wide("kernelbase.dllx")));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, LoadLibraryW(wide("psapi.dll")));

	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, LoadLibraryA(NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, LoadLibraryW(NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL,
		     LoadLibraryExA("ntdll", GetCurrentProcess(), 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, NULL, LoadLibraryExA("ntdll", NULL, 0x8000));
}

TEST(functions_are_found_by_name_N7)
{
	static const char *const modules[] = { "kernel32", "kernelbase", "ntdll" };
	static const char *const unknown[] = {
		"", "virtualalloc", "VirtualAllo", "VirtualAlloc2 ", "hostmem_VirtualAlloc",
		"IID_IUnknown", "HostVirtualAlloc", "GetProcessHeap",
	};
	LPVOID (*alloc)(LPVOID, SIZE_T, DWORD, DWORD);
	void *mem;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(modules); i++) {
		HMODULE module = GetModuleHandleA(modules[i]);

		SetLastError(POISON_DWORD);
		EXPECT_EQ((void *)VirtualAlloc, FOUND(module, "VirtualAlloc"));
		EXPECT_EQ((void *)VirtualAlloc2, FOUND(module, "VirtualAlloc2"));
		EXPECT_EQ((void *)GetProcAddress, FOUND(module, "GetProcAddress"));
		EXPECT_EQ((void *)GetModuleHandleW, FOUND(module, "GetModuleHandleW"));
		EXPECT_EQ((void *)NtCurrentTeb, FOUND(module, "NtCurrentTeb"));
		EXPECT_EQ(POISON_DWORD, GetLastError());
		for (j = 0; j < ARRAY_SIZE(unknown); j++)
			EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL,
				     FOUND(module, unknown[j]));
		/* Numbers. */
		EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL, FOUND(module, NULL));
		EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL,
			     FOUND(module, (LPCSTR)0xffff));
	}
	alloc = (LPVOID (*)(LPVOID, SIZE_T, DWORD, DWORD))FOUND(GetModuleHandleA("kernel32"),
								"VirtualAlloc");
	mem = alloc(NULL, PAGE, BOTH, PAGE_READONLY);
	EXPECT_EQ(PAGE_READONLY, query(mem).Protect);

	EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL, FOUND(NULL, "VirtualAlloc"));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, NULL, FOUND(mem, "VirtualAlloc"));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, FALSE, FreeLibrary(mem));
	EXPECT_FAILS(ERROR_MOD_NOT_FOUND, FALSE, FreeLibrary(NULL));
	EXPECT_WORKS(FreeLibrary(GetModuleHandleA("kernel32")));
	EXPECT_EQ((void *)VirtualAlloc, FOUND(GetModuleHandleA("kernel32"), "VirtualAlloc"));
}

TEST(the_program_is_a_module_without_functions_N7)
{
	HMODULE program = GetModuleHandleA(NULL);

	EXPECT_EQ(query(PARAMETERS).AllocationBase, (PVOID)program);
	EXPECT_EQ(program, GetModuleHandleW(NULL));
	EXPECT_EQ(program, GetModuleHandle(NULL));
	EXPECT_FAILS(ERROR_PROC_NOT_FOUND, NULL, FOUND(program, "VirtualAlloc"));
	EXPECT_WORKS(FreeLibrary(program));
}

/*
 * Process, threads and time
 */

TEST(handles_are_closed_once_N8)
{
	static const uintptr_t wrong[] = { 0, 1, 4, 8, 0x100, (uintptr_t)-2 };
	HANDLE tokens[100], last;
	size_t i;

	EXPECT_EQ(OWN_PROCESS, GetCurrentProcess());
	EXPECT_EQ(getpid(), (pid_t)GetCurrentProcessId());
	EXPECT_WORKS(CloseHandle(GetCurrentProcess()));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle((HANDLE)wrong[i]));
	for (i = 0; i < ARRAY_SIZE(tokens); i++)
		ASSERT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &tokens[i]));
	for (i = 0; i < ARRAY_SIZE(tokens); i++) {
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle((char *)tokens[i] + 1));
		EXPECT_WORKS(CloseHandle(tokens[i]));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle(tokens[i]));
		/* No number comes again. */
		ASSERT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &last));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle(tokens[i]));
	}
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signo)
{
	(void)signo;
	alarms++;
}

TEST(sleep_takes_its_time_whatever_signals_come_N8)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = {};
	LARGE_INTEGER before, after, frequency;

	signal(SIGALRM, count_alarm);
	EXPECT_WORKS(QueryPerformanceFrequency(&frequency));
	EXPECT_EQ(10000000, frequency.QuadPart);
	EXPECT_WORKS(QueryPerformanceCounter(&before));
	setitimer(ITIMER_REAL, &often, NULL);
	errno = ERANGE;
	Sleep(50);
	EXPECT_EQ(ERANGE, errno);
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_WORKS(QueryPerformanceCounter(&after));
	EXPECT_LE(frequency.QuadPart / 20, after.QuadPart - before.QuadPart);
	EXPECT_LT(0, alarms);
	Sleep(0);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, QueryPerformanceCounter(NULL));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, QueryPerformanceFrequency(NULL));
}

static pid_t sleeper;

static void *sleep_for_ever(void *arg)
{
	__atomic_store_n(&sleeper, gettid(), __ATOMIC_SEQ_CST);
	Sleep(INFINITE);
	return arg;
}

/* A sleep without an end goes on after a signal: the thread is in the next one. */
TEST(sleep_may_have_no_end_N8)
{
	pthread_t thread;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGALRM, count_alarm);
		pthread_create(&thread, NULL, sleep_for_ever, NULL);
		while (!__atomic_load_n(&sleeper, __ATOMIC_SEQ_CST))
			sched_yield();
		while (alarms < 3 && pthread_tryjoin_np(thread, NULL) == EBUSY) {
			pthread_kill(thread, SIGALRM);
			sched_yield();
		}
		/* It hasn't ended. */
		_exit(alarms < 3);
	}
	EXPECT_EQ(0, status_of(pid));
}

static atomic_bool has_run, may_end;

static void *run_beside(void *arg)
{
	while (!may_end) {
		has_run = true;
		YieldProcessor();
	}
	return arg;
}

/* Both on one processor: so another one has run if that is what is told. */
TEST(switching_tells_whether_another_thread_has_run_N8)
{
	cpu_set_t one;
	pthread_t thread;
	int i;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_beside, NULL));
	for (i = 0; i < 1000000 && !(SwitchToThread() && has_run); i++)
		;
	EXPECT_GT(1000000, i);
	may_end = true;
	pthread_join(thread, NULL);
	/* Now there is nobody, most of the time. */
	for (i = 0; i < 1000 && SwitchToThread(); i++)
		;
	EXPECT_GT(1000, i);
}

TEST(instructions_are_flushed_N8)
{
	char *page = both_at(NULL, PAGE, PAGE_EXECUTE_READWRITE);
	int result;

	memcpy(page, code_of_42, sizeof(code_of_42));
	EXPECT_WORKS(FlushInstructionCache(GetCurrentProcess(), page, PAGE));
	EXPECT_NO_FAULT(try_exec(page, &result));
	EXPECT_EQ(42, result);
	EXPECT_WORKS(FlushInstructionCache(GetCurrentProcess(), NULL, 0));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, FlushInstructionCache(NULL, page, PAGE));
}

TEST(nodes_are_those_of_the_kernel_N8)
{
	PROCESSOR_NUMBER processor = { .Group = 0 };
	USHORT node = 7;
	ULONG highest = 7;

	EXPECT_WORKS(GetNumaHighestNodeNumber(&highest));
	EXPECT_EQ(0, access("/sys/devices/system/node/node0", F_OK));
	EXPECT_EQ(0, highest);
	EXPECT_WORKS(GetNumaProcessorNodeEx(&processor, &node));
	EXPECT_EQ(0, node);
	processor.Number = 64;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(&processor, &node));
	EXPECT_EQ(0xffff, node);
	processor.Number = 0;
	processor.Group = 1000;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(&processor, &node));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(NULL, &node));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(&processor, NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaHighestNodeNumber(NULL));
}

static void *stack_of_thread(void *arg)
{
	ULONG_PTR low, high;
	char here;

	GetCurrentThreadStackLimits(&low, &high);
	((uintptr_t *)arg)[0] = low;
	((uintptr_t *)arg)[1] = high;
	((uintptr_t *)arg)[2] = (uintptr_t)&here;
	return NtCurrentTeb();
}

TEST(stacks_are_where_they_are_N8)
{
	char *stack = aligned_alloc(PAGE, GRANULE);
	uintptr_t own[3], its[3];
	pthread_attr_t attr;
	pthread_t thread;
	void *block;
	PTEB teb;

	teb = stack_of_thread(own);
	EXPECT_EQ(teb, NtCurrentTeb());
	EXPECT_EQ(&teb->NtTib, teb->NtTib.Self);
	EXPECT_EQ(own[0], (uintptr_t)teb->NtTib.StackLimit);
	EXPECT_EQ(own[1], (uintptr_t)teb->NtTib.StackBase);
	EXPECT_LT(own[0], own[2]);
	EXPECT_GT(own[1], own[2]);
	EXPECT_EQ(NULL, teb->NtTib.ExceptionList);

	pthread_attr_init(&attr);
	ASSERT_EQ(0, pthread_attr_setstack(&attr, stack, GRANULE));
	ASSERT_EQ(0, pthread_create(&thread, &attr, stack_of_thread, its));
	ASSERT_EQ(0, pthread_join(thread, &block));
	EXPECT_EQ((uintptr_t)stack, its[0]);
	EXPECT_EQ((uintptr_t)stack + GRANULE, its[1]);
	EXPECT_NE((void *)teb, block);
}

/*
 * Privileges
 */

static bool set_ipc_lock(bool on)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return false;
	if (on)
		data[0].effective |= CAP_TO_MASK(CAP_IPC_LOCK);
	else
		data[0].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	return !syscall(SYS_capset, &head, data);
}

FIXTURE(privileges)
{
	HANDLE token;
	TOKEN_PRIVILEGES wanted;
};

FIXTURE_SETUP(privileges)
{
	ASSERT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
				     &self->token));
	self->wanted.PrivilegeCount = 1;
	self->wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
	EXPECT_WORKS(LookupPrivilegeValue(NULL, SE_LOCK_MEMORY_NAME,
					  &self->wanted.Privileges[0].Luid));
}

FIXTURE_TEARDOWN(privileges)
{
	EXPECT_WORKS(CloseHandle(self->token));
}

/* It returns TRUE, and the last error tells the truth. */
#define EXPECT_ADJUSTS(error, wanted, previous, length) do {			\
	DWORD __length = POISON_DWORD;						\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(TRUE, AdjustTokenPrivileges(self->token, FALSE, wanted,	\
					      length, previous, &__length));	\
	EXPECT_EQ(error, GetLastError());					\
} while (0)

TEST_F(privileges, are_had_with_the_capability_N9)
{
	TOKEN_PRIVILEGES previous;

	EXPECT_EQ(4, self->wanted.Privileges[0].Luid.LowPart);
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(1, previous.PrivilegeCount);
	EXPECT_EQ(4, previous.Privileges[0].Luid.LowPart);
	EXPECT_EQ(0, previous.Privileges[0].Attributes);
	/* It has what it wants. */
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(0, previous.PrivilegeCount);
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, NULL, 0);
	EXPECT_TRUE(AdjustTokenPrivileges(self->token, TRUE, NULL, 0, NULL, NULL));
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(1, previous.PrivilegeCount);
}

TEST_F(privileges, are_not_had_without_it_N9)
{
	TOKEN_PRIVILEGES other = self->wanted;

	ASSERT_TRUE(set_ipc_lock(false));
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &self->wanted, NULL, 0);
	ASSERT_TRUE(set_ipc_lock(true));
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, NULL, 0);
	other.Privileges[0].Luid.LowPart++;
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &other, NULL, 0);
	other.Privileges[0].Luid.LowPart--;
	other.Privileges[0].Luid.HighPart++;
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &other, NULL, 0);
	/* Another namespace's capability isn't it: the module wouldn't take it. */
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &self->wanted, NULL, 0);
}

TEST_F(privileges, are_looked_up_by_name_N9)
{
	LUID luid = { 9, 9 };

	EXPECT_WORKS(LookupPrivilegeValueA("", "selockmemoryprivilege", &luid));
	EXPECT_EQ(4, luid.LowPart);
	EXPECT_EQ(0, luid.HighPart);
	luid.LowPart = 9;
	EXPECT_WORKS(LookupPrivilegeValueW(NULL, wide("SeLockMemoryPrivilege"), &luid));
	EXPECT_EQ(4, luid.LowPart);
	luid.LowPart = 9;
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE,
		     LookupPrivilegeValueW(NULL, wide("SeLockMemoryPrivilegeX"), &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE,
		     LookupPrivilegeValueW(NULL, wide("SeLockMemoryPrivile\1e"), &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE,
		     LookupPrivilegeValueA(NULL, "SeDebugPrivilege", &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE, LookupPrivilegeValueA(NULL, NULL, &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE, LookupPrivilegeValueW(NULL, NULL, &luid));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     LookupPrivilegeValueA("other", SE_LOCK_MEMORY_NAME, &luid));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     LookupPrivilegeValueA(NULL, SE_LOCK_MEMORY_NAME, NULL));
	EXPECT_EQ(9, luid.LowPart);
}

TEST_F(privileges, want_good_arguments_N9)
{
	TOKEN_PRIVILEGES previous, many = { .PrivilegeCount = 65 };
	HANDLE token, query_only, adjust_only;
	DWORD length = 0;

	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, OpenProcessToken(NULL, TOKEN_QUERY, &token));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, NULL));
	EXPECT_WORKS(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &query_only));
	EXPECT_WORKS(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES,
				      &adjust_only));

	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
		     AdjustTokenPrivileges(GetCurrentProcess(), FALSE, &self->wanted, 0, NULL,
					   NULL));
	EXPECT_FAILS(ERROR_ACCESS_DENIED, FALSE,
		     AdjustTokenPrivileges(query_only, FALSE, &self->wanted, 0, NULL, NULL));
	EXPECT_FAILS(ERROR_ACCESS_DENIED, FALSE,
		     AdjustTokenPrivileges(adjust_only, FALSE, &self->wanted, sizeof(previous),
					   &previous, &length));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, NULL, 0, NULL, NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, &many, 0, NULL, NULL));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, &self->wanted, sizeof(previous),
					   &previous, NULL));
	EXPECT_FAILS(ERROR_INSUFFICIENT_BUFFER, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, &self->wanted,
					   sizeof(previous) - 1, &previous, &length));
	EXPECT_EQ(sizeof(previous), length);
	/* Nothing has changed. */
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(1, previous.PrivilegeCount);
}

TEST_HARNESS_MAIN
