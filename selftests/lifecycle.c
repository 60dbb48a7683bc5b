// SPDX-License-Identifier: GPL-2.0
/*
 * Description: who owns a space, what other system calls may do to a region,
 * and that its end gives all charge back, whatever the end is.
 */
#include "hostmem_test.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(2 * BLOCK)

/* A region of the library, committed but for the first page, and stamped. */
FIXTURE(lifecycle)
{
	int fd;
	char *base;
	struct hostmem_status before;
};

FIXTURE_SETUP(lifecycle)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
	ASSERT_NE(NULL, commit_at(self->base + PAGE, REGION - PAGE, PAGE_READWRITE));
	stamp(self->base + PAGE, REGION - PAGE, 1);
	ASSERT_NE(NULL, commit_at(self->base + PAGE, PAGE, PAGE_READONLY));
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(lifecycle)
{
}

#define EXPECT_UNCHANGED() do {						\
	EXPECT_SAME_STATUS(self->before, self->fd);			\
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));	\
	EXPECT_RESERVED(self->base, self->base, PAGE);			\
	EXPECT_COMMITTED(self->base + PAGE, self->base, PAGE,		\
			 PAGE_READONLY);				\
	EXPECT_COMMITTED(self->base + 2 * PAGE, self->base,		\
			 REGION - 2 * PAGE, PAGE_READWRITE);		\
	EXPECT_NOTHING_ALLOWED(self->base);				\
	EXPECT_FALSE(can_write(self->base + PAGE));			\
	EXPECT_TRUE(can_write(self->base + REGION - 1));		\
	EXPECT_EQ(NULL, unstamped(self->base + PAGE, REGION - PAGE, 1)); \
} while (0)

/*
 * Who owns it.  In a child that isn't the test the macros can't tell, so the
 * function returns the number of the line that went wrong.
 */
#define CHECK(condition) do {						\
	if (!(condition))						\
		return __LINE__;					\
} while (0)

/* No call works for who isn't the owner. */
static int all_calls_are_refused(int fd, uintptr_t base)
{
	struct hostmem_memory_info info;
	struct hostmem_status status;
	uintptr_t out;

	CHECK(raw_alloc(fd, 0, PAGE, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &out) == -EXDEV);
	CHECK(raw_alloc(fd, base, PAGE, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out) == -EXDEV);
	CHECK(raw_free(fd, base, 0, HOSTMEM_RELEASE) == -EXDEV);
	CHECK(raw_free(fd, base, PAGE, HOSTMEM_DECOMMIT) == -EXDEV);
	CHECK(raw_query(fd, base, &info) == -EXDEV);
	CHECK(raw_status(fd, &status) == -EXDEV);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	return 0;
}

static int library_is_not_the_owner(char *base)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length = POISON_DWORD;
	void *mem = POISON_POINTER;

	CHECK(HostVirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE,
			       eProcessCritical, &mem) == HOST_E_NOT_OWNER);
	CHECK(!mem);
	CHECK(HostVirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE,
			       eProcessCritical, &mem) == HOST_E_NOT_OWNER);
	CHECK(HostVirtualFree(base, 0, MEM_RELEASE) == HOST_E_NOT_OWNER);
	CHECK(HostVirtualFree(base, PAGE, MEM_DECOMMIT) == HOST_E_NOT_OWNER);
	CHECK(HostVirtualQuery(base, &info, sizeof(info), &length) == HOST_E_NOT_OWNER);
	CHECK(!length);

	SetLastError(POISON_DWORD);
	CHECK(!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	SetLastError(POISON_DWORD);
	CHECK(!VirtualFree(base, 0, MEM_RELEASE));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	SetLastError(POISON_DWORD);
	CHECK(!VirtualQuery(base, &info, sizeof(info)));
	CHECK(GetLastError() == ERROR_ACCESS_DENIED);
	return 0;
}

