// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: registered callbacks are told when memory becomes low, neither or high,
 * by one thread, with no lock held, until the manager's last Release().
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/mscoree.h>

#include "fake_device.h"
#include "tap.h"

#define LOW	1
#define NEUTRAL	2
#define HIGH	3

/* A callback that keeps what it is told. */
struct listener {
	ICLRMemoryNotificationCallback iface;
	atomic_uint references;
	atomic_uint told;
	int levels[16];
	sigset_t blocked;
	pid_t thread;
	void (*act)(struct listener *listener, int level);
};

static struct listener *listener_of(ICLRMemoryNotificationCallback *iface)
{
	return (struct listener *)iface;
}

static HRESULT query(ICLRMemoryNotificationCallback *This, REFIID riid, void **out)
{
	(void)This;
	(void)riid;
	*out = NULL;
	return E_NOINTERFACE;
}

static ULONG add_ref(ICLRMemoryNotificationCallback *This)
{
	return ++listener_of(This)->references;
}

static ULONG release(ICLRMemoryNotificationCallback *This)
{
	return --listener_of(This)->references;
}

static HRESULT notify(ICLRMemoryNotificationCallback *This, EMemoryAvailable level)
{
	struct listener *listener = listener_of(This);
	unsigned int told = listener->told;

	pthread_sigmask(SIG_BLOCK, NULL, &listener->blocked);
	listener->thread = gettid();
	listener->levels[told] = (int)level;
	if (listener->act)
		listener->act(listener, (int)level);
	listener->told = told + 1;
	return S_FALSE;		/* is ignored */
}

static const ICLRMemoryNotificationCallbackVtbl listener_vtbl = {
	query, add_ref, release, notify,
};

#define LISTENER	{ .iface = { &listener_vtbl }, .references = 1 }

static IHostMemoryManager *manager;
static int manager_fd;

static void begin(uint32_t level)
{
	HOSTMEM_OPTIONS options = { sizeof(options), FAKE_DEVICE, 0, 0, 0 };

	fake_level = level;
	fake_calls[FAKE_LOAD] = 0;
	if (CreateHostMemoryManager(&options, &manager) != S_OK ||
	    HostMemoryManagerDescriptor(manager, &manager_fd) != S_OK)
		abort();
}

static HRESULT listen_with(struct listener *listener)
{
	return IHostMemoryManager_RegisterMemoryNotificationCallback(manager,
								     &listener->iface);
}

/*
 * Until the thread has asked the kernel after a first registration, which asks once
 * itself while the new thread does so, too.
 */
static void until_registered(void)
{
	while (__atomic_load_n(&fake_calls[FAKE_LOAD], __ATOMIC_SEQ_CST) < 3)
		sched_yield();
}

static void until_told(struct listener *listener, unsigned int times)
{
	while (listener->told < times)
		sched_yield();
}

static unsigned int threads(void)
{
	/* Some C libraries' opendir() would ask our own open(). */
	DIR *dir = fdopendir((int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task",
					  O_RDONLY | O_DIRECTORY));
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;		/* . and .. */
}

static void changes(void)
{
	struct listener a = LISTENER, b = LISTENER;

	begin(HIGH);
	CHECK(IHostMemoryManager_RegisterMemoryNotificationCallback(manager, NULL) ==
	      (HRESULT)0x80004003, "NULL");
	CHECK(threads() == 1, "%u threads", threads());
	CHECK(listen_with(&a) == S_OK && a.references == 2, "a reference");
	CHECK(threads() == 2, "%u threads", threads());
	until_registered();
	fake_set_level(manager_fd, NEUTRAL);
	until_told(&a, 1);
	fake_set_level(manager_fd, LOW);
	until_told(&a, 2);
	/* Who comes when memory is low already is told, and nobody else is. */
	CHECK(listen_with(&b) == S_OK, "another one");
	until_told(&b, 1);
	fake_set_level(manager_fd, HIGH);
	until_told(&a, 3);
	until_told(&b, 2);
	fake_set_level(manager_fd, LOW);
	until_told(&a, 4);
	until_told(&b, 3);
	CHECK(threads() == 2 && a.thread == b.thread && a.thread != gettid(),
	      "one thread for both");

	CHECK(IHostMemoryManager_Release(manager) == 0, "the last Release");
	CHECK(threads() == 1, "%u threads", threads());
	CHECK(a.references == 1 && b.references == 1, "references");
	CHECK(a.told == 4 && a.levels[0] == NEUTRAL && a.levels[1] == LOW &&
	      a.levels[2] == HIGH && a.levels[3] == LOW, "told %u times", a.told);
	CHECK(b.told == 3 && b.levels[0] == LOW && b.levels[1] == HIGH &&
	      b.levels[2] == LOW, "told %u times", b.told);
	CHECK(sigismember(&a.blocked, SIGINT) == 1 && sigismember(&a.blocked, SIGTERM) == 1 &&
	      sigismember(&a.blocked, SIGPROF) == 1, "signals are blocked");
}

