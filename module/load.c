// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory a space can still get.  See load.h.
 */
#include <linux/mm.h>
#include <linux/poll.h>

#include "charge.h"
#include "clock.h"
#include "compat.h"
#include "load.h"
#include "pressure.h"
#include "rules.h"

/* What strangers see of a space that isn't theirs. */
static struct page *blank;

void hm_space_status(struct hm_space *space, struct hostmem_status *status)
{
	struct hm_charge_report report = hm_charge_report(&space->quota);

	mutex_lock(&space->lock);
	status->out_regions = space->nr_regions;
	status->out_reserved_bytes = space->reserved << PAGE_SHIFT;
	status->out_committed_bytes = space->committed << PAGE_SHIFT;
	status->out_overhead_bytes = space->extra << PAGE_SHIFT;
	mutex_unlock(&space->lock);
	status->out_total_committed_bytes = report.charged << PAGE_SHIFT;
	status->out_commit_limit_bytes = hm_charge_limit_bytes(report.limit);
	status->out_large_page_bytes = hm_large_pages_work() ? HM_LARGE_PAGE : 0;
	status->out_own_limit_bytes = hm_charge_limit_bytes(report.own_limit);
	status->out_waiting = report.waiting;
}

/* Let the space's page tell what its process's clock says. */
static void note_clock(struct hm_space *space)
{
	struct hostmem_load_page *page = READ_ONCE(space->quota.page);

	if (page)
		WRITE_ONCE(page->clock_offset, hm_clock_offset());
}

void hm_space_load(struct hm_space *space, struct hostmem_load *load)
{
	struct hm_charge_report report = hm_charge_report(&space->quota);
	struct hm_memory memory = hm_pressure_memory();

	hm_charge_note_memory(memory.total, memory.available);
	load->out_available = min(report.available, memory.level);
	load->out_total_bytes = (u64)memory.total << PAGE_SHIFT;
	load->out_available_bytes = (u64)memory.available << PAGE_SHIFT;
	load->out_room_bytes = (u64)min(report.room, memory.available) << PAGE_SHIFT;
	WRITE_ONCE(space->seen, load->out_available);
	note_clock(space);
}

__poll_t hm_space_poll(struct hm_space *space, struct file *file,
		       struct poll_table_struct *table)
{
	u32 available;

	hm_pressure_wait(file, table);
	if (READ_ONCE(space->shut))
		return EPOLLHUP;
	available = min(hm_charge_report(&space->quota).available,
			hm_pressure_memory().level);
	return available != READ_ONCE(space->seen) ? EPOLLIN | EPOLLRDNORM : 0;
}

struct page *hm_space_load_page(struct hm_space *space,
				const struct mm_struct *mm, unsigned long index)
{
	struct hostmem_load_page *own;
	struct page *page = blank;

	if (index >= HOSTMEM_LOAD_PAGES)
		return NULL;
	if (mm == space->mm)
		page = hm_charge_page(index ? &space->quota : NULL);
	if (!page)
		return NULL;
	if (index && page != blank) {
		own = page_address(page);
		WRITE_ONCE(own->id, space->id);
	}
	get_page(page);
	return page;
}

int hm_load_init(void)
{
	blank = alloc_page(GFP_KERNEL | __GFP_ZERO);
	return blank ? 0 : -ENOMEM;
}

void hm_load_exit(void)
{
	__free_page(blank);
}
