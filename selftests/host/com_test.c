// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: managers as COM objects: interfaces, references, options, errors of the
 * methods, deadlines, signals.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "manager.h"
#include "tap.h"

#define NOT_AVAILABLE	((HRESULT)0x80131023)
#define UNTOUCHED	0xdeadbeefu

static IHostMemoryManager *new_manager(SIZE_T limit, DWORD timeout)
{
	HOSTMEM_OPTIONS options = {
		sizeof(options), FAKE_DEVICE, limit, timeout, 0,
	};
	IHostMemoryManager *manager = NULL;

	if (CreateHostMemoryManager(&options, &manager) != S_OK)
		abort();
	return manager;
}

static int descriptor_of(IHostMemoryManager *manager)
{
	int fd = -1;

	HostMemoryManagerDescriptor(manager, &fd);
	return fd;
}

static bool is_iid(const IID *iid, uint32_t a, uint16_t b, uint16_t c, uint64_t d)
{
	uint64_t last = 0;
	int i;

	for (i = 0; i < 8; i++)
		last = last << 8 | iid->Data4[i];
	return iid->Data1 == a && iid->Data2 == b && iid->Data3 == c && last == d;
}

/* Contract 1.7 and rule H28 */
static void interfaces(void)
{
	IHostMemoryManager *manager = new_manager(0, 0);
	void *other = manager;

	CHECK(is_iid(&IID_IUnknown, 0, 0, 0, 0xC000000000000046), "IUnknown");
	CHECK(is_iid(&IID_IHostMemoryManager, 0x7BC698D1, 0xF9E3, 0x4460,
		     0x9CDED04248E9FA25), "IHostMemoryManager");
	CHECK(is_iid(&IID_IHostMalloc, 0x1831991C, 0xCC53, 0x4A31,
		     0xB21804E910446479), "IHostMalloc");
	CHECK(is_iid(&IID_ICLRMemoryNotificationCallback, 0x47EB8E57, 0x0846, 0x4546,
		     0xAF766F42FCFC2649), "ICLRMemoryNotificationCallback");
	CHECK(sizeof(IID) == 16, "size");

	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IHostMalloc, &other) ==
	      (HRESULT)0x80004002 && !other, "another interface");
	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IUnknown, NULL) ==
	      (HRESULT)0x80004003, "no out pointer");
	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IUnknown, &other) == S_OK &&
	      other == manager, "IUnknown");
	other = NULL;
	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IHostMemoryManager,
						&other) == S_OK && other == manager,
	      "its own");
	CHECK(IHostMemoryManager_AddRef(manager) == 4, "two more than before");
	CHECK(IUnknown_Release((IUnknown *)other) == 3, "as IUnknown");
	CHECK(IHostMemoryManager_Release(manager) == 2, "Release");
	CHECK(IHostMemoryManager_Release(manager) == 1, "Release");
	CHECK(IHostMemoryManager_Release(manager) == 0, "the last Release");
}

/* The layout of the tables: slot numbers of contract 1.7. */
static void slots(void)
{
#define SLOT(interface, method)	(offsetof(interface##Vtbl, method) / sizeof(void *))
	CHECK(SLOT(IUnknown, QueryInterface) == 0 && SLOT(IUnknown, AddRef) == 1 &&
	      SLOT(IUnknown, Release) == 2 && sizeof(IUnknownVtbl) == 3 * 8, "IUnknown");
	CHECK(SLOT(IHostMemoryManager, CreateMalloc) == 3 &&
	      SLOT(IHostMemoryManager, VirtualAlloc) == 4 &&
	      SLOT(IHostMemoryManager, VirtualFree) == 5 &&
	      SLOT(IHostMemoryManager, VirtualQuery) == 6 &&
	      SLOT(IHostMemoryManager, VirtualProtect) == 7 &&
	      SLOT(IHostMemoryManager, GetMemoryLoad) == 8 &&
	      SLOT(IHostMemoryManager, RegisterMemoryNotificationCallback) == 9 &&
	      SLOT(IHostMemoryManager, NeedsVirtualAddressSpace) == 10 &&
	      SLOT(IHostMemoryManager, AcquiredVirtualAddressSpace) == 11 &&
	      SLOT(IHostMemoryManager, ReleasedVirtualAddressSpace) == 12 &&
	      sizeof(IHostMemoryManagerVtbl) == 13 * 8, "IHostMemoryManager");
	CHECK(SLOT(IHostMalloc, Alloc) == 3 && SLOT(IHostMalloc, DebugAlloc) == 4 &&
	      SLOT(IHostMalloc, Free) == 5 && sizeof(IHostMallocVtbl) == 6 * 8,
	      "IHostMalloc");
	CHECK(SLOT(ICLRMemoryNotificationCallback, OnMemoryNotification) == 3 &&
	      sizeof(ICLRMemoryNotificationCallbackVtbl) == 4 * 8,
	      "ICLRMemoryNotificationCallback");
}

