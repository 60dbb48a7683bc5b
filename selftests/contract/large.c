// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_LARGE_PAGES, or the error of a kernel that can't map them
 * (rules L1-L3, A6, A14, C15, F18).
 */
#include "hostmem_test.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define LARGE	(2 * MIB)
#define TYPE	(MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES)

#define E_NOT_SUPPORTED	HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED)
#define E_NO_PRIVILEGE	HRESULT_FROM_WIN32(ERROR_PRIVILEGE_NOT_HELD)

/* Without large pages: the one error for all who may have them. */
#define NEED_LARGE_PAGES do {						\
	if (!has_large_pages()) {					\
		EXPECT_ALLOC_FAILS(ERROR_NOT_SUPPORTED, E_NOT_SUPPORTED,	\
				   NULL, LARGE, TYPE, PAGE_READWRITE);	\
		SKIP(return, "there are no large pages");		\
	}								\
} while (0)

#define large_at(addr, size, protect) \
	VirtualAlloc((void *)(addr), size, TYPE, protect)

/* Give up CAP_IPC_LOCK and nothing else. */
static bool drop_privilege(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return false;
	data[0].effective &= ~(1u << CAP_IPC_LOCK);
	data[0].permitted &= ~(1u << CAP_IPC_LOCK);
	return !syscall(SYS_capset, &header, data);
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

TEST(minimum_is_2_MiB_or_none)
{
	struct hostmem_status status = hostmem_status(library_fd());

	SetLastError(POISON_DWORD);
	EXPECT_EQ(status.out_large_page_bytes, GetLargePageMinimum());
	EXPECT_EQ(POISON_DWORD, GetLastError());
	if (status.out_large_page_bytes) {
		EXPECT_EQ(LARGE, status.out_large_page_bytes);
	}
}

/* Arguments come first on every kernel, then the privilege. */
TEST(arguments_A6_A14_L1)
{
	static const DWORD bad[] = {
		MEM_LARGE_PAGES, MEM_LARGE_PAGES | MEM_RESERVE,
		MEM_LARGE_PAGES | MEM_COMMIT, TYPE | MEM_WRITE_WATCH,
		TYPE | MEM_RESET, TYPE | 0x00400000,
	};
	static const DWORD protect[] = {
		0, PAGE_NOACCESS, PAGE_READWRITE | PAGE_GUARD, 0x08, 0x06,
	};
	struct hostmem_status before = hostmem_status(library_fd());
	size_t i, j;

	for (i = 0; i < 2; i++) {
		for (j = 0; j < ARRAY_SIZE(bad); j++)
			EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
					   NULL, LARGE, bad[j], PAGE_READWRITE);
		for (j = 0; j < ARRAY_SIZE(protect); j++)
			EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
					   NULL, LARGE, TYPE, protect[j]);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, NULL,
				   LARGE - 1, TYPE, PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, NULL,
				   LARGE + PAGE, TYPE, PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, NULL,
				   0, TYPE, PAGE_READWRITE);
		EXPECT_ALLOC_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				   0x50010000, LARGE, TYPE, PAGE_READWRITE);
		ASSERT_TRUE(drop_privilege());
	}
	EXPECT_SAME_STATUS(before, library_fd());
}

TEST(need_the_privilege_A14_L2)
{
	int fd = library_fd();
	struct hostmem_status before = hostmem_status(fd);

	ASSERT_TRUE(drop_privilege());
	EXPECT_ALLOC_FAILS(ERROR_PRIVILEGE_NOT_HELD, E_NO_PRIVILEGE, NULL, LARGE,
			   TYPE, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_PRIVILEGE_NOT_HELD, E_NO_PRIVILEGE, 0x50000000,
			   LARGE, TYPE, PAGE_READONLY);
	EXPECT_SAME_STATUS(before, fd);
	EXPECT_NE(NULL, both_at(NULL, LARGE, PAGE_READWRITE));
}

TEST(not_supported_is_one_clear_error)
{
	int fd = library_fd();
	struct hostmem_status before = hostmem_status(fd);
	char *mem;

	if (!has_large_pages()) {
		EXPECT_ALLOC_FAILS(ERROR_NOT_SUPPORTED, E_NOT_SUPPORTED, NULL,
				   LARGE, TYPE, PAGE_READWRITE);
		EXPECT_EQ((HRESULT)0x80070032, E_NOT_SUPPORTED);
		EXPECT_SAME_STATUS(before, fd);
	} else {
		mem = large_at(NULL, LARGE, PAGE_READWRITE);
		EXPECT_NE(NULL, mem);
		EXPECT_TRUE(VirtualFree(mem, 0, MEM_RELEASE));
		EXPECT_SAME_STATUS(before, fd);
	}
}

