// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of <linux/hostmem.h>: copy in, check, call the space, copy out.
 *
 * The only file that reads or writes user memory, and the only one that sees
 * numbers which nobody has checked.  No lock is held here.
 */
#include <linux/hostmem.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "calls.h"
#include "charge.h"
#include "clock.h"
#include "gfp.h"
#include "ioctl.h"
#include "load.h"
#include "reserve.h"
#include "trace.h"

/* What all of them begin with, to be read at once. */
union hm_ioctl_head {
	u64 both;
	struct {
		u32 size;
		u32 id;
	};
};

/* All calls' structures: one is on the stack of hm_ioctl(). */
union hm_ioctl_arg {
	union hm_ioctl_head head;
	struct hostmem_alloc alloc;
	struct hostmem_free free;
	struct hostmem_limit limit;
	struct hostmem_load load;
	struct hostmem_prepare prepare;
	struct hostmem_protect protect;
	struct hostmem_query query;
	struct hostmem_shutdown shutdown;
	struct hostmem_status status;
	struct hostmem_watch watch;
};

static int ioc_alloc(struct hm_space *space, union hm_ioctl_arg *arg,
		     void __user *uptr)
{
	struct hostmem_alloc __user *uarg = uptr;
	struct hm_alloc_request req;
	struct hm_place place;
	int err = hm_check_alloc(&arg->alloc, TASK_SIZE, &req);

	/*
	 * Fail for an argument that can't be written before, not after: the commit may be
	 * of the argument's own page, and forbid to write there.
	 */
	if (put_user(err || req.anywhere ? 0 : req.start, &uarg->out_addr))
		return -EFAULT;
	if (err)
		return err;
	req.deadline = hm_clock_deadline(req.deadline);
	err = hm_space_alloc(space, &req, &place);
	if (err) {
		(void)put_user(0, &uarg->out_addr);
	} else if (req.anywhere && put_user(place.start, &uarg->out_addr)) {
		/* Nobody would know where it is. */
		(void)hm_space_give_back(space, &place);
		err = -EFAULT;
	}
	return err;
}

static int ioc_free(struct hm_space *space, union hm_ioctl_arg *arg,
		    void __user *uptr)
{
	struct hm_free_request req;
	int err;

	if (arg->free.reserved)
		return -EINVAL;
	err = hm_check_free(&arg->free, TASK_SIZE, &req);
	return err ?: hm_space_free(space, &req);
}

static int ioc_query(struct hm_space *space, union hm_ioctl_arg *arg,
		     void __user *uptr)
{
	struct hostmem_query __user *uarg = uptr;
	struct hostmem_memory_info info;
	u32 own;
	int err;

	if (arg->query.reserved ||
	    arg->query.addr >= TASK_SIZE)			/* Q3 */
		return -EINVAL;
	err = hm_space_query(space, arg->query.addr & PAGE_MASK, &info, &own);
	if (err)
		return err;
	if (copy_to_user(u64_to_user_ptr(arg->query.buffer), &info,
			 sizeof(info)))
		return -EFAULT;
	return put_user(own, &uarg->out_own);
}

static int ioc_protect(struct hm_space *space, union hm_ioctl_arg *arg,
		       void __user *uptr)
{
	const struct hostmem_protect *protect = &arg->protect;
	u32 __user *uold = u64_to_user_ptr(protect->old);
	hm_state_t want = hm_state_of_protect(protect->protect);
	unsigned long start, end;
	u32 old;
	int err;

	if (protect->reserved || want == HM_RESERVED)		/* T5, T6 */
		return -EINVAL;
	/* What a failed call leaves there is NOACCESS (T11). */
	if (put_user(HOSTMEM_NOACCESS, uold))			/* T4 */
		return -EFAULT;
	err = hm_check_range(protect->addr, protect->length, TASK_SIZE, &start,
			     &end);
	if (err)
		return err;
	err = hm_space_protect(space, start, end, want, &old);
	trace_hm_protect(space->id, start, end, protect->protect, err);
	if (err)
		return err;
	/* The call may itself have made @old read-only, which is no failure. */
	(void)put_user(old, uold);
	return 0;
}

