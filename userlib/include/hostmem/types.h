/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' basic types with the widths of a 64-bit Windows process: LONG, ULONG,
 * UINT, DWORD, BOOL and HRESULT have 32 bits although a long of Linux has 64.
 *
 * Included by the other headers of this directory; includes none of them.
 */
#ifndef HOSTMEM_TYPES_H
#define HOSTMEM_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX != UINT64_MAX
#error "hostmem supports 64-bit processes only"
#endif

typedef uint8_t BYTE;
typedef uint16_t WORD;
typedef int32_t BOOL;
typedef int32_t LONG;
typedef uint32_t UINT;
typedef uint32_t ULONG;
typedef uint32_t DWORD;
typedef int32_t HRESULT;

typedef size_t SIZE_T;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;

typedef void *PVOID;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef DWORD *PDWORD;
typedef DWORD *LPDWORD;
typedef ULONG *PULONG;
typedef SIZE_T *PSIZE_T;
typedef ULONG_PTR *PULONG_PTR;

#ifndef FALSE
#define FALSE	0
#endif
#ifndef TRUE
#define TRUE	1
#endif

/* Marks what the shared library exports; everything else in it is hidden. */
#if defined(__GNUC__)
#define HOSTMEM_API	__attribute__((visibility("default")))
#else
#define HOSTMEM_API
#endif

/*
 * Names of Windows that other libraries define, too (Wine's, FreeRDP's): to the linker
 * ours begin with hostmem_, so that a program gets what the header it has included
 * declares, whatever else it is linked with, and in whichever order.
 */
#define HOSTMEM_SYMBOL(name)	__asm__("hostmem_" #name)

#endif /* HOSTMEM_TYPES_H */
