// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: which calls ask the kernel for memory that it can pin: each reservation
 * of a manager that was made so, or of the default one if the environment says so, and
 * no other.
 *
 * The environment is read when the library is loaded, so what it does to the default
 * manager is asked of new processes, which run this program again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "manager.h"
#include "tap.h"

#define OWN_CHILD	"child of pinnable_test"
#define OWN_VARIABLE	"HOSTMEM_PINNABLE"
#include "own_environment.h"

#define INVALID		((HRESULT)0x80070057)
#define NOT_SUPPORTED	((HRESULT)0x80070032)
#define LARGE		((SIZE_T)2 << 20)
#define LIMIT		((SIZE_T)16 << 20)

static IHostMemoryManager *new_manager(SIZE_T limit, DWORD timeout, DWORD flags)
{
	HOSTMEM_OPTIONS options = {
		sizeof(options), FAKE_DEVICE, limit, timeout, flags,
	};
	IHostMemoryManager *manager = NULL;

	if (CreateHostMemoryManager(&options, &manager) != S_OK)
		abort();
	return manager;
}

static HRESULT alloc(IHostMemoryManager *manager, void *addr, DWORD type, void **mem)
{
	return IHostMemoryManager_VirtualAlloc(manager, addr, LARGE, type, PAGE_READWRITE,
					       eProcessCritical, mem);
}

/* One bit at a time, and nothing has been opened for it. */
static void options(void)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 0, 0, 0 };
	unsigned int opens = fake_opens;
	IHostMemoryManager *manager;
	unsigned int bit, known;

	for (bit = 1; bit < 32; bit++)
		for (known = 0; known < 2; known++) {
			options.dwFlags = 1u << bit | known;
			manager = (void *)&options;
			CHECK(CreateHostMemoryManager(&options, &manager) == INVALID &&
			      !manager && fake_opens == opens, "flags 0x%x",
			      options.dwFlags);
		}
	CHECK(HOSTMEM_PINNABLE == 1, "value");
	CHECK(sizeof(options) == 32 && offsetof(HOSTMEM_OPTIONS, cbSize) == 0 &&
	      offsetof(HOSTMEM_OPTIONS, pszDevice) == 8 &&
	      offsetof(HOSTMEM_OPTIONS, cbCommitLimit) == 16 &&
	      offsetof(HOSTMEM_OPTIONS, dwTimeoutMs) == 24 &&
	      offsetof(HOSTMEM_OPTIONS, dwFlags) == 28 &&
	      sizeof(options.dwFlags) == 4, "layout");
}

/* As a program made before there were flags has it. */
static void old_options(void)
{
	const struct {
		SIZE_T size;
		const char *device;
		SIZE_T limit;
		DWORD timeout;
	} old = { sizeof(old), FAKE_DEVICE, 0, 0 };
	HOSTMEM_OPTIONS options = { 0 };
	IHostMemoryManager *manager;
	void *mem;

	/* Without its padding. */
	memcpy(&options, &old, 28);
	CHECK(CreateHostMemoryManager(&options, &manager) == S_OK, "made");
	CHECK(alloc(manager, NULL, MEM_RESERVE, &mem) == S_OK && !fake_last_alloc.flags,
	      "an ordinary one");
	IHostMemoryManager_Release(manager);
}

