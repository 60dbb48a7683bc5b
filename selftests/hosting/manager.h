/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of managers share: managers with options, and calls by the names
 * of their methods.
 */
#ifndef MANAGER_H
#define MANAGER_H

#include <pthread.h>
#include <sched.h>
#include <sys/uio.h>

#include "hostmem_test.h"

HELPER IHostMemoryManager *make_manager_as(DWORD flags, SIZE_T limit, DWORD timeout_ms)
{
	const HOSTMEM_OPTIONS options = {
		.cbSize = sizeof(options),
		.cbCommitLimit = limit,
		.dwTimeoutMs = timeout_ms,
		.dwFlags = flags,
	};
	IHostMemoryManager *manager = NULL;

	if (CreateHostMemoryManager(&options, &manager) != S_OK)
		exit(KSFT_FAIL);
	return manager;
}

HELPER IHostMemoryManager *make_manager(SIZE_T limit, DWORD timeout_ms)
{
	return make_manager_as(0, limit, timeout_ms);
}

HELPER HRESULT manager_alloc(IHostMemoryManager *manager, void *address,
			     SIZE_T size, DWORD type, void **out)
{
	return IHostMemoryManager_VirtualAlloc(manager, address, size, type,
					       PAGE_READWRITE, eProcessCritical,
					       out);
}

HELPER HRESULT manager_free(IHostMemoryManager *manager, void *address,
			    SIZE_T size, DWORD type)
{
	return IHostMemoryManager_VirtualFree(manager, address, size, type);
}

HELPER HRESULT manager_state(IHostMemoryManager *manager, void *address,
			     DWORD *state)
{
	MEMORY_BASIC_INFORMATION info = {};
	SIZE_T written;
	HRESULT hr;

	hr = IHostMemoryManager_VirtualQuery(manager, address, &info,
					     sizeof(info), &written);
	*state = info.State;
	return hr;
}

HELPER HOSTMEM_STATUS manager_status(IHostMemoryManager *manager)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	if (HostMemoryManagerStatus(manager, &status) != S_OK)
		exit(KSFT_FAIL);
	return status;
}

/* Does a pipe get the page itself?  1 or 0, or -1 for anything else that may happen. */
HELPER int can_be_pinned(void *page)
{
	struct iovec iov = { .iov_base = page, .iov_len = PAGE };
	ssize_t taken;
	int fds[2];

	if (pipe(fds))
		return -1;
	taken = vmsplice(fds[1], &iov, 1, 0);
	if (taken < 0 && errno == EFAULT)
		taken = 0;
	close(fds[0]);
	close(fds[1]);
	return taken == PAGE ? 1 : taken ? -1 : 0;
}

/* Until so many calls wait in the kernel: there is nothing to sleep for. */
HELPER void until_waiting(IHostMemoryManager *manager, SIZE_T calls)
{
	while (manager_status(manager).cWaiting != calls)
		sched_yield();
}

/* A thread that allocates, and what it got. */
struct allocation {
	pthread_t thread;
	IHostMemoryManager *manager;
	SIZE_T size;
	void *mem;
	HRESULT hr;
};

HELPER void *allocate_in_thread(void *arg)
{
	struct allocation *allocation = arg;

	allocation->hr = manager_alloc(allocation->manager, NULL,
				       allocation->size,
				       MEM_RESERVE | MEM_COMMIT,
				       &allocation->mem);
	return NULL;
}

HELPER int start_allocation(struct allocation *allocation,
			    IHostMemoryManager *manager, SIZE_T size)
{
	*allocation = (struct allocation) {
		.manager = manager,
		.size = size,
		.mem = POISON_POINTER,
	};
	return pthread_create(&allocation->thread, NULL, allocate_in_thread,
			      allocation);
}

HELPER IHostMalloc *make_heap(IHostMemoryManager *manager, DWORD type)
{
	IHostMalloc *heap = NULL;

	if (IHostMemoryManager_CreateMalloc(manager, type, &heap) != S_OK)
		exit(KSFT_FAIL);
	return heap;
}

HELPER HRESULT heap_alloc(IHostMalloc *heap, SIZE_T size, void **out)
{
	return IHostMalloc_Alloc(heap, size, eProcessCritical, out);
}

#endif /* MANAGER_H */