static void already_low(void)
{
	struct listener listener = LISTENER;

	begin(LOW);
	CHECK(listen_with(&listener) == S_OK, "registered");
	until_told(&listener, 1);
	IHostMemoryManager_Release(manager);
	CHECK(listener.told == 1 && listener.levels[0] == LOW, "told %u times",
	      listener.told);

	/* In all other cases there is no news yet. */
	listener.told = 0;
	begin(NEUTRAL);
	CHECK(listen_with(&listener) == S_OK, "registered");
	until_registered();
	IHostMemoryManager_Release(manager);
	CHECK(listener.told == 0, "told %u times", listener.told);
}

/* The kernel tells a change to whoever asks first, and that may be another thread. */
static atomic_bool hold, held;

static void wait_inside(struct listener *listener, int level)
{
	(void)listener;
	(void)level;
	held = true;
	while (hold)
		sched_yield();
}

static void change_seen_by_others(void)
{
	struct listener listener = LISTENER;
	SIZE_T available;
	DWORD load;

	begin(LOW);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	CHECK(listen_with(&listener) == S_OK, "registered");
	until_told(&listener, 1);
	/* The thread has polled before the second call, and will again after it. */
	listener.act = wait_inside;
	hold = true;
	held = false;
	fake_set_level(manager_fd, NEUTRAL);
	while (!held)
		sched_yield();

	fake_set_level(manager_fd, HIGH);
	fake_show(&fake_files[manager_fd], 0);
	CHECK(IHostMemoryManager_GetMemoryLoad(manager, &load, &available) == S_OK &&
	      fake_files[manager_fd].seen == HIGH, "seen");
	hold = false;
	until_told(&listener, 3);
	CHECK(listener.levels[1] == NEUTRAL && listener.levels[2] == HIGH, "told %d",
	      listener.levels[2]);
	IHostMemoryManager_Release(manager);
}

/* The same, but the other thread asks when this one has asked and not seen the answer. */
static pthread_t main_thread;

static void hold_other_thread(void)
{
	if (pthread_equal(pthread_self(), main_thread))
		return;
	held = true;
	while (hold)
		sched_yield();
}

static void change_seen_in_between(void)
{
	struct listener listener = LISTENER;
	SIZE_T available;
	DWORD load;

	begin(LOW);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	CHECK(listen_with(&listener) == S_OK, "registered");
	until_told(&listener, 1);
	fake_set_level(manager_fd, HIGH);
	until_told(&listener, 2);
	fake_set_level(manager_fd, LOW);
	until_told(&listener, 3);

	main_thread = pthread_self();
	hold = true;
	held = false;
	fake_after_load = hold_other_thread;
	fake_set_level(manager_fd, NEUTRAL);
	while (!held)
		sched_yield();
	fake_set_level(manager_fd, LOW);
	fake_show(&fake_files[manager_fd], 0);
	IHostMemoryManager_GetMemoryLoad(manager, &load, &available);
	hold = false;
	until_told(&listener, 5);
	CHECK(listener.levels[3] == NEUTRAL && listener.levels[4] == LOW, "told %d, %d",
	      listener.levels[3], listener.levels[4]);
	fake_after_load = NULL;
	IHostMemoryManager_Release(manager);
}

static struct listener late = LISTENER;

