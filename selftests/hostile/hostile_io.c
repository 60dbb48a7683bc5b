// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the kernel's many ways to reach user memory: those that want the
 * pages themselves fail where these can't be pinned, those that copy obey each page's
 * state, byte by byte.
 */
#include "hostile.h"

#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#define SO_ZEROCOPY_	60
#define MSG_ZEROCOPY_	0x4000000

FIXTURE(io)
{
	int fd;
	struct hostmem_status before;
	int pipe[2];
};

FIXTURE_SETUP(io)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(specimen_make(SPECIMEN));
	self->before = hostmem_status(self->fd);
	ASSERT_EQ(0, pipe2(self->pipe, O_NONBLOCK));
}

FIXTURE_TEARDOWN(io)
{
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_INTACT(SPECIMEN);
}

/*
 * Those that want struct pages: none, or of a pinnable region what may be read
 */

#define GETS(page) \
	(is_pinnable() && protection_of(query(page).Protect)->read)

TEST_F(io, vmsplice_gets_no_page_but_pinnable_ones)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		struct iovec iov = { .iov_base = at(copied[i]), .iov_len = PAGE };
		bool gets = GETS(iov.iov_base);

		EXPECT_GETS(gets, PAGE, vmsplice(self->pipe[1], &iov, 1, 0));
		EXPECT_GETS(gets, PAGE, vmsplice(self->pipe[1], &iov, 1, 8 /* GIFT */));
	}
	close(self->pipe[0]);
	close(self->pipe[1]);
}

static int readv_of_parent(pid_t pid)
{
	char buffer[2 * PAGE] = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		struct iovec own = { .iov_base = buffer, .iov_len = PAGE };
		struct iovec his = { .iov_base = at(copied[i]), .iov_len = PAGE };

		CHECK(process_vm_readv(pid, &own, 1, &his, 1, 0) == -1);
		CHECK(errno == EFAULT);
		CHECK(process_vm_writev(pid, &own, 1, &his, 1, 0) == -1);
		CHECK(errno == EFAULT);
	}
	CHECK(!nonzero(buffer, sizeof(buffer)));
	return 0;
}

TEST_F(io, process_vm_calls_get_no_page_but_pinnable_ones)
{
	char buffer[64] = "x", other[64] = "y";
	struct iovec own[] = { { buffer, 32 }, { buffer + 32, 32 } };
	struct iovec his[] = { { other, 32 }, { at(READWRITE), 32 } };
	ssize_t done = is_pinnable() ? 64 : 32;
	size_t i;

	/* What comes before is copied. */
	EXPECT_EQ(done, process_vm_readv(getpid(), own, 2, his, 2, 0));
	EXPECT_EQ('y', buffer[0]);
	EXPECT_EQ(!is_pinnable(), !nonzero(buffer + 32, 32));
	EXPECT_EQ(done, process_vm_writev(getpid(), own, 2, his, 2, 0));
	/* All there is to be had of pinnable ones is in pin_copy. */
	if (!is_pinnable())
		EXPECT_CHILD(readv_of_parent(getppid()));
	/* The near side is copied to and from, as by any call. */
	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		struct iovec local = { .iov_base = at(copied[i]), .iov_len = 64 };
		const struct protection *p =
			protection_of(query(at(copied[i])).Protect);

		EXPECT_EQ(p->write ? 32 : -1,
			  process_vm_readv(getpid(), &local, 1, his, 1, 0));
		EXPECT_EQ(p->read ? 32 : -1,
			  process_vm_writev(getpid(), &local, 1, his, 1, 0));
		if (p->write)
			mend(copied[i]);
	}
}

/* The same walk to the pages as direct I/O has, which needs a disk. */
TEST_F(io, sending_without_copying_gets_no_page_but_pinnable_ones)
{
	int on = 1, ends[2];
	size_t i;

	ASSERT_TRUE(datagram_ends(ends));
	ASSERT_EQ(0, setsockopt(ends[0], SOL_SOCKET, SO_ZEROCOPY_, &on, sizeof(on)));
	for (i = 0; i < ARRAY_SIZE(copied); i++)
		EXPECT_GETS(GETS(at(copied[i])), PAGE,
			    send(ends[0], at(copied[i]), PAGE, MSG_ZEROCOPY_));
}

/* A file system that takes O_DIRECT must copy or fail. */
TEST_F(io, direct_io_copies_or_fails)
{
	int file = open("/tmp/hostile.direct", O_RDWR | O_CREAT | O_DIRECT, 0600);
	ssize_t done;

	if (file < 0) {
		ASSERT_EQ(EINVAL, errno);
		file = open("/tmp/hostile.direct", O_RDWR | O_CREAT, 0600);
	}
	ASSERT_LE(0, file);
	done = pwrite(file, at(MIDDLE), PAGE, 0);
	EXPECT_TRUE(done == (ssize_t)PAGE || (done == -1 && errno == EFAULT));
	if (done > 0) {
		memset(at(MIDDLE), 0, PAGE);
		EXPECT_EQ(PAGE, pread(file, at(MIDDLE), PAGE, 0));
		EXPECT_EFAULT(pread(file, at(READONLY), PAGE, 0));
		EXPECT_EFAULT(pread(file, at(RESERVED), PAGE, 0));
		EXPECT_EFAULT(pwrite(file, at(NOACCESS), PAGE, 0));
	}
	close(file);
	unlink("/tmp/hostile.direct");
}