/*
 * Addresses that are collected between two copies to user space: most calls find few,
 * and memory for many takes as long to get as these.
 */
#define WATCH_BATCH	4096ul
#define WATCH_FEW	256ul

/**
 * struct watch_batch - room for addresses
 * @pages: the room
 * @max: how many it is for
 *
 * Owned by the call that has it on its stack.
 */
struct watch_batch {
	u64 *pages;
	unsigned long max;
};

/* Room for more, or as much as before. */
static bool batch_grow(struct watch_batch *batch, unsigned long max)
{
	u64 *pages = kvmalloc_array(max, sizeof(*pages), HM_GFP);

	if (!pages)
		return false;
	kvfree(batch->pages);
	*batch = (struct watch_batch) { .pages = pages, .max = max };
	return true;
}

/* Count what the caller has got so far as written, since the call fails. */
static void watch_undo(struct hm_space *space, const u64 __user *upages,
		       u64 count, const struct watch_batch *batch)
{
	unsigned long nr;
	u64 i;

	for (i = 0; i < count; i += nr) {
		nr = min_t(u64, batch->max, count - i);
		if (!copy_from_user(batch->pages, upages + i, nr * sizeof(u64)))
			hm_space_unwatch(space, batch->pages, nr);
	}
}

/* Collect and copy out in batches; each page is reset in the batch it is in. */
static int watch_batches(struct hm_space *space,
			 const struct hostmem_watch *watch, unsigned long start,
			 unsigned long end, struct watch_batch *batch, u64 *count)
{
	bool reset = watch->flags & HOSTMEM_WATCH_RESET;
	u64 __user *upages = u64_to_user_ptr(watch->pages);
	unsigned long room, nr;
	int err;

	for (;;) {
		room = min_t(u64, batch->max, watch->count - *count);
		err = hm_space_watch(space, start, end, reset, batch->pages, room,
				     &nr);
		if (err)
			return err;
		if (copy_to_user(upages + *count, batch->pages, nr * sizeof(u64))) {
			if (reset) {
				hm_space_unwatch(space, batch->pages, nr);
				watch_undo(space, upages, *count, batch);
			}
			return -EFAULT;
		}
		*count += nr;
		if (nr)
			start = batch->pages[nr - 1] + PAGE_SIZE;
		if (nr < room || *count >= watch->count || start >= end)
			return 0;
		if (batch->max < WATCH_BATCH)
			batch_grow(batch, WATCH_BATCH);
	}
}

static int ioc_watch(struct hm_space *space, union hm_ioctl_arg *arg,
		     void __user *uptr)
{
	const struct hostmem_watch *watch = &arg->watch;
	struct hostmem_watch __user *uarg = uptr;
	struct watch_batch batch = {};
	unsigned long start, end, nr;
	u64 count = 0;
	int err;

	if (watch->reserved ||
	    watch->flags & ~HOSTMEM_WATCH_RESET)		/* W21 */
		return -EINVAL;
	err = hm_check_range(watch->addr, watch->length, TASK_SIZE, &start,
			     &end);
	if (err)
		return err;
	if (!watch->count) {
		if (!(watch->flags & HOSTMEM_WATCH_RESET))	/* W19 */
			return -EINVAL;
		err = hm_space_watch(space, start, end, true, NULL, 0, &nr);
		trace_hm_watch(space->id, start, end, watch->flags, 0, err);
		return err;
	}
	/* Can it be written?  When pages have been reset, it is late to know. */
	if (put_user(watch->out_count, &uarg->out_count))
		return -EFAULT;
	if (!batch_grow(&batch, min_t(u64, WATCH_FEW, watch->count)))
		return -ENOMEM;
	err = watch_batches(space, watch, start, end, &batch, &count);
	trace_hm_watch(space->id, start, end, watch->flags, count, err);
	if (!err && put_user(count, &uarg->out_count)) {
		if (watch->flags & HOSTMEM_WATCH_RESET)
			watch_undo(space, u64_to_user_ptr(watch->pages), count,
				   &batch);
		err = -EFAULT;
	}
	kvfree(batch.pages);
	return err;
}

