/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which arguments are wrong whatever the state of memory: the checks of the
 * contract that come before any lock (rules A1-A11, F1, F2, F13, P1-P4), and
 * the ranges that good arguments stand for.
 *
 * Pure functions; called by ioctl.c.  What comes out of here is trusted.
 */
#ifndef HOSTMEM_RULES_H
#define HOSTMEM_RULES_H

#include <linux/hostmem.h>
#include <linux/types.h>

#include "page_state.h"

/**
 * struct hm_alloc_request - checked arguments of an allocation
 * @start: page aligned; granule aligned with @reserve; 0 with @anywhere
 * @end: page aligned, above @start, within user space
 * @protect: as given
 * @want: the state of committed pages
 * @level: critical level of the commit
 * @reserve: make a region
 * @commit: commit its pages, or those of the region that is there
 * @anywhere: the kernel chooses the address
 * @top_down: as high as possible
 */
struct hm_alloc_request {
	unsigned long start;
	unsigned long end;
	u32 protect;
	hm_state_t want;
	u32 level;
	bool reserve;
	bool commit;
	bool anywhere;
	bool top_down;
};

/**
 * struct hm_free_request - checked arguments of a free
 * @start: page aligned
 * @end: page aligned; @start where the whole region is meant
 * @release: release rather than decommit
 */
struct hm_free_request {
	unsigned long start;
	unsigned long end;
	bool release;
};

/**
 * hm_check_alloc - check an allocation and round its range
 * @arg: from user space
 * @task_size: end of the caller's address space
 * @req: filled on success
 *
 * Return: 0 or -EINVAL.
 */
int hm_check_alloc(const struct hostmem_alloc *arg, unsigned long task_size,
		   struct hm_alloc_request *req);

/**
 * hm_check_free - check a free and round its range
 * @arg: from user space
 * @task_size: end of the caller's address space
 * @req: filled on success
 *
 * Return: 0 or -EINVAL.
 */
int hm_check_free(const struct hostmem_free *arg, unsigned long task_size,
		  struct hm_free_request *req);

#endif /* HOSTMEM_RULES_H */
