// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: what a heap keeps for its next blocks: it is charged and told, and given
 * back before a commit is refused or waits, when memory is low, and with the heap; and
 * whatever a block's memory has become, a pointer to it is none (rules C16, H17, H24, H26).
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "tap.h"

#define KIB		((SIZE_T)1 << 10)
#define MIB		((SIZE_T)1 << 20)
#define PAGE		4096
#define NO_BLOCK	((HRESULT)0x80131022)
#define NO_MEMORY	((HRESULT)0x8007000E)

static IHostMemoryManager *manager;
static struct fake_file *file;
static IHostMalloc *heap;

static IHostMemoryManager *make(SIZE_T limit, DWORD timeout, struct fake_file **its)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, limit, timeout, 0 };
	IHostMemoryManager *made;
	int fd;

	if (CreateHostMemoryManager(&options, &made) != S_OK ||
	    HostMemoryManagerDescriptor(made, &fd) != S_OK)
		abort();
	*its = &fake_files[fd];
	return made;
}

static void begin(SIZE_T limit, DWORD timeout)
{
	manager = make(limit, timeout, &file);
	if (IHostMemoryManager_CreateMalloc(manager, MALLOC_THREADSAFE, &heap) != S_OK)
		abort();
}

static void end(void)
{
	IHostMalloc_Release(heap);
	IHostMemoryManager_Release(manager);
}

static void *get(SIZE_T size)
{
	void *mem;

	if (IHostMalloc_Alloc(heap, size, eProcessCritical, &mem) != S_OK)
		abort();
	return mem;
}

static bool put(void *mem)
{
	return IHostMalloc_Free(heap, mem) == S_OK;
}

static HRESULT commit(IHostMemoryManager *of, SIZE_T size, void **mem)
{
	return IHostMemoryManager_VirtualAlloc(of, NULL, size, MEM_RESERVE | MEM_COMMIT,
					       PAGE_READWRITE, eProcessCritical, mem);
}

/* Leaves slack of 4 MiB: some from large blocks, some from small ones. */
static void make_slack(void)
{
	static void *small[2048], *large[32];
	unsigned int i;

	for (i = 0; i < 2048; i++)
		small[i] = get(KIB);
	for (i = 0; i < 32; i++)
		large[i] = get(64 * KIB);
	for (i = 0; i < 2048; i++)
		put(small[i]);
	for (i = 0; i < 32; i++)
		put(large[i]);
}

/* What says where blocks begin stays, and is no slack. */
#define RECORDS	(64 * KIB)

static void kept(void)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	void *mem;

	begin(0, 0);
	make_slack();
	CHECK(file->charged >= 4 * MIB, "%llu bytes", (unsigned long long)file->charged);
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK &&
	      status.cbCommitted == file->charged, "told: %zu bytes", status.cbCommitted);
	/* The next blocks need nothing of the kernel. */
	fake_calls[FAKE_ALLOC] = 0;
	fake_calls[FAKE_FREE] = 0;
	make_slack();
	CHECK(!fake_calls[FAKE_ALLOC] && !fake_calls[FAKE_FREE], "%u and %u calls",
	      fake_calls[FAKE_ALLOC], fake_calls[FAKE_FREE]);
	/* Not more than 8 MiB, and what is much goes at once. */
	make_slack();
	mem = get(16 * MIB);
	memset(mem, 1, 16 * MIB);
	put(mem);
	CHECK(file->charged <= 8 * MIB + RECORDS, "%llu bytes",
	      (unsigned long long)file->charged);
	IHostMalloc_Release(heap);
	CHECK(!file->charged, "%llu bytes without it", (unsigned long long)file->charged);
	IHostMemoryManager_Release(manager);

	/* Of a small limit, a small part. */
	begin(32 * MIB, 0);
	make_slack();
	CHECK(file->charged <= 32 * MIB / 128 + RECORDS, "%llu bytes of 32 MiB",
	      (unsigned long long)file->charged);
	end();
}

