// SPDX-License-Identifier: GPL-2.0
/*
 * Queries of memory that is not ours.  See foreign.h.
 */
#include <linux/mm.h>

#include "foreign.h"

static u32 protect_of_vma(const struct vm_area_struct *vma)
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

/* Programs and libraries are private mappings of files, as images are. */
static u32 type_of_vma(const struct vm_area_struct *vma)
{
	if (!vma->vm_file)
		return HOSTMEM_PRIVATE;
	return vma->vm_flags & VM_SHARED ? HOSTMEM_MAPPED : HOSTMEM_IMAGE;
}

void hm_foreign_query(struct mm_struct *mm, unsigned long addr,
		      struct hostmem_memory_info *info)
{
	struct vm_area_struct *vma;

	mmap_assert_locked(mm);

	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr) {
		u32 protect = protect_of_vma(vma);

		*info = (struct hostmem_memory_info) {
			.base = addr,
			.allocation_base = vma->vm_start,
			.allocation_protect = protect,
			.region_size = vma->vm_end - addr,
			.state = HOSTMEM_COMMIT,
			.protect = protect,
			.type = type_of_vma(vma),
		};
	} else {
		*info = (struct hostmem_memory_info) {
			.base = addr,
			.region_size = (vma ? vma->vm_start : TASK_SIZE) - addr,
			.state = HOSTMEM_FREE,
			.protect = HOSTMEM_NOACCESS,
		};
	}
}
