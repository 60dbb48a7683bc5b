// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is no region: which VMAs, and which of the holes between them, are
 * one allocation as Windows has it.  See foreign.h.
 *
 * Images and stacks are more than one VMA.  What belongs together is told pair by
 * pair, from a VMA and its neighbour, so that all queries of one allocation agree.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "foreign.h"

/*
 * VMAs of one allocation that a query looks at, each way.  Images have 5 to 10;
 * one in more pieces than that falls apart where this ends.
 */
#define MAX_PARTS	32u

/*
 * How far apart the segments of an image are loaded, at most: a linker begins one
 * on the largest page there may be, of 2 MiB, and may align its end, too.
 */
#define IMAGE_HOLE	(2 * PMD_SIZE)

/*
 * What the kernel keeps free below a stack, however large it is.  That can be
 * changed by the boot parameter stack_guard_gap, which modules can't read.
 */
#define STACK_GUARD_GAP	(256 * PAGE_SIZE)

/* The room of a stack that has no limit, where the kernel leaves none itself. */
#define STACK_ROOM	SZ_128M

/**
 * struct allocation - what a VMA is part of
 * @start: AllocationBase
 * @end: where the run of equal pages ends that the VMA begins or is in
 * @protect: AllocationProtect
 * @type: HOSTMEM_PRIVATE, HOSTMEM_MAPPED or HOSTMEM_IMAGE
 */
struct allocation {
	unsigned long start;
	unsigned long end;
	u32 protect;
	u32 type;
};

static u32 protect_of_vma(struct vm_area_struct *vma)
{
	static const u32 protect[2][2][2] = {	/* [exec][write][read] */
		{ { HOSTMEM_NOACCESS, HOSTMEM_READONLY },
		  { HOSTMEM_READWRITE, HOSTMEM_READWRITE } },
		{ { HOSTMEM_EXECUTE, HOSTMEM_EXECUTE_READ },
		  { HOSTMEM_EXECUTE_READWRITE, HOSTMEM_EXECUTE_READWRITE } },
	};

	return protect[!!(vma->vm_flags & VM_EXEC)]
		      [!!(vma->vm_flags & VM_WRITE)]
		      [!!(vma->vm_flags & VM_READ)];
}

/*
 * Stacks
 */

static bool is_stack(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_GROWSDOWN;
}

/*
 * How large a stack may become.  Where there is no limit, the kernel maps nothing
 * above mmap_base on its own account; but with the legacy layout that is where it
 * begins to map.  Of a limit that is larger than the address space it takes 5/6.
 */
static unsigned long stack_limit(struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	unsigned long limit = rlimit(RLIMIT_STACK);

	if (limit != RLIM_INFINITY)
		return min(limit & PAGE_MASK,
			   PAGE_ALIGN(DEFAULT_MAP_WINDOW / 6 * 5));
	limit = STACK_ROOM;
	if (mm->mmap_base != mm->mmap_legacy_base &&
	    mm->mmap_base < vma->vm_start)
		limit = max(limit, vma->vm_end - mm->mmap_base);
	return limit;
}

/*
 * Where the room begins that a stack may grow into.  The guard gap is part of it:
 * what is mapped there keeps the stack from the last of what is above.
 */
static unsigned long stack_bottom(struct vm_area_struct *vma,
				  struct vm_area_struct *below)
{
	unsigned long start = vma->vm_start, bottom = HOSTMEM_GRANULE;
	unsigned long limit = stack_limit(vma);

	/* Nothing grows into the lowest pages. */
	limit = max(limit, vma->vm_end - start) + STACK_GUARD_GAP;
	if (vma->vm_end > bottom + limit)
		bottom = vma->vm_end - limit;
	if (below)
		bottom = max(bottom, below->vm_end);
	return min(bottom, start);
}

static void add_stack(struct allocation *alloc, struct vma_iterator *vmi,
		      struct vm_area_struct *vma)
{
	struct vm_area_struct *below = vma;
	unsigned int i = 0;

	/* mprotect() of a part makes several VMAs of it. */
	do {
		vma = below;
		below = vma_prev(vmi);
	} while (below && is_stack(below) && below->vm_end == vma->vm_start &&
		 ++i < MAX_PARTS);
	alloc->protect = HOSTMEM_READWRITE;
	if (i < MAX_PARTS)
		alloc->start = stack_bottom(vma, below);
}