static const struct {
	const char *name;
	DWORD type;
	bool in_region;
	bool reserves;
} calls[] = {
	{ "reserve", MEM_RESERVE, false, true },
	{ "reserve, top down", MEM_RESERVE | MEM_TOP_DOWN, false, true },
	{ "reserve with a watch", MEM_RESERVE | MEM_WRITE_WATCH, false, true },
	{ "reserve and commit", MEM_RESERVE | MEM_COMMIT, false, true },
	{ "large pages", MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, false, true },
	{ "commit at NULL", MEM_COMMIT, false, true },
	{ "reserve at an address", MEM_RESERVE, true, true },
	{ "both at an address", MEM_RESERVE | MEM_COMMIT, true, true },
	{ "commit", MEM_COMMIT, true, false },
	{ "commit, top down", MEM_COMMIT | MEM_TOP_DOWN, true, false },
	{ "reset", MEM_RESET, true, false },
	{ "undo a reset", MEM_RESET_UNDO, true, false },
	{ "reset at NULL", MEM_RESET, false, false },
	{ "undo a reset at NULL", MEM_RESET_UNDO, false, false },
	{ "top down alone", MEM_TOP_DOWN, false, false },
	{ "nothing", 0, false, false },
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

static void each_call(void)
{
	unsigned int flags;
	size_t i;

	for (flags = 0; flags < 2; flags++) {
		IHostMemoryManager *manager = new_manager(0, 0, flags);
		void *base, *mem;

		alloc(manager, NULL, MEM_RESERVE, &base);
		for (i = 0; i < CALLS; i++) {
			fake_last_alloc.flags = ~0u;
			alloc(manager, calls[i].in_region ? base : NULL, calls[i].type,
			      &mem);
			CHECK(fake_last_alloc.type == calls[i].type &&
			      fake_last_alloc.flags == (calls[i].reserves ? flags : 0),
			      "%s, %u: flags 0x%x", calls[i].name, flags,
			      fake_last_alloc.flags);
		}
		IHostMemoryManager_Release(manager);
	}
}

/* By a signal, or because the descriptor was closed before there were regions. */
static void repeated_calls(void)
{
	IHostMemoryManager *manager = new_manager(0, 0, HOSTMEM_PINNABLE);
	unsigned int opens;
	void *mem;
	int fd;

	fake_errno[FAKE_ALLOC] = EINTR;
	fake_errno_times[FAKE_ALLOC] = 2;
	fake_calls[FAKE_ALLOC] = 0;
	HostMemoryManagerDescriptor(manager, &fd);
	close(fd);
	opens = fake_opens;
	CHECK(alloc(manager, NULL, MEM_RESERVE, &mem) == S_OK && fake_opens == opens + 1,
	      "another file");
	CHECK(fake_calls[FAKE_ALLOC] == 3 && fake_first_alloc.flags == 1 &&
	      fake_last_alloc.flags == 1, "the same flags");
	IHostMemoryManager_Release(manager);
}

static void not_supported(void)
{
	IHostMemoryManager *manager = new_manager(0, 0, HOSTMEM_PINNABLE);
	void *mem = &mem;

	fake_errno[FAKE_ALLOC] = EOPNOTSUPP;
	fake_errno_times[FAKE_ALLOC] = 1;
	CHECK(alloc(manager, NULL, MEM_RESERVE, &mem) == NOT_SUPPORTED && !mem,
	      "the kernel can't");
	CHECK(alloc(manager, NULL, MEM_RESERVE, &mem) == S_OK, "the next call works");
	IHostMemoryManager_Release(manager);
}

static atomic_uint have_tried;

/* A block that takes three quarters of the limit. */
static void *get_large(void *heap)
{
	void *mem = NULL;

	IHostMalloc_Alloc((IHostMalloc *)heap, LIMIT / 4 * 3, eProcessCritical, &mem);
	have_tried++;
	return mem;
}

/* Or until it has failed, as it shouldn't. */
static void until_second_waits(IHostMemoryManager *manager)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	do {
		sched_yield();
		HostMemoryManagerStatus(manager, &status);
	} while (!status.cWaiting && have_tried < 2);
}

/* All that a heap reserves: for itself, for its blocks, and while it waits. */
static void use_heap(DWORD flags, DWORD type)
{
	IHostMemoryManager *manager = new_manager(LIMIT, HOSTMEM_INFINITE, flags);
	unsigned int before;
	void *first, *second;
	IHostMalloc *heap;
	pthread_t thread;

	fake_reservations = 0;
	fake_pinnable = 0;
	have_tried = 0;
	CHECK(IHostMemoryManager_CreateMalloc(manager, type, &heap) == S_OK &&
	      fake_reservations > 0, "heap");
	first = get_large(heap);
	before = fake_reservations;
	pthread_create(&thread, NULL, get_large, heap);
	until_second_waits(manager);
	CHECK(IHostMalloc_Free(heap, first) == S_OK, "room for the other");
	pthread_join(thread, &second);
	CHECK(second && fake_reservations > before, "which has waited in the kernel");
	CHECK(fake_pinnable == (flags ? fake_reservations : 0), "%u of %u, flags 0x%x",
	      fake_pinnable, fake_reservations, flags);
	IHostMalloc_Release(heap);
	IHostMemoryManager_Release(manager);
}

