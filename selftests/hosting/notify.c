// SPDX-License-Identifier: GPL-2.0
/*
 * RegisterMemoryNotificationCallback and GetMemoryLoad, by the real state of
 * memory (rules H15-H18).
 */
#include <sys/mman.h>

#include "manager.h"

/* A callback that counts, and remembers what it was told. */
struct callback {
	ICLRMemoryNotificationCallback iface;
	int references;
	EMemoryAvailable level;
	unsigned int calls;
	pthread_mutex_t lock;
	pthread_cond_t called;
};

static HRESULT query_interface(ICLRMemoryNotificationCallback *this,
			       REFIID riid, void **object)
{
	*object = this;
	return IsEqualIID(riid, &IID_ICLRMemoryNotificationCallback) ?
	       S_OK : E_NOINTERFACE;
}

static ULONG add_ref(ICLRMemoryNotificationCallback *this)
{
	return __atomic_add_fetch(&((struct callback *)this)->references, 1,
				  __ATOMIC_ACQ_REL);
}

static ULONG release(ICLRMemoryNotificationCallback *this)
{
	return __atomic_sub_fetch(&((struct callback *)this)->references, 1,
				  __ATOMIC_ACQ_REL);
}

static HRESULT on_notification(ICLRMemoryNotificationCallback *this,
			       EMemoryAvailable level)
{
	struct callback *callback = (struct callback *)this;

	pthread_mutex_lock(&callback->lock);
	callback->level = level;
	callback->calls++;
	pthread_cond_broadcast(&callback->called);
	pthread_mutex_unlock(&callback->lock);
	return S_OK;
}

static const ICLRMemoryNotificationCallbackVtbl vtbl = {
	query_interface, add_ref, release, on_notification,
};

static struct callback make_callback(void)
{
	return (struct callback) {
		.iface.lpVtbl = &vtbl,
		.references = 1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.called = PTHREAD_COND_INITIALIZER,
	};
}

static bool has_heard(struct callback *callback, EMemoryAvailable level)
{
	bool heard;

	pthread_mutex_lock(&callback->lock);
	heard = callback->level == level;
	pthread_mutex_unlock(&callback->lock);
	return heard;
}

/* The harness's own time limit ends a wait in vain. */
static void until(struct callback *callback, EMemoryAvailable level)
{
	pthread_mutex_lock(&callback->lock);
	while (callback->level != level)
		pthread_cond_wait(&callback->called, &callback->lock);
	pthread_mutex_unlock(&callback->lock);
}

TEST(registration)						/* H16 */
{
	IHostMemoryManager *manager = make_manager(0, 0);
	struct callback callback = make_callback();

	EXPECT_EQ(E_POINTER, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, NULL));
	EXPECT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &callback.iface));
	EXPECT_EQ(2, callback.references);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	EXPECT_EQ(1, callback.references);
}

/* In a callback: a guard page is hit there like anywhere else. */
static char *guarded;
static unsigned int guard_hits, lazy_commits;
static sigset_t blocked_in_callback;

static BOOL commit_lazily(DWORD code, DWORD access, void *address, void *context)
{
	void *page = (void *)((uintptr_t)address & -(uintptr_t)PAGE);
	void *mem;

	(void)access;
	(void)context;
	if (code == EXCEPTION_GUARD_PAGE) {
		guard_hits++;
		return TRUE;
	}
	lazy_commits++;
	return HostVirtualAlloc(page, PAGE, MEM_COMMIT, PAGE_READWRITE, eProcessCritical,
				&mem) == S_OK;
}

static HRESULT touch_guarded(ICLRMemoryNotificationCallback *this,
			     EMemoryAvailable level)
{
	pthread_sigmask(SIG_BLOCK, NULL, &blocked_in_callback);
	guarded[0] = 1;
	guarded[PAGE] = 1;
	return on_notification(this, level);
}

TEST(faults_in_a_callback)					/* G1, H17 */
{
	static const ICLRMemoryNotificationCallbackVtbl touching = {
		query_interface, add_ref, release, touch_guarded,
	};
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };
	IHostMemoryManager *manager = make_manager(MIB, 0);
	struct callback callback = make_callback();
	sigset_t all, before;
	unsigned int i;
	void *mem;

	callback.iface.lpVtbl = &touching;
	ASSERT_TRUE(HostSetFaultCallback(commit_lazily, NULL));
	guarded = VirtualAlloc(NULL, 2 * PAGE, MEM_RESERVE, PAGE_READWRITE);
	ASSERT_NE(NULL, guarded);
	ASSERT_EQ(guarded, VirtualAlloc(guarded, PAGE, MEM_COMMIT,
					PAGE_READWRITE | PAGE_GUARD));
	/* Now it is low, and who registers is told at once. */
	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, MIB, MEM_RESERVE | MEM_COMMIT, &mem));
	/* What the one who registers blocks is not what the callback blocks. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &callback.iface));
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	until(&callback, eMemoryAvailableLow);
	EXPECT_EQ(1, guard_hits);
	EXPECT_EQ(1, lazy_commits);
	EXPECT_EQ(1, guarded[0]);
	EXPECT_EQ(1, guarded[PAGE]);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		EXPECT_EQ(0, sigismember(&blocked_in_callback, faults[i]));
	EXPECT_EQ(1, sigismember(&blocked_in_callback, SIGTERM));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

TEST(own_limit)							/* H17, H18 */
{
	IHostMemoryManager *manager = make_manager(32 * MIB, 0);
	struct callback one = make_callback(), two = make_callback();
	void *mem;

	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &one.iface));
	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &two.iface));
	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, 32 * MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	until(&one, eMemoryAvailableLow);
	until(&two, eMemoryAvailableLow);
	ASSERT_EQ(S_OK, manager_free(manager, mem, 0, MEM_DECOMMIT));
	until(&one, eMemoryAvailableHigh);
	until(&two, eMemoryAvailableHigh);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

