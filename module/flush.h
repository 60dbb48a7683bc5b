/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether one flush covers all that lies between the first and the last PTE that a
 * zap meets.  pte.c leaves PTEs between these two to it, which makes unmapping
 * quicker.  The kernel does it that way, but promises it nowhere: so it is tried
 * when the module is loaded.  Where it doesn't hold, a zap meets every PTE.
 * Pinnable pages don't ask for it.
 *
 * main.c has it tried, pte.c asks.  Stands beside all else: calls nothing of ours.
 */
#ifndef HOSTMEM_FLUSH_H
#define HOSTMEM_FLUSH_H

#include <linux/types.h>

/* False until it is known; may become true, once, while others unmap pages. */
extern bool hm_flush_covers;

/**
 * hm_flush_init - find out, unless the module's parameter says what to believe
 *
 * Context: module init, when that cannot fail any more: a file of the module's lasts
 * until the caller is back in user space, in whose address space it is tried.
 */
void hm_flush_init(void);

#endif /* HOSTMEM_FLUSH_H */
