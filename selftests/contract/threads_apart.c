// SPDX-License-Identifier: GPL-2.0
/*
 * Description: threads in regions of their own: what one does in its region holds up
 * nobody in another, and counts for nothing there (rules S5, G7, R1, T1, W7).
 */
#include "threads.h"

#include <sched.h>
#include <semaphore.h>
#include <sys/syscall.h>

/*
 * A thread that is at work in one region is stopped in its midst, by one that takes its
 * processor away.  That it has the region locked is seen by a third one, which asks for
 * that region and has to wait; all else is done by a fourth one in another region.
 *
 * Were that one held up, it would be for as long as the first is stopped: then the
 * harness ends the test.  On kernels that let the first one have a part of the processor
 * nevertheless, the third one would have its answer first, whenever that is looked for.
 */
#define BUSY_SIZE	(64 * MIB)
#define APART_SIZE	(64 * PAGE)
#define SEEN		5
#define ATTEMPTS	2000
#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

static char *busy, *apart;
static int apart_fd, input;
static sem_t hog_go, asker_go, caller_go;
static volatile bool hog_wanted, hog_runs, answered, called;
static volatile pid_t asker_tid;
static const char *volatile wrong;

/* Walks over many blocks, all of them in one call with the region locked. */
static void *be_busy(void *arg)
{
	bool write = false;
	DWORD old;

	run_on(1);
	while (!done) {
		VirtualProtect(busy, BUSY_SIZE, write ? PAGE_READWRITE : PAGE_READONLY,
			       &old);
		write = !write;
	}
	return arg;
}

static void *be_hog(void *arg)
{
	run_on(1);
	for (;;) {
		sem_wait(&hog_go);
		if (done)
			return arg;
		hog_runs = true;
		while (hog_wanted)
			;
		hog_runs = false;
	}
}

static void *ask_for_busy(void *arg)
{
	MEMORY_BASIC_INFORMATION info;

	run_on(0);
	asker_tid = syscall(SYS_gettid);
	for (;;) {
		sem_wait(&asker_go);
		if (done)
			return arg;
		VirtualQuery(busy, &info, sizeof(info));
		answered = true;
	}
}

#define WORKS(condition) do {				\
	if (!(condition) && !wrong)			\
		wrong = #condition;			\
} while (0)

/* Each call, touch and fault that needs no more than the region. */
static void use_apart(void)
{
	MEMORY_BASIC_INFORMATION info;
	ULONG_PTR count = 64;
	void *written[64];
	DWORD old;

	WORKS(VirtualQuery(apart, &info, sizeof(info)));
	WORKS(VirtualProtect(apart, PAGE, PAGE_READONLY, &old));		/* T1 */
	WORKS(VirtualProtect(apart, PAGE, PAGE_READWRITE, &old));
	WORKS(VirtualFree(apart, 8 * PAGE, MEM_DECOMMIT));
	WORKS(VirtualAlloc(apart, 8 * PAGE, MEM_COMMIT, PAGE_READWRITE));
	WORKS(!nonzero(apart, 8 * PAGE));
	stamp(apart, 8 * PAGE, 1);
	WORKS(!GetWriteWatch(WRITE_WATCH_FLAG_RESET, apart, 8 * PAGE, written, &count,
			     &old));
	WORKS(count == 8);							/* W7 */
	WORKS(VirtualAlloc(apart, 8 * PAGE, MEM_RESET, PAGE_READWRITE));	/* R1 */
	stamp(apart, 8 * PAGE, 2);
	WORKS(VirtualProtect(apart, PAGE, PAGE_READWRITE | PAGE_GUARD, &old));
	WORKS(pread(input, apart, 1, 0) == -1 && errno == EFAULT);		/* G7 */
	WORKS(pread(input, apart, 1, 0) == 1);
	WORKS(hostmem_status(apart_fd).out_regions == 2);
}

static void *call_apart(void *arg)
{
	run_on(0);
	for (;;) {
		sem_wait(&caller_go);
		if (done)
			return arg;
		use_apart();
		called = true;
	}
}

