// SPDX-License-Identifier: GPL-2.0
/*
 * What memcheck believes of a program's memory is what the program was given.  Run under
 * valgrind in a virtual machine by memcheck.sh.
 */
#include <pthread.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>
#include <valgrind/memcheck.h>

#include "tap.h"

#define PAGE	4096u
#define REGION	(16 * PAGE)

enum state { NOTHING, UNDEFINED, DEFINED };

/* Of one byte; asks without an error report. */
static enum state state(const void *addr)
{
	unsigned char bits = 1;

	if (VALGRIND_GET_VBITS(addr, &bits, sizeof(bits)) == 3)
		return NOTHING;
	return bits ? UNDEFINED : DEFINED;
}

#define CHECK_STATE(expected, start, end) do {				\
	const char *__last = (const char *)(end) - 1;			\
									\
	CHECK(state(start) == (expected), "%d", state(start));		\
	CHECK(state(__last) == (expected), "%d", state(__last));	\
} while (0)

static char *reserve(void)
{
	return VirtualAlloc(NULL, REGION, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE);
}

static char *commit(char *addr, size_t size)
{
	return VirtualAlloc(addr, size, MEM_COMMIT, PAGE_READWRITE);
}

static void committed_pages_are_defined(void)
{
	char *base = reserve();

	CHECK_STATE(NOTHING, base, base + REGION);
	/* The first and the last byte are enough for whole pages. */
	CHECK(commit(base + 2 * PAGE - 1, 2) == base + PAGE, "not committed");
	CHECK_STATE(NOTHING, base, base + PAGE);
	CHECK_STATE(DEFINED, base + PAGE, base + 3 * PAGE);
	CHECK_STATE(NOTHING, base + 3 * PAGE, base + REGION);
	VirtualFree(base, 0, MEM_RELEASE);

	base = VirtualAlloc(NULL, REGION - 1, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
	CHECK_STATE(DEFINED, base, base + REGION);
	VirtualFree(base, 0, MEM_RELEASE);
}

static void second_commit_defines_nothing(void)
{
	char *base = reserve();

	commit(base + PAGE, PAGE);
	VALGRIND_MAKE_MEM_UNDEFINED(base + PAGE, 100);
	commit(base, 3 * PAGE);
	CHECK_STATE(DEFINED, base, base + PAGE);
	CHECK_STATE(UNDEFINED, base + PAGE, base + PAGE + 100);
	CHECK_STATE(DEFINED, base + PAGE + 100, base + 3 * PAGE);
	VirtualFree(base, 0, MEM_RELEASE);
}

static void freed_pages_are_nothing(void)
{
	char *base = reserve();

	commit(base, 4 * PAGE);
	commit(base + 6 * PAGE, PAGE);
	VirtualFree(base + PAGE, 1, MEM_DECOMMIT);
	CHECK_STATE(DEFINED, base, base + PAGE);
	CHECK_STATE(NOTHING, base + PAGE, base + 2 * PAGE);
	CHECK_STATE(DEFINED, base + 2 * PAGE, base + 4 * PAGE);
	VirtualFree(base, 0, MEM_DECOMMIT);
	CHECK_STATE(NOTHING, base, base + 4 * PAGE);
	CHECK_STATE(NOTHING, base + 6 * PAGE, base + 7 * PAGE);

	/* A word that the program hasn't written isn't in the way. */
	commit(base, PAGE);
	VALGRIND_MAKE_MEM_UNDEFINED(base, PAGE);
	VirtualFree(base, 0, MEM_RELEASE);
	CHECK_STATE(NOTHING, base, base + PAGE);
}

static void failed_calls_change_nothing(void)
{
	char *base = reserve();

	commit(base + PAGE, PAGE);
	CHECK(!VirtualFree(base + PAGE, REGION, MEM_DECOMMIT), "beyond the region");
	CHECK(!VirtualFree(base + PAGE, 0, MEM_RELEASE), "not the base");
	CHECK(!commit(base, REGION + 1), "beyond the region");
	CHECK_STATE(NOTHING, base, base + PAGE);
	CHECK_STATE(DEFINED, base + PAGE, base + 2 * PAGE);
	CHECK_STATE(NOTHING, base + 2 * PAGE, base + REGION);
	VirtualFree(base, 0, MEM_RELEASE);
}

static void answers_are_defined(void)
{
	MEMORY_BASIC_INFORMATION info;
	ULONG_PTR count = 2;
	void *pages[2];
	char *base = reserve();
	DWORD granularity, old;

	commit(base, 2 * PAGE);
	base[PAGE] = 1;
	VALGRIND_MAKE_MEM_UNDEFINED(&info, sizeof(info));
	VALGRIND_MAKE_MEM_UNDEFINED(pages, sizeof(pages));
	VALGRIND_MAKE_MEM_UNDEFINED(&old, sizeof(old));
	VirtualQuery(base, &info, sizeof(info));
	VirtualProtect(base, PAGE, PAGE_READONLY, &old);
	GetWriteWatch(0, base, REGION, pages, &count, &granularity);
	CHECK_STATE(DEFINED, &info, &info + 1);
	CHECK_STATE(DEFINED, &old, &old + 1);
	CHECK(count == 1, "%u", (unsigned int)count);
	CHECK_STATE(DEFINED, &pages[0], &pages[1]);
	CHECK_STATE(UNDEFINED, &pages[1], &pages[2]);
	VirtualFree(base, 0, MEM_RELEASE);
}

static void manager_takes_all_along(void)
{
	HOSTMEM_OPTIONS options = { .cbSize = sizeof(options) };
	IHostMemoryManager *manager;
	IHostMalloc *heap;
	void *mem, *block;
	char *other = reserve();

	commit(other, PAGE);
	CreateHostMemoryManager(&options, &manager);
	IHostMemoryManager_VirtualAlloc(manager, NULL, REGION, MEM_RESERVE | MEM_COMMIT,
					PAGE_READWRITE, eTaskCritical, &mem);
	IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, &heap);
	IHostMalloc_Alloc(heap, PAGE, eTaskCritical, &block);
	CHECK_STATE(DEFINED, (char *)mem, (char *)mem + REGION);
	CHECK_STATE(DEFINED, (char *)block, (char *)block + PAGE);
	IHostMalloc_Release(heap);
	CHECK_STATE(NOTHING, (char *)block, (char *)block + PAGE);
	IHostMemoryManager_Release(manager);
	CHECK_STATE(NOTHING, (char *)mem, (char *)mem + REGION);
	CHECK_STATE(DEFINED, other, other + PAGE);
	VirtualFree(other, 0, MEM_RELEASE);
}

