/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * The type of ioctl()'s second argument: glibc's is an unsigned long, POSIX' and musl's
 * an int.  For ioctl.h, and tests that have an ioctl() of their own.
 */
#ifndef HOSTMEM_IOCTL_REQUEST_H
#define HOSTMEM_IOCTL_REQUEST_H

#include <stdint.h>	/* which says whose it is */

#ifdef __GLIBC__
typedef unsigned long hostmem_ioctl_request;
#else
typedef int hostmem_ioctl_request;
#endif

#endif /* HOSTMEM_IOCTL_REQUEST_H */