/*
 * Images
 *
 * A program or library is loaded as private mappings of its file, in the order of
 * the file, and anonymous memory for what is zero in the beginning, .bss.  The
 * kernel and the dynamic linker put that behind the file's part of a segment, and
 * then it is a VMA like any other: one that somebody else has made exactly there
 * is taken for it, too, and one that has grown by merging as a whole.
 *
 * A private mapping is the usual way to read a file, so something has to be
 * executable to make it an image.
 */

/* The file of what may be a segment, or NULL. */
static const struct inode *segment_file(struct vm_area_struct *vma)
{
	if (!vma->vm_file || vma_is_anonymous(vma) ||
	    vma->vm_flags & (VM_MAYSHARE | VM_HUGETLB))
		return NULL;
	return file_inode(vma->vm_file);
}

/*
 * Is @vma what follows @below in the same image, if both are of one file?  Another
 * copy of the image that follows a first one begins with the file's first page
 * again.  What the dynamic linker has made inaccessible between two segments goes
 * on as the first does.
 */
static bool is_next_segment(struct vm_area_struct *below,
			    struct vm_area_struct *vma)
{
	return vma->vm_start - below->vm_end < IMAGE_HOLE &&
	       (vma->vm_pgoff >= below->vm_pgoff || !vma_is_accessible(below));
}

/*
 * Accounted is what has been writable, and not with MAP_NORESERVE.  Inaccessible
 * are the guard areas of thread stacks, which may lie behind an image, too.
 */
static bool may_be_bss(struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_ACCOUNT && vma_is_accessible(vma) &&
	       !is_stack(vma);
}

/*
 * Where that ends which may be .bss in a VMA; where the VMA begins if nothing may.
 * Without address space randomisation the heap follows .bss, and merges with it.
 */
static unsigned long bss_end(struct vm_area_struct *vma)
{
	const struct mm_struct *mm = vma->vm_mm;
	unsigned long heap = PAGE_ALIGN(mm->start_brk);

	if (!vma_is_anonymous(vma) || !may_be_bss(vma))
		return vma->vm_start;
	if (heap < mm->brk && heap < vma->vm_end && vma->vm_start < mm->brk)
		return max(heap, vma->vm_start);
	return vma->vm_end;
}

static bool is_bss(struct vm_area_struct *below, struct vm_area_struct *vma)
{
	return below->vm_end == vma->vm_start && segment_file(below) &&
	       bss_end(vma) > vma->vm_start;
}

/* The segment before a segment of @file, or NULL. */
static struct vm_area_struct *segment_before(struct vma_iterator *vmi,
					     struct vm_area_struct *vma,
					     const struct inode *file)
{
	struct vm_area_struct *below = vma_prev(vmi), *bss;

	if (!below)
		return NULL;
	if (segment_file(below) == file)
		return is_next_segment(below, vma) ? below : NULL;
	/* Some linkers have zeroes that become read-only in the middle. */
	bss = below;
	if (!vma_is_anonymous(bss))
		return NULL;
	below = vma_prev(vmi);
	if (!below || segment_file(below) != file || !is_bss(below, bss) ||
	    !is_next_segment(below, vma))
		return NULL;
	return below;
}

/*
 * Go up from @vma, whose nearest segment not above it is @segment, to find out how
 * far the same protection reaches, and whether anything is executable.
 */
static bool add_parts_above(struct allocation *alloc, struct vma_iterator *vmi,
			    struct vm_area_struct *vma,
			    struct vm_area_struct *segment, bool exec)
{
	const struct inode *file = segment_file(segment);
	u32 protect = protect_of_vma(vma);
	unsigned int i;

	for (i = 0; i < MAX_PARTS; i++) {
		struct vm_area_struct *next = vma_next(vmi);
		bool bss;

		if (!next)
			break;
		bss = segment == vma && is_bss(vma, next);
		if (!bss && (segment_file(next) != file ||
			     !is_next_segment(segment, next)))
			break;
		if (next->vm_start == alloc->end &&
		    protect_of_vma(next) == protect)
			alloc->end = bss ? bss_end(next) : next->vm_end;
		else if (exec)
			break;
		exec = exec || next->vm_flags & VM_EXEC;
		if (!bss)
			segment = next;
		vma = next;
	}
	return exec;
}

