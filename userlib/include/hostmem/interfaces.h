/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The interfaces between a host and the CLR that are about memory, with the slots,
 * the order and the IIDs that they have on Windows.  <hostmem/mscoree.h> makes
 * managers, and tells what their methods return; <hostmem/unknwn.h> tells how
 * interfaces are called and implemented in C and in C++.
 *
 * IHostMemoryManager and IHostMalloc are implemented by the library,
 * ICLRMemoryNotificationCallback by the program.
 */
#ifndef HOSTMEM_INTERFACES_H
#define HOSTMEM_INTERFACES_H

#include <hostmem/types.h>
#include <hostmem/unknwn.h>

/**
 * enum EMemoryCriticalLevel - what fails if a commit fails (rule H6)
 * @eTaskCritical: the task of the caller
 * @eAppDomainCritical: the caller's application domain
 * @eProcessCritical: the whole process
 *
 * A part of each commit limit is kept for the higher levels; @eProcessCritical may
 * use all of it.
 */
typedef enum EMemoryCriticalLevel {
	eTaskCritical = 0,
	eAppDomainCritical = 1,
	eProcessCritical = 2
} EMemoryCriticalLevel;

/**
 * enum EMemoryAvailable - how much memory there is (rule H18)
 * @eMemoryAvailableLow: the machine's memory, the module's commit limit or the
 *	manager's own is nearly used up
 * @eMemoryAvailableNeutral: neither of the others
 * @eMemoryAvailableHigh: there is plenty of all three
 */
typedef enum EMemoryAvailable {
	eMemoryAvailableLow = 1,
	eMemoryAvailableNeutral = 2,
	eMemoryAvailableHigh = 3
} EMemoryAvailable;

/**
 * enum MALLOC_TYPE - properties of a heap, which may be combined (rule H23)
 * @MALLOC_THREADSAFE: threads may use it at the same time.  The library's heaps
 *	allow that anyway.
 * @MALLOC_EXECUTABLE: its memory can be executed
 */
typedef enum MALLOC_TYPE {
	MALLOC_THREADSAFE = 0x1,
	MALLOC_EXECUTABLE = 0x2
} MALLOC_TYPE;

