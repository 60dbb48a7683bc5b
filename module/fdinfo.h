/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc/PID/fdinfo/N tells of a file of the device.  main.c hands it to the kernel.
 */
#ifndef HOSTMEM_FDINFO_H
#define HOSTMEM_FDINFO_H

struct file;
struct seq_file;

/**
 * hm_show_fdinfo - f_op->show_fdinfo: numbers of the space, and its regions
 *
 * Context: sleeps; no lock held.  May be called several times for one read.
 */
void hm_show_fdinfo(struct seq_file *m, struct file *file);

#endif /* HOSTMEM_FDINFO_H */
