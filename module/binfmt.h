/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The entrance from core dumps.  Called by the kernel through a process's binary format,
 * which mapping.c has put there.
 */
#ifndef HOSTMEM_BINFMT_H
#define HOSTMEM_BINFMT_H

/**
 * hm_binfmt_use - have a say in the core dump of the current address space
 *
 * Context: mmap_lock held for writing.
 */
void hm_binfmt_use(void);

#endif /* HOSTMEM_BINFMT_H */
