/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * IHostMalloc: a heap (heap.h) as a COM object.  Called by com_manager.c.
 */
#ifndef HOSTMEM_COM_MALLOC_H
#define HOSTMEM_COM_MALLOC_H

#include <hostmem/mscoree.h>

#include "errors.h"

struct hostmem_manager;

/**
 * hostmem_com_malloc_create() - make a heap object
 * @owner: a reference to it is taken, for as long as the heap lives
 * @manager: @owner's
 * @type: bits of MALLOC_TYPE
 * @out: receives the object with one reference, NULL on failure
 *
 * Return: HOSTMEM_OK, or what went wrong
 */
enum hostmem_error hostmem_com_malloc_create(IHostMemoryManager *owner,
					     struct hostmem_manager *manager,
					     DWORD type, IHostMalloc **out);

#endif /* HOSTMEM_COM_MALLOC_H */
