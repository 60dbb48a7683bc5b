// SPDX-License-Identifier: GPL-2.0
/*
 * Argument checks.  See rules.h.
 */
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/nospec.h>
#include <linux/overflow.h>

#include "rules.h"

#define RESETS		(HOSTMEM_RESET | HOSTMEM_RESET_UNDO)
#define RESERVE_TYPES	(HOSTMEM_COMMIT | HOSTMEM_RESERVE | HOSTMEM_TOP_DOWN | \
			 HOSTMEM_WRITE_WATCH | HOSTMEM_LARGE_PAGES)

int hm_check_range(u64 addr, u64 length, unsigned long limit,
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

/* Which types go together (A2-A7, L1, L4). */
static bool types_are_valid(u32 type)
{
	const u32 both = HOSTMEM_RESERVE | HOSTMEM_COMMIT;

	if (type & RESETS)
		return type == HOSTMEM_RESET || type == HOSTMEM_RESET_UNDO;
	if (type & ~RESERVE_TYPES || !(type & both))
		return false;
	if (type & HOSTMEM_WRITE_WATCH && !(type & HOSTMEM_RESERVE))
		return false;
	if (type & HOSTMEM_LARGE_PAGES)
		return (type & both) == both && !(type & HOSTMEM_WRITE_WATCH);
	return true;
}

static bool large_pages_are_valid(const struct hostmem_alloc *arg,
				  hm_state_t want)
{
	return hm_state_mapped(want) && IS_ALIGNED(arg->addr, HM_LARGE_PAGE) &&
	       IS_ALIGNED(arg->length, HM_LARGE_PAGE);
}

int hm_check_alloc(const struct hostmem_alloc *arg, unsigned long task_size,
		   struct hm_alloc_request *req)
{
	if (!types_are_valid(arg->type))
		return -EINVAL;
	if (arg->level > HOSTMEM_LEVEL_PROCESS || arg->flags & ~HOSTMEM_ALLOC_PINNABLE)
		return -EINVAL;

	*req = (struct hm_alloc_request) {
		.protect = arg->protect,
		.want = hm_state_of_protect(arg->protect),
		.level = array_index_nospec(arg->level,
					    HOSTMEM_LEVEL_PROCESS + 1),
		.deadline = arg->deadline,
		.commit = arg->type & HOSTMEM_COMMIT,
		.reset = arg->type == HOSTMEM_RESET,
		.reset_undo = arg->type == HOSTMEM_RESET_UNDO,
		.top_down = arg->type & HOSTMEM_TOP_DOWN,
		.watched = arg->type & HOSTMEM_WRITE_WATCH,
		.large = arg->type & HOSTMEM_LARGE_PAGES,
		.pinnable = arg->flags & HOSTMEM_ALLOC_PINNABLE,
	};
	if (req->want == HM_RESERVED)				/* A8 */
		return -EINVAL;
	if (hm_check_range(arg->addr, arg->length, task_size, &req->start,
			   &req->end))
		return -EINVAL;
	if (req->large && !large_pages_are_valid(arg, req->want))
		return -EINVAL;

	/* A commit at no address is a reservation, too (C1); a reset isn't. */
	req->reserve = arg->type & HOSTMEM_RESERVE ||
		       (req->commit && !arg->addr);
	req->anywhere = req->reserve && !arg->addr;
	if (req->pinnable && !req->reserve)
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
	return hm_check_range(arg->addr, arg->length, task_size, &req->start,
			      &req->end);
}
