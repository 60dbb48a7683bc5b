// SPDX-License-Identifier: GPL-2.0
/*
 * Description: core dumps and other processes: those that share the memory and live on,
 * those that are to inherit it and get nothing, and those that act meanwhile.
 */
#include "dump.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

/*
 * Who shares the memory and lives on
 */

static int die_together(void *arg)
{
	(void)arg;
	setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	signal(SIGABRT, SIG_DFL);
	syscall(SYS_kill, syscall(SYS_getpid), SIGABRT);
	return 1;
}

static char stack[64 * 1024] __attribute__((aligned(16)));

static void survive(struct __test_metadata *_metadata, struct core *core, int flags)
{
	char *base = VirtualAlloc(NULL, 2 * BLOCK, MEM_RESERVE | MEM_COMMIT |
				  MEM_WRITE_WATCH, PAGE_READWRITE);
	struct fault fault;
	int status;
	DWORD old;
	pid_t pid;

	ASSERT_NE(NULL, base);
	stamp(base, 2 * BLOCK, 16);
	ASSERT_TRUE(VirtualProtect(base, PAGE, PAGE_READONLY, &old));
	ASSERT_EQ(0, ResetWriteWatch(base, 2 * BLOCK));
	pid = clone(die_together, stack + sizeof(stack), flags | CLONE_VM | SIGCHLD,
		    NULL);
	ASSERT_LT(0, pid);
	status = status_of(pid);
	ASSERT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	ASSERT_TRUE(core_open(core, pid));

	/* Its memory is as it was, and does all that it did. */
	EXPECT_FLAGS(base, false, false);
	EXPECT_EQ(NULL, unstamped(base, 2 * BLOCK, 16));
	fault = try_write(base, 1);
	EXPECT_EQ(SIGSEGV, fault.signo);
	EXPECT_TRUE(can_write(base + PAGE));
	EXPECT_TRUE(VirtualFree(base + BLOCK, BLOCK, MEM_DECOMMIT));
	fault = try_read(base + BLOCK);
	EXPECT_EQ(SIGSEGV, fault.signo);
	EXPECT_EQ(base, commit_at(base, 2 * BLOCK, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(base + BLOCK, BLOCK));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_F(dump, of_one_who_shares_the_memory_leaves_it_alone)
{
	survive(_metadata, &self->core, 0);
}

TEST_F(dump, of_a_vfork_child_leaves_its_parent_s_memory_alone)
{
	survive(_metadata, &self->core, CLONE_VFORK);
}

/* A child of vfork that outlives its parent's dump still finds the memory. */
struct outliving {
	int started[2];
	int parent[2];
	int result[2];
};

static int outlive(void *arg)
{
	struct outliving *pipes = arg;
	char byte = 'g';

	close(pipes->parent[1]);
	if (write(pipes->started[1], &byte, 1) != 1 ||
	    read(pipes->parent[0], &byte, 1))		/* until the parent is gone */
		byte = 'p';
	else if (unstamped((void *)FIXED, BLOCK, 17) || !can_write((void *)FIXED))
		byte = 'm';
	return write(pipes->result[1], &byte, 1) != 1;
}

static void *spawn(void *pipes)
{
	clone(outlive, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, pipes);
	return NULL;
}

static struct outliving pipes;

static void parent_of_vfork(struct note *note)
{
	char *base = both_at(FIXED, BLOCK, PAGE_READWRITE), byte;
	pthread_t thread;

	CHECK(base && !pipe(pipes.started) && !pipe(pipes.parent));
	close(pipes.result[0]);
	stamp(base, BLOCK, 17);
	CHECK(!pthread_create(&thread, NULL, spawn, &pipes));
	CHECK(read(pipes.started[0], &byte, 1) == 1);
}

TEST_F(dump, of_a_vfork_child_s_parent_has_the_memory_and_leaves_it_to_the_child)
{
	char byte = 0;

	ASSERT_EQ(0, pipe(pipes.result));
	DIE(parent_of_vfork);
	EXPECT_TRUE(core_stamped(&self->core, FIXED, 0, BLOCK / PAGE, 17));
	close(pipes.result[1]);
	EXPECT_EQ(1, read(pipes.result[0], &byte, 1));
	EXPECT_EQ('g', byte);
}

/*
 * Children that are to inherit a region
 */

#define INHERITED	(2 * BLOCK)

/* Nothing of it is there; if there is a mapping, it can only be unmapped. */
static int look_at_inheritance(char *base, int depth)
{
	int status;
	pid_t pid;

	if (try_read(base).signo != SIGSEGV || try_write(base + BLOCK, 1).signo != SIGSEGV)
		return 1;
	if (mappings(getpid(), (uintptr_t)base, (uintptr_t)base + INHERITED) &&
	    (mprotect(base, INHERITED, PROT_READ) != -1 ||
	     mremap(base, INHERITED, PAGE, MREMAP_MAYMOVE) != MAP_FAILED ||
	     !munmap(base, PAGE)))
		return 2;
	madvise(base, INHERITED, MADV_DOFORK);
	madvise(base, INHERITED, MADV_KEEPONFORK);
	if (depth) {
		pid = fork();
		if (!pid)
			_exit(look_at_inheritance(base, depth - 1));
		status = status_of(pid);
		if (status)
			return 10 + WEXITSTATUS(status);
	}
	return munmap(base, INHERITED) ? 3 : 0;
}

TEST(child_inherits_nothing)
{
	int ends[2], status, i;
	char *base, byte = 0;
	pid_t pid;

	base = both_at(NULL, INHERITED, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	stamp(base, INHERITED, 18);
	/* Some kernels refuse that. */
	madvise(base, INHERITED, MADV_DOFORK);

	for (i = 0; i < 2; i++) {
		status = -1;
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(look_at_inheritance(base, 1));
		status = status_of(pid);
		EXPECT_EQ(0, status);
		EXPECT_EQ(NULL, unstamped(base, INHERITED, 18));
	}

	/* A child that stays while the memory goes, and even its owner's regions. */
	ASSERT_EQ(0, pipe(ends));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &byte, 1) != 1)
			_exit(20);
		_exit(look_at_inheritance(base, 1));
	}
	EXPECT_TRUE(VirtualFree(base, BLOCK, MEM_DECOMMIT));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_EQ(1, write(ends[1], &byte, 1));
	status = status_of(pid);
	EXPECT_EQ(0, status);
	EXPECT_EQ(base, both_at(base, INHERITED, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(base, INHERITED));
}

#define MANY		300

/* Change what a process wants dumped until it has gone. */
static void toggle_filter(pid_t pid)
{
	char path[64];
	unsigned int n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/coredump_filter", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (n = 0; pwrite(fd, n % 2 ? "0" : "1", 1, 0) == 1; n++)
		;
	_exit(0);
}

/* Many sparse regions, so that looking for what is in them takes a while. */
static void many_sparse_regions(struct note *note)
{
	size_t i, run;
	pid_t pid = getpid();
	char *base;

	for (i = 0; i < MANY; i++) {
		base = reserve_at(NULL, 32 * BLOCK);
		CHECK(base);
		for (run = 0; run < 4; run++)
			CHECK(commit_at(base + PAGE + run * GRANULE * 8, PAGE,
					PAGE_READWRITE));
	}
	if (!fork())
		toggle_filter(pid);
}

/* Anybody may change the filter meanwhile: the dump has the one kind of list or the other. */
TEST_F(dump, may_be_told_otherwise_meanwhile)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		DIE(many_sparse_regions);
		EXPECT_LE(MANY, self->core.nr);
		close(self->core.fd);
		free(self->core.headers);
		self->core = (struct core){ .fd = -1 };
	}
}

