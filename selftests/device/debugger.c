// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what other processes see: ptrace and /proc/PID/mem read and write
 * committed pages whatever their protection, as far as the kernel has it so (rule
 * S4), /proc/PID/maps names the regions, and committed memory counts as resident.
 */
#include "hostmem_test.h"

#include <sched.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)

/* The pages of the debugged process's region. */
#define PLAIN		0	/* PAGE_READWRITE, up to a block's end and on */
#define READONLY	20
#define NOACCESS	21
#define EXECUTE		22
#define GUARDED		23
#define RESERVED	30
#define AFTER		31	/* committed again */
#define LAST		(REGION / PAGE - 1)

#define at(page)	(FIXED + (page) * PAGE)

/* The debugged process: sets up its regions, stops, and then looks at them. */
static int debuggee(void)
{
	char *base = both_at(FIXED, REGION, PAGE_READWRITE);
	char *next = both_at(FIXED + REGION, PAGE, PAGE_READONLY);
	DWORD old;

	if (base != (char *)FIXED || next != base + REGION)
		return 1;
	stamp(base, REGION, 1);
	if (!VirtualProtect(base + READONLY * PAGE, PAGE, PAGE_READONLY, &old) ||
	    !VirtualProtect(base + NOACCESS * PAGE, PAGE, PAGE_NOACCESS, &old) ||
	    !VirtualProtect(base + EXECUTE * PAGE, PAGE, PAGE_EXECUTE, &old) ||
	    !VirtualProtect(base + GUARDED * PAGE, PAGE,
			    PAGE_READWRITE | PAGE_GUARD, &old) ||
	    !VirtualFree(base + RESERVED * PAGE, PAGE, MEM_DECOMMIT))
		return 2;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return 3;
	raise(SIGSTOP);

	/* What the debugger did has changed no protection. */
	if (query(base + READONLY * PAGE).Protect != PAGE_READONLY ||
	    query(base + NOACCESS * PAGE).Protect != PAGE_NOACCESS ||
	    query(base + EXECUTE * PAGE).Protect != PAGE_EXECUTE ||
	    query(base + GUARDED * PAGE).Protect != (PAGE_READWRITE | PAGE_GUARD) ||
	    query(base + RESERVED * PAGE).State != MEM_RESERVE)
		return 4;
	if (try_read(base + GUARDED * PAGE).signo != SIGBUS ||
	    try_read(base + GUARDED * PAGE).signo ||
	    try_write(base + READONLY * PAGE, 1).signo != SIGSEGV ||
	    try_read(base + NOACCESS * PAGE).signo != SIGSEGV)
		return 5;
	return 0;
}

FIXTURE(debugger)
{
	pid_t pid;
	int mem;
};

FIXTURE_SETUP(debugger)
{
	char path[32];
	int status;

	self->pid = fork();
	ASSERT_LE(0, self->pid);
	if (!self->pid)
		_exit(debuggee());
	status = -1;
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status))
		TH_LOG("status 0x%x", status);
	snprintf(path, sizeof(path), "/proc/%d/mem", self->pid);
	self->mem = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->mem);
}

/* Let it look at its memory, which has to be as it was. */
FIXTURE_TEARDOWN(debugger)
{
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, self->pid, NULL, NULL));
	EXPECT_EQ(0, status_of(self->pid));
	close(self->mem);
}

static const unsigned int committed[] = {
	PLAIN, READONLY, NOACCESS, EXECUTE, GUARDED, AFTER, LAST,
};

TEST_F(debugger, peeks_and_pokes_whatever_the_protection)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(committed); i++) {
		uintptr_t addr = at(committed[i]);

		errno = 0;
		EXPECT_EQ((long)(addr ^ 1),
			  ptrace(PTRACE_PEEKDATA, self->pid, addr, NULL));
		EXPECT_EQ(0, errno);
		EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, self->pid, addr + 8,
				    0x1234567890abcdef));
		EXPECT_EQ(0x1234567890abcdef,
			  ptrace(PTRACE_PEEKTEXT, self->pid, addr + 8, NULL));
		EXPECT_EQ((long)(addr ^ 1),
			  ptrace(PTRACE_PEEKDATA, self->pid, addr, NULL));
	}
}

