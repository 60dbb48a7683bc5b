// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: which code the library answers for each errno of the device, for
 * the failures that it finds itself, and after an impossible answer.
 *
 * Runs on the host without the module: it is linked with libhostmem.a, and the
 * ioctl() below, which the library then calls, plays the kernel.  The expected
 * numbers are written out so that a wrong constant of the headers shows, too.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>
#include <linux/hostmem.h>

#include "ioctl_request.h"
#include "manager.h"

#define FILE_ID		1u
#define BASE		0x50000000ul
#define UNTOUCHED	0xdeadbeefu
#define ERRNO_BEFORE	ERANGE

static int answer_errno;		/* what the kernel fails with, 0 = success */
static int answer_positive;		/* what it returns instead of 0 */
static uint64_t answer_addr = BASE;
static uint64_t answer_count;
static uint64_t answer_large_page;
static unsigned int calls;
static bool has_failed;			/* so the library may look at its file */
static union {
	struct hostmem_alloc alloc;
	struct hostmem_free free;
	struct hostmem_query query;
	struct hostmem_protect protect;
	struct hostmem_watch watch;
} seen;

int ioctl(int fd, hostmem_ioctl_request number, ...)
{
	const unsigned long request = (unsigned long)number;
	struct hostmem_status *status;
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, number);
	arg = va_arg(args, void *);
	va_end(args);

	/* Is it a file of the device, and the one it was?  It is. */
	status = arg;
	if (request == HOSTMEM_IOC_STATUS) {
		status->out_id = FILE_ID;
		if (has_failed || status->id != FILE_ID)
			return 0;
	}
	calls++;
	if (request == HOSTMEM_IOC_ALLOC) {
		memcpy(&seen.alloc, arg, sizeof(seen.alloc));
		if (!answer_errno)
			((struct hostmem_alloc *)arg)->out_addr = answer_addr;
	} else if (request == HOSTMEM_IOC_FREE) {
		memcpy(&seen.free, arg, sizeof(seen.free));
	} else if (request == HOSTMEM_IOC_QUERY) {
		memcpy(&seen.query, arg, sizeof(seen.query));
	} else if (request == HOSTMEM_IOC_PROTECT) {
		memcpy(&seen.protect, arg, sizeof(seen.protect));
	} else if (request == HOSTMEM_IOC_WATCH) {
		memcpy(&seen.watch, arg, sizeof(seen.watch));
		if (!answer_errno)
			((struct hostmem_watch *)arg)->out_count = answer_count;
	} else if (request == HOSTMEM_IOC_STATUS && !answer_errno) {
		((struct hostmem_status *)arg)->out_large_page_bytes =
			answer_large_page;
	}
	if (answer_errno) {
		has_failed = true;
		errno = answer_errno;
		return -1;
	}
	has_failed = answer_positive;
	return answer_positive;
}

static unsigned int tests;
static unsigned int failures;

#define ok(condition, ...)						\
	do {								\
		int good = (condition);					\
									\
		failures += !good;					\
		printf("%s %u ", good ? "ok" : "not ok", ++tests);	\
		printf(__VA_ARGS__);					\
		putchar('\n');						\
		if (!good)						\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
	} while (0)

/* A new manager whose kernel fails with @errnum; 0 is success. */
static void begin(int errnum)
{
	atomic_store(&hostmem_default_manager.broken, false);
	answer_errno = errnum;
	answer_positive = 0;
	answer_addr = BASE;
	answer_count = 0;
	answer_large_page = 0;
	calls = 0;
	has_failed = false;
	errno = ERRNO_BEFORE;
	SetLastError(UNTOUCHED);
}

