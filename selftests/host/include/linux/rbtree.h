/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's tree nodes for files of the module that are compiled on the host. */
#ifndef HOST_LINUX_RBTREE_H
#define HOST_LINUX_RBTREE_H

struct rb_node {
	unsigned long parent_color;
	struct rb_node *right, *left;
};

struct rb_root {
	struct rb_node *node;
};

#endif /* HOST_LINUX_RBTREE_H */
