// SPDX-License-Identifier: GPL-2.0
/*
 * Description: addresses that the kernel keeps and uses later - signal stacks,
 * robust lists, thread ids, restartable sequences - in pages that have changed
 * meanwhile: the process may die of it, no one else notices.
 */
#include "hostile.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define SIZE	(8 * MIB)

/*
 * The kernel logs who dies of what, and some of that looks as if it were the
 * kernel itself: not while these tests run.
 */
#define TRACE	"/proc/sys/debug/exception-trace"

KEEP_SETTING(trace, TRACE)

FIXTURE(kept)
{
	int fd;
	__u64 total;
};

FIXTURE_SETUP(kept)
{
	write_file(TRACE, "0");
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->total = hostmem_status(self->fd).out_total_committed_bytes;
}

FIXTURE_TEARDOWN(kept)
{
	EXPECT_EQ(self->total, hostmem_status(self->fd).out_total_committed_bytes);
}

/* A child's own file and region. */
static int mine;
static char *base;

/* Without handlers, so that whoever gets SIGSEGV or SIGBUS dies of it. */
static bool make_region(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	mine = open_device();
	base = (char *)raw_both(mine, 0, SIZE, HOSTMEM_READWRITE);
	return base;
}

/* What may have become of a page. */
static const struct fate {
	const char *name;
	uint32_t protect;	/* 0: decommitted, ~0: released */
} fates[] = {
	{ "unchanged",	PAGE_READWRITE },
	{ "read-only",	PAGE_READONLY },
	{ "no access",	PAGE_NOACCESS },
	{ "guarded",	PAGE_READWRITE | PAGE_GUARD },
	{ "decommitted",	0 },
	{ "released",	~0u },
};

#define for_each_fate(fate) \
	for ((fate) = fates; (fate) < fates + ARRAY_SIZE(fates); (fate)++)

static bool meet_fate(const struct fate *fate)
{
	if (fate->protect == ~0u)
		return !raw_free(mine, (uintptr_t)base, 0, HOSTMEM_RELEASE);
	if (!fate->protect)
		return !raw_free(mine, (uintptr_t)base, SIZE, HOSTMEM_DECOMMIT);
	return !raw_protect(mine, (uintptr_t)base, SIZE, fate->protect);
}

/* Run @function in a child for each fate; it may end well or by SIGSEGV. */
#define EXPECT_SURVIVED(function, dies) do {				\
	const struct fate *__fate;					\
									\
	for_each_fate(__fate) {						\
		pid_t __child = fork();					\
		int __status;						\
									\
		ASSERT_LE(0, __child);					\
		if (!__child)						\
			_exit(make_region() ? function(__fate) : 99);	\
		__status = status_of(__child) & ~0x80;			\
		EXPECT_EQ((dies) && __fate != fates ? SIGSEGV : 0,	\
			  __status)					\
			TH_LOG("%s", __fate->name);			\
		EXPECT_EQ(self->total,					\
			  hostmem_status(self->fd).out_total_committed_bytes); \
	}								\
} while (0)

/*
 * Stacks
 */

static volatile int handled;

static void count_signal(int signo)
{
	(void)signo;
	handled++;
}

static void set_signal_stack(void)
{
	stack_t stack = { .ss_sp = base, .ss_size = SIZE };
	struct sigaction action = {
		.sa_handler = count_signal,
		.sa_flags = SA_ONSTACK,
	};

	sigaltstack(&stack, NULL);
	sigaction(SIGUSR1, &action, NULL);
}

static int signal_stack(const struct fate *fate)
{
	set_signal_stack();
	CHECK(meet_fate(fate));
	raise(SIGUSR1);
	CHECK(handled == 1);
	return 0;
}

TEST_F(kept, signal_stack)
{
	EXPECT_SURVIVED(signal_stack, true);
}

static void *change_for_ever(void *arg)
{
	uintptr_t out;

	for (;;) {
		raw_free(mine, (uintptr_t)base, SIZE, HOSTMEM_DECOMMIT);
		raw_alloc(mine, (uintptr_t)base + SIZE - 64 * KIB, 64 * KIB,
			  HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out);
		sched_yield();
	}
	return arg;
}

