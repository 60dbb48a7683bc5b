/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <fibersapi.h>: storage of fibers.  There are no fibers here, so it is storage
 * of threads, which allocators use for its callback when a thread ends.
 */
#ifndef HOSTMEM_WIN32_FIBERSAPI_H
#define HOSTMEM_WIN32_FIBERSAPI_H

#include "minwindef.h"

#define FLS_OUT_OF_INDEXES	0xFFFFFFFFu

#ifdef __cplusplus
extern "C" {
#endif

/**
 * FlsAlloc() - get a new index, at which every thread has NULL
 * @lpCallback: called with a thread's value when the thread ends or the index is freed,
 *	if that isn't NULL; may be NULL itself
 *
 * Not called for the threads that there are when the process ends.  None of these
 * functions is for signal handlers.
 *
 * Return: the index, or FLS_OUT_OF_INDEXES with ERROR_NOT_ENOUGH_MEMORY: there are 128
 */
HOSTMEM_API DWORD FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback) HOSTMEM_SYMBOL(FlsAlloc);

/**
 * FlsFree() - give back an index
 * @dwFlsIndex: of FlsAlloc(); its callback is called here for the values of all threads
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_PARAMETER: no such index
 */
HOSTMEM_API BOOL FlsFree(DWORD dwFlsIndex) HOSTMEM_SYMBOL(FlsFree);

/**
 * FlsGetValue() - the calling thread's value
 * @dwFlsIndex: of FlsAlloc()
 *
 * Return: the value, with ERROR_SUCCESS as last error; or NULL with
 * ERROR_INVALID_PARAMETER: no such index
 */
HOSTMEM_API PVOID FlsGetValue(DWORD dwFlsIndex) HOSTMEM_SYMBOL(FlsGetValue);

/**
 * FlsSetValue() - set the calling thread's value
 * @dwFlsIndex: of FlsAlloc()
 * @lpFlsData: the value
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_PARAMETER: no such index; or
 * ERROR_NOT_ENOUGH_MEMORY
 */
HOSTMEM_API BOOL FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData)
	HOSTMEM_SYMBOL(FlsSetValue);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_FIBERSAPI_H */
