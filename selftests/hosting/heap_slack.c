// SPDX-License-Identifier: GPL-2.0
/*
 * What heaps keep of their manager's memory for their next blocks, and when they give it
 * back: with a limit of 256 MiB that is up to 2 MiB.  Records of where blocks begin stay, a
 * page or two for each size.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "manager.h"

#define LIMIT	(256 * MIB)
#define RECORDS	(64 * KIB)

FIXTURE(slack)
{
	IHostMemoryManager *manager;
	IHostMalloc *heap;
};

FIXTURE_SETUP(slack)
{
	void *mem[16];
	unsigned int i;

	self->manager = make_manager(LIMIT, 0);
	self->heap = make_heap(self->manager, MALLOC_THREADSAFE);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(S_OK, heap_alloc(self->heap, 64 * KIB, &mem[i]));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(S_OK, IHostMalloc_Free(self->heap, mem[i]));
	/* It is told, and it is the manager's. */
	EXPECT_LE(MIB, manager_status(self->manager).cbCommitted);
}

FIXTURE_TEARDOWN(slack)
{
	EXPECT_EQ(0, IHostMalloc_Release(self->heap));
	EXPECT_EQ(0, manager_status(self->manager).cbCommitted);
	EXPECT_EQ(0, IHostMemoryManager_Release(self->manager));
}

TEST_F(slack, goes_before_a_refusal)				/* C16 */
{
	void *mem;

	ASSERT_EQ(S_OK, manager_alloc(self->manager, NULL, LIMIT - 512 * KIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	EXPECT_GE(LIMIT - 512 * KIB + RECORDS, manager_status(self->manager).cbCommitted);
	EXPECT_EQ(S_OK, manager_free(self->manager, mem, 0, MEM_RELEASE));
}

TEST_F(slack, goes_before_a_block_is_refused)			/* H24 */
{
	void *mem;

	ASSERT_EQ(S_OK, heap_alloc(self->heap, LIMIT - 512 * KIB, &mem));
	EXPECT_EQ(S_OK, IHostMalloc_Free(self->heap, mem));
	EXPECT_GE(RECORDS, manager_status(self->manager).cbCommitted);
}

TEST_F(slack, goes_before_another_managers_refusal)
{
	IHostMemoryManager *other = make_manager(MIB, 0);
	void *mem;

	EXPECT_EQ(E_OUTOFMEMORY, manager_alloc(other, NULL, 2 * MIB,
					       MEM_RESERVE | MEM_COMMIT, &mem));
	EXPECT_GE(RECORDS, manager_status(self->manager).cbCommitted);
	EXPECT_EQ(0, IHostMemoryManager_Release(other));
}

static atomic_bool told_low;

static HRESULT query_callback(ICLRMemoryNotificationCallback *this, REFIID riid, void **object)
{
	(void)riid;
	*object = this;
	return S_OK;
}

static ULONG count_callback(ICLRMemoryNotificationCallback *this)
{
	(void)this;
	return 1;
}

static HRESULT tell_callback(ICLRMemoryNotificationCallback *this, EMemoryAvailable level)
{
	(void)this;
	if (level == eMemoryAvailableLow)
		atomic_store(&told_low, true);
	return S_OK;
}

TEST_F(slack, goes_when_memory_is_low)				/* H17 */
{
	static const ICLRMemoryNotificationCallbackVtbl vtbl = {
		query_callback, count_callback, count_callback, tell_callback,
	};
	ICLRMemoryNotificationCallback callback = { .lpVtbl = &vtbl };
	void *mem;

	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				self->manager, &callback));
	/* No commit is refused. */
	ASSERT_EQ(S_OK, manager_alloc(self->manager, NULL, LIMIT - 2 * MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	while (!atomic_load(&told_low))
		sched_yield();
	EXPECT_GE(LIMIT - 2 * MIB + RECORDS, manager_status(self->manager).cbCommitted);
	EXPECT_EQ(S_OK, manager_free(self->manager, mem, 0, MEM_RELEASE));
}

/* The heap of a child made by fork() is nobody's slack, and the child's own is. */
TEST_F(slack, of_a_forked_child)
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		IHostMemoryManager *manager = make_manager(32 * MIB, 0);
		IHostMalloc *heap = make_heap(manager, MALLOC_THREADSAFE);
		SIZE_T before;
		void *mem;

		heap_alloc(heap, 100 * KIB, &mem);
		IHostMalloc_Free(heap, mem);
		before = manager_status(manager).cbCommitted;
		if (manager_alloc(manager, NULL, 64 * MIB, MEM_RESERVE | MEM_COMMIT,
				  &mem) != E_OUTOFMEMORY)
			_exit(1);
		_exit(manager_status(manager).cbCommitted + 100 * KIB <= before ? 0 : 2);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_LE(MIB, manager_status(self->manager).cbCommitted);
}

TEST_HARNESS_MAIN
