/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's sizes for files of the module that are compiled on the host. */
#ifndef HOST_LINUX_SIZES_H
#define HOST_LINUX_SIZES_H

#define SZ_2M	0x00200000

#endif /* HOST_LINUX_SIZES_H */
