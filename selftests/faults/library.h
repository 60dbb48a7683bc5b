/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of fail_nth.c that the library makes: a commit, and the lives of a
 * manager, of a heap and of a callback, from their first call to their last.
 *
 * What fails is what the module allocates or copies; what the C library and the
 * kernel want for threads and descriptors does not.
 */
#ifndef FAULTS_LIBRARY_H
#define FAULTS_LIBRARY_H

#include "look.h"

#include <limits.h>
#include <malloc.h>

/* As the library tells it, which makes the same of all want of memory. */
static int result_of(HRESULT hr)
{
	switch ((uint32_t)hr) {
	case 0:
		return 0;
	case E_OUTOFMEMORY:
		return -ENOMEM;
	case HRESULT_FROM_WIN32(ERROR_NOACCESS):
		return -EFAULT;
	case HOST_E_CLRNOTAVAILABLE:
		return -ENODEV;
	default:
		return -EIO;
	}
}

static int call_library(struct world *world)
{
	return result_of(HostVirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT,
					  PAGE_READWRITE, eProcessCritical,
					  (void **)&world->out));
}

static bool library_committed(struct world *world)
{
	NEED(contents_kept(world->out, PAGE, false));
	return VirtualFree((void *)world->out, 0, MEM_RELEASE);
}

/* From here on malloc() has enough, and keeps it: it neither grows nor shrinks. */
static bool settle_malloc(void)
{
	const size_t most = 100 * 1024;		/* for which it has no mapping made */
	void *blocks[2];
	bool good = mallopt(M_TOP_PAD, MIB) && mallopt(M_TRIM_THRESHOLD, INT_MAX);

	blocks[0] = malloc(most);
	blocks[1] = malloc(most);
	good = good && blocks[0] && blocks[1];
	free(blocks[0]);
	free(blocks[1]);
	return good;
}

/*
 * What the C library and the heaps keep once they have it, such as the stack of a
 * thread, is there before the first picture is taken.
 */
static bool prepare_library(struct world *world)
{
	static bool prepared;

	NEED(prepared || (settle_malloc() && !world->chain->call(world)));
	prepared = true;
	return true;
}

/*
 * Whatever has failed in the life of a manager, its last reference is the end of
 * all that was in it.
 */
static int with_manager(SIZE_T limit, HRESULT (*use)(IHostMemoryManager *manager))
{
	const HOSTMEM_OPTIONS options = {
		.cbSize = sizeof(options),
		.cbCommitLimit = limit,
	};
	IHostMemoryManager *manager = POISON_POINTER;
	HRESULT hr = CreateHostMemoryManager(&options, &manager);

	if (hr != S_OK)
		return manager ? -EIO : result_of(hr);
	hr = use(manager);
	return IHostMemoryManager_Release(manager) ? -EIO : result_of(hr);
}

static HRESULT use_manager(IHostMemoryManager *manager)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	SIZE_T room;
	DWORD load;
	HRESULT hr;
	void *mem;

	hr = HostMemoryManagerStatus(manager, &status);
	if (hr != S_OK)
		return hr;
	/* Maps the load pages, or does without. */
	hr = IHostMemoryManager_GetMemoryLoad(manager, &load, &room);
	if (hr != S_OK)
		return hr;
	if (status.cbCommitLimit != BLOCK || !room || room > BLOCK)
		return E_FAIL;
	hr = IHostMemoryManager_VirtualAlloc(manager, NULL, PAGE,
					     MEM_RESERVE | MEM_COMMIT,
					     PAGE_READWRITE, eProcessCritical,
					     &mem);
	if (hr != S_OK)
		return hr;
	if (!contents_kept((uintptr_t)mem, PAGE, false))
		return E_FAIL;
	return IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE);
}

static int call_manager(struct world *world)
{
	(void)world;
	return with_manager(BLOCK, use_manager);
}

#define BLOCK_SIZE	(3 * PAGE)

static HRESULT use_block(IHostMalloc *heap)
{
	char *block;
	HRESULT hr = IHostMalloc_Alloc(heap, BLOCK_SIZE, eProcessCritical,
				       (void **)&block);

	if (hr != S_OK)
		return block ? E_FAIL : hr;
	memset(block, 7, BLOCK_SIZE);
	hr = IHostMalloc_Free(heap, block);
	/* What has been freed is, whether its pages could be decommitted or not. */
	if (hr == S_OK && IHostMalloc_Free(heap, block) != HOST_E_INVALIDOPERATION)
		return E_FAIL;
	return hr;
}

static HRESULT use_heap(IHostMemoryManager *manager)
{
	IHostMalloc *heap = POISON_POINTER;
	HRESULT hr = IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE,
						     &heap);

	if (hr != S_OK)
		return heap ? E_FAIL : hr;
	hr = use_block(heap);
	return IHostMalloc_Release(heap) ? E_FAIL : hr;
}

static int call_heap(struct world *world)
{
	(void)world;
	return with_manager(0, use_heap);
}

/*
 * A callback, with the thread that calls it
 */

static struct callback {
	ICLRMemoryNotificationCallback iface;
	atomic_int references;
	atomic_bool told_low;
} callback;

static ULONG callback_add_ref(ICLRMemoryNotificationCallback *this)
{
	(void)this;
	return ++callback.references;
}

static ULONG callback_release(ICLRMemoryNotificationCallback *this)
{
	(void)this;
	return --callback.references;
}

static HRESULT callback_is_told(ICLRMemoryNotificationCallback *this,
				EMemoryAvailable level)
{
	(void)this;
	if (level == eMemoryAvailableLow)
		callback.told_low = true;
	return S_OK;
}

static const ICLRMemoryNotificationCallbackVtbl callback_vtbl = {
	.AddRef = callback_add_ref,
	.Release = callback_release,
	.OnMemoryNotification = callback_is_told,
};

static HRESULT use_callback(IHostMemoryManager *manager)
{
	HRESULT hr;

	hr = IHostMemoryManager_RegisterMemoryNotificationCallback(manager,
								   &callback.iface);
	if (hr != S_OK)
		return callback.references == 1 ? hr : E_FAIL;
	while (!callback.told_low)
		sched_yield();
	return S_OK;
}

/* A manager with less than a page to commit has little left from the beginning. */
static int call_notify(struct world *world)
{
	int err;

	(void)world;
	callback = (struct callback) {
		.iface.lpVtbl = &callback_vtbl,
		.references = 1,
	};
	err = with_manager(1, use_callback);
	return callback.references == 1 ? err : -EIO;
}

#endif /* FAULTS_LIBRARY_H */
