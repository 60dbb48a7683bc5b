// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * What there is at addresses.  See user_space.h.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "device.h"
#include "ioctl.h"
#include "manager.h"
#include "user_space.h"

#define PAGE_MASK	((uintptr_t)HOSTMEM_PAGE_SIZE - 1)

/* Where user space may end: at 2^47 with four levels of tables, at 2^56 with five. */
#define MOST_BITS	56
#define LEAST_BITS	36
#define USUAL_BITS	47

static int query_from_outside(uintptr_t addr)
{
	static const struct hostmem_manager outside = { .device = "/dev/hostmem" };
	struct hostmem_memory_info info;
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = addr,
		.buffer = (uintptr_t)&info,
	};

	return hostmem_device_ask_new(&outside, HOSTMEM_IOC_QUERY, &arg);
}

uintptr_t hostmem_user_space_last(void)
{
	static _Atomic(uintptr_t) known;
	uintptr_t last = atomic_load(&known);
	unsigned int bits;
	int ret = -EINVAL;

	for (bits = MOST_BITS; !last && ret == -EINVAL && bits >= LEAST_BITS; bits--) {
		uintptr_t end = (uintptr_t)1 << bits;

		/* x86 leaves out the last page. */
		ret = query_from_outside(end - 1);
		if (!ret) {
			last = end - 1;
		} else if (ret == -EINVAL) {
			ret = query_from_outside(end - PAGE_MASK - 2);
			if (!ret)
				last = end - PAGE_MASK - 2;
		}
	}
	if (!last)
		return ((uintptr_t)1 << USUAL_BITS) - PAGE_MASK - 2;
	atomic_store(&known, last);
	return last;
}

enum hostmem_error hostmem_run_at(uintptr_t start, uintptr_t end,
				  struct hostmem_run *run)
{
	SIZE_T written;
	enum hostmem_error error =
		hostmem_manager_query(&hostmem_default_manager, (const void *)start,
				      &run->info, sizeof(run->info), &written);

	if (error)
		return error;
	run->start = start;
	run->end = start + run->info.RegionSize;
	/* So that nobody goes in circles, whatever the kernel says. */
	if (run->end <= start)
		return hostmem_manager_break(&hostmem_default_manager);
	if (run->end > end)
		run->end = end;
	return HOSTMEM_OK;
}

bool hostmem_pages_of(const void *addr, SIZE_T size, uintptr_t *start, uintptr_t *end)
{
	uintptr_t first = (uintptr_t)addr;

	if (!size || first > UINTPTR_MAX - PAGE_MASK ||
	    size > UINTPTR_MAX - PAGE_MASK - first)
		return false;
	*start = first & ~PAGE_MASK;
	*end = (first + size + PAGE_MASK) & ~PAGE_MASK;
	return true;
}

bool hostmem_touch(uintptr_t addr)
{
	/* Reads the set before it finds out that -1 is nothing to do with it. */
	const uintptr_t word = addr & ~(uintptr_t)7;
	int saved = errno;
	bool readable = syscall(SYS_rt_sigprocmask, -1, word, NULL, 8) == 0 ||
			errno != EFAULT;

	errno = saved;
	return readable;
}
