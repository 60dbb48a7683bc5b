/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of a caller.  Programs in a time namespace have a CLOCK_MONOTONIC that is
 * ahead of the kernel's, or behind it; all times that cross the interface are theirs
 * (rule S7).  Called by ioctl.c and load.c, on behalf of the calling process.
 */
#ifndef HOSTMEM_CLOCK_H
#define HOSTMEM_CLOCK_H

#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/time_namespace.h>

/** hm_clock_offset - by how many nanoseconds the caller's clock is ahead */
static inline s64 hm_clock_offset(void)
{
	struct timespec64 time = {};

	timens_add_monotonic(&time);
	return timespec64_to_ns(&time);
}

/**
 * hm_clock_deadline - a deadline by the kernel's clock
 * @deadline: by the caller's, or 0 for none; all from KTIME_MAX on is never
 *
 * Return: the same moment.  One before the kernel's time began has passed as well, but
 * isn't 0.
 */
static inline u64 hm_clock_deadline(u64 deadline)
{
	s64 offset;

	if (!deadline || deadline >= KTIME_MAX)
		return deadline;
	offset = hm_clock_offset();
	if (offset < 0)
		return min_t(u64, deadline + -(u64)offset, KTIME_MAX);
	return deadline > offset ? deadline - offset : 1;
}

#endif /* HOSTMEM_CLOCK_H */
