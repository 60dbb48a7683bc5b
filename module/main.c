// SPDX-License-Identifier: GPL-2.0
/*
 * hostmem: Windows' virtual memory contract for Linux processes.
 *
 * This file: the device node and what a file of it is.  Knows the entrances
 * ioctl.c and mapping.c, and of the space only its birth and death.
 *
 *	ioctl.c, mapping.c	from user space and from the memory manager
 *	  rules.c		  are the arguments right?
 *	  space.c		  the regions of one file; commit charge; locks
 *	    region.c		    one reservation
 *	      page_state.c	      the state of a page
 *	      block.c, supply.c	      pages by the 2 MiB, in use and in advance
 *	      backing.c		      the memory behind them
 *	      pte.c		      their page table entries
 *
 * Calls go down and to the right only.  Locks: see space.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "ioctl.h"
#include "mapping.h"
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
	hm_space_destroy(file->private_data);
	return 0;
}

static const struct file_operations hm_fops = {
	.owner			= THIS_MODULE,
	.open			= hm_open,
	.release		= hm_release,
	.unlocked_ioctl		= hm_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.mmap			= hm_mmap,
	.get_unmapped_area	= hm_get_unmapped_area,
	.llseek			= no_llseek,
};

static struct miscdevice hm_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "hostmem",
	.fops	= &hm_fops,
	.mode	= 0666,
};
module_misc_device(hm_device);

MODULE_DESCRIPTION("Windows' virtual memory contract: reserve, commit, protect");
MODULE_LICENSE("GPL");
