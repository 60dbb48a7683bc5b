// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: the list of vectored exception handlers while it changes: from within
 * them, by signal handlers and by other threads, and when it is long (rule N10).
 *
 * Runs without the module: all faults are in memory of others, of which handlers are told,
 * too.  Each case has a child of its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hostmem/win32/windows.h>

#define PAGE	4096

static char *page;

static void close_page(void)
{
	mprotect(page, PAGE, PROT_NONE);
}

/* Makes a fault that somebody has to allow. */
static void touch(void)
{
	close_page();
	*(volatile char *)page = 1;
}

static LONG open_page(EXCEPTION_POINTERS *info)
{
	mprotect((void *)((uintptr_t)info->ExceptionRecord->ExceptionInformation[1] & -PAGE),
		 PAGE, PROT_READ | PROT_WRITE);
	return EXCEPTION_CONTINUE_EXECUTION;
}

/* Who has been asked, in this thread. */
static _Thread_local volatile unsigned int first_asked, second_asked, third_asked;

static PVOID first_handle;

static LONG third(EXCEPTION_POINTERS *info)
{
	(void)info;
	third_asked++;
	return EXCEPTION_CONTINUE_SEARCH;
}

static LONG second(EXCEPTION_POINTERS *info)
{
	second_asked++;
	return open_page(info);
}

/* Removes itself, and adds others in front and behind. */
static LONG replace_itself(EXCEPTION_POINTERS *info)
{
	(void)info;
	first_asked++;
	if (!RemoveVectoredExceptionHandler(first_handle) ||
	    !AddVectoredExceptionHandler(1, third) || !AddVectoredExceptionHandler(0, third))
		_exit(2);
	return EXCEPTION_CONTINUE_SEARCH;
}

static bool changed_by_itself(void)
{
	first_handle = AddVectoredExceptionHandler(1, replace_itself);
	AddVectoredExceptionHandler(0, second);
	touch();
	/* Those that are new are for the next fault. */
	if (first_asked != 1 || second_asked != 1 || third_asked)
		return false;
	touch();
	return first_asked == 1 && second_asked == 2 && third_asked == 1;
}

/* Each of them adds itself again behind. */
static LONG breed(EXCEPTION_POINTERS *info)
{
	if (++first_asked > 10)
		return open_page(info);
	AddVectoredExceptionHandler(0, breed);
	return EXCEPTION_CONTINUE_SEARCH;
}

static void on_segv(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)info;
	(void)context;
	mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

static bool ends_although_it_grows(void)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	AddVectoredExceptionHandler(0, breed);
	touch();
	if (first_asked != 1)
		return false;
	touch();
	return first_asked == 3;
}

#define MANY	1000
static volatile unsigned int many_asked, many_seen;

static LONG one_of_many(EXCEPTION_POINTERS *info)
{
	(void)info;
	many_asked++;
	return EXCEPTION_CONTINUE_SEARCH;
}

static LONG after_many(EXCEPTION_POINTERS *info)
{
	many_seen = many_asked;
	return open_page(info);
}

static bool all_of_many(void)
{
	static PVOID handles[MANY];
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		handles[i] = AddVectoredExceptionHandler(i & 1, one_of_many);
		if (!handles[i])
			return false;
	}
	AddVectoredExceptionHandler(0, after_many);
	touch();
	if (many_seen != MANY)
		return false;
	for (i = 0; i < MANY; i += 2)
		if (!RemoveVectoredExceptionHandler(handles[i]))
			return false;
	many_asked = 0;
	touch();
	return many_seen == MANY / 2;
}

static sigjmp_buf past;

static LONG leave(EXCEPTION_POINTERS *info)
{
	(void)info;
	first_asked++;
	siglongjmp(past, 1);
}

static bool left_by_a_jump(void)
{
	PVOID handle = AddVectoredExceptionHandler(0, leave);
	volatile int i;

	for (i = 0; i < 1000; i++)
		if (!sigsetjmp(past, 1))
			touch();
	if (first_asked != 1000 || !RemoveVectoredExceptionHandler(handle))
		return false;
	AddVectoredExceptionHandler(0, second);
	touch();
	return second_asked == 1;
}

#define ROUNDS	20000

static atomic_bool stop;

static LONG passer(EXCEPTION_POINTERS *info)
{
	(void)info;
	first_asked++;
	return EXCEPTION_CONTINUE_SEARCH;
}

static void *change(void *arg)
{
	while (!stop) {
		PVOID front = AddVectoredExceptionHandler(1, passer);
		PVOID behind = AddVectoredExceptionHandler(0, third);

		if (!front || !behind || !RemoveVectoredExceptionHandler(front) ||
		    !RemoveVectoredExceptionHandler(behind) ||
		    RemoveVectoredExceptionHandler(front))
			_exit(3);
	}
	return arg;
}

