/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What the process's environment says about the default manager, for programs that
 * nobody can change.  Called by manager.c.
 */
#ifndef HOSTMEM_ENVIRONMENT_H
#define HOSTMEM_ENVIRONMENT_H

#include <hostmem/types.h>

/**
 * hostmem_environment_flags() - tell the options of the default manager
 *
 * Reads the environment once: its answer never changes.  Takes no lock.
 *
 * Return: HOSTMEM_PINNABLE if the variable of that name is "1", otherwise 0
 */
DWORD hostmem_environment_flags(void);

#endif /* HOSTMEM_ENVIRONMENT_H */
