/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much memory a space can still get: the limits, the load and who wants to
 * hear of it.  Called by ioctl.c, mapping.c and main.c with no lock of ours held.
 */
#ifndef HOSTMEM_LOAD_H
#define HOSTMEM_LOAD_H

#include "space.h"

struct poll_table_struct;

/** hm_space_status - fill the out_ members */
void hm_space_status(struct hm_space *space, struct hostmem_status *status);

/** hm_space_load - fill the out_ members, and let poll(2) wait for the next change */
void hm_space_load(struct hm_space *space, struct hostmem_load *load);

/** hm_space_poll - poll(2) of the file: has the load changed since it was read? */
__poll_t hm_space_poll(struct hm_space *space, struct file *file,
		       struct poll_table_struct *table);

/** hm_space_unpoll - nobody polls the file any more, for it is being released */
void hm_space_unpoll(struct hm_space *space);

/**
 * hm_space_load_page - the page that shows a part of the load
 * @space: whose load
 * @mm: the address space that looks
 * @index: 0 for the machine and the module, 1 for the space
 *
 * Return: the page, with a reference; NULL if there is none.
 */
struct page *hm_space_load_page(struct hm_space *space,
				const struct mm_struct *mm, unsigned long index);

/** hm_load_init - Return: 0 or -ENOMEM */
int hm_load_init(void);
void hm_load_exit(void);

#endif /* HOSTMEM_LOAD_H */
