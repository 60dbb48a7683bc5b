// SPDX-License-Identifier: GPL-2.0
/*
 * Description: guard pages: one signal for the first access to each, or one
 * system call that fails, and what the library makes of the signals (rules
 * G1-G12, G14, C13).
 */
#include "hostmem_test.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)

#define GUARDED	(PAGE_READWRITE | PAGE_GUARD)

#define EXPECT_GUARD(address, attempt) do {				\
	struct fault __fault = (attempt);				\
									\
	EXPECT_EQ(SIGBUS, __fault.signo);				\
	EXPECT_EQ(BUS_ADRERR, __fault.code);				\
	EXPECT_EQ((uintptr_t)(address), __fault.addr);			\
} while (0)

#define EXPECT_PROTECTS(before, address, size, protect) do {		\
	DWORD __before = (before), __old = POISON_DWORD;			\
										\
	EXPECT_EQ(TRUE, VirtualProtect((void *)(address), size, protect,	\
				       &__old));				\
	EXPECT_EQ(__before, __old);						\
} while (0)

FIXTURE(guard)
{
	char *base;
	char *page;	/* some page of it */
};

FIXTURE_SETUP(guard)
{
	self->base = reserve_at(FIXED, REGION);
	ASSERT_EQ((char *)FIXED, self->base);
	self->page = self->base + GRANULE - PAGE;
	ASSERT_EQ(self->base, commit_at(self->base, REGION, PAGE_READWRITE));
	memcpy(self->page, code_of_42, sizeof(code_of_42));
}

FIXTURE_TEARDOWN(guard)
{
}

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
	EXPECT_GUARD(self->page, try_exec(self->page, &result));
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
	EXPECT_GUARD(self->page, try_exec(self->page, &result));
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

/* A call fails with EFAULT, uses the guard up, and then works. */
#define EXPECT_EFAULT_ONCE(result, call) do {				\
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);	\
	errno = 0;							\
	EXPECT_EQ(-1, call);						\
	EXPECT_EQ(EFAULT, errno);					\
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);		\
	EXPECT_EQ(result, call);					\
	EXPECT_EQ(PAGE_READWRITE, query(self->page).Protect);		\
} while (0)

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

/*
 * The callback
 */

struct hit {
	DWORD code;
	DWORD access;
	void *address;
	DWORD protect;	/* of the page, when the callback ran */
};

struct hits {
	volatile unsigned int nr;
	struct hit hit[16];
	void (*action)(void *address);	/* run before the retry */
};

/* Notes what it gets; what the page forbids it allows. */
static BOOL note(DWORD code, DWORD access, void *address, void *context)
{
	struct hits *hits = context;
	DWORD old;

	if (hits->nr < ARRAY_SIZE(hits->hit))
		hits->hit[hits->nr] = (struct hit) {
			code, access, address, query(address).Protect
		};
	hits->nr++;
	if (hits->action)
		hits->action(address);
	if (code == EXCEPTION_ACCESS_VIOLATION)
		return VirtualProtect(address, 1, PAGE_EXECUTE_READWRITE, &old);
	errno = EDOM;
	return TRUE;
}

#define EXPECT_HIT(hit_, code_, access_, address_, protect_) do {	\
	const struct hit *__hit = (hit_);				\
									\
	EXPECT_EQ((DWORD)(code_), __hit->code);				\
	EXPECT_EQ((DWORD)(access_), __hit->access);			\
	EXPECT_EQ((void *)(address_), __hit->address);			\
	EXPECT_EQ((DWORD)(protect_), __hit->protect);			\
} while (0)

