// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <securitybaseapi.h> of include/hostmem/win32, and the tokens of <processthreadsapi.h>
 * and names of <winbase.h> that go with it (rule N9).  There is one privilege, that of
 * large pages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <hostmem/win32/processthreadsapi.h>
#include <hostmem/win32/securitybaseapi.h>
#include <hostmem/win32/winbase.h>

#include "handles.h"
#include "win32.h"

#define LOCK_MEMORY		"SeLockMemoryPrivilege"
#define LOCK_MEMORY_NUMBER	4	/* on Windows, too */

/* More than Windows has. */
#define MOST_PRIVILEGES		64

/* The first user namespace: the capability of another one is worth nothing to the device. */
#define FIRST_USER_NAMESPACE	0xEFFFFFFDu

static atomic_bool lock_memory_is_on;

static bool may_lock_memory(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	int saved = errno;
	struct stat stat_;
	bool may;

	may = !syscall(SYS_capget, &head, data) &&
	      data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK) &&
	      (stat("/proc/self/ns/user", &stat_) || stat_.st_ino == FIRST_USER_NAMESPACE);
	errno = saved;
	return may;
}

BOOL OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle)
{
	HANDLE handle;

	if (!TokenHandle)
		return hostmem_win32_fail(ERROR_NOACCESS);
	*TokenHandle = NULL;
	if (!hostmem_win32_own_process(ProcessHandle))
		return FALSE;
	handle = hostmem_handle_open(HOSTMEM_HANDLE_TOKEN, DesiredAccess);
	*TokenHandle = handle;
	return !!handle;
}

/* @name: NULL if it has a character that isn't ASCII */
static BOOL look_up(bool here, const char *name, LUID *luid)
{
	if (!luid)
		return hostmem_win32_fail(ERROR_NOACCESS);
	if (!here)
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	if (!name || strcasecmp(name, LOCK_MEMORY))
		return hostmem_win32_fail(ERROR_NO_SUCH_PRIVILEGE);
	*luid = (LUID){ .LowPart = LOCK_MEMORY_NUMBER };
	return TRUE;
}

BOOL LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName, PLUID lpLuid)
{
	return look_up(!lpSystemName || !*lpSystemName, lpName, lpLuid);
}

BOOL LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName, PLUID lpLuid)
{
	char narrow[sizeof(LOCK_MEMORY) + 1] = { 0 };
	bool good = lpName;
	size_t i;

	for (i = 0; good && i < sizeof(narrow) - 1 && lpName[i]; i++) {
		narrow[i] = (char)lpName[i];
		good = lpName[i] < 0x80;
	}
	return look_up(!lpSystemName || !*lpSystemName, good ? narrow : NULL, lpLuid);
}

static bool is_lock_memory(const LUID *luid)
{
	return luid->LowPart == LOCK_MEMORY_NUMBER && !luid->HighPart;
}

/* What the one privilege shall be.  False: some are none that the caller has. */
static bool wanted(const TOKEN_PRIVILEGES *state, bool *on)
{
	bool all = true;
	DWORD i;

	for (i = 0; i < state->PrivilegeCount; i++) {
		const LUID_AND_ATTRIBUTES *privilege = &state->Privileges[i];

		if (is_lock_memory(&privilege->Luid) && may_lock_memory())
			*on = privilege->Attributes & SE_PRIVILEGE_ENABLED;
		else
			all = false;
	}
	return all;
}

/* The one privilege as it was, if that will change. */
static void describe(TOKEN_PRIVILEGES *previous, bool was, bool on)
{
	*previous = (TOKEN_PRIVILEGES){ .PrivilegeCount = was != on };
	if (was == on)
		return;
	previous->Privileges[0] = (LUID_AND_ATTRIBUTES){
		.Luid.LowPart = LOCK_MEMORY_NUMBER,
		.Attributes = was ? SE_PRIVILEGE_ENABLED : 0,
	};
}

BOOL AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges,
			   PTOKEN_PRIVILEGES NewState, DWORD BufferLength,
			   PTOKEN_PRIVILEGES PreviousState, PDWORD ReturnLength)
{
	bool was = atomic_load(&lock_memory_is_on), on = was, all = true;
	DWORD access;

	if (!hostmem_handle_find(TokenHandle, HOSTMEM_HANDLE_TOKEN, &access))
		return FALSE;
	if (!(access & TOKEN_ADJUST_PRIVILEGES) || (PreviousState && !(access & TOKEN_QUERY)))
		return hostmem_win32_fail(ERROR_ACCESS_DENIED);
	if (!DisableAllPrivileges &&
	    (!NewState || NewState->PrivilegeCount > MOST_PRIVILEGES))
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	if (PreviousState && !ReturnLength)
		return hostmem_win32_fail(ERROR_NOACCESS);

	if (DisableAllPrivileges)
		on = false;
	else
		all = wanted(NewState, &on);
	if (PreviousState) {
		*ReturnLength = sizeof(*PreviousState);
		if (BufferLength < sizeof(*PreviousState))
			return hostmem_win32_fail(ERROR_INSUFFICIENT_BUFFER);
		describe(PreviousState, was, on);
	}
	atomic_store(&lock_memory_is_on, on);
	/* The one function whose success tells by the last error whether it was all. */
	SetLastError(all ? ERROR_SUCCESS : ERROR_NOT_ALL_ASSIGNED);
	return TRUE;
}
