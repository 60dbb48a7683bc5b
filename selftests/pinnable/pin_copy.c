// SPDX-License-Identifier: GPL-2.0
/*
 * Description: pages of a pinnable region in pipes and copied by process_vm_readv, as
 * far as their protection allows, and none of any other (rules G7, P11).
 */
#include "pin_world.h"

/*
 * Pipes
 */

TEST_F(kind, vmsplice_takes_what_may_be_read)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		struct iovec iov = { .iov_base = at(copied[i]), .iov_len = PAGE };
		char *page = at(copied[i]);
		unsigned int flags;

		for (flags = 0; flags <= SPLICE_F_GIFT; flags += SPLICE_F_GIFT) {
			EXPECT_GETS(MAY_READ(page), PAGE,
				    vmsplice(self->world.pipe[1], &iov, 1, flags));
			if (MAY_READ(page))
				EXPECT_EQ(NULL, unstamped_in_pipe(self->world.pipe[0],
								  page, PAGE, SEED));
		}
	}
}

TEST_F(pinned, vmsplice_hands_out_the_pages_themselves)
{
	char *page = at(SEAM - 2);
	DWORD old;

	ASSERT_TRUE(VirtualProtect(page, 4 * PAGE, PAGE_READWRITE, &old));
	EXPECT_EQ(4 * PAGE, hold(self->world.pipe[1], page, 4 * PAGE));
	stamp(page, 4 * PAGE, 1);
	ASSERT_TRUE(VirtualProtect(page, 4 * PAGE, PAGE_NOACCESS, &old));
	EXPECT_EQ(NULL, unstamped_in_pipe(self->world.pipe[0], page, 4 * PAGE, 1));
	ASSERT_TRUE(VirtualProtect(page, 4 * PAGE, PAGE_READWRITE, &old));
	stamp(page, 4 * PAGE, SEED);
	ASSERT_TRUE(VirtualProtect(page, 4 * PAGE, PAGE_READONLY, &old));
}

/* On to a file, as a gift to be moved there. */
TEST_F(pinned, spliced_pages_stay_the_region_s)
{
	struct iovec iov = { .iov_base = at(MIDDLE), .iov_len = 4 * PAGE };
	int file = memfd_create("pin", MFD_CLOEXEC);

	ASSERT_LE(0, file);
	ASSERT_EQ(4 * PAGE, vmsplice(self->world.pipe[1], &iov, 1, SPLICE_F_GIFT));
	ASSERT_EQ(4 * PAGE, splice(self->world.pipe[0], NULL, file, NULL, 4 * PAGE,
				   SPLICE_F_MOVE));
	memset(at(MIDDLE), 0, 4 * PAGE);
	ASSERT_EQ(4 * PAGE, pread(file, self->world.plain, 4 * PAGE, 0));
	EXPECT_TRUE(is_stamped(self->world.plain, at(MIDDLE), SEED));
	EXPECT_TRUE(is_stamped(self->world.plain + 3 * PAGE, at(MIDDLE + 3), SEED));
	mend(MIDDLE);
	mend(MIDDLE + 1);
	mend(MIDDLE + 2);
	mend(MIDDLE + 3);
}

/* That way it copies, as read(2) does, whatever the region. */
TEST_F(kind, vmsplice_into_memory_fills_what_may_be_written)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		struct iovec iov = { .iov_base = at(copied[i]), .iov_len = 64 };
		bool may = protection_of(query(at(copied[i])).Protect)->write;

		memset(self->world.plain, 'v', 64);
		ASSERT_EQ(64, write(self->world.pipe[1], self->world.plain, 64));
		EXPECT_GETS(may, 64, vmsplice(self->world.pipe[0], &iov, 1, 0));
		if (may) {
			EXPECT_EQ(0, memcmp(self->world.plain, iov.iov_base, 64));
			mend(copied[i]);
		} else {
			EXPECT_EQ(64, read(self->world.pipe[0], self->world.plain, 64));
		}
	}
}

