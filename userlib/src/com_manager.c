// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * IHostMemoryManager: a manager (manager.h) as a COM object, with what belongs to it
 * besides virtual memory: the load, callbacks, heaps, address space of others.
 *
 * The object lives as long as somebody has a reference or is in one of its methods.
 * The last Release() shuts the manager down, which ends the methods that others are
 * in; the last one to leave frees the object.  So its descriptor stays what it is as
 * long as somebody may use it.  All counting is atomic, without locks (rule H13).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/hostmem.h>

#include "address_space.h"
#include "com_malloc.h"
#include "com_object.h"
#include "load.h"
#include "manager.h"
#include "notifier.h"

/**
 * struct com_manager - a manager object
 * @iface: what callers have
 * @references: those of callers and of heaps
 * @users: methods under way, and one for all of @references
 * @foreign: the last reference went in a child made by fork()
 * @device: the path, if it isn't the default one
 * @manager: the device and the memory
 * @notifier: the callbacks
 * @space: what is known about address space that isn't the manager's
 */
struct com_manager {
	IHostMemoryManager iface;
	atomic_uint references;
	atomic_uint users;
	bool foreign;
	char *device;
	struct hostmem_manager manager;
	struct hostmem_notifier notifier;
	struct hostmem_address_space space;
};

static struct com_manager *com_manager_of(IHostMemoryManager *iface)
{
	return (struct com_manager *)iface;	/* its first member */
}

static struct com_manager *enter(IHostMemoryManager *iface)
{
	struct com_manager *com = com_manager_of(iface);

	atomic_fetch_add(&com->users, 1);
	return com;
}

static void leave(struct com_manager *com)
{
	int saved = errno;

	if (atomic_fetch_sub(&com->users, 1) > 1)
		return;

	hostmem_notifier_discard(&com->notifier, !com->foreign);
	hostmem_address_space_discard(&com->space, !com->foreign);
	hostmem_manager_close(&com->manager);
	free(com->device);
	free(com);
	errno = saved;
}

/* Leaves, and tells in COM's way what the method has come to. */
static HRESULT leave_with(struct com_manager *com, enum hostmem_error error)
{
	leave(com);
	return hostmem_error_hresult(error);
}

static HRESULT com_manager_query(IHostMemoryManager *This, REFIID riid, void **out)
{
	return com_query(This, &com_manager_of(This)->references,
			 &IID_IHostMemoryManager, riid, out);
}

static ULONG com_manager_add_ref(IHostMemoryManager *This)
{
	return com_reference(&com_manager_of(This)->references);
}

/* The notifier's thread has ended after its callback released the last reference. */
static void leave_as_thread(struct hostmem_notifier *notifier)
{
	void *com = (char *)notifier - offsetof(struct com_manager, notifier);

	leave(com);
}

static ULONG com_manager_release(IHostMemoryManager *This)
{
	struct com_manager *com = com_manager_of(This);
	ULONG left = com_unreference(&com->references);
	enum hostmem_error error;

	if (left)
		return left;

	/* The parent's threads and locks aren't in a child, and nothing is shut. */
	error = hostmem_manager_shutdown(&com->manager);
	com->foreign = error == HOSTMEM_ERR_NOT_OWNER ||
		       !hostmem_load_may_be_owner(&com->manager);
	if (com->foreign ||
	    hostmem_notifier_stop(&com->notifier, error != HOSTMEM_ERR_UNAVAILABLE))
		leave(com);
	/* Otherwise the thread leaves when it has ended: it is here itself, or asleep. */
	return 0;
}

static HRESULT com_manager_create_malloc(IHostMemoryManager *This, DWORD type,
					 IHostMalloc **out)
{
	struct com_manager *com = enter(This);
	enum hostmem_error error = hostmem_load_check_owner(&com->manager);

	if (out)
		*out = NULL;
	if (!error)
		error = out ? hostmem_com_malloc_create(This, &com->manager, type, out) :
			      HOSTMEM_ERR_NULL;
	return leave_with(com, error);
}

static HRESULT com_manager_alloc(IHostMemoryManager *This, void *addr, SIZE_T length,
				 DWORD type, DWORD protect,
				 EMemoryCriticalLevel level, void **out)
{
	struct com_manager *com = enter(This);

	return leave_with(com, hostmem_manager_alloc(&com->manager, addr, length, type,
						     protect, (DWORD)level, out));
}