static const struct {
	const char *name;
	int errnum;
	DWORD win32;
	uint32_t hresult;
} dictionary[] = {
	{ "EINVAL",		EINVAL,		87,	0x80070057 },
	{ "EADDRNOTAVAIL",	EADDRNOTAVAIL,	487,	0x800701E7 },
	{ "ENOENT",		ENOENT,		487,	0x80131022 },
	{ "ENOMEM",		ENOMEM,		1455,	0x8007000E },
	{ "ENOSPC",		ENOSPC,		8,	0x8007000E },
	{ "EFAULT",		EFAULT,		998,	0x800703E6 },
	{ "EPERM",		EPERM,		1314,	0x80070522 },
	{ "EOPNOTSUPP",		EOPNOTSUPP,	50,	0x80070032 },
	{ "EACCES",		EACCES,		5,	0x80070005 },
	{ "EXDEV",		EXDEV,		5,	0x80131025 },
	{ "ETIMEDOUT",		ETIMEDOUT,	1460,	0x80131024 },
	{ "ECANCELED",		ECANCELED,	995,	0x80131026 },
	{ "ESHUTDOWN",		ESHUTDOWN,	21,	0x80131023 },
	/* What the module never answers to this library. */
	{ "ENOTTY",		ENOTTY,		31,	0x80004005 },
	{ "E2BIG",		E2BIG,		31,	0x80004005 },
	{ "EBADF",		EBADF,		31,	0x80004005 },
	{ "EIO",		EIO,		31,	0x80004005 },
};

#define ENTRIES (sizeof(dictionary) / sizeof(dictionary[0]))

static void test_hosting(size_t i)
{
	const char *name = dictionary[i].name;
	HRESULT expected = (HRESULT)dictionary[i].hresult;
	MEMORY_BASIC_INFORMATION info;
	SIZE_T result = UNTOUCHED;
	void *mem = &mem;
	DWORD old;

	begin(dictionary[i].errnum);
	ok(HostVirtualAlloc(NULL, 1, MEM_COMMIT, PAGE_READWRITE, eTaskCritical,
			    &mem) == expected && !mem,
	   "%s: HostVirtualAlloc answers 0x%08X and NULL", name, (unsigned int)expected);
	begin(dictionary[i].errnum);
	ok(HostVirtualFree((void *)BASE, 0, MEM_RELEASE) == expected,
	   "%s: HostVirtualFree answers 0x%08X", name, (unsigned int)expected);
	begin(dictionary[i].errnum);
	ok(HostVirtualQuery((void *)BASE, &info, sizeof(info), &result) == expected &&
	   result == 0,
	   "%s: HostVirtualQuery answers 0x%08X and 0", name, (unsigned int)expected);
	begin(dictionary[i].errnum);
	ok(HostVirtualProtect((void *)BASE, 1, PAGE_READONLY, &old) == expected,
	   "%s: HostVirtualProtect answers 0x%08X", name, (unsigned int)expected);
	ok(GetLastError() == UNTOUCHED && errno == ERRNO_BEFORE,
	   "%s: the hosting shape leaves the last error and errno alone", name);
}

static void test_win32(size_t i)
{
	const char *name = dictionary[i].name;
	DWORD expected = dictionary[i].win32;
	MEMORY_BASIC_INFORMATION info;
	void *page = &page;
	ULONG_PTR count = 1;
	DWORD old;
	DWORD granularity = UNTOUCHED;

	begin(dictionary[i].errnum);
	ok(!VirtualAlloc(NULL, 1, MEM_COMMIT, PAGE_READWRITE) &&
	   GetLastError() == expected,
	   "%s: VirtualAlloc fails with %u", name, expected);
	begin(dictionary[i].errnum);
	ok(!VirtualFree((void *)BASE, 0, MEM_RELEASE) && GetLastError() == expected,
	   "%s: VirtualFree fails with %u", name, expected);
	begin(dictionary[i].errnum);
	ok(!VirtualQuery((void *)BASE, &info, sizeof(info)) &&
	   GetLastError() == expected,
	   "%s: VirtualQuery fails with %u", name, expected);
	begin(dictionary[i].errnum);
	ok(!VirtualProtect((void *)BASE, 1, PAGE_READONLY, &old) &&
	   GetLastError() == expected,
	   "%s: VirtualProtect fails with %u", name, expected);
	begin(dictionary[i].errnum);
	ok(GetWriteWatch(0, (void *)BASE, 1, &page, &count, &granularity) ==
	   0xFFFFFFFF && GetLastError() == expected && count == 1 &&
	   granularity == UNTOUCHED && page == &page,
	   "%s: GetWriteWatch fails with %u and stores nothing", name, expected);
	begin(dictionary[i].errnum);
	ok(ResetWriteWatch((void *)BASE, 1) == 0xFFFFFFFF &&
	   GetLastError() == expected,
	   "%s: ResetWriteWatch fails with %u", name, expected);
	begin(dictionary[i].errnum);
	ok(!GetLargePageMinimum() && GetLastError() == expected,
	   "%s: GetLargePageMinimum answers 0 with %u", name, expected);
	ok(errno == ERRNO_BEFORE, "%s: the Win32 shape leaves errno alone", name);
}