static int fork_child(int fd, char *base)
{
	int line = library_is_not_the_owner(base);
	int own, empty, signo;
	uintptr_t out;

	CHECK(!line);
	CHECK(!all_calls_are_refused(fd, (uintptr_t)base));
	/* MADV_DOFORK may have made one of a pinnable region, with nothing in it. */
	empty = mappings(getpid(), FIXED, FIXED + REGION);
	CHECK(empty <= is_pinnable());
	signo = try_read(base + PAGE).signo;
	CHECK(signo == SIGSEGV || (empty && signo == SIGBUS));
	CHECK(try_write(base + 2 * PAGE, 1).signo == signo);
	munmap(base, REGION);

	/* With a file of its own it is as good as any process. */
	own = open_device();
	CHECK(own >= 0);
	CHECK(!raw_alloc(own, FIXED, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			 HOSTMEM_READWRITE, &out));
	CHECK(!nonzero((void *)out, PAGE));
	stamp((void *)out, PAGE, 2);
	return 0;
}

/* Run @call in a child and report the line that went wrong. */
#define EXPECT_CHILD(call) do {						\
	pid_t __child = fork();						\
	int __status;							\
									\
	ASSERT_LE(0, __child);						\
	if (!__child) {							\
		int __line = (call);					\
									\
		if (__line)						\
			TH_LOG("went wrong in line %d", __line);	\
		_exit(!!__line);					\
	}								\
	__status = status_of(__child);					\
	EXPECT_EQ(0, __status);						\
} while (0)

TEST_F(lifecycle, fork_child_gets_neither_calls_nor_memory)
{
	EXPECT_CHILD(fork_child(self->fd, self->base));
	EXPECT_UNCHANGED();
	EXPECT_CHILD(fork_child(self->fd, self->base));
	EXPECT_UNCHANGED();
}

static int send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static int receive_fd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(socket, &message, 0) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static int receiver(int socket)
{
	int fd = receive_fd(socket);

	CHECK(fd >= 0);
	CHECK(!all_calls_are_refused(fd, FIXED));
	CHECK(mappings(getpid(), FIXED, FIXED + REGION) == 0);
	return 0;
}

TEST(passed_descriptor_is_of_no_use)
{
	int sockets[2], fd;
	uintptr_t base;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		int line = receiver(sockets[1]);

		if (line)
			TH_LOG("went wrong in line %d", line);
		_exit(!!line);
	}
	fd = open_device();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_alloc(fd, FIXED, REGION, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &base));
	stamp((void *)base, REGION, 1);
	ASSERT_EQ(0, send_fd(sockets[0], fd));
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(NULL, unstamped((void *)base, REGION, 1));
	EXPECT_EQ(1, hostmem_status(fd).out_regions);
	EXPECT_EQ(REGION, hostmem_status(fd).out_committed_bytes);
}

/* Opening the file anew opens the device anew. */
static int reopener(pid_t owner, int fd)
{
	char path[64];
	uintptr_t out;
	int own;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", owner, fd);
	own = open(path, O_RDWR);
	CHECK(own >= 0);
	CHECK(hostmem_status(own).out_regions == 0);
	CHECK(!raw_alloc(own, FIXED, PAGE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			 HOSTMEM_READWRITE, &out));
	stamp((void *)out, PAGE, 2);
	CHECK(hostmem_status(own).out_regions == 1);
	CHECK(!raw_free(own, out, 0, HOSTMEM_RELEASE));
	return 0;
}

TEST_F(lifecycle, reopened_descriptor_is_a_space_of_its_own)
{
	EXPECT_CHILD(reopener(getppid(), self->fd));
	EXPECT_UNCHANGED();
}

static int cloned(void *base)
{
	if (VirtualAlloc(base, PAGE, MEM_COMMIT, PAGE_READWRITE) != base)
		return 1;
	stamp(base, PAGE, 3);
	if (query(base).State != MEM_COMMIT)
		return 2;
	return 0;
}

