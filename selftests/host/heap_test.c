// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: IHostMalloc: blocks, what is no block, memory that is committed and given
 * back, limits, threads, and that the process's malloc() has nothing to do with it
 * (rules H22-H28).
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "malloc_used.h"
#include "tap.h"

#define NO_MEMORY	((HRESULT)0x8007000E)
#define NO_BLOCK	((HRESULT)0x80131022)
#define POINTER		((HRESULT)0x80004003)
#define ARGUMENT	((HRESULT)0x80070057)
#define NOT_OWNER	((HRESULT)0x80131025)

static IHostMemoryManager *manager;
static struct fake_file *file;
static IHostMalloc *heap;

static void begin(SIZE_T limit)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, limit, 0, 0 };
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

/* Bytes committed in the range of blocks, which is the first region. */
static uint64_t committed(void)
{
	uint64_t pages = 0, i;

	for (i = 0; i < file->regions[0].length / 4096; i++)
		pages += file->regions[0].committed[i];
	return pages * 4096;
}

/* Another commit of the process is refused: nothing is kept for the next block. */
static void refuse_one(void)
{
	void *mem;

	fake_errno[FAKE_ALLOC] = ENOMEM;
	fake_errno_times[FAKE_ALLOC] = 2;
	if (IHostMemoryManager_VirtualAlloc(manager, NULL, 4096, MEM_RESERVE | MEM_COMMIT,
					    PAGE_READWRITE, eTaskCritical, &mem) != NO_MEMORY)
		abort();
}

static void *get(SIZE_T size)
{
	void *mem = &mem;
	HRESULT hr = IHostMalloc_Alloc(heap, size, eTaskCritical, &mem);

	if (hr == S_OK ? !mem : !!mem)
		abort();
	return mem;
}

/* The process's malloc() has nothing to do with it, nor have settings for that. */
static void surroundings(void)
{
	struct malloc_used before, after;
	void *small, *large;

	setenv("MALLOC_CONF", "tcache:true,dirty_decay_ms:10000,zero:true", 1);
	begin(0);
	before = malloc_used();
	small = get(100);
	large = get(100000);
	memset(small, 1, 100);
	memset(large, 1, 100000);
	CHECK(file->charged >= 100100, "%llu bytes", (unsigned long long)file->charged);
	after = malloc_used();
	CHECK(before.calls == after.calls && before.bytes == after.bytes,
	      "%zu calls and %zu bytes of malloc()", after.calls, after.bytes);
	CHECK(IHostMalloc_Free(heap, small) == S_OK && IHostMalloc_Free(heap, large) == S_OK,
	      "Free");
	end();
}

static void creation(void)
{
	IHostMalloc *other = (void *)&heap;
	DWORD type;
	void *out;

	begin(0);
	CHECK(IHostMemoryManager_CreateMalloc(manager, 0, NULL) == POINTER, "NULL");
	for (type = 0; type < 4; type++) {
		CHECK(IHostMemoryManager_CreateMalloc(manager, type, &other) == S_OK,
		      "type %u", type);
		CHECK(IHostMalloc_Release(other) == 0, "type %u", type);
	}
	for (type = 4; type; type <<= 1) {
		other = (void *)&heap;
		CHECK(IHostMemoryManager_CreateMalloc(manager, type | 1, &other) ==
		      ARGUMENT && !other, "type 0x%x", type | 1);
	}

	out = heap;
	CHECK(IHostMalloc_QueryInterface(heap, &IID_IHostMemoryManager, &out) ==
	      (HRESULT)0x80004002 && !out, "another interface");
	CHECK(IHostMalloc_QueryInterface(heap, &IID_IHostMalloc, NULL) == POINTER, "NULL");
	CHECK(IHostMalloc_QueryInterface(heap, &IID_IHostMalloc, &out) == S_OK &&
	      out == heap, "its own");
	CHECK(IHostMalloc_QueryInterface(heap, &IID_IUnknown, &out) == S_OK &&
	      out == heap, "IUnknown");
	CHECK(IHostMalloc_AddRef(heap) == 4 && IHostMalloc_Release(heap) == 3 &&
	      IHostMalloc_Release(heap) == 2 && IHostMalloc_Release(heap) == 1,
	      "references");

	/* It keeps its manager, which has one reference from it. */
	CHECK(IHostMemoryManager_Release(manager) == 1, "the manager stays");
	CHECK(get(100) && file->charged && !file->shut, "and so does the heap");
	fake_calls[FAKE_SHUTDOWN] = 0;
	CHECK(IHostMalloc_Release(heap) == 0 && fake_calls[FAKE_SHUTDOWN] == 1,
	      "both end");
}

