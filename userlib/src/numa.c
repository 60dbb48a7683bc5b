// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * NUMA nodes.  See numa.h.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "numa.h"

bool hostmem_numa_node_exists(DWORD node)
{
	char path[64];
	int saved = errno;
	bool exists;

	if (!node)
		return true;
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u", node);
	exists = !access(path, F_OK);
	errno = saved;
	return exists;
}
