/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's parameters, which root may change at any time.  See params.c.
 */
#ifndef HOSTMEM_PARAMS_H
#define HOSTMEM_PARAMS_H

/** hm_params_init - settle the defaults; called by main.c */
void hm_params_init(void);

#endif /* HOSTMEM_PARAMS_H */
