// SPDX-License-Identifier: GPL-2.0
/*
 * The runtime in C++: the stages of runtime.c, through abstract classes.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "clr.h"

#define PAGE ((SIZE_T)4096)
#define MIB  ((SIZE_T)1 << 20)
#define HEAP (64 * MIB)

static IHostMemoryManager *manager;
static IHostMalloc *malloc_;
static char *heap;

namespace
{

/* The callback: static, and never counted (rule H16). */
class Callback final : public ICLRMemoryNotificationCallback
{
public:
	HRESULT QueryInterface(REFIID riid, void **object) override
	{
		*object = nullptr;
		if (!IsEqualIID(riid, IID_IUnknown) &&
		    !IsEqualIID(riid, IID_ICLRMemoryNotificationCallback))
			return E_NOINTERFACE;
		*object = this;
		return S_OK;
	}
	ULONG AddRef() override { return 1; }
	ULONG Release() override { return 1; }
	HRESULT OnMemoryNotification(EMemoryAvailable level) override
	{
		clr_notified(level);
		return S_OK;
	}
};

Callback callback;

} /* namespace */

/* What the CLR does when it is told of its host (rules H22, H29). */
static int set_host_control()
{
	void *object;

	CHECK(clr_get_host_manager(&IID_IHostMalloc, &object) == E_NOINTERFACE);
	CHECK(clr_get_host_manager(&IID_IHostMemoryManager, &object) == S_OK);
	manager = static_cast<IHostMemoryManager *>(object);
	if (!manager)
		return 0;
	CHECK(manager->CreateMalloc(MALLOC_THREADSAFE, &malloc_) == S_OK);
	if (!malloc_)
		return 0;
	CHECK(manager->RegisterMemoryNotificationCallback(&callback) == S_OK);
	return 1;
}

/* COM's rules (rule H28). */
static void identities()
{
	void *unknown, *again;

	CHECK(manager->QueryInterface(IID_IUnknown, &unknown) == S_OK);
	CHECK(manager->QueryInterface(IID_IHostMemoryManager, &again) == S_OK);
	CHECK(unknown == again);
	static_cast<IUnknown *>(unknown)->Release();
	static_cast<IUnknown *>(again)->Release();
	again = &unknown;
	CHECK(manager->QueryInterface(IID_IHostMalloc, &again) == E_NOINTERFACE);
	CHECK(!again);
	CHECK(manager->QueryInterface(IID_IUnknown, nullptr) == E_POINTER);
	CHECK(manager->AddRef() == manager->Release() + 1);

	CHECK(malloc_->QueryInterface(IID_IHostMalloc, &again) == S_OK);
	CHECK(again == malloc_);
	malloc_->Release();
	CHECK(malloc_->QueryInterface(IID_IHostMemoryManager, &again) ==
	      E_NOINTERFACE);
}

/* Before the execution engine runs, all is critical to the process (rule H7). */
static void make_heap()
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T written = 0;
	void *mem;

	CHECK(manager->VirtualAlloc(nullptr, HEAP, MEM_RESERVE, PAGE_READWRITE,
				    eProcessCritical, &mem) == S_OK);
	heap = static_cast<char *>(mem);
	CHECK(manager->VirtualAlloc(heap, MIB, MEM_COMMIT, PAGE_READWRITE,
				    eProcessCritical, &mem) == S_OK);
	CHECK(mem == heap && !heap[0] && !heap[MIB - 1]);
	CHECK(manager->VirtualQuery(heap, &info, sizeof(info), &written) == S_OK);
	CHECK(written == sizeof(info));
	CHECK(info.State == MEM_COMMIT && info.RegionSize == MIB);
	CHECK(manager->VirtualQuery(heap + MIB, &info, sizeof(info), &written) ==
	      S_OK);
	CHECK(info.State == MEM_RESERVE && info.RegionSize == HEAP - MIB);
	CHECK(manager->VirtualQuery(heap, &info, sizeof(info) - 1, &written) ==
	      HRESULT_FROM_WIN32(ERROR_BAD_LENGTH));
	CHECK(!written);
}

/* A page of jitted code, written first and executable then. */
static void jit()
{
	DWORD old = 0;
	void *mem;

	CHECK(manager->VirtualAlloc(nullptr, PAGE, MEM_RESERVE | MEM_COMMIT,
				    PAGE_READWRITE, eAppDomainCritical,
				    &mem) == S_OK);
	memcpy(mem, CLR_CODE, sizeof(CLR_CODE));
	__builtin___clear_cache(static_cast<char *>(mem), static_cast<char *>(mem) + sizeof(CLR_CODE));
	CHECK(manager->VirtualProtect(mem, PAGE, PAGE_EXECUTE_READ, &old) == S_OK);
	CHECK(old == PAGE_READWRITE);
	CHECK(reinterpret_cast<int (*)()>(mem)() == 42);
	CHECK(manager->VirtualProtect(mem, PAGE, PAGE_READWRITE, nullptr) ==
	      E_POINTER);
	CHECK(manager->VirtualFree(mem, 0, MEM_RELEASE) == S_OK);
	CHECK(manager->VirtualFree(mem, 0, MEM_RELEASE) == HOST_E_INVALIDOPERATION);
}

