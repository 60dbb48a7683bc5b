/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What descriptors*.c share: cases in children that have not used the library before,
 * calls that all work or are all refused, and files that may have got a number.
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include "hostmem_child.h"
#include "hostmem_limits.h"

/* For those that end with the status of a process: the line is in a shared page. */
static int *failed_line;

FIXTURE(descriptors)
{
};

FIXTURE_SETUP(descriptors)
{
	failed_line = shared_memory(PAGE);
	ASSERT_NE(NULL, failed_line);
}

FIXTURE_TEARDOWN(descriptors)
{
}

HELPER int run_and_note(void *arg)
{
	int (*function)(void) = arg;

	*failed_line = function();
	return !!*failed_line;
}

#define EXPECT_GOOD(function)						\
	EXPECT_EQ(0, status_of(start_child(run_and_note, function)))	\
		TH_LOG(#function ": line %d", *failed_line)

/* What daemons do. */
HELPER void close_all(void)
{
	int fd;

	for (fd = 3; fd < 64; fd++)
		close(fd);
}

HELPER bool can_query(void)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;

	return HostVirtualQuery(&info, &info, sizeof(info), &length) == S_OK &&
	       info.State == MEM_COMMIT;
}

/* All of a life, in memory of the process's own. */
HELPER bool all_works(void)
{
	char *mem = NULL;
	DWORD old;

	if (HostVirtualAlloc(NULL, GRANULE, MEM_RESERVE, PAGE_READWRITE,
			     eProcessCritical, (void **)&mem) != S_OK ||
	    HostVirtualAlloc(mem, PAGE, MEM_COMMIT, PAGE_READWRITE, eProcessCritical,
			     (void **)&mem) != S_OK)
		return false;
	mem[0] = 1;
	return can_query() &&
	       HostVirtualProtect(mem, PAGE, PAGE_READONLY, &old) == S_OK &&
	       HostVirtualFree(mem, PAGE, MEM_DECOMMIT) == S_OK &&
	       HostVirtualFree(mem, 0, MEM_RELEASE) == S_OK;
}

/* Every call answers that there is no device, and leaves nothing behind. */
HELPER int all_is_refused(char *base)
{
	void *mem = POISON_POINTER, *page = POISON_POINTER;
	ULONG_PTR count = 1;
	DWORD old, granularity;
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length = POISON_DWORD;
	DWORD percent;
	int fd;

	CHECK(HostVirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
			       eProcessCritical, &mem) == HOST_E_CLRNOTAVAILABLE);
	CHECK(!mem);
	CHECK(HostVirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE,
			       eProcessCritical, &mem) == HOST_E_CLRNOTAVAILABLE);
	CHECK(HostVirtualFree(base, PAGE, MEM_DECOMMIT) == HOST_E_CLRNOTAVAILABLE);
	CHECK(HostVirtualFree(base, 0, MEM_RELEASE) == HOST_E_CLRNOTAVAILABLE);
	CHECK(HostVirtualQuery(base, &info, sizeof(info), &length) ==
	      HOST_E_CLRNOTAVAILABLE);
	CHECK(!length);
	CHECK(HostVirtualProtect(base, PAGE, PAGE_READONLY, &old) ==
	      HOST_E_CLRNOTAVAILABLE);
	CHECK(HostMemoryManagerDescriptor(NULL, &fd) == HOST_E_CLRNOTAVAILABLE);
	CHECK(fd == -1);
	CHECK(HostGetMemoryLoad(&percent, &length) == HOST_E_CLRNOTAVAILABLE);

	SetLastError(POISON_DWORD);
	CHECK(!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	CHECK(GetLastError() == ERROR_NOT_READY);
	SetLastError(POISON_DWORD);
	CHECK(GetWriteWatch(0, base, PAGE, &page, &count, &granularity) == ~0u);
	CHECK(GetLastError() == ERROR_NOT_READY);
	CHECK(ResetWriteWatch(base, PAGE) == ~0u);
	return 0;
}

HELPER int memory_file(void)
{
	int fd = memfd_create("other", 0);

	return write(fd, "abc", 3) == 3 && !ftruncate(fd, GRANULE) ? fd : -1;
}

HELPER int other_hostmem_file(void)
{
	return open_device();
}

/* Nobody has acted on the file that has the number. */
HELPER bool is_untouched(int (*other)(void), int fd)
{
	struct hostmem_status status;
	char text[4] = "";

	if (fd < 0)
		return true;
	if (fcntl(fd, F_GETFD) < 0)
		return false;
	if (other == memory_file)
		return pread(fd, text, 3, 0) == 3 && !strcmp(text, "abc");
	if (other == other_hostmem_file)
		return !raw_status(fd, &status) && !status.out_regions &&
		       !status.out_committed_bytes &&
		       status.out_own_limit_bytes == UINT64_MAX;
	return true;
}

#endif /* DESCRIPTORS_H */