/* The stack goes, comes and goes while signals are delivered on it. */
TEST_F(kept, signal_stack_that_is_changing)
{
	pthread_t thread;
	int i, j, status;
	pid_t child;

	for (i = 0; i < 10; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			if (!make_region())
				_exit(99);
			set_signal_stack();
			pthread_create(&thread, NULL, change_for_ever, NULL);
			for (j = 0; j < 200; j++)
				raise(SIGUSR1);
			_exit(0);
		}
		status = status_of(child) & ~0x80;
		EXPECT_TRUE(!status || status == SIGSEGV);
		ASSERT_EQ(self->total,
			  hostmem_status(self->fd).out_total_committed_bytes);
	}
}

/* A stack that vanishes under the thread that runs on it. */
static int on_stack(void *arg)
{
	volatile char here = 0;

	meet_fate(arg);
	here++;
	return here - 1;
}

static int own_stack(const struct fate *fate)
{
	int status = status_of(clone(on_stack, base + SIZE, CLONE_VM | SIGCHLD,
				     (void *)fate)) & ~0x80;

	/* A guard is taken by the very call that sets it, for it writes there. */
	if (fate == fates || fate->protect == (PAGE_READWRITE | PAGE_GUARD))
		CHECK(!status);
	else
		CHECK(status == SIGSEGV);
	return 0;
}

TEST_F(kept, stack_of_a_running_thread)
{
	EXPECT_SURVIVED(own_stack, false);
}

/*
 * What the kernel does when a thread ends
 */

/* A thread of the plainest kind: nothing of the C library's is in the way. */
static int run_thread(int (*function)(void *), const struct fate *fate,
		      int flags, void *tid)
{
	char *stack = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child = clone(function, stack + 64 * KIB,
			    CLONE_VM | SIGCHLD | flags, (void *)fate, NULL, NULL,
			    tid);

	return status_of(child);
}

static int end_with_robust_list(void *fate)
{
	struct robust_list_head *head = (void *)(base + GRANULE);
	struct robust_list *lock = (void *)(base + GRANULE + PAGE);

	/* One held lock, and a list that never ends. */
	head->list.next = lock;
	head->futex_offset = sizeof(*lock);
	head->list_op_pending = lock;
	lock->next = lock;
	*(uint32_t *)(lock + 1) = syscall(SYS_gettid) | FUTEX_WAITERS;
	syscall(SYS_set_robust_list, head, sizeof(*head));
	meet_fate(fate);
	syscall(SYS_exit, 0);
	return 0;
}

static int robust_list(const struct fate *fate)
{
	CHECK(run_thread(end_with_robust_list, fate, 0, NULL) == 0);
	/* Where it could be written, the lock tells that its owner has died. */
	if (fate == fates)
		CHECK(*(uint32_t *)(base + GRANULE + PAGE + 8) & FUTEX_OWNER_DIED);
	return 0;
}

TEST_F(kept, robust_list_of_a_thread_that_ends)
{
	EXPECT_SURVIVED(robust_list, false);
}

static int end_with_tid(void *fate)
{
	meet_fate(fate);
	syscall(SYS_exit, 0);
	return 0;
}

static int tid_word(const struct fate *fate)
{
	uint32_t *tid = (uint32_t *)(base + GRANULE);

	*tid = 4711;
	CHECK(run_thread(end_with_tid, fate, CLONE_CHILD_CLEARTID, tid) == 0);
	if (fate == fates)
		CHECK(!*tid);
	if (fate->protect == PAGE_READONLY)
		CHECK(*tid == 4711);
	return 0;
}

TEST_F(kept, word_for_the_end_of_a_thread)
{
	EXPECT_SURVIVED(tid_word, false);
}

/* The kernel writes there whenever the thread has been scheduled. */
static int run_with_rseq(void *fate)
{
	char *area = base + GRANULE;
	int i;

	if (syscall(SYS_rseq, area, 32, 0, 0x53053053))
		syscall(SYS_exit, 1);
	meet_fate(fate);
	for (i = 0; i < 20; i++) {
		syscall(SYS_sched_yield);
		syscall(SYS_kill, syscall(SYS_getpid), 0);
		syscall(SYS_sched_setaffinity, 0, 8, &(unsigned long){ 1 << i % 2 });
	}
	syscall(SYS_exit, 0);
	return 0;
}

static int rseq_area(const struct fate *fate)
{
	int status = run_thread(run_with_rseq, fate, 0, NULL) & ~0x80;

	CHECK(fate == fates ? !status : !status || status == SIGSEGV);
	return 0;
}

TEST_F(kept, area_of_restartable_sequences)
{
	EXPECT_SURVIVED(rseq_area, false);
}

TEST_HARNESS_MAIN
