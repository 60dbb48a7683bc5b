// SPDX-License-Identifier: GPL-2.0
/*
 * The COM object: identities, options, each HRESULT by its real cause, and the end of a
 * manager (rules H1-H12, H14, H28).
 */
#include <limits.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "manager.h"

/*
 * The kernel, which can be made to give an answer that it never gives: the
 * library's calls of ioctl(2) end up here.  But the library finds that the file is
 * the one it was.
 */
static int impossible_errno;

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (impossible_errno && request != HOSTMEM_IOC_STATUS) {
		errno = impossible_errno;
		return -1;
	}
	return syscall(SYS_ioctl, fd, request, arg);
}

TEST(identity)							/* H28 */
{
	IHostMemoryManager *manager = make_manager(0, 0);
	void *unknown, *same, *other = POISON_POINTER;

	ASSERT_EQ(S_OK, IHostMemoryManager_QueryInterface(manager, &IID_IUnknown,
							  &unknown));
	ASSERT_EQ(S_OK, IHostMemoryManager_QueryInterface(
				manager, &IID_IHostMemoryManager, &same));
	EXPECT_EQ(unknown, same);
	EXPECT_EQ(2, IUnknown_Release((IUnknown *)unknown));
	EXPECT_EQ(1, IUnknown_Release((IUnknown *)same));
	EXPECT_EQ(2, IHostMemoryManager_AddRef(manager));
	EXPECT_EQ(E_NOINTERFACE, IHostMemoryManager_QueryInterface(
				manager, &IID_IHostMalloc, &other));
	EXPECT_EQ(NULL, other);
	EXPECT_EQ(E_POINTER, IHostMemoryManager_QueryInterface(
				manager, &IID_IUnknown, NULL));
	EXPECT_EQ(1, IHostMemoryManager_Release(manager));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST(iids)							/* 1.7 */
{
	static const IID manager = { 0x7BC698D1, 0xF9E3, 0x4460,
		{ 0x9C, 0xDE, 0xD0, 0x42, 0x48, 0xE9, 0xFA, 0x25 } };
	static const IID heap = { 0x1831991C, 0xCC53, 0x4A31,
		{ 0xB2, 0x18, 0x04, 0xE9, 0x10, 0x44, 0x64, 0x79 } };
	static const IID callback = { 0x47EB8E57, 0x0846, 0x4546,
		{ 0xAF, 0x76, 0x6F, 0x42, 0xFC, 0xFC, 0x26, 0x49 } };
	static const IID unknown = { 0, 0, 0,
		{ 0xC0, 0, 0, 0, 0, 0, 0, 0x46 } };

	EXPECT_EQ(0, memcmp(&manager, &IID_IHostMemoryManager, sizeof(IID)));
	EXPECT_EQ(0, memcmp(&heap, &IID_IHostMalloc, sizeof(IID)));
	EXPECT_EQ(0, memcmp(&callback, &IID_ICLRMemoryNotificationCallback,
			    sizeof(IID)));
	EXPECT_EQ(0, memcmp(&unknown, &IID_IUnknown, sizeof(IID)));
}

/* The slots by number, as a binary made elsewhere calls them. */
TEST(slots)							/* 1.7 */
{
	IHostMemoryManager *manager = make_manager(0, 0);
	const void *const *slots = (const void *const *)manager->lpVtbl;
	HRESULT (*alloc)(void *, void *, SIZE_T, DWORD, DWORD, int, void **);
	HRESULT (*load)(void *, DWORD *, SIZE_T *);
	HRESULT (*released)(void *, void *);
	DWORD percent = 100;
	SIZE_T bytes = 0;
	void *mem;

	alloc = slots[4];
	load = slots[8];
	released = slots[12];
	ASSERT_EQ(S_OK, alloc(manager, NULL, PAGE, MEM_RESERVE | MEM_COMMIT,
			      PAGE_READWRITE, eTaskCritical, &mem));
	EXPECT_EQ(S_OK, load(manager, &percent, &bytes));
	EXPECT_GE(99u, percent);
	EXPECT_EQ(S_OK, released(manager, mem));
	EXPECT_EQ(13 * sizeof(void *), sizeof(*manager->lpVtbl));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST(options)
{
	HOSTMEM_OPTIONS options = { .cbSize = sizeof(options) };
	IHostMemoryManager *manager;

	EXPECT_EQ(E_POINTER, CreateHostMemoryManager(&options, NULL));
	options.cbSize--;
	manager = POISON_POINTER;
	EXPECT_EQ(E_INVALIDARG, CreateHostMemoryManager(&options, &manager));
	EXPECT_EQ(NULL, manager);
	options.cbSize++;
	options.pszDevice = "/dev/null";
	manager = POISON_POINTER;
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  CreateHostMemoryManager(&options, &manager));
	EXPECT_EQ(NULL, manager);
	options.pszDevice = "/dev/hostmem-is-not-here";
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  CreateHostMemoryManager(&options, &manager));
	options.pszDevice = "/dev/../dev/hostmem";
	ASSERT_EQ(S_OK, CreateHostMemoryManager(&options, &manager));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	ASSERT_EQ(S_OK, CreateHostMemoryManager(NULL, &manager));
	EXPECT_EQ(SIZE_MAX, manager_status(manager).cbCommitLimit);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST(unknown_flags)
{
	HOSTMEM_OPTIONS options = { .cbSize = sizeof(options) };
	IHostMemoryManager *manager;
	unsigned int bit;

	for (bit = 1; bit < 32; bit++) {
		options.dwFlags = 1u << bit;
		manager = POISON_POINTER;
		EXPECT_EQ(E_INVALIDARG, CreateHostMemoryManager(&options, &manager));
		EXPECT_EQ(NULL, manager);
		options.dwFlags |= HOSTMEM_PINNABLE;
		EXPECT_EQ(E_INVALIDARG, CreateHostMemoryManager(&options, &manager));
	}
}

/* However it came about that a page is committed. */
TEST(pinnable)							/* C1 */
{
	DWORD flags, types[] = {
		MEM_RESERVE, MEM_RESERVE | MEM_WRITE_WATCH, MEM_RESERVE | MEM_TOP_DOWN,
		MEM_RESERVE | MEM_COMMIT, MEM_COMMIT,
	};
	IHostMemoryManager *manager;
	void *mem, *page;
	size_t i;

	for (flags = 0; flags < 2; flags++) {
		manager = make_manager_as(flags, 0, 0);
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			ASSERT_EQ(S_OK, manager_alloc(manager, NULL, 2 * PAGE, types[i],
						      &mem));
			EXPECT_EQ(S_OK, manager_alloc(manager, mem, PAGE, MEM_COMMIT,
						      &page));
			EXPECT_EQ(flags, can_be_pinned(page))
				TH_LOG("type %#x", types[i]);
		}
		EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	}
}

