/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of the library that show themselves: the call as one would write it, its
 * HRESULT by name, and a failed claim if that is not the expected one.
 */
#ifndef CALL_H
#define CALL_H

#include <hostmem/mscoree.h>

/** show_alloc() - HostVirtualAlloc() for a task; @want is what it should return */
void show_alloc(HRESULT want, void *addr, SIZE_T size, DWORD type,
		DWORD protect);

/** show_free() - HostVirtualFree(); @want is what it should return */
void show_free(HRESULT want, void *addr, SIZE_T size, DWORD type);

/**
 * show_protect() - HostVirtualProtect(); @want is what it should return, and
 * @want_old the old protection that it should tell
 */
void show_protect(HRESULT want, void *addr, SIZE_T size, DWORD protect,
		  DWORD want_old);

/** show_query() - HostVirtualQuery(); @want is what it should return */
void show_query(HRESULT want, void *addr);

/** recommit() - a commit that doesn't show itself; returns whether it is S_OK */
int recommit(void *addr, SIZE_T size, DWORD protect);

/** size_text() - "256 KiB"; the text lives until the fourth call after this */
const char *size_text(SIZE_T size);

#endif /* CALL_H */
