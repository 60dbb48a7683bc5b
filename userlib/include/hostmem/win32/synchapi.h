/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <synchapi.h>: time passes (rule N8).
 */
#ifndef HOSTMEM_WIN32_SYNCHAPI_H
#define HOSTMEM_WIN32_SYNCHAPI_H

#include "minwindef.h"

#define INFINITE		0xFFFFFFFFu

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Sleep() - wait
 * @dwMilliseconds: how long, whatever signals come; 0: until others have run; INFINITE:
 *	for ever
 */
HOSTMEM_API void WINAPI Sleep(DWORD dwMilliseconds) HOSTMEM_SYMBOL(Sleep);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_SYNCHAPI_H */
