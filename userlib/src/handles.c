// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Handles, and <handleapi.h> of include/hostmem/win32, which closes them.  See handles.h.
 */
#include <hostmem/win32/handleapi.h>
#include <hostmem/win32/processthreadsapi.h>

#include "handles.h"
#include "slots.h"
#include "win32.h"

/* As on Windows they are multiples of 4. */
#define SHIFT		2

static struct hostmem_slots handles;
static atomic_uint_fast64_t next_key = 64;

HANDLE hostmem_handle_open(enum hostmem_handle_kind kind, DWORD data)
{
	uint64_t key = atomic_fetch_add(&next_key, 1);

	if (!hostmem_slots_add(&handles, key, (uintptr_t)kind << 32 | data)) {
		hostmem_win32_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	return (HANDLE)(uintptr_t)(key << SHIFT);
}

/* What is no handle's number is not there, either. */
static uint64_t key_of(HANDLE handle)
{
	uintptr_t number = (uintptr_t)handle;

	return number & ((1 << SHIFT) - 1) ? 0 : number >> SHIFT;
}

BOOL hostmem_handle_find(HANDLE handle, enum hostmem_handle_kind kind, DWORD *data)
{
	uint64_t key = key_of(handle), found = key;
	uintptr_t value;

	if (!hostmem_slots_next(&handles, &found, &value) || found != key ||
	    value >> 32 != kind)
		return hostmem_win32_fail(ERROR_INVALID_HANDLE);
	*data = (DWORD)value;
	return TRUE;
}

BOOL CloseHandle(HANDLE hObject)
{
	/* As on Windows that isn't one that can be closed, and so it doesn't matter. */
	return hObject == GetCurrentProcess() ||
	       hostmem_slots_remove(&handles, key_of(hObject)) ||
	       hostmem_win32_fail(ERROR_INVALID_HANDLE);
}