TEST(are_zeroed_and_kept_L2)
{
	size_t size = 8 * LARGE;
	char *base;

	NEED_LARGE_PAGES;
	base = large_at(NULL, size, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(0, (uintptr_t)base % LARGE);
	EXPECT_COMMITTED(base, base, size, PAGE_READWRITE);
	EXPECT_EQ(NULL, nonzero(base, size));
	stamp(base, size, 1);
	EXPECT_EQ(NULL, unstamped(base, size, 1));
	/* And where another had them before. */
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_FREE(base);
	EXPECT_SEGV(base, try_read(base));
	ASSERT_EQ(base, large_at(base, size, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(base, size));
}

TEST(are_really_large)
{
	size_t size = 64 * MIB, at;
	int64_t tables, rss;
	long before;
	char *base;

	NEED_LARGE_PAGES;
	tables = own_status("VmPTE");
	rss = own_status("VmRSS");
	ASSERT_LT(0, tables);
	base = large_at(NULL, size, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	before = faults();
	for (at = 0; at < size; at += PAGE)
		base[at] = 1;
	EXPECT_GT(10, faults() - before);
	/* Small pages would have a table for each 2 MiB. */
	EXPECT_GE((int64_t)(size / LARGE / 2 * PAGE), own_status("VmPTE") - tables);
	EXPECT_LE((int64_t)(size - LARGE), own_status("VmRSS") - rss);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_GE((int64_t)LARGE, own_status("VmRSS") - rss);
}

TEST(have_one_protection_L2)
{
	size_t i;

	NEED_LARGE_PAGES;
	for (i = 1; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];
		char *base = large_at(NULL, 2 * LARGE, p->protect);
		char *inside = base + LARGE + 12348, copy[8] = "kernel";
		int fds[2], result;

		ASSERT_NE(NULL, base);
		ASSERT_EQ(0, pipe(fds));
		EXPECT_QUERY(base, base, base, p->protect, 2 * LARGE, MEM_COMMIT,
			     p->protect, MEM_PRIVATE);
		EXPECT_NO_FAULT(try_read(inside));
		if (p->write) {
			EXPECT_NO_FAULT(try_write(inside, 1));
			EXPECT_NO_FAULT(try_write(base, 1));
		} else {
			EXPECT_SEGV(inside, try_write(inside, 1));
			EXPECT_SEGV(base, try_write(base, 1));
		}
		ASSERT_TRUE(debugger_writes(inside, code_of_42, sizeof(code_of_42)));
		if (p->exec) {
			EXPECT_NO_FAULT(try_exec(inside, &result));
			EXPECT_EQ(42, result);
		} else {
			EXPECT_SEGV(inside, try_exec(inside, &result));
		}
		/* The kernel, too. */
		EXPECT_EQ(8, write(fds[1], inside + 100, 8));
		EXPECT_EQ(p->write ? 8 : -1, read(fds[0], inside + 100, 8));
		EXPECT_EQ(8, write(fds[1], copy, 8));
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
		close(fds[0]);
		close(fds[1]);
	}
}

TEST(do_not_come_apart_C15_F18_L3)
{
	char *base, *at;
	DWORD old;
	int fd;
	struct hostmem_status before;

	NEED_LARGE_PAGES;
	fd = library_fd();
	base = large_at(NULL, 2 * LARGE, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	at = base + 5 * PAGE;
	stamp(base, 2 * LARGE, 1);
	before = hostmem_status(fd);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, at, PAGE,
			   MEM_COMMIT, PAGE_READONLY);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, base, 2 * LARGE,
			   MEM_COMMIT, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, base, LARGE,
			   MEM_RESET, PAGE_READWRITE);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, at, PAGE,
			  MEM_DECOMMIT);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, base, LARGE,
			  MEM_DECOMMIT);
	EXPECT_FREE_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, base, 0,
			  MEM_DECOMMIT);
	EXPECT_EQ(FALSE, VirtualProtect(at, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(ERROR_INVALID_ADDRESS, GetLastError());
	EXPECT_EQ(E_BAD_ADDRESS, HostVirtualProtect(base, LARGE, PAGE_READONLY,
						    &old));
	EXPECT_EQ(-1, munmap(base, LARGE));
	EXPECT_EQ(-1, mprotect(base, LARGE, PROT_READ));
	EXPECT_SAME_STATUS(before, fd);
	EXPECT_COMMITTED(base, base, 2 * LARGE, PAGE_READWRITE);
	EXPECT_EQ(NULL, unstamped(base, 2 * LARGE, 1));
	EXPECT_TRUE(can_write(at));
	ASSERT_TRUE(VirtualFree(base + 7, 0, MEM_RELEASE));
}

TEST(leave_nothing_behind_where_there_are_not_enough_A13)
{
	struct hostmem_status before;
	char *base, *others[64];
	int fd, nr = 0;

	NEED_LARGE_PAGES;
	fd = library_fd();
	before = hostmem_status(fd);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL, 16 * GIB,
			   TYPE, PAGE_READWRITE);
	EXPECT_ALLOC_FAILS(ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY, NULL,
			   (before.out_commit_limit_bytes + LARGE) & ~(LARGE - 1),
			   TYPE, PAGE_READWRITE);
	EXPECT_SAME_STATUS(before, fd);
	/* Until the limit, or the kernel, says no. */
	while (nr < 64 && (others[nr] = large_at(NULL, 32 * MIB, PAGE_READWRITE)))
		nr++;
	EXPECT_LT(0, nr);
	EXPECT_GT(64, nr);
	EXPECT_EQ(ERROR_COMMITMENT_LIMIT, GetLastError());
	EXPECT_EQ(before.out_committed_bytes + nr * 32 * MIB,
		  hostmem_status(fd).out_committed_bytes);
	EXPECT_EQ(before.out_regions + nr, hostmem_status(fd).out_regions);
	while (nr--) {
		EXPECT_EQ(NULL, nonzero(others[nr], PAGE));
		ASSERT_TRUE(VirtualFree(others[nr], 0, MEM_RELEASE));
	}
	EXPECT_SAME_STATUS(before, fd);
	base = large_at(NULL, 32 * MIB, PAGE_READWRITE);
	EXPECT_NE(NULL, base);
}

