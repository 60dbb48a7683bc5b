/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share: access to memory that reports a fault instead of dying
 * of it, queries, both shapes of a call that has to fail, debuggers, the raw
 * calls, and what the kernel says about memory.
 *
 * Rule ids in the tests, such as B5, are those of the contract of Windows'
 * virtual memory functions that the module's and the library's comments cite.
 *
 * The harness runs each test in a child of its own, and the library opens the
 * device in its first call: so each test has an empty space of regions, unless
 * the program calls the library before its tests.
 */
#ifndef HOSTMEM_TEST_H
#define HOSTMEM_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/hostmem.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "kselftest_harness.h"

/* Only what hangs takes that long, also on a kernel with all checks on. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	600

#define HELPER	static inline __attribute__((unused))

/* Debug kernels are told by their leak detector. */
HELPER bool is_debug_kernel(void)
{
	return !access("/sys/kernel/debug/kmemleak", F_OK);
}

/*
 * How often to do what is done again and again for the odd case: on debug kernels,
 * which find more in less, a tenth.
 */
HELPER unsigned int times(unsigned int nr)
{
	return is_debug_kernel() ? (nr + 9) / 10 : nr;
}

/*
 * Shall regions be pinnable, as the default manager's are then?  Every program can be
 * run that way, and its tests say what is different.
 */
HELPER bool is_pinnable(void)
{
	const char *value = getenv("HOSTMEM_PINNABLE");

	return value && !strcmp(value, "1");
}

#define DEVICE		"/dev/hostmem"
#define PAGE		((uintptr_t)HOSTMEM_PAGE_SIZE)
#define GRANULE		((uintptr_t)HOSTMEM_GRANULE)
#define KIB		((uintptr_t)1 << 10)
#define MIB		((uintptr_t)1 << 20)
#define GIB		((uintptr_t)1 << 30)
#define TIB		((uintptr_t)1 << 40)
/* The unit in which the module keeps pages: where its walks have their seams. */
#define BLOCK		(2 * MIB)

#define POISON_DWORD	0xdeadbeefu
#define POISON_POINTER	((void *)0xdeadbeefdeadbeeful)
#define POISON_BYTE	0xcc

#define E_BAD_ADDRESS	HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS)
#define E_NOACCESS	HRESULT_FROM_WIN32(ERROR_NOACCESS)

/* The protections of private memory (rule P1) and what they allow (rule P11). */
static const struct protection {
	DWORD protect;
	bool read;
	bool write;
	bool exec;
} protections[] __attribute__((unused)) = {
	{ PAGE_NOACCESS,		false, false, false },
	{ PAGE_READONLY,		true,  false, false },
	{ PAGE_READWRITE,		true,  true,  false },
	{ PAGE_EXECUTE,			true,  false, true },
	{ PAGE_EXECUTE_READ,		true,  false, true },
	{ PAGE_EXECUTE_READWRITE,	true,  true,  true },
};

/* A program without its device is skipped as a whole. */
static void __attribute__((constructor)) skip_without_device(void)
{
	if (!access(DEVICE, F_OK) || errno != ENOENT)
		return;
	ksft_print_header();
	ksft_exit_skip("there is no " DEVICE ": load hostmem.ko\n");
}

/*
 * Access that may fault
 */

/**
 * struct fault - how an access has ended
 * @signo: the signal; 0 if it went through
 * @code: si_code
 * @addr: si_addr
 */
struct fault {
	int signo;
	int code;
	uintptr_t addr;
};

struct probe {
	sigjmp_buf env;
	volatile bool armed;
	struct fault fault;
};

static _Thread_local struct probe probe;

static void catch_fault(int signo, siginfo_t *info, void *context)
{
	(void)context;
	if (!probe.armed) {
		/* Not a probe's: the access happens again and is fatal. */
		signal(signo, SIG_DFL);
		return;
	}
	probe.fault.signo = signo;
	probe.fault.code = info->si_code;
	probe.fault.addr = (uintptr_t)info->si_addr;
	siglongjmp(probe.env, 1);
}