/* @segment is the one that @vma is, or that comes before its .bss. */
static void add_image(struct allocation *alloc, struct vma_iterator *at,
		      struct vm_area_struct *vma, struct vma_iterator *vmi,
		      struct vm_area_struct *segment)
{
	const struct inode *file = segment_file(segment);
	struct vm_area_struct *first = segment, *below;
	struct allocation image = {
		.start = vma->vm_start,
		.end = alloc->end,
		.protect = HOSTMEM_EXECUTE_WRITECOPY,
		.type = HOSTMEM_IMAGE,
	};
	bool exec = (vma->vm_flags | segment->vm_flags) & VM_EXEC;
	unsigned int i;

	for (i = 0; i < MAX_PARTS; i++) {
		below = segment_before(vmi, first, file);
		if (!below)
			break;
		first = below;
		exec = exec || first->vm_flags & VM_EXEC;
	}
	/* Too many to see: rather an image, where others look for what is alive. */
	if (i < MAX_PARTS)
		image.start = first->vm_start;
	else
		exec = true;
	if (add_parts_above(&image, at, vma, segment, exec))
		*alloc = image;
}

/*
 * Anonymous memory: of a VMA that has the heap behind .bss, the part that @addr is
 * in, or the first.
 */
static void add_bss(struct allocation *alloc, struct vma_iterator *vmi,
		    struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *segment;
	unsigned long end = bss_end(vma);

	if (end == alloc->start)
		return;
	if (addr >= end) {
		alloc->start = end;
		return;
	}
	alloc->end = end;
	segment = vma_prev(vmi);
	if (segment && is_bss(segment, vma)) {
		struct vma_iterator at = *vmi;

		vma_next(&at);
		add_image(alloc, &at, vma, vmi, segment);
	}
}

static void add_file(struct allocation *alloc, struct vma_iterator *vmi,
		     struct vm_area_struct *vma, unsigned long addr)
{
	struct vma_iterator at = *vmi;

	alloc->type = HOSTMEM_MAPPED;
	/* Far below there can't be the hole before a segment. */
	if (addr >= vma->vm_start || vma->vm_start - addr < IMAGE_HOLE)
		add_image(alloc, &at, vma, vmi, vma);
}

/*
 * What @vma is part of, and in it @addr if that is not below.  Leaves @vmi
 * somewhere else.
 */
static __always_inline struct allocation
allocation_of(struct vma_iterator *vmi, struct vm_area_struct *vma,
	      unsigned long addr)
{
	struct allocation alloc = {
		.start = vma->vm_start,
		.end = vma->vm_end,
		.protect = protect_of_vma(vma),
		.type = HOSTMEM_PRIVATE,
	};

	if (segment_file(vma))
		add_file(&alloc, vmi, vma, addr);
	else if (vma->vm_flags & VM_MAYSHARE)
		alloc.type = HOSTMEM_MAPPED;
	else if (is_stack(vma))
		add_stack(&alloc, vmi, vma);
	else if (may_be_bss(vma))
		add_bss(&alloc, vmi, vma, addr);
	return alloc;
}

void hm_foreign_query(struct vma_iterator *vmi, struct vm_area_struct *vma,
		      unsigned long addr, struct hostmem_memory_info *info)
{
	struct allocation alloc = { .start = TASK_SIZE };
	bool mapped = vma && addr >= vma->vm_start;

	if (vma)
		alloc = allocation_of(vmi, vma, addr);
	if (addr < alloc.start) {
		*info = (struct hostmem_memory_info) {
			.base = addr,
			.region_size = alloc.start - addr,
			.state = HOSTMEM_FREE,
			.protect = HOSTMEM_NOACCESS,
		};
		return;
	}
	*info = (struct hostmem_memory_info) {
		.base = addr,
		.allocation_base = alloc.start,
		.allocation_protect = alloc.protect,
		.region_size = (mapped ? alloc.end : vma->vm_start) - addr,
		.state = mapped ? HOSTMEM_COMMIT : HOSTMEM_RESERVE,
		.protect = mapped ? protect_of_vma(vma) : 0,
		.type = alloc.type,
	};
}

unsigned long hm_foreign_next(struct mm_struct *mm, unsigned long addr,
			      unsigned long *end)
{
	VMA_ITERATOR(vmi, mm, addr);
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);

	vma = vma_next(&vmi);
	*end = vma ? vma->vm_end : TASK_SIZE;
	return vma ? allocation_of(&vmi, vma, addr).start : TASK_SIZE;
}
