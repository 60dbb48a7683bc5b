/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's types for files of the module that are compiled on the host. */
#ifndef HOST_LINUX_TYPES_H
#define HOST_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>

/* What user space has of this header: __u32 and so on. */
#include_next <linux/types.h>

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

#endif /* HOST_LINUX_TYPES_H */
