// SPDX-License-Identifier: GPL-2.0
/*
 * Access of debuggers against a page's protection.  See force.h.
 *
 * ptrace(2) has it always, /proc/PID/mem depending on proc_mem.force_override: always,
 * where the reader or writer traces the process, or never.  vm_ops->access can't
 * tell which of them has called.  So it goes by who calls: whoever traces the process
 * may, since what is refused through the file could be had by ptrace; anybody else
 * may where the kernel has no rule or one that says always.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "force.h"

/* Invariant after init. */
static bool everybody;

/* What was chosen when the kernel was built: none is what it was before. */
static bool built_for_everybody(void)
{
	return !IS_ENABLED(CONFIG_PROC_MEM_FORCE_PTRACE) &&
	       !IS_ENABLED(CONFIG_PROC_MEM_NO_FORCE);
}

/*
 * Write to a page that may only be read, as a program would that traces nobody.
 * The page is where the byte comes from, too.
 */
static bool write_goes_through(struct file *mem, unsigned long addr)
{
	loff_t pos = addr;

	return mem->f_op->write(mem, (const char __user *)addr, 1, &pos) == 1;
}

static bool is_proc_mem(struct file *file)
{
	return file_inode(file)->i_sb->s_magic == PROC_SUPER_MAGIC &&
	       file->f_op->write;
}

/*
 * The kernel's command line may have changed the choice, and nothing tells a module:
 * so try it.  Where /proc can't be had, the choice of the build has to do.
 */
void hm_force_init(void)
{
	unsigned long addr;
	struct file *mem;

	everybody = built_for_everybody();
	if (!current->mm)
		return;
	mem = filp_open("/proc/self/mem", O_RDWR, 0);
	if (IS_ERR(mem))
		return;
	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		       0);
	if (!IS_ERR_VALUE(addr)) {
		if (is_proc_mem(mem))
			everybody = write_goes_through(mem, addr);
		vm_munmap(addr, PAGE_SIZE);
	}
	fput(mem);
}

/* Does the caller trace a thread of this process? */
static bool traces(struct task_struct *process, struct mm_struct *mm)
{
	struct task_struct *thread;

	for_each_thread(process, thread)
		if (READ_ONCE(thread->mm) == mm &&
		    ptrace_parent(thread) == current)
			return true;
	return false;
}

/* Several processes may share an address space, of which one owns it. */
static bool traces_any(struct mm_struct *mm)
{
	struct task_struct *process;
	bool found = false;

	rcu_read_lock();
#ifdef CONFIG_MEMCG
	process = rcu_dereference(mm->owner);
	found = process && traces(process, mm);
#endif
	if (!found)
		for_each_process(process)
			if (traces(process, mm)) {
				found = true;
				break;
			}
	rcu_read_unlock();
	return found;
}

bool hm_may_force(struct mm_struct *mm)
{
	/* Most trace nobody, and needn't look at anybody. */
	return everybody ||
	       (!list_empty_careful(&current->ptraced) && traces_any(mm));
}