static void creation_fails(void)
{
	IHostMalloc *other = (void *)&heap;

	begin(0);
	fake_errno[FAKE_ALLOC] = ENOMEM;
	fake_errno_times[FAKE_ALLOC] = 1;
	CHECK(IHostMemoryManager_CreateMalloc(manager, 1, &other) == NO_MEMORY && !other,
	      "no range");
	/* The largest range that there is room for; less than 16 MiB isn't worth it. */
	fake_largest_hole = (uint64_t)1 << 26;
	CHECK(IHostMemoryManager_CreateMalloc(manager, 1, &other) == S_OK, "64 MiB");
	CHECK(IHostMalloc_Release(other) == 0, "Release");
	fake_largest_hole = (uint64_t)1 << 24;
	CHECK(IHostMemoryManager_CreateMalloc(manager, 1, &other) == S_OK, "16 MiB");
	IHostMalloc_Release(other);
	fake_largest_hole--;
	CHECK(IHostMemoryManager_CreateMalloc(manager, 1, &other) == NO_MEMORY && !other,
	      "less");
	fake_largest_hole = 0;
	CHECK(IHostMemoryManager_CreateMalloc(manager, 1, &other) == NO_MEMORY, "none");
	fake_largest_hole = (uint64_t)1 << 46;
	end();
}

#define BLOCKS	3000

static void blocks(void)
{
	static unsigned char *block[BLOCKS];
	unsigned int aligned = 0, intact = 0, freed = 0;
	size_t i, size;

	begin(0);
	errno = ERANGE;
	for (i = 0; i < BLOCKS; i++) {
		size = i < 1000 ? i : i * 37;
		block[i] = get(size);
		aligned += !((uintptr_t)block[i] % 16);
		memset(block[i], (int)i, size);
	}
	for (i = 0; i < BLOCKS; i++) {
		size = i < 1000 ? i : i * 37;
		intact += !size || (block[i][0] == (unsigned char)i &&
				    !memcmp(block[i], block[i] + 1, size - 1));
	}
	CHECK(aligned == BLOCKS, "%u aligned", aligned);
	CHECK(intact == BLOCKS, "%u intact", intact);
	for (i = 0; i < BLOCKS; i++)
		freed += IHostMalloc_Free(heap, block[i * 7 % BLOCKS]) == S_OK;
	CHECK(freed == BLOCKS, "%u freed", freed);
	refuse_one();
	/* What is left says where blocks began, 4 KiB for each 512 KiB. */
	CHECK(committed() == 0 && file->charged <= BLOCKS * BLOCKS / 2 * 37 / 64,
	      "%llu bytes", (unsigned long long)file->charged);

	block[0] = get(0);
	block[1] = get(0);
	CHECK(block[0] && block[1] && block[0] != block[1], "empty ones");
	CHECK(IHostMalloc_Free(heap, block[0]) == S_OK &&
	      IHostMalloc_Free(heap, block[1]) == S_OK, "Free");

	CHECK(IHostMalloc_DebugAlloc(heap, 100, eTaskCritical, NULL, 0,
				     (void **)&block[0]) == S_OK && block[0], "H25");
	CHECK(IHostMalloc_DebugAlloc(heap, 100, eProcessCritical, (char *)__FILE__,
				     __LINE__, (void **)&block[1]) == S_OK && block[1],
	      "H25");
	CHECK(errno == ERANGE, "errno %d", errno);
	end();
	CHECK(!fake_mappings, "%u mappings", fake_mappings);
}