/* SA_NODEFER leaves the signal mask alone, so probes save and restore none. */
static void __attribute__((constructor)) catch_faults(void)
{
	struct sigaction action = {
		.sa_sigaction = catch_fault,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* Run a statement and yield its struct fault; for the calling thread only. */
#define PROBE(statement) ({						\
	probe.fault = (struct fault){};					\
	probe.armed = true;						\
	if (!sigsetjmp(probe.env, 0)) {					\
		statement;						\
	}								\
	probe.armed = false;						\
	probe.fault;							\
})

HELPER struct fault try_read(const void *addr)
{
	return PROBE((void)*(volatile const unsigned char *)addr);
}

HELPER struct fault try_write(void *addr, unsigned char value)
{
	return PROBE(*(volatile unsigned char *)addr = value);
}

#ifndef __x86_64__
#error "code_of_42 is for x86-64"
#endif
/* mov $42, %eax; ret */
static const unsigned char code_of_42[] __attribute__((unused)) = {
	0xb8, 42, 0, 0, 0, 0xc3
};

/* Call what is at an address: @result is what it returns. */
HELPER struct fault try_exec(void *addr, int *result)
{
	int (*call)(void) = addr;

	*result = 0;
	return PROBE(*result = call());
}

HELPER bool can_read(const void *addr)
{
	return !try_read(addr).signo;
}

/* Writes back what is there, so that it changes nothing. */
HELPER bool can_write(void *addr)
{
	volatile unsigned char *byte = addr;

	return !PROBE(*byte = *byte).signo;
}

#define EXPECT_NO_FAULT(attempt) do {					\
	struct fault __fault = (attempt);				\
	EXPECT_EQ(0, __fault.signo)					\
		TH_LOG("at 0x%lx", __fault.addr);			\
} while (0)

#define EXPECT_SEGV(address, attempt) do {				\
	struct fault __fault = (attempt);				\
	EXPECT_EQ(SIGSEGV, __fault.signo);				\
	EXPECT_EQ((uintptr_t)(address), __fault.addr);			\
} while (0)

#define EXPECT_NOTHING_ALLOWED(address) do {				\
	int __result;							\
									\
	EXPECT_SEGV(address, try_read((void *)(address)));		\
	EXPECT_SEGV(address, try_write((void *)(address), 1));		\
	EXPECT_SEGV(address, try_exec((void *)(address), &__result));	\
} while (0)

/*
 * Contents
 */

/* Give each page of a range contents that depend on its address and @seed. */
HELPER void stamp(void *start, size_t size, uint64_t seed)
{
	char *at;

	for (at = start; at < (char *)start + size; at += PAGE) {
		((volatile uint64_t *)at)[0] = (uintptr_t)at ^ seed;
		((volatile uint64_t *)at)[PAGE / 8 - 1] = ~((uintptr_t)at ^ seed);
	}
}

/* The first page of a range that has lost what stamp() gave it, or NULL. */
HELPER void *unstamped(void *start, size_t size, uint64_t seed)
{
	char *at;

	for (at = start; at < (char *)start + size; at += PAGE)
		if (((uint64_t *)at)[0] != ((uintptr_t)at ^ seed) ||
		    ((uint64_t *)at)[PAGE / 8 - 1] != ~((uintptr_t)at ^ seed))
			return at;
	return NULL;
}

/* The first word of a range that is not zero, or NULL. */
HELPER void *nonzero(void *start, size_t size)
{
	uint64_t *at;

	for (at = start; at < (uint64_t *)((char *)start + size); at++)
		if (*at)
			return at;
	return NULL;
}

/* Keep a mapping of ordinary memory in single pages; some kernels have no others. */
HELPER bool keep_small(void *start, size_t size)
{
	return !madvise(start, size, MADV_NOHUGEPAGE) || errno == EINVAL;
}

/*
 * Both shapes of the library's calls
 */

#define reserve_at(addr, size) \
	VirtualAlloc((void *)(addr), size, MEM_RESERVE, PAGE_READWRITE)
#define commit_at(addr, size, protect) \
	VirtualAlloc((void *)(addr), size, MEM_COMMIT, protect)
#define both_at(addr, size, protect) \
	VirtualAlloc((void *)(addr), size, MEM_RESERVE | MEM_COMMIT, protect)

HELPER MEMORY_BASIC_INFORMATION query(const void *addr)
{
	MEMORY_BASIC_INFORMATION info;

	memset(&info, POISON_BYTE, sizeof(info));
	VirtualQuery(addr, &info, sizeof(info));
	return info;
}