static int ioc_status(struct hm_space *space, union hm_ioctl_arg *arg,
		      void __user *uptr)
{
	struct hostmem_status *status = &arg->status;
	u32 size = min_t(u32, status->size, sizeof(*status));

	if (status->reserved)
		return -EINVAL;
	hm_space_status(space, status);
	status->out_id = space->id;
	return copy_to_user(uptr, status, size) ? -EFAULT : 0;
}

static int ioc_limit(struct hm_space *space, union hm_ioctl_arg *arg,
		     void __user *uptr)
{
	return hm_charge_limit(&space->quota, arg->limit.bytes >> PAGE_SHIFT);
}

static int ioc_shutdown(struct hm_space *space, union hm_ioctl_arg *arg,
			void __user *uptr)
{
	return hm_space_shutdown(space);
}

static int ioc_load(struct hm_space *space, union hm_ioctl_arg *arg,
		    void __user *uptr)
{
	struct hostmem_load *load = &arg->load;
	u32 size = min_t(u32, load->size, sizeof(*load));

	if (load->reserved)
		return -EINVAL;
	hm_space_load(space, load);
	return copy_to_user(uptr, load, size) ? -EFAULT : 0;
}

static int ioc_prepare(struct hm_space *space, union hm_ioctl_arg *arg,
		       void __user *uptr)
{
	return hm_space_prepare(space, arg->prepare.bytes);
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
	IOCTL_OP(HOSTMEM_IOC_ALLOC, ioc_alloc, hostmem_alloc, deadline),
	IOCTL_OP(HOSTMEM_IOC_FREE, ioc_free, hostmem_free, length),
	IOCTL_OP(HOSTMEM_IOC_QUERY, ioc_query, hostmem_query, buffer),
	IOCTL_OP(HOSTMEM_IOC_STATUS, ioc_status, hostmem_status,
		 out_prepared_bytes),
	IOCTL_OP(HOSTMEM_IOC_PROTECT, ioc_protect, hostmem_protect, old),
	IOCTL_OP(HOSTMEM_IOC_WATCH, ioc_watch, hostmem_watch, out_count),
	IOCTL_OP(HOSTMEM_IOC_LIMIT, ioc_limit, hostmem_limit, bytes),
	IOCTL_OP(HOSTMEM_IOC_SHUTDOWN, ioc_shutdown, hostmem_shutdown, id),
	IOCTL_OP(HOSTMEM_IOC_LOAD, ioc_load, hostmem_load, out_room_bytes),
	IOCTL_OP(HOSTMEM_IOC_PREPARE, ioc_prepare, hostmem_prepare, bytes),
};

long hm_ioctl(struct file *file, unsigned int cmd, unsigned long ptr)
{
	struct hm_space *space = file->private_data;
	void __user *uptr = (void __user *)ptr;
	const struct hm_ioctl_op *op;
	union hm_ioctl_arg arg = {};
	union hm_ioctl_head head;
	int err;

	if (_IOC_NR(cmd) >= ARRAY_SIZE(hm_ioctl_ops) ||
	    cmd != _IO(HOSTMEM_IOC_MAGIC, _IOC_NR(cmd)))
		return -ENOTTY;
	if (get_user(head.both, (u64 __user *)uptr))
		return -EFAULT;
	/* Before anything that is true of this file, and not of the one meant. */
	if (head.id && head.id != space->id)
		return -EBADF;
	if (!hm_space_is_current(space))
		return -EXDEV;
	/* A second shutdown waits for the end of the first. */
	if (READ_ONCE(space->shut) && cmd != HOSTMEM_IOC_SHUTDOWN)
		return -ESHUTDOWN;

	op = &hm_ioctl_ops[array_index_nospec(_IOC_NR(cmd),
					      ARRAY_SIZE(hm_ioctl_ops))];
	if (head.size < op->least)
		return -EINVAL;
	if (head.size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&arg, op->known, uptr, head.size);
	if (err)
		return err;
	/* The caller may have changed it meanwhile; what was read first stands. */
	arg.head = head;
	err = op->handle(space, &arg, uptr);
	/* What has failed since a shutdown, has failed because of it. */
	if (err && READ_ONCE(space->shut) && op->handle != ioc_shutdown)
		return -ECANCELED;
	return err;
}
