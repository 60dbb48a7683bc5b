// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <processthreadsapi.h>, <synchapi.h> and <profileapi.h> of include/hostmem/win32: the
 * process, its threads and time, as far as a system call or two do it (rule N8).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <hostmem/win32/processthreadsapi.h>
#include <hostmem/win32/profileapi.h>
#include <hostmem/win32/synchapi.h>

#include "win32.h"

#define NS_PER_MS	1000000
#define NS_PER_SECOND	1000000000

/* As on Windows: programs multiply before they divide. */
#define TICKS_PER_SECOND	10000000

HANDLE GetCurrentProcess(void)
{
	return (HANDLE)(LONG_PTR)-1;
}

DWORD GetCurrentProcessId(void)
{
	return (DWORD)getpid();
}

/* How often the thread has had to wait for others to run. */
static long switches(void)
{
	struct rusage usage = { .ru_nvcsw = 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw + usage.ru_nivcsw;
}

BOOL SwitchToThread(void)
{
	long before = switches();

	sched_yield();
	return switches() != before;
}

BOOL FlushInstructionCache(HANDLE hProcess, LPCVOID lpBaseAddress, SIZE_T dwSize)
{
	char *start = (char *)(uintptr_t)lpBaseAddress;

	if (!hostmem_win32_own_process(hProcess))
		return FALSE;
	if (start)
		__builtin___clear_cache(start, start + dwSize);
	return TRUE;
}

/* A signal may end a sleep, but not this one: it goes on until its time. */
static void sleep_until(const struct timespec *time)
{
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, time, NULL) == EINTR)
		;
}

void Sleep(DWORD dwMilliseconds)
{
	int saved = errno;
	struct timespec time;
	uint64_t ns;

	if (!dwMilliseconds) {
		sched_yield();
	} else if (dwMilliseconds == INFINITE) {
		for (;;)
			pause();
	} else {
		clock_gettime(CLOCK_MONOTONIC, &time);
		ns = (uint64_t)time.tv_nsec + (uint64_t)dwMilliseconds * NS_PER_MS;
		time.tv_sec += (time_t)(ns / NS_PER_SECOND);
		time.tv_nsec = (long)(ns % NS_PER_SECOND);
		sleep_until(&time);
	}
	errno = saved;
}

BOOL QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
{
	struct timespec time;

	if (!lpPerformanceCount)
		return hostmem_win32_fail(ERROR_NOACCESS);
	clock_gettime(CLOCK_MONOTONIC, &time);
	lpPerformanceCount->QuadPart = (LONGLONG)time.tv_sec * TICKS_PER_SECOND +
				       time.tv_nsec / (NS_PER_SECOND / TICKS_PER_SECOND);
	return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
{
	if (!lpFrequency)
		return hostmem_win32_fail(ERROR_NOACCESS);
	lpFrequency->QuadPart = TICKS_PER_SECOND;
	return TRUE;
}