TEST_F(guard, callback_gets_kind_and_address_and_retries_G1_G2)
{
	struct hits hits = {};
	char *at = self->page + 0x234;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	*at = 3;
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	errno = 0;
	EXPECT_EQ(3, *(volatile char *)at);
	EXPECT_EQ(0, errno);
	ASSERT_EQ(1, hits.nr);
	EXPECT_HIT(&hits.hit[0], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_READ_FAULT, at, PAGE_READWRITE);

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	*(volatile char *)at = 4;
	ASSERT_EQ(2, hits.nr);
	EXPECT_HIT(&hits.hit[1], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_WRITE_FAULT, at, PAGE_READWRITE);
	EXPECT_EQ(4, *at);

	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE,
			PAGE_EXECUTE_READ | PAGE_GUARD);
	EXPECT_EQ(42, ((int (*)(void))self->page)());
	ASSERT_EQ(3, hits.nr);
	EXPECT_HIT(&hits.hit[2], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_EXECUTE_FAULT, self->page, PAGE_EXECUTE_READ);

	EXPECT_EQ(4, *(volatile char *)at);
	EXPECT_EQ(3, hits.nr);
}

static void add_0x100(void *address)
{
	*(volatile uint32_t *)address += 0x100;
}

TEST_F(guard, callback_may_use_the_page_G2)
{
	struct hits hits = { .action = add_0x100 };
	volatile uint32_t *word = (uint32_t *)self->page + 9;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	*word = 1;
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_EQ(0x101, *word);
	EXPECT_EQ(1, hits.nr);
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	*word = 5;
	EXPECT_EQ(5, *word);
	EXPECT_EQ(2, hits.nr);
}

TEST_F(guard, callback_gets_guard_then_violation_G6_G14)
{
	struct hits hits = {};
	volatile char *at = self->page + 100;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE,
			PAGE_READONLY | PAGE_GUARD);
	*at = 9;
	EXPECT_EQ(9, *at);
	ASSERT_EQ(2, hits.nr);
	EXPECT_HIT(&hits.hit[0], STATUS_GUARD_PAGE_VIOLATION,
		   EXCEPTION_WRITE_FAULT, at, PAGE_READONLY);
	EXPECT_HIT(&hits.hit[1], STATUS_ACCESS_VIOLATION, EXCEPTION_WRITE_FAULT,
		   at, PAGE_READONLY);
}

TEST_F(guard, callback_gets_violations_of_all_kinds_G14)
{
	struct hits hits = {};
	volatile char *at = self->page + 100;

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, PAGE_NOACCESS);
	(void)*at;
	EXPECT_PROTECTS(PAGE_EXECUTE_READWRITE, self->page, PAGE, PAGE_NOACCESS);
	*at = 1;
	EXPECT_PROTECTS(PAGE_EXECUTE_READWRITE, self->page, PAGE, PAGE_READWRITE);
	EXPECT_EQ(42, ((int (*)(void))self->page)());
	ASSERT_EQ(3, hits.nr);
	EXPECT_HIT(&hits.hit[0], STATUS_ACCESS_VIOLATION, EXCEPTION_READ_FAULT,
		   at, PAGE_NOACCESS);
	EXPECT_HIT(&hits.hit[1], STATUS_ACCESS_VIOLATION, EXCEPTION_WRITE_FAULT,
		   at, PAGE_NOACCESS);
	EXPECT_HIT(&hits.hit[2], STATUS_ACCESS_VIOLATION,
		   EXCEPTION_EXECUTE_FAULT, self->page, PAGE_READWRITE);
}

TEST_F(guard, access_across_two_pages_hits_both_G3)
{
	struct hits hits = {};
	uint64_t *across = (uint64_t *)(self->page + PAGE - 4);

	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, 2 * PAGE, GUARDED);
	*(volatile uint64_t *)across = 0x1122334455667788;
	EXPECT_EQ(2, hits.nr);
	EXPECT_EQ(0x1122334455667788, *across);
	EXPECT_COMMITTED(self->page, self->base, REGION - GRANULE + PAGE,
			 PAGE_READWRITE);
}