TEST_F(debugger, reads_and_writes_mem_whatever_the_protection)
{
	uint64_t value, other = 0xfeedbeef;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(committed); i++) {
		uintptr_t addr = at(committed[i]);

		EXPECT_EQ(8, pread(self->mem, &value, 8, addr));
		EXPECT_EQ(addr ^ 1, value);
		EXPECT_EQ(8, pwrite(self->mem, &other, 8, addr + 16));
		EXPECT_EQ(8, pread(self->mem, &value, 8, addr + 16));
		EXPECT_EQ(other, value);
	}
}

TEST_F(debugger, gets_an_error_for_what_is_not_committed)
{
	char byte = 1;

	errno = 0;
	EXPECT_EQ(-1, ptrace(PTRACE_PEEKDATA, self->pid, at(RESERVED), NULL));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, self->pid, at(RESERVED), 1));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, pread(self->mem, &byte, 1, at(RESERVED)));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(-1, pwrite(self->mem, &byte, 1, at(RESERVED) + PAGE - 1));
	EXPECT_EQ(EIO, errno);
	/* Behind the last region there is nothing at all. */
	EXPECT_EQ(-1, pread(self->mem, &byte, 1, FIXED + REGION + PAGE));
	EXPECT_EQ(EIO, errno);
}

TEST_F(debugger, crosses_pages_and_blocks_in_one_call)
{
	size_t from = 5, nr = 20, i;
	static char copy[20 * 4096];

	/* Over a block's end and pages of other protections. */
	EXPECT_EQ(nr * PAGE, pread(self->mem, copy, nr * PAGE, at(from)));
	for (i = 0; i < nr; i++)
		EXPECT_EQ(at(from + i) ^ 1, *(uint64_t *)(copy + i * PAGE));
	for (i = 0; i < nr * PAGE; i++)
		copy[i] = i * 7 + i / PAGE;
	EXPECT_EQ(nr * PAGE - 2, pwrite(self->mem, copy, nr * PAGE - 2,
					at(from) + 1));
	memset(copy, 0, sizeof(copy));
	EXPECT_EQ(nr * PAGE - 2, pread(self->mem, copy, nr * PAGE - 2,
				       at(from) + 1));
	for (i = 0; i < nr * PAGE - 2; i += 333)
		EXPECT_EQ((char)(i * 7 + i / PAGE), copy[i]);
	/* A word on two pages. */
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, self->pid, at(NOACCESS) - 3, 77));
	EXPECT_EQ(77, ptrace(PTRACE_PEEKDATA, self->pid, at(NOACCESS) - 3, NULL));
}

TEST_F(debugger, gets_as_far_as_there_are_pages)
{
	static char copy[8 * 4096];
	uint64_t first;

	/* Up to the reserved page. */
	EXPECT_EQ(2 * PAGE + 5, pread(self->mem, copy, 4 * PAGE,
				      at(RESERVED) - 2 * PAGE - 5));
	EXPECT_EQ(PAGE, pwrite(self->mem, copy, 2 * PAGE, at(RESERVED) - PAGE));
	/* Over the end of a region into the next, and no farther. */
	EXPECT_EQ(2 * PAGE, pread(self->mem, copy, 8 * PAGE, at(LAST)));
	memcpy(&first, copy, 8);
	EXPECT_EQ(at(LAST) ^ 1, first);
	EXPECT_EQ(NULL, nonzero(copy + PAGE, PAGE));
	memcpy(copy, "two regions", 11);
	EXPECT_EQ(11, pwrite(self->mem, copy, 11, FIXED + REGION - 5));
	memset(copy, 0, 11);
	EXPECT_EQ(11, pread(self->mem, copy, 11, FIXED + REGION - 5));
	EXPECT_EQ(0, memcmp(copy, "two regions", 11));
}

