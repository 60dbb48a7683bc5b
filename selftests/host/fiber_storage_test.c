// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: FlsAlloc and relatives: values of threads, and who is told of their end.
 * EncodePointer, and the time since the machine was started.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hostmem/win32/windows.h>

#include "tap.h"

#define INDICES		128
#define THREADS		3
#define UNTOUCHED	0xdeadbeefu

static DWORD index_of;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long sum;	/* of values that the callback was given; guarded by lock */

static void add_up(PVOID value)
{
	pthread_mutex_lock(&lock);
	sum += (unsigned long)(uintptr_t)value;
	pthread_mutex_unlock(&lock);
}

static void *set_value(void *value)
{
	void *before = FlsGetValue(index_of);

	return (void *)(uintptr_t)(!before && FlsSetValue(index_of, value) &&
				   FlsGetValue(index_of) == value);
}

static void values(void)
{
	pthread_t threads[THREADS];
	void *good;
	uintptr_t i;

	index_of = FlsAlloc(add_up);
	CHECK(index_of < INDICES, "%u", index_of);
	CHECK(FlsSetValue(index_of, (PVOID)1000), "set");
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, set_value, (void *)(i + 1)))
			abort();
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &good);
		CHECK(good, "thread %lu", i);
	}
	CHECK(sum == 1 + 2 + 3, "%lu", sum);

	SetLastError(UNTOUCHED);
	CHECK(FlsGetValue(index_of) == (PVOID)1000, "mine");
	CHECK(GetLastError() == ERROR_SUCCESS, "%u", GetLastError());
	CHECK(FlsFree(index_of), "free");
	CHECK(sum == 1006, "%lu", sum);
}

static pthread_barrier_t both;

static void *stay_with_value(void *value)
{
	void *good = set_value(value);

	pthread_barrier_wait(&both);
	pthread_barrier_wait(&both);
	return good;
}

static void freed_for_all_threads(void)
{
	pthread_t thread;
	void *good;

	sum = 0;
	index_of = FlsAlloc(add_up);
	pthread_barrier_init(&both, NULL, 2);
	if (pthread_create(&thread, NULL, stay_with_value, (void *)5))
		abort();
	pthread_barrier_wait(&both);
	CHECK(FlsSetValue(index_of, (PVOID)20), "set");
	CHECK(FlsFree(index_of), "free");
	CHECK(sum == 25, "%lu", sum);
	pthread_barrier_wait(&both);
	pthread_join(thread, &good);
	CHECK(good, "its value was there");
	CHECK(sum == 25, "told once, not %lu", sum);
	pthread_barrier_destroy(&both);
}

static void wrong_indices(void)
{
	static const DWORD wrong[] = { INDICES, FLS_OUT_OF_INDEXES, INDICES - 1 };
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		SetLastError(UNTOUCHED);
		CHECK(!FlsFree(wrong[i]) && GetLastError() == 87, "%u", GetLastError());
		SetLastError(UNTOUCHED);
		CHECK(!FlsSetValue(wrong[i], NULL) && GetLastError() == 87, "%u",
		      GetLastError());
		SetLastError(UNTOUCHED);
		CHECK(!FlsGetValue(wrong[i]) && GetLastError() == 87, "%u", GetLastError());
	}
}

static void all_indices(void)
{
	static DWORD got[INDICES];
	DWORD i;

	for (i = 0; i < INDICES; i++) {
		got[i] = FlsAlloc(NULL);
		CHECK(got[i] < INDICES && !FlsGetValue(got[i]), "%u", got[i]);
		CHECK(FlsSetValue(got[i], &got[i]), "%u", got[i]);
	}
	SetLastError(UNTOUCHED);
	CHECK(FlsAlloc(NULL) == FLS_OUT_OF_INDEXES && GetLastError() == 8, "%u",
	      GetLastError());
	for (i = 0; i < INDICES; i++)
		CHECK(FlsGetValue(got[i]) == &got[i] && FlsFree(got[i]), "%u", got[i]);
	/* A new one begins without the value of the old one. */
	got[0] = FlsAlloc(NULL);
	CHECK(!FlsGetValue(got[0]), "a value of others");
	FlsFree(got[0]);
}

static void encoded_pointers(void)
{
	char *mine = malloc(1), *hidden = EncodePointer(mine);
	int status = -1;
	pid_t pid;

	CHECK(hidden != mine, "%p", (void *)mine);
	CHECK(DecodePointer(hidden) == mine, "%p", (void *)mine);
	CHECK(!DecodePointer(EncodePointer(NULL)), "NULL");
	pid = fork();
	if (!pid)
		_exit(DecodePointer(hidden) != mine);
	CHECK(waitpid(pid, &status, 0) == pid && !status, "in a child");
	free(mine);
}

static ULONGLONG milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (ULONGLONG)time.tv_sec * 1000 + (ULONGLONG)time.tv_nsec / 1000000;
}

static void ticks(void)
{
	ULONGLONG before = milliseconds(), ticks = GetTickCount64(), after = milliseconds();

	CHECK(before <= ticks && ticks <= after, "%lu", ticks);
	CHECK(GetTickCount() - (DWORD)before <= (DWORD)(milliseconds() - before), "%u",
	      GetTickCount());
}

int main(void)
{
	tap_case("a thread's value, and the callback at its end", values, 1 + 1 + THREADS + 5);
	tap_case("FlsFree takes the values of all threads", freed_for_all_threads, 5);
	tap_case("indices that there aren't", wrong_indices, 9);
	tap_case("as many indices as there are", all_indices, 3 * INDICES + 2);
	tap_case("EncodePointer, DecodePointer", encoded_pointers, 4);
	tap_case("GetTickCount64, GetTickCount", ticks, 2);
	return tap_end();
}