TEST_F(guard, callback_is_not_for_system_calls_G7)
{
	struct hits hits = {};
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_EFAULT_ONCE(10, write(fds[1], self->page, 10));
	EXPECT_EFAULT_ONCE(10, read(fds[0], self->page, 10));
	EXPECT_EQ(0, hits.nr);
}

static char *nested_page;

static void touch_nested(void *address)
{
	if (address != nested_page)
		*(volatile char *)nested_page = 1;
}

TEST_F(guard, callback_may_hit_another_one)
{
	struct hits hits = { .action = touch_nested };

	nested_page = self->base;
	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_PROTECTS(PAGE_READWRITE, nested_page, PAGE, GUARDED);
	*(volatile char *)self->page = 1;
	ASSERT_EQ(2, hits.nr);
	EXPECT_EQ(self->page, hits.hit[0].address);
	EXPECT_EQ(nested_page, hits.hit[1].address);
}

static sigjmp_buf away;

static BOOL jump_away(DWORD code, DWORD access, void *address, void *context)
{
	(void)code;
	(void)access;
	(void)address;
	(void)context;
	siglongjmp(away, 1);
}

TEST_F(guard, callback_may_leave_by_siglongjmp)
{
	sigset_t before, after;
	volatile int jumps = 0;
	int signo;

	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, NULL, &before));
	ASSERT_TRUE(HostSetFaultCallback(jump_away, NULL));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, 3 * PAGE, GUARDED);
	if (sigsetjmp(away, 0))
		jumps++;
	if (jumps < 3)
		*(volatile char *)(self->page + jumps * PAGE) = 1;
	EXPECT_EQ(3, jumps);
	EXPECT_EQ(0, *(self->page + PAGE));
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, NULL, &after));
	for (signo = 1; signo < NSIG; signo++)
		EXPECT_EQ(sigismember(&before, signo), sigismember(&after, signo));
}

TEST_F(guard, the_last_callback_counts)
{
	struct hits first = {}, second = {};

	ASSERT_TRUE(HostSetFaultCallback(note, &first));
	ASSERT_TRUE(HostSetFaultCallback(note, &second));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	*(volatile char *)self->page = 1;
	EXPECT_EQ(0, first.nr);
	EXPECT_EQ(1, second.nr);
	/* None: the handlers of before, here those of the probes. */
	ASSERT_TRUE(HostSetFaultCallback(NULL, NULL));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, GUARDED);
	EXPECT_GUARD(self->page, try_write(self->page, 1));
	EXPECT_PROTECTS(PAGE_READWRITE, self->page, PAGE, PAGE_READONLY);
	EXPECT_SEGV(self->page, try_write(self->page, 1));
	EXPECT_EQ(1, second.nr);
	ASSERT_TRUE(HostSetFaultCallback(note, &first));
	EXPECT_PROTECTS(PAGE_READONLY, self->page, PAGE, GUARDED);
	*(volatile char *)self->page = 1;
	EXPECT_EQ(1, first.nr);
}

TEST_F(guard, faults_elsewhere_go_to_the_handlers_of_before)
{
	struct hits hits = {};
	int fd = memfd_create("hostmem", MFD_CLOEXEC);
	char *closed = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	char *beyond = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	ASSERT_NE(MAP_FAILED, closed);
	ASSERT_NE(MAP_FAILED, beyond);
	ASSERT_TRUE(HostSetFaultCallback(note, &hits));
	EXPECT_SEGV(closed + 5, try_read(closed + 5));
	/* A SIGBUS that tells of no guard: the file has no such page. */
	EXPECT_GUARD(beyond + 6, try_read(beyond + 6));
	/* Freed memory is not the library's any more. */
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_SEGV(self->page, try_read(self->page));
	EXPECT_EQ(0, hits.nr);
}

/*
 * The default action: in a child that has a space of its own
 */

static BOOL refuse(DWORD code, DWORD access, void *address, void *context)
{
	(void)code;
	(void)access;
	(void)address;
	(void)context;
	return FALSE;
}

