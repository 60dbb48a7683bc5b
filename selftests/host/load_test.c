// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: GetMemoryLoad: what it works out from the load pages, when it asks the
 * kernel instead, and that it maps the pages once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "manager.h"
#include "tap.h"

#define THREADS	8
#define MS	1000000ull

/* The coarse clock is the test's. */
static uint64_t now = 1000 * MS;

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, time);
	time->tv_sec = (time_t)(now / 1000000000u);
	time->tv_nsec = (long)(now % 1000000000u);
	return 0;
}

static IHostMemoryManager *manager;
static struct fake_file *file;

/* A new manager whose pages are mapped. */
static void begin(void)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 0, 0, 0 };
	SIZE_T available;
	DWORD load;
	int fd;

	fake_total = 1ull << 30;
	fake_available = 1ull << 29;
	fake_module_limit = 1ull << 30;
	if (CreateHostMemoryManager(&options, &manager) != S_OK ||
	    HostMemoryManagerDescriptor(manager, &fd) != S_OK)
		abort();
	file = &fake_files[fd];
	IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	fake_calls[FAKE_LOAD] = 0;
}

static void end(void)
{
	IHostMemoryManager_Release(manager);
}

#define MOST	UINT64_MAX

/* What the pages say, and what follows from it. */
static const struct {
	uint64_t total, uncommitted, charged, limit, own_charged, own_limit;
	DWORD percent;
	SIZE_T room;
} cases[] = {
	/* The least of three */
	{ 1000, 600, 100, 800, 50, 900,		50, 500 },
	{ 1000, 600, 100, 400, 50, 900,		50, 300 },
	{ 1000, 600, 100, 800, 50, 150,		50, 100 },
	{ 1000, 600, 100, 800, 50, MOST,	50, 500 },
	/* More is charged than there was, or than a lowered limit allows. */
	{ 1000, 600, 700, 800, 50, 900,		99, 0 },
	{ 1000, 600, 100, 90, 50, 900,		50, 0 },
	{ 1000, 600, 100, 800, 50, 49,		50, 0 },
	{ 1000, 600, 600, 600, 600, 600,	99, 0 },
	/* The percentage is rounded down, and 100 is 99 (rule H15). */
	{ 1000, 1000, 0, MOST, 0, MOST,		0, 1000 },
	{ 1000, 991, 0, MOST, 0, MOST,		0, 991 },
	{ 1000, 990, 0, MOST, 0, MOST,		1, 990 },
	{ 1000, 10, 0, MOST, 0, MOST,		99, 10 },
	{ 1000, 0, 0, MOST, 0, MOST,		99, 0 },
	{ 1000, 1001, 0, MOST, 0, MOST,		0, 1001 },
	{ 1, 1, 0, MOST, 0, MOST,		0, 1 },
	{ 1, 0, 0, MOST, 0, MOST,		99, 0 },
	{ 99, 50, 0, MOST, 0, MOST,		49, 50 },
	/* The largest numbers */
	{ MOST, MOST, 0, MOST, 0, MOST,		0, MOST },
	{ MOST, 0, 0, MOST, 0, MOST,		99, 0 },
	{ MOST, MOST / 2, 0, MOST, 0, MOST,	50, MOST / 2 },
	{ MOST, MOST, MOST, MOST, MOST, MOST,	99, 0 },
	{ 1, MOST, 0, MOST, 0, MOST,		0, MOST },
};

#define CASES	(sizeof(cases) / sizeof(cases[0]))

static void arithmetic(void)
{
	struct hostmem_load_page *own;
	SIZE_T available;
	DWORD load;
	size_t i;

	begin();
	own = (void *)((char *)file->pages[0] + HOSTMEM_PAGE_SIZE);
	for (i = 0; i < CASES; i++) {
		file->pages[0]->total_bytes = cases[i].total;
		file->pages[0]->uncommitted_bytes = cases[i].uncommitted;
		file->pages[0]->charged_bytes = cases[i].charged;
		file->pages[0]->limit_bytes = cases[i].limit;
		own->total_bytes = MOST;
		own->uncommitted_bytes = MOST;
		own->refreshed = now;
		own->charged_bytes = cases[i].own_charged;
		own->limit_bytes = cases[i].own_limit;
		load = 1000;
		available = 1000;
		CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK,
		      "case %zu", i);
		CHECK(load == cases[i].percent, "case %zu: %u %%", i, load);
		CHECK(available == cases[i].room, "case %zu: %zu bytes", i, available);
	}
	CHECK(!fake_calls[FAKE_LOAD], "%u calls", fake_calls[FAKE_LOAD]);
	end();
}

