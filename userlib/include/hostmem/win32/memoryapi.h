/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <memoryapi.h>: <hostmem/memoryapi.h>, and what Windows has beside it.  All
 * functions act on the process's default manager.  Of processes there is the caller's
 * own: GetCurrentProcess(), and with any other handle ERROR_INVALID_HANDLE.
 */
#ifndef HOSTMEM_WIN32_MEMORYAPI_H
#define HOSTMEM_WIN32_MEMORYAPI_H

#include <hostmem/memoryapi.h>

#include "minwindef.h"

#endif /* HOSTMEM_WIN32_MEMORYAPI_H */
