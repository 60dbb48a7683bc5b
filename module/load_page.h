/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pages that show a part of the load to user space.  charge.c, the one caller,
 * has the lock.
 *
 * A page that many users see tells in steps of 1 MiB what they have together: what
 * can be read in a loop without a system call would else tell each of them when
 * another one commits a page.  All is rounded so that there is no less than told.
 */
#ifndef HOSTMEM_LOAD_PAGE_H
#define HOSTMEM_LOAD_PAGE_H

#include <linux/hostmem.h>
#include <linux/mm_types.h>

#include "pressure.h"
#include "quota.h"

/**
 * hm_load_page_alloc - make a page that says nothing yet
 * @shared: do several users see it?  Then none of them pays for it.
 */
struct hostmem_load_page *hm_load_page_alloc(bool shared);

/** hm_load_page_free - Called with what hm_load_page_alloc() has returned, or NULL. */
void hm_load_page_free(struct hostmem_load_page *page);

/** hm_load_page_show_charged - show what is charged to the quota of a page */
void hm_load_page_show_charged(const struct hm_quota *quota, bool shared);

/** hm_load_page_show_limit - show the limit of the quota of a page */
void hm_load_page_show_limit(const struct hm_quota *quota);

/** hm_load_page_show_memory - show what memory there is, in the page of a quota */
void hm_load_page_show_memory(const struct hm_quota *quota,
			      const struct hm_memory *memory);

/** hm_load_page_bytes - pages as user space sees them: U64_MAX if there is no end */
static inline u64 hm_load_page_bytes(unsigned long pages)
{
	return pages >= HM_UNLIMITED ? U64_MAX : (u64)pages << PAGE_SHIFT;
}

#endif /* HOSTMEM_LOAD_PAGE_H */
