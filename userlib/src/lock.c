// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <memoryapi.h> of include/hostmem/win32: VirtualLock(), VirtualUnlock() (rules K1-K4, G7).
 * The library's committed memory is in RAM anyway, so locking it is to touch it; other
 * memory of the process is locked by mlock(2).  What has been locked is remembered here
 * for the one thing that depends on it: unlocking what isn't locked fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/hostmem.h>
#include <pthread.h>
#include <sys/mman.h>

#include <hostmem/win32/memoryapi.h>

#include "owned.h"
#include "ranges.h"
#include "user_space.h"
#include "win32.h"

/* A page's guard was there, and is no more (rule G7). */
#define GUARD_WAS_HIT	STATUS_GUARD_PAGE_VIOLATION

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct hostmem_ranges locked;	/* guarded by lock */

/* All pages committed, and accessible; finds the first guard. */
static DWORD examine(uintptr_t start, uintptr_t end, uintptr_t *guard)
{
	struct hostmem_run run;
	uintptr_t at;

	*guard = 0;
	for (at = start; at < end; at = run.end) {
		enum hostmem_error error = hostmem_run_at(at, end, &run);

		if (error)
			return hostmem_error_win32(error);
		if (!hostmem_run_is_accessible(&run))		/* K2 */
			return ERROR_NOACCESS;
		if (run.info.Protect & PAGE_GUARD && !*guard)
			*guard = at;
	}
	return ERROR_SUCCESS;
}

/* What isn't the library's, as far as @end or an error. */
static DWORD lock_others(uintptr_t start, uintptr_t end, uintptr_t *done)
{
	struct hostmem_run run;

	for (*done = start; *done < end; *done = run.end) {
		enum hostmem_error error = hostmem_run_at(*done, end, &run);

		if (error)
			return hostmem_error_win32(error);
		if (hostmem_owned((void *)run.start) ||
		    !mlock((void *)run.start, run.end - run.start))
			continue;
		return errno == EPERM ? ERROR_PRIVILEGE_NOT_HELD : ERROR_WORKING_SET_QUOTA;
	}
	return ERROR_SUCCESS;
}

/* What isn't the library's, as far as it is there; tells whether all of it is. */
static bool unlock_others(uintptr_t start, uintptr_t end)
{
	bool committed = true;
	struct hostmem_run run;
	uintptr_t at;

	for (at = start; at < end; at = run.end) {
		if (hostmem_run_at(at, end, &run))
			return false;
		if (run.info.State != MEM_COMMIT)
			committed = false;
		else if (!hostmem_owned((void *)run.start))
			munlock((void *)run.start, run.end - run.start);
	}
	return committed;
}

/* With the lock held. */
static DWORD lock_pages(uintptr_t start, uintptr_t end)
{
	uintptr_t guard, done;
	DWORD code = examine(start, end, &guard);

	if (code)
		return code;
	/* Unless another thread has just hit it. */
	if (guard && !hostmem_touch(guard))
		return GUARD_WAS_HIT;
	if (!hostmem_ranges_prepare(&locked))
		return ERROR_NOT_ENOUGH_MEMORY;
	code = lock_others(start, end, &done);
	if (code) {
		/* Not what had been locked before. */
		if (!hostmem_ranges_have(&locked, start, end))
			unlock_others(start, done);
		return code;
	}
	hostmem_ranges_add(&locked, start, end);
	return ERROR_SUCCESS;
}

static DWORD unlock_pages(uintptr_t start, uintptr_t end)
{
	if (!hostmem_ranges_have(&locked, start, end))		/* K4 */
		return ERROR_NOT_LOCKED;
	if (!hostmem_ranges_prepare(&locked))
		return ERROR_NOT_ENOUGH_MEMORY;
	hostmem_ranges_remove(&locked, start, end);
	/* What has been decommitted since is locked no more (F19). */
	return unlock_others(start, end) ? ERROR_SUCCESS : ERROR_NOT_LOCKED;
}

static BOOL with_lock(void *addr, SIZE_T size, DWORD (*call)(uintptr_t, uintptr_t))
{
	int saved = errno;
	uintptr_t start, end;
	struct hostmem_run run;
	enum hostmem_error error;
	DWORD code;

	if (!addr || !hostmem_pages_of(addr, size, &start, &end))	/* K1 */
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	/* A child made by fork() gets no further: the lock may be held there for ever. */
	error = hostmem_run_at(start, end, &run);
	if (error)
		return hostmem_win32_result(error);

	pthread_mutex_lock(&lock);
	code = call(start, end);
	pthread_mutex_unlock(&lock);
	errno = saved;
	return !code || hostmem_win32_fail(code);
}

BOOL VirtualLock(LPVOID lpAddress, SIZE_T dwSize)
{
	return with_lock(lpAddress, dwSize, lock_pages);
}

BOOL VirtualUnlock(LPVOID lpAddress, SIZE_T dwSize)
{
	return with_lock(lpAddress, dwSize, unlock_pages);
}
