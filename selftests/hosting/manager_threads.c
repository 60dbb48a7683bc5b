// SPDX-License-Identifier: GPL-2.0
/*
 * Threads in calls of one manager, one of them stopped at whatever moment (rule H13).
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "manager.h"

static void *use_and_count(void *arg)
{
	IHostMemoryManager *manager = arg;
	long failures = 0;
	unsigned int i;
	DWORD old;
	void *mem;

	for (i = 0; i < 200; i++) {
		IHostMemoryManager_AddRef(manager);
		failures += manager_alloc(manager, NULL, 64 * KIB,
					  MEM_RESERVE | MEM_COMMIT, &mem) != S_OK;
		stamp(mem, 64 * KIB, i);
		failures += IHostMemoryManager_VirtualProtect(manager, mem, PAGE,
							      PAGE_READONLY,
							      &old) != S_OK;
		failures += !!unstamped(mem, 64 * KIB, i);
		failures += manager_free(manager, mem, 0, MEM_RELEASE) != S_OK;
		failures += !IHostMemoryManager_Release(manager);
	}
	return (void *)failures;
}

TEST(threads)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	pthread_t threads[4];
	unsigned int i;
	void *failures;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, use_and_count,
					    manager));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &failures));
		EXPECT_EQ(NULL, failures);
	}
	EXPECT_EQ(0, manager_status(manager).cRegions);
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
}

/*
 * H13: a thread that is stopped in the middle of whatever call must not keep
 * another from its query.  The tracer stops one thread of the child, and has the
 * other query.
 */
static void *call_for_ever(void *arg)
{
	IHostMemoryManager *manager = arg;
	void *base, *mem;
	DWORD old;

	for (;;) {
		manager_alloc(manager, NULL, MIB, MEM_RESERVE, &base);
		manager_alloc(manager, base, MIB, MEM_COMMIT, &mem);
		IHostMemoryManager_VirtualProtect(manager, base, PAGE,
						  PAGE_READONLY, &old);
		manager_free(manager, base, 0, MEM_RELEASE);
	}
	return NULL;
}

static pid_t caller_tid;

static void *call_and_tell(void *arg)
{
	__atomic_store_n(&caller_tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	return call_for_ever(arg);
}

static void answer_queries(int in, int out)
{
	IHostMemoryManager *manager = make_manager(0, 0);
	pthread_t thread;
	pid_t tid;
	DWORD state;
	char byte;

	pthread_create(&thread, NULL, call_and_tell, manager);
	while (!(tid = __atomic_load_n(&caller_tid, __ATOMIC_ACQUIRE)))
		sched_yield();
	if (write(out, &tid, sizeof(tid)) != sizeof(tid))
		_exit(1);
	while (read(in, &byte, 1) == 1) {
		byte = manager_state(manager, &byte, &state) == S_OK;
		if (write(out, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

TEST(query_while_stopped)					/* H13 */
{
	int to[2], from[2], status;
	unsigned int i;
	char byte;
	pid_t pid, tid;

	ASSERT_EQ(0, pipe(to));
	ASSERT_EQ(0, pipe(from));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		answer_queries(to[0], from[1]);
	ASSERT_EQ(sizeof(tid), read(from[0], &tid, sizeof(tid)));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, tid, NULL, NULL));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, tid, NULL, NULL));
		ASSERT_EQ(tid, waitpid(tid, &status, __WALL));
		ASSERT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(1, write(to[1], "", 1));
		ASSERT_EQ(1, read(from[0], &byte, 1));
		ASSERT_EQ(1, byte);
		ASSERT_EQ(0, ptrace(PTRACE_CONT, tid, NULL, NULL));
	}
	ASSERT_EQ(0, kill(pid, SIGKILL));
	/* Both the traced thread and its process. */
	while (waitpid(-1, &status, __WALL) > 0)
		;
}

TEST_HARNESS_MAIN
