/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * NUMA nodes, for functions with Windows' names that take the number of one.  No lock;
 * leaves errno alone.
 */
#ifndef HOSTMEM_NUMA_H
#define HOSTMEM_NUMA_H

#include <stdbool.h>

#include <hostmem/types.h>

/**
 * hostmem_numa_node_exists() - tell whether the machine has a node
 * @node: its number; Windows' are those of Linux here
 *
 * Return: true if it has; node 0 is there on any machine
 */
bool hostmem_numa_node_exists(DWORD node);

#endif /* HOSTMEM_NUMA_H */
