// SPDX-License-Identifier: GPL-2.0
/*
 * Episodes in processes of their own.  See run.h.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"
#include "run.h"

/* Pages that each of several threads commits at most. */
#define CAP		(8 * MIB / PAGE)
/* Seconds that another process may take to end. */
#define PATIENCE	10

/* Bytes that all files of the module have committed. */
static uint64_t total_committed(void)
{
	struct hostmem_status status = {};
	int fd = device_open();

	if (fd >= 0)
		device_status(fd, &status);
	close(fd);
	return status.out_total_committed_bytes;
}

struct run *run_create(void)
{
	time_t start = time(NULL);
	struct run *run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (run == MAP_FAILED)
		return NULL;
	/* Who used it last may be on his way out. */
	while (device_is_in_use() && time(NULL) - start < PATIENCE)
		sched_yield();
	run->alone = !device_is_in_use();
	return run;
}

uint64_t run_left_charged(const struct run *run)
{
	return run->alone ? total_committed() : 0;
}

unsigned long run_calls(const struct run *run)
{
	unsigned long calls = 0;
	unsigned int i;

	for (i = 0; i < run->threads; i++)
		calls += run->trace[i].begun;
	return calls;
}

void run_report(struct run *run, unsigned int thread, unsigned int call,
		const char *why)
{
	if (atomic_exchange(&run->failed, true))
		return;
	run->thread = thread;
	run->call = call;
	snprintf(run->why, sizeof(run->why), "%s", why);
}

/*
 * The child
 */

struct thread {
	pthread_t id;
	unsigned int number;
	struct run *run;
	struct worker worker;
};

static pthread_barrier_t start;

static void *work(void *arg)
{
	struct thread *thread = arg;
	struct worker *w = &thread->worker;
	struct run *run = thread->run;
	struct trace *trace = &run->trace[thread->number];
	unsigned int i, nr = run->replay ? trace->nr : run->length;

	pthread_barrier_wait(&start);
	for (i = 0; i < nr && !atomic_load(&run->failed); i++) {
		if (!run->replay) {
			generate(w, &trace->calls[i]);
			trace->nr = i + 1;
		}
		trace->begun = i + 1;
		if (!execute(w, &trace->calls[i])) {
			run_report(run, thread->number, i, w->why);
			return NULL;
		}
		trace->tally[trace->calls[i].op][w->outcome]++;
	}
	if (!atomic_load(&run->failed) && !check_all(w))
		run_report(run, thread->number, nr, w->why);
	return NULL;
}

/* What the worker has to know about the limit and about others. */
static void learn_limits(struct run *run, struct worker *w, int fd, bool may_set)
{
	struct model *m = &w->model;
	struct hostmem_status status;
	unsigned long mb;

	device_status(fd, &status);
	m->limit = status.out_commit_limit_bytes / PAGE;
	limit_get(&mb, &m->reserve_pct);
	m->others_max = INT64_MAX / 4;
	if (run->alone) {
		/* Something, if an episode has failed to give it back. */
		m->others_min = (int64_t)status.out_total_committed_bytes /
				(int64_t)PAGE;
		m->others_max = m->others_min + (run->threads - 1) * CAP;
	}
	m->cap = run->threads > 1 ? CAP : SIZE_MAX;
	if (run->threads > 1)
		return;
	/* Nobody else maps anything where regions go by themselves. */
	m->quiet[2] = (struct range) { (uintptr_t)1 << 32, (uintptr_t)1 << 41 };
	w->fd = fd;
	w->own_limit = run->alone && may_set;
}

