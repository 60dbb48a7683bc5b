// SPDX-License-Identifier: GPL-2.0
/*
 * Description: MEM_RESET of much memory: the kernel gets it when it wants it, and says so
 * (rules R2, R11, R14).
 */
#include "reset.h"

#define MUCH	(128 * MIB)

FIXTURE(much)
{
	char *base;
	int fd;
};

FIXTURE_SETUP(much)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = both_at(NULL, MUCH, PAGE_READWRITE);
	ASSERT_NE(NULL, self->base);
	stamp(self->base, MUCH, 1);
}

FIXTURE_TEARDOWN(much)
{
}

/* How much memory a process has in use, by the kernel's word; -1 on failure. */
static int64_t resident(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	return proc_bytes(path, "VmRSS");
}

/* Within some MiB: the kernel counts in batches. */
#define EXPECT_ABOUT(want, is) do {					\
	int64_t __want = (want), __is = (is);				\
									\
	EXPECT_GE(4 * (int64_t)MIB, llabs(__want - __is))		\
		TH_LOG("%lld instead of %lld", (long long)__is,		\
		       (long long)__want);				\
} while (0)

TEST_F(much, comes_off_the_resident_memory_and_on_again_R14)
{
	struct hostmem_status before = hostmem_status(self->fd);
	int64_t full = resident(getpid());
	int64_t available = meminfo("MemAvailable");

	ASSERT_LT((int64_t)MUCH, full);
	ASSERT_EQ(self->base, mem_reset(self->base, MUCH));
	EXPECT_ABOUT(full, resident(getpid()));
	ASSERT_TRUE(reclaim_all());
	EXPECT_ABOUT(full - MUCH, resident(getpid()));
	/* The kernel really has it, give or take what else happens. */
	EXPECT_LT((int64_t)MUCH / 2, meminfo("MemAvailable") - available);
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_EQ(NULL, nonzero(self->base, MUCH / 2));
	EXPECT_ABOUT(full - MUCH / 2, resident(getpid()));
	EXPECT_SAME_STATUS(before, self->fd);
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_ABOUT(full - MUCH, resident(getpid()));
}

/* Of a range: add how many pages are as they were, and how many zero; of one all or nothing. */
static void count_pages(char *start, char *end, size_t *same, size_t *zero)
{
	char *page;

	for (page = start; page < end; page += PAGE) {
		if (!unstamped(page, PAGE, 1))
			++*same;
		else if (!nonzero(page, PAGE))
			++*zero;
	}
}

/*
 * In a process of its own: take memory until the one that has reset pages has
 * lost half of them.  If the kernel doesn't take them, this process dies.
 */
static int press(pid_t victim, int64_t until)
{
	int64_t limit = meminfo("MemTotal"), taken;

	if (!write_file("/proc/self/oom_score_adj", "1000"))
		return 1;
	for (taken = 0; taken < limit; taken += MIB) {
		char *some = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				  -1, 0);

		if (some == MAP_FAILED)
			return 2;
		if (resident(victim) < until)
			return 0;
	}
	return 3;
}

TEST_F(much, goes_when_another_process_needs_memory_R2_R11)
{
	struct hostmem_status before = hostmem_status(self->fd);
	char *kept = self->base + MUCH / 4, *written = self->base + 3 * (MUCH / 4);
	size_t zero = 0, same = 0, size = MIB;
	pid_t parent = getpid(), child;
	int64_t full;

	ASSERT_EQ(self->base, mem_reset(self->base, MUCH));
	EXPECT_EQ(kept, reset_undo(kept, size));
	stamp(written, size, 2);
	full = resident(parent);

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(press(parent, full - (int64_t)MUCH / 2));
	EXPECT_EQ(0, status_of(child));

	EXPECT_UNDO_TOO_LATE(self->base, MUCH);
	count_pages(self->base, kept, &same, &zero);
	count_pages(kept + size, written, &same, &zero);
	count_pages(written + size, self->base + MUCH, &same, &zero);
	EXPECT_EQ((MUCH - 2 * size) / PAGE, same + zero);
	EXPECT_LE(MUCH / 2 / PAGE, zero);
	EXPECT_EQ(NULL, unstamped(kept, size, 1));
	EXPECT_EQ(NULL, unstamped(written, size, 2));
	EXPECT_SAME_STATUS(before, self->fd);
}

/* When the kernel gives up and kills, it has asked a last time, here at an operator's word. */
TEST_F(much, is_asked_for_before_a_process_is_killed_R2)
{
	size_t zero = 0, same = 0;
	pid_t child;

	if (access("/proc/sysrq-trigger", W_OK))
		SKIP(return, "run as root, on a kernel with CONFIG_MAGIC_SYSRQ");
	ASSERT_EQ(self->base, mem_reset(self->base, MUCH));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		if (write_file("/proc/self/oom_score_adj", "1000") &&
		    write_file("/proc/sysrq-trigger", "f"))
			pause();
		_exit(1);
	}
	EXPECT_EQ(SIGKILL, status_of(child));
	count_pages(self->base, self->base + MUCH, &same, &zero);
	EXPECT_EQ(MUCH / PAGE, same + zero);
	EXPECT_LT(0, zero);
}

TEST_HARNESS_MAIN