/* Whoever registers while little is available hears of it. */
TEST(low_already)						/* H17 */
{
	IHostMemoryManager *manager = make_manager(32 * MIB, 0);
	struct callback callback = make_callback();
	void *mem;

	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, 32 * MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &callback.iface));
	until(&callback, eMemoryAvailableLow);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

/* Its limit is nothing, but it is a manager of this process. */
TEST(nothing_to_commit)						/* H17 */
{
	IHostMemoryManager *manager = make_manager(1, 0);
	struct callback callback = make_callback();

	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &callback.iface));
	until(&callback, eMemoryAvailableLow);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	EXPECT_EQ(1, callback.references);
}

FIXTURE(machine)
{
	IHostMemoryManager *manager;
	struct callback callback;
};

FIXTURE_SETUP(machine)
{
	self->manager = make_manager(0, 0);
	self->callback = make_callback();
}

FIXTURE_TEARDOWN(machine)
{
	EXPECT_EQ(0, IHostMemoryManager_Release(self->manager));
}

/* The machine's memory is filled, and not by commits. */
TEST_F(machine, is_full)				/* H18 */
{
	IHostMemoryManager *manager = self->manager;
	SIZE_T bytes, size, at;
	DWORD before, load;
	char *hog;

	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				manager, &self->callback.iface));
	ASSERT_EQ(S_OK, IHostMemoryManager_GetMemoryLoad(manager, &before, &bytes));
	size = (SIZE_T)meminfo("MemTotal") & -BLOCK;
	hog = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, hog);
	/*
	 * Little is a sixteenth.  What is available is an estimate, and may grow
	 * again: so look after each step, and take no more than needed.
	 */
	for (at = 0; !has_heard(&self->callback, eMemoryAvailableLow);) {
		if (bytes > size / 18) {
			ASSERT_EQ(0, madvise(hog + at, BLOCK, MADV_POPULATE_WRITE));
			at += BLOCK;
		} else {
			sched_yield();
		}
		ASSERT_EQ(S_OK, IHostMemoryManager_GetMemoryLoad(manager, &load,
								 &bytes));
		if (bytes <= size / 18) {
			EXPECT_LT(before, load);
			EXPECT_LE(90u, load);
			EXPECT_GE(99u, load);				/* H15 */
		}
	}
	ASSERT_EQ(0, munmap(hog, size));
	until(&self->callback, eMemoryAvailableHigh);
}

TEST(memory_load)						/* H15 */
{
	IHostMemoryManager *manager = make_manager(32 * MIB, 0);
	SIZE_T before, after;
	DWORD load;
	void *mem;

	EXPECT_EQ(E_POINTER, IHostMemoryManager_GetMemoryLoad(manager, NULL,
							      &before));
	EXPECT_EQ(E_POINTER, IHostMemoryManager_GetMemoryLoad(manager, &load,
							      NULL));
	ASSERT_EQ(S_OK, IHostMemoryManager_GetMemoryLoad(manager, &load, &before));
	EXPECT_EQ(32 * MIB, before);
	/* What is committed counts at once, however fresh the last look was. */
	ASSERT_EQ(S_OK, manager_alloc(manager, NULL, 20 * MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	ASSERT_EQ(S_OK, IHostMemoryManager_GetMemoryLoad(manager, &load, &after));
	EXPECT_EQ(12 * MIB, after);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));

	ASSERT_EQ(S_OK, HostGetMemoryLoad(&load, &after));
	EXPECT_GE(99u, load);
	EXPECT_LT(0, after);
	EXPECT_GE((SIZE_T)meminfo("MemTotal"), after);
}

/* The last Release from within a callback must not wait for itself. */
static IHostMemoryManager *to_release;

static HRESULT release_in_callback(ICLRMemoryNotificationCallback *this,
				   EMemoryAvailable level)
{
	if (level == eMemoryAvailableLow)
		IHostMemoryManager_Release(to_release);
	return on_notification(this, level);
}

TEST(last_release_in_callback)
{
	static const ICLRMemoryNotificationCallbackVtbl releasing = {
		query_interface, add_ref, release, release_in_callback,
	};
	struct callback callback = make_callback();
	void *mem;

	callback.iface.lpVtbl = &releasing;
	to_release = make_manager(MIB, 0);
	ASSERT_EQ(S_OK, manager_alloc(to_release, NULL, MIB,
				      MEM_RESERVE | MEM_COMMIT, &mem));
	ASSERT_EQ(S_OK, IHostMemoryManager_RegisterMemoryNotificationCallback(
				to_release, &callback.iface));
	until(&callback, eMemoryAvailableLow);
	EXPECT_SEGV(mem, try_read(mem));
	while (__atomic_load_n(&callback.references, __ATOMIC_ACQUIRE) != 1)
		sched_yield();
}

TEST_HARNESS_MAIN