TEST_F(lifecycle, clone_that_shares_the_memory_may_call)
{
	char *stack = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	ASSERT_NE(MAP_FAILED, stack);
	child = clone(cloned, stack + 16 * PAGE, CLONE_VM | SIGCHLD, self->base);
	ASSERT_LE(0, child);
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(NULL, unstamped(self->base, PAGE, 3));
	EXPECT_EQ(NULL, unstamped(self->base + PAGE, REGION - PAGE, 1));
	EXPECT_EQ(REGION, hostmem_status(self->fd).out_committed_bytes);
}

/*
 * What others may do to it: nothing, or all of it at once
 */

TEST_F(lifecycle, mprotect_is_refused)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	size_t i, refused = 0;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		refused += mprotect(self->base, REGION, prots[i]) == -1;
		refused += mprotect(self->base, PAGE, prots[i]) == -1;
		refused += mprotect(self->base + BLOCK, PAGE, prots[i]) == -1;
		refused += mprotect(self->base + REGION - PAGE, PAGE, prots[i]) == -1;
	}
	/* Asking for what the mapping has anyway is a success that does nothing. */
	EXPECT_LE(4 * (ARRAY_SIZE(prots) - 1), refused);
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, munmap_of_a_part_is_refused)
{
	EXPECT_EQ(-1, munmap(self->base, PAGE));
	EXPECT_EQ(-1, munmap(self->base, REGION - PAGE));
	EXPECT_EQ(-1, munmap(self->base + PAGE, PAGE));
	EXPECT_EQ(-1, munmap(self->base + GRANULE, BLOCK));
	EXPECT_EQ(-1, munmap(self->base + REGION - PAGE, PAGE));
	EXPECT_EQ(-1, munmap(self->base - PAGE, 2 * PAGE));
	EXPECT_EQ(-1, munmap(self->base + REGION - PAGE, 2 * PAGE));
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, mremap_is_refused)
{
	void *elsewhere = (void *)(FIXED + 4 * REGION);

	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION + PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, 2 * REGION,
				     MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION - PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION,
				     MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, PAGE, PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, REGION, REGION,
				     MREMAP_MAYMOVE | MREMAP_FIXED |
				     MREMAP_DONTUNMAP, elsewhere));
	/* Old size 0: a second mapping of the same. */
	EXPECT_EQ(MAP_FAILED, mremap(self->base, 0, REGION, MREMAP_MAYMOVE));
	EXPECT_EQ(0, mappings(getpid(), (uintptr_t)elsewhere,
			      (uintptr_t)elsewhere + REGION));
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, mmap_of_the_descriptor_is_refused)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	void *elsewhere = (void *)(FIXED + 4 * REGION);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prots); i++) {
		EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, prots[i], MAP_SHARED,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, prots[i], MAP_PRIVATE,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(elsewhere, PAGE, prots[i],
					   MAP_SHARED | MAP_FIXED_NOREPLACE,
					   self->fd, 0));
		EXPECT_EQ(MAP_FAILED, mmap(self->base, REGION, prots[i],
					   MAP_SHARED | MAP_FIXED, self->fd, 0));
	}
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, mapping_over_a_part_is_refused)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	EXPECT_EQ(MAP_FAILED, mmap(self->base, PAGE, PROT_READ, flags, -1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(self->base + PAGE, PAGE,
				   PROT_READ | PROT_WRITE, flags, -1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(self->base + BLOCK, PAGE, PROT_NONE, flags,
				   -1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(self->base + REGION - PAGE, 2 * PAGE,
				   PROT_READ, flags, -1, 0));
	EXPECT_UNCHANGED();
}

/* In a pinnable region some go through, and find nothing that they could change. */
static bool may_go_through(int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DOFORK:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return is_pinnable();
	}
	return false;
}

TEST_F(lifecycle, advice_changes_nothing)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_DODUMP, MADV_COLD,
		MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
		MADV_WIPEONFORK,
	};
	size_t i;

	/* These the kernel takes and then has no use for. */
	madvise(self->base, REGION, MADV_MERGEABLE);
	madvise(self->base, REGION, MADV_HUGEPAGE);

	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		bool all = !madvise(self->base, REGION, advices[i]);
		bool one = !madvise(self->base + BLOCK, PAGE, advices[i]);

		EXPECT_TRUE((!all && !one) || may_go_through(advices[i]))
			TH_LOG("advice %d", advices[i]);
	}
	EXPECT_EQ(-1, madvise(self->base + BLOCK, PAGE, MADV_RANDOM));
	EXPECT_UNCHANGED();
	EXPECT_CHILD(fork_child(self->fd, self->base));
}

