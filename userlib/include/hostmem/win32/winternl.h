/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <winternl.h>: the type of its statuses.  The native functions are absent.
 */
#ifndef HOSTMEM_WIN32_WINTERNL_H
#define HOSTMEM_WIN32_WINTERNL_H

#include "windef.h"

typedef LONG NTSTATUS;
typedef NTSTATUS *PNTSTATUS;

#define NT_SUCCESS(status)	((NTSTATUS)(status) >= 0)

#endif /* HOSTMEM_WIN32_WINTERNL_H */
