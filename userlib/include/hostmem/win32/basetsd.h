/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <basetsd.h>: integers whose width is in their name, and those that have the
 * width of a pointer, beside what <hostmem/types.h> has of them.
 */
#ifndef HOSTMEM_WIN32_BASETSD_H
#define HOSTMEM_WIN32_BASETSD_H

#include <hostmem/types.h>

typedef int8_t INT8, *PINT8;
typedef int16_t INT16, *PINT16;
typedef int32_t INT32, *PINT32;
typedef int64_t INT64, *PINT64;
typedef uint8_t UINT8, *PUINT8;
typedef uint16_t UINT16, *PUINT16;
typedef uint32_t UINT32, *PUINT32;
typedef uint64_t UINT64, *PUINT64;

typedef int32_t LONG32, *PLONG32;
typedef int64_t LONG64, *PLONG64;
typedef uint32_t ULONG32, *PULONG32;
typedef uint32_t DWORD32, *PDWORD32;
typedef uint64_t ULONG64, *PULONG64;
typedef uint64_t DWORD64, *PDWORD64;

typedef intptr_t INT_PTR;
typedef INT_PTR *PINT_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR;
typedef LONG_PTR *PLONG_PTR;
typedef DWORD_PTR *PDWORD_PTR;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;

/* A bit for each processor. */
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

#endif /* HOSTMEM_WIN32_BASETSD_H */
