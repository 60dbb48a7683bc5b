/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the old functions for NUMA were called, which mimalloc falls back to on a machine
 * with several nodes if GetProcAddress() doesn't know the new ones.
 */
#define GetCurrentProcessorNumber	glue_processor
#define GetNumaNodeProcessorMask	glue_processors
#include <windows.h>
#include <sched.h>

DWORD glue_processor(void)
{
	return (DWORD)sched_getcpu();
}

/* Not known; mimalloc then takes the node for one without processors. */
BOOL glue_processors(UCHAR node, ULONGLONG *mask)
{
	(void)node;
	*mask = 0;
	return FALSE;
}