static int futex(void *addr, int op, int value, void *other)
{
	struct timespec soon = {};

	return syscall(SYS_futex, addr, op, value,
		       (op & 0x7f) == FUTEX_WAIT ? (void *)&soon : (void *)1,
		       other, 0);
}

TEST_F(io, futexes_are_private)
{
	uint32_t *word = (uint32_t *)at(READWRITE) + 10, local = 0;
	static const int shared[] = {
		FUTEX_WAIT, FUTEX_WAKE, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE,
		FUTEX_WAKE_OP, FUTEX_LOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_UNLOCK_PI,
		FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET,
	};
	size_t i;

	/* In a pinnable region they work, and would wait: see pin_futex. */
	for (i = 0; i < ARRAY_SIZE(shared) && !is_pinnable(); i++) {
		/* The last argument is the bit set, where there is one. */
		EXPECT_EQ(-1, syscall(SYS_futex, word, shared[i], 0, NULL, &local, 1));
		EXPECT_TRUE(errno == EFAULT || errno == EPERM)
			TH_LOG("operation %d: %s", shared[i], strerror(errno));
	}
	EXPECT_EQ(0, *word);
	/* Private ones work where the page may be written, or read. */
	EXPECT_EQ(-1, futex(word, FUTEX_WAIT_PRIVATE, 0, NULL));
	EXPECT_EQ(ETIMEDOUT, errno);
	EXPECT_EQ(0, futex(word, FUTEX_WAKE_PRIVATE, 1, NULL));
	EXPECT_EQ(0, futex(word, FUTEX_WAKE_OP_PRIVATE, 1, word + 1));
	EXPECT_EQ(0, syscall(SYS_futex, word, FUTEX_LOCK_PI_PRIVATE, 0, NULL));
	EXPECT_EQ(gettid(), *word & FUTEX_TID_MASK);
	EXPECT_EQ(0, syscall(SYS_futex, word, FUTEX_UNLOCK_PI_PRIVATE, 0, NULL));
	*word = 0;
	EXPECT_EFAULT(syscall(SYS_futex, at(READONLY), FUTEX_LOCK_PI_PRIVATE, 0, NULL));
	EXPECT_EFAULT(futex(at(NOACCESS), FUTEX_WAIT_PRIVATE, 0, NULL));
	EXPECT_EFAULT(futex(at(RESERVED), FUTEX_WAIT_PRIVATE, 0, NULL));
	EXPECT_EFAULT(syscall(SYS_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1,
			      at(READONLY), FUTEX_OP(FUTEX_OP_ADD, 1, 0, 0)));
}

/*
 * Those that copy
 */

/* Reads and writes that begin in good pages and run into others. */
TEST_F(io, copies_stop_at_the_first_page_that_forbids_them)
{
	static const struct {
		unsigned int from, pages, written, read;
	} runs[] = {
		{ 8, 20, 6, 20 },	/* into read-only pages */
		{ 510, 20, 8, 8 },	/* into reserved ones */
		{ 2, 3, 1, 1 },		/* into one without access */
		{ 538, 8, 6, 6 },	/* over the end */
		{ 0, 3, 0, 0 },
		{ 3, 3, 0, 0 },
	};
	int file = memfd_create("hostile", MFD_CLOEXEC);
	size_t i, j;

	ASSERT_EQ(0, ftruncate(file, 64 * PAGE));
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		unsigned int from = runs[i].from, nr = runs[i].pages;
		ssize_t written = runs[i].written * PAGE, read_ = runs[i].read * PAGE;

		EXPECT_EQ(written ?: -1, pread(file, at(from), nr * PAGE, 0));
		for (j = 0; j < runs[i].written; j++)
			mend(from + j);
		EXPECT_EQ(read_ ?: -1, pwrite(file, at(from), nr * PAGE, 64 * PAGE));
		EXPECT_EQ(written ?: -1, getrandom(at(from), nr * PAGE, 0))
			TH_LOG("run %zu", i);
		for (j = 0; j < runs[i].written; j++)
			mend(from + j);
	}
}