static HRESULT create(const HOSTMEM_OPTIONS *options)
{
	IHostMemoryManager *manager = (void *)&fake_files;
	HRESULT hr = CreateHostMemoryManager(options, &manager);

	if (hr == S_OK)
		IHostMemoryManager_Release(manager);
	else if (manager)
		return S_FALSE;		/* not cleared */
	return hr;
}

static void options(void)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 0, 0, 0 };
	size_t size;

	CHECK(sizeof(options) == 32, "size on a 64-bit system");
	for (size = 0; size < 2 * sizeof(options); size++) {
		options.cbSize = size;
		CHECK(create(&options) == (size == 32 ? S_OK : (HRESULT)0x80070057),
		      "size %zu", size);
	}
	options.cbSize = SIZE_MAX;
	CHECK(create(&options) == (HRESULT)0x80070057, "the highest size");
	options.cbSize = sizeof(options);
	CHECK(CreateHostMemoryManager(&options, NULL) == (HRESULT)0x80004003,
	      "no out pointer");
	options.cbSize = 0;
	CHECK(CreateHostMemoryManager(&options, NULL) == (HRESULT)0x80004003,
	      "no out pointer, and a wrong size");

	options.cbSize = sizeof(options);
	options.pszDevice = "/elsewhere";
	CHECK(create(&options) == NOT_AVAILABLE && !strcmp(fake_path, "/elsewhere"),
	      "another device");
	options.pszDevice = NULL;
	CHECK(create(&options) == NOT_AVAILABLE && !strcmp(fake_path, "/dev/hostmem"),
	      "the default device");
	CHECK(create(NULL) == NOT_AVAILABLE && !strcmp(fake_path, "/dev/hostmem"),
	      "default options");
}

static void devices(void)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 4096, 0, 0 };
	static const int errnums[] = { ENOENT, EACCES, EMFILE, ENODEV };
	static const int not_ours[] = { ENOTTY, E2BIG, EIO };
	unsigned int closes, i;

	for (i = 0; i < 4; i++) {
		fake_open_errno = errnums[i];
		CHECK(create(&options) == NOT_AVAILABLE, "open: errno %d", errnums[i]);
	}
	fake_open_errno = 0;
	for (i = 0; i < 3; i++) {
		closes = fake_closes;
		fake_errno[FAKE_STATUS] = not_ours[i];
		fake_errno_times[FAKE_STATUS] = 1;
		CHECK(create(&options) == NOT_AVAILABLE, "not ours: errno %d", not_ours[i]);
		CHECK(fake_closes == closes + 1, "closed");
	}
	closes = fake_closes;
	fake_errno[FAKE_LIMIT] = ENOMEM;
	fake_errno_times[FAKE_LIMIT] = 1;
	CHECK(create(&options) == (HRESULT)0x8007000E && fake_closes == closes + 1,
	      "no limit set");
}

