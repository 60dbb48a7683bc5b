// SPDX-License-Identifier: GPL-2.0
/*
 * Description: write watch: what system calls, debuggers and the callback of a guard page
 * write, and that what the program writes takes no fault (rules W25 as X4 has it, G10).
 */
#include "watch.h"

#include <sys/resource.h>
#include <sys/uio.h>

TEST_F(watch, tells_what_system_calls_write_W25_X4)
{
	int fd = memfd_create("hostmem", MFD_CLOEXEC), fds[2];
	char *at = self->base + 10 * PAGE;
	struct iovec vector[2] = {
		{ self->base + 30 * PAGE + 5, 10 },
		{ self->base + 41 * PAGE - 5, 10 },
	};

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe(fds));
	/* Two pages and three bytes into a buffer of 16 pages. */
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE + 3));
	EXPECT_EQ(2 * PAGE + 3, pread(fd, at, 16 * PAGE, 0));
	EXPECT_RESET(10, 11, 12);
	EXPECT_EQ(0, pread(fd, at, 16 * PAGE, 3 * PAGE));
	EXPECT_EQ(-1, pread(-1, at, 16 * PAGE, 0));
	EXPECT_RESET();
	ASSERT_EQ(20, write(fds[1], at, 20));
	EXPECT_EQ(20, readv(fds[0], vector, 2));
	EXPECT_RESET(30, 40, 41);
	/* A structure. */
	EXPECT_EQ(48, VirtualQuery(at, (void *)(self->base + 7 * PAGE - 8), 48));
	EXPECT_RESET(6, 7);
	/* Addresses of pages: the call reports its own writes the next time. */
	poke(self->base, 99);
	report.count = 3;
	EXPECT_EQ(0, GetWriteWatch(WRITE_WATCH_FLAG_RESET, self->base, REGION,
				   (void **)at, &report.count,
				   &report.granularity));
	EXPECT_EQ(1, report.count);
	EXPECT_RESET(10);
}

TEST_F(watch, tells_nothing_where_the_kernel_may_not_write_W25)
{
	char *at = self->base + 10 * PAGE;
	DWORD old;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(9, write(fds[1], at, 9));
	ASSERT_TRUE(VirtualProtect(at, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(-1, read(fds[0], at, 9));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_SEGV(at, try_write(at, 1));
	EXPECT_WRITTEN();
	ASSERT_TRUE(VirtualProtect(at, PAGE, PAGE_READWRITE, &old));
	EXPECT_WRITTEN();
}

TEST_F(watch, tells_what_debuggers_write)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char bytes[10] = "debugger";
	DWORD old;

	ASSERT_LE(0, fd);
	EXPECT_EQ(10, pread(fd, bytes, 10, FIXED + 50 * PAGE));
	EXPECT_WRITTEN();
	EXPECT_EQ(10, pwrite(fd, bytes, 10, FIXED + 20 * PAGE - 5));
	EXPECT_RESET(19, 20);
	ASSERT_TRUE(VirtualProtect(self->base, PAGE, PAGE_READONLY, &old));
	EXPECT_TRUE(debugger_writes(self->base, bytes, 10));
	EXPECT_RESET(0);
	EXPECT_WRITTEN();
}

TEST_F(watch, comes_after_the_guard_G10)
{
	char *at = self->base + 5 * PAGE;
	DWORD old;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(SIGBUS, try_write(at, 1).signo);
	EXPECT_WRITTEN();
	EXPECT_NO_FAULT(try_write(at, 1));
	EXPECT_RESET(5);
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(SIGBUS, try_read(at).signo);
	EXPECT_NO_FAULT(try_read(at));
	EXPECT_WRITTEN();
	/* A system call that fails, then one that doesn't. */
	ASSERT_EQ(9, write(fds[1], at, 9));
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_EQ(-1, read(fds[0], at, 9));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_WRITTEN();
	EXPECT_EQ(9, read(fds[0], at, 9));
	EXPECT_RESET(5);
	/* Dirty before it is armed. */
	poke(self->base, 5);
	ASSERT_TRUE(VirtualProtect(at, PAGE, GUARDED, &old));
	EXPECT_RESET(5);
	EXPECT_EQ(GUARDED, query(at).Protect);
}

static BOOL add_and_retry(DWORD code, DWORD access, void *address, void *context)
{
	(void)access;
	if (code != EXCEPTION_GUARD_PAGE)
		return FALSE;
	/* A write of its own, to a page that the access only reads. */
	if (context)
		*(volatile uint32_t *)address += 0x100;
	return TRUE;
}

TEST_F(watch, tells_what_a_guards_callback_writes_G10)
{
	volatile uint32_t *at = (uint32_t *)(self->base + 5 * PAGE);
	DWORD old;

	ASSERT_TRUE(HostSetFaultCallback(add_and_retry, NULL));
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	EXPECT_EQ(0, *at);
	EXPECT_WRITTEN();
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	*at = 1;
	EXPECT_RESET(5);
	ASSERT_TRUE(HostSetFaultCallback(add_and_retry, self));
	ASSERT_TRUE(VirtualProtect((void *)at, PAGE, GUARDED, &old));
	EXPECT_EQ(0x101, *at);
	EXPECT_RESET(5);
}

/*
 * The hardware keeps the books: no fault for any page that is dirtied.  Some arm64 processors
 * don't: there the kernel does, at one fault for each.
 */

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void poke_all(char *base, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		*(volatile char *)(base + i * PAGE) += 1;
}

/* Does a write to memory that has been read, but not written, get along without a fault? */
static bool hardware_keeps_the_books(void)
{
	volatile char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char read = *map;
	long before = faults();

	/* The write comes back to what has been read. */
	*map = read;
	before = faults() - before;
	munmap((void *)map, PAGE);
	return !before;
}

TEST_F(watch, takes_no_fault_for_a_dirtied_page)
{
	size_t nr = 2000;
	long most = hardware_keeps_the_books() ? 10 : (long)nr + 10;
	long few, before;
	char *base;
	int round;

	base = VirtualAlloc(NULL, nr * PAGE, WATCHED | MEM_COMMIT, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	/* What the program itself takes for its own pages. */
	poke_all(base, 1);
	collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base, nr * PAGE);
	for (round = 0; round < 3; round++) {
		before = faults();
		poke_all(base, nr);
		few = faults() - before;
		EXPECT_GT(most, few);
		EXPECT_EQ(0, collect_at_most(nr, WRITE_WATCH_FLAG_RESET, base,
					     nr * PAGE));
		EXPECT_EQ(nr, report.count);
	}
	EXPECT_EQ(0, ResetWriteWatch(base, nr * PAGE));
	before = faults();
	poke_all(base, nr);
	EXPECT_GT(most, faults() - before);
}

TEST_HARNESS_MAIN
