// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring small calls.  See calls.h.
 */
#include <fcntl.h>
#include <linux/hostmem.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "by.h"
#include "calls.h"
#include "prove.h"
#include "ticks.h"
#include "turns.h"

#define AT_ONCE		50u

/**
 * struct load - what was told at last
 * @percent: ours alone
 * @available: bytes
 */
struct load {
	DWORD percent;
	SIZE_T available;
};

static void our_load(void *arg)
{
	struct load *load = arg;
	unsigned int i;

	for (i = 0; i < AT_ONCE; i++)
		must(HostGetMemoryLoad(&load->percent, &load->available), "load");
}

static void peer_load(void *arg)
{
	struct load *load = arg;
	struct sysinfo info;
	unsigned int i;

	for (i = 0; i < AT_ONCE; i++)
		must_not_fail(sysinfo(&info), "sysinfo");
	load->available = info.freeram * info.mem_unit;
}

bool calls_prove(void)
{
	struct load ours, peer;

	our_load(&ours);
	peer_load(&peer);
	/* What a commit may take is what is free, but for what others are left. */
	return proved(ours.percent < 100 && ours.available > peer.available / 4,
		      "HostGetMemoryLoad", "there is memory, and it says so");
}

void calls_report(void)
{
	struct load loads[2] = {};
	const struct side sides[] = {
		{ OURS, ' ', NULL, our_load, NULL, &loads[0] },
		{ SMALL, BY_SYSINFO, NULL, peer_load, NULL, &loads[1] },
	};

	turns_row("HostGetMemoryLoad", "", sides, 2, 31, AT_ONCE);
}

struct figure calls_null_syscall(void)
{
	struct samples samples = {};
	uint64_t start;

	while (samples.nr < MAX_SAMPLES) {
		start = ticks_now();
		syscall(SYS_getppid);
		samples_add(&samples, ticks_now() - start);
	}
	return figure_of(&samples, 1, ' ');
}

struct figure calls_null_ioctl(void)
{
	int device = open("/dev/hostmem", O_RDWR | O_CLOEXEC);
	struct samples samples = {};
	uint64_t start;

	while (samples.nr < MAX_SAMPLES) {
		start = ticks_now();
		ioctl(device, _IO(HOSTMEM_IOC_MAGIC, 0xff));
		samples_add(&samples, ticks_now() - start);
	}
	close(device);
	return figure_of(&samples, 1, ' ');
}
