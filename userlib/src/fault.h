/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The signal handlers that turn guard hits and access violations in memory of
 * the library, whichever manager's it is, into calls of the program's callback.
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

#endif /* HOSTMEM_FAULT_H */