/* What the own page says of the cgroup, beside a machine with 500 of 1000 left. */
static const struct {
	uint64_t total, uncommitted, own_charged;
	DWORD percent;
	SIZE_T room;
} cgroups[] = {
	{ MOST, MOST, 100,	50, 500 },
	{ 400, 400, 0,		0, 400 },
	{ 400, 400, 100,	25, 300 },
	{ 400, 300, 299,	99, 1 },
	{ 400, 300, 300,	99, 0 },
	{ 400, 300, 301,	99, 0 },
	{ 800, 700, 50,		37, 500 },	/* the machine has less */
	{ 2000, 900, 0,		50, 500 },
	{ 2000, 900, 500,	60, 400 },
};

#define CGROUPS	(sizeof(cgroups) / sizeof(cgroups[0]))

/* The least of machine and cgroup counts (rule S6). */
static void cgroup(void)
{
	struct hostmem_load_page *own;
	SIZE_T available;
	DWORD load;
	size_t i;

	begin();
	own = (void *)((char *)file->pages[0] + HOSTMEM_PAGE_SIZE);
	file->pages[0]->total_bytes = 1000;
	file->pages[0]->limit_bytes = MOST;
	own->limit_bytes = MOST;
	for (i = 0; i < CGROUPS; i++) {
		own->total_bytes = cgroups[i].total;
		own->uncommitted_bytes = cgroups[i].uncommitted;
		own->charged_bytes = cgroups[i].own_charged;
		file->pages[0]->charged_bytes = 10 + cgroups[i].own_charged;
		file->pages[0]->uncommitted_bytes = 510 + cgroups[i].own_charged;
		file->pages[0]->refreshed = now;
		own->refreshed = now;
		CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK,
		      "case %zu", i);
		CHECK(load == cgroups[i].percent, "case %zu: %u %%", i, load);
		CHECK(available == cgroups[i].room, "case %zu: %zu bytes", i, available);
	}
	CHECK(!fake_calls[FAKE_LOAD], "%u calls", fake_calls[FAKE_LOAD]);

	/* That somebody else has had the machine's looked at is not enough. */
	own->refreshed = 0;
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK &&
	      fake_calls[FAKE_LOAD] == 1, "%u calls", fake_calls[FAKE_LOAD]);
	end();
}

/* The pages say one thing and the kernel another, so that it shows who was asked. */
static bool is_fresh(uint64_t refreshed)
{
	unsigned int calls = fake_calls[FAKE_LOAD];
	SIZE_T available = 0;
	DWORD load;

	fake_available = 1ull << 20;
	fake_show(file, refreshed);
	fake_available = 1ull << 29;
	if (IHostMemoryManager_GetMemoryLoad(manager, &load, &available) != S_OK)
		abort();
	if (fake_calls[FAKE_LOAD] == calls)
		return load == 99 && available == 1ull << 20;
	if (fake_calls[FAKE_LOAD] == calls + 1 && load == 50 && available == 1ull << 29)
		return false;
	abort();
}

static void age(void)
{
	unsigned int i;
	bool fresh = true;

	begin();
	CHECK(is_fresh(now), "now");
	CHECK(is_fresh(now - 20 * MS), "20 ms");
	CHECK(!is_fresh(now - 20 * MS - 1), "20 ms and 1 ns");
	CHECK(!is_fresh(0), "never");
	CHECK(!is_fresh(now + 1), "the future");
	CHECK(!is_fresh(now + 10000 * 1000 * MS), "the far future");
	for (i = 0; i < 1000; i++)
		fresh &= is_fresh(now - i);
	CHECK(fresh, "a thousand times");

	/* What the kernel's refresh has put there. */
	fake_show(file, 0);
	now = fake_now(CLOCK_MONOTONIC_COARSE);
	fake_calls[FAKE_LOAD] = 0;
	for (i = 0; i < 1000; i++) {
		SIZE_T available;
		DWORD load;

		IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	}
	CHECK(fake_calls[FAKE_LOAD] == 1, "%u calls", fake_calls[FAKE_LOAD]);
	end();
}

