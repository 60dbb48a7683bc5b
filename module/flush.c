// SPDX-License-Identifier: GPL-2.0
/*
 * Trying whether a flush covers what lies between the PTEs that a zap meets, and
 * the parameter flush_ranges.  See flush.h.
 *
 * The caller maps some pages in its own address space.  Another processor, that of a
 * thread which borrows the address space, writes to all of them, so that its TLB
 * knows them.  The caller removes the inner PTEs, and the thread writes again: what
 * arrives then has come from a TLB.  After the zap, nothing may arrive any more.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/anon_inodes.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "compat.h"
#include "flush.h"

/* So few that they are flushed one by one: of more, x86 flushes everything. */
#define NR_PAGES	16
#define SIZE		(NR_PAGES * PAGE_SIZE)

/* A round takes some microseconds, but a virtual processor may be away for long. */
#define ROUNDS		3
#define WAIT_MS		100
#define ALL_MS		1000

bool hm_flush_covers;

enum result {
	COVERED,	/* nothing has got through */
	MISSED,		/* a write has: a TLB was not flushed */
	DISTURBED,	/* the TLB may have lost the pages by itself */
};

/* Whose turn it is, and to do what. */
enum turn {
	TOUCH,		/* the thread: write to all pages */
	CLEAR,		/* the caller: remove the inner PTEs */
	LOOK,		/* the thread: see what the TLB still knows */
	ZAP,		/* the caller: unmap all of them */
	JUDGE,		/* the thread: see again */
	DONE,		/* the caller: the result is there */
};

/**
 * struct flush_try - one page mapped NR_PAGES times, tried by two processors
 * @mm: the caller's; it waits for the thread to end, so no reference; invariant
 *	after init
 * @file: what the mapping is of; invariant after init
 * @page: what is mapped everywhere; invariant after init
 * @start: the first address; invariant after init
 * @turn: who has the fields below
 * @known: inner pages that the TLB has known without their PTEs
 * @result: of the round
 */
struct flush_try {
	struct mm_struct *mm;
	struct file *file;
	struct page *page;
	unsigned long start;
	enum turn turn;
	unsigned int known;
	enum result result;
};

/*
 * What one processor does that has the address space
 */

/* Write to pages [first, end) as a program would: how many writes arrive? */
static unsigned int write_pages(struct flush_try *try, unsigned int first,
				unsigned int end)
{
	unsigned int arrived = 0;
	char byte = 0;

	for (; first < end; first++)
		if (!copy_to_user_nofault((void __user *)(try->start +
							  first * PAGE_SIZE),
					  &byte, sizeof(byte)))
			arrived++;
	return arrived;
}

static unsigned int write_inner(struct flush_try *try)
{
	return write_pages(try, 1, NR_PAGES - 1);
}

static enum result judge(struct flush_try *try)
{
	if (write_inner(try))
		return MISSED;
	return try->known ? COVERED : DISTURBED;
}

/*
 * What the caller does, with mmap_lock held for writing
 */

static struct vm_area_struct *find_ours(struct flush_try *try)
{
	struct vm_area_struct *vma = find_vma(try->mm, try->start);

	return vma && vma->vm_file == try->file ? vma : NULL;
}

static bool map_pages(struct flush_try *try, struct vm_area_struct *vma)
{
	pgprot_t prot = hm_prot_dirty(vm_get_page_prot(VM_SHARED | VM_READ | VM_WRITE));
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		if (vmf_insert_pfn_prot(vma, try->start + i * PAGE_SIZE,
					page_to_pfn(try->page), prot) !=
		    VM_FAULT_NOPAGE)
			return false;
	return true;
}

/* As pte.c does: the walk is asked for the first PTE, the others follow it. */
static int clear_step(pte_t *pte, unsigned long addr, void *data)
{
	unsigned int i;

	for (i = 1; i < NR_PAGES - 1; i++)
		ptep_clear(data, addr + i * PAGE_SIZE, pte + i);
	return 0;
}

static void clear_inner(struct flush_try *try)
{
	apply_to_page_range(try->mm, try->start, PAGE_SIZE, clear_step, try->mm);
}

/*
 * One processor alone; what runs on it meanwhile may flush more than we do.
 */

static unsigned long nr_switches(void)
{
	return current->nvcsw + current->nivcsw;
}

static enum result round_alone(struct flush_try *try, struct vm_area_struct *vma)
{
	unsigned long switches = nr_switches();
	enum result result;

	write_pages(try, 0, NR_PAGES);
	clear_inner(try);
	try->known = write_inner(try);
	hm_zap(vma, try->start, SIZE);
	result = judge(try);
	return result == COVERED && nr_switches() != switches ? DISTURBED : result;
}

/*
 * Two processors, which take turns.  They wait awake, for a moment.
 */

static bool await(struct flush_try *try, enum turn turn)
{
	ktime_t end = ktime_add_ms(ktime_get(), WAIT_MS);

	/* Whose turn it is sees what the other one has done in his. */
	while (smp_load_acquire(&try->turn) != turn) {
		if (ktime_after(ktime_get(), end))
			return false;
		if (preemptible())
			cond_resched();
		cpu_relax();
	}
	return true;
}

static void hand_over(struct flush_try *try, enum turn turn)
{
	/* See await(). */
	smp_store_release(&try->turn, turn);
}

/* The thread's part of a round. */
static void take_turns(struct flush_try *try)
{
	write_pages(try, 0, NR_PAGES);
	hand_over(try, CLEAR);
	if (!await(try, LOOK))
		return;
	try->known = write_inner(try);
	hand_over(try, ZAP);
	if (!await(try, JUDGE))
		return;
	try->result = judge(try);
	hand_over(try, DONE);
}

