// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The environment of the process.  See environment.h.
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hostmem/mscoree.h>

#include "environment.h"

/* Besides flags: the environment has been read, and asks for diagnoses. */
#define IS_READ		0x80000000u
#define IS_DEBUG	0x40000000u

/* Behind the flags, and in MiB, lies what is to be prepared. */
#define PREPARED_SHIFT	32

/* 0 until then, and invariant after that. */
static _Atomic(uint64_t) settings;

/* A decimal number of MiB that has not too many of them; 0 for anything else. */
static uint64_t mib_of(const char *value)
{
	uint64_t mib = 0;

	for (; value && *value; value++) {
		if (*value < '0' || *value > '9')
			return 0;
		mib = mib * 10 + (uint64_t)(*value - '0');
		if (mib >> PREPARED_SHIFT)
			return 0;
	}
	return mib;
}

static uint64_t get(void)
{
	uint64_t found = atomic_load(&settings);
	uint64_t ours = IS_READ;
	const char *value;

	if (found)
		return found;

	/* Not for set-id programs: who starts those shall not say what they do. */
	value = secure_getenv("HOSTMEM_PINNABLE");
	if (value && !strcmp(value, "1"))
		ours |= HOSTMEM_PINNABLE;
	value = secure_getenv("HOSTMEM_DEBUG");
	if (value && *value && strcmp(value, "0"))
		ours |= IS_DEBUG;
	ours |= mib_of(secure_getenv("HOSTMEM_PREPARED")) << PREPARED_SHIFT;
	/* What another thread has found meanwhile is valid for all. */
	if (!atomic_compare_exchange_strong(&settings, &found, ours))
		ours = found;
	return ours;
}

DWORD hostmem_environment_flags(void)
{
	return (DWORD)get() & ~(IS_READ | IS_DEBUG);
}

bool hostmem_environment_debug(void)
{
	return get() & IS_DEBUG;
}

SIZE_T hostmem_environment_prepared(void)
{
	return (get() >> PREPARED_SHIFT) << 20;
}

/*
 * As a rule it is read before there are threads that could change it meanwhile.  But
 * constructors of others may have had memory before.
 */
static __attribute__((constructor)) void read_environment(void)
{
	get();
}
