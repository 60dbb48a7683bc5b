/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's list head for files of the module that are compiled on the host. */
#ifndef HOST_LINUX_LIST_H
#define HOST_LINUX_LIST_H

struct list_head {
	struct list_head *next, *prev;
};

#endif /* HOST_LINUX_LIST_H */
