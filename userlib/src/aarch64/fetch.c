// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Fetches on arm64.  See fetch.h.
 *
 * The kernel has a fetch that is forbidden retried for ever where a mapping allows execution
 * at all.  So the device's mappings say they don't, and a fetch that faults is a SIGSEGV,
 * whatever the page: one whose entry is just being changed, or a guard page.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/memoryapi.h>

#include "../context.h"
#include "../fetch.h"
#include "../owned.h"

#define EXECUTABLE	(PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE)

/* What rt_sigprocmask() knows no such thing as, after it has read its argument. */
#define NOTHING_TO_DO	(-1)

/*
 * Have the kernel read a page as a system call does: the device is asked, and it meets a
 * guard.  Nothing else happens.  Return 0 or EFAULT.
 */
static int touch(uintptr_t addr)
{
	uint64_t *words = (uint64_t *)(addr & ~(uintptr_t)7);

	if (!syscall(SYS_rt_sigprocmask, NOTHING_TO_DO, words, NULL, sizeof(*words)))
		return 0;
	return errno == EFAULT ? EFAULT : 0;
}

enum hostmem_fetch hostmem_fetch_settle(const siginfo_t *info, const ucontext_t *context)
{
	int saved = errno;
	DWORD protect;
	int error;

	if (info->si_code <= 0 ||
	    hostmem_context_access(context) != EXCEPTION_EXECUTE_FAULT)
		return HOSTMEM_FETCH_REFUSED;
	protect = hostmem_owned_protect(info->si_addr);
	if (!(protect & (EXECUTABLE | PAGE_GUARD)))
		return HOSTMEM_FETCH_REFUSED;
	error = touch((uintptr_t)info->si_addr);
	errno = saved;
	/* Another thread may have met the guard first, and had its signal. */
	return protect & PAGE_GUARD && error ? HOSTMEM_FETCH_GUARD : HOSTMEM_FETCH_AGAIN;
}
