// SPDX-License-Identifier: GPL-2.0
/*
 * What of a space is dumped.  See dump.h.
 */
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "account.h"
#include "dump.h"
#include "region_dump.h"

/*
 * A child of vfork that dies has to leave all as it was.  Of a process's own children
 * nobody takes notice: they are about to leave the address space, and find all accessible.
 */
bool hm_space_is_borrowed(const struct hm_space *space)
{
	const struct mm_struct *mm = space->mm;
	struct task_struct *process, *thread;
	bool borrowed = false;
	int own = 0;

	rcu_read_lock();
	/* A thread that has ended is still one of the process, and has no mm. */
	for_each_thread(current, thread)
		own += READ_ONCE(thread->mm) == mm;
	if (atomic_read(&mm->mm_users) <= own) {
		rcu_read_unlock();
		return false;
	}
	for_each_process(process) {
		if (process->flags & PF_KTHREAD ||
		    same_thread_group(process, current) ||
		    same_thread_group(rcu_dereference(process->real_parent), current))
			continue;
		for_each_thread(process, thread)
			borrowed = borrowed || READ_ONCE(thread->mm) == mm;
	}
	rcu_read_unlock();
	return borrowed;
}

enum hm_dump hm_space_dump(struct hm_space *space, struct hm_region *region,
			   bool sparse)
{
	enum hm_dump dump = HM_DUMP_NOT;
	struct hm_account account;

	mutex_lock(&region->lock);
	if (!region->committed || hm_region_is_sparse(region) != sparse) {
		dump = HM_DUMP_NOT;
	} else if (region->dumped) {
		/* By its owner, and a child that has been left with it is dumped, too. */
		dump = HM_DUMP_AS_BEFORE;
	} else {
		account = hm_account_open(space, region);
		dump = hm_region_dump(region) ? HM_DUMP_FAULTS : HM_DUMP_MAPPED;
		hm_account_close(&account);
	}
	mutex_unlock(&region->lock);
	return dump;
}

void hm_space_dump_runs(struct hm_region *region, hm_dump_run_fn *fn, void *data)
{
	mutex_lock(&region->lock);
	hm_region_dump_runs(region, fn, data);
	mutex_unlock(&region->lock);
}

struct page *hm_space_dump_page(struct hm_region *region, unsigned long addr)
{
	struct page *page;

	mutex_lock(&region->lock);
	page = hm_region_dump_page(region, addr);
	mutex_unlock(&region->lock);
	return page;
}
