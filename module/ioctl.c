// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of <linux/hostmem.h>: copy in, check, call the space, copy out.
 *
 * The only file that reads or writes user memory, and the only one that sees
 * numbers which nobody has checked.  No lock is held here.
 */
#include <linux/hostmem.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "ioctl.h"
#include "rules.h"
#include "space.h"

/* All calls' structures: one is on the stack of hm_ioctl(). */
union hm_ioctl_arg {
	u32 size;
	struct hostmem_alloc alloc;
	struct hostmem_free free;
	struct hostmem_query query;
	struct hostmem_status status;
};

static int ioc_alloc(struct hm_space *space, union hm_ioctl_arg *arg,
		     void __user *uptr)
{
	struct hostmem_alloc __user *uarg = uptr;
	struct hm_alloc_request req;
	unsigned long addr;
	int err;

	/* Fail for an argument that can't be written before, not after. */
	if (put_user(0, &uarg->out_addr))
		return -EFAULT;
	err = hm_check_alloc(&arg->alloc, TASK_SIZE, &req);
	if (err)
		return err;
	err = hm_space_alloc(space, &req, &addr);
	if (err)
		return err;
	return put_user(addr, &uarg->out_addr);
}

static int ioc_free(struct hm_space *space, union hm_ioctl_arg *arg,
		    void __user *uptr)
{
	struct hm_free_request req;
	int err;

	err = hm_check_free(&arg->free, TASK_SIZE, &req);
	return err ?: hm_space_free(space, &req);
}

static int ioc_query(struct hm_space *space, union hm_ioctl_arg *arg,
		     void __user *uptr)
{
	struct hostmem_memory_info info;
	int err;

	if (arg->query.reserved || arg->query.addr >= TASK_SIZE)	/* Q3 */
		return -EINVAL;
	err = hm_space_query(space, arg->query.addr & PAGE_MASK, &info);
	if (err)
		return err;
	if (copy_to_user(u64_to_user_ptr(arg->query.buffer), &info,
			 sizeof(info)))
		return -EFAULT;
	return 0;
}

static int ioc_status(struct hm_space *space, union hm_ioctl_arg *arg,
		      void __user *uptr)
{
	struct hostmem_status *status = &arg->status;
	u32 size = min_t(u32, status->size, sizeof(*status));

	if (status->reserved)
		return -EINVAL;
	hm_space_status(space, status);
	return copy_to_user(uptr, status, size) ? -EFAULT : 0;
}

/**
 * struct hm_ioctl_op - one row for each call
 * @known: size of its structure
 * @least: size up to and with the last member that the first version had
 * @handle: does it; the argument is complete and holds no unknown tail
 */
struct hm_ioctl_op {
	unsigned int known;
	unsigned int least;
	int (*handle)(struct hm_space *space, union hm_ioctl_arg *arg,
		      void __user *uptr);
};

#define IOCTL_OP(cmd, fn, type, last)					\
	[_IOC_NR(cmd)] = {						\
		.known = sizeof(struct type),				\
		.least = offsetofend(struct type, last),		\
		.handle = fn,						\
	}

static const struct hm_ioctl_op hm_ioctl_ops[] = {
	IOCTL_OP(HOSTMEM_IOC_ALLOC, ioc_alloc, hostmem_alloc, out_addr),
	IOCTL_OP(HOSTMEM_IOC_FREE, ioc_free, hostmem_free, length),
	IOCTL_OP(HOSTMEM_IOC_QUERY, ioc_query, hostmem_query, buffer),
	IOCTL_OP(HOSTMEM_IOC_STATUS, ioc_status, hostmem_status,
		 out_commit_limit_bytes),
};

long hm_ioctl(struct file *file, unsigned int cmd, unsigned long ptr)
{
	struct hm_space *space = file->private_data;
	void __user *uptr = (void __user *)ptr;
	const struct hm_ioctl_op *op;
	union hm_ioctl_arg arg = {};
	u32 size;
	int err;

	if (_IOC_NR(cmd) >= ARRAY_SIZE(hm_ioctl_ops) ||
	    cmd != _IO(HOSTMEM_IOC_MAGIC, _IOC_NR(cmd)))
		return -ENOTTY;
	if (!hm_space_is_current(space))
		return -EXDEV;

	op = &hm_ioctl_ops[_IOC_NR(cmd)];
	if (get_user(size, (u32 __user *)uptr))
		return -EFAULT;
	if (size < op->least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&arg, op->known, uptr, size);
	if (err)
		return err;
	/* The caller may have changed it meanwhile; the copied size stands. */
	arg.size = size;
	return op->handle(space, &arg, uptr);
}