/* All that a callback might do with the manager, and would wait for a lock with. */
static void use_manager(struct listener *listener, int level)
{
	SIZE_T available;
	DWORD load;
	void *mem;

	(void)level;
	listener->act = NULL;
	fake_show(&fake_files[manager_fd], 0);
	if (IHostMemoryManager_GetMemoryLoad(manager, &load, &available) != S_OK ||
	    IHostMemoryManager_VirtualAlloc(manager, NULL, 1, MEM_RESERVE, PAGE_READWRITE,
					    eTaskCritical, &mem) != S_OK ||
	    IHostMemoryManager_AcquiredVirtualAddressSpace(manager, mem, 1) != S_OK ||
	    listen_with(&late) != S_OK)
		abort();
	IHostMemoryManager_AddRef(manager);
	IHostMemoryManager_Release(manager);
}

static void inside_a_callback(void)
{
	struct listener listener = LISTENER;

	begin(LOW);
	listener.act = use_manager;
	listen_with(&listener);
	until_told(&listener, 1);
	until_told(&late, 1);
	CHECK(late.levels[0] == LOW, "registered by a callback");
	IHostMemoryManager_Release(manager);
	CHECK(listener.references == 1 && late.references == 1, "references");
}

static unsigned int references_after_release;

static void release_manager(struct listener *listener, int level)
{
	(void)level;
	listener->act = NULL;
	IHostMemoryManager_Release(manager);
	references_after_release = listener->references;
}

/* The thread can't wait for itself. */
static void release_by_a_callback(void)
{
	struct listener listener = LISTENER;
	unsigned int closes = fake_closes;

	begin(LOW);
	listener.act = release_manager;
	listen_with(&listener);
	until_told(&listener, 1);
	while (listener.references > 1 || threads() > 1)
		sched_yield();
	CHECK(references_after_release == 2, "it lasts until it has returned");
	CHECK(fake_closes == closes + 1, "%u files closed", fake_closes - closes);
	CHECK(fake_mappings == 0, "%u mappings", fake_mappings);
}

/* No descriptor or no thread: nothing has happened. */
static void shortage(void)
{
	struct listener listener = LISTENER;
	struct rlimit saved, limit;
	int next;

	begin(LOW);
	next = dup(0);
	close(next);
	getrlimit(RLIMIT_NOFILE, &saved);
	limit = saved;
	limit.rlim_cur = (rlim_t)next;
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK(listen_with(&listener) == (HRESULT)0x8007000E, "no descriptor");
	setrlimit(RLIMIT_NOFILE, &saved);
	CHECK(listener.references == 1, "%u references", listener.references);
	CHECK(listen_with(&listener) == S_OK, "once more");
	until_told(&listener, 1);
	IHostMemoryManager_Release(manager);
	CHECK(listener.references == 1 && listener.told == 1, "%u references",
	      listener.references);
}

/* What the documentation offers to those who want no thread. */
static void event_loop(void)
{
	struct hostmem_load load = { .size = sizeof(load) };
	struct pollfd polled = { .events = POLLIN };

	begin(HIGH);
	polled.fd = manager_fd;
	CHECK(poll(&polled, 1, 0) == 1 && polled.revents == POLLIN, "at first");
	CHECK(!ioctl(manager_fd, HOSTMEM_IOC_LOAD, &load) && load.out_available == HIGH,
	      "level");
	CHECK(poll(&polled, 1, 0) == 0, "no news");
	fake_set_level(manager_fd, LOW);
	CHECK(poll(&polled, 1, 0) == 1 && polled.revents == POLLIN, "news");
	CHECK(threads() == 1, "%u threads", threads());
	IHostMemoryManager_Release(manager);
}

int main(void)
{
	alarm(300);		/* instead of waiting for ever */
	tap_case("changes", changes, 12);
	tap_case("low already", already_low, 4);
	tap_case("change seen by others", change_seen_by_others, 3);
	tap_case("change seen in between", change_seen_in_between, 2);
	tap_case("inside a callback", inside_a_callback, 2);
	tap_case("release by a callback", release_by_a_callback, 3);
	tap_case("shortage", shortage, 4);
	tap_case("event loop", event_loop, 5);
	return tap_end();
}
