// SPDX-License-Identifier: GPL-2.0
/*
 * A limit of committed pages and what is charged against it.  See quota.h.
 */
#include <linux/minmax.h>

#include "quota.h"

/*
 * Little is available when a task, the lowest level, is about to be refused; so
 * whoever can give memory back hears of it before that.
 */
#define LOW_PART	16	/* of what a task may charge */
#define HIGH_PARTS	3	/* such parts are plenty */

void hm_quota_set(struct hm_quota *quota, unsigned long limit,
		  unsigned int percent)
{
	unsigned long reserve, part;

	limit = min(limit, HM_UNLIMITED);
	percent = min(percent, 100u);
	reserve = limit / 100 * percent + limit % 100 * percent / 100;

	quota->limit = limit;
	quota->percent = percent;
	quota->at_level[HOSTMEM_LEVEL_TASK] = limit - reserve;
	quota->at_level[HOSTMEM_LEVEL_APPDOMAIN] = limit - reserve / 2;
	quota->at_level[HOSTMEM_LEVEL_PROCESS] = limit;

	part = (limit - reserve) / LOW_PART;
	quota->low = limit - reserve - part;
	quota->high = limit - reserve - part * HIGH_PARTS;
}

unsigned long hm_quota_room(const struct hm_quota *quota, u32 level)
{
	unsigned long limit = quota->at_level[level];

	return limit > quota->charged ? limit - quota->charged : 0;
}

u32 hm_quota_available(const struct hm_quota *quota)
{
	if (quota->charged >= quota->low)
		return HOSTMEM_AVAILABLE_LOW;
	if (quota->charged > quota->high)
		return HOSTMEM_AVAILABLE_NEUTRAL;
	return HOSTMEM_AVAILABLE_HIGH;
}

u32 hm_quota_available_of(unsigned long limit, unsigned long left)
{
	unsigned long part = limit / LOW_PART;

	if (left <= part)
		return HOSTMEM_AVAILABLE_LOW;
	if (left < part * HIGH_PARTS)
		return HOSTMEM_AVAILABLE_NEUTRAL;
	return HOSTMEM_AVAILABLE_HIGH;
}
