/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * Windows' <systemtopologyapi.h>: NUMA nodes, whose numbers are those of Linux, and the
 * processors in them (rule N8).
 */
#ifndef HOSTMEM_WIN32_SYSTEMTOPOLOGYAPI_H
#define HOSTMEM_WIN32_SYSTEMTOPOLOGYAPI_H

#include "minwindef.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * GetNumaHighestNodeNumber() - the last node
 * @HighestNodeNumber: receives its number; 0 on a machine without NUMA
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_PARAMETER for NULL
 */
HOSTMEM_API BOOL WINAPI GetNumaHighestNodeNumber(PULONG HighestNodeNumber)
	HOSTMEM_SYMBOL(GetNumaHighestNodeNumber);

/**
 * GetNumaProcessorNodeEx() - the node of a processor
 * @Processor: its number less 64 times its group is below 64
 * @NodeNumber: receives the node's number; 0xffff if there is no such processor
 *
 * Return: TRUE, or FALSE with ERROR_INVALID_PARAMETER
 */
HOSTMEM_API BOOL WINAPI GetNumaProcessorNodeEx(PPROCESSOR_NUMBER Processor,
					       PUSHORT NodeNumber)
	HOSTMEM_SYMBOL(GetNumaProcessorNodeEx);

#ifdef __cplusplus
}
#endif

#endif /* HOSTMEM_WIN32_SYSTEMTOPOLOGYAPI_H */
