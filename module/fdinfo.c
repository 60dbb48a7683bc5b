// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/fdinfo/N: what an administrator, a debugger or the process itself sees of a
 * file of the device.  See fdinfo.h; hostmem(4) has the format, which tools read.
 *
 * An entrance like ioctl.c, but for any process, and it changes nothing.  Numbers and
 * regions are looked at one after the other, each region under its own lock for moments:
 * so a reader holds up nobody, and what changes meanwhile is told as it was or as it is.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/hostmem.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include "compat.h"
#include "fdinfo.h"
#include "load.h"
#include "region_picture.h"
#include "space.h"

/* So many regions are told of; of the others, how many there are. */
#define MOST_REGIONS	4096

/*
 * Who reads
 */

/* Whose address space it is: a process's, or NULL if that has ended.  Under RCU. */
static struct task_struct *owner_of(const struct hm_space *space)
{
#ifdef CONFIG_MEMCG
	return rcu_dereference(space->mm->owner);
#else
	struct task_struct *process;

	for_each_process(process)
		if (READ_ONCE(process->mm) == space->mm)
			return process;
	return NULL;
#endif
}

/* Has the reader the user, the groups and all capabilities of the owner? */
static bool is_alike(const struct cred *reader, const struct cred *owner)
{
	return uid_eq(reader->fsuid, owner->euid) &&
	       uid_eq(reader->fsuid, owner->suid) &&
	       uid_eq(reader->fsuid, owner->uid) &&
	       gid_eq(reader->fsgid, owner->egid) &&
	       gid_eq(reader->fsgid, owner->sgid) &&
	       gid_eq(reader->fsgid, owner->gid) &&
	       cap_issubset(owner->cap_permitted, reader->cap_permitted);
}

/*
 * May the reader know the addresses of the regions, as by /proc/PID/maps?
 *
 * When the file in fdinfo was opened, the kernel has asked that of the process in whose
 * /proc directory it is (PTRACE_MODE_READ, in all kernels from 6.1 on), security modules
 * included.  That process holds a descriptor, and mostly is the owner.  It isn't if it got
 * the descriptor by fork or through a socket, nor has it been asked about the owner again
 * if it has executed something since.  ptrace_may_access() is out of reach: so this is what
 * it does, of the process that owns the address space and at the time of reading, less the
 * security modules, and, since 7.3 hides it, less what prctl(PR_SET_DUMPABLE) says.
 */
static bool may_see_addresses(const struct file *reader, const struct hm_space *space)
{
	struct task_struct *owner;
	const struct cred *cred;
	bool may = false;

	if (hm_space_is_current(space))
		return true;
	rcu_read_lock();
	owner = owner_of(space);
	if (owner) {
		cred = __task_cred(owner);
		may = (is_alike(reader->f_cred, cred) && hm_mm_is_dumpable(space->mm)) ||
		      file_ns_capable(reader, cred->user_ns, CAP_SYS_PTRACE);
	}
	rcu_read_unlock();
	return may;
}

/*
 * Numbers
 */

static void show_owner(struct seq_file *m, const struct hm_space *space)
{
	/* As the /proc that is read numbers processes: that is what the reader knows. */
	struct pid_namespace *ns = proc_pid_ns(file_inode(m->file)->i_sb);
	struct task_struct *owner;
	pid_t pid = 0;

	rcu_read_lock();
	owner = owner_of(space);
	if (owner)
		pid = task_tgid_nr_ns(owner, ns);
	rcu_read_unlock();
	seq_printf(m, "hostmem-owner:\t%d\n", pid);
}

static void show_bytes(struct seq_file *m, const char *key, u64 bytes)
{
	seq_printf(m, "hostmem-%s:\t%llu kB\n", key, bytes / SZ_1K);
}

static void show_numbers(struct seq_file *m, struct hm_space *space)
{
	struct hostmem_status status;

	hm_space_status(space, &status);
	seq_printf(m, "hostmem-regions:\t%llu\n", status.out_regions);
	show_bytes(m, "reserved", status.out_reserved_bytes);
	show_bytes(m, "committed", status.out_committed_bytes);
	show_bytes(m, "overhead", status.out_overhead_bytes);
	show_bytes(m, "limit", min(status.out_own_limit_bytes,
				   status.out_commit_limit_bytes));
	seq_printf(m, "hostmem-waiting:\t%llu\n", (u64)status.out_waiting);
	show_bytes(m, "pinned", status.out_pinned_bytes);
	show_bytes(m, "prepared", status.out_prepared_bytes);
	show_bytes(m, "reset", (u64)READ_ONCE(space->nr_reset) << PAGE_SHIFT);
	show_owner(m, space);
	seq_printf(m, "hostmem-id:\t%u\n", space->id);
	seq_printf(m, "hostmem-flags:\t%s\n", READ_ONCE(space->shut) ? "shut" : "none");
}

