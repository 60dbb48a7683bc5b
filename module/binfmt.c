// SPDX-License-Identifier: GPL-2.0
/*
 * Core dumps of what is committed in reservations that are far larger.
 *
 * A dump has each page of a mapping or none.  For 64 TiB that would take hours; and who
 * reads it from a pipe would get 64 TiB of zeroes.  But which parts of memory a dump has
 * is in a list that the kernel makes before it calls the process's binary format, whose
 * handler writes the file: so a process with regions has a format of ours, that puts
 * the committed parts of sparse regions in the list, and leaves the rest to the format
 * that the process had before.  Nothing else asks a process for its format, but fork,
 * which gives it to the child.
 */
#include <linux/binfmts.h>
#include <linux/coredump.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "binfmt.h"
#include "mapping.h"

#ifdef CONFIG_COREDUMP

/* With two entries for each it is still a core file that all programs can read. */
#define MAX_RUNS	16384

/**
 * struct parts - a list that is being made
 * @meta: the list; NULL to count only
 * @nr: entries
 * @runs: of committed pages of sparse regions, with contents
 * @max_runs: no more than these
 * @bytes: in these
 * @of: the entry of the region that is being divided
 * @addr: where its next part begins
 *
 * Owned by the call that has it on its stack.
 */
struct parts {
	struct core_vma_metadata *meta;
	unsigned int nr;
	unsigned int runs;
	unsigned int max_runs;
	size_t bytes;
	const struct core_vma_metadata *of;
	unsigned long addr;
};

static void add_part(struct parts *parts, unsigned long end, bool contents)
{
	unsigned long start = parts->addr;

	if (start == end)
		return;
	if (parts->meta) {
		parts->meta[parts->nr] = *parts->of;
		parts->meta[parts->nr].start = start;
		parts->meta[parts->nr].end = end;
		parts->meta[parts->nr].dump_size = contents ? end - start : 0;
		/* One of them keeps the file, for the list of mapped files has a limit. */
		if (start != parts->of->start)
			parts->meta[parts->nr].file = NULL;
	}
	parts->nr++;
	parts->addr = end;
	if (contents) {
		parts->runs++;
		parts->bytes += end - start;
	}
}

static void add_run(void *data, unsigned long start, unsigned long end)
{
	struct parts *parts = data;

	if (parts->runs == parts->max_runs)
		return;
	add_part(parts, start, false);
	add_part(parts, end, true);
}

static void list_parts(struct coredump_params *cprm, struct parts *parts)
{
	int i;

	for (i = 0; i < cprm->vma_count; i++) {
		const struct core_vma_metadata *meta = cprm->vma_meta + i;
		struct vm_area_struct *vma = NULL;

		/* All that is dumped as a whole is as it was. */
		if (!meta->dump_size)
			vma = vma_lookup(current->mm, meta->start);
		parts->of = meta;
		parts->addr = meta->start;
		if (vma && vma->vm_start == meta->start && vma->vm_end == meta->end)
			hm_mapping_dump(vma, add_run, parts);
		if (parts->addr != meta->start)
			add_part(parts, meta->end, false);
		else if (parts->meta)
			parts->meta[parts->nr++] = *meta;
		else
			parts->nr++;
	}
}

/*
 * Without memory for it, the list stays as it is.  What is to be dumped is anybody's to
 * change, even now: so the second look may find other regions than the first one, but
 * no more runs.  Each run makes at most two entries more.
 */
static void divide_regions(struct coredump_params *cprm)
{
	struct parts parts = {}, count = { .max_runs = MAX_RUNS };

	if (mmap_write_lock_killable(current->mm))
		return;
	list_parts(cprm, &count);
	parts.max_runs = count.runs;
	if (count.runs)
		parts.meta = kvmalloc_array(cprm->vma_count + 2 * count.runs,
					    sizeof(*parts.meta),
					    GFP_KERNEL | __GFP_NOWARN);
	if (parts.meta) {
		list_parts(cprm, &parts);
		kvfree(cprm->vma_meta);
		cprm->vma_meta = parts.meta;
		cprm->vma_count = parts.nr;
		cprm->vma_data_size += parts.bytes;
	}
	mmap_write_unlock(current->mm);
}

/**
 * struct format - a format of ours
 * @binfmt: what processes have
 * @original: the format instead of which they have it
 *
 * Invariant once a process has it.  Changed under formats_lock.
 */
struct format {
	struct linux_binfmt binfmt;
	const struct linux_binfmt *original;
};

/* One for programs of 64 bits, one for those of 32. */
static struct format formats[2];
static DEFINE_MUTEX(formats_lock);

static int core_dump(struct coredump_params *cprm)
{
	const struct format *format = container_of(current->mm->binfmt,
						   struct format, binfmt);

	divide_regions(cprm);
	return format->original->core_dump(cprm);
}

/* The format that stands for another one; NULL if there are too many. */
static struct linux_binfmt *format_for(const struct linux_binfmt *original)
{
	struct linux_binfmt *found = NULL;
	unsigned int i;

	mutex_lock(&formats_lock);
	for (i = 0; i < ARRAY_SIZE(formats) && !found; i++) {
		struct format *format = &formats[i];

		if (!format->original) {
			format->binfmt.module = THIS_MODULE;
			format->binfmt.core_dump = core_dump;
			format->binfmt.min_coredump = original->min_coredump;
			format->original = original;
		}
		if (format->original == original)
			found = &format->binfmt;
	}
	mutex_unlock(&formats_lock);
	return found;
}

void hm_binfmt_use(void)
{
	const struct linux_binfmt *original = current->mm->binfmt;
	struct linux_binfmt *binfmt;

	/* One that may be unloaded has to be the process's own, or nobody holds it. */
	if (!original || !original->core_dump || original->module)
		return;
	binfmt = format_for(original);
	if (binfmt)
		set_binfmt(binfmt);
}

#else
void hm_binfmt_use(void)
{
}
#endif