/* What all threads have together is what the status tells. */
static void check_sum(struct run *run, const struct thread *threads, int fd)
{
	size_t regions = 0, reserved = 0, committed = 0;
	struct hostmem_status status;
	char why[WHY_TEXT];
	unsigned int i;

	for (i = 0; i < run->threads; i++) {
		regions += threads[i].worker.model.nr_regions;
		reserved += threads[i].worker.model.reserved;
		committed += threads[i].worker.model.committed;
	}
	device_status(fd, &status);
	if (status.out_regions == regions &&
	    status.out_reserved_bytes == reserved * PAGE &&
	    status.out_committed_bytes == committed * PAGE)
		return;
	snprintf(why, sizeof(why),
		 "all threads: expected %zu regions, 0x%zx bytes reserved, 0x%zx committed; got %llu, 0x%llx, 0x%llx",
		 regions, reserved * PAGE, committed * PAGE, status.out_regions,
		 status.out_reserved_bytes, status.out_committed_bytes);
	run_report(run, 0, run->trace[0].nr, why);
}

/*
 * The limit that an episode begins with.  Several threads can't know how much of
 * it the others leave: so it is enough for all, or for some any answer is right.
 */
static bool set_limit(const struct run *run)
{
	if (run->threads == 1)
		return limit_set(1 + run->seed % 8, run->seed % 3 * 10);
	if (run->seed % 4 == 3)
		return limit_set(run->threads * (CAP * PAGE / MIB) / 4, 10);
	return limit_set(run->threads * (CAP * PAGE / MIB), 0);
}

static bool has_work(const struct run *run, unsigned int thread)
{
	return !run->replay || run->trace[thread].nr;
}

static void episode_body(struct run *run)
{
	static struct thread threads[MAX_THREADS];
	unsigned int i, working = 0;
	bool may_set = set_limit(run);
	int fd;

	fd = device_of_library();
	if (fd < 0) {
		run_report(run, 0, 0, "the library doesn't open the device");
		return;
	}
	for (i = 0; i < run->threads; i++) {
		threads[i].number = i;
		threads[i].run = run;
		if (!worker_init(&threads[i].worker, i))
			abort();
		threads[i].worker.rng = run->seed + ((uint64_t)i << 32);
		learn_limits(run, &threads[i].worker, fd, may_set);
		working += has_work(run, i);
	}
	pthread_barrier_init(&start, NULL, working);
	for (i = 0; i < run->threads; i++)
		if (has_work(run, i) &&
		    pthread_create(&threads[i].id, NULL, work, &threads[i]))
			abort();
	for (i = 0; i < run->threads; i++)
		if (has_work(run, i))
			pthread_join(threads[i].id, NULL);
	if (!atomic_load(&run->failed))
		check_sum(run, threads, fd);
}

/*
 * The parent
 */

bool run_in_child(struct run *run, void (*body)(struct run *run))
{
	int64_t before = total_committed(), after;
	unsigned int last;
	char why[WHY_TEXT];
	int status = 0;
	pid_t pid;

	atomic_store(&run->failed, false);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		memory_init();
		body(run);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		run_report(run, 0, 0, "there's no child");
		return false;
	}
	last = run->trace[0].begun;
	if (WIFSIGNALED(status)) {
		snprintf(why, sizeof(why), "killed by signal %d", WTERMSIG(status));
		run_report(run, 0, last ? last - 1 : 0, why);
	}
	after = total_committed();
	if (run->alone && before != after) {
		snprintf(why, sizeof(why), "%lld bytes are still charged after exit",
			 (long long)(after - before));
		run_report(run, 0, last, why);
	}
	return !atomic_load(&run->failed);
}

static void forget(struct run *run, bool calls)
{
	unsigned int i;

	for (i = 0; i < MAX_THREADS; i++) {
		run->trace[i].begun = 0;
		memset(run->trace[i].tally, 0, sizeof(run->trace[i].tally));
		if (calls)
			run->trace[i].nr = 0;
	}
}

bool run_episode(struct run *run)
{
	forget(run, !run->replay);
	return run_in_child(run, episode_body);
}

bool run_shared(struct run *run)
{
	forget(run, true);
	return run_in_child(run, shared_body);
}
