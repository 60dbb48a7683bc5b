// SPDX-License-Identifier: GPL-2.0
/*
 * The runtime in C.  Each function is a stage of its life; see clr.h.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "clr.h"

#define PAGE	((SIZE_T)4096)
#define MIB	((SIZE_T)1 << 20)
#define HEAP	(64 * MIB)

static IHostMemoryManager *manager;
static IHostMalloc *malloc_;
static char *heap;

/*
 * The callback: static, and never counted (rule H16).
 */

static HRESULT callback_query_interface(ICLRMemoryNotificationCallback *this,
					REFIID riid, void **object)
{
	*object = NULL;
	if (!IsEqualIID(riid, &IID_IUnknown) &&
	    !IsEqualIID(riid, &IID_ICLRMemoryNotificationCallback))
		return E_NOINTERFACE;
	*object = this;
	return S_OK;
}

static ULONG callback_count(ICLRMemoryNotificationCallback *this)
{
	(void)this;
	return 1;
}

static HRESULT callback_notify(ICLRMemoryNotificationCallback *this,
			       EMemoryAvailable level)
{
	(void)this;
	clr_notified(level);
	return S_OK;
}

static const ICLRMemoryNotificationCallbackVtbl callback_vtbl = {
	.QueryInterface = callback_query_interface,
	.AddRef = callback_count,
	.Release = callback_count,
	.OnMemoryNotification = callback_notify,
};

static ICLRMemoryNotificationCallback callback = { .lpVtbl = &callback_vtbl };

/* What the CLR does when it is told of its host (rules H22, H29). */
static int set_host_control(void)
{
	void *object;

	CHECK(clr_get_host_manager(&IID_IHostMalloc, &object) == E_NOINTERFACE);
	CHECK(clr_get_host_manager(&IID_IHostMemoryManager, &object) == S_OK);
	manager = object;
	if (!manager)
		return 0;
	CHECK(IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE,
					      &malloc_) == S_OK);
	if (!malloc_)
		return 0;
	CHECK(IHostMemoryManager_RegisterMemoryNotificationCallback(
			manager, &callback) == S_OK);
	return 1;
}

/* COM's rules (rule H28). */
static void identities(void)
{
	void *unknown, *again;

	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IUnknown,
						&unknown) == S_OK);
	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IHostMemoryManager,
						&again) == S_OK);
	CHECK(unknown == again);
	IUnknown_Release((IUnknown *)unknown);
	IUnknown_Release((IUnknown *)again);
	again = &again;
	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IHostMalloc,
						&again) == E_NOINTERFACE);
	CHECK(!again);
	CHECK(IHostMemoryManager_QueryInterface(manager, &IID_IUnknown, NULL) ==
	      E_POINTER);
	CHECK(IHostMemoryManager_AddRef(manager) ==
	      IHostMemoryManager_Release(manager) + 1);

	CHECK(IHostMalloc_QueryInterface(malloc_, &IID_IHostMalloc, &again) == S_OK);
	CHECK(again == malloc_);
	IHostMalloc_Release(malloc_);
	CHECK(IHostMalloc_QueryInterface(malloc_, &IID_IHostMemoryManager,
					 &again) == E_NOINTERFACE);
}

/* Before the execution engine runs, all is critical to the process (rule H7). */
static void make_heap(void)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T written = 0;
	void *mem;

	CHECK(IHostMemoryManager_VirtualAlloc(manager, NULL, HEAP, MEM_RESERVE,
					      PAGE_READWRITE, eProcessCritical,
					      &mem) == S_OK);
	heap = mem;
	CHECK(IHostMemoryManager_VirtualAlloc(manager, heap, MIB, MEM_COMMIT,
					      PAGE_READWRITE, eProcessCritical,
					      &mem) == S_OK);
	CHECK(mem == heap && !heap[0] && !heap[MIB - 1]);
	CHECK(IHostMemoryManager_VirtualQuery(manager, heap, &info, sizeof(info),
					      &written) == S_OK);
	CHECK(written == sizeof(info));
	CHECK(info.State == MEM_COMMIT && info.RegionSize == MIB);
	CHECK(IHostMemoryManager_VirtualQuery(manager, heap + MIB, &info,
					      sizeof(info), &written) == S_OK);
	CHECK(info.State == MEM_RESERVE && info.RegionSize == HEAP - MIB);
	CHECK(IHostMemoryManager_VirtualQuery(manager, heap, &info,
					      sizeof(info) - 1, &written) ==
	      HRESULT_FROM_WIN32(ERROR_BAD_LENGTH));
	CHECK(!written);
}

/* A page of jitted code, written first and executable then. */
static void jit(void)
{
	DWORD old = 0;
	void *mem;

	CHECK(IHostMemoryManager_VirtualAlloc(manager, NULL, PAGE,
					      MEM_RESERVE | MEM_COMMIT,
					      PAGE_READWRITE, eAppDomainCritical,
					      &mem) == S_OK);
	memcpy(mem, CLR_CODE, sizeof(CLR_CODE));
	__builtin___clear_cache((char *)mem, (char *)mem + sizeof(CLR_CODE));
	CHECK(IHostMemoryManager_VirtualProtect(manager, mem, PAGE,
						PAGE_EXECUTE_READ, &old) == S_OK);
	CHECK(old == PAGE_READWRITE);
	CHECK(((int (*)(void))mem)() == 42);
	CHECK(IHostMemoryManager_VirtualProtect(manager, mem, PAGE,
						PAGE_READWRITE, NULL) == E_POINTER);
	CHECK(IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE) == S_OK);
	CHECK(IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE) ==
	      HOST_E_INVALIDOPERATION);
}