#define EXPECT_QUERY(address, base, alloc_base, alloc_protect, size, state,	\
		     protect, type)						\
do {										\
	MEMORY_BASIC_INFORMATION __info;					\
	SIZE_T __length = POISON_DWORD;						\
										\
	memset(&__info, POISON_BYTE, sizeof(__info));				\
	EXPECT_EQ(S_OK, HostVirtualQuery((void *)(address), &__info,		\
					 sizeof(__info), &__length));		\
	EXPECT_EQ(sizeof(__info), __length);					\
	EXPECT_EQ((uintptr_t)(base), (uintptr_t)__info.BaseAddress);		\
	EXPECT_EQ((uintptr_t)(alloc_base), (uintptr_t)__info.AllocationBase);	\
	EXPECT_EQ((DWORD)(alloc_protect), __info.AllocationProtect);		\
	EXPECT_EQ((SIZE_T)(size), __info.RegionSize);				\
	EXPECT_EQ((DWORD)(state), __info.State);				\
	EXPECT_EQ((DWORD)(protect), __info.Protect);				\
	EXPECT_EQ((DWORD)(type), __info.Type);					\
} while (0)

/* Pages that are committed, or reserved, in a region of PAGE_READWRITE. */
#define EXPECT_COMMITTED(address, alloc_base, size, protect)		\
	EXPECT_QUERY(address, address, alloc_base, PAGE_READWRITE, size,	\
		     MEM_COMMIT, protect, MEM_PRIVATE)
#define EXPECT_RESERVED(address, alloc_base, size)			\
	EXPECT_QUERY(address, address, alloc_base, PAGE_READWRITE, size,	\
		     MEM_RESERVE, 0, MEM_PRIVATE)
#define EXPECT_FREE(address)						\
	EXPECT_EQ(MEM_FREE, query((void *)(address)).State)

/* An allocation that fails alike in both shapes (rules A15, H2). */
#define EXPECT_ALLOC_FAILS(error, hresult, address, size, type, protect) do { \
	void *__mem = POISON_POINTER;						\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(NULL, VirtualAlloc((void *)(address), size, type, protect));	\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
	EXPECT_EQ((hresult), HostVirtualAlloc((void *)(address), size, type,	\
					      protect, eProcessCritical,	\
					      &__mem));				\
	EXPECT_EQ(NULL, __mem);							\
} while (0)

#define EXPECT_FREE_FAILS(error, hresult, address, size, type) do {	\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(FALSE, VirtualFree((void *)(address), size, type));		\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
	EXPECT_EQ((hresult), HostVirtualFree((void *)(address), size, type));	\
} while (0)

/* Write a word into one of the kernel's files. */
HELPER bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text);
}

/*
 * Debuggers
 */

HELPER int write_from_outside(pid_t pid, const char *addr, const char *bytes,
			      size_t size)
{
	size_t done;

	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) ||
	    waitpid(pid, NULL, __WALL) != pid)
		return 1;
	for (done = 0; done < size; done += sizeof(long)) {
		long word = ptrace(PTRACE_PEEKDATA, pid, addr + done, NULL);
		size_t part = size - done < sizeof(word) ? size - done : sizeof(word);

		memcpy(&word, bytes + done, part);
		if (ptrace(PTRACE_POKEDATA, pid, addr + done, word))
			return 2;
	}
	return ptrace(PTRACE_DETACH, pid, NULL, NULL) ? 3 : 0;
}

/* Have a debugger write to this process's memory, whatever its protection. */
HELPER bool debugger_writes(void *addr, const void *bytes, size_t size)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(write_from_outside(getppid(), addr, bytes, size));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/*
 * Does the kernel let processes that nobody traces do against protections what they
 * like, through /proc/PID/mem?  That is a choice of its build and its command line.
 */
static bool mem_is_forced;

static void __attribute__((constructor)) look_whether_mem_is_forced(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	mem_is_forced = pwrite(mem, "x", 1, (uintptr_t)page) == 1;
	close(mem);
	munmap(page, PAGE);
}

/*
 * The raw calls: 0 or -errno
 */

HELPER int open_device(void)
{
	return open(DEVICE, O_RDWR | O_CLOEXEC);
}

