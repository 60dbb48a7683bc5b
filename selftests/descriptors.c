// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the library's descriptors when the program closes them, uses their
 * numbers for other files, or has several tables of files (rule S7).
 *
 * Each case runs in a child, which has not used the library before.
 */
#include "hostmem_limits.h"
#include "manager.h"

#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/syscall.h>

#define CHECK(condition) do {						\
	if (!(condition))						\
		return __LINE__;					\
} while (0)

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

static int run_and_note(void *arg)
{
	int (*function)(void) = arg;

	*failed_line = function();
	return !!*failed_line;
}

#define EXPECT_GOOD(function)						\
	EXPECT_EQ(0, status_of(start_child(run_and_note, function)))	\
		TH_LOG(#function ": line %d", *failed_line)

/* What daemons do. */
static void close_all(void)
{
	int fd;

	for (fd = 3; fd < 64; fd++)
		close(fd);
}

static bool can_query(void)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;

	return HostVirtualQuery(&info, &info, sizeof(info), &length) == S_OK &&
	       info.State == MEM_COMMIT;
}

/* All of a life, in memory of the process's own. */
static bool all_works(void)
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
static int all_is_refused(char *base)
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

/*
 * What may have taken a number
 */

static int nothing(void)
{
	return -1;
}

static int memory_file(void)
{
	int fd = memfd_create("other", 0);

	return write(fd, "abc", 3) == 3 && !ftruncate(fd, GRANULE) ? fd : -1;
}

static int null_device(void)
{
	return open("/dev/null", O_RDWR);
}

static int zero_device(void)
{
	return open("/dev/zero", O_RDWR);
}

static int terminal(void)
{
	return open("/dev/ptmx", O_RDWR | O_NOCTTY);
}

/* It answers EINVAL to all that it doesn't know. */
static int fault_device(void)
{
	return (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
}

static int other_hostmem_file(void)
{
	return open_device();
}

static int path_only(void)
{
	return open(DEVICE, O_PATH);
}

static int (*const others[])(void) = {
	nothing, memory_file, null_device, zero_device, terminal, fault_device,
	other_hostmem_file, path_only,
};

/* All numbers that the library may have had are others' now. */
static int take_numbers(int (*other)(void))
{
	int fd, i;

	close_all();
	fd = other();
	for (i = 0; fd >= 0 && i < 16; i++)
		(void)!dup(fd);
	return fd;
}

/* Nobody has acted on the file that has the number. */
static bool is_untouched(int (*other)(void), int fd)
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

static int (*other)(void);

/* Is a file of that name mapped? */
static bool is_mapped(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	bool found = false;
	char line[512];

	while (fgets(line, sizeof(line), maps))
		found |= !!strstr(line, name);
	fclose(maps);
	return found;
}

static int without_regions(void)
{
	int fd;

	CHECK(can_query());
	fd = take_numbers(other);
	CHECK(can_query());
	CHECK(is_untouched(other, fd));
	CHECK(all_works());
	CHECK(is_untouched(other, fd));
	/* Once there has been something in the new one, it isn't replaced, either. */
	fd = take_numbers(other);
	CHECK(!all_is_refused((char *)0x50000000));
	CHECK(is_untouched(other, fd));
	return 0;
}

static int with_regions(void)
{
	char *mem;
	int fd, line;

	mem = VirtualAlloc(NULL, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	CHECK(mem);
	fd = take_numbers(other);
	line = all_is_refused(mem);
	CHECK(!line);
	CHECK(is_untouched(other, fd));
	/* The memory is there, whoever can be asked about it. */
	mem[0] = 1;
	CHECK(mem[0] == 1);
	/* Nothing else has been mapped, be it for the load. */
	CHECK(!is_mapped("memfd:other"));
	return 0;
}

TEST_F(descriptors, are_replaced_if_nothing_depends_on_them)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		other = others[i];
		EXPECT_EQ(0, status_of(start_child(run_and_note, without_regions)))
			TH_LOG("file %zu: line %d", i, *failed_line);
	}
}

TEST_F(descriptors, are_missed_if_regions_depend_on_them)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		other = others[i];
		EXPECT_EQ(0, status_of(start_child(run_and_note, with_regions)))
			TH_LOG("file %zu: line %d", i, *failed_line);
	}
}