TEST(out_of_memory)						/* H2, H3 */
{
	IHostMemoryManager *manager = make_manager(MIB, 0);
	void *mem, *more = POISON_POINTER;

	EXPECT_EQ(MIB, manager_status(manager).cbCommitLimit);
	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	EXPECT_EQ(E_OUTOFMEMORY, manager_alloc(manager, NULL, PAGE,
					       MEM_RESERVE | MEM_COMMIT, &more));
	EXPECT_EQ(NULL, more);
	ASSERT_EQ(S_OK, manager_free(manager, mem, PAGE, MEM_DECOMMIT));
	EXPECT_EQ(S_OK, manager_alloc(manager, NULL, PAGE,
				      MEM_RESERVE | MEM_COMMIT, &more));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

static HRESULT commit_pages(IHostMemoryManager *manager, void *base,
			    unsigned int pages, EMemoryCriticalLevel level)
{
	void *mem;

	return IHostMemoryManager_VirtualAlloc(manager, base, pages * PAGE,
					       MEM_COMMIT, PAGE_READWRITE,
					       level, &mem);
}

/* The reserves of the levels are of the manager's limit, too (10 percent). */
TEST(levels)							/* H6 */
{
	IHostMemoryManager *manager = make_manager(1000 * PAGE, 0);
	void *base;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, 2 * BLOCK, MEM_RESERVE,
				      &base));
	EXPECT_EQ(S_OK, commit_pages(manager, base, 900, eTaskCritical));
	EXPECT_EQ(E_OUTOFMEMORY, commit_pages(manager, base, 901, eTaskCritical));
	EXPECT_EQ(S_OK, commit_pages(manager, base, 950, eAppDomainCritical));
	EXPECT_EQ(E_OUTOFMEMORY, commit_pages(manager, base, 951, eAppDomainCritical));
	EXPECT_EQ(S_OK, commit_pages(manager, base, 1000, eProcessCritical));
	EXPECT_EQ(E_OUTOFMEMORY, commit_pages(manager, base, 1001, eProcessCritical));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST(timeout)							/* H9 */
{
	IHostMemoryManager *manager = make_manager(MIB, 1);
	void *mem, *more = POISON_POINTER;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	EXPECT_EQ(HOST_E_TIMEOUT, manager_alloc(manager, NULL, PAGE,
						MEM_RESERVE | MEM_COMMIT, &more));
	EXPECT_EQ(NULL, more);
	EXPECT_EQ(1, manager_status(manager).cRegions);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST(waits_for_memory)						/* H6 */
{
	IHostMemoryManager *manager = make_manager(MIB, HOSTMEM_INFINITE);
	struct allocation waiting;
	void *mem;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	ASSERT_EQ(0, start_allocation(&waiting, manager, 64 * KIB));
	until_waiting(manager, 1);
	ASSERT_EQ(S_OK, manager_free(manager, mem, 64 * KIB, MEM_DECOMMIT));
	ASSERT_EQ(0, pthread_join(waiting.thread, NULL));
	EXPECT_EQ(S_OK, waiting.hr);
	EXPECT_EQ(NULL, nonzero(waiting.mem, 64 * KIB));
	EXPECT_EQ(MIB, manager_status(manager).cbCommitted);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

/* The last Release while another thread waits in the manager. */
TEST(abandoned)							/* H9 */
{
	IHostMemoryManager *manager = make_manager(MIB, HOSTMEM_INFINITE);
	struct allocation waiting[3];
	unsigned int i;
	void *mem;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, start_allocation(&waiting[i], manager, PAGE));
	until_waiting(manager, 3);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_join(waiting[i].thread, NULL));
		EXPECT_EQ(HOST_E_ABANDONED, waiting[i].hr);
		EXPECT_EQ(NULL, waiting[i].mem);
	}
	EXPECT_SEGV(mem, try_read(mem));
}

