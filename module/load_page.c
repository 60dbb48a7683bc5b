// SPDX-License-Identifier: GPL-2.0
/*
 * The pages that show a part of the load.  See load_page.h.
 */
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>

#include "gfp.h"
#include "load_page.h"

struct hostmem_load_page *hm_load_page_alloc(bool shared)
{
	/* One that stays is not to keep a process's cgroup. */
	return (void *)get_zeroed_page(shared ? GFP_KERNEL : HM_GFP);
}

void hm_load_page_free(struct hostmem_load_page *page)
{
	free_page((unsigned long)page);
}

void hm_load_page_show_charged(const struct hm_quota *quota, bool shared)
{
	u64 bytes = (u64)quota->charged << PAGE_SHIFT;

	if (shared)
		bytes = round_up(bytes, SZ_1M);
	WRITE_ONCE(quota->page->charged_bytes, bytes);
}

void hm_load_page_show_limit(const struct hm_quota *quota)
{
	WRITE_ONCE(quota->page->limit_bytes, hm_load_page_bytes(quota->limit));
}

void hm_load_page_show_memory(const struct hm_quota *quota,
			      const struct hm_memory *memory)
{
	struct hostmem_load_page *page = quota->page;
	u64 uncommitted = hm_load_page_bytes(memory->available);

	/*
	 * Of the machine and of a cgroup all that live there have a part.  Who reads
	 * takes off what is charged then, and that is rounded up.
	 */
	if (uncommitted != U64_MAX)
		uncommitted += (u64)quota->charged << PAGE_SHIFT;
	if (uncommitted != U64_MAX)
		uncommitted = round_down(uncommitted, SZ_1M);
	WRITE_ONCE(page->total_bytes, hm_load_page_bytes(memory->total));
	WRITE_ONCE(page->uncommitted_bytes, uncommitted);
	WRITE_ONCE(page->refreshed, ktime_to_ns(ktime_get_coarse()));
}
