/* SPDX-License-Identifier: GPL-2.0 */
/* The entrance from user space: see ioctl.c.  Called through main.c's table. */
#ifndef HOSTMEM_IOCTL_H
#define HOSTMEM_IOCTL_H

#include <linux/fs.h>

long hm_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* HOSTMEM_IOCTL_H */