/* How a child ends that writes to a page with some protection. */
static int end_of_child(DWORD protect, bool plain, HOSTMEM_FAULT_CALLBACK callback)
{
	pid_t pid = fork();
	char *page;

	if (pid)
		return status_of(pid);
	if (plain) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
	}
	page = both_at(NULL, PAGE, protect);
	if (!page || (callback && !HostSetFaultCallback(callback, NULL)))
		_exit(1);
	*(volatile char *)page = 1;
	_exit(2);
}

TEST(refusal_ends_the_process_by_its_signal)
{
	bool plain;

	for (plain = false; ; plain = true) {
		int status = end_of_child(GUARDED, plain, refuse);

		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGBUS, WTERMSIG(status));
		status = end_of_child(PAGE_READONLY, plain, refuse);
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGSEGV, WTERMSIG(status));
		if (plain)
			break;
	}
}

TEST(without_callback_the_signal_is_fatal)
{
	int status = end_of_child(GUARDED, true, NULL);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGBUS, WTERMSIG(status));
	status = end_of_child(PAGE_READONLY, true, NULL);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSEGV, WTERMSIG(status));
}

/*
 * A stack that grows by its guard page, as Windows' stacks do
 */

#define STACK	(512 * KIB)
#define TOP	(64 * KIB)	/* committed in the beginning */

struct stack {
	char *base;
	char *guard;		/* where the guard is */
	char *limit;		/* how deep the thread shall go */
	char alternate[64 * KIB];
	unsigned int grown;
	unsigned int off_alternate;
	unsigned int strange;
};

static BOOL grow(DWORD code, DWORD access, void *address, void *context)
{
	struct stack *stack = context;
	char here;

	(void)access;
	if (&here < stack->alternate ||
	    &here >= stack->alternate + sizeof(stack->alternate))
		stack->off_alternate++;
	if (code != EXCEPTION_GUARD_PAGE ||
	    ((uintptr_t)address & ~(PAGE - 1)) != (uintptr_t)stack->guard) {
		stack->strange++;
		return FALSE;
	}
	stack->grown++;
	stack->guard -= PAGE;
	return !!commit_at(stack->guard, PAGE, GUARDED);
}

static __attribute__((noinline)) int descend(char *limit)
{
	volatile char frame[500];

	frame[0] = 1;
	if ((char *)frame <= limit)
		return 0;
	return descend(limit) + frame[0];
}

static void *descend_on_stack(void *arg)
{
	struct stack *stack = arg;
	stack_t alternate = {
		.ss_sp = stack->alternate,
		.ss_size = sizeof(stack->alternate),
	};

	if (sigaltstack(&alternate, NULL))
		return NULL;
	return (void *)(uintptr_t)descend(stack->limit);
}

TEST(of_a_stack_fires_on_the_alternate_one)
{
	static struct stack stack;
	pthread_attr_t attr;
	pthread_t thread;
	void *depth;
	int err;

	stack.base = reserve_at(NULL, STACK);
	ASSERT_NE(NULL, stack.base);
	stack.guard = stack.base + STACK - TOP - PAGE;
	stack.limit = stack.base + STACK / 2;
	ASSERT_NE(NULL, commit_at(stack.guard + PAGE, TOP, PAGE_READWRITE));
	ASSERT_EQ(stack.guard, commit_at(stack.guard, PAGE, GUARDED));
	ASSERT_TRUE(HostSetFaultCallback(grow, &stack));

	ASSERT_EQ(0, pthread_attr_init(&attr));
	ASSERT_EQ(0, pthread_attr_setstack(&attr, stack.base, STACK));
	ASSERT_EQ(0, pthread_create(&thread, &attr, descend_on_stack, &stack));
	/* To wait in pthread_join() takes a shared futex, which needs a struct page. */
	while ((err = pthread_tryjoin_np(thread, &depth)) == EBUSY)
		sched_yield();
	ASSERT_EQ(0, err);
	EXPECT_LT(100, (uintptr_t)depth);
	EXPECT_EQ(0, stack.strange);
	EXPECT_EQ(0, stack.off_alternate);
	/* All pages down to the limit's, and at most the next. */
	EXPECT_LE((STACK / 2 - TOP) / PAGE, stack.grown);
	EXPECT_GE((STACK / 2 - TOP) / PAGE + 1, stack.grown);
	EXPECT_COMMITTED(stack.guard, stack.base, PAGE, GUARDED);
	EXPECT_RESERVED(stack.base, stack.base, stack.guard - stack.base);
}