static int in_child(IHostMemoryManager *manager, void *mem)
{
	SIZE_T bytes, written;
	MEMORY_BASIC_INFORMATION info;
	IHostMalloc *heap;
	DWORD percent, old;
	void *out;

	if (manager_alloc(manager, NULL, PAGE, MEM_RESERVE, &out) !=
	    HOST_E_NOT_OWNER || out)
		return 1;
	if (manager_free(manager, mem, 0, MEM_RELEASE) != HOST_E_NOT_OWNER)
		return 2;
	if (IHostMemoryManager_VirtualQuery(manager, mem, &info, sizeof(info),
					    &written) != HOST_E_NOT_OWNER)
		return 3;
	if (IHostMemoryManager_VirtualProtect(manager, mem, PAGE, PAGE_READONLY,
					      &old) != HOST_E_NOT_OWNER)
		return 4;
	if (IHostMemoryManager_GetMemoryLoad(manager, &percent, &bytes) !=
	    HOST_E_NOT_OWNER)
		return 5;
	if (IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, &heap) !=
	    HOST_E_NOT_OWNER || heap)
		return 6;
	if (IHostMemoryManager_Release(manager) != 0)
		return 7;
	return 0;
}

TEST(not_owner)							/* H9 */
{
	IHostMemoryManager *manager = make_manager(0, 0);
	SIZE_T bytes;
	DWORD percent;
	void *mem;
	pid_t pid;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, PAGE,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	*(char *)mem = 42;
	/* The pages that show the load are mapped, and the child has them, too. */
	ASSERT_EQ(S_OK, IHostMemoryManager_GetMemoryLoad(manager, &percent,
							 &bytes));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(in_child(manager, mem));
	EXPECT_EQ(0, status_of(pid));
	EXPECT_EQ(42, *(char *)mem);
	EXPECT_EQ(S_OK, manager_free(manager, mem, 0, MEM_RELEASE));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

/* After E_FAIL a manager is of no use any more, but others are. */
TEST(catastrophe)						/* H8 */
{
	IHostMemoryManager *manager = make_manager(0, 0);
	IHostMemoryManager *other = make_manager(0, 0);
	MEMORY_BASIC_INFORMATION info;
	SIZE_T bytes, written;
	IHostMalloc *heap;
	DWORD percent, old;
	void *mem, *out;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, PAGE,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	impossible_errno = EDOM;
	EXPECT_EQ(E_FAIL, manager_alloc(manager, NULL, PAGE, MEM_RESERVE, &out));
	impossible_errno = 0;

	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  manager_alloc(manager, NULL, PAGE, MEM_RESERVE, &out));
	EXPECT_EQ(NULL, out);
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  manager_free(manager, mem, 0, MEM_RELEASE));
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  IHostMemoryManager_VirtualQuery(manager, mem, &info,
						  sizeof(info), &written));
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  IHostMemoryManager_VirtualProtect(manager, mem, PAGE,
						    PAGE_READONLY, &old));
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  IHostMemoryManager_GetMemoryLoad(manager, &percent, &bytes));
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE,
						  &heap));
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  IHostMemoryManager_NeedsVirtualAddressSpace(manager, NULL, PAGE));
	EXPECT_EQ(HOST_E_CLRNOTAVAILABLE,
		  IHostMemoryManager_AcquiredVirtualAddressSpace(manager, mem,
								 PAGE));

	EXPECT_EQ(S_OK, manager_alloc(other, NULL, PAGE, MEM_RESERVE, &out));
	EXPECT_EQ(S_OK, HostVirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
					 eTaskCritical, &out));
	/* It still takes its memory along. */
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	EXPECT_SEGV(mem, try_read(mem));
	EXPECT_EQ(0, IHostMemoryManager_Release(other));
}

