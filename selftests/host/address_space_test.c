// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: NeedsVirtualAddressSpace finds out whether there is a hole, and Acquired-
 * and ReleasedVirtualAddressSpace are counted (rules H19-H21).
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "tap.h"

#define PAGE		4096
#define NO_MEMORY	((HRESULT)0x8007000E)
#define THREADS		4
#define RANGES		10000

static IHostMemoryManager *manager;

static HRESULT needs(void *start, SIZE_T size)
{
	return IHostMemoryManager_NeedsVirtualAddressSpace(manager, start, size);
}

static HOSTMEM_STATUS status(void)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	if (HostMemoryManagerStatus(manager, &status) != S_OK)
		abort();
	return status;
}

static void holes(void)
{
	struct rlimit saved, limit;
	/* Where nobody else maps something meanwhile. */
	char *hole = mmap((void *)0x50000000, 64 * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	char *mapped = hole + 16 * PAGE;
	SIZE_T before = status().cNeeds;

	munmap(hole, 16 * PAGE);
	munmap(hole + 32 * PAGE, 16 * PAGE);

	CHECK(needs(NULL, 1) == S_OK, "a byte anywhere");
	CHECK(needs(NULL, 1 << 30) == S_OK, "1 GiB anywhere");
	CHECK(needs(NULL, (SIZE_T)1 << 60) == NO_MEMORY, "more than there is");
	CHECK(needs(NULL, SIZE_MAX) == NO_MEMORY, "SIZE_MAX");
	CHECK(needs(NULL, 0) == (HRESULT)0x80070057, "nothing");

	CHECK(needs(hole, 16 * PAGE) == S_OK, "the hole");
	CHECK(needs(hole, 16 * PAGE) == S_OK, "the hole is still there");
	CHECK(needs(hole, 16 * PAGE + 1) == NO_MEMORY, "a byte more than the hole");
	CHECK(needs(hole + 1, 16 * PAGE - 1) == S_OK, "without its first byte");
	CHECK(needs(hole + 1, 16 * PAGE) == NO_MEMORY, "and one behind its end");
	CHECK(needs(mapped, 1) == NO_MEMORY, "a mapped byte");
	CHECK(needs(mapped + 16 * PAGE, 16 * PAGE) == S_OK, "the other hole");
	CHECK(needs((void *)-(uintptr_t)PAGE, PAGE) == NO_MEMORY, "the kernel's");
	CHECK(needs((void *)-1, SIZE_MAX) == NO_MEMORY, "an end beyond all");
	CHECK(needs(hole, SIZE_MAX) == NO_MEMORY, "an end beyond all");
	CHECK(needs(hole + 2, SIZE_MAX) == NO_MEMORY, "an end beyond all, rounded");

	getrlimit(RLIMIT_AS, &saved);
	limit = saved;
	limit.rlim_cur = 1;
	setrlimit(RLIMIT_AS, &limit);
	CHECK(needs(NULL, 1) == NO_MEMORY, "at the resource limit");
	setrlimit(RLIMIT_AS, &saved);

	CHECK(status().cNeeds == before + 17, "%zu requests", status().cNeeds);
	munmap(hole, 64 * PAGE);
}

static HRESULT acquired(uintptr_t start, SIZE_T size)
{
	return IHostMemoryManager_AcquiredVirtualAddressSpace(manager, (void *)start, size);
}

static HRESULT released(uintptr_t start)
{
	return IHostMemoryManager_ReleasedVirtualAddressSpace(manager, (void *)start);
}

static bool holds(SIZE_T count, SIZE_T bytes)
{
	HOSTMEM_STATUS now = status();

	return now.cAcquired == count && now.cbAcquired == bytes;
}

static void book_keeping(void)
{
	uintptr_t i;
	bool good = true;

	CHECK(holds(0, 0), "nothing at first");
	CHECK(acquired(0x10000, 100) == S_OK && holds(1, 100), "one");
	CHECK(acquired(0x20000, 50) == S_OK && holds(2, 150), "two");
	CHECK(acquired(0x10000, 7) == S_OK && holds(2, 57), "the first, once more");
	CHECK(acquired(0x10000, 200) == S_OK && holds(2, 250), "and larger");
	CHECK(released(0x10001) == S_OK && holds(2, 250), "another start");
	CHECK(released(0x10000) == S_OK && holds(1, 50), "the first");
	CHECK(released(0x10000) == S_OK && holds(1, 50), "the first, once more");
	CHECK(acquired(0, 0) == S_OK && holds(2, 50), "NULL, and nothing");
	CHECK(released(0) == S_OK && released(0x20000) == S_OK && holds(0, 0), "the rest");

	for (i = 0; i < RANGES; i++)
		good &= acquired((i * 7919 % RANGES + 1) << 16, i) == S_OK;
	CHECK(good && holds(RANGES, (SIZE_T)RANGES * (RANGES - 1) / 2), "many");
	for (i = 0; i < RANGES; i += 2)
		good &= released((i * 7919 % RANGES + 1) << 16) == S_OK;
	CHECK(good && holds(RANGES / 2, (SIZE_T)RANGES / 2 * (RANGES / 2)), "half of them");
}

static void *acquire_and_release(void *arg)
{
	uintptr_t first = (uintptr_t)arg << 40;
	uintptr_t i;

	for (i = 0; i < RANGES; i++) {
		acquired(first + i, 3);
		if (i % 4)
			released(first + i);
		acquired((uintptr_t)1 << 60, 5);
		released((uintptr_t)1 << 60);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t threads[THREADS];
	HOSTMEM_STATUS before = status();
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, acquire_and_release, (void *)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(holds(before.cAcquired + THREADS * RANGES / 4,
		    before.cbAcquired + THREADS * RANGES / 4 * 3), "%zu ranges",
	      status().cAcquired);
}

int main(void)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 0, 0, 0 };

	if (CreateHostMemoryManager(&options, &manager) != S_OK)
		abort();
	tap_case("holes", holes, 18);
	tap_case("book-keeping", book_keeping, 12);
	tap_case("threads", threads, 1);
	IHostMemoryManager_Release(manager);
	return tap_end();
}