/* The runtime's own data (rules H24-H27). */
static void allocate(void)
{
	static char file[] = __FILE__;
	void *blocks[64], *mem;
	unsigned int i;
	int local;

	for (i = 0; i < 64; i++) {
		CHECK(IHostMalloc_Alloc(malloc_, (SIZE_T)1 << i % 18,
					eTaskCritical, &blocks[i]) == S_OK);
		CHECK(blocks[i] && !((uintptr_t)blocks[i] % 16));
		memset(blocks[i], (int)i, (SIZE_T)1 << i % 18);
	}
	for (i = 0; i < 64; i++) {
		CHECK(*(unsigned char *)blocks[i] == i);
		CHECK(IHostMalloc_Free(malloc_, blocks[i]) == S_OK);
	}
	CHECK(IHostMalloc_Free(malloc_, blocks[0]) == HOST_E_INVALIDOPERATION);
	CHECK(IHostMalloc_Free(malloc_, &local) == HOST_E_INVALIDOPERATION);
	CHECK(IHostMalloc_Free(malloc_, heap) == HOST_E_INVALIDOPERATION);
	CHECK(IHostMalloc_Free(malloc_, NULL) == S_OK);

	CHECK(IHostMalloc_DebugAlloc(malloc_, 100, eTaskCritical, file, __LINE__,
				     &mem) == S_OK);
	CHECK(IHostMalloc_Free(malloc_, (char *)mem + 16) ==
	      HOST_E_INVALIDOPERATION);
	CHECK(IHostMalloc_Free(malloc_, mem) == S_OK);
	CHECK(IHostMalloc_DebugAlloc(malloc_, 0, eTaskCritical, NULL, 0, &mem) ==
	      S_OK);
	CHECK(mem && IHostMalloc_Free(malloc_, mem) == S_OK);
	mem = &local;
	CHECK(IHostMalloc_Alloc(malloc_, 2 * CLR_LIMIT, eProcessCritical, &mem) ==
	      E_OUTOFMEMORY);
	CHECK(!mem);
}

/* A heap for stubs (rule H23). */
static void make_stubs(void)
{
	IHostMalloc *stubs;
	void *mem;

	CHECK(IHostMemoryManager_CreateMalloc(manager, MALLOC_EXECUTABLE,
					      &stubs) == S_OK);
	CHECK(IHostMalloc_Alloc(stubs, sizeof(CLR_CODE), eTaskCritical, &mem) ==
	      S_OK);
	memcpy(mem, CLR_CODE, sizeof(CLR_CODE));
	CHECK(((int (*)(void))mem)() == 42);
	CHECK(IHostMalloc_Free(malloc_, mem) == HOST_E_INVALIDOPERATION);
	CHECK(IHostMalloc_Free(stubs, mem) == S_OK);
	CHECK(IHostMalloc_Release(stubs) == 0);
}

/* Tasks fill the heap until they are refused; a collection frees it. */
static void collect(void)
{
	SIZE_T used = MIB, available = 0;
	DWORD load = 100;
	HRESULT hr;
	void *mem;

	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK);
	CHECK(load <= 99 && available && available < CLR_LIMIT);		/* H15 */

	do {
		hr = IHostMemoryManager_VirtualAlloc(manager, heap + used, MIB,
						     MEM_COMMIT, PAGE_READWRITE,
						     eTaskCritical, &mem);
		used += MIB;
	} while (hr == S_OK);
	CHECK(hr == E_OUTOFMEMORY && !mem);					/* H2, H3 */
	clr_wait_for(eMemoryAvailableLow);					/* H17 */
	CHECK(IHostMemoryManager_VirtualAlloc(manager, heap + used, MIB,
					      MEM_COMMIT, PAGE_READWRITE,
					      eProcessCritical, &mem) == S_OK);
	CHECK(IHostMemoryManager_VirtualFree(manager, heap, 0,
					     MEM_DECOMMIT) == S_OK);
	clr_wait_for(eMemoryAvailableHigh);
}

/* Files that the CLR maps by itself (rules H19-H21). */
static void map_files(void)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	void *mem;

	CHECK(IHostMemoryManager_NeedsVirtualAddressSpace(manager, NULL,
							  (SIZE_T)1 << 60) ==
	      E_OUTOFMEMORY);
	CHECK(SUCCEEDED(IHostMemoryManager_NeedsVirtualAddressSpace(manager, NULL,
								    MIB)));
	mem = mmap(NULL, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(IHostMemoryManager_AcquiredVirtualAddressSpace(manager, mem, MIB) ==
	      S_OK);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK);
	CHECK(status.cAcquired == 1 && status.cbAcquired == MIB);
	munmap(mem, MIB);
	CHECK(IHostMemoryManager_ReleasedVirtualAddressSpace(manager, mem) == S_OK);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK);
	CHECK(!status.cAcquired && !status.cbAcquired);
}

static void shut_down(void)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	CHECK(IHostMalloc_Release(malloc_) == 0);
	CHECK(IHostMemoryManager_VirtualFree(manager, heap, 0, MEM_RELEASE) == S_OK);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK);
	CHECK(!status.cRegions && !status.cbReserved && !status.cbCommitted);
	CHECK(IHostMemoryManager_Release(manager) == 1);
}

void clr_runtime_c(void)
{
	if (!set_host_control())
		return;
	identities();
	make_heap();
	jit();
	allocate();
	make_stubs();
	collect();
	map_files();
	shut_down();
}