static void heaps(void)
{
	DWORD flags, type;

	for (flags = 0; flags < 2; flags++)
		for (type = 0; type < 4; type++)
			use_heap(flags, type);
}

/*
 * The default manager, in a new process
 */

static unsigned int early_flags;

static unsigned int flags_of_default_manager(void)
{
	fake_last_alloc.flags = ~0u;
	VirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE);
	return fake_last_alloc.flags;
}

/* Constructors of programs may need memory, too, and may be called before the library's. */
static __attribute__((constructor)) void use_early(void)
{
	/* Not all C libraries hand it their arguments. */
	if (strcmp(program_invocation_name, OWN_CHILD))
		return;
	hostmem_default_manager.device = FAKE_DEVICE;
	if (find("EARLY"))
		early_flags = flags_of_default_manager();
}

/* Other managers have but their own flags. */
static bool others_are_right(void)
{
	IHostMemoryManager *manager;
	DWORD flags;
	void *mem;

	for (flags = 0; flags < 2; flags++) {
		manager = new_manager(0, 0, flags);
		alloc(manager, NULL, MEM_RESERVE, &mem);
		IHostMemoryManager_Release(manager);
		if (fake_last_alloc.flags != flags)
			return false;
	}
	return true;
}

/* Returns the flags of the default manager, if they are the same always and everywhere. */
static int child(void)
{
	unsigned int flags, i;
	void *mem, *page;

	/* It is too late for that. */
	if (find(OWN_VARIABLE) ? unsetenv(OWN_VARIABLE) : setenv(OWN_VARIABLE, "1", 1))
		return 2;
	flags = flags_of_default_manager();
	if (find("EARLY") && flags != early_flags)
		return 3;
	for (i = 0; i < 2; i++) {
		mem = VirtualAlloc(NULL, 2, MEM_RESERVE, PAGE_READWRITE);
		page = VirtualAlloc(mem, 1, MEM_COMMIT, PAGE_READWRITE);
		if (!mem || !page || fake_last_alloc.flags)
			return 4;
		if (HostVirtualAlloc(NULL, 1, MEM_COMMIT, PAGE_READWRITE, eTaskCritical,
				     &mem) != S_OK || fake_last_alloc.flags != flags)
			return 5;
		if (!others_are_right())
			return 6;
		setenv(OWN_VARIABLE, i ? "0" : "1", 1);
	}
	return reads == 1 ? (int)flags : 7;
}

static void environment(void)
{
	static const char *const others[] = {
		NULL, "", "0", "2", "01", "11", "1 ", " 1", "+1", "yes", "true", "on",
	};
	size_t i;
	int ret;

	ret = run_child("1", "LATE=");
	CHECK(ret == 1, "1: %d", ret);
	ret = run_child("1", "EARLY=");
	CHECK(ret == 1, "1, in a constructor: %d", ret);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const char *name = others[i] ? others[i] : "(none)";

		ret = run_child(others[i], "LATE=");
		CHECK(!ret, "\"%s\": %d", name, ret);
		ret = run_child(others[i], "EARLY=");
		CHECK(!ret, "\"%s\", in a constructor: %d", name, ret);
	}
	ret = run_child("1", "SET_ID=");
	CHECK(!ret, "of a set-id program: %d", ret);
}

int main(int argc, char **argv)
{
	if (argc && is_child(argv))
		return child();
	tap_case("options", options, 31 * 2 + 2);
	tap_case("options without flags", old_options, 2);
	tap_case("each call", each_call, 2 * CALLS);
	tap_case("repeated calls", repeated_calls, 2);
	tap_case("a kernel that can't", not_supported, 2);
	tap_case("heaps", heaps, 8 * 4);
	tap_case("environment", environment, 2 + 2 * 12 + 1);
	return tap_end();
}
