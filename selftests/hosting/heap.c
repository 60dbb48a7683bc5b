// SPDX-License-Identifier: GPL-2.0
/*
 * IHostMalloc: heaps in a manager's memory (rules H22-H28).
 */
#include "manager.h"

FIXTURE(heap)
{
	IHostMemoryManager *manager;
	IHostMalloc *heap;
};

FIXTURE_SETUP(heap)
{
	self->manager = make_manager(32 * MIB, 0);
	self->heap = make_heap(self->manager, MALLOC_THREADSAFE);
}

FIXTURE_TEARDOWN(heap)
{
	EXPECT_EQ(0, IHostMalloc_Release(self->heap));
	EXPECT_EQ(0, manager_status(self->manager).cbReserved);
	EXPECT_EQ(0, IHostMemoryManager_Release(self->manager));
}

TEST_F(heap, types)						/* H22, H23 */
{
	IHostMalloc *other = POISON_POINTER;

	EXPECT_EQ(E_POINTER, IHostMemoryManager_CreateMalloc(
				self->manager, MALLOC_THREADSAFE, NULL));
	EXPECT_EQ(E_INVALIDARG, IHostMemoryManager_CreateMalloc(
				self->manager, 4, &other));
	EXPECT_EQ(NULL, other);
	ASSERT_EQ(S_OK, IHostMemoryManager_CreateMalloc(self->manager, 0, &other));
	EXPECT_EQ(0, IHostMalloc_Release(other));
	ASSERT_EQ(S_OK, IHostMemoryManager_CreateMalloc(
				self->manager,
				MALLOC_THREADSAFE | MALLOC_EXECUTABLE, &other));
	EXPECT_EQ(0, IHostMalloc_Release(other));
}

TEST_F(heap, is_in_the_manager)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T written, before;
	void *mem;

	before = manager_status(self->manager).cbCommitted;
	ASSERT_EQ(S_OK, heap_alloc(self->heap, 4 * MIB, &mem));
	EXPECT_LE(before + 4 * MIB, manager_status(self->manager).cbCommitted);
	EXPECT_EQ(S_OK, IHostMemoryManager_VirtualQuery(self->manager, mem, &info,
							sizeof(info), &written));
	EXPECT_EQ(MEM_COMMIT, info.State);
	EXPECT_EQ(MEM_PRIVATE, info.Type);
	EXPECT_EQ(PAGE_READWRITE, info.Protect);
	/* It is the manager's; but not to be freed behind the heap's back. */
	stamp(mem, 4 * MIB, 1);
	EXPECT_EQ(NULL, unstamped(mem, 4 * MIB, 1));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem));
}

/* Blocks are memory of the manager's kind. */
TEST(is_as_the_manager)
{
	IHostMemoryManager *manager;
	IHostMalloc *heap;
	DWORD flags, type;
	void *mem;

	for (flags = 0; flags < 2; flags++)
		for (type = 0; type <= MALLOC_EXECUTABLE; type += MALLOC_EXECUTABLE) {
			manager = make_manager_as(flags, 0, 0);
			heap = make_heap(manager, type);
			ASSERT_EQ(S_OK, heap_alloc(heap, 4 * PAGE, &mem));
			mem = (void *)(((uintptr_t)mem + PAGE - 1) & -(uintptr_t)PAGE);
			EXPECT_EQ(flags, can_be_pinned(mem))
				TH_LOG("type %u", type);
			EXPECT_EQ(0, IHostMalloc_Release(heap));
			EXPECT_EQ(0, IHostMemoryManager_Release(manager));
		}
}

/* What is freed can be committed by others: the limit gets it back. */
TEST_F(heap, gives_back)
{
	SIZE_T before = manager_status(self->manager).cbCommitted;
	void *mem[64], *all;
	unsigned int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 64; i++)
			ASSERT_EQ(S_OK, heap_alloc(self->heap, 256 * KIB,
						   &mem[i % 64]));
		for (i = 0; i < 64; i++)
			ASSERT_EQ(S_OK, IHostMalloc_Free(self->heap, mem[i]));
		EXPECT_GE(before + 2 * MIB,
			  manager_status(self->manager).cbCommitted);
		ASSERT_EQ(S_OK, manager_alloc(self->manager, NULL, 26 * MIB,
					      MEM_RESERVE | MEM_COMMIT, &all));
		ASSERT_EQ(S_OK, manager_free(self->manager, all, 0, MEM_RELEASE));
	}
}

