/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The signal handlers that turn faults into calls of the program's vectored handlers, and
 * guard hits and access violations in memory of the library, whichever manager's it is,
 * also into calls of its callback.
 */
#ifndef HOSTMEM_FAULT_H
#define HOSTMEM_FAULT_H

#include <hostmem/memoryapi.h>

#include "errors.h"

/**
 * hostmem_fault_set_callback() - choose the callback of the process
 * @function: what to call, or NULL for nothing
 * @context: its last argument
 *
 * Installs the handlers if there has been no callback before.
 *
 * Context: takes a lock and may allocate memory, so not for signal handlers.
 * Return: HOSTMEM_OK or HOSTMEM_ERR_NO_SPACE
 */
enum hostmem_error hostmem_fault_set_callback(HOSTMEM_FAULT_CALLBACK function,
					      void *context);

/**
 * hostmem_fault_install() - install the handlers if that hasn't been done
 *
 * Context: any, signal handlers, too.
 */
void hostmem_fault_install(void);

#endif /* HOSTMEM_FAULT_H */
