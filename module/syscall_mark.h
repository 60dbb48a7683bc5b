/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mark on the system call that the current thread is in: it has hit a guard
 * page.  Included by mapping.c.
 *
 * A system call that touches an armed guard page has to fail, and to disarm it
 * (rules G7, G8).  But where a copy from or to user space faults, the kernel's
 * copy routines try the rest once more byte by byte, and would get through.  So
 * the system call itself has to be remembered, until it returns and no longer.
 * The place for that is where its return value will be: until then the slot has
 * -ENOSYS since the entry, and nobody else looks at it.
 */
#ifndef HOSTMEM_SYSCALL_MARK_H
#define HOSTMEM_SYSCALL_MARK_H

#include <linux/ptrace.h>
#include <linux/sched/task_stack.h>

#ifdef CONFIG_X86_64
/* No errno and no address of user space looks like this. */
static inline unsigned long hm_syscall_mark_of(unsigned long page)
{
	return ~page;
}

static inline bool hm_syscall_marked(unsigned long page)
{
	return task_pt_regs(current)->ax == hm_syscall_mark_of(page);
}

static inline void hm_syscall_mark(unsigned long page)
{
	struct pt_regs *regs = task_pt_regs(current);

	/* Kernel threads, and user contexts entered otherwise, have no slot. */
	if (user_mode(regs) && (long)regs->orig_ax >= 0 &&
	    (long)regs->ax == -ENOSYS)
		regs->ax = hm_syscall_mark_of(page);
}
#else
/* The retry gets through where the architecture's copy routines make one. */
static inline bool hm_syscall_marked(unsigned long page)
{
	return false;
}

static inline void hm_syscall_mark(unsigned long page)
{
}
#endif

#endif /* HOSTMEM_SYSCALL_MARK_H */