/* Threads are given each other's addresses; one that tells too late spoils them. */
static void *use_addresses(void *wrong)
{
	int i;

	for (i = 0; i < 300; i++) {
		char *base = VirtualAlloc(NULL, REGION, MEM_RESERVE | MEM_COMMIT,
					  PAGE_READWRITE);

		if (state(base) != DEFINED || state(base + REGION - 1) != DEFINED)
			*(int *)wrong += 1;
		VirtualFree(base, 0, MEM_RELEASE);
	}
	return NULL;
}

static void threads_reuse_addresses(void)
{
	int i, wrong[3] = { 0 };
	pthread_t threads[3];

	for (i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, use_addresses, &wrong[i]);
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		CHECK(!wrong[i], "%d times", wrong[i]);
	}
}

int main(void)
{
	if (!RUNNING_ON_VALGRIND) {
		puts("Bail out! Not under valgrind");
		return 1;
	}
	tap_case("committed pages are defined", committed_pages_are_defined, 11);
	tap_case("a second commit defines nothing", second_commit_defines_nothing, 6);
	tap_case("freed pages are nothing", freed_pages_are_nothing, 12);
	tap_case("failed calls change nothing", failed_calls_change_nothing, 9);
	tap_case("answers are defined", answers_are_defined, 9);
	tap_case("a manager takes all along", manager_takes_all_along, 10);
	tap_case("threads reuse addresses", threads_reuse_addresses, 3);
	return tap_end();
}
