// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The environment of the process.  See environment.h.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <hostmem/mscoree.h>

#include "environment.h"

/* Besides flags: the environment has been read. */
#define IS_READ		0x80000000u

/* 0 until then, and invariant after that. */
static atomic_uint flags;

DWORD hostmem_environment_flags(void)
{
	unsigned int found = atomic_load(&flags);
	unsigned int ours = IS_READ;
	const char *value;

	if (found)
		return found & ~IS_READ;

	/* Not for set-id programs: who starts those shall not say what they do. */
	value = secure_getenv("HOSTMEM_PINNABLE");
	if (value && !strcmp(value, "1"))
		ours |= HOSTMEM_PINNABLE;
	/* What another thread has found meanwhile is valid for all. */
	if (!atomic_compare_exchange_strong(&flags, &found, ours))
		ours = found;
	return ours & ~IS_READ;
}

/*
 * As a rule it is read before there are threads that could change it meanwhile.  But
 * constructors of others may have had memory before.
 */
static __attribute__((constructor)) void read_environment(void)
{
	hostmem_environment_flags();
}