TEST_F(lifecycle, munmap_of_all_is_a_release)
{
	struct hostmem_status status;

	ASSERT_EQ(0, munmap(self->base, REGION));
	status = hostmem_status(self->fd);
	EXPECT_EQ(0, status.out_regions);
	EXPECT_EQ(0, status.out_reserved_bytes);
	EXPECT_EQ(0, status.out_committed_bytes);
	EXPECT_EQ(self->before.out_total_committed_bytes -
		  self->before.out_committed_bytes,
		  status.out_total_committed_bytes);
	EXPECT_FREE(self->base);
	EXPECT_NOTHING_ALLOWED(self->base + PAGE);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,
			  self->base, 0, MEM_RELEASE);

	ASSERT_EQ(self->base, both_at(self->base, REGION, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(self->base, REGION));
}

TEST_F(lifecycle, munmap_of_two_regions_releases_both)
{
	char *next = both_at(FIXED + REGION, GRANULE, PAGE_READWRITE);

	ASSERT_EQ((char *)FIXED + REGION, next);
	ASSERT_EQ(0, munmap((char *)FIXED - PAGE, REGION + GRANULE + 2 * PAGE));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
}

TEST_F(lifecycle, mapping_over_all_is_a_release)
{
	ASSERT_EQ(self->base, mmap(self->base, REGION, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				   -1, 0));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
	EXPECT_EQ(NULL, nonzero(self->base, REGION));
	EXPECT_EQ(MEM_COMMIT, query(self->base).State);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, HOST_E_INVALIDOPERATION,
			  self->base, 0, MEM_RELEASE);
}

