/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory pressure: a shrinker that takes pages whose contents may go.
 * Registered by main.c; see reclaim.c.
 */
#ifndef HOSTMEM_RECLAIM_H
#define HOSTMEM_RECLAIM_H

int hm_reclaim_init(void);
void hm_reclaim_exit(void);

#endif /* HOSTMEM_RECLAIM_H */
