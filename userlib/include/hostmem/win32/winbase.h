/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <winbase.h>: codes and functions that have no header of their own, and the
 * headers that it includes on Windows.
 */
#ifndef HOSTMEM_WIN32_WINBASE_H
#define HOSTMEM_WIN32_WINBASE_H

#include "memoryapi.h"
#include "minwindef.h"
#include "sysinfoapi.h"

#define INVALID_HANDLE_VALUE	((HANDLE)(LONG_PTR)-1)
#define INFINITE		0xFFFFFFFFu

#define WAIT_OBJECT_0		0x00000000u
#define WAIT_ABANDONED		0x00000080u
#define WAIT_ABANDONED_0	0x00000080u
#define WAIT_FAILED		0xFFFFFFFFu

#endif /* HOSTMEM_WIN32_WINBASE_H */
