/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <profileapi.h>: a clock (rule N8).
 */
#ifndef HOSTMEM_WIN32_PROFILEAPI_H
#define HOSTMEM_WIN32_PROFILEAPI_H

#include "minwindef.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * QueryPerformanceCounter() - the time since some point
 * @lpPerformanceCount: receives ticks, which never go back
 *
 * Return: TRUE, or FALSE with ERROR_NOACCESS for NULL
 */
HOSTMEM_API BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount)
	HOSTMEM_SYMBOL(QueryPerformanceCounter);

/**
 * QueryPerformanceFrequency() - how many ticks there are in a second
 * @lpFrequency: receives 10,000,000
 *
 * Return: TRUE, or FALSE with ERROR_NOACCESS for NULL
 */
HOSTMEM_API BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency)
	HOSTMEM_SYMBOL(QueryPerformanceFrequency);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_PROFILEAPI_H */