static void no_blocks(void)
{
	static char outside[64] __attribute__((aligned(16)));
	IHostMalloc *other;
	void *foreign = NULL;
	char *mem, *large;
	size_t i;

	begin(0);
	IHostMemoryManager_CreateMalloc(manager, 0, &other);
	IHostMalloc_Alloc(other, 64, eTaskCritical, &foreign);
	mem = get(64);
	large = get(1 << 20);

	CHECK(IHostMalloc_Free(heap, NULL) == S_OK, "NULL (rule H26)");
	CHECK(IHostMalloc_Free(heap, outside) == NO_BLOCK, "static memory");
	CHECK(IHostMalloc_Free(heap, (void *)16) == NO_BLOCK, "a low address");
	CHECK(IHostMalloc_Free(heap, (void *)-16) == NO_BLOCK, "a high address");
	CHECK(IHostMalloc_Free(heap, foreign) == NO_BLOCK, "another heap's");
	for (i = 1; i < 64; i++)
		CHECK(IHostMalloc_Free(heap, mem + i) == NO_BLOCK, "byte %zu", i);
	CHECK(IHostMalloc_Free(heap, mem - 16) == NO_BLOCK, "before the block");
	CHECK(IHostMalloc_Free(heap, large + 4096) == NO_BLOCK, "in the large one");
	/* Where no block has been yet */
	CHECK(IHostMalloc_Free(heap, (char *)((uintptr_t)mem + (1ul << 30))) == NO_BLOCK,
	      "far behind");

	CHECK(IHostMalloc_Free(heap, mem) == S_OK, "the block");
	CHECK(IHostMalloc_Free(heap, mem) == NO_BLOCK, "once more");
	CHECK(IHostMalloc_Free(heap, large) == S_OK, "the large one");
	CHECK(IHostMalloc_Free(heap, large) == NO_BLOCK, "once more");
	CHECK(IHostMalloc_Free(other, foreign) == S_OK, "by its own heap");
	IHostMalloc_Release(other);
	end();
}

/* What the manager is asked for. */
static void commits(void)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	IHostMalloc *executable;
	int (*function)(void);
	uint64_t before;
	void *mem;
	DWORD level;

	begin(0);
	CHECK(file->charged == 0, "nothing at first");
	for (level = 0; level < 3; level++) {
		CHECK(IHostMalloc_Alloc(heap, 1 << 20, (EMemoryCriticalLevel)level,
					&mem) == S_OK, "level %u", level);
		CHECK(fake_last_alloc.level == level &&
		      fake_last_alloc.type == MEM_COMMIT &&
		      fake_last_alloc.protect == PAGE_READWRITE &&
		      fake_last_alloc.deadline == 0, "level %u", level);
	}
	mem = &mem;
	CHECK(IHostMalloc_Alloc(heap, 1, (EMemoryCriticalLevel)3, &mem) == ARGUMENT && !mem,
	      "no level");
	CHECK(IHostMalloc_Alloc(heap, 1, eTaskCritical, NULL) == POINTER, "NULL");

	before = file->charged;
	mem = get(8 << 20);
	CHECK(file->charged >= before + (8 << 20), "committed");
	memset(mem, 1, 8 << 20);
	IHostMalloc_Free(heap, mem);
	CHECK(file->charged <= before + 4096, "and given back at once");

	before = file->charged;
	IHostMemoryManager_CreateMalloc(manager, MALLOC_EXECUTABLE, &executable);
	IHostMalloc_Alloc(executable, 16, eTaskCritical, &mem);
	memcpy(mem, "\xb8\x2a\x00\x00\x00\xc3", 6);	/* mov $42, %eax; ret */
	memcpy(&function, &mem, sizeof(mem));
	CHECK(function() == 42, "a block that is executed");
	CHECK(HostMemoryManagerStatus(manager, &status) == S_OK && status.cRegions == 4,
	      "%zu regions", status.cRegions);
	IHostMalloc_Release(executable);
	HostMemoryManagerStatus(manager, &status);
	CHECK(status.cRegions == 2 && file->charged == before, "%zu regions",
	      status.cRegions);
	end();
}

static void limits(void)
{
	uint64_t before;
	void *block[512], *mem;
	unsigned int i, n;

	begin(1 << 20);
	CHECK(get(1), "a small manager");
	before = file->charged;
	for (n = 0; n < 512; n++) {
		block[n] = get(4000);
		if (!block[n])
			break;
	}
	CHECK(n > 200 && n < 256, "%u blocks for nine tenths of the limit", n);
	CHECK(!get(4000), "no more");
	CHECK(IHostMalloc_Alloc(heap, 4000, eProcessCritical, &mem) == S_OK,
	      "but for the process");
	CHECK(IHostMalloc_Free(heap, mem) == S_OK, "Free");
	for (i = 0; i < n; i++)
		IHostMalloc_Free(heap, block[i]);
	CHECK(file->charged <= before + 4096 * 4, "%llu bytes left",
	      (unsigned long long)(file->charged - before));

	/* What fails leaves nothing behind, not even address space. */
	before = file->charged;
	for (i = 0; i < 10000; i++)
		if (get(1ul << 30))
			abort();
	CHECK(file->charged == before, "%llu bytes", (unsigned long long)file->charged);
	mem = get(4000);
	CHECK(mem, "a block after that");
	CHECK(!get((SIZE_T)1 << 40), "more than the range");
	CHECK(!get(SIZE_MAX / 2 + 2), "more than half");
	CHECK(!get(SIZE_MAX - 4096), "nearly all");
	CHECK(!get(SIZE_MAX), "all");
	end();

	/* An impossible answer is one here, too. */
	begin(0);
	fake_errno[FAKE_ALLOC] = EIO;
	fake_errno_times[FAKE_ALLOC] = 1000;
	mem = &mem;
	CHECK(IHostMalloc_Alloc(heap, 1 << 20, eTaskCritical, &mem) ==
	      (HRESULT)0x80004005 && !mem, "E_FAIL");
	CHECK(IHostMalloc_Alloc(heap, 1 << 20, eTaskCritical, &mem) ==
	      (HRESULT)0x80131023 && IHostMalloc_Free(heap, NULL) == (HRESULT)0x80131023,
	      "HOST_E_CLRNOTAVAILABLE");
	fake_errno_times[FAKE_ALLOC] = 0;
	end();
}

