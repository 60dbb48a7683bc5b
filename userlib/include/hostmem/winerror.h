/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The error codes of both shapes of the library, with Windows' names and values.
 * Which failure gives which pair of codes is in the manual page of each function.
 */
#ifndef HOSTMEM_WINERROR_H
#define HOSTMEM_WINERROR_H

#include <hostmem/types.h>

/* Win32 error codes, as GetLastError() returns them. */
#define ERROR_SUCCESS			0u
#define NO_ERROR			0u
#define ERROR_INVALID_FUNCTION		1u
#define ERROR_FILE_NOT_FOUND		2u
#define ERROR_PATH_NOT_FOUND		3u
#define ERROR_ACCESS_DENIED		5u
#define ERROR_INVALID_HANDLE		6u
#define ERROR_NOT_ENOUGH_MEMORY		8u
#define ERROR_OUTOFMEMORY		14u
#define ERROR_NOT_READY			21u
#define ERROR_BAD_LENGTH		24u
#define ERROR_GEN_FAILURE		31u
#define ERROR_NOT_SUPPORTED		50u
#define ERROR_UNEXP_NET_ERR		59u
#define ERROR_INVALID_PARAMETER		87u
#define ERROR_CALL_NOT_IMPLEMENTED	120u
#define ERROR_INSUFFICIENT_BUFFER	122u
#define ERROR_MOD_NOT_FOUND		126u
#define ERROR_PROC_NOT_FOUND		127u
#define ERROR_NOT_LOCKED		158u
#define ERROR_BUSY			170u
#define ERROR_ALREADY_EXISTS		183u
#define ERROR_MORE_DATA			234u
#define ERROR_PARTIAL_COPY		299u
#define ERROR_INVALID_ADDRESS		487u
#define ERROR_COMMITMENT_MINIMUM	635u
#define ERROR_OPERATION_ABORTED		995u
#define ERROR_IO_PENDING		997u
#define ERROR_NOACCESS			998u
#define ERROR_STACK_OVERFLOW		1001u
#define ERROR_NOT_ALL_ASSIGNED		1300u
#define ERROR_NO_SUCH_PRIVILEGE		1313u
#define ERROR_PRIVILEGE_NOT_HELD	1314u
#define ERROR_NO_SYSTEM_RESOURCES	1450u
#define ERROR_WORKING_SET_QUOTA		1453u
#define ERROR_PAGEFILE_QUOTA		1454u
#define ERROR_COMMITMENT_LIMIT		1455u
#define ERROR_TIMEOUT			1460u
#define ERROR_INVALID_USER_BUFFER	1784u
#define ERROR_NOT_ENOUGH_QUOTA		1816u

/* HRESULTs: a negative one is a failure. */
#define SUCCEEDED(hr)	((HRESULT)(hr) >= 0)
#define FAILED(hr)	((HRESULT)(hr) < 0)

/**
 * HRESULT_FROM_WIN32() - the HRESULT that stands for a Win32 error code
 * @code: Win32 error code; 0 gives S_OK, and what is an HRESULT already stays
 *	as it is.  Evaluated more than once.
 *
 * A constant expression if @code is one.  The library doesn't answer every
 * Win32 code with this HRESULT: a shortage of any kind is E_OUTOFMEMORY.
 */
#define HRESULT_FROM_WIN32(code)						\
	((HRESULT)(code) <= 0 ? (HRESULT)(code) :				\
	 (HRESULT)(((DWORD)(code) & 0xFFFFu) | 0x80070000u))

#define S_OK		((HRESULT)0)
#define S_FALSE		((HRESULT)1)

#define E_NOTIMPL	((HRESULT)0x80004001u)
#define E_NOINTERFACE	((HRESULT)0x80004002u)
#define E_POINTER	((HRESULT)0x80004003u)
#define E_FAIL		((HRESULT)0x80004005u)
#define E_UNEXPECTED	((HRESULT)0x8000FFFFu)
#define E_ACCESSDENIED	((HRESULT)0x80070005u)
#define E_OUTOFMEMORY	((HRESULT)0x8007000Eu)
#define E_INVALIDARG	((HRESULT)0x80070057u)

#define HOST_E_DEADLOCK				((HRESULT)0x80131020u)
#define HOST_E_INTERRUPTED			((HRESULT)0x80131021u)
#define HOST_E_INVALIDOPERATION			((HRESULT)0x80131022u)
#define HOST_E_CLRNOTAVAILABLE			((HRESULT)0x80131023u)
#define HOST_E_TIMEOUT				((HRESULT)0x80131024u)
#define HOST_E_NOT_OWNER			((HRESULT)0x80131025u)
#define HOST_E_ABANDONED			((HRESULT)0x80131026u)
#define HOST_E_EXITPROCESS_THREADABORT		((HRESULT)0x80131027u)
#define HOST_E_EXITPROCESS_ADUNLOAD		((HRESULT)0x80131028u)
#define HOST_E_EXITPROCESS_TIMEOUT		((HRESULT)0x80131029u)
#define HOST_E_EXITPROCESS_OUTOFMEMORY		((HRESULT)0x8013102Au)
#define HOST_E_EXITPROCESS_STACKOVERFLOW	((HRESULT)0x8013102Bu)

#endif /* HOSTMEM_WINERROR_H */
