// SPDX-License-Identifier: GPL-2.0
/*
 * Description: guard pages: one signal for the first access to each, or one
 * system call that fails (rules G1-G9, G11, G14, B11, C13).
 */
#include "guard.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

TEST_F(guard, signals_the_first_read_only_G1)
{
	char *at = self->page + 0x123;

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_GUARD(at, try_read(at));
	EXPECT_NO_FAULT(try_read(at));
	EXPECT_NO_FAULT(try_write(at, 1));
}

TEST_F(guard, signals_the_first_write_only_G1)
{
	char *at = self->page + PAGE - 1;

	*at = 7;
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_GUARD(at, try_write(at, 8));
	EXPECT_EQ(7, *at);
	EXPECT_NO_FAULT(try_write(at, 8));
}

TEST_F(guard, signals_the_first_execution_only_G1)
{
	int result;

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE,
			PAGE_EXECUTE_READ | PAGE_GUARD);
	EXPECT_GUARD_BY_FETCH(self->page, try_exec(self->page, &result));
	EXPECT_NO_FAULT(try_exec(self->page, &result));
	EXPECT_EQ(42, result);
}

TEST_F(guard, is_seen_by_queries_until_then_G4)
{
	size_t tail = REGION - GRANULE;

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_COMMITTED(self->page, self->base, PAGE, GUARDED);
	EXPECT_GUARD(self->page, try_read(self->page));
	EXPECT_COMMITTED(self->page, self->base, PAGE + tail, PAGE_READWRITE);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(guard, of_the_allocation_stays_on_record_G4_B11)
{
	char *base = both_at(NULL, 2 * PAGE, GUARDED);

	ASSERT_NE(NULL, base);
	EXPECT_QUERY(base, base, base, GUARDED, 2 * PAGE, MEM_COMMIT, GUARDED,
		     MEM_PRIVATE);
	EXPECT_GUARD(base, try_write(base, 1));
	EXPECT_QUERY(base, base, base, GUARDED, PAGE, MEM_COMMIT, PAGE_READWRITE,
		     MEM_PRIVATE);
	EXPECT_QUERY(base + PAGE, base + PAGE, base, GUARDED, PAGE, MEM_COMMIT,
		     GUARDED, MEM_PRIVATE);
}

TEST_F(guard, is_one_shot_for_each_page_G3)
{
	char *first = self->base + GRANULE - 4 * PAGE;
	size_t i, j;

	EXPECT_PROTECTS(PAGE_READWRITE, first, 8 * PAGE, GUARDED);
	for (i = 0; i < 8; i++) {
		char *at = first + (i * 3 % 8) * PAGE + i;

		EXPECT_GUARD(at, try_write(at, 1));
		EXPECT_NO_FAULT(try_write(at, 1));
		for (j = 0; j < 8; j++)
			EXPECT_EQ(j > i ? GUARDED : PAGE_READWRITE,
				  query(first + (j * 3 % 8) * PAGE).Protect);
	}
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(guard, is_part_of_the_old_protection_G5)
{
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_PROTECTS(GUARDED, self->page, PAGE, PAGE_READONLY | PAGE_GUARD);
	/* Disarmed without a word. */
	EXPECT_PROTECTS(PAGE_READONLY | PAGE_GUARD, self->page, PAGE,
			PAGE_READWRITE);
	EXPECT_NO_FAULT(try_write(self->page, 1));
	/* Fired. */
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_GUARD(self->page, try_read(self->page));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	/* And armed again. */
	EXPECT_GUARD(self->page, try_read(self->page));
	EXPECT_NO_FAULT(try_read(self->page));
}

TEST_F(guard, comes_before_what_the_page_forbids_G6)
{
	char *at = self->page + 5;
	int result;

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE,
			PAGE_READONLY | PAGE_GUARD);
	EXPECT_GUARD(at, try_write(at, 1));
	EXPECT_SEGV(at, try_write(at, 1));
	EXPECT_NO_FAULT(try_read(at));

	EXPECT_PROTECTS(PAGE_READONLY, self->page, PAGE, GUARDED);
	EXPECT_GUARD_BY_FETCH(self->page, try_exec(self->page, &result));
	EXPECT_SEGV(self->page, try_exec(self->page, &result));
	EXPECT_NO_FAULT(try_write(at, 1));
}

TEST_F(guard, of_each_protection_leaves_that_one_G2)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];
		int result;

		EXPECT_PROTECTS(query(self->page).Protect, self->page, PAGE,
				p->protect | PAGE_GUARD);
		EXPECT_EQ(p->protect | PAGE_GUARD, query(self->page).Protect);
		EXPECT_GUARD(self->page, try_read(self->page));
		EXPECT_EQ(p->protect, query(self->page).Protect);
		EXPECT_TRUE(can_read(self->page));
		EXPECT_EQ(p->write, can_write(self->page));
		EXPECT_EQ(p->exec, !try_exec(self->page, &result).signo);
	}
}

