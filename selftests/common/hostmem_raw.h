/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The raw calls, which return 0 or -errno, and what HOSTMEM_IOC_STATUS says.  Part of
 * hostmem_test.h.
 */
#ifndef HOSTMEM_RAW_H
#define HOSTMEM_RAW_H

#include "hostmem_base.h"

HELPER int open_device(void)
{
	return open(DEVICE, O_RDWR | O_CLOEXEC);
}

HELPER int raw_call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? -errno : 0;
}

/* @flags: HOSTMEM_ALLOC_PINNABLE, or 0 */
HELPER int raw_alloc_as(int fd, uintptr_t addr, uint64_t length, uint32_t type,
			uint32_t protect, uint32_t flags, uintptr_t *out)
{
	struct hostmem_alloc arg = {
		.size = sizeof(arg),
		.type = type,
		.protect = protect,
		.level = HOSTMEM_LEVEL_PROCESS,
		.flags = flags,
		.addr = addr,
		.length = length,
		.out_addr = (uintptr_t)POISON_POINTER,
	};
	int ret = raw_call(fd, HOSTMEM_IOC_ALLOC, &arg);

	*out = arg.out_addr;
	return ret;
}

/* The flags of an allocation that says no others; only reservations have any. */
HELPER uint32_t default_flags(uintptr_t addr, uint32_t type)
{
	bool reserves = type & HOSTMEM_RESERVE || (type == HOSTMEM_COMMIT && !addr);

	return reserves && is_pinnable() ? HOSTMEM_ALLOC_PINNABLE : 0;
}

HELPER int raw_alloc(int fd, uintptr_t addr, uint64_t length, uint32_t type,
		     uint32_t protect, uintptr_t *out)
{
	return raw_alloc_as(fd, addr, length, type, protect,
			    default_flags(addr, type), out);
}

HELPER int raw_free(int fd, uintptr_t addr, uint64_t length, uint32_t type)
{
	struct hostmem_free arg = {
		.size = sizeof(arg),
		.type = type,
		.addr = addr,
		.length = length,
	};

	return raw_call(fd, HOSTMEM_IOC_FREE, &arg);
}

HELPER int raw_protect(int fd, uintptr_t addr, uint64_t length, uint32_t protect)
{
	uint32_t old;
	struct hostmem_protect arg = {
		.size = sizeof(arg),
		.protect = protect,
		.addr = addr,
		.length = length,
		.old = (uintptr_t)&old,
	};

	return raw_call(fd, HOSTMEM_IOC_PROTECT, &arg);
}

HELPER int raw_prepare(int fd, uint64_t bytes)
{
	struct hostmem_prepare arg = { .size = sizeof(arg), .bytes = bytes };

	return raw_call(fd, HOSTMEM_IOC_PREPARE, &arg);
}

/* @count: room in @pages, and how many there are. */
HELPER int raw_watch(int fd, uintptr_t addr, uint64_t length, uint32_t flags,
		     uint64_t *pages, uint64_t *count)
{
	struct hostmem_watch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.addr = addr,
		.length = length,
		.pages = (uintptr_t)pages,
		.count = *count,
	};
	int err = raw_call(fd, HOSTMEM_IOC_WATCH, &arg);

	*count = arg.out_count;
	return err;
}

HELPER int raw_query(int fd, uintptr_t addr, struct hostmem_memory_info *info)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = addr,
		.buffer = (uintptr_t)info,
	};

	memset(info, POISON_BYTE, sizeof(*info));
	return raw_call(fd, HOSTMEM_IOC_QUERY, &arg);
}

HELPER int raw_status(int fd, struct hostmem_status *status)
{
	memset(status, POISON_BYTE, sizeof(*status));
	status->size = sizeof(*status);
	status->id = 0;
	status->reserved = 0;
	return raw_call(fd, HOSTMEM_IOC_STATUS, status);
}

/* What a file and the module hold; every member poisoned if that fails. */
HELPER struct hostmem_status hostmem_status(int fd)
{
	struct hostmem_status status;

	raw_status(fd, &status);
	return status;
}

/* Does the module have large pages, and can the kernel count them, for pinnable ones? */
HELPER bool uses_large_pages(void)
{
	int fd = open_device();
	bool any = hostmem_status(fd).out_large_page_bytes;

	close(fd);
	return any;
}

HELPER bool counts_large_pages(void)
{
	return uses_large_pages() && kernel_is_at_least(6, 16);
}

/* Are there large pages for regions as they are? */
HELPER bool has_large_pages(void)
{
	return is_pinnable() ? counts_large_pages() : uses_large_pages();
}

/*
 * A process that ends with pinned pages, be it in a pipe of its own, leaves them charged
 * until the module has noticed that they are free.  A program waits for that, within
 * reason, so that the next one finds nothing that changes under its hands.
 */
#define MOST_YIELDS	1000000

static uint64_t charged_before;

static void __attribute__((constructor)) remember_charge(void)
{
	int fd = open_device();

	if (fd >= 0)
		charged_before = hostmem_status(fd).out_total_committed_bytes;
	close(fd);
}

/* What is charged in all once that is no more than @wanted, or stays more. */
HELPER uint64_t settled_charge(int fd, uint64_t wanted)
{
	uint64_t charged = 0;
	unsigned int i;

	for (i = 0; i < MOST_YIELDS; i++) {
		charged = hostmem_status(fd).out_total_committed_bytes;
		if (charged <= wanted)
			break;
		sched_yield();
	}
	return charged;
}

static void __attribute__((destructor)) leave_nothing_charged(void)
{
	int fd = open_device();

	if (fd >= 0)
		settled_charge(fd, charged_before);
	close(fd);
}

/* A call that has failed must not have changed what the status tells. */
#define EXPECT_SAME_STATUS(before, fd) do {				\
	struct hostmem_status __now = hostmem_status(fd);		\
									\
	EXPECT_EQ((before).out_regions, __now.out_regions);		\
	EXPECT_EQ((before).out_reserved_bytes, __now.out_reserved_bytes);	\
	EXPECT_EQ((before).out_committed_bytes, __now.out_committed_bytes);	\
	EXPECT_EQ((before).out_total_committed_bytes,			\
		  __now.out_total_committed_bytes);			\
} while (0)

#endif /* HOSTMEM_RAW_H */
