/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the process's environment says about the default manager, for programs that
 * nobody can change, and about diagnoses.  Called by manager.c and diagnosis.c.
 */
#ifndef HOSTMEM_ENVIRONMENT_H
#define HOSTMEM_ENVIRONMENT_H

#include <stdbool.h>

#include <hostmem/types.h>

/**
 * hostmem_environment_flags() - tell the options of the default manager
 *
 * Reads the environment once: its answer never changes.  Takes no lock.
 *
 * Return: HOSTMEM_PINNABLE if the variable of that name is "1", otherwise 0
 */
DWORD hostmem_environment_flags(void);

/**
 * hostmem_environment_prepared() - tell how much it is to have prepared ahead
 *
 * As hostmem_environment_flags().
 *
 * Return: bytes, HOSTMEM_PREPARED times 1 MiB; 0 if that is no decimal number
 */
SIZE_T hostmem_environment_prepared(void);

/**
 * hostmem_environment_debug() - tell whether somebody wants to read diagnoses
 *
 * As hostmem_environment_flags().
 *
 * Return: true if HOSTMEM_DEBUG is there and neither empty nor "0"
 */
bool hostmem_environment_debug(void);

#endif /* HOSTMEM_ENVIRONMENT_H */
