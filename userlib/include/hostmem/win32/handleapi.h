/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <handleapi.h>: handles are closed (rule N8).
 */
#ifndef HOSTMEM_WIN32_HANDLEAPI_H
#define HOSTMEM_WIN32_HANDLEAPI_H

#include "minwindef.h"

#define INVALID_HANDLE_VALUE	((HANDLE)(LONG_PTR)-1)

#ifdef __cplusplus
extern "C" {
#endif

/**
 * CloseHandle() - use a handle no more
 * @hObject: of OpenProcessToken() or CreateMemoryResourceNotification(); or
 *	GetCurrentProcess(), which stays as it is
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_HANDLE
 */
HOSTMEM_API BOOL WINAPI CloseHandle(HANDLE hObject) HOSTMEM_SYMBOL(CloseHandle);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_HANDLEAPI_H */