TEST_F(pinned, guards_fail_vmsplice_once_G7)
{
	EXPECT_GUARD_MET(PAGE, hold(self->world.pipe[1], at(GUARDED), PAGE));
}

/*
 * process_vm_readv and process_vm_writev
 */

/* One page, from @pid's memory and back. */
static ssize_t copy_page(pid_t pid, char *own, char *his, bool write)
{
	struct iovec local = { .iov_base = own, .iov_len = PAGE };
	struct iovec remote = { .iov_base = his, .iov_len = PAGE };

	return write ? process_vm_writev(pid, &local, 1, &remote, 1, 0) :
		       process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

/* The line that went wrong; 0 if @pid's pages can be had by their protection. */
static int copy_all(pid_t pid, bool gets, const DWORD *protects)
{
	static char copy[HOSTMEM_PAGE_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(copied); i++) {
		const struct protection *p = protection_of(protects[i]);
		char *page = at(copied[i]);
		bool reads = gets && p->read, writes = gets && p->write;

		memset(copy, 0, sizeof(copy));
		errno = 0;
		CHECK(copy_page(pid, copy, page, false) == (reads ? (long)PAGE : -1));
		CHECK(errno == (reads ? 0 : EFAULT));
		CHECK(reads ? is_stamped(copy, page, SEED) :
			      !nonzero(copy, sizeof(copy)));
		copy[200] = 'w';
		errno = 0;
		CHECK(copy_page(pid, copy, page, true) == (writes ? (long)PAGE : -1));
		CHECK(errno == (writes ? 0 : EFAULT));
	}
	return 0;
}

#define EXPECT_COPIED(call) do {					\
	DWORD __protects[ARRAY_SIZE(copied)];				\
	size_t __i;							\
									\
	for (__i = 0; __i < ARRAY_SIZE(copied); __i++)			\
		__protects[__i] = query(at(copied[__i])).Protect;	\
	call;								\
	for (__i = 0; __i < ARRAY_SIZE(copied); __i++) {		\
		char *page = at(copied[__i]);				\
									\
		if (!protection_of(__protects[__i])->write)		\
			continue;					\
		EXPECT_EQ(variant->flags ? 'w' : 0, page[200]);		\
		mend(copied[__i]);					\
	}								\
} while (0)

TEST_F(kind, another_process_copies_what_is_allowed)
{
	EXPECT_COPIED(EXPECT_CHILD(copy_all(getppid(), variant->flags, __protects)));
}

TEST_F(kind, the_process_itself_copies_what_is_allowed)
{
	EXPECT_COPIED(EXPECT_EQ(0, copy_all(getpid(), variant->flags, __protects)));
}

static int copy_guard(pid_t pid)
{
	static char copy[HOSTMEM_PAGE_SIZE];
	int i;

	for (i = 0; i < 4; i++) {
		CHECK(copy_page(pid, copy, at(GUARDED), i % 2) == -1);
		CHECK(errno == EFAULT);
	}
	return 0;
}

/* The teardown finds it armed. */
TEST_F(kind, guards_stay_for_the_owner_to_meet)
{
	uint64_t word = (uintptr_t)at(GUARDED) ^ SEED;
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	EXPECT_CHILD(copy_guard(getppid()));
	EXPECT_EQ(0, copy_guard(getpid()));
	EXPECT_TRUE(debugger_writes(at(GUARDED), &word, sizeof(word)));
	EXPECT_EQ(mem_is_forced ? word : ~0ull, peek(mem, at(GUARDED)));
	EXPECT_EQ(mem_is_forced ? 8 : -1,
		  pwrite(mem, &word, sizeof(word), (uintptr_t)at(GUARDED)));
	EXPECT_EQ(PAGE_READWRITE | PAGE_GUARD, query(at(GUARDED)).Protect);
	close(mem);
}

TEST_HARNESS_MAIN
