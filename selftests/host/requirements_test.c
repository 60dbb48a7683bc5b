// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Description: VirtualAlloc2 looks for room where others take it at the same moment, and
 * comes to an end where there is none (rule N2); GetSystemInfo's last address with and
 * without a device (rule N1).
 *
 * Runs on the host without the module: it is linked with libhostmem.a, and the open() and
 * ioctl() below, which the library then calls, play a kernel with some regions.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <linux/hostmem.h>

#include <hostmem/win32/windows.h>

#include "ioctl_request.h"
#include "tap.h"

#define OWN_PROCESS	((HANDLE)(LONG_PTR)-1)
#define PAGE		((uint64_t)4096)
#define GRANULE		((uint64_t)65536)
#define MIB		((uint64_t)1 << 20)
#define LOW		(GRANULE * 16)
#define LAST		(((uint64_t)1 << 56) - PAGE - 1)
#define REGIONS		256

static int open_errno;
static struct { uint64_t start, end; } regions[REGIONS];	/* in any order */
static unsigned int count;
static unsigned int thieves;	/* how many reservations come too late */
static unsigned int thefts;
static bool refuses_all;	/* those with an address, though no query shows why */
static int alloc_errno;		/* of the same */
static unsigned int attempts;	/* with an address */
static unsigned int calls;

static int find(uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (regions[i].start < end && start < regions[i].end)
			return (int)i;
	return -1;
}

static void add(uint64_t start, uint64_t end)
{
	if (count == REGIONS || find(start, end) >= 0)
		_exit(99);
	regions[count].start = start;
	regions[count++].end = end;
}

static int reserve(struct hostmem_alloc *arg)
{
	uint64_t length = (arg->length + PAGE - 1) & -PAGE;
	uint64_t start = arg->addr & -GRANULE;

	if (!start) {
		for (start = LOW; find(start, start + length) >= 0; start += GRANULE)
			;
	} else {
		attempts++;
		if (alloc_errno)
			return alloc_errno;
		if (refuses_all)
			return EADDRNOTAVAIL;
		if (thieves && find(start, start + length) < 0) {
			thieves--;
			thefts++;
			add(start, start + length);
		}
		if (find(start, start + length) >= 0)
			return EADDRNOTAVAIL;
	}
	add(start, start + length);
	arg->out_addr = start;
	return 0;
}

static int release(const struct hostmem_free *arg)
{
	int i = find(arg->addr, arg->addr + 1);

	if (i < 0)
		return ENOENT;
	regions[i] = regions[--count];
	return 0;
}

static int query(struct hostmem_query *arg)
{
	struct hostmem_memory_info *info = (void *)(uintptr_t)arg->buffer;
	uint64_t end = LAST + 1;
	unsigned int i;
	int at;

	if (arg->addr > LAST)
		return EINVAL;
	memset(info, 0, sizeof(*info));
	info->base = arg->addr & -PAGE;
	at = find(arg->addr, arg->addr + 1);
	for (i = 0; i < count; i++)
		if (regions[i].start > arg->addr && regions[i].start < end)
			end = regions[i].start;
	info->state = at < 0 ? HOSTMEM_FREE : HOSTMEM_RESERVE;
	info->region_size = (at < 0 ? end : regions[at].end) - info->base;
	return 0;
}

int open(const char *path, int flags, ...)
{
	(void)path;
	if (open_errno) {
		errno = open_errno;
		return -1;
	}
	return openat(AT_FDCWD, "/dev/null", flags);
}

int ioctl(int fd, hostmem_ioctl_request number, ...)
{
	const unsigned long request = (unsigned long)number;
	va_list args;
	void *arg;
	int err = 0;

	(void)fd;
	va_start(args, number);
	arg = va_arg(args, void *);
	va_end(args);
	calls++;
	if (request == HOSTMEM_IOC_ALLOC)
		err = reserve(arg);
	else if (request == HOSTMEM_IOC_FREE)
		err = release(arg);
	else if (request == HOSTMEM_IOC_QUERY)
		err = query(arg);
	else if (request == HOSTMEM_IOC_STATUS)
		((struct hostmem_status *)arg)->out_id = 1;
	else
		err = ENOTTY;
	errno = err;
	return err ? -1 : 0;
}

static void begin(void)
{
	count = 0;
	thieves = 0;
	thefts = 0;
	attempts = 0;
	calls = 0;
	refuses_all = false;
	alloc_errno = 0;
	SetLastError(ERROR_SUCCESS);
}

