// SPDX-License-Identifier: GPL-2.0
/*
 * Argument checks.  See rules.h.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/overflow.h>

#include "rules.h"

#define ALLOC_TYPES	(HOSTMEM_COMMIT | HOSTMEM_RESERVE | HOSTMEM_TOP_DOWN)

/* [down(addr), up(addr + length)), all of it below @limit (A9-A11, F13). */
static int page_range(u64 addr, u64 length, unsigned long limit,
		      unsigned long *start, unsigned long *end)
{
	u64 last;

	if (!length || check_add_overflow(addr, length - 1, &last))
		return -EINVAL;
	if (last >= limit)
		return -EINVAL;
	*start = ALIGN_DOWN(addr, HOSTMEM_PAGE_SIZE);
	*end = ALIGN(last + 1, HOSTMEM_PAGE_SIZE);
	return 0;
}

int hm_check_alloc(const struct hostmem_alloc *arg, unsigned long task_size,
		   struct hm_alloc_request *req)
{
	if (arg->type & ~ALLOC_TYPES)				/* A2 */
		return -EINVAL;
	if (!(arg->type & (HOSTMEM_COMMIT | HOSTMEM_RESERVE)))	/* A3 */
		return -EINVAL;
	if (arg->level > HOSTMEM_LEVEL_PROCESS)
		return -EINVAL;

	*req = (struct hm_alloc_request) {
		.protect = arg->protect,
		.want = hm_state_of_protect(arg->protect),
		.level = arg->level,
		.anywhere = !arg->addr,
		.commit = arg->type & HOSTMEM_COMMIT,
		/* A commit at no address is a reservation, too (C1). */
		.reserve = arg->type & HOSTMEM_RESERVE || !arg->addr,
		.top_down = arg->type & HOSTMEM_TOP_DOWN,
	};
	if (req->want == HM_RESERVED)				/* A8 */
		return -EINVAL;
	if (page_range(arg->addr, arg->length, task_size, &req->start,
		       &req->end))
		return -EINVAL;
	if (req->reserve) {
		req->start = ALIGN_DOWN(req->start, HOSTMEM_GRANULE);	/* B2 */
		if (!req->start && !req->anywhere)		/* A1 */
			return -EINVAL;
	}
	return 0;
}

int hm_check_free(const struct hostmem_free *arg, unsigned long task_size,
		  struct hm_free_request *req)
{
	if (arg->type != HOSTMEM_DECOMMIT && arg->type != HOSTMEM_RELEASE)
		return -EINVAL;					/* F1 */
	req->release = arg->type == HOSTMEM_RELEASE;
	if (req->release && arg->length)			/* F2 */
		return -EINVAL;
	if (!arg->length) {
		if (arg->addr >= task_size)			/* F13 */
			return -EINVAL;
		req->start = ALIGN_DOWN(arg->addr, HOSTMEM_PAGE_SIZE);
		req->end = req->start;
		return 0;
	}
	return page_range(arg->addr, arg->length, task_size, &req->start,
			  &req->end);
}
