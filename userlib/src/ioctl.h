/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The raw layer: one inline per system call, and nothing between the caller and
 * the kernel.  Called by device.c, manager.c, load.c and notifier.c only.
 *
 * Returns are 0 or a file descriptor for success and -errno for failure; the
 * thread's errno stays as it was, for the library promises that to its callers.
 * Nothing is checked.  An ioctl that a signal has ended is made again: deadlines
 * are points in time, so its arguments are still right.
 */
#ifndef HOSTMEM_IOCTL_H
#define HOSTMEM_IOCTL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/hostmem.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "ioctl_request.h"

static inline int hostmem_raw_open(const char *device)
{
	int saved = errno;
	int ret = open(device, O_RDWR | O_CLOEXEC);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

static inline void hostmem_raw_close(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* What all structures of <linux/hostmem.h> begin with. */
struct hostmem_raw_head {
	uint32_t size;
	uint32_t id;
};

/* Does nothing, and fails, if the descriptor isn't the file's. */
static inline int hostmem_raw_call(hostmem_file file, unsigned long request, void *arg)
{
	struct hostmem_raw_head *head = arg;
	int fd = hostmem_file_fd(file);
	int saved = errno;
	int ret;

	head->id = hostmem_file_id(file);

	do {
		ret = ioctl(fd, (hostmem_ioctl_request)request, arg);
	} while (ret < 0 && errno == EINTR);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

/* The load pages, HOSTMEM_LOAD_PAGES from the address returned; NULL: no mapping. */
static inline void *hostmem_raw_map_load(int fd)
{
	int saved = errno;
	void *pages = mmap(NULL, HOSTMEM_LOAD_PAGES * HOSTMEM_PAGE_SIZE, PROT_READ,
			   MAP_SHARED, fd, HOSTMEM_LOAD_OFFSET);

	errno = saved;
	return pages == MAP_FAILED ? NULL : pages;
}

/* Has new load pages take the place of old ones, for all who read there at once. */
static inline bool hostmem_raw_move_load(const void *pages, const void *place)
{
	const size_t length = HOSTMEM_LOAD_PAGES * HOSTMEM_PAGE_SIZE;
	int saved = errno;
	void *moved = mremap((void *)(uintptr_t)pages, length, length,
			     MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(uintptr_t)place);

	errno = saved;
	return moved == place;
}

static inline void hostmem_raw_unmap_load(const void *pages)
{
	int saved = errno;

	munmap((void *)(uintptr_t)pages, HOSTMEM_LOAD_PAGES * HOSTMEM_PAGE_SIZE);
	errno = saved;
}

/* Nanoseconds of a clock that always works; no system call, but in the vDSO. */
static inline uint64_t hostmem_raw_time(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif /* HOSTMEM_IOCTL_H */