static HRESULT com_manager_free(IHostMemoryManager *This, LPVOID addr, SIZE_T length,
				DWORD type)
{
	struct com_manager *com = enter(This);

	return leave_with(com, hostmem_manager_free(&com->manager, addr, length, type));
}

static HRESULT com_manager_query_memory(IHostMemoryManager *This, void *addr,
					void *buffer, SIZE_T length, SIZE_T *out)
{
	struct com_manager *com = enter(This);

	return leave_with(com, hostmem_manager_query(&com->manager, addr, buffer,
						     length, out));
}

static HRESULT com_manager_protect(IHostMemoryManager *This, void *addr, SIZE_T length,
				   DWORD protect, DWORD *old)
{
	struct com_manager *com = enter(This);

	return leave_with(com, hostmem_manager_protect(&com->manager, addr, length,
						       protect, old));
}

static HRESULT com_manager_load(IHostMemoryManager *This, DWORD *percent,
				SIZE_T *available)
{
	struct com_manager *com = enter(This);

	return leave_with(com, hostmem_load_get(&com->manager, percent, available));
}

static HRESULT com_manager_register(IHostMemoryManager *This,
				    ICLRMemoryNotificationCallback *callback)
{
	struct com_manager *com = enter(This);
	enum hostmem_error error = hostmem_load_check_owner(&com->manager);

	if (!error)
		error = callback ? hostmem_notifier_add(&com->notifier, callback) :
				   HOSTMEM_ERR_NULL;
	return leave_with(com, error);
}

static HRESULT com_manager_needs(IHostMemoryManager *This, LPVOID start, SIZE_T size)
{
	struct com_manager *com = enter(This);
	enum hostmem_error error = hostmem_load_check_owner(&com->manager);

	if (!error)
		error = hostmem_address_space_needs(&com->space, start, size);
	return leave_with(com, error);
}

static HRESULT com_manager_acquired(IHostMemoryManager *This, LPVOID start, SIZE_T size)
{
	struct com_manager *com = enter(This);
	enum hostmem_error error = hostmem_load_check_owner(&com->manager);

	if (!error)
		error = hostmem_address_space_acquired(&com->space, start, size);
	return leave_with(com, error);
}

static HRESULT com_manager_released(IHostMemoryManager *This, LPVOID start)
{
	struct com_manager *com = enter(This);
	enum hostmem_error error = hostmem_load_check_owner(&com->manager);

	if (!error)
		hostmem_address_space_released(&com->space, start);
	return leave_with(com, error);
}

/* Nothing has moved for programs that were made before there were flags. */
_Static_assert(sizeof(HOSTMEM_OPTIONS) == 32 &&
	       offsetof(HOSTMEM_OPTIONS, dwFlags) == 28, "where padding was");

/* Size of the structure before there was memory prepared ahead. */
#define STATUS_SIZE_1	offsetof(HOSTMEM_STATUS, cbPrepared)

_Static_assert(STATUS_SIZE_1 == 72 && sizeof(HOSTMEM_STATUS) == 80, "status");

static const IHostMemoryManagerVtbl com_manager_vtbl = {
	.QueryInterface = com_manager_query,
	.AddRef = com_manager_add_ref,
	.Release = com_manager_release,
	.CreateMalloc = com_manager_create_malloc,
	.VirtualAlloc = com_manager_alloc,
	.VirtualFree = com_manager_free,
	.VirtualQuery = com_manager_query_memory,
	.VirtualProtect = com_manager_protect,
	.GetMemoryLoad = com_manager_load,
	.RegisterMemoryNotificationCallback = com_manager_register,
	.NeedsVirtualAddressSpace = com_manager_needs,
	.AcquiredVirtualAddressSpace = com_manager_acquired,
	.ReleasedVirtualAddressSpace = com_manager_released,
};

