/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which arguments are wrong whatever the state of memory: the checks of the
 * contract that come before any lock (rules A1-A11, F1, F2, F13, P1-P6), and
 * the ranges that good arguments stand for.
 *
 * Pure functions; called by ioctl.c.  What comes out of here is trusted.
 */
#ifndef HOSTMEM_RULES_H
#define HOSTMEM_RULES_H

#include <linux/hostmem.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "page_state.h"

/** The size of a large page, and the granularity of regions made of them. */
#define HM_LARGE_PAGE	SZ_2M

/**
 * struct hm_alloc_request - checked arguments of an allocation
 * @start: page aligned; granule aligned with @reserve; 0 with @anywhere
 * @end: page aligned, above @start, within user space
 * @protect: as given
 * @want: the state of committed pages
 * @level: critical level of the commit
 * @deadline: until when it may wait for room in the limits; 0: not at all
 * @reserve: make a region
 * @commit: commit its pages, or those of the region that is there
 * @reset: let the contents of committed pages go
 * @reset_undo: keep them again
 * @anywhere: the kernel chooses the address
 * @top_down: as high as possible
 * @watched: the region gets a write watch
 * @large: the region is made of large pages
 * @pinnable: others may hold its pages
 */
struct hm_alloc_request {
	unsigned long start;
	unsigned long end;
	u32 protect;
	hm_state_t want;
	u32 level;
	u64 deadline;
	bool reserve;
	bool commit;
	bool reset;
	bool reset_undo;
	bool anywhere;
	bool top_down;
	bool watched;
	bool large;
	bool pinnable;
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

/**
 * hm_check_range - check and round a range of bytes
 * @addr: first byte
 * @length: how many, not 0
 * @limit: end of the caller's address space
 * @start: gets @addr rounded down to its page
 * @end: gets the end rounded up to the page
 *
 * Return: 0 or -EINVAL (rules A9-A11, F13, T9, T10, W22).
 */
int hm_check_range(u64 addr, u64 length, unsigned long limit,
		   unsigned long *start, unsigned long *end);

#endif /* HOSTMEM_RULES_H */