TEST_F(guard, does_not_go_with_some_others_G9)
{
	static const DWORD bad[] = {
		PAGE_NOACCESS | PAGE_GUARD, GUARDED | PAGE_NOCACHE,
		GUARDED | PAGE_WRITECOMBINE, PAGE_GUARD,
	};
	DWORD old;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(FALSE, VirtualProtect(self->page, PAGE, bad[i], &old));
		EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   self->page, PAGE, MEM_COMMIT, bad[i]);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, NULL,
				   PAGE, MEM_RESERVE, bad[i]);
	}
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(guard, can_be_committed_C13)
{
	char *at = self->page + 77;

	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_DECOMMIT));
	ASSERT_EQ(self->page, commit_at(self->page, 2 * PAGE, GUARDED));
	EXPECT_COMMITTED(self->page, self->base, 2 * PAGE, GUARDED);
	EXPECT_GUARD(at, try_write(at, 1));
	EXPECT_EQ(NULL, nonzero(self->page, PAGE));
	EXPECT_COMMITTED(self->page + PAGE, self->base, PAGE, GUARDED);
	/* Goes with its page. */
	ASSERT_TRUE(VirtualFree(self->page, 2 * PAGE, MEM_DECOMMIT));
	EXPECT_SEGV(self->page + PAGE, try_read(self->page + PAGE));
	ASSERT_EQ(self->page, commit_at(self->page, 2 * PAGE, PAGE_READWRITE));
	EXPECT_NO_FAULT(try_write(self->page + PAGE, 1));
}

TEST_F(guard, gives_way_to_a_commit_and_comes_with_one_G11_C6)
{
	stamp(self->page, PAGE, 5);
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	ASSERT_EQ(self->page, commit_at(self->page, PAGE, PAGE_READWRITE));
	EXPECT_NO_FAULT(try_read(self->page));
	ASSERT_EQ(self->page, commit_at(self->page, PAGE, GUARDED));
	EXPECT_GUARD(self->page, try_read(self->page));
	ASSERT_EQ(self->page, commit_at(self->page, PAGE, GUARDED));
	EXPECT_GUARD(self->page, try_read(self->page));
	EXPECT_EQ(NULL, unstamped(self->page, PAGE, 5));
}

TEST_F(guard, survives_other_faults_and_its_neighbours_G14)
{
	char *noaccess = self->page - PAGE, *readonly = self->page + PAGE;
	char *reserved = self->page + 2 * PAGE;
	int i;

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_PROTECTS(PAGE_READWRITE, noaccess, PAGE, PAGE_NOACCESS);
	EXPECT_PROTECTS(PAGE_READWRITE, readonly, PAGE, PAGE_READONLY);
	ASSERT_TRUE(VirtualFree(reserved, PAGE, MEM_DECOMMIT));
	for (i = 0; i < 3; i++) {
		EXPECT_SEGV(noaccess, try_read(noaccess));
		EXPECT_SEGV(readonly, try_write(readonly, 1));
		EXPECT_SEGV(reserved, try_read(reserved));
	}
	EXPECT_COMMITTED(noaccess, self->base, PAGE, PAGE_NOACCESS);
	EXPECT_COMMITTED(self->page, self->base, PAGE, GUARDED);
	EXPECT_COMMITTED(readonly, self->base, PAGE, PAGE_READONLY);
	EXPECT_GUARD(self->page, try_read(self->page));
}

/*
 * System calls
 */

TEST_F(guard, fails_read_2_once_G7_G8)
{
	char *before = self->page - 50;
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	ASSERT_EQ(100, write(fds[1], self->base, 100));
	EXPECT_EFAULT_ONCE(100, read(fds[0], self->page + 3, 100));
	/* From the page before. */
	ASSERT_EQ(100, write(fds[1], self->base, 100));
	EXPECT_EFAULT_ONCE(100, read(fds[0], before, 100));
	/* One byte, and up to the page's last. */
	ASSERT_EQ(1, write(fds[1], self->base, 1));
	EXPECT_EFAULT_ONCE(1, read(fds[0], self->page + PAGE - 1, 1));
}

TEST_F(guard, fails_write_2_once_G7_G8)
{
	char copy[100];
	int fds[2], other[2];

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	ASSERT_EQ(0, pipe2(other, O_NONBLOCK));
	memcpy(self->page - 50, "before", 6);
	memcpy(self->page, "within", 6);
	EXPECT_EFAULT_ONCE(100, write(fds[1], self->page, 100));
	ASSERT_EQ(100, read(fds[0], copy, 100));
	EXPECT_EQ(0, memcmp(copy, "within", 6));
	EXPECT_EFAULT_ONCE(100, write(other[1], self->page - 50, 100));
	ASSERT_EQ(100, read(other[0], copy, 100));
	EXPECT_EQ(0, memcmp(copy, "before", 6));
	EXPECT_EQ(0, memcmp(copy + 50, "within", 6));
}