HRESULT CreateHostMemoryManager(const HOSTMEM_OPTIONS *pOptions,
				IHostMemoryManager **ppManager)
{
	static const HOSTMEM_OPTIONS defaults = { .cbSize = sizeof(defaults) };
	const HOSTMEM_OPTIONS *options = pOptions ? pOptions : &defaults;
	enum hostmem_error error;
	struct com_manager *com;
	int saved = errno;
	char *device;

	if (!ppManager)
		return E_POINTER;
	*ppManager = NULL;
	/* A later version of the structure adds its size to those that are known. */
	if (options->cbSize != sizeof(*options))
		return E_INVALIDARG;
	if (options->dwFlags & ~HOSTMEM_PINNABLE)
		return E_INVALIDARG;

	/* The path is the caller's. */
	device = options->pszDevice ? strdup(options->pszDevice) : NULL;
	com = malloc(sizeof(*com));
	if (!com || (options->pszDevice && !device)) {
		free(device);
		free(com);
		errno = saved;
		return E_OUTOFMEMORY;
	}
	*com = (struct com_manager){
		.iface = { .lpVtbl = &com_manager_vtbl },
		.references = 1,
		.users = 1,
		.device = device,
		.manager = {
			.device = device ? device : "/dev/hostmem",
			.timeout_ms = options->dwTimeoutMs,
			.limit = options->cbCommitLimit,
			.flags = options->dwFlags,
		},
	};
	hostmem_notifier_init(&com->notifier, &com->manager, leave_as_thread);
	hostmem_address_space_init(&com->space);

	error = hostmem_manager_open(&com->manager);
	if (error)
		return leave_with(com, error);
	*ppManager = &com->iface;
	return S_OK;
}

/*
 * Functions about managers of which NULL is the default one
 */

/* NULL: it isn't a manager of the library. */
static struct hostmem_manager *manager_of(IHostMemoryManager *iface)
{
	if (!iface)
		return &hostmem_default_manager;
	if (iface->lpVtbl != &com_manager_vtbl)
		return NULL;
	return &enter(iface)->manager;
}

static HRESULT done_with(IHostMemoryManager *iface, enum hostmem_error error)
{
	if (!iface)
		return hostmem_error_hresult(error);
	return leave_with(com_manager_of(iface), error);
}

HRESULT HostMemoryManagerStatus(IHostMemoryManager *pManager, HOSTMEM_STATUS *pStatus)
{
	struct hostmem_manager *manager;
	struct hostmem_status status;
	enum hostmem_error error;
	struct com_manager *com;
	bool has_prepared;

	if (!pStatus)
		return E_POINTER;
	if (pStatus->cbSize != sizeof(*pStatus) && pStatus->cbSize != STATUS_SIZE_1)
		return E_INVALIDARG;
	has_prepared = pStatus->cbSize > STATUS_SIZE_1;
	memset(&pStatus->cRegions, 0, pStatus->cbSize - sizeof(pStatus->cbSize));
	manager = manager_of(pManager);
	if (!manager)
		return E_INVALIDARG;

	error = hostmem_manager_status(manager, &status);
	if (error)
		return done_with(pManager, error);
	pStatus->cRegions = status.out_regions;
	pStatus->cbReserved = status.out_reserved_bytes;
	pStatus->cbCommitted = status.out_committed_bytes;
	pStatus->cbCommitLimit = status.out_own_limit_bytes;
	pStatus->cWaiting = status.out_waiting;
	if (has_prepared)
		pStatus->cbPrepared = status.out_prepared_bytes;
	if (pManager) {
		com = com_manager_of(pManager);
		hostmem_address_space_sum(&com->space, &pStatus->cAcquired,
					  &pStatus->cbAcquired);
		pStatus->cNeeds = atomic_load(&com->space.needs);
	}
	return done_with(pManager, HOSTMEM_OK);
}

HRESULT HostMemoryManagerPrepare(IHostMemoryManager *pManager, SIZE_T cbPrepared)
{
	struct hostmem_manager *manager = manager_of(pManager);

	if (!manager)
		return E_INVALIDARG;
	return done_with(pManager, hostmem_manager_prepare(manager, cbPrepared));
}

HRESULT HostMemoryManagerDescriptor(IHostMemoryManager *pManager, int *pDescriptor)
{
	struct hostmem_manager *manager;
	enum hostmem_error error;

	if (!pDescriptor)
		return E_POINTER;
	*pDescriptor = -1;
	manager = manager_of(pManager);
	if (!manager)
		return E_INVALIDARG;

	error = hostmem_load_check_owner(manager);
	if (!error)
		error = hostmem_manager_descriptor(manager, HOSTMEM_USE_SHOWN,
						   pDescriptor);
	return done_with(pManager, error);
}
