// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <sysinfoapi.h> of include/hostmem/win32: GetSystemInfo() (rule N1), and the time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/hostmem.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <hostmem/win32/sysinfoapi.h>

#include "user_space.h"

/* More than any kernel has. */
#define MOST_PROCESSORS	8192

/* Those that the process may run on; of the first 64 also which ones. */
static DWORD processors(DWORD_PTR *mask)
{
	unsigned long set[MOST_PROCESSORS / (CHAR_BIT * sizeof(unsigned long))] = { 0 };
	int saved = errno;
	DWORD count;

	if (sched_getaffinity(getpid(), sizeof(set), (cpu_set_t *)set))
		set[0] = 1;
	errno = saved;
	*mask = set[0];
	count = (DWORD)CPU_COUNT_S(sizeof(set), (cpu_set_t *)set);
	return count ? count : 1;
}

static void processor_model(SYSTEM_INFO *info)
{
#if defined(__x86_64__)
	unsigned int version = 0, other, family, model;

	__get_cpuid(1, &version, &other, &other, &other);
	family = version >> 8 & 0xf;
	model = version >> 4 & 0xf;
	if (family == 6 || family == 15)
		model |= version >> 12 & 0xf0;
	if (family == 15)
		family += version >> 20 & 0xff;
	info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
	info->dwProcessorType = PROCESSOR_AMD_X8664;
	info->wProcessorLevel = (WORD)family;
	info->wProcessorRevision = (WORD)(model << 8 | (version & 0xf));
#elif defined(__aarch64__)
	info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_ARM64;
#else
	info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_UNKNOWN;
#endif
}

void GetSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
	const uintptr_t last = hostmem_user_space_last();
	SYSTEM_INFO info = {
		.dwPageSize = HOSTMEM_PAGE_SIZE,
		.lpMinimumApplicationAddress = (LPVOID)HOSTMEM_USER_SPACE_FIRST,
		.lpMaximumApplicationAddress = (LPVOID)last,
		.dwAllocationGranularity = HOSTMEM_GRANULE,
	};

	processor_model(&info);
	info.dwNumberOfProcessors = processors(&info.dwActiveProcessorMask);
	*lpSystemInfo = info;
}

void GetNativeSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
	GetSystemInfo(lpSystemInfo);
}

ULONGLONG GetTickCount64(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (ULONGLONG)time.tv_sec * 1000 + (ULONGLONG)time.tv_nsec / 1000000;
}

DWORD GetTickCount(void)
{
	return (DWORD)GetTickCount64();
}
