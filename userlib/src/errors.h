/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What can go wrong, one name per meaning.  The operations of manager.h return
 * these; hosting.c, win32.c and the com_*.c turn them into their codes.  No lock, no state.
 */
#ifndef HOSTMEM_ERRORS_H
#define HOSTMEM_ERRORS_H

#include <hostmem/types.h>

/**
 * enum hostmem_error - the outcome of an operation
 * @HOSTMEM_OK: success
 * @HOSTMEM_ERR_ARGUMENT: an argument is wrong by itself
 * @HOSTMEM_ERR_ADDRESS: in use, not reserved, not in one region or not a base
 * @HOSTMEM_ERR_FOREIGN: free of memory that isn't the manager's
 * @HOSTMEM_ERR_NO_MEMORY: commit limit reached, or no memory
 * @HOSTMEM_ERR_NO_SPACE: no address space
 * @HOSTMEM_ERR_FAULT: a user pointer can't be read or written
 * @HOSTMEM_ERR_NULL: an out pointer is NULL
 * @HOSTMEM_ERR_LENGTH: an out buffer is too short
 * @HOSTMEM_ERR_PRIVILEGE: the caller lacks the privilege
 * @HOSTMEM_ERR_UNSUPPORTED: this kernel or processor can't do that
 * @HOSTMEM_ERR_FORBIDDEN: the system forbids the mapping
 * @HOSTMEM_ERR_NOT_OWNER: the address space isn't the one that opened the device
 * @HOSTMEM_ERR_TIMEOUT: waited for memory in vain
 * @HOSTMEM_ERR_ABANDONED: the manager was shut down during the call
 * @HOSTMEM_ERR_UNAVAILABLE: no device, or the manager is broken or shut down
 * @HOSTMEM_ERR_IMPOSSIBLE: the kernel gave an answer that it should never give
 */
enum hostmem_error {
	HOSTMEM_OK,
	HOSTMEM_ERR_ARGUMENT,
	HOSTMEM_ERR_ADDRESS,
	HOSTMEM_ERR_FOREIGN,
	HOSTMEM_ERR_NO_MEMORY,
	HOSTMEM_ERR_NO_SPACE,
	HOSTMEM_ERR_FAULT,
	HOSTMEM_ERR_NULL,
	HOSTMEM_ERR_LENGTH,
	HOSTMEM_ERR_PRIVILEGE,
	HOSTMEM_ERR_UNSUPPORTED,
	HOSTMEM_ERR_FORBIDDEN,
	HOSTMEM_ERR_NOT_OWNER,
	HOSTMEM_ERR_TIMEOUT,
	HOSTMEM_ERR_ABANDONED,
	HOSTMEM_ERR_UNAVAILABLE,
	HOSTMEM_ERR_IMPOSSIBLE,
};

/**
 * hostmem_error_from_errno() - what an errno of the device means
 * @errnum: errno that an ioctl of the device failed with
 *
 * Return: the error of <linux/hostmem.h>'s dictionary, HOSTMEM_ERR_IMPOSSIBLE
 * for what isn't in it or means that library and module don't fit
 */
enum hostmem_error hostmem_error_from_errno(int errnum);

/**
 * hostmem_error_win32() - an error in the Win32 shape
 * @error: any
 *
 * Return: Win32 error code, ERROR_SUCCESS for HOSTMEM_OK
 */
DWORD hostmem_error_win32(enum hostmem_error error);

/**
 * hostmem_error_hresult() - an error in the hosting shape
 * @error: any
 *
 * Return: HRESULT, S_OK for HOSTMEM_OK
 */
HRESULT hostmem_error_hresult(enum hostmem_error error);

#endif /* HOSTMEM_ERRORS_H */