TEST_F(debugger, finds_the_regions_by_name)
{
	char line[512];
	uintptr_t from, to;
	int found = 0;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/maps", self->pid);
	file = fopen(line, "r");
	ASSERT_NE(NULL, file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2 ||
		    to <= FIXED || from >= FIXED + REGION + PAGE)
			continue;
		EXPECT_NE(NULL, strstr(line, "hostmem"));
		found++;
	}
	fclose(file);
	EXPECT_EQ(2, found);
}

/*
 * Those who trace nobody
 */

/* What the kernel does for a page of its own with that protection is done for ours. */
TEST(untraced_memory_is_as_the_kernel_has_it_S4)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	size_t i;

	ASSERT_LE(0, mem);
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];
		int prot = (p->read ? PROT_READ : 0) | (p->write ? PROT_WRITE : 0) |
			   (p->exec ? PROT_EXEC : 0);
		char *kernels = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS,
				     -1, 0);
		char *ours = both_at(NULL, PAGE, p->protect), byte = 0;
		ssize_t done;

		ASSERT_NE(MAP_FAILED, kernels);
		ASSERT_NE(NULL, ours);
		done = pwrite(mem, "x", 1, (uintptr_t)kernels);
		EXPECT_EQ(done, pwrite(mem, "x", 1, (uintptr_t)ours))
			TH_LOG("protection 0x%x", p->protect);
		EXPECT_EQ(pread(mem, &byte, 1, (uintptr_t)kernels),
			  pread(mem, &byte, 1, (uintptr_t)ours))
			TH_LOG("protection 0x%x", p->protect);
		if (p->read)
			EXPECT_EQ(done == 1 ? 'x' : 0, *ours);
		/* A debugger may, whatever the file says. */
		EXPECT_TRUE(debugger_writes(ours, "y", 1));
		if (p->read)
			EXPECT_EQ('y', *ours);
	}
}

/* An armed guard page allows as little as NOACCESS, and stays armed. */
TEST(untraced_guards_are_as_without_access_S4)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *kernels = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *ours = both_at(NULL, PAGE, PAGE_READWRITE | PAGE_GUARD), byte;

	ASSERT_LE(0, mem);
	ASSERT_NE(MAP_FAILED, kernels);
	ASSERT_NE(NULL, ours);
	EXPECT_EQ(pwrite(mem, "x", 1, (uintptr_t)kernels),
		  pwrite(mem, "x", 1, (uintptr_t)ours));
	EXPECT_EQ(pread(mem, &byte, 1, (uintptr_t)kernels),
		  pread(mem, &byte, 1, (uintptr_t)ours));
	EXPECT_TRUE(debugger_writes(ours, "y", 1));
	EXPECT_EQ(PAGE_READWRITE | PAGE_GUARD, query(ours).Protect);
	EXPECT_EQ(SIGBUS, try_read(ours).signo);
	EXPECT_EQ('y', *ours);
}