/* The same number again, after it has been closed: a file of the process's own. */
static int put_back(void)
{
	char *mem;
	int fd, copy;

	mem = VirtualAlloc(NULL, GRANULE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	CHECK(mem);
	CHECK(HostMemoryManagerDescriptor(NULL, &fd) == S_OK);
	copy = dup(fd);
	close(fd);
	CHECK(!all_is_refused(mem));
	CHECK(dup2(copy, fd) == fd);
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	CHECK(all_works());
	return 0;
}

TEST_F(descriptors, are_found_again_where_they_were)
{
	EXPECT_GOOD(put_back);
}

/*
 * Several tables of files
 */

static char child_stack[64 << 10] __attribute__((aligned(16)));

/* A child as of vfork(): it has the parent's memory, and its own table of files. */
static bool in_vfork_child(int (*function)(void *), void *arg)
{
	pid_t child = clone(function, child_stack + sizeof(child_stack),
			    CLONE_VM | CLONE_VFORK | SIGCHLD, arg);

	return child > 0 && !status_of(child);
}

static int use_it(void *arg)
{
	_exit(!(arg ? !!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE) :
		      can_query()));
}

static int first_use_in_vfork_child(void)
{
	int fd, i;

	CHECK(in_vfork_child(use_it, NULL));
	fd = memory_file();
	for (i = 0; i < 100; i++) {
		CHECK(can_query());
		CHECK(in_vfork_child(use_it, NULL));
	}
	CHECK(is_untouched(memory_file, fd));
	CHECK(all_works());
	CHECK(is_untouched(memory_file, fd));
	/* The child had a copy of what the parent has now. */
	CHECK(in_vfork_child(use_it, NULL));
	CHECK(all_works());
	/* None of all that has been left open. */
	CHECK(open("/dev/null", O_RDONLY) < 16);
	return 0;
}

static int first_region_in_vfork_child(void)
{
	CHECK(in_vfork_child(use_it, ""));
	CHECK(!all_is_refused((char *)0x50000000));
	return 0;
}

TEST_F(descriptors, of_vfork_children_are_their_own)
{
	EXPECT_GOOD(first_use_in_vfork_child);
	EXPECT_GOOD(first_region_in_vfork_child);
}

/* Runs in a thread with a table of files of its own. */
static int thread_line;

static void *in_own_table(void *arg)
{
	int (*function)(void) = arg;

	thread_line = unshare(CLONE_FILES) ? __LINE__ : function();
	return NULL;
}

static int run_in_own_table(int (*function)(void))
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, in_own_table, function));
	CHECK(!pthread_join(thread, NULL));
	return thread_line;
}

static int query_in_thread(void)
{
	CHECK(can_query());
	return 0;
}

static int close_and_query(void)
{
	close_all();
	CHECK(can_query());
	CHECK(memory_file() >= 0);
	CHECK(can_query());
	return 0;
}

static int close_and_work(void)
{
	close_all();
	CHECK(all_works());
	return 0;
}

static int close_and_be_refused(void)
{
	close_all();
	return all_is_refused((char *)0x50000000);
}

static int first_use_in_thread(void)
{
	int line = run_in_own_table(query_in_thread);

	CHECK(!line);
	CHECK(can_query());
	CHECK(all_works());
	return 0;
}

static int tables_in_turn(void)
{
	int i;

	for (i = 0; i < 50; i++) {
		CHECK(can_query());
		CHECK(!run_in_own_table(close_and_query));
	}
	CHECK(all_works());
	CHECK(open("/dev/null", O_RDONLY) < 16);
	return 0;
}

static int regions_in_thread(void)
{
	int line;

	CHECK(can_query());
	line = run_in_own_table(close_and_work);
	CHECK(!line);
	/* What they are in is open there only. */
	CHECK(!all_is_refused((char *)0x50000000));
	return 0;
}

static int regions_elsewhere(void)
{
	char *mem = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	int line;

	CHECK(mem);
	line = run_in_own_table(close_and_be_refused);
	CHECK(!line);
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	CHECK(all_works());
	return 0;
}

TEST_F(descriptors, of_threads_may_be_their_own)
{
	EXPECT_GOOD(first_use_in_thread);
	EXPECT_GOOD(tables_in_turn);
	EXPECT_GOOD(regions_in_thread);
	EXPECT_GOOD(regions_elsewhere);
}

static int daemon_without_regions(void *arg)
{
	(void)arg;
	/* It may use the parent's file as little as any child... */
	if (can_query())
		return 1;
	/* ... but without it, one of its own. */
	close_all();
	return !all_works();
}

static int forks_a_daemon(void)
{
	CHECK(can_query());
	CHECK(!status_of(start_child(daemon_without_regions, NULL)));
	CHECK(all_works());
	return 0;
}

static int daemon_with_regions(void *arg)
{
	close_all();
	return all_is_refused(arg);
}

static int forks_a_daemon_with_regions(void)
{
	void *mem = VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE);

	CHECK(!status_of(start_child(daemon_with_regions, mem)));
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	return 0;
}

TEST_F(descriptors, of_a_daemon_may_be_its_own)
{
	EXPECT_GOOD(forks_a_daemon);
	EXPECT_GOOD(forks_a_daemon_with_regions);
}

/*
 * Managers
 */

