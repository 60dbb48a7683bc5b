// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * How much memory there is, in the structures of Windows: of <sysinfoapi.h> and <psapi.h>
 * of include/hostmem/win32 (rule N6).  What can be committed, and what is, are the
 * numbers of the load and of the status, and of no other book (rule S6); what else is
 * told is the kernel's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/hostmem.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <hostmem/win32/psapi.h>
#include <hostmem/win32/sysinfoapi.h>

#include "load.h"
#include "manager.h"
#include "user_space.h"
#include "win32.h"

_Static_assert(sizeof(MEMORYSTATUSEX) == 64, "size on Windows");
_Static_assert(sizeof(PERFORMANCE_INFORMATION) == 104, "size on Windows");
_Static_assert(sizeof(PROCESS_MEMORY_COUNTERS) == 72, "size on Windows");
_Static_assert(sizeof(PROCESS_MEMORY_COUNTERS_EX) == 80, "size on Windows");

/* The longest of the files. */
#define TEXT_BYTES	8192

/**
 * struct book - what the device says
 * @load: how much there is
 * @status: what has been committed
 */
struct book {
	struct hostmem_load_view load;
	struct hostmem_status status;
};

static enum hostmem_error read_book(struct book *book)
{
	enum hostmem_error error = hostmem_load_look(&hostmem_default_manager, &book->load);

	return error ? error : hostmem_manager_status(&hostmem_default_manager, &book->status);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Raises a peak to a number, and tells it. */
static SIZE_T peak(atomic_size_t *highest, SIZE_T now)
{
	SIZE_T before = atomic_load(highest);

	while (before < now && !atomic_compare_exchange_weak(highest, &before, now))
		;
	return before < now ? now : before;
}

/* A file of /proc; empty if there is none. */
static void read_text(const char *path, char text[TEXT_BYTES])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, TEXT_BYTES - 1);

	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = 0;
}

/* The number that comes after a word, or first if that is ""; 0 if there is none. */
static SIZE_T number_after(const char *text, const char *word)
{
	const char *found = strstr(text, word);

	return found ? strtoull(found + strlen(word), NULL, 10) : 0;
}

BOOL GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer)
{
	const uint64_t space = hostmem_user_space_last() - HOSTMEM_USER_SPACE_FIRST + 1;
	enum hostmem_error error;
	char text[TEXT_BYTES];
	int saved = errno;
	struct book book;
	uint64_t mapped;

	if (!lpBuffer)
		return hostmem_win32_fail(ERROR_NOACCESS);
	if (lpBuffer->dwLength != sizeof(*lpBuffer))
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	error = read_book(&book);
	if (error)
		return hostmem_win32_result(error);

	read_text("/proc/self/statm", text);
	errno = saved;
	mapped = number_after(text, "") * HOSTMEM_PAGE_SIZE;
	*lpBuffer = (MEMORYSTATUSEX){
		.dwLength = sizeof(*lpBuffer),
		.dwMemoryLoad = hostmem_load_percent(&book.load),
		.ullTotalPhys = book.load.total,
		.ullAvailPhys = book.load.available,
		.ullTotalPageFile = smaller(book.load.total,
					    smaller(book.status.out_commit_limit_bytes,
						    book.status.out_own_limit_bytes)),
		.ullAvailPageFile = book.load.room,
		.ullTotalVirtual = space,
		.ullAvailVirtual = space - smaller(mapped, space),
	};
	return TRUE;
}

static DWORD count_processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	DWORD count = 0;

	while (proc && (entry = readdir(proc)))
		count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	if (proc)
		closedir(proc);
	return count;
}

