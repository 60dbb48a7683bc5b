// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what <windows.h> has of the process and its threads: handles, time,
 * processors, stacks (rule N8).
 */
#include "hostmem_test.h"
#include "windows_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

TEST(handles_are_closed_once_N8)
{
	static const uintptr_t wrong[] = { 0, 1, 4, 8, 0x100, (uintptr_t)-2 };
	HANDLE tokens[100], last;
	size_t i;

	EXPECT_EQ(OWN_PROCESS, GetCurrentProcess());
	EXPECT_EQ(getpid(), (pid_t)GetCurrentProcessId());
	EXPECT_WORKS(CloseHandle(GetCurrentProcess()));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle((HANDLE)wrong[i]));
	for (i = 0; i < ARRAY_SIZE(tokens); i++)
		ASSERT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &tokens[i]));
	for (i = 0; i < ARRAY_SIZE(tokens); i++) {
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle((char *)tokens[i] + 1));
		EXPECT_WORKS(CloseHandle(tokens[i]));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle(tokens[i]));
		/* No number comes again. */
		ASSERT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &last));
		EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, CloseHandle(tokens[i]));
	}
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signo)
{
	(void)signo;
	alarms++;
}

TEST(sleep_takes_its_time_whatever_signals_come_N8)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = {};
	LARGE_INTEGER before, after, frequency;

	signal(SIGALRM, count_alarm);
	EXPECT_WORKS(QueryPerformanceFrequency(&frequency));
	EXPECT_EQ(10000000, frequency.QuadPart);
	EXPECT_WORKS(QueryPerformanceCounter(&before));
	setitimer(ITIMER_REAL, &often, NULL);
	errno = ERANGE;
	Sleep(50);
	EXPECT_EQ(ERANGE, errno);
	setitimer(ITIMER_REAL, &never, NULL);
	EXPECT_WORKS(QueryPerformanceCounter(&after));
	EXPECT_LE(frequency.QuadPart / 20, after.QuadPart - before.QuadPart);
	EXPECT_LT(0, alarms);
	Sleep(0);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, QueryPerformanceCounter(NULL));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, QueryPerformanceFrequency(NULL));
}

static pid_t sleeper;

static void *sleep_for_ever(void *arg)
{
	__atomic_store_n(&sleeper, gettid(), __ATOMIC_SEQ_CST);
	Sleep(INFINITE);
	return arg;
}

/* A sleep without an end goes on after a signal: the thread is in the next one. */
TEST(sleep_may_have_no_end_N8)
{
	pthread_t thread;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGALRM, count_alarm);
		pthread_create(&thread, NULL, sleep_for_ever, NULL);
		while (!__atomic_load_n(&sleeper, __ATOMIC_SEQ_CST))
			sched_yield();
		while (alarms < 3 && pthread_tryjoin_np(thread, NULL) == EBUSY) {
			pthread_kill(thread, SIGALRM);
			sched_yield();
		}
		/* It hasn't ended. */
		_exit(alarms < 3);
	}
	EXPECT_EQ(0, status_of(pid));
}

static atomic_bool has_run, may_end;

static void *run_beside(void *arg)
{
	while (!may_end) {
		has_run = true;
		YieldProcessor();
	}
	return arg;
}

/* Both on one processor: so another one has run if that is what is told. */
TEST(switching_tells_whether_another_thread_has_run_N8)
{
	pthread_t thread;
	int i;

	ASSERT_TRUE(run_on(sched_getcpu()));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_beside, NULL));
	for (i = 0; i < 1000000 && !(SwitchToThread() && has_run); i++)
		;
	EXPECT_GT(1000000, i);
	may_end = true;
	pthread_join(thread, NULL);
	/* Now there is nobody, most of the time. */
	for (i = 0; i < 1000 && SwitchToThread(); i++)
		;
	EXPECT_GT(1000, i);
}

TEST(instructions_are_flushed_N8)
{
	char *page = both_at(NULL, PAGE, PAGE_EXECUTE_READWRITE);
	int result;

	put_code_of_42(page);
	EXPECT_WORKS(FlushInstructionCache(GetCurrentProcess(), page, PAGE));
	EXPECT_NO_FAULT(try_exec(page, &result));
	EXPECT_EQ(42, result);
	EXPECT_WORKS(FlushInstructionCache(GetCurrentProcess(), NULL, 0));
	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, FlushInstructionCache(NULL, page, PAGE));
}

TEST(nodes_are_those_of_the_kernel_N8)
{
	PROCESSOR_NUMBER processor = { .Group = 0 };
	USHORT node = 7;
	ULONG highest = 7;

	EXPECT_WORKS(GetNumaHighestNodeNumber(&highest));
	EXPECT_EQ(0, access("/sys/devices/system/node/node0", F_OK));
	EXPECT_EQ(0, highest);
	EXPECT_WORKS(GetNumaProcessorNodeEx(&processor, &node));
	EXPECT_EQ(0, node);
	processor.Number = 64;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(&processor, &node));
	EXPECT_EQ(0xffff, node);
	processor.Number = 0;
	processor.Group = 1000;
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(&processor, &node));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(NULL, &node));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaProcessorNodeEx(&processor, NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, GetNumaHighestNodeNumber(NULL));
}

static void *stack_of_thread(void *arg)
{
	ULONG_PTR low, high;
	char here;

	GetCurrentThreadStackLimits(&low, &high);
	((uintptr_t *)arg)[0] = low;
	((uintptr_t *)arg)[1] = high;
	((uintptr_t *)arg)[2] = (uintptr_t)&here;
	return NtCurrentTeb();
}

/* More than any processor wants at least. */
#define STACK	(4 * GRANULE)

TEST(stacks_are_where_they_are_N8)
{
	char *stack = aligned_alloc(PAGE, STACK);
	uintptr_t own[3], its[3];
	pthread_attr_t attr;
	pthread_t thread;
	void *block;
	PTEB teb;

	teb = stack_of_thread(own);
	EXPECT_EQ(teb, NtCurrentTeb());
	EXPECT_EQ(&teb->NtTib, teb->NtTib.Self);
	EXPECT_EQ(own[0], (uintptr_t)teb->NtTib.StackLimit);
	EXPECT_EQ(own[1], (uintptr_t)teb->NtTib.StackBase);
	EXPECT_LT(own[0], own[2]);
	EXPECT_GT(own[1], own[2]);
	EXPECT_EQ(NULL, teb->NtTib.ExceptionList);

	pthread_attr_init(&attr);
	ASSERT_EQ(0, pthread_attr_setstack(&attr, stack, STACK));
	ASSERT_EQ(0, pthread_create(&thread, &attr, stack_of_thread, its));
	ASSERT_EQ(0, pthread_join(thread, &block));
	EXPECT_EQ((uintptr_t)stack, its[0]);
	EXPECT_EQ((uintptr_t)stack + STACK, its[1]);
	EXPECT_NE((void *)teb, block);
}

TEST_HARNESS_MAIN