#define THREADS	4
#define ROUNDS	20000

static void *get_and_free(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	struct { unsigned char *mem; size_t size; } held[64] = { 0 };
	uintptr_t wrong = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		unsigned int k = (unsigned int)rand_r(&seed) % 64;
		size_t size = (size_t)rand_r(&seed) % (i % 64 ? 500 : 100000) + 2;

		if (held[k].mem) {
			wrong += held[k].mem[0] != k ||
				 held[k].mem[held[k].size - 1] != k + 1;
			wrong += IHostMalloc_Free(heap, held[k].mem) != S_OK;
		}
		held[k].mem = get(size);
		held[k].size = size;
		held[k].mem[0] = (unsigned char)k;
		held[k].mem[size - 1] = (unsigned char)(k + 1);
	}
	for (i = 0; i < 64; i++)
		if (held[i].mem)
			wrong += IHostMalloc_Free(heap, held[i].mem) != S_OK;
	return (void *)wrong;
}

static void *free_it(void *arg)
{
	return (void *)(uintptr_t)(IHostMalloc_Free(heap, arg) == S_OK);
}

static void threads(void)
{
	pthread_t threads[THREADS];
	uintptr_t sum, freed = 0;
	void *result, *mem;
	unsigned int i, j;

	begin(0);
	for (sum = 0, i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, get_and_free, (void *)(uintptr_t)(i + 1));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		sum += (uintptr_t)result;
	}
	CHECK(sum == 0, "%zu wrong", (size_t)sum);
	/* However the threads' frees met. */
	refuse_one();
	CHECK(committed() == 0, "%llu bytes left", (unsigned long long)committed());

	/* Of several that free one block, one does. */
	for (j = 0; j < 200; j++) {
		mem = get(64);
		for (i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, free_it, mem);
		for (i = 0; i < THREADS; i++) {
			pthread_join(threads[i], &result);
			freed += (uintptr_t)result;
		}
	}
	CHECK(freed == 200, "%zu frees", (size_t)freed);
	end();
}

static int use_in_child(void *mem)
{
	void *other = mem;
	int wrong;

	/* One bit for each wrong answer. */
	wrong = IHostMalloc_Alloc(heap, 1, eTaskCritical, &other) != NOT_OWNER || other;
	wrong |= (IHostMalloc_Free(heap, mem) != NOT_OWNER) << 1;
	wrong |= (IHostMalloc_Free(heap, NULL) != NOT_OWNER) << 2;
	wrong |= (IHostMalloc_Release(heap) != 0) << 3;
	return wrong | (IHostMemoryManager_Release(manager) != 0) << 4;
}

static void fork_child(void)
{
	int status = -1;
	void *mem;
	pid_t child;

	begin(0);
	mem = get(100);
	memset(mem, 7, 100);
	fflush(stdout);
	child = fork();
	if (!child)
		_exit(use_in_child(mem));
	waitpid(child, &status, 0);
	CHECK(status == 0, "status 0x%x", status);
	CHECK(((char *)mem)[99] == 7 && get(1) && IHostMalloc_Free(heap, mem) == S_OK,
	      "the parent's");
	end();
}

int main(void)
{
	tap_case("surroundings", surroundings, 3);
	tap_case("creation", creation, 1 + 4 * 2 + 30 + 5 + 3);
	tap_case("creation fails", creation_fails, 6);
	tap_case("blocks", blocks, 10);
	tap_case("what is no block", no_blocks, 5 + 63 + 3 + 5);
	tap_case("commits", commits, 1 + 6 + 2 + 2 + 3);
	tap_case("limits", limits, 12 + 2);
	tap_case("threads", threads, 3);
	tap_case("fork child", fork_child, 2);
	return tap_end();
}
