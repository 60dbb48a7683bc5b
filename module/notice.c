// SPDX-License-Identifier: GPL-2.0
/*
 * What the module tells the administrator.  See notice.h; hostmem(4) has the names.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>

#include "charge.h"
#include "notice.h"
#include "pool.h"
#include "space.h"

#define MIB_OF(pages)	((pages) / (SZ_1M / PAGE_SIZE))

static atomic_long_t refused = ATOMIC_LONG_INIT(0);

/* One in so long: who tries again and again makes no more of it. */
static DEFINE_RATELIMIT_STATE(refusals, 60 * HZ, 1);

/*
 * The log
 */

void hm_notice_loaded(void)
{
	const char *version = THIS_MODULE->version;

	/* What it doesn't say is no line of its own. */
	ratelimit_set_flags(&refusals, RATELIMIT_MSG_ON_RELEASE);
	pr_info("loaded%s%s, commit limit %lu MiB\n", version ? ", version " : "",
		version ?: "", MIB_OF(hm_charge_total().limit));
}

void hm_notice_refused(enum hm_lack lack, unsigned long pages)
{
	atomic_long_inc(&refused);
	/* What no limit could be high enough for is the caller's mistake. */
	if (lack != HM_LACK_MODULE_LIMIT || pages > totalram_pages())
		return;
	if (__ratelimit(&refusals))
		pr_notice("commit of %lu kB by %s[%d] refused: of the limit, commit_limit_mb=%lu, too little is left; see hostmem(4)\n",
			  pages << (PAGE_SHIFT - 10), current->comm, task_tgid_nr(current),
			  MIB_OF(hm_charge_total().limit));
}

/*
 * Counters
 */

static ssize_t show_number(char *buf, unsigned long number)
{
	return sysfs_emit(buf, "%lu\n", number);
}

static ssize_t show_pages(char *buf, unsigned long pages)
{
	return show_number(buf, pages << (PAGE_SHIFT - 10));
}

static ssize_t charged_kb_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_pages(buf, hm_charge_total().charged);
}
static DEVICE_ATTR_RO(charged_kb);

static ssize_t limit_kb_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_pages(buf, hm_charge_total().limit);
}
static DEVICE_ATTR_RO(limit_kb);

static ssize_t waiting_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_number(buf, hm_charge_total().waiting);
}
static DEVICE_ATTR_RO(waiting);

static ssize_t refused_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_number(buf, atomic_long_read(&refused));
}
static DEVICE_ATTR_RO(refused);

static ssize_t reset_kb_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_pages(buf, hm_spaces_nr_reset());
}
static DEVICE_ATTR_RO(reset_kb);

static ssize_t pooled_kb_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_pages(buf, hm_pools_pages());
}
static DEVICE_ATTR_RO(pooled_kb);

static ssize_t spaces_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_number(buf, hm_spaces_nr());
}
static DEVICE_ATTR_RO(spaces);

static struct attribute *attributes[] = {
	&dev_attr_charged_kb.attr,
	&dev_attr_limit_kb.attr,
	&dev_attr_waiting.attr,
	&dev_attr_refused.attr,
	&dev_attr_reset_kb.attr,
	&dev_attr_pooled_kb.attr,
	&dev_attr_spaces.attr,
	NULL,
};

static const struct attribute_group group = {
	.attrs = attributes,
};

const struct attribute_group *hm_notice_groups[] = {
	&group,
	NULL,
};