#define RELEASED	100
#define RELEASED_SIZE	(RELEASED * PAGE)

static uintptr_t released[RELEASED];
static int releasing_fd;
static atomic_bool may_release;
static char borrower_stack[64 * 1024];

static int release_all(void *unused)
{
	size_t i = RELEASED;

	(void)unused;
	while (!may_release)
		;
	while (i--)
		raw_free(releasing_fd, released[i], 0, HOSTMEM_RELEASE);
	_exit(0);
}

static void regions_being_released(struct note *note)
{
	size_t i;

	for (i = 0; i < RELEASED; i++) {
		released[i] = (uintptr_t)both_at(NULL, RELEASED_SIZE, PAGE_READWRITE);
		CHECK(released[i]);
		stamp((void *)released[i], RELEASED_SIZE, 1);
	}
	releasing_fd = library_fd();
	CHECK(clone(release_all, borrower_stack + sizeof(borrower_stack), CLONE_VM,
		    NULL) > 0);
	may_release = true;
}

/*
 * A child with the same memory may have begun to release a region when it becomes part
 * of the dump: its pages are freed nevertheless, or else the kernel complains of the mm.
 */
TEST_F(dump, may_come_while_regions_are_released)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		DIE(regions_being_released);
		close(self->core.fd);
		free(self->core.headers);
		self->core = (struct core){ .fd = -1 };
	}
}

static char thread_stack[64 * 1024];
static pid_t leader;

/* Die when the thread that the process began with has ended. */
static int die_last(void *unused)
{
	char path[64], line[256];
	ssize_t length;
	int fd;

	(void)unused;
	snprintf(path, sizeof(path), "/proc/%d/stat", leader);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		length = read(fd, line, sizeof(line) - 1);
		close(fd);
		line[length > 0 ? length : 0] = 0;
	} while (!strstr(line, ") Z"));
	syscall(SYS_tkill, syscall(SYS_gettid), SIGABRT);
	return 0;
}

static int end_first(void *unused)
{
	(void)unused;
	leader = syscall(SYS_getpid);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	clone(die_last, thread_stack + sizeof(thread_stack),
	      CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, NULL);
	return syscall(SYS_exit, 0);
}

/* A thread that has ended doesn't count: the memory is the parent's all the same. */
TEST_F(dump, of_a_borrower_whose_first_thread_has_ended_leaves_memory_alone)
{
	char *base = reserve_at(NULL, BLOCK);
	int status;
	pid_t pid;

	ASSERT_NE(NULL, commit_at(base, GRANULE, PAGE_READWRITE));
	pid = clone(end_first, borrower_stack + sizeof(borrower_stack),
		    CLONE_VM | SIGCHLD, NULL);
	ASSERT_LT(0, pid);
	status = status_of(pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	EXPECT_TRUE(core_open(&self->core, pid));
	EXPECT_NE(NULL, commit_at(base, BLOCK, PAGE_READWRITE));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