TEST_F(heap, out_of_memory)					/* H24 */
{
	void *mem[40], *more = POISON_POINTER;
	unsigned int i, nr;

	for (nr = 0; nr < 40; nr++)
		if (heap_alloc(self->heap, MIB, &mem[nr]) != S_OK)
			break;
	ASSERT_GT(40u, nr);
	EXPECT_LE(24u, nr);
	EXPECT_EQ(E_OUTOFMEMORY, heap_alloc(self->heap, MIB, &more));
	EXPECT_EQ(NULL, more);
	more = POISON_POINTER;
	EXPECT_EQ(E_OUTOFMEMORY, heap_alloc(self->heap, SIZE_MAX, &more));
	EXPECT_EQ(NULL, more);
	for (i = 0; i < nr; i++)
		EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem[i]));
	EXPECT_EQ(S_OK, heap_alloc(self->heap, 20 * MIB, &more));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, more));
}

/* A small limit is enough for a small heap. */
TEST(small_limit)
{
	IHostMemoryManager *manager = make_manager(MIB, 0);
	IHostMalloc *heap = make_heap(manager, MALLOC_THREADSAFE);
	void *mem[64];
	unsigned int i;

	for (i = 0; i < 64; i++)
		ASSERT_EQ(S_OK, heap_alloc(heap, 1000, &mem[i]));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(S_OK, IHostMalloc_Free(heap, mem[i]));
	EXPECT_EQ(0, IHostMalloc_Release(heap));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST_F(heap, foreign_pointers)					/* H26 */
{
	IHostMalloc *other = make_heap(self->manager, MALLOC_THREADSAFE);
	void *mem, *small, *of_other, *of_process = malloc(100);
	void *of_manager;
	int local;

	ASSERT_EQ(S_OK, manager_alloc(self->manager, NULL, PAGE,
				      MEM_RESERVE | MEM_COMMIT, &of_manager));
	ASSERT_EQ(S_OK, heap_alloc(self->heap, 3 * MIB, &mem));
	ASSERT_EQ(S_OK, heap_alloc(self->heap, 100, &small));
	ASSERT_EQ(S_OK, heap_alloc(other, 100, &of_other));
	EXPECT_EQ(HOST_E_INVALIDOPERATION, IHostMalloc_Free(self->heap, &local));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, of_process));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, of_manager));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, of_other));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, (char *)mem + PAGE));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, (char *)small + 1));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, (char *)small + 16));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, (char *)mem + 64 * MIB));
	EXPECT_EQ(HOST_E_INVALIDOPERATION,
		  IHostMalloc_Free(self->heap, POISON_POINTER));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, NULL));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, small));
	EXPECT_EQ(HOST_E_INVALIDOPERATION, IHostMalloc_Free(self->heap, small));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem));
	EXPECT_EQ(HOST_E_INVALIDOPERATION, IHostMalloc_Free(self->heap, mem));
	EXPECT_EQ(S_OK, IHostMalloc_Free(other, of_other));
	EXPECT_EQ(0, IHostMalloc_Release(other));
	EXPECT_EQ(S_OK, manager_free(self->manager, of_manager, 0, MEM_RELEASE));
	free(of_process);
}

TEST_F(heap, debug_alloc)					/* H25 */
{
	void *mem = NULL;

	EXPECT_EQ(S_OK, IHostMalloc_DebugAlloc(self->heap, 10, eTaskCritical,
					       (char *)"file.c", 7, &mem));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem));
	EXPECT_EQ(S_OK, IHostMalloc_DebugAlloc(self->heap, 10, eTaskCritical,
					       NULL, -1, &mem));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem));
	EXPECT_EQ(E_POINTER, IHostMalloc_DebugAlloc(self->heap, 10, eTaskCritical,
						    NULL, 0, NULL));
	EXPECT_EQ(E_POINTER, heap_alloc(self->heap, 10, NULL));
}

