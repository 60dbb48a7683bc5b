/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may read and write what a page's protection forbids: debuggers, as far as the
 * kernel lets them do so to memory of its own (S4).
 *
 * main.c has it looked at, mapping.c asks.  Stands beside all else: calls nothing of
 * ours.
 */
#ifndef HOSTMEM_FORCE_H
#define HOSTMEM_FORCE_H

#include <linux/types.h>

struct mm_struct;

/**
 * hm_force_init - find out what the kernel does with /proc/PID/mem
 *
 * Context: module init; uses the address space of the caller for a moment.
 */
void hm_force_init(void);

/**
 * hm_may_force - may the caller have any access to an address space's pages?
 * @mm: the address space
 *
 * Context: vm_ops->access, which isn't told.  Locks of its own: RCU.
 */
bool hm_may_force(struct mm_struct *mm);

#endif /* HOSTMEM_FORCE_H */
