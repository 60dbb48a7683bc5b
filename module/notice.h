/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module tells the administrator: lines in the log, and counters of the whole
 * module in /sys/class/misc/hostmem.  What a caller does wrong, and what his own limit
 * refuses, isn't logged: that is his to act on, and he has the error.
 *
 * Called by commit.c, which reports what is refused, and main.c.
 */
#ifndef HOSTMEM_NOTICE_H
#define HOSTMEM_NOTICE_H

struct attribute_group;

/**
 * enum hm_lack - what there wasn't enough of
 * @HM_LACK_OWN_LIMIT: room in the limit of the file
 * @HM_LACK_MODULE_LIMIT: room in that of the module
 * @HM_LACK_MEMORY: memory, of the machine or of the memory cgroup
 */
enum hm_lack {
	HM_LACK_OWN_LIMIT,
	HM_LACK_MODULE_LIMIT,
	HM_LACK_MEMORY,
};

/**
 * hm_notice_refused - a commit of the current task has been refused
 * @lack: why
 * @pages: of the range, committed ones included
 *
 * Context: no lock held.
 */
void hm_notice_refused(enum hm_lack lack, unsigned long pages);

/** hm_notice_loaded - the module is ready */
void hm_notice_loaded(void);

/** hm_notice_groups - the device's attributes, ended by NULL */
extern const struct attribute_group *hm_notice_groups[];

#endif /* HOSTMEM_NOTICE_H */
