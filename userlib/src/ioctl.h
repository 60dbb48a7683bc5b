/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The raw layer: one inline per system call, and nothing between the caller and
 * the kernel.  Called by manager.c, load.c and notifier.c only.
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
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

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

static inline int hostmem_raw_call(int fd, unsigned long request, void *arg)
{
	int saved = errno;
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

static inline int hostmem_raw_alloc(int fd, struct hostmem_alloc *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_ALLOC, arg);
}

static inline int hostmem_raw_free(int fd, struct hostmem_free *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_FREE, arg);
}

static inline int hostmem_raw_query(int fd, struct hostmem_query *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_QUERY, arg);
}

static inline int hostmem_raw_status(int fd, struct hostmem_status *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_STATUS, arg);
}

static inline int hostmem_raw_protect(int fd, struct hostmem_protect *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_PROTECT, arg);
}

static inline int hostmem_raw_watch(int fd, struct hostmem_watch *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_WATCH, arg);
}

static inline int hostmem_raw_limit(int fd, struct hostmem_limit *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_LIMIT, arg);
}

static inline int hostmem_raw_shutdown(int fd, struct hostmem_shutdown *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_SHUTDOWN, arg);
}

static inline int hostmem_raw_load(int fd, struct hostmem_load *arg)
{
	return hostmem_raw_call(fd, HOSTMEM_IOC_LOAD, arg);
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

/* A descriptor that poll() finds readable after hostmem_raw_ring(). */
static inline int hostmem_raw_bell(void)
{
	int saved = errno;
	int ret = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

static inline void hostmem_raw_ring(int bell)
{
	const uint64_t one = 1;
	int saved = errno;

	/* Fails if it has rung too often to count, and then it is readable. */
	if (write(bell, &one, sizeof(one)) < 0)
		errno = saved;
}

static inline void hostmem_raw_hush(int bell)
{
	uint64_t count;
	int saved = errno;

	if (read(bell, &count, sizeof(count)) < 0)
		errno = saved;
}

#endif /* HOSTMEM_IOCTL_H */
