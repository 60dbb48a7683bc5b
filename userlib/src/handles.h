/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Handles that functions with Windows' names give out, so that others know theirs again.
 * A handle is a number that never comes again; it has nothing behind it but 32 bits.  No
 * lock.  Called by privileges.c and resource_notification.c.
 */
#ifndef HOSTMEM_HANDLES_H
#define HOSTMEM_HANDLES_H

#include <hostmem/win32/winnt.h>

/**
 * enum hostmem_handle_kind - what a handle is for
 * @HOSTMEM_HANDLE_TOKEN: an access token
 * @HOSTMEM_HANDLE_NOTIFICATION: a memory resource notification
 */
enum hostmem_handle_kind {
	HOSTMEM_HANDLE_TOKEN = 1,
	HOSTMEM_HANDLE_NOTIFICATION,
};

/**
 * hostmem_handle_open() - give out a handle, until CloseHandle()
 * @kind: what for
 * @data: what hostmem_handle_find() finds
 *
 * Return: the handle, or NULL with ERROR_NOT_ENOUGH_MEMORY as last error
 */
HANDLE hostmem_handle_open(enum hostmem_handle_kind kind, DWORD data);

/**
 * hostmem_handle_find() - tell what a handle has been given out for
 * @handle: any value
 * @kind: what it should be for
 * @data: receives what it was opened with
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE as last error
 */
BOOL hostmem_handle_find(HANDLE handle, enum hostmem_handle_kind kind, DWORD *data);

#endif /* HOSTMEM_HANDLES_H */
