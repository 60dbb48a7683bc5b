// SPDX-License-Identifier: GPL-2.0
/*
 * Looking from outside.  See probe.h.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/hostmem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "probe.h"
#include "zoneinfo.h"

#define LIMIT_FILE	"/sys/module/hostmem/parameters/commit_limit_mb"

static int device;
static sigjmp_buf after_fault;
static const void *volatile fault_addr;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	fault_addr = info->si_addr;
	siglongjmp(after_fault, 1);
}

void probe_open(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO,
	};

	device = open("/dev/hostmem", O_RDWR | O_CLOEXEC);
	if (device < 0)
		err(1, "/dev/hostmem (is the module loaded?)");
	sigaction(SIGSEGV, &action, NULL);
}

/* Each file has regions of its own, but the charge is one for all. */
struct charge charge_now(void)
{
	struct hostmem_status status = { .size = sizeof(status) };

	if (ioctl(device, HOSTMEM_IOC_STATUS, &status))
		err(1, "HOSTMEM_IOC_STATUS");
	return (struct charge) {
		.committed = status.out_total_committed_bytes,
		.limit = status.out_commit_limit_bytes,
	};
}

long charge_limit_set(long mib)
{
	FILE *file = fopen(LIMIT_FILE, "r+");
	long before;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &before) != 1)
		before = -1;
	rewind(file);
	fprintf(file, "%ld\n", mib);
	return fclose(file) ? -1 : before;
}

bool read_faults(const char *addr)
{
	fault_addr = NULL;
	if (!sigsetjmp(after_fault, 1))
		(void)*(const volatile char *)addr;
	return fault_addr == addr;
}

bool write_faults(char *addr)
{
	fault_addr = NULL;
	if (!sigsetjmp(after_fault, 1))
		*(volatile char *)addr = 1;
	return fault_addr == addr;
}

long meminfo_kib(const char *field)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t length = strlen(field);
	char line[128];
	long kib = -1;

	if (!file)
		err(1, "/proc/meminfo");
	while (kib < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, field, length) && line[length] == ':')
			kib = atol(line + length + 1);
	fclose(file);
	return kib;
}

long available_kib(void)
{
	long pages = zoneinfo_available();

	if (pages < 0)
		err(1, "/proc/zoneinfo");
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

unsigned int maps_lines(const char *start, const char *end)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned int lines = 0;
	unsigned long from;
	char line[256];

	if (!file)
		err(1, "/proc/self/maps");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%lx-", &from) == 1)
			lines += from >= (uintptr_t)start && from < (uintptr_t)end;
	fclose(file);
	return lines;
}