static void test_next_call(size_t i)
{
	int catastrophe = dictionary[i].hresult == 0x80004005;
	void *mem;

	begin(dictionary[i].errnum);
	HostVirtualFree((void *)BASE, 0, MEM_RELEASE);
	answer_errno = 0;
	if (!catastrophe) {
		ok(HostVirtualFree((void *)BASE, 0, MEM_RELEASE) == S_OK,
		   "%s: the next call works", dictionary[i].name);
		return;
	}
	ok(HostVirtualFree((void *)BASE, 0, MEM_RELEASE) == (HRESULT)0x80131023 &&
	   HostVirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE, eTaskCritical,
			    &mem) == (HRESULT)0x80131023 &&
	   HostVirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE, eTaskCritical,
			    NULL) == (HRESULT)0x80131023 &&
	   HostVirtualQuery(NULL, NULL, 0, NULL) == (HRESULT)0x80131023 &&
	   HostVirtualProtect(NULL, 0, 0, NULL) == (HRESULT)0x80131023,
	   "%s: every later call answers HOST_E_CLRNOTAVAILABLE", dictionary[i].name);
	ok(!VirtualFree((void *)BASE, 0, MEM_RELEASE) && GetLastError() == 21 &&
	   GetWriteWatch(0, NULL, 0, NULL, NULL, NULL) == 0xFFFFFFFF &&
	   GetLastError() == 21 && calls == 1,
	   "%s: ... in the Win32 shape 21, and the kernel isn't asked",
	   dictionary[i].name);
}

static void test_nonsense(void)
{
	void *mem = &mem;

	begin(0);
	answer_positive = 7;
	ok(HostVirtualFree((void *)BASE, 0, MEM_RELEASE) == (HRESULT)0x80004005 &&
	   HostVirtualFree((void *)BASE, 0, MEM_RELEASE) == (HRESULT)0x80131023,
	   "a positive return is E_FAIL, then HOST_E_CLRNOTAVAILABLE");
	begin(0);
	answer_addr = 0;
	ok(HostVirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE, eTaskCritical,
			    &mem) == (HRESULT)0x80004005 && !mem &&
	   HostVirtualFree((void *)BASE, 0, MEM_RELEASE) == (HRESULT)0x80131023,
	   "success without an address is E_FAIL, then HOST_E_CLRNOTAVAILABLE");
}

static void test_out_pointers(void)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T result = UNTOUCHED;

	begin(0);
	ok(HostVirtualAlloc(NULL, 1, MEM_COMMIT, PAGE_READWRITE, eTaskCritical,
			    NULL) == (HRESULT)0x80004003,
	   "HostVirtualAlloc without ppMem is E_POINTER");
	ok(HostVirtualQuery(NULL, &info, sizeof(info), NULL) == (HRESULT)0x80004003,
	   "HostVirtualQuery without pResult is E_POINTER");
	ok(HostVirtualQuery(NULL, NULL, sizeof(info), &result) ==
	   (HRESULT)0x80004003 && result == 0,
	   "HostVirtualQuery without a buffer is E_POINTER and 0");
	ok(!VirtualQuery(NULL, NULL, sizeof(info)) && GetLastError() == 998,
	   "VirtualQuery without a buffer fails with 998");
	result = UNTOUCHED;
	ok(HostVirtualQuery(NULL, &info, 47, &result) == (HRESULT)0x80070018 &&
	   result == 0,
	   "HostVirtualQuery with 47 bytes is 0x80070018 and 0");
	ok(!VirtualQuery(NULL, &info, 47) && GetLastError() == 24,
	   "VirtualQuery with 47 bytes fails with 24");
	ok(HostVirtualQuery(NULL, NULL, 0, &result) == (HRESULT)0x80070018,
	   "the length is checked before the buffer");
	ok(calls == 0, "nothing of this asked the kernel");
}

