// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * IHostMalloc: presents heap.h.  See com_malloc.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "com_malloc.h"
#include "com_object.h"
#include "heap.h"

/**
 * struct com_malloc - a heap object
 * @iface: what callers have
 * @references: those of callers
 * @owner: the manager, with a reference; invariant
 * @heap: invariant
 */
struct com_malloc {
	IHostMalloc iface;
	atomic_uint references;
	IHostMemoryManager *owner;
	struct hostmem_heap *heap;
};

static struct com_malloc *com_malloc_of(IHostMalloc *iface)
{
	return (struct com_malloc *)iface;	/* its first member */
}

static HRESULT com_malloc_query(IHostMalloc *This, REFIID riid, void **out)
{
	return com_query(This, &com_malloc_of(This)->references,
			 &IID_IHostMalloc, riid, out);
}

static ULONG com_malloc_add_ref(IHostMalloc *This)
{
	return com_reference(&com_malloc_of(This)->references);
}

static ULONG com_malloc_release(IHostMalloc *This)
{
	struct com_malloc *com = com_malloc_of(This);
	ULONG left = com_unreference(&com->references);
	int saved = errno;

	if (!left) {
		hostmem_heap_destroy(com->heap);
		IHostMemoryManager_Release(com->owner);
		free(com);
		errno = saved;
	}
	return left;
}

static HRESULT com_malloc_alloc(IHostMalloc *This, SIZE_T size,
				EMemoryCriticalLevel level, void **out)
{
	enum hostmem_error error;

	if (out)
		*out = NULL;
	error = hostmem_heap_alloc(com_malloc_of(This)->heap, size, (DWORD)level, out);
	if (!error)
		return S_OK;
	if (error == HOSTMEM_ERR_TIMEOUT)
		error = HOSTMEM_ERR_NO_MEMORY;			/* H24 */
	return hostmem_error_hresult(error);
}

/* There is nothing to look the place up in, so it isn't kept (rule H25). */
static HRESULT com_malloc_debug_alloc(IHostMalloc *This, SIZE_T size,
				      EMemoryCriticalLevel level, char *file,
				      int line, void **out)
{
	(void)file;
	(void)line;
	return com_malloc_alloc(This, size, level, out);
}

static HRESULT com_malloc_free(IHostMalloc *This, void *mem)
{
	enum hostmem_error error = hostmem_heap_free(com_malloc_of(This)->heap, mem);

	return error ? hostmem_error_hresult(error) : S_OK;
}

static const IHostMallocVtbl com_malloc_vtbl = {
	.QueryInterface = com_malloc_query,
	.AddRef = com_malloc_add_ref,
	.Release = com_malloc_release,
	.Alloc = com_malloc_alloc,
	.DebugAlloc = com_malloc_debug_alloc,
	.Free = com_malloc_free,
};

enum hostmem_error hostmem_com_malloc_create(IHostMemoryManager *owner,
					     struct hostmem_manager *manager,
					     DWORD type, IHostMalloc **out)
{
	enum hostmem_error error;
	struct com_malloc *com;
	int saved = errno;

	/* All are thread-safe, whether that is asked for or not (rule H23). */
	if (type & ~(DWORD)(MALLOC_THREADSAFE | MALLOC_EXECUTABLE))
		return HOSTMEM_ERR_ARGUMENT;

	com = malloc(sizeof(*com));
	errno = saved;
	if (!com)
		return HOSTMEM_ERR_NO_MEMORY;
	*com = (struct com_malloc){
		.iface = { .lpVtbl = &com_malloc_vtbl },
		.references = 1,
		.owner = owner,
	};
	error = hostmem_heap_create(manager, type & MALLOC_EXECUTABLE, &com->heap);
	if (error) {
		free(com);
		return error;
	}
	IHostMemoryManager_AddRef(owner);
	*out = &com->iface;
	return HOSTMEM_OK;
}
