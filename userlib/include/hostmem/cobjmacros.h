/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The calls of interfaces in a form that is the same in C and in C++; included by
 * <hostmem/interfaces.h>.  In C the first argument is evaluated twice.
 */
#ifndef HOSTMEM_COBJMACROS_H
#define HOSTMEM_COBJMACROS_H

#include <hostmem/interfaces.h>

#ifdef __cplusplus

#define ICLRMemoryNotificationCallback_QueryInterface(This, riid, object)	\
	((This)->QueryInterface(riid, object))
#define ICLRMemoryNotificationCallback_AddRef(This)				\
	((This)->AddRef())
#define ICLRMemoryNotificationCallback_Release(This)				\
	((This)->Release())
#define ICLRMemoryNotificationCallback_OnMemoryNotification(This, level)	\
	((This)->OnMemoryNotification(level))

#define IHostMalloc_QueryInterface(This, riid, object)				\
	((This)->QueryInterface(riid, object))
#define IHostMalloc_AddRef(This)						\
	((This)->AddRef())
#define IHostMalloc_Release(This)						\
	((This)->Release())
#define IHostMalloc_Alloc(This, size, level, mem)				\
	((This)->Alloc(size, level, mem))
#define IHostMalloc_DebugAlloc(This, size, level, file, line, mem)		\
	((This)->DebugAlloc(size, level, file, line, mem))
#define IHostMalloc_Free(This, mem)						\
	((This)->Free(mem))

#define IHostMemoryManager_QueryInterface(This, riid, object)			\
	((This)->QueryInterface(riid, object))
#define IHostMemoryManager_AddRef(This)						\
	((This)->AddRef())
#define IHostMemoryManager_Release(This)					\
	((This)->Release())
#define IHostMemoryManager_CreateMalloc(This, type, malloc)			\
	((This)->CreateMalloc(type, malloc))
#define IHostMemoryManager_VirtualAlloc(This, address, size, type, protect, level, mem)\
	((This)->VirtualAlloc(address, size, type, protect, level, mem))
#define IHostMemoryManager_VirtualFree(This, address, size, type)		\
	((This)->VirtualFree(address, size, type))
#define IHostMemoryManager_VirtualQuery(This, address, buffer, length, result)	\
	((This)->VirtualQuery(address, buffer, length, result))
#define IHostMemoryManager_VirtualProtect(This, address, size, protect, old)	\
	((This)->VirtualProtect(address, size, protect, old))
#define IHostMemoryManager_GetMemoryLoad(This, load, available)			\
	((This)->GetMemoryLoad(load, available))
#define IHostMemoryManager_RegisterMemoryNotificationCallback(This, callback)	\
	((This)->RegisterMemoryNotificationCallback(callback))
#define IHostMemoryManager_NeedsVirtualAddressSpace(This, start, size)		\
	((This)->NeedsVirtualAddressSpace(start, size))
#define IHostMemoryManager_AcquiredVirtualAddressSpace(This, start, size)	\
	((This)->AcquiredVirtualAddressSpace(start, size))
#define IHostMemoryManager_ReleasedVirtualAddressSpace(This, start)		\
	((This)->ReleasedVirtualAddressSpace(start))

#else /* C */

#define ICLRMemoryNotificationCallback_QueryInterface(This, riid, object)	\
	((This)->lpVtbl->QueryInterface(This, riid, object))
#define ICLRMemoryNotificationCallback_AddRef(This)				\
	((This)->lpVtbl->AddRef(This))
#define ICLRMemoryNotificationCallback_Release(This)				\
	((This)->lpVtbl->Release(This))
#define ICLRMemoryNotificationCallback_OnMemoryNotification(This, level)	\
	((This)->lpVtbl->OnMemoryNotification(This, level))

#define IHostMalloc_QueryInterface(This, riid, object)				\
	((This)->lpVtbl->QueryInterface(This, riid, object))
#define IHostMalloc_AddRef(This)						\
	((This)->lpVtbl->AddRef(This))
#define IHostMalloc_Release(This)						\
	((This)->lpVtbl->Release(This))
#define IHostMalloc_Alloc(This, size, level, mem)				\
	((This)->lpVtbl->Alloc(This, size, level, mem))
#define IHostMalloc_DebugAlloc(This, size, level, file, line, mem)		\
	((This)->lpVtbl->DebugAlloc(This, size, level, file, line, mem))
#define IHostMalloc_Free(This, mem)						\
	((This)->lpVtbl->Free(This, mem))

#define IHostMemoryManager_QueryInterface(This, riid, object)			\
	((This)->lpVtbl->QueryInterface(This, riid, object))
#define IHostMemoryManager_AddRef(This)						\
	((This)->lpVtbl->AddRef(This))
#define IHostMemoryManager_Release(This)					\
	((This)->lpVtbl->Release(This))
#define IHostMemoryManager_CreateMalloc(This, type, malloc)			\
	((This)->lpVtbl->CreateMalloc(This, type, malloc))
#define IHostMemoryManager_VirtualAlloc(This, address, size, type, protect, level, mem)\
	((This)->lpVtbl->VirtualAlloc(This, address, size, type, protect, level, mem))
#define IHostMemoryManager_VirtualFree(This, address, size, type)		\
	((This)->lpVtbl->VirtualFree(This, address, size, type))
#define IHostMemoryManager_VirtualQuery(This, address, buffer, length, result)	\
	((This)->lpVtbl->VirtualQuery(This, address, buffer, length, result))
#define IHostMemoryManager_VirtualProtect(This, address, size, protect, old)	\
	((This)->lpVtbl->VirtualProtect(This, address, size, protect, old))
#define IHostMemoryManager_GetMemoryLoad(This, load, available)			\
	((This)->lpVtbl->GetMemoryLoad(This, load, available))
#define IHostMemoryManager_RegisterMemoryNotificationCallback(This, callback)	\
	((This)->lpVtbl->RegisterMemoryNotificationCallback(This, callback))
#define IHostMemoryManager_NeedsVirtualAddressSpace(This, start, size)		\
	((This)->lpVtbl->NeedsVirtualAddressSpace(This, start, size))
#define IHostMemoryManager_AcquiredVirtualAddressSpace(This, start, size)	\
	((This)->lpVtbl->AcquiredVirtualAddressSpace(This, start, size))
#define IHostMemoryManager_ReleasedVirtualAddressSpace(This, start)		\
	((This)->lpVtbl->ReleasedVirtualAddressSpace(This, start))

#endif

#endif /* HOSTMEM_COBJMACROS_H */