/* Rules T4-T6 and H14; the kernel looks at the protection first. */
static void test_old_protection(void)
{
	begin(EFAULT);
	ok(HostVirtualProtect((void *)BASE, 1, PAGE_READONLY, NULL) ==
	   (HRESULT)0x80004003 && calls == 1 && !seen.protect.old,
	   "HostVirtualProtect without pflOldProtect is E_POINTER if the kernel says so");
	ok(!VirtualProtect((void *)BASE, 1, PAGE_READONLY, NULL) &&
	   GetLastError() == 998,
	   "VirtualProtect without lpflOldProtect fails with 998");
	begin(EINVAL);
	ok(HostVirtualProtect((void *)BASE, 1, 0, NULL) == (HRESULT)0x80070057 &&
	   !VirtualProtect((void *)BASE, 1, 0, NULL) && GetLastError() == 87,
	   "a bad protection comes before a NULL pointer");
}

/* Rules W18-W22 in the order of W24; each row has all later faults, too. */
static void test_watch_arguments(void)
{
	DWORD granularity = UNTOUCHED;
	ULONG_PTR count = 0;
	void *page = &page;

	begin(0);
	ok(GetWriteWatch(2, (void *)BASE, 0, NULL, NULL, &granularity) ==
	   0xFFFFFFFF && GetLastError() == 998,
	   "GetWriteWatch without a count fails with 998");
	SetLastError(UNTOUCHED);
	ok(GetWriteWatch(2, (void *)BASE, 0, NULL, &count, NULL) ==
	   0xFFFFFFFF && GetLastError() == 998,
	   "GetWriteWatch without a granularity fails with 998");
	SetLastError(UNTOUCHED);
	ok(GetWriteWatch(1, (void *)BASE, 1, NULL, &count, &granularity) ==
	   0xFFFFFFFF && GetLastError() == 87,
	   "GetWriteWatch with a count of 0 fails with 87");
	count = 1;
	SetLastError(UNTOUCHED);
	ok(GetWriteWatch(0, (void *)BASE, 0, NULL, &count, &granularity) ==
	   0xFFFFFFFF && GetLastError() == 87,
	   "GetWriteWatch of 0 bytes fails with 87");
	SetLastError(UNTOUCHED);
	ok(GetWriteWatch(2, (void *)BASE, 1, NULL, &count, &granularity) ==
	   0xFFFFFFFF && GetLastError() == 87,
	   "GetWriteWatch with an unknown flag fails with 87");
	SetLastError(UNTOUCHED);
	ok(GetWriteWatch(0, (void *)BASE, 1, NULL, &count, &granularity) ==
	   0xFFFFFFFF && GetLastError() == 998,
	   "GetWriteWatch without an array fails with 998");
	ok(calls == 0 && count == 1 && granularity == UNTOUCHED,
	   "nothing of this asked the kernel or stored anything");
}