HELPER int raw_call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/* @flags: HOSTMEM_ALLOC_PINNABLE, or 0 */
HELPER int raw_alloc_as(int fd, uintptr_t addr, uint64_t length, uint32_t type,
			uint32_t protect, uint32_t flags, uintptr_t *out)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = type,
		.protect = protect,
		.level = HOSTMEM_LEVEL_PROCESS,
		.flags = flags,
		.addr = addr,
		.length = length,
		.out_addr = (uintptr_t)POISON_POINTER,
	};
	int ret = raw_call(fd, HOSTMEM_IOC_ALLOC, &arg);

	*out = arg.out_addr;
	return ret;
}

HELPER bool kernel_is_at_least(int major, int minor)
{
	struct utsname name;
	int its_major, its_minor;

	if (uname(&name) ||
	    sscanf(name.release, "%d.%d", &its_major, &its_minor) != 2)
		return false;
	return its_major > major || (its_major == major && its_minor >= minor);
}

/* The flags of an allocation that says no others; only reservations have any. */
HELPER uint32_t default_flags(uintptr_t addr, uint32_t type)
{
	bool reserves = type & HOSTMEM_RESERVE || (type == HOSTMEM_COMMIT && !addr);

	return reserves && is_pinnable() ? HOSTMEM_ALLOC_PINNABLE : 0;
}

HELPER int raw_alloc(int fd, uintptr_t addr, uint64_t length, uint32_t type,
		     uint32_t protect, uintptr_t *out)
{
	return raw_alloc_as(fd, addr, length, type, protect,
			    default_flags(addr, type), out);
}

HELPER int raw_free(int fd, uintptr_t addr, uint64_t length, uint32_t type)
{
	struct hostmem_free arg = {
		.size = sizeof(arg),
		.type = type,
		.addr = addr,
		.length = length,
	};

	return raw_call(fd, HOSTMEM_IOC_FREE, &arg);
}

HELPER int raw_protect(int fd, uintptr_t addr, uint64_t length, uint32_t protect)
{
	uint32_t old;
	struct hostmem_protect arg = {
		.size = sizeof(arg),
		.protect = protect,
		.addr = addr,
		.length = length,
		.old = (uintptr_t)&old,
	};

	return raw_call(fd, HOSTMEM_IOC_PROTECT, &arg);
}

/* @count: room in @pages, and how many there are. */
HELPER int raw_watch(int fd, uintptr_t addr, uint64_t length, uint32_t flags,
		     uint64_t *pages, uint64_t *count)
{
	struct hostmem_watch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.addr = addr,
		.length = length,
		.pages = (uintptr_t)pages,
		.count = *count,
	};
	int err = raw_call(fd, HOSTMEM_IOC_WATCH, &arg);

	*count = arg.out_count;
	return err;
}

HELPER int raw_query(int fd, uintptr_t addr, struct hostmem_memory_info *info)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = addr,
		.buffer = (uintptr_t)info,
	};

	memset(info, POISON_BYTE, sizeof(*info));
	return raw_call(fd, HOSTMEM_IOC_QUERY, &arg);
}

HELPER int raw_status(int fd, struct hostmem_status *status)
{
	memset(status, POISON_BYTE, sizeof(*status));
	status->size = sizeof(*status);
	status->id = 0;
	status->reserved = 0;
	return raw_call(fd, HOSTMEM_IOC_STATUS, status);
}

/* What a file and the module hold; every member poisoned if that fails. */
HELPER struct hostmem_status hostmem_status(int fd)
{
	struct hostmem_status status;

	raw_status(fd, &status);
	return status;
}

/* Does the module have large pages, and can the kernel count them, for pinnable ones? */
HELPER bool uses_large_pages(void)
{
	int fd = open_device();
	bool any = hostmem_status(fd).out_large_page_bytes;

	close(fd);
	return any;
}

HELPER bool counts_large_pages(void)
{
	return uses_large_pages() && kernel_is_at_least(6, 16);
}

/* Are there large pages for regions as they are? */
HELPER bool has_large_pages(void)
{
	return is_pinnable() ? counts_large_pages() : uses_large_pages();
}

/*
 * The descriptor under the library's functions, which is the process's only
 * one of the device when a test begins; -1 if there is none.
 */
