// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The error dictionary of the library: this table, and no other place, knows
 * which errno of the device is which Win32 code and which HRESULT.
 */
#include <errno.h>

#include <hostmem/winerror.h>

#include "errors.h"

static const struct {
	int errnum;		/* 0: no errno, the library itself finds it */
	DWORD win32;
	HRESULT hresult;
} hostmem_errors[] = {
	[HOSTMEM_OK] =			{ 0, ERROR_SUCCESS, S_OK },
	[HOSTMEM_ERR_ARGUMENT] =	{ EINVAL, ERROR_INVALID_PARAMETER, E_INVALIDARG },
	[HOSTMEM_ERR_ADDRESS] =		{ EADDRNOTAVAIL, ERROR_INVALID_ADDRESS,
					  HRESULT_FROM_WIN32(ERROR_INVALID_ADDRESS) },
	[HOSTMEM_ERR_FOREIGN] =		{ ENOENT, ERROR_INVALID_ADDRESS,
					  HOST_E_INVALIDOPERATION },
	[HOSTMEM_ERR_NO_MEMORY] =	{ ENOMEM, ERROR_COMMITMENT_LIMIT, E_OUTOFMEMORY },
	[HOSTMEM_ERR_NO_SPACE] =	{ ENOSPC, ERROR_NOT_ENOUGH_MEMORY, E_OUTOFMEMORY },
	[HOSTMEM_ERR_FAULT] =		{ EFAULT, ERROR_NOACCESS,
					  HRESULT_FROM_WIN32(ERROR_NOACCESS) },
	[HOSTMEM_ERR_NULL] =		{ 0, ERROR_NOACCESS, E_POINTER },
	[HOSTMEM_ERR_LENGTH] =		{ 0, ERROR_BAD_LENGTH,
					  HRESULT_FROM_WIN32(ERROR_BAD_LENGTH) },
	[HOSTMEM_ERR_PRIVILEGE] =	{ EPERM, ERROR_PRIVILEGE_NOT_HELD,
					  HRESULT_FROM_WIN32(ERROR_PRIVILEGE_NOT_HELD) },
	[HOSTMEM_ERR_UNSUPPORTED] =	{ EOPNOTSUPP, ERROR_NOT_SUPPORTED,
					  HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED) },
	[HOSTMEM_ERR_FORBIDDEN] =	{ EACCES, ERROR_ACCESS_DENIED, E_ACCESSDENIED },
	[HOSTMEM_ERR_NOT_OWNER] =	{ EXDEV, ERROR_ACCESS_DENIED, HOST_E_NOT_OWNER },
	[HOSTMEM_ERR_TIMEOUT] =		{ ETIMEDOUT, ERROR_TIMEOUT, HOST_E_TIMEOUT },
	[HOSTMEM_ERR_ABANDONED] =	{ ECANCELED, ERROR_OPERATION_ABORTED,
					  HOST_E_ABANDONED },
	[HOSTMEM_ERR_UNAVAILABLE] =	{ ESHUTDOWN, ERROR_NOT_READY,
					  HOST_E_CLRNOTAVAILABLE },
	[HOSTMEM_ERR_IMPOSSIBLE] =	{ 0, ERROR_GEN_FAILURE, E_FAIL },
};

enum hostmem_error hostmem_error_from_errno(int errnum)
{
	size_t i;

	for (i = 0; i < sizeof(hostmem_errors) / sizeof(hostmem_errors[0]); i++)
		if (errnum && hostmem_errors[i].errnum == errnum)
			return (enum hostmem_error)i;

	return HOSTMEM_ERR_IMPOSSIBLE;
}

DWORD hostmem_error_win32(enum hostmem_error error)
{
	return hostmem_errors[error].win32;
}

HRESULT hostmem_error_hresult(enum hostmem_error error)
{
	return hostmem_errors[error].hresult;
}