static void test_success_of_protect_and_watch(void)
{
	DWORD granularity = UNTOUCHED;
	ULONG_PTR count = 7;
	void *page = &page;
	DWORD old;

	begin(0);
	ok(HostVirtualProtect((void *)0x1234, 0x567, 0xfedcba98, &old) == S_OK &&
	   seen.protect.size == sizeof(seen.protect) &&
	   seen.protect.addr == 0x1234 && seen.protect.length == 0x567 &&
	   seen.protect.protect == 0xfedcba98 &&
	   seen.protect.old == (uintptr_t)&old,
	   "HostVirtualProtect hands its arguments on as they are");
	ok(VirtualProtect((void *)0x1234, 0x567, PAGE_READONLY, &old) == TRUE,
	   "VirtualProtect answers TRUE");
	answer_count = 5;
	ok(GetWriteWatch(1, (void *)0x1234, 0x567, &page, &count, &granularity) == 0 &&
	   count == 5 && granularity == 4096,
	   "GetWriteWatch answers 0, the kernel's count and 4096");
	ok(seen.watch.size == sizeof(seen.watch) && seen.watch.flags == 1 &&
	   seen.watch.addr == 0x1234 && seen.watch.length == 0x567 &&
	   seen.watch.count == 7 && seen.watch.pages == (uintptr_t)&page,
	   "GetWriteWatch hands its arguments on as they are");
	ok(ResetWriteWatch((void *)0x1234, 0x567) == 0 &&
	   seen.watch.flags == 1 && seen.watch.count == 0 &&
	   seen.watch.addr == 0x1234 && seen.watch.length == 0x567,
	   "ResetWriteWatch asks for a reset with no room");
	ok(GetLargePageMinimum() == 0,
	   "GetLargePageMinimum answers 0 if there are none");
	answer_large_page = 0x200000;
	ok(GetLargePageMinimum() == 0x200000,
	   "GetLargePageMinimum answers the kernel's size");
	ok(GetLastError() == UNTOUCHED && errno == ERRNO_BEFORE,
	   "success of these leaves the last error and errno alone");
}

static void test_success(void)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T result = 0;
	void *mem = NULL;

	begin(0);
	ok(HostVirtualAlloc((void *)0x1234, 0x567, 0x89abcdef, 0xfedcba98,
			    eAppDomainCritical, &mem) == S_OK &&
	   mem == (void *)BASE,
	   "HostVirtualAlloc answers S_OK and the kernel's address");
	ok(seen.alloc.size == sizeof(seen.alloc) && seen.alloc.addr == 0x1234 &&
	   seen.alloc.length == 0x567 && seen.alloc.type == 0x89abcdef &&
	   seen.alloc.protect == 0xfedcba98 && seen.alloc.level == 1,
	   "HostVirtualAlloc hands its arguments on as they are");
	ok(VirtualAlloc((void *)0x1234, 0x567, 0x1000, 4) == (void *)BASE &&
	   seen.alloc.level == 2,
	   "VirtualAlloc uses eProcessCritical");
	ok(HostVirtualFree((void *)0x1234, 0x567, 0x89abcdef) == S_OK &&
	   seen.free.size == sizeof(seen.free) && seen.free.addr == 0x1234 &&
	   seen.free.length == 0x567 && seen.free.type == 0x89abcdef,
	   "HostVirtualFree hands its arguments on as they are");
	ok(VirtualFree((void *)BASE, 0, MEM_RELEASE) == TRUE,
	   "VirtualFree answers TRUE");
	ok(HostVirtualQuery((void *)0x1234, &info, 4096, &result) == S_OK &&
	   result == 48 && seen.query.size == sizeof(seen.query) &&
	   seen.query.out_own == 0 && seen.query.addr == 0x1234 &&
	   seen.query.buffer == (uintptr_t)&info,
	   "HostVirtualQuery hands on address and buffer and answers 48");
	ok(VirtualQuery((void *)0x1234, &info, sizeof(info)) == 48,
	   "VirtualQuery answers 48");
	ok(GetLastError() == UNTOUCHED && errno == ERRNO_BEFORE,
	   "success leaves the last error and errno alone");
}

int main(void)
{
	unsigned int planned = 0;
	size_t i;

	/* Any file will do for ioctl() above. */
	hostmem_default_manager.device = "/dev/null";
	/* From now on there may be a region in it. */
	begin(0);
	VirtualAlloc(NULL, 1, MEM_RESERVE, PAGE_READWRITE);

	for (i = 0; i < ENTRIES; i++) {
		test_hosting(i);
		test_win32(i);
		test_next_call(i);
		planned += 14 + (dictionary[i].hresult == 0x80004005);
	}
	test_nonsense();
	test_out_pointers();
	test_success();
	test_old_protection();
	test_watch_arguments();
	test_success_of_protect_and_watch();
	planned += 2 + 8 + 8 + 3 + 7 + 8;

	printf("1..%u\n", planned);
	return failures || tests != planned;
}
