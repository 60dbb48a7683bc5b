// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the library's descriptors when the program closes them or uses their
 * numbers for other files, those of managers, too (rule S7).
 */
#include "descriptors.h"
#include "manager.h"

#include <linux/userfaultfd.h>
#include <sys/syscall.h>

/*
 * What may have taken a number
 */

static int nothing(void)
{
	return -1;
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
