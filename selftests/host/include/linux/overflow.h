/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's checked sum for files of the module that are compiled on the host. */
#ifndef HOST_LINUX_OVERFLOW_H
#define HOST_LINUX_OVERFLOW_H

#define check_add_overflow(a, b, sum)	__builtin_add_overflow(a, b, sum)

#endif /* HOST_LINUX_OVERFLOW_H */
