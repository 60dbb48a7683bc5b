// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The C side of interfaces_test.cc and derived_test.cc: objects with tables made by hand,
 * whose methods note which of them was called and with what; and calls of C++'s objects
 * through their tables.
 */
#include <hostmem/mscoree.h>

#include "interfaces_c.h"

struct seen seen;

static void note(int interface, int slot, void *this, uintptr_t sum)
{
	seen = (struct seen){ interface, slot, this, sum };
}

/* The slots of one interface; each returns a number of its own. */

static HRESULT manager_query(IHostMemoryManager *This, REFIID riid, void **out)
{
	note(1, 0, This, (uintptr_t)riid->Data1);
	*out = This;
	return 100;
}

static ULONG manager_add_ref(IHostMemoryManager *This)
{
	note(1, 1, This, 0);
	return 101;
}

static ULONG manager_release(IHostMemoryManager *This)
{
	note(1, 2, This, 0);
	return 102;
}

static HRESULT manager_create_malloc(IHostMemoryManager *This, DWORD type, IHostMalloc **out)
{
	note(1, 3, This, type);
	*out = c_heap();
	return 103;
}

static HRESULT manager_alloc(IHostMemoryManager *This, void *addr, SIZE_T size, DWORD type,
			     DWORD protect, EMemoryCriticalLevel level, void **out)
{
	note(1, 4, This, (uintptr_t)addr + size + type + protect + level);
	*out = addr;
	return 104;
}

static HRESULT manager_free(IHostMemoryManager *This, LPVOID addr, SIZE_T size, DWORD type)
{
	note(1, 5, This, (uintptr_t)addr + size + type);
	return 105;
}

static HRESULT manager_query_memory(IHostMemoryManager *This, void *addr, void *buffer,
				    SIZE_T length, SIZE_T *result)
{
	note(1, 6, This, (uintptr_t)addr + (uintptr_t)buffer + length + (uintptr_t)result);
	return 106;
}

static HRESULT manager_protect(IHostMemoryManager *This, void *addr, SIZE_T size,
			       DWORD protect, DWORD *old)
{
	note(1, 7, This, (uintptr_t)addr + size + protect + (uintptr_t)old);
	return 107;
}

static HRESULT manager_load(IHostMemoryManager *This, DWORD *load, SIZE_T *available)
{
	note(1, 8, This, (uintptr_t)load + (uintptr_t)available);
	return 108;
}

static HRESULT manager_register(IHostMemoryManager *This,
				ICLRMemoryNotificationCallback *callback)
{
	note(1, 9, This, (uintptr_t)callback);
	return 109;
}

static HRESULT manager_needs(IHostMemoryManager *This, LPVOID start, SIZE_T size)
{
	note(1, 10, This, (uintptr_t)start + size);
	return 110;
}

static HRESULT manager_acquired(IHostMemoryManager *This, LPVOID start, SIZE_T size)
{
	note(1, 11, This, (uintptr_t)start + size);
	return 111;
}

static HRESULT manager_released(IHostMemoryManager *This, LPVOID start)
{
	note(1, 12, This, (uintptr_t)start);
	return 112;
}

IHostMemoryManager *c_manager(void)
{
	static const IHostMemoryManagerVtbl table = {
		manager_query, manager_add_ref, manager_release, manager_create_malloc,
		manager_alloc, manager_free, manager_query_memory, manager_protect,
		manager_load, manager_register, manager_needs, manager_acquired,
		manager_released,
	};
	static IHostMemoryManager manager = { &table };

	return &manager;
}

static HRESULT heap_query(IHostMalloc *This, REFIID riid, void **out)
{
	note(2, 0, This, (uintptr_t)riid->Data1);
	*out = This;
	return 200;
}

static ULONG heap_add_ref(IHostMalloc *This)
{
	note(2, 1, This, 0);
	return 201;
}

static ULONG heap_release(IHostMalloc *This)
{
	note(2, 2, This, 0);
	return 202;
}

static HRESULT heap_alloc(IHostMalloc *This, SIZE_T size, EMemoryCriticalLevel level,
			  void **out)
{
	note(2, 3, This, size + level);
	*out = This;
	return 203;
}

static HRESULT heap_debug_alloc(IHostMalloc *This, SIZE_T size, EMemoryCriticalLevel level,
				char *file, int line, void **out)
{
	note(2, 4, This, size + level + (uintptr_t)file + (uintptr_t)line);
	*out = This;
	return 204;
}

static HRESULT heap_free(IHostMalloc *This, void *mem)
{
	note(2, 5, This, (uintptr_t)mem);
	return 205;
}

IHostMalloc *c_heap(void)
{
	static const IHostMallocVtbl table = {
		heap_query, heap_add_ref, heap_release, heap_alloc, heap_debug_alloc,
		heap_free,
	};
	static IHostMalloc heap = { &table };

	return &heap;
}

HRESULT c_notify(ICLRMemoryNotificationCallback *callback, EMemoryAvailable level)
{
	return ICLRMemoryNotificationCallback_OnMemoryNotification(callback, level);
}

HRESULT c_query(void *object, const IID *iid, void **out)
{
	IUnknown *unknown = object;

	return IUnknown_QueryInterface(unknown, iid, out);
}

ULONG c_add_ref(void *object)
{
	IUnknown *unknown = object;

	return IUnknown_AddRef(unknown);
}

ULONG c_release(void *object)
{
	IUnknown *unknown = object;

	return IUnknown_Release(unknown);
}