/* By the same manager, by another one, by the heap itself: to the last page. */
static void before_a_refusal(void)
{
	IHostMemoryManager *other;
	struct fake_file *others;
	void *mem, *held;

	begin(1024 * MIB, 0);
	held = get(100);
	make_slack();
	CHECK(file->charged > 4 * MIB, "slack");
	CHECK(commit(manager, 1024 * MIB - RECORDS - 64 * KIB, &mem) == S_OK, "its manager's");
	CHECK(commit(manager, 4 * MIB, &held) == NO_MEMORY && !held, "but not more");
	IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE);

	make_slack();
	mem = get(1023 * MIB);
	CHECK(mem && put(mem), "a block");
	end();

	begin(0, 0);
	make_slack();
	other = make(0, 0, &others);
	fake_errno[FAKE_ALLOC] = ENOMEM;
	fake_errno_times[FAKE_ALLOC] = 1;
	CHECK(commit(other, MIB, &mem) == S_OK, "another manager's");
	CHECK(file->charged <= RECORDS, "%llu bytes left", (unsigned long long)file->charged);
	make_slack();
	fake_errno_times[FAKE_ALLOC] = 2;
	CHECK(commit(other, MIB, &mem) == NO_MEMORY, "a refusal");
	CHECK(file->charged <= RECORDS, "%llu bytes left", (unsigned long long)file->charged);
	/* What isn't for want of memory has nothing to do with it. */
	make_slack();
	fake_calls[FAKE_FREE] = 0;
	CHECK(IHostMemoryManager_VirtualAlloc(other, (void *)PAGE, PAGE, MEM_COMMIT,
					      PAGE_READWRITE, eProcessCritical, &mem) ==
	      (HRESULT)0x800701E7 && !fake_calls[FAKE_FREE], "another error");
	IHostMemoryManager_Release(other);
	end();
}

static void *commit_all(void *arg)
{
	void *mem;
	HRESULT hr = commit(manager, 1000 * MIB, &mem);

	if (hr == S_OK)
		hr = IHostMemoryManager_VirtualFree(manager, mem, 0, MEM_RELEASE);
	return hr == S_OK ? arg : NULL;
}

static void until_waiting(void)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };

	do {
		sched_yield();
		HostMemoryManagerStatus(manager, &status);
	} while (status.cWaiting != 1);
}

static void while_somebody_waits(void)
{
	void *large, *small, *result;
	pthread_t thread;
	uint64_t before;

	begin(1024 * MIB, HOSTMEM_INFINITE);
	large = get(MIB);
	small = get(5000);
	make_slack();
	if (commit(manager, 512 * MIB, &result) != S_OK)
		abort();
	pthread_create(&thread, NULL, commit_all, &manager);
	until_waiting();
	CHECK(file->charged <= 513 * MIB + RECORDS + 20 * KIB, "given back before: %llu bytes",
	      (unsigned long long)file->charged);
	/* And nothing is kept now. */
	before = file->charged;
	CHECK(put(large) && file->charged == before - MIB, "a large block");
	before = file->charged;
	CHECK(put(small) && file->charged == before - 20 * KIB, "a slab");
	IHostMemoryManager_VirtualFree(manager, result, 0, MEM_RELEASE);
	pthread_join(thread, &result);
	CHECK(result, "it is served");
	make_slack();
	CHECK(file->charged >= 4 * MIB, "then it is as before");
	end();
}

static atomic_ullong charged_when_told;

static HRESULT callback_query(ICLRMemoryNotificationCallback *this, REFIID riid, void **out)
{
	(void)riid;
	*out = this;
	return S_OK;
}

static ULONG callback_count(ICLRMemoryNotificationCallback *this)
{
	(void)this;
	return 1;
}

static HRESULT callback_told(ICLRMemoryNotificationCallback *this, EMemoryAvailable level)
{
	(void)this;
	if (level == eMemoryAvailableLow)
		charged_when_told = file->charged + 1;
	return S_OK;
}

static void at_a_notification(void)
{
	static const ICLRMemoryNotificationCallbackVtbl vtbl = {
		callback_query, callback_count, callback_count, callback_told,
	};
	ICLRMemoryNotificationCallback callback = { &vtbl };
	int fd;

	begin(0, 0);
	HostMemoryManagerDescriptor(manager, &fd);
	fake_set_level(fd, HOSTMEM_AVAILABLE_HIGH);
	IHostMemoryManager_RegisterMemoryNotificationCallback(manager, &callback);
	make_slack();
	CHECK(file->charged >= 4 * MIB, "slack");
	fake_set_level(fd, HOSTMEM_AVAILABLE_LOW);
	while (!charged_when_told)
		sched_yield();
	CHECK(charged_when_told - 1 <= RECORDS, "%llu bytes when it is told",
	      (unsigned long long)charged_when_told - 1);
	end();
}

static bool is_none(void *mem)
{
	return IHostMalloc_Free(heap, mem) == NO_BLOCK;
}

/* Each byte of a range. */
static bool are_none(char *mem, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!is_none(mem + from))
			return false;
	return true;
}

static void refuse_one(void)
{
	void *mem;

	fake_errno[FAKE_ALLOC] = ENOMEM;
	fake_errno_times[FAKE_ALLOC] = 2;
	commit(manager, MIB, &mem);
}

