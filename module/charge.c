// SPDX-License-Identifier: GPL-2.0
/*
 * The commit charge and its module parameters.  See charge.h.
 */
#include <linux/atomic.h>
#include <linux/hostmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "charge.h"

#define PAGES_PER_MB	(SZ_1M / PAGE_SIZE)

static unsigned long commit_limit_mb;
module_param(commit_limit_mb, ulong, 0644);
MODULE_PARM_DESC(commit_limit_mb,
		 "Limit of all commits in MiB (default, and for 0: 3/4 of RAM)");

static unsigned int critical_reserve_pct = 10;
module_param(critical_reserve_pct, uint, 0644);
MODULE_PARM_DESC(critical_reserve_pct,
		 "Percent of the limit kept back for critical commits (default: 10)");

static atomic_long_t charged = ATOMIC_LONG_INIT(0);

static unsigned long default_limit_mb(void)
{
	return totalram_pages() / 4 * 3 / PAGES_PER_MB;
}

/* Let those who read the parameter see a number. */
void hm_charge_init(void)
{
	if (!commit_limit_mb)
		commit_limit_mb = default_limit_mb();
}

unsigned long hm_charge_limit_pages(void)
{
	unsigned long mb = READ_ONCE(commit_limit_mb) ?: default_limit_mb();

	/* More than there are addresses is as good as no limit. */
	return min(mb, TASK_SIZE_MAX / SZ_1M) * PAGES_PER_MB;
}

/* A task leaves the whole reserve alone, an application domain half of it. */
static unsigned long limit_at_level(u32 level)
{
	unsigned long limit = hm_charge_limit_pages();
	unsigned int pct = min(READ_ONCE(critical_reserve_pct), 100u);
	unsigned long reserve = limit / 100 * pct + limit % 100 * pct / 100;

	switch (level) {
	case HOSTMEM_LEVEL_TASK:
		return limit - reserve;
	case HOSTMEM_LEVEL_APPDOMAIN:
		return limit - reserve / 2;
	default:
		return limit;
	}
}

int hm_charge(unsigned long pages, u32 level)
{
	long limit = limit_at_level(level);
	long old = atomic_long_read(&charged);

	/* A change of protection takes nothing, however full the limit is. */
	if (!pages)
		return 0;
	do {
		if (old > limit || pages > (unsigned long)(limit - old))
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(&charged, &old, old + pages));
	return 0;
}

void hm_uncharge(unsigned long pages)
{
	WARN_ON_ONCE(atomic_long_sub_return(pages, &charged) < 0);
}

unsigned long hm_charged_pages(void)
{
	return atomic_long_read(&charged);
}