/* What one manager has, another doesn't know. */
TEST(strangers)							/* H11 */
{
	IHostMemoryManager *one = make_manager(MIB, 0);
	IHostMemoryManager *two = make_manager(MIB, 0);
	void *of_one, *of_two, *out;
	DWORD old, state;

	ASSERT_EQ(S_OK, manager_alloc(one, NULL, MIB, MEM_RESERVE | MEM_COMMIT,
				      &of_one));
	ASSERT_EQ(S_OK, manager_alloc(two, NULL, MIB, MEM_RESERVE | MEM_COMMIT,
				      &of_two));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  manager_free(two, of_one, 0, MEM_RELEASE));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  manager_free(one, of_two, PAGE, MEM_DECOMMIT));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  HostVirtualFree(of_one, 0, MEM_RELEASE));
	EXPECT_EQ(E_BAD_ADDRESS,
		  IHostMemoryManager_VirtualProtect(two, of_one, PAGE,
						    PAGE_READONLY, &old));
	EXPECT_EQ(E_BAD_ADDRESS,
		  manager_alloc(two, of_one, PAGE, MEM_COMMIT, &out));
	EXPECT_EQ(E_BAD_ADDRESS,
		  manager_alloc(two, of_one, PAGE, MEM_RESERVE, &out));
	EXPECT_EQ(S_OK, manager_state(two, of_one, &state));
	EXPECT_NE(MEM_FREE, state);					/* Q13 */
	EXPECT_EQ(1, manager_status(one).cRegions);
	EXPECT_EQ(1, manager_status(two).cRegions);

	stamp(of_two, MIB, 1);
	EXPECT_EQ(0, IHostMemoryManager_Release(one));
	EXPECT_EQ(S_OK, manager_state(two, of_one, &state));
	EXPECT_EQ(MEM_FREE, state);
	EXPECT_EQ(NULL, unstamped(of_two, MIB, 1));
	EXPECT_EQ(0, IHostMemoryManager_Release(two));
}

TEST(release_frees_all)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	int fd = open_device();
	struct hostmem_status before = hostmem_status(fd);
	void *mem[20];
	unsigned int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(S_OK, manager_alloc(manager, NULL, (i + 1) * 64 * KIB,
					      i % 2 ? MEM_RESERVE :
					      MEM_RESERVE | MEM_COMMIT, &mem[i]));
	EXPECT_LT(before.out_total_committed_bytes,
		  hostmem_status(fd).out_total_committed_bytes);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	EXPECT_EQ(before.out_total_committed_bytes,
		  hostmem_status(fd).out_total_committed_bytes);
	for (i = 0; i < 20; i++)
		EXPECT_FREE(mem[i]);
}

TEST_HARNESS_MAIN