TEST_F(lifecycle, closed_descriptor_leaves_the_memory)
{
	__u64 total = self->before.out_total_committed_bytes;
	uintptr_t base;
	int fd = open_device();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_alloc(fd, 0, REGION, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			       &base));
	stamp((void *)base, BLOCK, 1);
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(NULL, unstamped((void *)base, BLOCK, 1));
	stamp((void *)base, REGION, 2);
	EXPECT_EQ(NULL, unstamped((void *)base, REGION, 2));
	EXPECT_EQ(total + REGION,
		  hostmem_status(self->fd).out_total_committed_bytes);

	ASSERT_EQ(0, munmap((void *)base, REGION));
	EXPECT_EQ(total, hostmem_status(self->fd).out_total_committed_bytes);
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, duplicate_descriptor_is_the_same_space)
{
	int copy = dup(self->fd);
	uintptr_t out;

	ASSERT_LE(0, copy);
	EXPECT_SAME_STATUS(self->before, copy);
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(copy, FIXED, PAGE, HOSTMEM_RESERVE,
					    HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, raw_free(copy, FIXED, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(0, hostmem_status(self->fd).out_regions);
	ASSERT_EQ(0, close(copy));
	EXPECT_EQ(self->base, reserve_at(FIXED, REGION));
}

TEST_F(lifecycle, two_files_of_a_process_are_apart)
{
	struct hostmem_memory_info info;
	int other = open_device();
	uintptr_t out;

	ASSERT_LE(0, other);
	EXPECT_EQ(0, hostmem_status(other).out_regions);
	EXPECT_EQ(-ENOENT, raw_free(other, FIXED, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(other, FIXED, PAGE, HOSTMEM_COMMIT,
					    HOSTMEM_READWRITE, &out));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(other, FIXED, PAGE, HOSTMEM_RESERVE,
					    HOSTMEM_READWRITE, &out));
	/* To the other it is memory of someone else (Q13). */
	EXPECT_EQ(0, raw_query(other, FIXED, &info));
	EXPECT_NE(HOSTMEM_FREE, info.state);
	EXPECT_UNCHANGED();
}

/*
 * How it ends
 */

#define ENDING	(16 * MIB)

static void hold_memory(size_t size)
{
	int fd = open(DEVICE, O_RDWR);
	uintptr_t base;

	if (raw_alloc(fd, 0, size, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &base))
		_exit(1);
	stamp((void *)base, size, 1);
	if (raw_alloc(fd, 0, TIB, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base))
		_exit(2);
}

/* A child that holds memory; it has when this returns. */
static pid_t start_holder(void)
{
	int fds[2];
	pid_t child;
	char byte;

	if (pipe(fds))
		return -1;
	child = fork();
	if (!child) {
		/* Not to outlive a test that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		hold_memory(ENDING);
		if (write(fds[1], "x", 1) != 1)
			_exit(3);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], &byte, 1) != 1)
		child = -1;
	close(fds[0]);
	return child;
}

#define TOTAL() (hostmem_status(self->fd).out_total_committed_bytes)

TEST_F(lifecycle, exit_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		hold_memory(ENDING);
		_exit(42);
	}
	EXPECT_EQ(42 << 8, status_of(child));
	EXPECT_EQ(total, TOTAL());
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, kill_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	pid_t child = start_holder();

	ASSERT_LT(0, child);
	EXPECT_EQ(total + ENDING, TOTAL());
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
	EXPECT_EQ(total, TOTAL());
	EXPECT_UNCHANGED();
}

TEST_F(lifecycle, fault_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		hold_memory(ENDING);
		abort();
	}
	EXPECT_EQ(SIGABRT, status_of(child) & 0x7f);
	EXPECT_EQ(total, TOTAL());
}

/* Commit and release, until killed in the middle of it. */
static void churn(int ready)
{
	int fd = open_device();
	uintptr_t base;
	int i;

	for (i = 0;; i++) {
		if (raw_alloc(fd, 0, ENDING, HOSTMEM_COMMIT, HOSTMEM_READWRITE,
			      &base))
			_exit(1);
		if (!i && write(ready, "x", 1) != 1)
			_exit(2);
		if (raw_free(fd, base, ENDING / 2, HOSTMEM_DECOMMIT))
			_exit(3);
		if (raw_free(fd, base, 0, HOSTMEM_RELEASE))
			_exit(4);
	}
}

TEST_F(lifecycle, kill_within_a_call_gives_everything_back)
{
	uint64_t rng = 1234567;
	volatile int spin;
	int round, fds[2];
	pid_t child;
	char byte;

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, pipe(fds));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			churn(fds[1]);
		}
		ASSERT_EQ(1, read(fds[0], &byte, 1));
		/* Anywhere in its loop. */
		for (spin = random_below(&rng, 3000000); spin; spin--)
			;
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(SIGKILL, status_of(child));
		ASSERT_EQ(self->before.out_total_committed_bytes, TOTAL());
		close(fds[0]);
		close(fds[1]);
	}
}

TEST_F(lifecycle, exec_gives_everything_back)
{
	__u64 total = self->before.out_total_committed_bytes;
	int input[2], executed[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(input));
	ASSERT_EQ(0, pipe2(executed, O_CLOEXEC));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		/* The descriptor itself stays open in the new program. */
		hold_memory(ENDING);
		dup2(input[0], 0);
		close(input[1]);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	close(executed[1]);
	/* The end of file comes with the new program, which waits for input. */
	EXPECT_EQ(0, read(executed[0], &byte, 1));
	EXPECT_EQ(0, waitpid(child, NULL, WNOHANG));
	EXPECT_EQ(total, TOTAL());
	close(input[0]);
	close(input[1]);
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(total, TOTAL());
}

TEST_HARNESS_MAIN
