// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: the end of managers: what the last Release() does to calls of other
 * threads, and what a fork child may do.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "tap.h"

#define NOT_OWNER	((HRESULT)0x80131025)
#define ABANDONED	((HRESULT)0x80131026)

static IHostMemoryManager *new_manager(SIZE_T limit, DWORD timeout)
{
	HOSTMEM_OPTIONS options = {
		sizeof(options), FAKE_DEVICE, limit, timeout, 0,
	};
	IHostMemoryManager *manager = NULL;

	if (CreateHostMemoryManager(&options, &manager) != S_OK)
		abort();
	return manager;
}

static int descriptor_of(IHostMemoryManager *manager)
{
	int fd = -1;

	HostMemoryManagerDescriptor(manager, &fd);
	return fd;
}

static _Atomic(HRESULT) waiter_result;
static void *waiter_mem;

static void *wait_for_memory(void *arg)
{
	IHostMemoryManager *manager = arg;

	waiter_mem = &waiter_mem;
	waiter_result = IHostMemoryManager_VirtualAlloc(manager, NULL, 1 << 20,
							MEM_RESERVE | MEM_COMMIT,
							PAGE_READWRITE, eTaskCritical,
							&waiter_mem);
	return NULL;
}

static void until_waiting(IHostMemoryManager *manager, SIZE_T calls)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	do {
		sched_yield();
		HostMemoryManagerStatus(manager, &status);
	} while (status.cWaiting != calls);
}

/* The last Release() ends calls of others, and the last to leave closes the file. */
static void shutdown_of_waiters(void)
{
	IHostMemoryManager *manager = new_manager(4096, 0xFFFFFFFF);
	unsigned int closes = fake_closes;
	pthread_t thread;
	SIZE_T available;
	DWORD load;
	int fd = descriptor_of(manager);

	IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	CHECK(fake_mappings == 1, "%u mappings", fake_mappings);
	fake_calls[FAKE_SHUTDOWN] = 0;
	fake_closes_inside = 0;
	waiter_result = S_FALSE;
	pthread_create(&thread, NULL, wait_for_memory, manager);
	until_waiting(manager, 1);
	CHECK(waiter_result == S_FALSE && fake_closes == closes, "it waits");
	CHECK(IHostMemoryManager_Release(manager) == 0, "the last Release");
	pthread_join(thread, NULL);
	CHECK(waiter_result == ABANDONED && !waiter_mem, "0x%08X",
	      (unsigned int)waiter_result);
	CHECK(fake_calls[FAKE_SHUTDOWN] == 1, "one shutdown");
	CHECK(fake_closes == closes + 1 && !fake_files[fd].open, "closed once");
	CHECK(!fake_closes_inside, "while a call used it");
	CHECK(fake_mappings == 0, "%u mappings", fake_mappings);
}

static ULONG callback_references;

static HRESULT callback_query(ICLRMemoryNotificationCallback *This, REFIID riid, void **out)
{
	(void)This;
	(void)riid;
	*out = NULL;
	return E_NOINTERFACE;
}

static ULONG callback_add_ref(ICLRMemoryNotificationCallback *This)
{
	(void)This;
	return ++callback_references;
}

static ULONG callback_release(ICLRMemoryNotificationCallback *This)
{
	(void)This;
	return --callback_references;
}

static HRESULT callback_notify(ICLRMemoryNotificationCallback *This, EMemoryAvailable level)
{
	(void)This;
	(void)level;
	return S_OK;
}

static const ICLRMemoryNotificationCallbackVtbl callback_vtbl = {
	callback_query, callback_add_ref, callback_release, callback_notify,
};

static ICLRMemoryNotificationCallback callback = { &callback_vtbl };

