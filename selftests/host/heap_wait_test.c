// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: a heap of a manager that may wait for memory: who waits gets it when
 * others free some, keeps nobody from using the heap meanwhile, and gives up in time.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "tap.h"

#define LIMIT	((SIZE_T)1 << 20)
#define LARGE	((SIZE_T)800 << 10)	/* leaves no room for another one */

static IHostMemoryManager *manager;
static struct fake_file *file;
static IHostMalloc *heap;

static void begin(SIZE_T limit, DWORD timeout)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, limit, timeout, 0 };
	int fd;

	if (CreateHostMemoryManager(&options, &manager) != S_OK ||
	    HostMemoryManagerDescriptor(manager, &fd) != S_OK ||
	    IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, &heap) != S_OK)
		abort();
	file = &fake_files[fd];
}

static void end(void)
{
	IHostMalloc_Release(heap);
	IHostMemoryManager_Release(manager);
}

static HRESULT get(SIZE_T size, void **mem)
{
	return IHostMalloc_Alloc(heap, size, eProcessCritical, mem);
}

static void until_waiting(SIZE_T calls)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	do {
		sched_yield();
		HostMemoryManagerStatus(manager, &status);
	} while (status.cWaiting != calls);
}

static atomic_uint done;

static void *get_and_free_large(void *arg)
{
	void *mem = NULL;
	HRESULT hr = get(LARGE, &mem);

	done++;
	if (hr == S_OK)
		hr = IHostMalloc_Free(heap, mem);
	return hr == S_OK ? arg : NULL;
}

static void waiting(void)
{
	void *large = NULL, *small[8] = { NULL }, *results[2] = { NULL };
	unsigned int good = 0, i;
	pthread_t threads[2];

	begin(LIMIT, HOSTMEM_INFINITE);
	for (i = 0; i < 8; i++)
		get(64, &small[i]);
	CHECK(get(LARGE, &large) == S_OK, "the first one");
	/* Both wait in the kernel, where their levels and deadlines count. */
	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, get_and_free_large, &done);
	until_waiting(2);
	CHECK(fake_last_alloc.deadline == UINT64_MAX &&
	      fake_last_alloc.level == eProcessCritical &&
	      fake_last_alloc.length >= LARGE, "deadline %llu, %llu bytes",
	      (unsigned long long)fake_last_alloc.deadline,
	      (unsigned long long)fake_last_alloc.length);
	/* Blocks that need no more memory come and go. */
	for (i = 0; i < 8; i++) {
		good += IHostMalloc_Free(heap, small[i]) == S_OK;
		good += get(64, &small[i]) == S_OK && small[i];
	}
	CHECK(good == 16 && !done && file->waiting == 2, "%u calls", good);
	CHECK(IHostMalloc_Free(heap, large) == S_OK, "memory for them");
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], &results[i]);
	CHECK(results[0] && results[1], "both get it");
	CHECK(file->charged < LIMIT / 8, "%llu bytes left",
	      (unsigned long long)file->charged);
	end();
}

#define THREADS	4

/* They want three times what there is, and each gets its part in the end. */
static void *take_turns(void *arg)
{
	uintptr_t failed = 0;
	void *mem;
	int i;

	(void)arg;
	for (i = 0; i < 50; i++) {
		failed += get(LARGE / 4 * 3, &mem) != S_OK;
		failed += IHostMalloc_Free(heap, mem) != S_OK;
	}
	return (void *)failed;
}

static void turns(void)
{
	pthread_t threads[THREADS];
	uintptr_t failed = 0;
	void *result;
	int i;

	begin(LIMIT, HOSTMEM_INFINITE);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, take_turns, NULL);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		failed += (uintptr_t)result;
	}
	CHECK(!failed, "%zu failed", (size_t)failed);
	end();
}

static void giving_up(void)
{
	void *large = NULL, *mem = &large;
	uint64_t before, charged;

	begin(LIMIT, 1);
	get(LARGE, &large);
	charged = file->charged;
	before = fake_now(CLOCK_MONOTONIC);
	/* Not HOST_E_TIMEOUT: rule H24. */
	CHECK(get(LARGE, &mem) == (HRESULT)0x8007000E && !mem, "E_OUTOFMEMORY");
	CHECK(fake_last_alloc.deadline >= before + 1000000 &&
	      fake_last_alloc.deadline <= fake_now(CLOCK_MONOTONIC), "deadline");
	CHECK(file->charged == charged, "%llu bytes", (unsigned long long)file->charged);
	end();
	/* Room for the block, but not for what the heap must remember of it. */
	begin(4096, 1);
	CHECK(get(16, &mem) == (HRESULT)0x8007000E && !mem, "E_OUTOFMEMORY");
	CHECK(!file->charged, "%llu bytes", (unsigned long long)file->charged);
	/* What no wait would help */
	fake_calls[0] = 0;
	CHECK(get((SIZE_T)1 << 40, &mem) == (HRESULT)0x8007000E && !fake_calls[0],
	      "more than the range");
	end();
}

int main(void)
{
	alarm(300);		/* instead of waiting for ever */
	tap_case("waiting", waiting, 6);
	tap_case("turns", turns, 1);
	tap_case("giving up", giving_up, 6);
	return tap_end();
}
