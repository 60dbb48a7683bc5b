// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <systemtopologyapi.h> of include/hostmem/win32: NUMA nodes and their processors
 * (rule N8).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hostmem/win32/systemtopologyapi.h>

#include "win32.h"

/* Processors of a group of Windows. */
#define GROUP	64

/* The last number of a list such as "0-3,8": the highest.  0 if there is no list. */
static ULONG highest_node(void)
{
	const char *number = "";
	char list[4096];
	ssize_t length;
	char *at;
	int fd;

	fd = open("/sys/devices/system/node/online", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, list, sizeof(list) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	list[length] = 0;
	for (at = list; *at; at += strcspn(at, "0123456789")) {
		number = at;
		at += strspn(at, "0123456789");
	}
	return (ULONG)strtoul(number, NULL, 10);
}

BOOL GetNumaHighestNodeNumber(PULONG HighestNodeNumber)
{
	int saved = errno;

	if (!HighestNodeNumber)
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	*HighestNodeNumber = highest_node();
	errno = saved;
	return TRUE;
}

static bool has_processor(unsigned int processor)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u", processor);
	return !access(path, F_OK);
}

/* Without NUMA there is but node 0. */
static USHORT node_of(unsigned int processor)
{
	ULONG highest = highest_node(), node;
	char path[80];

	for (node = 1; node <= highest; node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/node%u",
			 processor, node);
		if (!access(path, F_OK))
			return (USHORT)node;
	}
	return 0;
}

BOOL GetNumaProcessorNodeEx(PPROCESSOR_NUMBER Processor, PUSHORT NodeNumber)
{
	unsigned int number;
	int saved = errno;
	bool there;

	if (!Processor || !NodeNumber)
		return hostmem_win32_fail(ERROR_INVALID_PARAMETER);
	number = Processor->Group * (unsigned int)GROUP + Processor->Number;
	there = Processor->Number < GROUP && has_processor(number);
	*NodeNumber = there ? node_of(number) : 0xffff;
	errno = saved;
	return there || hostmem_win32_fail(ERROR_INVALID_PARAMETER);
}