/* The pages have the kernel's time, and this process is in a time namespace (rule S7). */
static void time_namespace(void)
{
	static const int64_t offsets[] = {
		10000 * 1000 * (int64_t)MS, -1000 * (int64_t)MS, 1, -1, INT64_MAX,
	};
	struct hostmem_load_page *own;
	size_t i;

	begin();
	own = (void *)((char *)file->pages[0] + HOSTMEM_PAGE_SIZE);
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		uint64_t kernel_now = now - (uint64_t)offsets[i];

		own->clock_offset = (uint64_t)offsets[i];
		CHECK(is_fresh(kernel_now), "offset %zu: now", i);
		CHECK(is_fresh(kernel_now - 20 * MS), "offset %zu: 20 ms", i);
		CHECK(!is_fresh(kernel_now - 20 * MS - 1), "offset %zu: more", i);
		CHECK(!is_fresh(kernel_now + 1), "offset %zu: the future", i);
	}
	end();
}

/* A commit is seen at once, however fresh the look at the machine is. */
static void commits(void)
{
	SIZE_T before, after;
	DWORD load;
	void *mem;

	begin();
	fake_show(file, now);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &before);
	IHostMemoryManager_VirtualAlloc(manager, NULL, 1 << 20, MEM_RESERVE | MEM_COMMIT,
					PAGE_READWRITE, eTaskCritical, &mem);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &after);
	CHECK(before == 1ull << 29 && after == before - (1 << 20), "%zu, %zu", before, after);
	IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &after);
	CHECK(after == before, "%zu, %zu", before, after);
	CHECK(!fake_calls[FAKE_LOAD], "%u calls", fake_calls[FAKE_LOAD]);
	end();
}

static void *get_load(void *arg)
{
	SIZE_T available;
	DWORD load;

	(void)arg;
	return (void *)(intptr_t)IHostMemoryManager_GetMemoryLoad(manager, &load,
								  &available);
}

static void mapping(void)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 0, 0, 0 };
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	unsigned int failed = 0;
	SIZE_T available;
	DWORD load;
	void *result;
	int i;

	fake_mappings = 0;
	CreateHostMemoryManager(&options, &manager);
	CHECK(!fake_mappings, "not before it is wanted");
	pthread_barrier_init(&barrier, NULL, THREADS);
	fake_mmap_barrier = &barrier;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, get_load, NULL);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		failed += !!result;
	}
	fake_mmap_barrier = NULL;
	CHECK(!failed && fake_mappings == 1, "%u failed, %u mappings", failed, fake_mappings);
	end();
	CHECK(!fake_mappings, "unmapped with the manager");

	/* Without pages each call asks the kernel. */
	fake_no_load_pages = true;
	CreateHostMemoryManager(&options, &manager);
	fake_calls[FAKE_LOAD] = 0;
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK &&
	      load == 50 && available == 1ull << 29, "%u %%, %zu bytes", load, available);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	CHECK(fake_calls[FAKE_LOAD] == 2, "%u calls", fake_calls[FAKE_LOAD]);
	fake_no_load_pages = false;
	end();
}

static void errors(void)
{
	SIZE_T available = 1;
	DWORD load = 1;

	begin();
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, NULL, &available) ==
	      (HRESULT)0x80004003 && !available, "no load");
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, NULL) ==
	      (HRESULT)0x80004003 && !load, "no available bytes");

	load = 1;
	available = 1;
	fake_show(file, 0);
	fake_errno[FAKE_LOAD] = ESHUTDOWN;
	fake_errno_times[FAKE_LOAD] = 1;
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) ==
	      (HRESULT)0x80131023 && !load && !available, "a failure");

	/* A machine without memory */
	fake_total = 0;
	fake_show(file, 0);
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) ==
	      (HRESULT)0x80004005 && !load && !available, "E_FAIL");
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) ==
	      (HRESULT)0x80131023, "and from then on");
	end();
}

static void default_manager(void)
{
	SIZE_T available = 1;
	DWORD load = 1;

	begin();
	CHECK(HostGetMemoryLoad(&load, &available) == (HRESULT)0x80131023 && !load &&
	      !available, "without a device");
	hostmem_default_manager.device = FAKE_DEVICE;
	CHECK(HostGetMemoryLoad(NULL, &available) == (HRESULT)0x80004003, "NULL");
	CHECK(HostGetMemoryLoad(&load, &available) == S_OK && load == 50 &&
	      available == 1ull << 29, "%u %%, %zu bytes", load, available);
	end();
}

int main(void)
{
	tap_case("arithmetic", arithmetic, CASES * 3 + 1);
	tap_case("cgroup", cgroup, CGROUPS * 3 + 2);
	tap_case("age of the pages", age, 8);
	tap_case("time namespaces", time_namespace, 20);
	tap_case("commits", commits, 3);
	tap_case("mapping", mapping, 5);
	tap_case("errors", errors, 5);
	tap_case("default manager", default_manager, 3);
	return tap_end();
}