/* What may be accessed is copied up to the page that may not. */
TEST(untraced_copies_end_where_the_kernel_s_do_S4)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *kernels = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *ours = both_at(NULL, 3 * PAGE, PAGE_READWRITE);
	static char copy[3 * 4096];
	DWORD old;

	ASSERT_LE(0, mem);
	ASSERT_NE(MAP_FAILED, kernels);
	ASSERT_NE(NULL, ours);
	ASSERT_EQ(0, mprotect(kernels + PAGE, PAGE, PROT_NONE));
	ASSERT_TRUE(VirtualProtect(ours + PAGE, PAGE, PAGE_NOACCESS, &old));
	EXPECT_EQ(pread(mem, copy, 3 * PAGE - 7, (uintptr_t)kernels + 7),
		  pread(mem, copy, 3 * PAGE - 7, (uintptr_t)ours + 7));
	EXPECT_EQ(pwrite(mem, copy, 3 * PAGE - 7, (uintptr_t)kernels + 7),
		  pwrite(mem, copy, 3 * PAGE - 7, (uintptr_t)ours + 7));
	ASSERT_EQ(0, mprotect(kernels + PAGE, PAGE, PROT_READ));
	ASSERT_TRUE(VirtualProtect(ours + PAGE, PAGE, PAGE_READONLY, &old));
	EXPECT_EQ(pread(mem, copy, 3 * PAGE - 7, (uintptr_t)kernels + 7),
		  pread(mem, copy, 3 * PAGE - 7, (uintptr_t)ours + 7));
	EXPECT_EQ(pwrite(mem, copy, 3 * PAGE - 7, (uintptr_t)kernels + 7),
		  pwrite(mem, copy, 3 * PAGE - 7, (uintptr_t)ours + 7));
}

/*
 * A debugger that traces not the process which owns the address space, but one that
 * shares it.
 */
static int share_memory(void *arg)
{
	/* Traced by the test, and does nothing but wait for it. */
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	return *(char *)arg != 'z';
}

TEST(one_who_shares_the_memory_may_be_traced)
{
	static char stack[64 * 1024] __attribute__((aligned(16)));
	char *ours = both_at(NULL, PAGE, PAGE_READONLY), path[32];
	pid_t pid;
	int mem;

	ASSERT_NE(NULL, ours);
	pid = clone(share_memory, stack + sizeof(stack), CLONE_VM | SIGCHLD, ours);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mem);
	EXPECT_EQ(1, pwrite(mem, "y", 1, (uintptr_t)ours));
	EXPECT_EQ('y', *ours);
	EXPECT_EQ(0, ptrace(PTRACE_POKEDATA, pid, ours, (long)'z'));
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, pid, NULL, NULL));
	EXPECT_EQ(0, status_of(pid));
	/* Now nobody is traced any more. */
	EXPECT_EQ(mem_is_forced ? 1 : -1, pwrite(mem, "x", 1, (uintptr_t)ours));
}

/*
 * Resident memory
 */

/* Within a MiB: the kernel counts in batches, and the test has pages, too. */
#define EXPECT_GROWN(want, name, before) do {				\
	int64_t __grown = own_status(name) - (before);			\
									\
	EXPECT_GE((int64_t)MIB, llabs(__grown - (int64_t)(want)))	\
		TH_LOG("%s has grown by %lld", name, (long long)__grown); \
} while (0)

TEST(committed_memory_is_resident)
{
	static const char *const names[] = { "VmRSS", "RssAnon" };
	size_t size = 64 * MIB, i;

	/* Where the kernel knows the pages itself, it tells of those as of a file's. */
	for (i = 0; i < (is_pinnable() ? 1 : ARRAY_SIZE(names)); i++) {
		char *base = reserve_at(NULL, 2 * size);
		int64_t before = own_status(names[i]);
		DWORD old;

		ASSERT_NE(NULL, base);
		ASSERT_LE(0, before);
		ASSERT_EQ(base, commit_at(base, size, PAGE_READWRITE));
		EXPECT_GROWN(size, names[i], before);
		/* Committed twice, it counts once; protection doesn't count. */
		ASSERT_EQ(base, commit_at(base, size + 16 * MIB, PAGE_READWRITE));
		EXPECT_GROWN(size + 16 * MIB, names[i], before);
		ASSERT_TRUE(VirtualProtect(base, size, PAGE_NOACCESS, &old));
		EXPECT_GROWN(size + 16 * MIB, names[i], before);
		ASSERT_TRUE(VirtualFree(base + 8 * MIB, size, MEM_DECOMMIT));
		EXPECT_GROWN(16 * MIB, names[i], before);
		ASSERT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
		EXPECT_GROWN(0, names[i], before);
	}
}

TEST_HARNESS_MAIN
