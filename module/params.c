// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters: an entrance for root, through sysfs.  Hands on to
 * charge.c and pool.c what it gets; the lock of parameters is held.
 */
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "block.h"
#include "charge.h"
#include "params.h"
#include "pool.h"

#define PAGES_PER_MB	(SZ_1M / PAGE_SIZE)

static unsigned long commit_limit_mb;
static unsigned int critical_reserve_pct = 10;
/* More than there can be: until hm_params_init() knows what there is. */
static unsigned long pool_limit_mb = ULONG_MAX;

static void take_over(void)
{
	/* Let those who read the parameter see a number. */
	if (!commit_limit_mb)
		commit_limit_mb = totalram_pages() / 4 * 3 / PAGES_PER_MB;
	hm_charge_configure(commit_limit_mb * PAGES_PER_MB, critical_reserve_pct);
}

/* What a parameter shows is what counts: so a number that can't is refused. */
static int set_mb(unsigned long *parameter, const char *value)
{
	unsigned long mb;
	int err;

	err = kstrtoul(value, 0, &mb);
	if (err)
		return err;
	if (mb > totalram_pages() / PAGES_PER_MB)
		return -EINVAL;
	*parameter = mb;
	return 0;
}

static int set_commit_limit(const char *value, const struct kernel_param *param)
{
	int err = set_mb(&commit_limit_mb, value);

	if (!err)
		take_over();
	return err;
}

static int set_critical_reserve(const char *value,
				const struct kernel_param *param)
{
	unsigned int percent;
	int err;

	err = kstrtouint(value, 0, &percent);
	if (err)
		return err;
	if (percent > 100)
		return -EINVAL;
	critical_reserve_pct = percent;
	take_over();
	return 0;
}

static void take_over_pools(void)
{
	hm_pools_limit(pool_limit_mb / (HM_BLOCK_SIZE / SZ_1M));
}

static int set_pool_limit(const char *value, const struct kernel_param *param)
{
	int err = set_mb(&pool_limit_mb, value);

	if (!err)
		take_over_pools();
	return err;
}

static const struct kernel_param_ops commit_limit_ops = {
	.set = set_commit_limit,
	.get = param_get_ulong,
};

static const struct kernel_param_ops critical_reserve_ops = {
	.set = set_critical_reserve,
	.get = param_get_uint,
};

static const struct kernel_param_ops pool_limit_ops = {
	.set = set_pool_limit,
	.get = param_get_ulong,
};

module_param_cb(commit_limit_mb, &commit_limit_ops, &commit_limit_mb, 0644);
MODULE_PARM_DESC(commit_limit_mb,
		 "Limit of all commits in MiB (default, and for 0: 3/4 of RAM)");

module_param_cb(critical_reserve_pct, &critical_reserve_ops,
		&critical_reserve_pct, 0644);
MODULE_PARM_DESC(critical_reserve_pct,
		 "Percent of each limit kept back for critical commits (default: 10)");

module_param_cb(pool_limit_mb, &pool_limit_ops, &pool_limit_mb, 0644);
MODULE_PARM_DESC(pool_limit_mb,
		 "Limit of all memory prepared ahead in MiB (default: 1/16 of RAM, at most 1024; 0: none)");

void hm_params_init(void)
{
	kernel_param_lock(THIS_MODULE);
	take_over();
	if (pool_limit_mb == ULONG_MAX)
		pool_limit_mb = min(totalram_pages() / 16 / PAGES_PER_MB, 1024ul);
	take_over_pools();
	kernel_param_unlock(THIS_MODULE);
}