/*
 * Regions
 */

/* As it was given: what is executable is told as that, though x86 lets it be read, too. */
static const char *letters_of(u32 protect)
{
	switch (protect & (HOSTMEM_GUARD - 1)) {
	case HOSTMEM_READONLY:
		return "r--";
	case HOSTMEM_READWRITE:
		return "rw-";
	case HOSTMEM_EXECUTE:
		return "--x";
	case HOSTMEM_EXECUTE_READ:
		return "r-x";
	case HOSTMEM_EXECUTE_READWRITE:
		return "rwx";
	default:
		return "---";
	}
}

static void show_flags(struct seq_file *m, const struct hm_region *region)
{
	const char *comma = "";

	if (region->watched) {
		seq_puts(m, "watched");
		comma = ",";
	}
	if (region->large) {
		seq_printf(m, "%slarge", comma);
		comma = ",";
	}
	if (region->pinnable) {
		seq_printf(m, "%spinnable", comma);
		comma = ",";
	}
	if (!*comma)
		seq_putc(m, '-');
}

static char letter_of(const struct hm_picture *picture, unsigned int cell)
{
	unsigned long pages = picture->cells[cell].committed;
	unsigned long all = hm_picture_pages(picture, cell);

	if (picture->cells[cell].guard)
		return 'g';
	if (!pages)
		return '.';
	return pages >= all ? '9' : '0' + DIV_ROUND_UP(pages * 8, all);
}

/* Draw a region piece by piece.  Return: is it there, and nobody kills the reader? */
static bool draw(struct hm_region *region, struct hm_picture *picture)
{
	unsigned long addr = region->start;
	bool here = true;

	hm_picture_init(picture, region);
	/* Most regions that are many are empty. */
	if (!READ_ONCE(region->committed))
		return true;
	while (here && addr < region->end) {
		if (mutex_lock_killable(&region->lock))
			return false;
		here = region->vma;
		if (here)
			addr = hm_region_draw(region, addr, picture);
		mutex_unlock(&region->lock);
		cond_resched();
	}
	return here;
}

static void show_region(struct seq_file *m, struct hm_region *region)
{
	char map[HM_PICTURE_CELLS + 1] = {};
	struct hm_picture picture;
	unsigned int i;

	if (!draw(region, &picture))
		return;
	for (i = 0; i < picture.nr; i++)
		map[i] = letter_of(&picture, i);
	seq_printf(m, "hostmem-region:\t%08lx-%08lx %lu kB %s ", region->start, region->end,
		   picture.committed << (PAGE_SHIFT - 10), letters_of(region->protect));
	show_flags(m, region);
	seq_printf(m, " %s\n", map);
}

/* The first region from an address on, with a reference; NULL: there is none. */
static struct hm_region *get_region(struct hm_space *space, unsigned long start)
{
	struct hm_region *region;

	spin_lock(&space->lock);
	region = hm_space_first(space, start);
	if (region)
		hm_region_get(region);
	spin_unlock(&space->lock);
	return region;
}

/* How many regions begin from an address on, of those that were there in the end. */
static unsigned long count_regions(struct hm_space *space, unsigned long shown)
{
	unsigned long nr = READ_ONCE(space->nr_regions);

	return nr > shown ? nr - shown : 0;
}

/* Where the kernel's buffer is full, all is asked for anew with a larger one. */
static void show_regions(struct seq_file *m, struct hm_space *space)
{
	struct hm_region *region;
	unsigned long start = 0, more;
	unsigned int nr;

	for (nr = 0; nr < MOST_REGIONS; nr++) {
		region = get_region(space, start);
		if (!region)
			return;
		show_region(m, region);
		start = region->end;
		hm_region_put(region);
		if (seq_has_overflowed(m) || fatal_signal_pending(current))
			return;
		cond_resched();
	}
	more = count_regions(space, nr);
	if (more)
		seq_printf(m, "hostmem-more-regions:\t%lu\n", more);
}

void hm_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct hm_space *space = file->private_data;

	show_numbers(m, space);
	if (may_see_addresses(m->file, space))
		show_regions(m, space);
}