static int other_processor(void *data)
{
	struct flush_try *try = data;

	kthread_use_mm(try->mm);
	while (!kthread_should_stop()) {
		if (!await(try, TOUCH))
			continue;
		/* Nothing else runs here, nor does the processor go offline. */
		preempt_disable();
		take_turns(try);
		preempt_enable();
	}
	kthread_unuse_mm(try->mm);
	return 0;
}

static enum result round_of_two(struct flush_try *try, struct vm_area_struct *vma)
{
	hand_over(try, TOUCH);
	if (!await(try, CLEAR))
		return DISTURBED;
	clear_inner(try);
	hand_over(try, LOOK);
	if (!await(try, ZAP))
		return DISTURBED;
	hm_zap(vma, try->start, SIZE);
	hand_over(try, JUDGE);
	return await(try, DONE) ? try->result : DISTURBED;
}

/*
 * Rounds
 */

typedef enum result round_fn(struct flush_try *try, struct vm_area_struct *vma);

static enum result one_round(struct flush_try *try, round_fn *round)
{
	enum result result = DISTURBED;
	struct vm_area_struct *vma;

	mmap_write_lock(try->mm);
	vma = find_ours(try);
	if (vma) {
		if (map_pages(try, vma))
			result = round(try, vma);
		hm_zap(vma, try->start, SIZE);
	}
	mmap_write_unlock(try->mm);
	return result;
}

/* Until enough rounds say the same, one says no, or it takes too long. */
static enum result some_rounds(struct flush_try *try, round_fn *round)
{
	ktime_t end = ktime_add_ms(ktime_get(), ALL_MS);
	unsigned int covered = 0;

	while (covered < ROUNDS) {
		enum result result = one_round(try, round);

		if (result == MISSED)
			return MISSED;
		if (result == COVERED)
			covered++;
		else if (ktime_after(ktime_get(), end))
			return DISTURBED;
	}
	return COVERED;
}

/*
 * A processor may go offline between two rounds, and the thread go where the caller
 * is, or the caller come to it: then they wait in vain, and are disturbed.
 */
static enum result try_with_thread(struct flush_try *try)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	struct task_struct *thread;
	enum result result;

	if (cpu >= nr_cpu_ids)
		return some_rounds(try, round_alone);
	try->turn = DONE;
	thread = kthread_create(other_processor, try, "hostmem_flush");
	if (IS_ERR(thread))
		return DISTURBED;
	kthread_bind(thread, cpu);
	wake_up_process(thread);
	result = some_rounds(try, round_of_two);
	kthread_stop(thread);
	return result;
}

/*
 * The mapping
 */

/* Nothing but the pages that are put there. */
static vm_fault_t refuse_fault(struct vm_fault *vmf)
{
	return VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct flush_vm_ops = {
	.fault	= refuse_fault,
};

static int flush_mmap(struct file *file, struct vm_area_struct *vma)
{
	hm_vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP |
			     VM_DONTCOPY);
	vma->vm_ops = &flush_vm_ops;
	return 0;
}

static const struct file_operations flush_fops = {
	.owner	= THIS_MODULE,
	.mmap	= flush_mmap,
};

static enum result try_mapped(struct flush_try *try)
{
	enum result result;
	unsigned long addr;

	/* Twice the size, to find a place in it that one page table has. */
	addr = vm_mmap(try->file, 0, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       0);
	if (IS_ERR_VALUE(addr))
		return DISTURBED;
	try->start = ALIGN(addr, SIZE);
	result = try_with_thread(try);
	vm_munmap(addr, 2 * SIZE);
	return result;
}

static enum result try_flush(void)
{
	struct flush_try try = { .mm = current->mm };
	enum result result = DISTURBED;

	if (!try.mm)
		return DISTURBED;
	try.page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!try.page)
		return DISTURBED;
	try.file = anon_inode_getfile("[hostmem_flush]", &flush_fops, NULL, O_RDWR);
	if (!IS_ERR(try.file)) {
		result = try_mapped(&try);
		fput(try.file);
	}
	__free_page(try.page);
	return result;
}

/*
 * The parameter: what root wants to have believed, and then what is.
 */

static enum { AUTO, YES, NO } wanted = AUTO;

static int set_flush_ranges(const char *value, const struct kernel_param *param)
{
	if (sysfs_streq(value, "auto"))
		wanted = AUTO;
	else if (sysfs_streq(value, "yes"))
		wanted = YES;
	else if (sysfs_streq(value, "no"))
		wanted = NO;
	else
		return -EINVAL;
	return 0;
}

static int get_flush_ranges(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", hm_flush_covers ? "yes" : "no");
}

static const struct kernel_param_ops flush_ranges_ops = {
	.set = set_flush_ranges,
	.get = get_flush_ranges,
};

module_param_cb(flush_ranges, &flush_ranges_ops, NULL, 0444);
MODULE_PARM_DESC(flush_ranges,
		 "Believe that a TLB flush covers all between the first and the last page unmapped: yes, no, or auto to try it (default)");

void hm_flush_init(void)
{
	enum result result = COVERED;

	if (wanted == AUTO) {
		result = try_flush();
		if (result == MISSED)
			pr_warn("TLB flushes leave out what lies between unmapped pages: every page is unmapped by itself, which takes longer\n");
		else if (result == DISTURBED)
			pr_warn("could not try what TLB flushes cover: every page is unmapped by itself, which takes longer (flush_ranges=yes if they are known to cover ranges)\n");
	}
	WRITE_ONCE(hm_flush_covers, wanted != NO && result == COVERED);
}
