// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <winbase.h> of include/hostmem/win32: IsBadReadPtr() and relatives (rule N11).  A query
 * tells what pages are for; whether they are there, and have guards, an access by the
 * kernel, which raises no signal.  Like Windows' they clear guards on their way.
 */
#include <linux/hostmem.h>

#include <hostmem/win32/winbase.h>

#include "user_space.h"

#define WRITABLE	(PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE |	\
			 PAGE_EXECUTE_WRITECOPY)

static bool are_good(const struct hostmem_run *run, bool write)
{
	uintptr_t page;

	if (!hostmem_run_is_accessible(run) || (write && !(run->info.Protect & WRITABLE)))
		return false;
	/* Private memory is there if it may be accessed; a file may be shorter. */
	if (run->info.Type == MEM_PRIVATE && !(run->info.Protect & PAGE_GUARD))
		return true;
	for (page = run->start; page < run->end; page += HOSTMEM_PAGE_SIZE)
		if (!hostmem_touch(page))
			return false;
	return true;
}

static BOOL is_bad(const void *addr, UINT_PTR size, bool write)
{
	struct hostmem_run run;
	uintptr_t at, end;

	if (!size)
		return FALSE;
	if (!hostmem_pages_of(addr, size, &at, &end))
		return TRUE;
	for (; at < end; at = run.end)
		if (hostmem_run_at(at, end, &run) || !are_good(&run, write))
			return TRUE;
	return FALSE;
}

BOOL IsBadReadPtr(LPCVOID lp, UINT_PTR ucb)
{
	return is_bad(lp, ucb, false);
}

BOOL IsBadWritePtr(LPVOID lp, UINT_PTR ucb)
{
	return is_bad(lp, ucb, true);
}

BOOL IsBadCodePtr(FARPROC lpfn)
{
	return is_bad((const void *)(uintptr_t)lpfn, 1, false);
}
