/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The raw layer: one inline per system call, and nothing between the caller and
 * the kernel.  Called by manager.c only.
 *
 * Returns are 0 or a file descriptor for success and -errno for failure; the
 * thread's errno stays as it was, for the library promises that to its callers.
 * Nothing is checked and nothing is retried.
 */
#ifndef HOSTMEM_IOCTL_H
#define HOSTMEM_IOCTL_H

#include <errno.h>
#include <fcntl.h>
#include <linux/hostmem.h>
#include <sys/ioctl.h>
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
	int ret = ioctl(fd, request, arg);

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

#endif /* HOSTMEM_IOCTL_H */