/* What the device doesn't know. */
static void fill_kernel(PERFORMANCE_INFORMATION *info)
{
	const SIZE_T kib_per_page = HOSTMEM_PAGE_SIZE / 1024;
	struct sysinfo system = { .procs = 0 };
	char text[TEXT_BYTES];

	read_text("/proc/meminfo", text);
	info->SystemCache = number_after(text, "\nCached:") / kib_per_page;
	info->KernelPaged = number_after(text, "\nSReclaimable:") / kib_per_page;
	info->KernelNonpaged = number_after(text, "\nSUnreclaim:") / kib_per_page;
	info->KernelTotal = info->KernelPaged + info->KernelNonpaged;
	read_text("/proc/sys/fs/file-nr", text);
	info->HandleCount = (DWORD)number_after(text, "");
	info->ProcessCount = count_processes();
	sysinfo(&system);
	info->ThreadCount = system.procs;
}

BOOL GetPerformanceInfo(PPERFORMANCE_INFORMATION pPerformanceInformation, DWORD cb)
{
	static atomic_size_t most_committed;
	PERFORMANCE_INFORMATION info = { .cb = sizeof(info), .PageSize = HOSTMEM_PAGE_SIZE };
	enum hostmem_error error;
	int saved = errno;
	struct book book;

	if (cb < sizeof(info))
		return hostmem_win32_fail(ERROR_BAD_LENGTH);
	if (!pPerformanceInformation)
		return hostmem_win32_fail(ERROR_NOACCESS);
	error = read_book(&book);
	if (error)
		return hostmem_win32_result(error);

	info.CommitTotal = book.status.out_total_committed_bytes / HOSTMEM_PAGE_SIZE;
	info.CommitLimit = book.status.out_commit_limit_bytes / HOSTMEM_PAGE_SIZE;
	info.CommitPeak = peak(&most_committed, info.CommitTotal);
	info.PhysicalTotal = book.load.total / HOSTMEM_PAGE_SIZE;
	info.PhysicalAvailable = book.load.available / HOSTMEM_PAGE_SIZE;
	fill_kernel(&info);
	errno = saved;
	*pPerformanceInformation = info;
	return TRUE;
}

/* All but @cb */
static void fill_counters(PROCESS_MEMORY_COUNTERS_EX *info, SIZE_T charged)
{
	static atomic_size_t most_charged;
	struct rusage usage = { .ru_maxrss = 0 };
	char text[TEXT_BYTES];
	SIZE_T most;

	getrusage(RUSAGE_SELF, &usage);
	read_text("/proc/self/statm", text);
	/* The second of its numbers. */
	info->WorkingSetSize = number_after(text, " ") * HOSTMEM_PAGE_SIZE;
	most = (SIZE_T)usage.ru_maxrss * 1024;
	info->PeakWorkingSetSize = most > info->WorkingSetSize ? most : info->WorkingSetSize;
	info->PageFaultCount = (DWORD)(usage.ru_minflt + usage.ru_majflt);
	info->PagefileUsage = charged;
	info->PeakPagefileUsage = peak(&most_charged, charged);
	info->PrivateUsage = charged;
}

BOOL GetProcessMemoryInfo(HANDLE Process, PPROCESS_MEMORY_COUNTERS ppsmemCounters, DWORD cb)
{
	PROCESS_MEMORY_COUNTERS_EX info = { .cb = sizeof(info) };
	struct hostmem_status status;
	enum hostmem_error error;
	int saved = errno;

	if (!hostmem_win32_own_process(Process))
		return FALSE;
	if (cb < sizeof(*ppsmemCounters))
		return hostmem_win32_fail(ERROR_INSUFFICIENT_BUFFER);
	if (!ppsmemCounters)
		return hostmem_win32_fail(ERROR_NOACCESS);
	error = hostmem_manager_status(&hostmem_default_manager, &status);
	if (error)
		return hostmem_win32_result(error);

	if (cb < sizeof(info))
		info.cb = sizeof(*ppsmemCounters);
	fill_counters(&info, status.out_committed_bytes + status.out_overhead_bytes +
			     status.out_pinned_bytes);
	errno = saved;
	/* The one is the beginning of the other. */
	memcpy(ppsmemCounters, &info, info.cb);
	return TRUE;
}