TEST_F(guard, fails_vectors_once_G7_G8)
{
	struct iovec in[2] = {
		{ self->page - 2 * PAGE, 10 },
		{ self->page, 20 },
	};
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	ASSERT_EQ(30, write(fds[1], self->base, 30));
	EXPECT_EFAULT_ONCE(30, readv(fds[0], in, 2));
	EXPECT_EFAULT_ONCE(30, writev(fds[1], in, 2));
	/* The vector itself. */
	memcpy(self->page, in, sizeof(in));
	((struct iovec *)self->page)[1].iov_base = self->page - PAGE;
	EXPECT_EFAULT_ONCE(30, readv(fds[0], (struct iovec *)self->page, 2));
}

/* A file's read or write ends where the page begins, as at any bad page. */
TEST_F(guard, stops_file_io_once_G7_G8)
{
	size_t size = 3 * PAGE;
	char *start = self->page - PAGE;
	int fd = memfd_create("hostmem", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	stamp(start, size, 1);
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(PAGE, pwrite(fd, start, size, 0));
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);
	EXPECT_EQ(size, pwrite(fd, start, size, 0));

	stamp(start, size, 2);
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(PAGE, pread(fd, start, size, 0));
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);
	EXPECT_EQ(NULL, unstamped(start, PAGE, 1));
	EXPECT_EQ(NULL, unstamped(self->page, 2 * PAGE, 2));
	EXPECT_EQ(size, pread(fd, start, size, 0));
	EXPECT_EQ(NULL, unstamped(start, size, 1));

	EXPECT_EFAULT_ONCE(PAGE, pread(fd, self->page, PAGE, 0));
	EXPECT_EFAULT_ONCE(PAGE, pwrite(fd, self->page, PAGE, 0));
}

/* Copies of other kinds: single values, structures, strings. */
TEST_F(guard, fails_other_calls_once_G8)
{
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	EXPECT_EFAULT_ONCE(0, ioctl(fds[0], FIONREAD, self->page));
	EXPECT_EFAULT_ONCE(0, pipe((int *)self->page));
	EXPECT_EFAULT_ONCE(0, syscall(SYS_clock_gettime, 0, self->page));
	EXPECT_EFAULT_ONCE(0, syscall(SYS_clock_gettime, 0, self->page - 8));
	memset(self->page, 0, sizeof(struct timespec));
	EXPECT_EFAULT_ONCE(0, syscall(SYS_nanosleep, self->page, NULL));
	strcpy(self->page, DEVICE);
	EXPECT_EFAULT_ONCE(0, access(self->page, F_OK));
	strcpy(self->page - 5, DEVICE);
	EXPECT_EFAULT_ONCE(0, access(self->page - 5, F_OK));
	/* A wait that would have to sleep if the value were 1. */
	*(int *)self->page = 0;
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(-1, syscall(SYS_futex, self->page, FUTEX_WAIT_PRIVATE, 1, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, syscall(SYS_futex, self->page, FUTEX_WAIT_PRIVATE, 1, NULL));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(guard, fails_the_librarys_own_calls_once_G8)
{
	PMEMORY_BASIC_INFORMATION info = (void *)self->page;
	DWORD *old = (DWORD *)(self->page + 64);
	SIZE_T length;

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(0, VirtualQuery(self->base, info, sizeof(*info)));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	EXPECT_EQ(sizeof(*info), VirtualQuery(self->base, info, sizeof(*info)));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(E_NOACCESS, HostVirtualQuery(self->base, info, sizeof(*info),
					       &length));
	EXPECT_EQ(S_OK, HostVirtualQuery(self->base, info, sizeof(*info),
					 &length));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(E_NOACCESS, HostVirtualProtect(self->base, PAGE, PAGE_READONLY,
						 old));
	EXPECT_EQ(PAGE_READWRITE, query(self->base).Protect);
	EXPECT_EQ(S_OK, HostVirtualProtect(self->base, PAGE, PAGE_READONLY, old));
	EXPECT_EQ(PAGE_READWRITE, *old);
}

TEST_F(guard, fails_a_call_for_each_page_it_meets_G3_G7)
{
	int fd = memfd_create("hostmem", MFD_CLOEXEC), i;
	char *start = self->page - PAGE;

	ASSERT_LE(0, fd);
	EXPECT_PROTECTS(PAGE_READWRITE, start, 4 * PAGE, GUARDED);
	EXPECT_EQ(-1, pwrite(fd, start, 4 * PAGE, 0));
	EXPECT_EQ(EFAULT, errno);
	for (i = 1; i < 4; i++)
		EXPECT_EQ(i * PAGE, pwrite(fd, start, 4 * PAGE, 0));
	EXPECT_EQ(4 * PAGE, pwrite(fd, start, 4 * PAGE, 0));
}

TEST_HARNESS_MAIN
