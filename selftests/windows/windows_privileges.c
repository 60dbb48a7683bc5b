// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what <windows.h> has of privileges: the one of large pages (rule N9).
 */
#include "hostmem_test.h"
#include "windows_test.h"

#include <linux/capability.h>
#include <sys/syscall.h>

static bool set_ipc_lock(bool on)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data))
		return false;
	if (on)
		data[0].effective |= CAP_TO_MASK(CAP_IPC_LOCK);
	else
		data[0].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	return !syscall(SYS_capset, &head, data);
}

FIXTURE(privileges)
{
	HANDLE token;
	TOKEN_PRIVILEGES wanted;
};

FIXTURE_SETUP(privileges)
{
	ASSERT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
				     &self->token));
	self->wanted.PrivilegeCount = 1;
	self->wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
	EXPECT_WORKS(LookupPrivilegeValue(NULL, SE_LOCK_MEMORY_NAME,
					  &self->wanted.Privileges[0].Luid));
}

FIXTURE_TEARDOWN(privileges)
{
	EXPECT_WORKS(CloseHandle(self->token));
}

/* It returns TRUE, and the last error tells the truth. */
#define EXPECT_ADJUSTS(error, wanted, previous, length) do {			\
	DWORD __length = POISON_DWORD;						\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(TRUE, AdjustTokenPrivileges(self->token, FALSE, wanted,	\
					      length, previous, &__length));	\
	EXPECT_EQ(error, GetLastError());					\
} while (0)

TEST_F(privileges, are_had_with_the_capability_N9)
{
	TOKEN_PRIVILEGES previous;

	EXPECT_EQ(4, self->wanted.Privileges[0].Luid.LowPart);
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(1, previous.PrivilegeCount);
	EXPECT_EQ(4, previous.Privileges[0].Luid.LowPart);
	EXPECT_EQ(0, previous.Privileges[0].Attributes);
	/* It has what it wants. */
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(0, previous.PrivilegeCount);
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, NULL, 0);
	EXPECT_TRUE(AdjustTokenPrivileges(self->token, TRUE, NULL, 0, NULL, NULL));
	EXPECT_EQ(ERROR_SUCCESS, GetLastError());
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(1, previous.PrivilegeCount);
}

TEST_F(privileges, are_not_had_without_it_N9)
{
	TOKEN_PRIVILEGES other = self->wanted;

	ASSERT_TRUE(set_ipc_lock(false));
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &self->wanted, NULL, 0);
	ASSERT_TRUE(set_ipc_lock(true));
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, NULL, 0);
	other.Privileges[0].Luid.LowPart++;
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &other, NULL, 0);
	other.Privileges[0].Luid.LowPart--;
	other.Privileges[0].Luid.HighPart++;
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &other, NULL, 0);
	/* Another namespace's capability isn't it: the module wouldn't take it. */
	ASSERT_EQ(0, unshare(CLONE_NEWUSER));
	EXPECT_ADJUSTS(ERROR_NOT_ALL_ASSIGNED, &self->wanted, NULL, 0);
}

TEST_F(privileges, are_looked_up_by_name_N9)
{
	LUID luid = { 9, 9 };

	EXPECT_WORKS(LookupPrivilegeValueA("", "selockmemoryprivilege", &luid));
	EXPECT_EQ(4, luid.LowPart);
	EXPECT_EQ(0, luid.HighPart);
	luid.LowPart = 9;
	EXPECT_WORKS(LookupPrivilegeValueW(NULL, wide("SeLockMemoryPrivilege"), &luid));
	EXPECT_EQ(4, luid.LowPart);
	luid.LowPart = 9;
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE,
		     LookupPrivilegeValueW(NULL, wide("SeLockMemoryPrivilegeX"), &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE,
		     LookupPrivilegeValueW(NULL, wide("SeLockMemoryPrivile\1e"), &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE,
		     LookupPrivilegeValueA(NULL, "SeDebugPrivilege", &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE, LookupPrivilegeValueA(NULL, NULL, &luid));
	EXPECT_FAILS(ERROR_NO_SUCH_PRIVILEGE, FALSE, LookupPrivilegeValueW(NULL, NULL, &luid));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     LookupPrivilegeValueA("other", SE_LOCK_MEMORY_NAME, &luid));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     LookupPrivilegeValueA(NULL, SE_LOCK_MEMORY_NAME, NULL));
	EXPECT_EQ(9, luid.LowPart);
}

TEST_F(privileges, want_good_arguments_N9)
{
	TOKEN_PRIVILEGES previous, many = { .PrivilegeCount = 65 };
	HANDLE token, query_only, adjust_only;
	DWORD length = 0;

	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE, OpenProcessToken(NULL, TOKEN_QUERY, &token));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, NULL));
	EXPECT_WORKS(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &query_only));
	EXPECT_WORKS(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES,
				      &adjust_only));

	EXPECT_FAILS(ERROR_INVALID_HANDLE, FALSE,
		     AdjustTokenPrivileges(GetCurrentProcess(), FALSE, &self->wanted, 0, NULL,
					   NULL));
	EXPECT_FAILS(ERROR_ACCESS_DENIED, FALSE,
		     AdjustTokenPrivileges(query_only, FALSE, &self->wanted, 0, NULL, NULL));
	EXPECT_FAILS(ERROR_ACCESS_DENIED, FALSE,
		     AdjustTokenPrivileges(adjust_only, FALSE, &self->wanted, sizeof(previous),
					   &previous, &length));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, NULL, 0, NULL, NULL));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, &many, 0, NULL, NULL));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, &self->wanted, sizeof(previous),
					   &previous, NULL));
	EXPECT_FAILS(ERROR_INSUFFICIENT_BUFFER, FALSE,
		     AdjustTokenPrivileges(self->token, FALSE, &self->wanted,
					   sizeof(previous) - 1, &previous, &length));
	EXPECT_EQ(sizeof(previous), length);
	/* Nothing has changed. */
	EXPECT_ADJUSTS(ERROR_SUCCESS, &self->wanted, &previous, sizeof(previous));
	EXPECT_EQ(1, previous.PrivilegeCount);
}

TEST_HARNESS_MAIN