static int manager_without_regions(void)
{
	IHostMemoryManager *manager = make_manager(MIB, 0);
	HOSTMEM_STATUS status;
	void *mem;
	int fd, closed;

	CHECK(HostMemoryManagerDescriptor(manager, &closed) == S_OK);
	fd = take_numbers(other);
	CHECK(HostMemoryManagerDescriptor(manager, &closed) == S_OK);
	CHECK(fd < 0 || closed > fd);
	CHECK(manager_alloc(manager, NULL, 2 * MIB, MEM_RESERVE | MEM_COMMIT, &mem) ==
	      E_OUTOFMEMORY);
	CHECK(manager_alloc(manager, NULL, MIB, MEM_RESERVE | MEM_COMMIT, &mem) == S_OK);
	status = manager_status(manager);
	CHECK(status.cbCommitted == MIB && status.cbCommitLimit == MIB);
	CHECK(IHostMemoryManager_Release(manager) == 0);
	CHECK(is_untouched(other, fd));
	CHECK(try_read(mem).signo == SIGSEGV);
	return 0;
}

static int manager_with_regions(void)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	IHostMalloc *heap;
	void *mem, *block, *another;
	SIZE_T bytes;
	DWORD percent;
	int fd, closed;

	CHECK(manager_alloc(manager, NULL, PAGE, MEM_RESERVE | MEM_COMMIT, &mem) == S_OK);
	CHECK(IHostMemoryManager_CreateMalloc(manager, 0, &heap) == S_OK);
	CHECK(IHostMalloc_Alloc(heap, 100, eTaskCritical, &block) == S_OK);
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &percent, &bytes) == S_OK);
	fd = take_numbers(other);
	CHECK(HostMemoryManagerDescriptor(manager, &closed) == HOST_E_CLRNOTAVAILABLE);
	CHECK(manager_free(manager, mem, 0, MEM_RELEASE) == HOST_E_CLRNOTAVAILABLE);
	CHECK(manager_alloc(manager, NULL, PAGE, MEM_RESERVE, &another) ==
	      HOST_E_CLRNOTAVAILABLE);
	/* The heap has no memory to come, but deals with what it has. */
	CHECK(IHostMalloc_Alloc(heap, MIB, eTaskCritical, &another) != S_OK && !another);
	memset(block, 1, 100);
	CHECK(IHostMalloc_Free(heap, block) == S_OK);
	CHECK(IHostMalloc_Release(heap) == 0);
	CHECK(IHostMemoryManager_Release(manager) == 0);
	CHECK(is_untouched(other, fd));
	*(char *)mem = 1;
	return 0;
}

TEST_F(descriptors, of_managers_are_replaced_or_missed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		other = others[i];
		EXPECT_EQ(0, status_of(start_child(run_and_note,
						   manager_without_regions)))
			TH_LOG("file %zu: line %d", i, *failed_line);
		EXPECT_EQ(0, status_of(start_child(run_and_note,
						   manager_with_regions)))
			TH_LOG("file %zu: line %d", i, *failed_line);
	}
}

static ULONG count_reference(ICLRMemoryNotificationCallback *this)
{
	(void)this;
	return 1;
}

static HRESULT is_nothing_else(ICLRMemoryNotificationCallback *this, REFIID riid,
			       void **object)
{
	(void)this;
	(void)riid;
	*object = NULL;
	return E_NOINTERFACE;
}

static HRESULT hear(ICLRMemoryNotificationCallback *this, EMemoryAvailable level)
{
	(void)this;
	(void)level;
	return S_OK;
}

static const ICLRMemoryNotificationCallbackVtbl vtbl = {
	is_nothing_else, count_reference, count_reference, hear,
};

static int release_in_child(void *arg)
{
	IHostMemoryManager *manager = arg;

	alarm(20);
	close_all();
	return IHostMemoryManager_Release(manager) != 0;
}

static int notifications(void)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	ICLRMemoryNotificationCallback callback = { .lpVtbl = &vtbl };
	int fd;

	alarm(20);
	CHECK(IHostMemoryManager_RegisterMemoryNotificationCallback(manager, &callback) ==
	      S_OK);
	CHECK(!status_of(start_child(release_in_child, manager)));
	fd = take_numbers(other);
	CHECK(IHostMemoryManager_RegisterMemoryNotificationCallback(manager, &callback) ==
	      HOST_E_CLRNOTAVAILABLE);
	CHECK(is_untouched(other, fd));
	/* The thread that calls back sleeps, and nobody can wake it. */
	CHECK(IHostMemoryManager_Release(manager) == 0);
	CHECK(is_untouched(other, fd));
	return 0;
}

TEST_F(descriptors, of_notifications_are_looked_at)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		other = others[i];
		EXPECT_EQ(0, status_of(start_child(run_and_note, notifications)))
			TH_LOG("file %zu: line %d", i, *failed_line);
	}
}

TEST_HARNESS_MAIN
