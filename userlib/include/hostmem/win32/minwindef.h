/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <minwindef.h>: the names of types and calling conventions that all its other
 * headers are written in.  Conventions are nothing here, as on 64-bit Windows.
 */
#ifndef HOSTMEM_WIN32_MINWINDEF_H
#define HOSTMEM_WIN32_MINWINDEF_H

#include "winnt.h"

#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif

#define FAR
#define NEAR
#define WINAPI
#define WINAPIV
#define CALLBACK
#define APIENTRY	WINAPI
#define APIPRIVATE	WINAPI
#define PASCAL

#define MAX_PATH	260

typedef int32_t INT;
typedef float FLOAT;
typedef INT *PINT, *LPINT;
typedef UINT *PUINT;
typedef FLOAT *PFLOAT;
typedef BOOL *PBOOL, *LPBOOL;
typedef BYTE *PBYTE, *LPBYTE;
typedef WORD *PWORD, *LPWORD;
typedef LONG *LPLONG;

/* Modules are those that GetModuleHandle() knows. */
DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;

/* Any function; to be cast to what it is before it is called. */
typedef INT_PTR (*FARPROC)(void);
typedef INT_PTR (*NEARPROC)(void);
typedef INT_PTR (*PROC)(void);

typedef HANDLE HGLOBAL;
typedef HANDLE HLOCAL;

typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define MAKEWORD(low, high)						\
	((WORD)(((DWORD_PTR)(low) & 0xff) | ((DWORD_PTR)(high) & 0xff) << 8))
#define MAKELONG(low, high)						\
	((LONG)(((DWORD_PTR)(low) & 0xffff) | ((DWORD_PTR)(high) & 0xffff) << 16))
#define LOWORD(number)		((WORD)((DWORD_PTR)(number) & 0xffff))
#define HIWORD(number)		((WORD)((DWORD_PTR)(number) >> 16 & 0xffff))
#define LOBYTE(number)		((BYTE)((DWORD_PTR)(number) & 0xff))
#define HIBYTE(number)		((BYTE)((DWORD_PTR)(number) >> 8 & 0xff))

#endif /* HOSTMEM_WIN32_MINWINDEF_H */