TEST_F(heap, sizes)						/* H24, H27 */
{
	void *mem[200], *nothing[2];
	unsigned int i;

	for (i = 0; i < 200; i++) {
		ASSERT_EQ(S_OK, heap_alloc(self->heap, i * 37 + 1, &mem[i]));
		EXPECT_EQ(0, (uintptr_t)mem[i] % 16);
		memset(mem[i], (int)i, i * 37 + 1);
	}
	for (i = 0; i < 200; i++) {
		EXPECT_EQ(i, *(unsigned char *)mem[i]);
		EXPECT_EQ(i, ((unsigned char *)mem[i])[i * 37]);
		EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem[i]));
	}
	ASSERT_EQ(S_OK, heap_alloc(self->heap, 0, &nothing[0]));
	ASSERT_EQ(S_OK, heap_alloc(self->heap, 0, &nothing[1]));
	EXPECT_NE(NULL, nothing[0]);
	EXPECT_NE(nothing[0], nothing[1]);
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, nothing[0]));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, nothing[1]));
}

TEST_F(heap, executable)					/* H23 */
{
	IHostMalloc *stubs = make_heap(self->manager, MALLOC_EXECUTABLE);
	int result = 0;
	void *mem;

	ASSERT_EQ(S_OK, heap_alloc(stubs, sizeof(code_of_42), &mem));
	put_code_of_42(mem);
	EXPECT_NO_FAULT(try_exec(mem, &result));
	EXPECT_EQ(42, result);
	EXPECT_EQ(0, IHostMalloc_Release(stubs));
	ASSERT_EQ(S_OK, heap_alloc(self->heap, sizeof(code_of_42), &mem));
	put_code_of_42(mem);
	EXPECT_SEGV(mem, try_exec(mem, &result));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem));
}

/* A heap keeps its manager alive, and what it never freed goes with it. */
TEST(outlives_reference)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	IHostMalloc *heap = make_heap(manager, MALLOC_THREADSAFE);
	void *mem;

	EXPECT_EQ(1, IHostMemoryManager_Release(manager));
	ASSERT_EQ(S_OK, heap_alloc(heap, 100, &mem));
	*(char *)mem = 1;
	EXPECT_EQ(0, IHostMalloc_Release(heap));
	EXPECT_SEGV(mem, try_read(mem));
}

static bool holds(const unsigned char *mem, SIZE_T size, unsigned char value)
{
	SIZE_T i;

	for (i = 0; i < size; i++)
		if (mem[i] != value)
			return false;
	return true;
}

static void *allocate_and_free(void *arg)
{
	IHostMalloc *heap = arg;
	uint64_t state = (uintptr_t)&state;
	void *mem[32] = {};
	SIZE_T size[32];
	long failures = 0;
	unsigned int i, n;

	for (i = 0; i < 2000; i++) {
		n = random_below(&state, 32);
		if (mem[n]) {
			failures += !holds(mem[n], size[n], n);
			failures += IHostMalloc_Free(heap, mem[n]) != S_OK;
			mem[n] = NULL;
			continue;
		}
		size[n] = 1 + random_below(&state, 1u << random_below(&state, 16));
		failures += heap_alloc(heap, size[n], &mem[n]) != S_OK;
		if (mem[n])
			memset(mem[n], (int)n, size[n]);
	}
	for (n = 0; n < 32; n++)
		failures += IHostMalloc_Free(heap, mem[n]) != S_OK;
	return (void *)failures;
}

TEST_F(heap, threads)						/* H22 */
{
	pthread_t threads[4];
	unsigned int i;
	void *failures;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, allocate_and_free,
					    self->heap));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &failures));
		EXPECT_EQ(NULL, failures);
	}
}

TEST_HARNESS_MAIN
