// SPDX-License-Identifier: GPL-2.0
/*
 * hostmem: Windows' virtual memory contract for Linux processes.
 *
 * This file: the device node and what a file of it is.  Knows the entrances
 * ioctl.c and mapping.c, and of the space only its creation and end.
 *
 *	ioctl.c, mapping.c	from user space, and from the memory manager
 *	binfmt.c		from core dumps
 *	fdinfo.c		from readers of /proc/PID/fdinfo
 *	params.c		from root: the module's parameters
 *	  rules.c		  are the arguments right?
 *	  placement.c		  where does a region go?
 *	  calls.c		  each call, under its locks
 *	  reserve.c, commit.c	  the longer ones
 *	    asked.c		    what a commit asks for, and its charge
 *	  load.c		  how much memory is left, and who asks
 *	  reclaim.c, guard.c	  memory pressure; system calls and guard pages
 *	  dump.c		  what of a dying process is dumped
 *	  foreign.c		  what is no region: images, stacks, free memory
 *	  pinned.c		  pages that others hold after their owner's end
 *	    account.c		    what the regions of one file hold together
 *	    space.c		    these regions, by address
 *	      region*.c		      one reservation: the walks over its pages, and pictures
 *	        page_state.c		the state of a page
 *	        block.c, prealloc.c	pages by the 2 MiB, in use and in advance
 *	        backing.c		the memory behind them
 *	          pool*.c, prepared.c	  what is prepared of it ahead
 *	        pmd.c			entries for blocks as a whole
 *	        pte.c, pte_step.c	their page table entries
 *	        pinnable.c		pages that others may hold
 *	        flush.c			what a flush of the TLBs covers
 *	  charge.c, quota.c	  the limits, and who gets room
 *	  waiters.c, load_page.c  who waits for it; what user space sees of it
 *	  pressure.c, memcg.c	  what machine and cgroup have left
 *	  memcg_claim.c		  who takes how much of that
 *	  force.c		  what a debugger may do
 *	  notice.c		  what the administrator is told
 *	  trace.c		  tracepoints, which any file may have
 *
 * Calls go down and to the right only.  Locks: see space.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hostmem.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "charge.h"
#include "fdinfo.h"
#include "flush.h"
#include "force.h"
#include "ioctl.h"
#include "load.h"
#include "mapping.h"
#include "notice.h"
#include "params.h"
#include "pinnable.h"
#include "pinned.h"
#include "pool.h"
#include "reclaim.h"
#include "space.h"

static int hm_open(struct inode *inode, struct file *file)
{
	struct hm_space *space;

	/* A shared mapping that may be written needs both. */
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) !=
	    (FMODE_READ | FMODE_WRITE))
		return -EACCES;
	if (!current->mm)
		return -ENXIO;
	space = hm_space_create(file);
	if (IS_ERR(space))
		return PTR_ERR(space);
	file->private_data = space;
	return nonseekable_open(inode, file);
}

static int hm_release(struct inode *inode, struct file *file)
{
	hm_space_unpoll(file->private_data);
	hm_space_destroy(file->private_data);
	return 0;
}

/*
 * Somebody closes the file, one descriptor of maybe several.  Where its process has
 * ended, nobody will commit anything.
 */
static int hm_flush(struct file *file, fl_owner_t id)
{
	struct hm_space *space = file->private_data;

	if (!atomic_read(&space->mm->mm_users))
		hm_pool_close(READ_ONCE(space->pool));
	return 0;
}

static __poll_t hm_poll(struct file *file, struct poll_table_struct *table)
{
	return hm_space_poll(file->private_data, file, table);
}

static const struct file_operations hm_fops = {
	.owner			= THIS_MODULE,
	.open			= hm_open,
	.flush			= hm_flush,
	.release		= hm_release,
	.unlocked_ioctl		= hm_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.poll			= hm_poll,
	.mmap			= hm_mmap,
	.get_unmapped_area	= hm_get_unmapped_area,
	.show_fdinfo		= hm_show_fdinfo,
};

static struct miscdevice hm_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "hostmem",
	.fops	= &hm_fops,
	.mode	= 0660,
	.groups	= hm_notice_groups,
};

static int __init hm_init(void)
{
	int err;

	if (PAGE_SIZE != HOSTMEM_PAGE_SIZE) {
		pr_err("pages of this kernel have %lu bytes, and the contract is about pages of %u: not loaded\n",
		       PAGE_SIZE, HOSTMEM_PAGE_SIZE);
		return -ENODEV;
	}
	hm_params_init();
	hm_force_init();
	err = hm_pinnable_init();
	if (err)
		return err;
	err = hm_pool_init();
	if (err)
		goto free_pinnable;
	err = hm_load_init();
	if (err)
		goto free_pool;
	err = hm_reclaim_init();
	if (err)
		goto free_load;
	err = misc_register(&hm_device);
	if (err)
		goto free_reclaim;
	hm_flush_init();
	hm_notice_loaded();
	return 0;

free_reclaim:
	hm_reclaim_exit();
free_load:
	hm_load_exit();
free_pool:
	hm_pool_exit();
free_pinnable:
	hm_pinnable_exit();
	return err;
}
module_init(hm_init);

static void __exit hm_exit(void)
{
	misc_deregister(&hm_device);
	hm_reclaim_exit();
	hm_load_exit();
	hm_pinned_exit();
	hm_charge_exit();
	hm_pool_exit();
	hm_pinnable_exit();
}
module_exit(hm_exit);

MODULE_DESCRIPTION("Windows' virtual memory contract: reserve, commit, protect");
MODULE_LICENSE("GPL");
/* Of dkms.conf, by Kbuild. */
MODULE_VERSION(HOSTMEM_VERSION);