/* One bit for each call that doesn't answer what it should. */
static int use_in_child(IHostMemoryManager *manager)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	MEMORY_BASIC_INFORMATION info;
	IHostMalloc *heap = NULL;
	SIZE_T size;
	DWORD value;
	void *mem;
	int fd;

	return (IHostMemoryManager_VirtualAlloc(manager, NULL, 1, MEM_RESERVE,
						PAGE_READWRITE, 0, &mem) != NOT_OWNER) |
	       (IHostMemoryManager_VirtualFree(manager, NULL, 0, MEM_RELEASE) !=
			NOT_OWNER || IHostMemoryManager_VirtualProtect(
				manager, NULL, 1, PAGE_READONLY, &value) != NOT_OWNER) << 1 |
	       (IHostMemoryManager_VirtualQuery(manager, NULL, &info, sizeof(info),
						&size) != NOT_OWNER) << 2 |
	       (IHostMemoryManager_GetMemoryLoad(manager, &value, &size) !=
			NOT_OWNER) << 3 |
	       (IHostMemoryManager_CreateMalloc(manager, 0, &heap) != NOT_OWNER ||
			heap) << 4 |
	       (IHostMemoryManager_RegisterMemoryNotificationCallback(
			manager, &callback) != NOT_OWNER) << 5 |
	       (IHostMemoryManager_NeedsVirtualAddressSpace(manager, NULL, 1) !=
			NOT_OWNER ||
		IHostMemoryManager_AcquiredVirtualAddressSpace(manager, NULL, 1) !=
			NOT_OWNER ||
		IHostMemoryManager_ReleasedVirtualAddressSpace(manager, NULL) !=
			NOT_OWNER) << 6 |
	       (HostMemoryManagerStatus(manager, &status) != NOT_OWNER ||
		HostMemoryManagerDescriptor(manager, &fd) != NOT_OWNER || fd != -1) << 7;
}

static int in_child(IHostMemoryManager *manager, int (*run)(IHostMemoryManager *))
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(run(manager));
	waitpid(child, &status, 0);
	return status;
}

static int release_in_child(IHostMemoryManager *manager)
{
	ULONG references = callback_references;
	int wrong, fd;

	fake_closes = 0;
	for (fd = 0; !fake_files[fd].open; fd++)
		;
	/* One bit for each wrong answer; the callback is the parent's business. */
	wrong = IHostMemoryManager_AddRef(manager) != 2;
	wrong |= (IHostMemoryManager_Release(manager) != 1) << 1;
	wrong |= (IHostMemoryManager_Release(manager) != 0) << 2;
	wrong |= (fake_closes != 1 || fake_files[fd].open) << 3;
	wrong |= (callback_references != references) << 4;
	return wrong | fake_files[fd].shut << 5;
}

static void fork_child(void)
{
	IHostMemoryManager *manager = new_manager(0, 0);
	DWORD load;
	SIZE_T available;
	int status;

	/* Before and after the load pages are mapped, and the thread is there. */
	status = in_child(manager, use_in_child);
	CHECK(status == 0, "status 0x%x", status);
	status = in_child(manager, release_in_child);
	CHECK(status == 0, "status 0x%x", status);
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK, "load");
	CHECK(IHostMemoryManager_RegisterMemoryNotificationCallback(manager, &callback) ==
	      S_OK && callback_references == 1, "callback");
	status = in_child(manager, use_in_child);
	CHECK(status == 0, "status 0x%x", status);
	status = in_child(manager, release_in_child);
	CHECK(status == 0, "status 0x%x", status);

	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK,
	      "the parent's works");
	CHECK(IHostMemoryManager_Release(manager) == 0 && callback_references == 0,
	      "the parent's ends");
}

/* A thread of the parent is in a call that never returns in the child. */
static int release_beside_call(IHostMemoryManager *manager)
{
	return IHostMemoryManager_Release(manager) != 0;
}

static void fork_during_a_call(void)
{
	IHostMemoryManager *manager = new_manager(4096, 0xFFFFFFFF);
	pthread_t thread;
	int status;

	pthread_create(&thread, NULL, wait_for_memory, manager);
	until_waiting(manager, 1);
	status = in_child(manager, release_beside_call);
	CHECK(status == 0, "status 0x%x", status);
	CHECK(IHostMemoryManager_Release(manager) == 0, "the parent's ends");
	pthread_join(thread, NULL);
	CHECK(waiter_result == ABANDONED, "0x%08X", (unsigned int)waiter_result);
}

int main(void)
{
	tap_case("shutdown with a call that waits", shutdown_of_waiters, 8);
	tap_case("fork child", fork_child, 8);
	tap_case("fork while a call waits", fork_during_a_call, 3);
	return tap_end();
}