HELPER int library_fd(void)
{
	char path[32], target[64];
	ssize_t length;
	int fd;

	query(NULL);
	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = 0;
		if (!strcmp(target, DEVICE))
			return fd;
	}
	return -1;
}

/*
 * A process that ends with pinned pages, be it in a pipe of its own, leaves them charged
 * until the module has noticed that they are free.  A program waits for that, within
 * reason, so that the next one finds nothing that changes under its hands.
 */
#define MOST_YIELDS	1000000

static uint64_t charged_before;

static uint64_t charged_now(void)
{
	int fd = open_device();
	struct hostmem_status status = hostmem_status(fd);

	close(fd);
	return fd < 0 ? 0 : status.out_total_committed_bytes;
}

static void __attribute__((constructor)) remember_charge(void)
{
	charged_before = charged_now();
}

static void __attribute__((destructor)) leave_nothing_charged(void)
{
	unsigned int i;

	for (i = 0; i < MOST_YIELDS && charged_now() > charged_before; i++)
		sched_yield();
}

/* A call that has failed must not have changed what the status tells. */
#define EXPECT_SAME_STATUS(before, fd) do {				\
	struct hostmem_status __now = hostmem_status(fd);		\
									\
	EXPECT_EQ((before).out_regions, __now.out_regions);		\
	EXPECT_EQ((before).out_reserved_bytes, __now.out_reserved_bytes);	\
	EXPECT_EQ((before).out_committed_bytes, __now.out_committed_bytes);	\
	EXPECT_EQ((before).out_total_committed_bytes,			\
		  __now.out_total_committed_bytes);			\
} while (0)

/*
 * What the kernel says
 */

/* A line of a file like /proc/meminfo in bytes; -1 if there is no such line. */
HELPER int64_t proc_bytes(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	int64_t kib = -1;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) &&
		    line[strlen(name)] == ':')
			kib = strtoll(line + strlen(name) + 1, NULL, 10);
	if (file)
		fclose(file);
	return kib < 0 ? -1 : kib * (int64_t)KIB;
}

HELPER int64_t meminfo(const char *name)
{
	return proc_bytes("/proc/meminfo", name);
}

/*
 * Memory that is to be had, by the kernel's word.  MemAvailable leaves out what
 * each processor keeps at hand: tens of MiB, more or less from moment to moment.
 * Debug kernels also keep what slabs have freed, and find by themselves what isn't.
 */
HELPER int64_t available_memory(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	int64_t pages = 0, count;
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %" SCNd64, &count) == 1)
			pages += count;
	fclose(file);
	if (is_debug_kernel())
		pages += meminfo("SUnreclaim") / (int64_t)PAGE;
	return meminfo("MemAvailable") + pages * (int64_t)PAGE;
}

HELPER int64_t own_status(const char *name)
{
	return proc_bytes("/proc/self/status", name);
}

/* How many mappings of the device this process has; -1 if it can't be told. */
HELPER int device_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	char line[512];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		count += !!strstr(line, DEVICE);
	fclose(file);
	return count;
}

/* How many mappings a process has in [start, end); -1 if it can't be told. */
HELPER int mappings(pid_t pid, uintptr_t start, uintptr_t end)
{
	uintptr_t from, to;
	char line[512];
	int count = 0;
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/maps", pid);
	file = fopen(line, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2 &&
		    from < end && start < to)
			count++;
	fclose(file);
	return count;
}

/*
 * The end of user space.  With five-level page tables it is where four-level
 * ones have a hole, and a mapping there tells.
 */
HELPER uintptr_t user_limit(void)
{
	uintptr_t four = ((uintptr_t)1 << 47) - PAGE;
	uintptr_t five = ((uintptr_t)1 << 56) - PAGE;
	void *addr = (void *)((uintptr_t)1 << 50);
	void *map = mmap(addr, PAGE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			 -1, 0);

	if (map == MAP_FAILED)
		return four;
	munmap(map, PAGE);
	return map == addr ? five : four;
}

/* How a child has ended, as wait(2) tells; waits for it. */
HELPER int status_of(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* A small generator, so that every run of a test does the same. */
HELPER uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 32) % limit;
}

#endif /* HOSTMEM_TEST_H */
