// SPDX-License-Identifier: GPL-2.0
/*
 * The fault callback is called for memory of each manager and each heap (rules S8, G1,
 * G14).
 */
#include "manager.h"

static volatile struct {
	unsigned int hits, violations;
	void *address;
	DWORD access;
	IHostMemoryManager *manager;	/* whose pages are made accessible */
} fault_seen;

static BOOL see_fault(DWORD code, DWORD access, void *address, void *context)
{
	void *page = (void *)((uintptr_t)address & -(uintptr_t)PAGE);
	void *out;

	(void)context;
	fault_seen.address = address;
	fault_seen.access = access;
	if (code == EXCEPTION_GUARD_PAGE) {
		fault_seen.hits++;
		return TRUE;
	}
	fault_seen.violations++;
	return IHostMemoryManager_VirtualAlloc(fault_seen.manager, page, PAGE, MEM_COMMIT,
					       PAGE_READWRITE, eProcessCritical,
					       &out) == S_OK;
}

/* Guarded, reserved and forbidden pages of a manager and of a heap of it. */
static int touch_all(IHostMemoryManager *manager)
{
	volatile char *mem, *block;
	IHostMalloc *heap;
	DWORD old;
	void *out;

	fault_seen.hits = 0;
	fault_seen.violations = 0;
	fault_seen.manager = manager;
	if (manager_alloc(manager, NULL, 3 * PAGE, MEM_RESERVE, &out) != S_OK)
		return __LINE__;
	mem = out;
	if (IHostMemoryManager_VirtualAlloc(manager, out, PAGE, MEM_COMMIT,
					    PAGE_READWRITE | PAGE_GUARD, eProcessCritical,
					    &out) != S_OK)
		return __LINE__;
	mem[1] = 1;
	if (fault_seen.hits != 1 || fault_seen.address != mem + 1 || fault_seen.access != 1)
		return __LINE__;
	if (mem[PAGE + 2] || fault_seen.violations != 1 ||
	    fault_seen.address != mem + PAGE + 2 || fault_seen.access != 0)
		return __LINE__;

	if (IHostMemoryManager_CreateMalloc(manager, 0, &heap) != S_OK ||
	    IHostMalloc_Alloc(heap, 10 * PAGE, eProcessCritical, &out) != S_OK)
		return __LINE__;
	block = (char *)(((uintptr_t)out + PAGE - 1) & -(uintptr_t)PAGE);
	if (IHostMemoryManager_VirtualProtect(manager, (void *)block, PAGE,
					      PAGE_NOACCESS, &old) != S_OK)
		return __LINE__;
	block[3] = 1;
	if (fault_seen.violations != 2 || fault_seen.address != block + 3)
		return __LINE__;
	if (IHostMemoryManager_VirtualProtect(manager, (void *)block, PAGE,
					      PAGE_READWRITE | PAGE_GUARD, &old) != S_OK)
		return __LINE__;
	block[4] = 1;
	if (fault_seen.hits != 2 || fault_seen.violations != 2 || block[3] + block[4] != 2)
		return __LINE__;
	IHostMalloc_Release(heap);
	return 0;
}

TEST(fault_callback)						/* S8, G1, G14 */
{
	IHostMemoryManager *first, *second;
	pid_t child;
	void *mem;
	int fd;

	/* Before there is any manager, and the default one is never used. */
	ASSERT_TRUE(HostSetFaultCallback(see_fault, NULL));
	first = make_manager(0, 0);
	EXPECT_EQ(0, touch_all(first));
	second = make_manager(0, 0);
	EXPECT_EQ(0, touch_all(second));
	EXPECT_EQ(0, touch_all(first));
	EXPECT_EQ(0, IHostMemoryManager_Release(first));
	EXPECT_EQ(0, touch_all(second));

	/* A child has managers, too, and the callback. */
	child = fork();
	if (!child)
		_exit(touch_all(make_manager(0, 0)) != 0);
	EXPECT_EQ(0, status_of(child));

	/* Whoever has closed whatever: the memory is the library's. */
	fault_seen.hits = 0;
	fault_seen.violations = 0;
	ASSERT_EQ(S_OK, IHostMemoryManager_VirtualAlloc(
				second, NULL, PAGE, MEM_RESERVE | MEM_COMMIT,
				PAGE_READWRITE | PAGE_GUARD, eProcessCritical, &mem));
	for (fd = 3; fd < 64; fd++)
		close(fd);
	*(volatile char *)mem = 1;
	EXPECT_EQ(1, fault_seen.hits);
	EXPECT_EQ(mem, fault_seen.address);
}

TEST_HARNESS_MAIN