/* Each has its own file, its own limit, its own errors. */
static void several_managers(void)
{
	IHostMemoryManager *a = new_manager(1 << 20, 0);
	IHostMemoryManager *b = new_manager(0, 0);
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	void *mem;

	CHECK(descriptor_of(a) != descriptor_of(b), "descriptors");
	CHECK(IHostMemoryManager_VirtualAlloc(a, NULL, 65536, MEM_RESERVE | MEM_COMMIT,
					      PAGE_READWRITE, eTaskCritical, &mem) == S_OK,
	      "commit");
	CHECK(HostMemoryManagerStatus(a, &status) == S_OK && status.cRegions == 1 &&
	      status.cbReserved == 65536 && status.cbCommitted == 65536 &&
	      status.cbCommitLimit == 1 << 20 && status.cWaiting == 0,
	      "status of the one");
	CHECK(HostMemoryManagerStatus(b, &status) == S_OK && status.cRegions == 0 &&
	      status.cbReserved == 0 && status.cbCommitted == 0 &&
	      status.cbCommitLimit == SIZE_MAX, "status of the other");
	CHECK(IHostMemoryManager_VirtualFree(b, mem, 0, MEM_RELEASE) ==
	      (HRESULT)0x80131022, "not its memory");

	/* Rule H8, and only for the manager that it happened to. */
	fake_errno[FAKE_FREE] = EIO;
	fake_errno_times[FAKE_FREE] = 1;
	CHECK(IHostMemoryManager_VirtualFree(a, mem, 0, MEM_RELEASE) ==
	      (HRESULT)0x80004005, "the impossible");
	CHECK(IHostMemoryManager_VirtualFree(a, mem, 0, MEM_RELEASE) == NOT_AVAILABLE &&
	      IHostMemoryManager_VirtualAlloc(a, NULL, 1, MEM_RESERVE, PAGE_READWRITE,
					      eTaskCritical, NULL) == NOT_AVAILABLE &&
	      IHostMemoryManager_VirtualQuery(a, mem, NULL, 0, NULL) == NOT_AVAILABLE &&
	      IHostMemoryManager_VirtualProtect(a, NULL, 0, 0, NULL) == NOT_AVAILABLE &&
	      IHostMemoryManager_GetMemoryLoad(a, NULL, NULL) == NOT_AVAILABLE &&
	      IHostMemoryManager_CreateMalloc(a, ~0u, NULL) == NOT_AVAILABLE &&
	      IHostMemoryManager_RegisterMemoryNotificationCallback(a, NULL) ==
			NOT_AVAILABLE &&
	      IHostMemoryManager_NeedsVirtualAddressSpace(a, NULL, 0) == NOT_AVAILABLE &&
	      IHostMemoryManager_AcquiredVirtualAddressSpace(a, NULL, 0) ==
			NOT_AVAILABLE &&
	      IHostMemoryManager_ReleasedVirtualAddressSpace(a, NULL) == NOT_AVAILABLE &&
	      HostMemoryManagerStatus(a, &status) == NOT_AVAILABLE &&
	      descriptor_of(a) == -1,
	      "everything after that");
	CHECK(IHostMemoryManager_VirtualAlloc(b, NULL, 1, MEM_RESERVE, PAGE_READWRITE,
					      eTaskCritical, &mem) == S_OK,
	      "the other one goes on");

	fake_calls[FAKE_SHUTDOWN] = 0;
	CHECK(IHostMemoryManager_Release(a) == 0 && fake_calls[FAKE_SHUTDOWN] == 1,
	      "a broken one is shut down, too");
	CHECK(IHostMemoryManager_Release(b) == 0 && fake_calls[FAKE_SHUTDOWN] == 2,
	      "and so is the other");
}