TEST(are_open_to_debuggers)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char text[12] = {}, *base;

	ASSERT_LE(0, mem);
	NEED_LARGE_PAGES;
	base = large_at(NULL, 2 * LARGE, PAGE_READONLY);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(mem_is_forced ? 8 : -1,
		  pwrite(mem, "mem file", 8, (uintptr_t)base + LARGE - 4));
	EXPECT_TRUE(debugger_writes(base + LARGE - 4, "debugger", 8));
	EXPECT_EQ(0, memcmp(base + LARGE - 4, "debugger", 8));
	EXPECT_EQ(8, pread(mem, text, 8, (uintptr_t)base + LARGE - 4));
	EXPECT_EQ(0, memcmp(text, "debugger", 8));
}

/*
 * A thread that has the kernel compute the protection of all mappings anew, once a
 * region is committed and before all of its large pages are mapped: each of them
 * costs a fault.
 */
#define REGION	(16 * LARGE)

static struct forgetter {
	uintptr_t base;
	volatile long faults_before;	/* before the call that commits; 0: there is none */
	volatile bool done;
	unsigned int in_time;	/* how often pages have been mapped after that */
} forgetter;

static void *forget_protections(void *arg)
{
	int refs = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	while (!forgetter.done) {
		long before = forgetter.faults_before;

		if (!before || query((void *)forgetter.base).State != MEM_COMMIT)
			continue;
		if (write(refs, "4", 1) == 1 &&
		    faults() - before < (long)(REGION / LARGE))
			forgetter.in_time++;
		while (forgetter.faults_before == before && !forgetter.done)
			;
	}
	close(refs);
	return arg;
}

TEST(keep_their_protection_whatever_the_kernel_computes_S4)
{
	unsigned int rounds, wrong = 0;
	pthread_t thread;
	uintptr_t at;
	int result;

	NEED_LARGE_PAGES;
	forgetter.base = 0x200000000000;
	ASSERT_EQ(0, pthread_create(&thread, NULL, forget_protections, NULL));
	for (rounds = 0; rounds < 5000 && forgetter.in_time < 2; rounds++) {
		char *base;

		forgetter.faults_before = faults();
		base = large_at(forgetter.base, REGION, PAGE_READWRITE);
		forgetter.faults_before = 0;
		ASSERT_EQ((char *)forgetter.base, base);
		for (at = 0; at < REGION; at += LARGE) {
			put_code_of_42(base + at);
			wrong += try_exec(base + at, &result).signo != SIGSEGV;
		}
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	}
	forgetter.done = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, wrong)
		TH_LOG("%u pages in %u rounds, %u times in time", wrong, rounds,
		       forgetter.in_time);
	EXPECT_LT(0, forgetter.in_time);
}

TEST_HARNESS_MAIN
