/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commit charge: how many pages all files of the module may commit.
 *
 * Charge first, allocate then, and give back only after the memory is free
 * again: so the sum never exceeds the limit.  Called by space.c with no lock
 * held; has none of its own.
 */
#ifndef HOSTMEM_CHARGE_H
#define HOSTMEM_CHARGE_H

#include <linux/types.h>

/** hm_charge_init - settle the default of the limit */
void hm_charge_init(void);

/**
 * hm_charge - take pages from the commit limit, all or none
 * @pages: how many
 * @level: HOSTMEM_LEVEL_*; the limit less the reserve that is kept for higher
 *	levels applies
 *
 * Return: 0 or -ENOMEM (rules A13, C16).
 */
int hm_charge(unsigned long pages, u32 level);

/** hm_uncharge - give pages back */
void hm_uncharge(unsigned long pages);

/** hm_charged_pages - what is charged now */
unsigned long hm_charged_pages(void);

/** hm_charge_limit_pages - what may be charged at the highest level */
unsigned long hm_charge_limit_pages(void);

#endif /* HOSTMEM_CHARGE_H */
