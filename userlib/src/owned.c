// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Whether an address is hostmem's.  See owned.h.
 */
#define _GNU_SOURCE
#include "device.h"
#include "ioctl.h"
#include "manager.h"
#include "owned.h"

/*
 * Has no regions itself: so whatever becomes of its file, another one can take its place.
 */
static struct hostmem_manager asker = {
	.device = "/dev/hostmem",
};

void hostmem_owned_open(void)
{
	hostmem_device_open(&asker);
}

/* Ask about an address: is it memory of the library? */
static bool ask(const void *addr, struct hostmem_memory_info *info)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = (uintptr_t)addr,
		.buffer = (uintptr_t)info,
	};
	int ret = hostmem_device_call(&asker, HOSTMEM_IOC_QUERY, &arg, HOSTMEM_USE_ONCE);

	/* In a child made by fork() that has managers of its own. */
	if (ret == -EXDEV)
		ret = hostmem_device_ask_new(&asker, HOSTMEM_IOC_QUERY, &arg);
	return !ret && arg.out_own;
}

bool hostmem_owned(const void *addr)
{
	struct hostmem_memory_info info;

	return ask(addr, &info);
}

uint32_t hostmem_owned_protect(const void *addr)
{
	struct hostmem_memory_info info;

	return ask(addr, &info) ? info.protect : 0;
}