static const struct {
	int errnum;
	uint32_t hresult;
} rows[] = {
	{ EINVAL,	0x80070057 }, { EADDRNOTAVAIL,	0x800701E7 },
	{ ENOENT,	0x80131022 }, { ENOMEM,		0x8007000E },
	{ ENOSPC,	0x8007000E }, { EFAULT,		0x800703E6 },
	{ EPERM,	0x80070522 }, { EOPNOTSUPP,	0x80070032 },
	{ EACCES,	0x80070005 }, { EXDEV,		0x80131025 },
	{ ETIMEDOUT,	0x80131024 }, { ECANCELED,	0x80131026 },
	{ ESHUTDOWN,	0x80131023 },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static void fail_with(int errnum, unsigned int times)
{
	unsigned int i;

	for (i = 0; i < FAKE_CALLS; i++) {
		fake_errno[i] = errnum;
		fake_errno_times[i] = times;
	}
}

static void error_rows(void)
{
	IHostMemoryManager *manager = new_manager(0, 0);
	MEMORY_BASIC_INFORMATION info;
	SIZE_T written;
	DWORD old;
	size_t i;
	void *mem;

	for (i = 0; i < ROWS; i++) {
		HRESULT hr = (HRESULT)rows[i].hresult;
		int errnum = rows[i].errnum;

		mem = &mem;
		written = 1;
		SetLastError(UNTOUCHED);
		errno = ERANGE;
		fail_with(errnum, 1);
		CHECK(IHostMemoryManager_VirtualAlloc(manager, NULL, 1, MEM_COMMIT,
						      PAGE_READWRITE, eTaskCritical,
						      &mem) == hr && !mem,
		      "VirtualAlloc, errno %d", errnum);
		CHECK(IHostMemoryManager_VirtualFree(manager, NULL, 0, MEM_RELEASE) == hr,
		      "VirtualFree, errno %d", errnum);
		CHECK(IHostMemoryManager_VirtualQuery(manager, NULL, &info, sizeof(info),
						      &written) == hr && !written,
		      "VirtualQuery, errno %d", errnum);
		CHECK(IHostMemoryManager_VirtualProtect(manager, NULL, 1, PAGE_READONLY,
							&old) == hr,
		      "VirtualProtect, errno %d", errnum);
		CHECK(errno == ERANGE && GetLastError() == UNTOUCHED,
		      "errno and last error");
	}
	fail_with(0, 0);
	CHECK(IHostMemoryManager_VirtualAlloc(manager, NULL, 1, MEM_RESERVE,
					      PAGE_READWRITE, eTaskCritical, NULL) ==
	      (HRESULT)0x80004003, "VirtualAlloc without ppMem");
	CHECK(IHostMemoryManager_VirtualQuery(manager, NULL, &info, sizeof(info), NULL) ==
	      (HRESULT)0x80004003, "VirtualQuery without pResult");
	CHECK(IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, NULL) ==
	      (HRESULT)0x80004003, "CreateMalloc without ppMalloc");
	CHECK(IHostMemoryManager_RegisterMemoryNotificationCallback(manager, NULL) ==
	      (HRESULT)0x80004003, "no callback");
	IHostMemoryManager_Release(manager);
}

/* What is handed on as it is, and the deadline that comes with it. */
static void arguments_and_deadlines(void)
{
	static const DWORD timeouts[] = { 0, 1, 250, 0xFFFFFFFE, 0xFFFFFFFF };
	uint64_t before, after, deadline;
	IHostMemoryManager *manager;
	unsigned int i;
	void *mem;

	for (i = 0; i < 5; i++) {
		uint64_t ns = (uint64_t)timeouts[i] * 1000000;

		manager = new_manager(0, timeouts[i]);
		/* Repeated with the same deadline when a signal comes. */
		fake_errno[FAKE_ALLOC] = EINTR;
		fake_errno_times[FAKE_ALLOC] = 3;
		fake_calls[FAKE_ALLOC] = 0;
		before = fake_now(CLOCK_MONOTONIC);
		CHECK(IHostMemoryManager_VirtualAlloc(manager, NULL, 0x567,
						      MEM_RESERVE | MEM_COMMIT,
						      PAGE_READWRITE, eAppDomainCritical,
						      &mem) == S_OK && mem,
		      "timeout %u", timeouts[i]);
		after = fake_now(CLOCK_MONOTONIC);
		CHECK(fake_calls[FAKE_ALLOC] == 4 &&
		      fake_first_alloc.deadline == fake_last_alloc.deadline,
		      "%u calls", fake_calls[FAKE_ALLOC]);
		CHECK(fake_last_alloc.size == sizeof(fake_last_alloc) &&
		      fake_last_alloc.addr == 0 && fake_last_alloc.length == 0x567 &&
		      fake_last_alloc.type == 0x3000 && fake_last_alloc.protect == 4 &&
		      fake_last_alloc.level == 1, "arguments");
		deadline = fake_last_alloc.deadline;
		CHECK(timeouts[i] == 0 ? deadline == 0 :
		      timeouts[i] == 0xFFFFFFFF ? deadline == UINT64_MAX :
		      deadline >= before + ns && deadline <= after + ns,
		      "timeout %u: %llu ns", timeouts[i], (unsigned long long)deadline);
		IHostMemoryManager_Release(manager);
	}
}