static uint64_t alloc(uint64_t low, uint64_t high, SIZE_T alignment, SIZE_T size, DWORD type)
{
	MEM_ADDRESS_REQUIREMENTS wanted = { (PVOID)low, (PVOID)high, alignment };
	MEM_EXTENDED_PARAMETER parameter = {
		.Type = MemExtendedParameterAddressRequirements
	};

	parameter.Pointer = &wanted;
	return (uintptr_t)VirtualAlloc2(OWN_PROCESS, NULL, size, type, PAGE_READWRITE,
					&parameter, 1);
}

static void last_address(void)
{
	SYSTEM_INFO info;

	open_errno = ENOENT;
	GetSystemInfo(&info);
	CHECK((uint64_t)info.lpMaximumApplicationAddress == 0x7fffffffefff, "%p",
	      info.lpMaximumApplicationAddress);
	CHECK(info.dwPageSize == 4096 && info.dwNumberOfProcessors, "without a device");
	CHECK(GetLastError() == ERROR_SUCCESS, "%u", GetLastError());

	open_errno = 0;
	GetSystemInfo(&info);
	CHECK((uint64_t)info.lpMaximumApplicationAddress == LAST, "%p",
	      info.lpMaximumApplicationAddress);
	calls = 0;
	GetSystemInfo(&info);
	CHECK(!calls, "asked again, %u times", calls);
}

static void thieves_of_aligned_holes(void)
{
	unsigned int n;

	for (n = 0; n < 20; n++) {
		uint64_t got;

		begin();
		thieves = n;
		got = alloc(0, 0, MIB, 3 * PAGE, MEM_RESERVE);
		CHECK(got && !(got % MIB), "%#lx", got);
		CHECK(thefts == n && attempts == n + 1, "%u attempts, %u thefts", attempts,
		      thefts);
		CHECK(count == n + 1, "%u regions", count);
	}
}

static void thieves_in_a_range(void)
{
	static const DWORD types[] = { MEM_RESERVE, MEM_RESERVE | MEM_TOP_DOWN };
	const uint64_t high = LOW + 16 * GRANULE - 1;
	unsigned int i, n;

	for (i = 0; i < 2; i++) {
		/* All but one place are taken at the last moment. */
		begin();
		thieves = 15;
		CHECK(alloc(LOW, high, 0, GRANULE, types[i]) ==
		      (i ? LOW : LOW + 15 * GRANULE), "the last place");
		CHECK(thefts == 15, "%u", thefts);
		/* And then that, too. */
		begin();
		thieves = 16;
		CHECK(!alloc(LOW, high, 0, GRANULE, types[i]), "no place");
		CHECK(GetLastError() == 8 && count == 16, "%u, %u", GetLastError(), count);
		for (n = 0; n < 3; n++)
			CHECK(!alloc(LOW, high, 0, PAGE, types[i]), "no place");
	}
}

/* The kernel has reasons that no query tells: it is tried here and there, not forever. */
static void refusals(void)
{
	static const DWORD types[] = { MEM_RESERVE, MEM_RESERVE | MEM_TOP_DOWN };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		begin();
		refuses_all = true;
		CHECK(!alloc(0, 0, MIB, PAGE, types[i]), "allocated");
		CHECK(GetLastError() == 8 && !count, "%u, %u", GetLastError(), count);
		CHECK(attempts > 3 && attempts < 100, "%u attempts", attempts);
	}
}

static void other_errors_end_the_search(void)
{
	static const struct { int err; DWORD code; } errors[] = {
		{ ENOMEM, 1455 }, { ENOSPC, 8 }, { EINVAL, 87 }, { EACCES, 5 }, { EXDEV, 5 },
	};
	unsigned int i;

	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		begin();
		alloc_errno = errors[i].err;
		CHECK(!alloc(LOW, 0, MIB, PAGE, MEM_RESERVE | MEM_COMMIT), "allocated");
		CHECK(GetLastError() == errors[i].code, "%u", GetLastError());
		CHECK(attempts == 1 && !count, "%u attempts, %u regions", attempts, count);
	}
}

int main(void)
{
	tap_case("last address of GetSystemInfo (N1)", last_address, 5);
	tap_case("others take aligned holes (N2)", thieves_of_aligned_holes, 60);
	tap_case("others take places of a range (N2)", thieves_in_a_range, 14);
	tap_case("refusals without a reason come to an end (N2)", refusals, 6);
	tap_case("other errors are told at once (N2)", other_errors_end_the_search, 15);
	return tap_end();
}