TEST_F(io, vectors_stop_there_too)
{
	char local[16] = {};
	struct iovec iov[] = {
		{ at(READWRITE) + 512, 16 }, { local, 16 },
		{ at(MIDDLE) + 512, 16 }, { at(READONLY) + 512, 16 },
		{ at(MIDDLE) + 1024, 16 },
	};
	int file = memfd_create("hostile", MFD_CLOEXEC);
	char contents[80];

	memset(contents, 'z', 80);
	ASSERT_EQ(80, write(file, contents, 80));
	EXPECT_EQ(48, preadv(file, iov, 5, 0));
	EXPECT_EQ('z', at(MIDDLE)[512 + 15]);
	EXPECT_EQ(0, at(MIDDLE)[1024]);
	mend(READWRITE);
	mend(MIDDLE);
	EXPECT_EQ(80, pwritev(file, iov, 5, 0));
	iov[3].iov_base = at(NOACCESS);
	EXPECT_EQ(48, pwritev(file, iov, 5, 0));
	/* The vector itself lies there. */
	memcpy(at(MIDDLE) + 2048, iov, sizeof(iov));
	EXPECT_EQ(48, pwritev(file, (struct iovec *)(at(MIDDLE) + 2048), 5, 0));
	EXPECT_EFAULT(pwritev(file, (struct iovec *)at(NOACCESS), 5, 0));
	EXPECT_EFAULT(pwritev(file, (struct iovec *)at(RESERVED), 5, 0));
	mend(MIDDLE);
}

TEST_F(io, small_results_obey_the_page)
{
	static const unsigned int closed[] = { RESERVED, READONLY, NOACCESS, EXECUTE };
	int next = dup(0);
	size_t i;

	close(next);
	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		char *page = at(closed[i]) + 8;

		EXPECT_EFAULT(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, page));
		EXPECT_EFAULT(syscall(SYS_getcwd, page, 64));
		EXPECT_EFAULT(syscall(SYS_uname, page));
		/* Descriptors that can't be told are not left open. */
		EXPECT_EFAULT(syscall(SYS_pipe2, page, 0));
		EXPECT_EFAULT(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, page));
	}
	EXPECT_EQ(next, dup(0));
	close(next);
	EXPECT_EQ(0, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at(MIDDLE) + 8));
	mend(MIDDLE);
}

/* Names, arguments, and what else is read. */
TEST_F(io, strings_are_read_where_they_may_be)
{
	static const unsigned int closed[] = { RESERVED, NOACCESS };
	char *argv[] = { "true", NULL, NULL };
	pid_t child;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(closed); i++) {
		char *bad = at(closed[i]) + 8;

		EXPECT_EFAULT(open(bad, O_RDONLY));
		argv[1] = bad;
		EXPECT_EFAULT(execv("/bin/busybox", argv));
		EXPECT_EFAULT(execv(bad, argv));
		EXPECT_EFAULT(execv("/bin/busybox", (char **)bad));
	}
	/* A name that runs into a page that can't be read. */
	memset(at(READWRITE) + PAGE - 4, '/', 4);
	EXPECT_EFAULT(open(at(READWRITE) + PAGE - 4, O_RDONLY));
	mend(READWRITE);
	strcpy(at(MIDDLE), "true");
	argv[0] = at(MIDDLE);
	argv[1] = NULL;
	child = vfork();
	if (!child) {
		execvp(argv[0], argv);
		_exit(127);
	}
	EXPECT_EQ(0, status_of(child));
	mend(MIDDLE);
}

TEST_F(io, asynchronous_io_obeys_the_page)
{
	int file = memfd_create("hostile", MFD_CLOEXEC);
	struct io_event *events = (void *)at(MIDDLE);
	struct iocb *iocb = (void *)(at(MIDDLE) + 2048);
	aio_context_t context = 0;
	size_t i;

	ASSERT_EQ(0, ftruncate(file, PAGE));
	ASSERT_EQ(0, syscall(SYS_io_setup, 8, &context));
	for (i = 0; i < ARRAY_SIZE(copied) - 1; i++) {
		DWORD protect = query(at(copied[i])).Protect;

		*iocb = (struct iocb) {
			.aio_lio_opcode = IOCB_CMD_PREAD,
			.aio_fildes = file,
			.aio_buf = (uintptr_t)at(copied[i]),
			.aio_nbytes = PAGE,
		};
		/* The control block and the array of them lie there, too. */
		*(struct iocb **)(at(MIDDLE) + 3072) = iocb;
		ASSERT_EQ(1, syscall(SYS_io_submit, context, 1, at(MIDDLE) + 3072));
		ASSERT_EQ(1, syscall(SYS_io_getevents, context, 1, 1, events, NULL));
		EXPECT_EQ(protection_of(protect)->write ? (long)PAGE : -EFAULT,
			  events->res);
		if (protection_of(protect)->write)
			mend(copied[i]);
	}
	EXPECT_EFAULT(syscall(SYS_io_submit, context, 1, at(NOACCESS)));
	EXPECT_EFAULT(syscall(SYS_io_setup, 8, at(READONLY) + 16));
	EXPECT_EQ(0, syscall(SYS_io_destroy, context));
	mend(MIDDLE);
}

TEST_HARNESS_MAIN