static void interrupts(void)
{
	IHostMemoryManager *manager = new_manager(0, 1000);
	MEMORY_BASIC_INFORMATION info;
	SIZE_T written, available;
	DWORD old, load;
	void *mem = NULL;

	fail_with(EINTR, 2);
	CHECK(IHostMemoryManager_VirtualAlloc(manager, NULL, 1, MEM_RESERVE,
					      PAGE_READWRITE, eTaskCritical, &mem) == S_OK,
	      "VirtualAlloc");
	CHECK(IHostMemoryManager_VirtualQuery(manager, mem, &info, sizeof(info),
					      &written) == S_OK, "VirtualQuery");
	CHECK(IHostMemoryManager_VirtualProtect(manager, mem, 1, PAGE_READONLY, &old) ==
	      S_OK, "VirtualProtect");
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK,
	      "GetMemoryLoad");
	CHECK(IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE) == S_OK,
	      "VirtualFree");
	CHECK(IHostMemoryManager_Release(manager) == 0 &&
	      !fake_errno_times[FAKE_SHUTDOWN], "Release");
	fail_with(0, 0);
}

static void status_and_descriptor(void)
{
	IHostMemoryManager *manager = new_manager(0, 0);
	const IHostMemoryManagerVtbl other_table = *manager->lpVtbl;
	IHostMemoryManager foreign = { &other_table };
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) - 1 };
	int fd = 0;

	CHECK(HostMemoryManagerStatus(manager, NULL) == (HRESULT)0x80004003, "NULL");
	CHECK(HostMemoryManagerStatus(manager, &status) == (HRESULT)0x80070057, "size");
	status.cbSize = 71;
	CHECK(HostMemoryManagerStatus(manager, &status) == (HRESULT)0x80070057, "size");
	status.cbSize = sizeof(status) + 1;
	CHECK(HostMemoryManagerStatus(manager, &status) == (HRESULT)0x80070057, "size");
	status.cbSize = sizeof(status);
	CHECK(HostMemoryManagerStatus(&foreign, &status) == (HRESULT)0x80070057,
	      "not the library's");
	CHECK(HostMemoryManagerDescriptor(&foreign, &fd) == (HRESULT)0x80070057 &&
	      fd == -1, "not the library's");
	CHECK(HostMemoryManagerDescriptor(manager, NULL) == (HRESULT)0x80004003, "NULL");
	CHECK(HostMemoryManagerDescriptor(manager, &fd) == S_OK && fake_files[fd].open,
	      "descriptor %d", fd);

	/* The default manager */
	CHECK(HostMemoryManagerDescriptor(NULL, &fd) == NOT_AVAILABLE && fd == -1,
	      "without a device");
	CHECK(HostMemoryManagerStatus(NULL, &status) == NOT_AVAILABLE, "without a device");
	hostmem_default_manager.device = FAKE_DEVICE;
	CHECK(HostMemoryManagerDescriptor(NULL, &fd) == S_OK &&
	      fd != descriptor_of(manager) && fake_files[fd].open, "its own");
	CHECK(HostMemoryManagerStatus(NULL, &status) == S_OK &&
	      status.cbSize == sizeof(status) && status.cbCommitLimit == SIZE_MAX &&
	      !status.cAcquired && !status.cNeeds, "its status");
	IHostMemoryManager_Release(manager);
}

int main(void)
{
	tap_case("interfaces and references", interfaces, 14);
	tap_case("slots of the tables", slots, 4);
	tap_case("options", options, 1 + 64 + 3 + 3);
	tap_case("devices that can't be used", devices, 4 + 3 * 2 + 1);
	tap_case("several managers", several_managers, 10);
	tap_case("error rows of the methods", error_rows, ROWS * 5 + 4);
	tap_case("arguments and deadlines", arguments_and_deadlines, 5 * 4);
	tap_case("signals", interrupts, 6);
	tap_case("status and descriptor", status_and_descriptor, 12);
	return tap_end();
}
