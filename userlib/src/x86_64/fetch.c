// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Fetches on x86-64, where the kernel asks the device for each that finds no page table
 * entry.  See fetch.h.
 */
#define _GNU_SOURCE
#include "../fetch.h"

enum hostmem_fetch hostmem_fetch_settle(const siginfo_t *info, const ucontext_t *context)
{
	(void)info;
	(void)context;
	return HOSTMEM_FETCH_REFUSED;
}
