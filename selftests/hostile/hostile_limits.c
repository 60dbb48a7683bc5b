// SPDX-License-Identifier: GPL-2.0
/*
 * Description: limits of the process or the system that forbid a reservation:
 * one of the documented errors each, and nothing lost.
 *
 * Sets vm.max_map_count, so it needs root, and puts it back.
 */
#include "hostile.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define MAX_MAP_COUNT	"/proc/sys/vm/max_map_count"
#define OVERCOMMIT	"/proc/sys/vm/overcommit_memory"

KEEP_SETTING(map_count, MAX_MAP_COUNT)
KEEP_SETTING(overcommit, OVERCOMMIT)

/* A reservation that the system forbids, in both shapes, breaks nothing. */
static int refused(int fd, size_t size, int expected, HRESULT hresult)
{
	struct hostmem_status before = hostmem_status(fd);
	void *mem = POISON_POINTER;
	uintptr_t out;

	CHECK(raw_alloc(fd, 0, size, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
			&out) == expected);
	CHECK(!out);
	CHECK(HostVirtualAlloc(NULL, size, MEM_RESERVE, PAGE_READWRITE,
			       eTaskCritical, &mem) == hresult);
	CHECK(!mem);
	CHECK(hostmem_status(fd).out_regions == before.out_regions);
	CHECK(hostmem_status(fd).out_reserved_bytes == before.out_reserved_bytes);
	CHECK(!specimen_wrong(SPECIMEN));
	return 0;
}

/* Smaller ones go on. */
static int allowed(size_t size)
{
	char *base = both_at(NULL, size, PAGE_READWRITE);

	CHECK(base);
	CHECK(!nonzero(base, size));
	CHECK(VirtualFree(base, 0, MEM_RELEASE));
	return 0;
}

static int limit_on_address_space(void)
{
	struct rlimit limit = { GIB, GIB };
	int line;

	CHECK(specimen_make(SPECIMEN));
	CHECK(!setrlimit(RLIMIT_AS, &limit));
	line = refused(library_fd(), TIB, -ENOSPC, E_OUTOFMEMORY);
	return line ?: allowed(GRANULE);
}

TEST(address_space)
{
	EXPECT_CHILD(limit_on_address_space());
}

/* Without the privilege, what is to be locked counts before it is there. */
static int limit_on_locked_memory(void)
{
	struct rlimit limit = { 16 * MIB, 16 * MIB };
	int line;

	/* So that there is a descriptor, and memory, from before. */
	CHECK(specimen_make(SPECIMEN));
	CHECK(!setrlimit(RLIMIT_MEMLOCK, &limit));
	CHECK(!setgid(65534) && !setuid(65534));
	/* What is another user's may not be looked at, unless it says so. */
	CHECK(!prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	CHECK(!mlockall(MCL_FUTURE));
	line = refused(library_fd(), TIB, -ENOSPC, E_OUTOFMEMORY);
	return line ?: allowed(GRANULE);
}

TEST(locked_memory)
{
	EXPECT_CHILD(limit_on_locked_memory());
}

static int limit_on_mappings(void)
{
	static uintptr_t regions[300];
	size_t nr = 0;
	int ret, line;
	int fd;

	CHECK(specimen_make(SPECIMEN));
	fd = library_fd();
	CHECK(write_file(MAX_MAP_COUNT, "200"));
	do
		ret = raw_alloc(fd, 0, PAGE, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
				&regions[nr]);
	while (!ret && ++nr < ARRAY_SIZE(regions));
	CHECK(ret == -ENOSPC);
	CHECK(nr > 50);
	line = refused(fd, PAGE, -ENOSPC, E_OUTOFMEMORY);
	if (line)
		return line;
	/* A region is one mapping, whatever its pages are. */
	CHECK(commit_at(at(MIDDLE), PAGE, PAGE_EXECUTE) == at(MIDDLE));
	CHECK(VirtualFree(at(MIDDLE + 2), PAGE, MEM_DECOMMIT));
	CHECK(page_is_as(at(MIDDLE), PAGE_EXECUTE));
	while (nr--)
		CHECK(!raw_free(fd, regions[nr], 0, HOSTMEM_RELEASE));
	CHECK(VirtualFree((void *)SPECIMEN, 0, MEM_RELEASE));
	CHECK(hostmem_status(fd).out_regions == 0);
	return allowed(GRANULE);
}

TEST(mappings_of_a_process)
{
	EXPECT_CHILD(limit_on_mappings());
	setting_restore(&map_count);
}

/* PR_SET_MDWE, since 6.3: nothing that may be written may be executed. */
static int no_gain_of_execution(void)
{
	bool denied = !prctl(65, 1, 0, 0, 0);
	char *base = both_at(NULL, GRANULE, PAGE_READWRITE);
	DWORD old, forbidden = denied ? ERROR_ACCESS_DENIED : 0;
	int result;

	CHECK(denied || errno == EINVAL);
	CHECK(base);
	put_code_of_42(base);
	SetLastError(0);
	CHECK(!VirtualProtect(base, PAGE, PAGE_EXECUTE_READ, &old) == denied);
	CHECK(GetLastError() == forbidden);
	SetLastError(0);
	CHECK(!commit_at(base, PAGE, PAGE_EXECUTE_READ) == denied);
	CHECK(GetLastError() == forbidden);
	CHECK((try_exec(base, &result).signo == SIGSEGV) == denied);
	CHECK(query(base).Protect == (denied ? PAGE_READWRITE : PAGE_EXECUTE_READ));
	CHECK(VirtualFree(base, 0, MEM_RELEASE));
	return 0;
}

TEST(execution)
{
	EXPECT_CHILD(no_gain_of_execution());
}

/* Where the device's directory is mounted noexec, the rest goes on. */
static int no_execution_of_the_device(void)
{
	char *base;

	CHECK(!unshare(CLONE_NEWNS));
	CHECK(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	CHECK(!mount(NULL, "/dev", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL));
	base = both_at(NULL, GRANULE, PAGE_READWRITE);
	CHECK(base);
	stamp(base, GRANULE, 1);
	SetLastError(0);
	CHECK(!commit_at(base, PAGE, PAGE_EXECUTE_READWRITE));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	CHECK(!both_at(NULL, GRANULE, PAGE_EXECUTE));
	CHECK(hostmem_status(library_fd()).out_regions == 1);
	CHECK(!unstamped(base, GRANULE, 1));
	CHECK(VirtualFree(base, 0, MEM_RELEASE));
	return 0;
}

TEST(device_that_forbids_execution)
{
	EXPECT_CHILD(no_execution_of_the_device());
}

/* What may be read may be executed: of the kernel's own mappings. */
static int reading_implies_execution(void)
{
	CHECK(personality(READ_IMPLIES_EXEC) != -1);
	CHECK(specimen_make(SPECIMEN));
	CHECK(!specimen_wrong(SPECIMEN));
	return 0;
}

TEST(personality_of_old_programs)
{
	EXPECT_CHILD(reading_implies_execution());
}

/* What is reserved is not committed, in the kernel's accounts, either. */
TEST(strict_overcommit)
{
	char *base;

	ASSERT_TRUE(write_file(OVERCOMMIT, "2"));
	base = reserve_at(NULL, 64 * TIB);
	EXPECT_NE(NULL, base);
	EXPECT_EQ(base, commit_at(base, BLOCK, PAGE_READWRITE));
	setting_restore(&overcommit);
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