#ifdef __cplusplus
extern "C" {
#endif

/* 7BC698D1-F9E3-4460-9CDE-D04248E9FA25 */
extern HOSTMEM_API const IID IID_IHostMemoryManager HOSTMEM_SYMBOL(IID_IHostMemoryManager);
/* 1831991C-CC53-4A31-B218-04E910446479 */
extern HOSTMEM_API const IID IID_IHostMalloc HOSTMEM_SYMBOL(IID_IHostMalloc);
/* 47EB8E57-0846-4546-AF76-6F42FCFC2649 */
extern HOSTMEM_API const IID IID_ICLRMemoryNotificationCallback
	HOSTMEM_SYMBOL(IID_ICLRMemoryNotificationCallback);

#if HOSTMEM_ABSTRACT_INTERFACES

struct ICLRMemoryNotificationCallback : public IUnknown {
	virtual HRESULT STDMETHODCALLTYPE
	OnMemoryNotification(EMemoryAvailable eMemoryAvailable) = 0;

protected:
	~ICLRMemoryNotificationCallback() {}
};

struct IHostMalloc : public IUnknown {
	virtual HRESULT STDMETHODCALLTYPE
	Alloc(SIZE_T cbSize, EMemoryCriticalLevel dwCriticalLevel, void **ppMem) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	DebugAlloc(SIZE_T cbSize, EMemoryCriticalLevel dwCriticalLevel,
		   char *pszFileName, int iLineNo, void **ppMem) = 0;
	virtual HRESULT STDMETHODCALLTYPE Free(void *pMem) = 0;

protected:
	~IHostMalloc() {}
};

struct IHostMemoryManager : public IUnknown {
	virtual HRESULT STDMETHODCALLTYPE
	CreateMalloc(DWORD dwMallocType, IHostMalloc **ppMalloc) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	VirtualAlloc(void *pAddress, SIZE_T dwSize, DWORD flAllocationType,
		     DWORD flProtect, EMemoryCriticalLevel dwCriticalLevel,
		     void **ppMem) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	VirtualQuery(void *lpAddress, void *lpBuffer, SIZE_T dwLength,
		     SIZE_T *pResult) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	VirtualProtect(void *lpAddress, SIZE_T dwSize, DWORD flNewProtect,
		       DWORD *pflOldProtect) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	GetMemoryLoad(DWORD *pMemoryLoad, SIZE_T *pAvailableBytes) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	RegisterMemoryNotificationCallback(ICLRMemoryNotificationCallback *pCallback) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	NeedsVirtualAddressSpace(LPVOID startAddress, SIZE_T size) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	AcquiredVirtualAddressSpace(LPVOID startAddress, SIZE_T size) = 0;
	virtual HRESULT STDMETHODCALLTYPE
	ReleasedVirtualAddressSpace(LPVOID startAddress) = 0;

protected:
	~IHostMemoryManager() {}
};

#else

typedef struct ICLRMemoryNotificationCallback ICLRMemoryNotificationCallback;
typedef struct IHostMalloc IHostMalloc;
typedef struct IHostMemoryManager IHostMemoryManager;

/**
 * struct ICLRMemoryNotificationCallbackVtbl - wants to know about memory
 * @QueryInterface: as of IUnknown
 * @AddRef: as of IUnknown
 * @Release: as of IUnknown
 * @OnMemoryNotification: memory is low, neither, or high now, and wasn't before.
 *	Called by a thread of the library, with all signals blocked but those of
 *	faults, and no lock held.  It may call any method of any manager.  While it
 *	runs, no other callback of the same manager is called, so it must not block.
 *	What it returns is ignored (rule H17).
 */
typedef struct ICLRMemoryNotificationCallbackVtbl {
	HRESULT (STDMETHODCALLTYPE *QueryInterface)(ICLRMemoryNotificationCallback *This,
						    REFIID riid, void **ppvObject);
	ULONG (STDMETHODCALLTYPE *AddRef)(ICLRMemoryNotificationCallback *This);
	ULONG (STDMETHODCALLTYPE *Release)(ICLRMemoryNotificationCallback *This);
	HRESULT (STDMETHODCALLTYPE *OnMemoryNotification)(ICLRMemoryNotificationCallback *This,
							  EMemoryAvailable eMemoryAvailable);
} ICLRMemoryNotificationCallbackVtbl;

struct ICLRMemoryNotificationCallback {
	const ICLRMemoryNotificationCallbackVtbl *lpVtbl;

#ifdef __cplusplus
	HRESULT QueryInterface(REFIID riid, void **ppvObject)
	{
		return lpVtbl->QueryInterface(this, riid, ppvObject);
	}
	ULONG AddRef() { return lpVtbl->AddRef(this); }
	ULONG Release() { return lpVtbl->Release(this); }
	HRESULT OnMemoryNotification(EMemoryAvailable eMemoryAvailable)
	{
		return lpVtbl->OnMemoryNotification(this, eMemoryAvailable);
	}
#endif
};

/**
 * struct IHostMallocVtbl - a heap in memory of a manager
 * @QueryInterface: as of IUnknown
 * @AddRef: as of IUnknown
 * @Release: as of IUnknown.  The last one frees all that the heap holds.
 * @Alloc: get a block of @cbSize bytes, aligned to 16, with any contents; a size
 *	of 0 gives a block of its own, too.  @dwCriticalLevel is for the commits
 *	that it may take.  Returns S_OK or E_OUTOFMEMORY, and in @ppMem the block
 *	or NULL (rules H24, H27).
 * @DebugAlloc: the same; @pszFileName, which may be NULL, and @iLineNo tell whose
 *	block it is, and aren't kept (rule H25)
 * @Free: give back a block.  NULL is allowed.  Returns S_OK, or
 *	HOST_E_INVALIDOPERATION if @pMem is no block of this heap, not a block's
 *	first byte, or freed already (rule H26).
 *
 * A heap keeps its manager alive.
 */
typedef struct IHostMallocVtbl {
	HRESULT (STDMETHODCALLTYPE *QueryInterface)(IHostMalloc *This, REFIID riid,
						    void **ppvObject);
	ULONG (STDMETHODCALLTYPE *AddRef)(IHostMalloc *This);
	ULONG (STDMETHODCALLTYPE *Release)(IHostMalloc *This);
	HRESULT (STDMETHODCALLTYPE *Alloc)(IHostMalloc *This, SIZE_T cbSize,
					   EMemoryCriticalLevel dwCriticalLevel,
					   void **ppMem);
	HRESULT (STDMETHODCALLTYPE *DebugAlloc)(IHostMalloc *This, SIZE_T cbSize,
						EMemoryCriticalLevel dwCriticalLevel,
						char *pszFileName, int iLineNo,
						void **ppMem);
	HRESULT (STDMETHODCALLTYPE *Free)(IHostMalloc *This, void *pMem);
} IHostMallocVtbl;

struct IHostMalloc {
	const IHostMallocVtbl *lpVtbl;

#ifdef __cplusplus
	HRESULT QueryInterface(REFIID riid, void **ppvObject)
	{
		return lpVtbl->QueryInterface(this, riid, ppvObject);
	}
	ULONG AddRef() { return lpVtbl->AddRef(this); }
	ULONG Release() { return lpVtbl->Release(this); }
	HRESULT Alloc(SIZE_T cbSize, EMemoryCriticalLevel dwCriticalLevel,
		      void **ppMem)
	{
		return lpVtbl->Alloc(this, cbSize, dwCriticalLevel, ppMem);
	}
	HRESULT DebugAlloc(SIZE_T cbSize, EMemoryCriticalLevel dwCriticalLevel,
			   char *pszFileName, int iLineNo, void **ppMem)
	{
		return lpVtbl->DebugAlloc(this, cbSize, dwCriticalLevel,
					  pszFileName, iLineNo, ppMem);
	}
	HRESULT Free(void *pMem) { return lpVtbl->Free(this, pMem); }
#endif
};

/**
 * struct IHostMemoryManagerVtbl - memory for a CLR
 * @QueryInterface: as of IUnknown
 * @AddRef: as of IUnknown
 * @Release: as of IUnknown.  The last one frees all memory of the manager; calls
 *	of other threads that still run return HOST_E_ABANDONED or
 *	HOST_E_CLRNOTAVAILABLE.
 * @CreateMalloc: make a heap with the properties @dwMallocType, bits of
 *	MALLOC_TYPE.  Returns S_OK, E_OUTOFMEMORY, E_INVALIDARG for other bits or
 *	E_POINTER, and in @ppMalloc the heap with one reference, or NULL (rule
 *	H22).
 * @VirtualAlloc: as HostVirtualAlloc(); also HOST_E_TIMEOUT
 * @VirtualFree: as HostVirtualFree()
 * @VirtualQuery: as HostVirtualQuery()
 * @VirtualProtect: as HostVirtualProtect()
 * @GetMemoryLoad: as HostGetMemoryLoad()
 * @RegisterMemoryNotificationCallback: have @pCallback called whenever the
 *	available memory becomes low, neither, or high; and at once if it is low
 *	now.  The manager takes a reference, and keeps it as long as it lives;
 *	several callbacks may be registered.  Returns S_OK, E_POINTER or
 *	E_OUTOFMEMORY (rule H16).
 * @NeedsVirtualAddressSpace: a mapping of @size bytes, at @startAddress if that
 *	isn't NULL, has failed.  Returns S_OK if there is a hole of that size now,
 *	so that it makes sense to try again, E_OUTOFMEMORY if not, or E_INVALIDARG
 *	for size 0 (rule H19).
 * @AcquiredVirtualAddressSpace: @size bytes at @startAddress have been mapped by
 *	other means than the manager.  It counts them, once for each start.
 *	Returns S_OK (rule H20).
 * @ReleasedVirtualAddressSpace: what began at @startAddress is no longer mapped.
 *	Returns S_OK, also if the manager hasn't heard of it (rule H21).
 */
typedef struct IHostMemoryManagerVtbl {
	HRESULT (STDMETHODCALLTYPE *QueryInterface)(IHostMemoryManager *This,
						    REFIID riid, void **ppvObject);
	ULONG (STDMETHODCALLTYPE *AddRef)(IHostMemoryManager *This);
	ULONG (STDMETHODCALLTYPE *Release)(IHostMemoryManager *This);
	HRESULT (STDMETHODCALLTYPE *CreateMalloc)(IHostMemoryManager *This,
						  DWORD dwMallocType,
						  IHostMalloc **ppMalloc);
	HRESULT (STDMETHODCALLTYPE *VirtualAlloc)(IHostMemoryManager *This,
						  void *pAddress, SIZE_T dwSize,
						  DWORD flAllocationType,
						  DWORD flProtect,
						  EMemoryCriticalLevel dwCriticalLevel,
						  void **ppMem);
	HRESULT (STDMETHODCALLTYPE *VirtualFree)(IHostMemoryManager *This,
						 LPVOID lpAddress, SIZE_T dwSize,
						 DWORD dwFreeType);
	HRESULT (STDMETHODCALLTYPE *VirtualQuery)(IHostMemoryManager *This,
						  void *lpAddress, void *lpBuffer,
						  SIZE_T dwLength, SIZE_T *pResult);
	HRESULT (STDMETHODCALLTYPE *VirtualProtect)(IHostMemoryManager *This,
						    void *lpAddress, SIZE_T dwSize,
						    DWORD flNewProtect,
						    DWORD *pflOldProtect);
	HRESULT (STDMETHODCALLTYPE *GetMemoryLoad)(IHostMemoryManager *This,
						   DWORD *pMemoryLoad,
						   SIZE_T *pAvailableBytes);
	HRESULT (STDMETHODCALLTYPE *RegisterMemoryNotificationCallback)(
			IHostMemoryManager *This,
			ICLRMemoryNotificationCallback *pCallback);
	HRESULT (STDMETHODCALLTYPE *NeedsVirtualAddressSpace)(IHostMemoryManager *This,
							      LPVOID startAddress,
							      SIZE_T size);
	HRESULT (STDMETHODCALLTYPE *AcquiredVirtualAddressSpace)(IHostMemoryManager *This,
								 LPVOID startAddress,
								 SIZE_T size);
	HRESULT (STDMETHODCALLTYPE *ReleasedVirtualAddressSpace)(IHostMemoryManager *This,
								 LPVOID startAddress);
} IHostMemoryManagerVtbl;

struct IHostMemoryManager {
	const IHostMemoryManagerVtbl *lpVtbl;

#ifdef __cplusplus
	HRESULT QueryInterface(REFIID riid, void **ppvObject)
	{
		return lpVtbl->QueryInterface(this, riid, ppvObject);
	}
	ULONG AddRef() { return lpVtbl->AddRef(this); }
	ULONG Release() { return lpVtbl->Release(this); }
	HRESULT CreateMalloc(DWORD dwMallocType, IHostMalloc **ppMalloc)
	{
		return lpVtbl->CreateMalloc(this, dwMallocType, ppMalloc);
	}
	HRESULT VirtualAlloc(void *pAddress, SIZE_T dwSize, DWORD flAllocationType,
			     DWORD flProtect, EMemoryCriticalLevel dwCriticalLevel,
			     void **ppMem)
	{
		return lpVtbl->VirtualAlloc(this, pAddress, dwSize, flAllocationType,
					    flProtect, dwCriticalLevel, ppMem);
	}
	HRESULT VirtualFree(LPVOID lpAddress, SIZE_T dwSize, DWORD dwFreeType)
	{
		return lpVtbl->VirtualFree(this, lpAddress, dwSize, dwFreeType);
	}
	HRESULT VirtualQuery(void *lpAddress, void *lpBuffer, SIZE_T dwLength,
			     SIZE_T *pResult)
	{
		return lpVtbl->VirtualQuery(this, lpAddress, lpBuffer, dwLength,
					    pResult);
	}
	HRESULT VirtualProtect(void *lpAddress, SIZE_T dwSize, DWORD flNewProtect,
			       DWORD *pflOldProtect)
	{
		return lpVtbl->VirtualProtect(this, lpAddress, dwSize, flNewProtect,
					      pflOldProtect);
	}
	HRESULT GetMemoryLoad(DWORD *pMemoryLoad, SIZE_T *pAvailableBytes)
	{
		return lpVtbl->GetMemoryLoad(this, pMemoryLoad, pAvailableBytes);
	}
	HRESULT RegisterMemoryNotificationCallback(
			ICLRMemoryNotificationCallback *pCallback)
	{
		return lpVtbl->RegisterMemoryNotificationCallback(this, pCallback);
	}
	HRESULT NeedsVirtualAddressSpace(LPVOID startAddress, SIZE_T size)
	{
		return lpVtbl->NeedsVirtualAddressSpace(this, startAddress, size);
	}
	HRESULT AcquiredVirtualAddressSpace(LPVOID startAddress, SIZE_T size)
	{
		return lpVtbl->AcquiredVirtualAddressSpace(this, startAddress, size);
	}
	HRESULT ReleasedVirtualAddressSpace(LPVOID startAddress)
	{
		return lpVtbl->ReleasedVirtualAddressSpace(this, startAddress);
	}
#endif
};

#endif /* HOSTMEM_ABSTRACT_INTERFACES */

#ifdef __cplusplus
}
#endif

#include <hostmem/cobjmacros.h>

#endif /* HOSTMEM_INTERFACES_H */
