/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * All calls of C's objects in C++, by member functions and by macros; the same source for
 * interfaces with tables and for abstract ones.
 */
#ifndef HOST_INTERFACES_CALLS_H
#define HOST_INTERFACES_CALLS_H

#include "interfaces_c.h"
#include "tap.h"

static bool called(long result, int interface, int slot, void *object, uintptr_t sum)
{
	return result == 100 * interface + slot && seen.interface == interface &&
	       seen.slot == slot && seen.object == object && seen.sum == sum;
}

#define MANAGER(slot, sum, call) \
	CHECK(called(call, 1, slot, manager, sum), "IHostMemoryManager, slot %d", slot)
#define HEAP(slot, sum, call) \
	CHECK(called(call, 2, slot, heap, sum), "IHostMalloc, slot %d", slot)

static void members(void)
{
	IHostMemoryManager *manager = c_manager();
	IHostMalloc *heap = NULL;
	char *at = (char *)0x1000;
	uintptr_t sum = (uintptr_t)&sum;
	SIZE_T size;
	DWORD value;
	void *out;

	MANAGER(0, 0x1831991C, manager->QueryInterface(IID_IHostMalloc, &out));
	MANAGER(1, 0, (long)manager->AddRef());
	MANAGER(2, 0, (long)manager->Release());
	MANAGER(3, 5, manager->CreateMalloc(5, &heap));
	MANAGER(4, 0x1000 + 31, manager->VirtualAlloc(at, 2, 4, 24, eAppDomainCritical, &out));
	MANAGER(5, 0x1000 + 7, manager->VirtualFree(at, 3, 4));
	MANAGER(6, 0x1000 + sum + 8 + (uintptr_t)&size,
		manager->VirtualQuery(at, &sum, 8, &size));
	MANAGER(7, 0x1000 + 30 + (uintptr_t)&value,
		manager->VirtualProtect(at, 10, 20, &value));
	MANAGER(8, (uintptr_t)&value + (uintptr_t)&size, manager->GetMemoryLoad(&value, &size));
	MANAGER(9, 0, manager->RegisterMemoryNotificationCallback(NULL));
	MANAGER(10, 0x1009, manager->NeedsVirtualAddressSpace(at, 9));
	MANAGER(11, 0x1008, manager->AcquiredVirtualAddressSpace(at, 8));
	MANAGER(12, 0x1000, manager->ReleasedVirtualAddressSpace(at));

	HEAP(0, 0, heap->QueryInterface(IID_IUnknown, &out));
	HEAP(1, 0, (long)heap->AddRef());
	HEAP(2, 0, (long)heap->Release());
	HEAP(3, 12, heap->Alloc(10, eProcessCritical, &out));
	HEAP(4, 0x1000 + 18, heap->DebugAlloc(10, eAppDomainCritical, at, 7, &out));
	HEAP(5, 0x1000, heap->Free(at));
}

static void macros(void)
{
	IHostMemoryManager *manager = c_manager();
	IHostMalloc *heap = NULL;
	char *at = (char *)0x1000;
	uintptr_t sum = (uintptr_t)&sum;
	SIZE_T size;
	DWORD value;
	void *out;

	MANAGER(0, 0x1831991C,
		IHostMemoryManager_QueryInterface(manager, IID_IHostMalloc, &out));
	MANAGER(1, 0, (long)IHostMemoryManager_AddRef(manager));
	MANAGER(2, 0, (long)IHostMemoryManager_Release(manager));
	MANAGER(3, 5, IHostMemoryManager_CreateMalloc(manager, 5, &heap));
	MANAGER(4, 0x1000 + 31, IHostMemoryManager_VirtualAlloc(manager, at, 2, 4, 24,
								eAppDomainCritical, &out));
	MANAGER(5, 0x1000 + 7, IHostMemoryManager_VirtualFree(manager, at, 3, 4));
	MANAGER(6, 0x1000 + sum + 8 + (uintptr_t)&size,
		IHostMemoryManager_VirtualQuery(manager, at, &sum, 8, &size));
	MANAGER(7, 0x1000 + 30 + (uintptr_t)&value,
		IHostMemoryManager_VirtualProtect(manager, at, 10, 20, &value));
	MANAGER(8, (uintptr_t)&value + (uintptr_t)&size,
		IHostMemoryManager_GetMemoryLoad(manager, &value, &size));
	MANAGER(9, 0, IHostMemoryManager_RegisterMemoryNotificationCallback(manager, NULL));
	MANAGER(10, 0x1009, IHostMemoryManager_NeedsVirtualAddressSpace(manager, at, 9));
	MANAGER(11, 0x1008, IHostMemoryManager_AcquiredVirtualAddressSpace(manager, at, 8));
	MANAGER(12, 0x1000, IHostMemoryManager_ReleasedVirtualAddressSpace(manager, at));

	HEAP(0, 0, IHostMalloc_QueryInterface(heap, IID_IUnknown, &out));
	HEAP(1, 0, (long)IHostMalloc_AddRef(heap));
	HEAP(2, 0, (long)IHostMalloc_Release(heap));
	HEAP(3, 12, IHostMalloc_Alloc(heap, 10, eProcessCritical, &out));
	HEAP(4, 0x1000 + 18,
	     IHostMalloc_DebugAlloc(heap, 10, eAppDomainCritical, at, 7, &out));
	HEAP(5, 0x1000, IHostMalloc_Free(heap, at));
}

#endif /* HOST_INTERFACES_CALLS_H */