/* The runtime's own data (rules H24-H27). */
static void allocate()
{
	static char file[] = __FILE__;
	void *blocks[64], *mem;
	unsigned int i;
	int local;

	for (i = 0; i < 64; i++) {
		CHECK(malloc_->Alloc((SIZE_T)1 << i % 18, eTaskCritical,
				     &blocks[i]) == S_OK);
		CHECK(blocks[i] && !((uintptr_t)blocks[i] % 16));
		memset(blocks[i], (int)i, (SIZE_T)1 << i % 18);
	}
	for (i = 0; i < 64; i++) {
		CHECK(*static_cast<unsigned char *>(blocks[i]) == i);
		CHECK(malloc_->Free(blocks[i]) == S_OK);
	}
	CHECK(malloc_->Free(blocks[0]) == HOST_E_INVALIDOPERATION);
	CHECK(malloc_->Free(&local) == HOST_E_INVALIDOPERATION);
	CHECK(malloc_->Free(heap) == HOST_E_INVALIDOPERATION);
	CHECK(malloc_->Free(nullptr) == S_OK);

	CHECK(malloc_->DebugAlloc(100, eTaskCritical, file, __LINE__, &mem) ==
	      S_OK);
	CHECK(malloc_->Free(static_cast<char *>(mem) + 16) ==
	      HOST_E_INVALIDOPERATION);
	CHECK(malloc_->Free(mem) == S_OK);
	CHECK(malloc_->DebugAlloc(0, eTaskCritical, nullptr, 0, &mem) == S_OK);
	CHECK(mem && malloc_->Free(mem) == S_OK);
	mem = &local;
	CHECK(malloc_->Alloc(2 * CLR_LIMIT, eProcessCritical, &mem) ==
	      E_OUTOFMEMORY);
	CHECK(!mem);
}

/* A heap for stubs (rule H23). */
static void make_stubs()
{
	IHostMalloc *stubs;
	void *mem;

	CHECK(manager->CreateMalloc(MALLOC_EXECUTABLE, &stubs) == S_OK);
	CHECK(stubs->Alloc(sizeof(CLR_CODE), eTaskCritical, &mem) == S_OK);
	memcpy(mem, CLR_CODE, sizeof(CLR_CODE));
	CHECK(reinterpret_cast<int (*)()>(mem)() == 42);
	CHECK(malloc_->Free(mem) == HOST_E_INVALIDOPERATION);
	CHECK(stubs->Free(mem) == S_OK);
	CHECK(stubs->Release() == 0);
}

/* Tasks fill the heap until they are refused; a collection frees it. */
static void collect()
{
	SIZE_T used = MIB, available = 0;
	DWORD load = 100;
	HRESULT hr;
	void *mem;

	CHECK(manager->GetMemoryLoad(&load, &available) == S_OK);
	CHECK(load <= 99 && available && available < CLR_LIMIT); /* H15 */

	do {
		hr = manager->VirtualAlloc(heap + used, MIB, MEM_COMMIT,
					   PAGE_READWRITE, eTaskCritical, &mem);
		used += MIB;
	} while (hr == S_OK);
	CHECK(hr == E_OUTOFMEMORY && !mem); /* H2, H3 */
	clr_wait_for(eMemoryAvailableLow);  /* H17 */
	CHECK(manager->VirtualAlloc(heap + used, MIB, MEM_COMMIT, PAGE_READWRITE,
				    eProcessCritical, &mem) == S_OK);
	CHECK(manager->VirtualFree(heap, 0, MEM_DECOMMIT) == S_OK);
	clr_wait_for(eMemoryAvailableHigh);
}

/* Files that the CLR maps by itself (rules H19-H21). */
static void map_files()
{
	HOSTMEM_STATUS status = {};

	status.cbSize = sizeof(status);
	void *mem;

	CHECK(manager->NeedsVirtualAddressSpace(nullptr, (SIZE_T)1 << 60) ==
	      E_OUTOFMEMORY);
	CHECK(SUCCEEDED(manager->NeedsVirtualAddressSpace(nullptr, MIB)));
	mem = mmap(nullptr, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(manager->AcquiredVirtualAddressSpace(mem, MIB) == S_OK);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK);
	CHECK(status.cAcquired == 1 && status.cbAcquired == MIB);
	munmap(mem, MIB);
	CHECK(manager->ReleasedVirtualAddressSpace(mem) == S_OK);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK);
	CHECK(!status.cAcquired && !status.cbAcquired);
}

static void shut_down()
{
	HOSTMEM_STATUS status = {};

	status.cbSize = sizeof(status);

	CHECK(malloc_->Release() == 0);
	CHECK(manager->VirtualFree(heap, 0, MEM_RELEASE) == S_OK);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK);
	CHECK(!status.cRegions && !status.cbReserved && !status.cbCommitted);
	CHECK(manager->Release() == 1);
}

void clr_runtime_cxx()
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