/* Who needs more stack while a call is stopped waits for the end of that, too. */
static void grow_stack(void)
{
	volatile char stack[64 * 1024];
	unsigned int i;

	for (i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 1;
}

/* Does a thread of this process wait for something that no signal ends? */
static bool waits(pid_t tid)
{
	char path[64], text[512] = "";
	int file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = open(path, O_RDONLY);
	if (file < 0 || read(file, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(file);
	return strstr(text, ") D ");
}

/* True if calls were made while the busy region was locked, from first to last. */
static bool attempt(void)
{
	bool all_the_time = false;

	hog_wanted = true;
	answered = false;
	called = false;
	sem_post(&hog_go);
	while (!hog_runs)
		sched_yield();
	sem_post(&asker_go);
	while (!answered && !waits(asker_tid))
		sched_yield();
	if (!answered) {
		sem_post(&caller_go);
		while (!called)
			sched_yield();
		all_the_time = !answered;
	}
	hog_wanted = false;
	while (!answered || hog_runs)
		sched_yield();
	return all_the_time;
}

static void *(*const role[])(void *arg) = { be_busy, be_hog, ask_for_busy, call_apart };

TEST_F_TIMEOUT(threads, that_are_in_another_region_are_not_held_up, 120)
{
	static const struct sched_param first = { .sched_priority = 1 };
	pthread_t threads[ARRAY_SIZE(role)];
	unsigned int i, tried, seen = 0;
	char runtime[32] = "";
	int file;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one processor");
	/* The first read-only page may change the VMA, with mmap_lock held for writing. */
	busy = both_at(NULL, BUSY_SIZE, PAGE_READONLY);
	apart = VirtualAlloc(NULL, APART_SIZE, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
			     PAGE_READONLY);
	ASSERT_NE(NULL, busy);
	ASSERT_NE(NULL, apart);
	apart_fd = self->fd;
	input = open("/proc/self/exe", O_RDONLY);
	ASSERT_LE(0, input);
	use_apart();
	ASSERT_EQ(NULL, wrong) TH_LOG("alone: %s", wrong);

	file = open(RT_RUNTIME, O_RDONLY);
	ASSERT_LT(0, read(file, runtime, sizeof(runtime) - 1));
	close(file);
	ASSERT_TRUE(write_file(RT_RUNTIME, "-1"));
	/* The harness, too: it has to be able to end this. */
	ASSERT_TRUE(run_on(0) && keep_on(0, getppid()));
	grow_stack();
	done = false;
	ASSERT_EQ(0, sem_init(&hog_go, 0, 0) | sem_init(&asker_go, 0, 0) |
		     sem_init(&caller_go, 0, 0));
	for (i = 0; i < ARRAY_SIZE(role); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, role[i], NULL));
	ASSERT_EQ(0, pthread_setschedparam(threads[1], SCHED_FIFO, &first));
	while (!asker_tid)
		sched_yield();

	for (tried = 0; tried < ATTEMPTS && seen < SEEN && !wrong; tried++)
		seen += attempt();
	done = true;
	sem_post(&hog_go);
	sem_post(&asker_go);
	sem_post(&caller_go);
	for (i = 0; i < ARRAY_SIZE(role); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_TRUE(write_file(RT_RUNTIME, runtime));
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_EQ(SEEN, seen);
}

/* Regions side by side, which come and go: their page tables stay with who is left. */
static void *come_and_go(void *arg)
{
	struct worker *worker = arg;
	char *base = worker->base + worker->number * GRANULE;
	size_t size = (1 + worker->number * 5) * PAGE;
	unsigned int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < times(ROUNDS); i++) {
		MUST(VirtualAlloc(base, size, MEM_RESERVE | MEM_COMMIT,
				  PAGE_READWRITE) == base);
		MUST(!nonzero(base, size));
		stamp(base, size, worker->number);
		MUST(VirtualFree(base, PAGE, MEM_DECOMMIT));
		MUST(VirtualAlloc(base, size, MEM_COMMIT, PAGE_READWRITE) == base);
		MUST(!nonzero(base, PAGE));
		stamp(base, PAGE, worker->number);
		MUST(!unstamped(base, PAGE, worker->number));
		if (size > PAGE)
			MUST(*(uint64_t *)(base + size - PAGE));
		if (random_below(&worker->rng, 2))
			MUST(VirtualFree(base, 0, MEM_RELEASE));
		else
			MUST(!munmap(base, size));
	}
	return NULL;
}

TEST_F(threads, that_have_regions_side_by_side_keep_accounts_S5)
{
	struct worker workers[THREADS];
	struct hostmem_status status;

	START_WORKERS(workers, come_and_go, (char *)(FIXED - 2 * GRANULE), 0);
	JOIN_WORKERS(workers);
	status = hostmem_status(self->fd);
	EXPECT_EQ(0, status.out_regions);
	EXPECT_EQ(0, status.out_reserved_bytes);
	EXPECT_EQ(0, status.out_committed_bytes);
	EXPECT_EQ(0, status.out_overhead_bytes);
	EXPECT_EQ(0, status.out_total_committed_bytes);
}

TEST_HARNESS_MAIN