/*
 * Threads that race for the same pages
 */

#define RACERS	4
#define ROUNDS	600

struct race {
	char *base;
	pthread_barrier_t barrier;
	unsigned int fired[ROUNDS];	/* how often each page's guard has */
	unsigned int strange;
	int fd;
};

static BOOL count_fired(DWORD code, DWORD access, void *address, void *context)
{
	struct race *race = context;
	size_t page = ((char *)address - race->base) / PAGE;

	(void)access;
	if (code == EXCEPTION_GUARD_PAGE && page < ROUNDS)
		__atomic_fetch_add(&race->fired[page], 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_add(&race->strange, 1, __ATOMIC_RELAXED);
	return TRUE;
}

static void *race_by_access(void *arg)
{
	struct race *race = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		volatile uint32_t *word = (uint32_t *)(race->base + i * PAGE);

		pthread_barrier_wait(&race->barrier);
		__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *race_by_system_call(void *arg)
{
	struct race *race = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		char *at = race->base + i * PAGE + 64;

		pthread_barrier_wait(&race->barrier);
		while (pread(race->fd, at, 1, 0) != 1) {
			if (errno == EFAULT)
				__atomic_fetch_add(&race->fired[i], 1,
						   __ATOMIC_RELAXED);
			else
				__atomic_fetch_add(&race->strange, 1,
						   __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

FIXTURE(race)
{
	struct race *race;
};

FIXTURE_VARIANT(race)
{
	int system_calls;	/* how many of the threads make them */
};

FIXTURE_VARIANT_ADD(race, of_accesses)
{
	.system_calls = 0,
};

FIXTURE_VARIANT_ADD(race, of_system_calls)
{
	.system_calls = RACERS,
};

FIXTURE_VARIANT_ADD(race, of_both)
{
	.system_calls = RACERS / 2,
};

FIXTURE_SETUP(race)
{
	static struct race race;

	self->race = &race;
	race.base = both_at(NULL, ROUNDS * PAGE, GUARDED);
	ASSERT_NE(NULL, race.base);
	race.fd = memfd_create("hostmem", MFD_CLOEXEC);
	ASSERT_EQ(1, write(race.fd, "x", 1));
	ASSERT_EQ(0, pthread_barrier_init(&race.barrier, NULL, RACERS));
	ASSERT_TRUE(HostSetFaultCallback(count_fired, &race));
}

FIXTURE_TEARDOWN(race)
{
}

TEST_F(race, has_one_winner_for_each_page_G12)
{
	struct race *race = self->race;
	pthread_t threads[RACERS];
	int i;

	for (i = 0; i < RACERS; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    i < variant->system_calls ?
					    race_by_system_call : race_by_access,
					    race));
	}
	for (i = 0; i < RACERS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	}
	EXPECT_EQ(0, race->strange);
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(1, race->fired[i])
			TH_LOG("page %d", i);
		EXPECT_EQ(RACERS - variant->system_calls,
			  *(uint32_t *)(race->base + i * PAGE));
	}
	EXPECT_EQ(PAGE_READWRITE, query(race->base).Protect);
	EXPECT_EQ(ROUNDS * PAGE, query(race->base).RegionSize);
}

TEST_HARNESS_MAIN