/* Has a page of its own, as it closes it again and again. */
static void *fault(void *arg)
{
	volatile char *its = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	for (i = 0; i < ROUNDS; i++) {
		mprotect((void *)its, PAGE, PROT_NONE);
		*its = 1;
	}
	/* The one that stays is asked once for each, and those behind it never are. */
	return second_asked == ROUNDS && !third_asked && first_asked <= 2 * ROUNDS ? arg :
										     NULL;
}

static bool changed_by_others(void)
{
	pthread_t changers[2], faulters[2];
	bool good = true;
	void *result;
	int i;

	AddVectoredExceptionHandler(0, second);
	for (i = 0; i < 2; i++)
		pthread_create(&changers[i], NULL, change, NULL);
	for (i = 0; i < 2; i++)
		pthread_create(&faulters[i], NULL, fault, &stop);
	for (i = 0; i < 2; i++) {
		pthread_join(faulters[i], &result);
		good = good && result;
	}
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(changers[i], NULL);
	return good;
}

static volatile sig_atomic_t signals;

static void change_once(int signo)
{
	PVOID handle = AddVectoredExceptionHandler(1, passer);

	(void)signo;
	if (!handle || !RemoveVectoredExceptionHandler(handle))
		_exit(4);
	signals++;
}

static void *interrupt(void *arg)
{
	pthread_t thread = *(pthread_t *)arg;
	int i;

	for (i = 0; i < ROUNDS; i++)
		pthread_kill(thread, SIGUSR1);
	stop = true;
	return NULL;
}

/* What a signal handler does in the middle of the same. */
static bool changed_by_signal_handlers(void)
{
	pthread_t self = pthread_self(), thread;

	signal(SIGUSR1, change_once);
	AddVectoredExceptionHandler(0, second);
	pthread_create(&thread, NULL, interrupt, &self);
	change(NULL);
	pthread_join(thread, NULL);
	touch();
	return signals && second_asked == 1;
}

static bool raise_in_open;

/* The library's first call opens its device, which isn't there. */
int open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	if (raise_in_open)
		raise(SIGUSR1);
	errno = ENOENT;
	return -1;
}

static void add_second_and_count(int signo)
{
	(void)signo;
	AddVectoredExceptionHandler(0, second);
	signals++;
}

/* The first call of all, by a signal handler in the middle of another first call. */
static bool installed_by_a_signal_handler(void)
{
	signal(SIGUSR1, add_second_and_count);
	raise_in_open = true;
	AddVectoredExceptionHandler(0, third);
	touch();
	return signals == 1 && second_asked == 1;
}

static void *add_second(void *arg)
{
	pthread_barrier_wait(arg);
	return AddVectoredExceptionHandler(0, second);
}

/* The earlier handler must not be taken for one of ours, or the other way round. */
static bool installed_once(void)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	PVOID handles[8];
	pthread_barrier_t together;
	pthread_t threads[8];
	int i;

	sigaction(SIGSEGV, &action, NULL);
	pthread_barrier_init(&together, NULL, 8);
	for (i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, add_second, &together);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &handles[i]);
		if (!handles[i])
			return false;
	}
	touch();
	if (second_asked != 1)
		return false;
	for (i = 0; i < 8; i++)
		RemoveVectoredExceptionHandler(handles[i]);
	touch();
	return second_asked == 1;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "a handler removes itself and adds others, for the next fault", changed_by_itself },
	{ "a list that grows as it is asked has an end", ends_although_it_grows },
	{ "1000 handlers", all_of_many },
	{ "handlers that are left by a jump", left_by_a_jump },
	{ "threads that fault while others add and remove", changed_by_others },
	{ "signal handlers that add and remove in the middle of that",
	  changed_by_signal_handlers },
	{ "a first call within a first call", installed_by_a_signal_handler },
	{ "threads that add the first one together", installed_once },
};

static bool good_in_child(bool (*run)(void))
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		/* Only what hangs takes that long. */
		alarm(300);
		page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		_exit(!run());
	}
	waitpid(child, &status, 0);
	return !status;
}

#define CASES (sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	unsigned int failures = 0;
	size_t i;

	printf("1..%zu\n", CASES);
	for (i = 0; i < CASES; i++) {
		bool good = good_in_child(cases[i].run);

		failures += !good;
		printf("%s %zu %s\n", good ? "ok" : "not ok", i + 1, cases[i].name);
	}
	return !!failures;
}