/* Rule H26, whatever the memory is by now. */
static void foreign_pointers(void)
{
	char *small, *beside, *large, *tail, *records, *blocks[204];
	unsigned int i, freed = 0;
	IHostMalloc *other;
	uint64_t charged;
	void *mem;

	begin(0, 0);
	small = get(80);
	beside = get(80);
	large = get(100 * KIB);
	records = file->regions[1].base;
	CHECK(are_none(small, 1, 80) && are_none(large, 1, 100 * KIB), "inside of blocks");
	/* 80 bytes don't divide the 4 pages of a slab: what is left belongs to none. */
	tail = file->regions[0].base + PAGE + 204 * 80;
	CHECK(are_none(tail, 0, 64), "behind the last block");
	for (i = 0; i < 202; i++)
		blocks[i] = get(80);
	CHECK(are_none(tail, 0, 64) && are_none(blocks[201], 1, 80), "of a full slab, too");
	CHECK(are_none(file->regions[0].base, 0, PAGE) && are_none(records, 0, PAGE),
	      "before the first, and the records");
	IHostMemoryManager_CreateMalloc(manager, 0, &other);
	IHostMalloc_Alloc(other, 80, eTaskCritical, &mem);
	CHECK(is_none(mem) && IHostMalloc_Free(other, small) == NO_BLOCK, "another heap's");
	IHostMalloc_Release(other);

	CHECK(put(small) && is_none(small), "a free one in a slab");
	CHECK(put(large) && is_none(large), "a block that is kept");
	mem = get(100 * KIB);
	CHECK(mem == large && put(mem) && is_none(large), "twice");
	charged = file->charged;
	for (i = 0; i < 202; i++)
		freed += put(blocks[i]);
	CHECK(freed == 202 && put(beside), "the others");
	CHECK(is_none(beside) && is_none(small) && are_none(blocks[7], 0, 80),
	      "of an empty slab");
	CHECK(file->charged == charged, "nothing has changed");
	refuse_one();
	CHECK(is_none(beside) && is_none(small) && is_none(large), "of decommitted pages");
	/* The same pages for something else */
	large = get(16 * KIB);
	CHECK(large <= beside && beside < large + 16 * KIB && is_none(beside) &&
	      are_none(large, 1, 16 * KIB), "inside of what is there now");
	CHECK(put(large) && is_none(large), "and that");
	end();
}

#define THREADS	4
#define SHARED	256
#define ROUNDS	30000

static _Atomic(unsigned char *) shared[SHARED];
static atomic_uint wrong;

/* A block says how long it is, and each of its bytes is made of its address. */
static unsigned char *get_filled(unsigned int *seed)
{
	size_t size = (size_t)rand_r(seed) % (rand_r(seed) % 32 ? 600 : 40000) + sizeof(size);
	unsigned char *mem = get(size);

	memset(mem, (int)((uintptr_t)mem >> 4), size);
	memcpy(mem, &size, sizeof(size));
	return mem;
}

static void put_filled(unsigned char *mem)
{
	unsigned char filling = (unsigned char)((uintptr_t)mem >> 4);
	size_t size, i;

	memcpy(&size, mem, sizeof(size));
	for (i = sizeof(size); i < size; i++)
		wrong += mem[i] != filling;
	wrong += !put(mem);
}

/* Whoever finds a block frees it, be it another thread's. */
static void *exchange(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg, i;
	unsigned char *mem;

	for (i = 0; i < ROUNDS; i++) {
		mem = atomic_exchange(&shared[(unsigned int)rand_r(&seed) % SHARED],
				      rand_r(&seed) % 4 ? get_filled(&seed) : NULL);
		if (mem)
			put_filled(mem);
		if (i % 1000 == 0)
			put_filled(get_filled(&seed));
		/* Others' pointers, at any time */
		wrong += IHostMalloc_Free(heap, file->regions[0].base +
					  rand_r(&seed) % (int)MIB * 2 + 1) == S_OK;
	}
	return NULL;
}

static void threads(void)
{
	pthread_t threads[THREADS];
	unsigned int i;
	void *mem;

	begin(2048 * MIB, 0);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, exchange, (void *)(uintptr_t)(i + 1));
	/* Meanwhile commits are refused, and slack goes. */
	for (i = 0; i < 200; i++)
		wrong += commit(manager, 4096 * MIB, &mem) != NO_MEMORY;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < SHARED; i++)
		if (shared[i])
			put_filled(shared[i]);
	CHECK(!wrong, "%u wrong", wrong);
	commit(manager, 4096 * MIB, &mem);
	CHECK(file->charged <= RECORDS, "%llu bytes left", (unsigned long long)file->charged);
	end();
}

int main(void)
{
	alarm(300);		/* instead of waiting for ever */
	tap_case("kept", kept, 6);
	tap_case("before a refusal", before_a_refusal, 9);
	tap_case("while somebody waits", while_somebody_waits, 5);
	tap_case("at a notification", at_a_notification, 2);
	tap_case("foreign pointers", foreign_pointers, 14);
	tap_case("threads", threads, 2);
	return tap_end();
}
