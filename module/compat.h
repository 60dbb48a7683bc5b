/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that hostmem builds for: one positive
 * helper for each difference, chosen by the probes in Kbuild.  Every file of
 * the module may include this one; of them it includes only the processor's.
 */
#ifndef HOSTMEM_COMPAT_H
#define HOSTMEM_COMPAT_H

#include <linux/list_lru.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/swap.h>

#include "arch.h"

#ifdef HM_HAVE_PFN_T
#include <linux/pfn_t.h>
#endif

/*
 * vm_flags_set() came with 6.3.  Where faults may arrive under the VMA's own
 * lock, it takes that lock: call it with mmap_lock held for writing and before
 * any lock of ours.
 */
static inline void hm_vm_flags_set(struct vm_area_struct *vma,
				   unsigned long flags)
{
	mmap_assert_write_locked(vma->vm_mm);
#ifdef HM_HAVE_VM_FLAGS_SET
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static inline void hm_vm_flags_clear(struct vm_area_struct *vma,
				     unsigned long flags)
{
	mmap_assert_write_locked(vma->vm_mm);
#ifdef HM_HAVE_VM_FLAGS_SET
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/*
 * Has nobody taken a VMA out of its address space, of which the caller is a user?  Where
 * VMAs have locks, most kernels since 6.4 tell: by a flag, later by a reference count.
 * With others it has to be searched for, unless there is no other user.
 */
static inline bool hm_vma_is_attached(struct vm_area_struct *vma)
{
	mmap_assert_locked(vma->vm_mm);
#if defined(CONFIG_PER_VMA_LOCK) && defined(HM_HAVE_VMA_IS_ATTACHED)
	return vma_is_attached(vma);
#elif defined(CONFIG_PER_VMA_LOCK) && defined(HM_HAVE_VMA_DETACHED)
	return !READ_ONCE(vma->detached);
#else
	return atomic_read(&vma->vm_mm->mm_users) == 1 ||
	       vma_lookup(vma->vm_mm, vma->vm_start) == vma;
#endif
}

/* Does the user want private memory in core dumps?  mm's flags got a type in 6.18. */
static inline bool hm_mm_dumps_private(struct mm_struct *mm)
{
#ifdef HM_HAVE_MM_FLAGS_TEST
	return mm_flags_test(MMF_DUMP_ANON_PRIVATE, mm);
#else
	return test_bit(MMF_DUMP_ANON_PRIVATE, &mm->flags);
#endif
}

/*
 * Does a process let others of its user look at it?  Since 7.3 nobody but the kernel
 * itself can ask: what it has found when it was asked has to do.
 */
static inline bool hm_mm_is_dumpable(struct mm_struct *mm)
{
#ifdef HM_HAVE_GET_DUMPABLE
	return get_dumpable(mm) == SUID_DUMP_USER;
#else
	return true;
#endif
}

/* Threads that never return to user mode; those of a process have a flag since 6.4. */
#ifdef PF_USER_WORKER
#define HM_PF_NO_USER_MODE	(PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER)
#else
#define HM_PF_NO_USER_MODE	(PF_KTHREAD | PF_IO_WORKER)
#endif

/*
 * Since 7.2 one call zaps ranges of mappings without struct pages and of those with
 * both.  Before that there was one for the former, and for all mappings one that 6.3
 * renamed.
 */
static inline void hm_zap(struct vm_area_struct *vma, unsigned long start,
			  unsigned long size)
{
#ifdef HM_HAVE_ZAP_SPECIAL
	zap_special_vma_range(vma, start, size);
#else
	if (vma->vm_flags & VM_PFNMAP)
		zap_vma_ptes(vma, start, size);
	else
#ifdef HM_HAVE_ZAP_RANGE
		zap_page_range(vma, start, size);
#else
		zap_page_range_single(vma, start, size, NULL);
#endif
#endif
}

/* 6.10 renamed what lies in the low bits of memcg_data. */
#ifdef HM_HAVE_OBJEXTS
#define HM_MEMCG_FLAGS	OBJEXTS_FLAGS_MASK
#else
#define HM_MEMCG_FLAGS	MEMCG_DATA_FLAGS_MASK
#endif

/*
 * What split_page() does for the memory cgroup: each page of an allocation that isn't
 * compound is charged to the group that the first one is.  split_page_memcg() is out
 * of reach.
 */
static inline void hm_memcg_split(struct page *page, unsigned int nr)
{
#ifdef CONFIG_MEMCG
	unsigned long data = READ_ONCE(((struct folio *)page)->memcg_data);
	struct obj_cgroup *objcg = (void *)(data & ~(unsigned long)HM_MEMCG_FLAGS);
	unsigned int i;

	if (!data)
		return;
	for (i = 1; i < nr; i++)
		((struct folio *)(page + i))->memcg_data = data;
	obj_cgroup_get_many(objcg, nr - 1);
#endif
}

/*
 * The counters of mm were atomics until 6.2.  add_mm_counter() itself is out of
 * reach: its tracepoint is not exported.
 */
static inline void hm_mm_add_counter(struct mm_struct *mm, int member, long pages)
{
	if (!pages)
		return;
#ifdef HM_HAVE_RSS_ATOMIC
	atomic_long_add(pages, &mm->rss_stat.count[member]);
#else
	percpu_counter_add(&mm->rss_stat[member], pages);
#endif
}

static inline void hm_mm_add_rss(struct mm_struct *mm, long pages)
{
	hm_mm_add_counter(mm, MM_ANONPAGES, pages);
}

/* The same for pages whose PTEs the kernel counts. */
static inline void hm_mm_add_file_rss(struct mm_struct *mm, long pages)
{
	hm_mm_add_counter(mm, MM_FILEPAGES, pages);
}

/* The search that mmap(2) itself makes: 6.10 named it, 7.1 dropped the mm. */
static inline unsigned long hm_mm_unmapped_area(struct file *file,
						unsigned long addr,
						unsigned long len,
						unsigned long pgoff,
						unsigned long flags)
{
#if defined(HM_HAVE_MM_GUA)
	return mm_get_unmapped_area(file, addr, len, pgoff, flags);
#elif defined(HM_HAVE_MM_GUA_WITH_MM)
	return mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
#else
	return current->mm->get_unmapped_area(file, addr, len, pgoff, flags);
#endif
}

/*
 * Large pages: 6.12 taught the page tables to tell a PMD of a PFN mapping, and
 * only then calls huge_fault for one.  6.17 dropped pfn_t.
 */
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
#define HM_HUGE_FAULT(handler) .huge_fault = handler,

static inline bool hm_large_pages_work(void)
{
	return has_transparent_hugepage();
}

/*
 * The kernel takes the protection of a large page from the VMA, and computes that
 * one anew from the VMA's flags when it likes, as clear_refs makes it do.  So say
 * which it is each time (S4).  Who changes it besides holds the VMA's lock for
 * writing, which a fault holds for reading.
 */
static inline vm_fault_t hm_insert_pmd(struct vm_fault *vmf, struct page *page,
				       pgprot_t prot, bool write)
{
	WRITE_ONCE(vmf->vma->vm_page_prot, prot);
	hm_sync_code(page, HPAGE_PMD_NR, prot);
#ifdef HM_HAVE_PFN_T
	return vmf_insert_pfn_pmd(vmf, page_to_pfn_t(page), write);
#else
	return vmf_insert_pfn_pmd(vmf, page_to_pfn(page), write);
#endif
}
#else
#define HM_HUGE_FAULT(handler)

static inline bool hm_large_pages_work(void)
{
	return false;
}

static inline vm_fault_t hm_insert_pmd(struct vm_fault *vmf, struct page *page,
				       pgprot_t prot, bool write)
{
	return VM_FAULT_FALLBACK;
}
#endif

/* Large pages whose mapping the kernel counts came with 6.16. */
#if defined(CONFIG_ARCH_SUPPORTS_PMD_PFNMAP) && defined(HM_HAVE_INSERT_FOLIO_PMD)
static inline bool hm_counted_large_pages_work(void)
{
	return hm_large_pages_work();
}

static inline vm_fault_t hm_insert_folio_pmd(struct vm_fault *vmf, struct page *page,
					     pgprot_t prot, bool write)
{
	WRITE_ONCE(vmf->vma->vm_page_prot, prot);	/* see hm_insert_pmd() */
	hm_sync_code(page, HPAGE_PMD_NR, prot);
	return vmf_insert_folio_pmd(vmf, page_folio(page), write);
}
#else
static inline bool hm_counted_large_pages_work(void)
{
	return false;
}

static inline vm_fault_t hm_insert_folio_pmd(struct vm_fault *vmf, struct page *page,
					     pgprot_t prot, bool write)
{
	return VM_FAULT_FALLBACK;
}
#endif

/*
 * What each memory cgroup has of something.  Since 6.8 two functions find it by the
 * object that holds the link, as those before them did; 7.0 or so took the lock out of
 * what is called for each.
 */
#ifdef HM_HAVE_LRU_OBJ
static inline void hm_lru_add(struct list_lru *lru, struct list_head *link)
{
	list_lru_add_obj(lru, link);
}

static inline void hm_lru_del(struct list_lru *lru, struct list_head *link)
{
	list_lru_del_obj(lru, link);
}
#else
static inline void hm_lru_add(struct list_lru *lru, struct list_head *link)
{
	list_lru_add(lru, link);
}

static inline void hm_lru_del(struct list_lru *lru, struct list_head *link)
{
	list_lru_del(lru, link);
}
#endif

#ifdef HM_HAVE_LRU_LOCK
#define HM_LRU_WALK(name, link, list, data)				\
	enum lru_status name(struct list_head *(link), struct list_lru_one *(list), \
			     spinlock_t *lock, void *(data))
#else
#define HM_LRU_WALK(name, link, list, data)				\
	enum lru_status name(struct list_head *(link), struct list_lru_one *(list), \
			     void *(data))
#endif

/* A shrinker has been allocated by the kernel since 6.7. */
typedef unsigned long hm_shrink_fn(struct shrinker *shrinker,
				   struct shrink_control *control);

#ifdef HM_HAVE_SHRINKER_ALLOC
struct hm_shrinker {
	struct shrinker *shrinker;
};

/*
 * @flags: SHRINKER_*; @batch: of how many at least the kernel asks for at once, 0 for what
 * is usual.
 */
static inline int hm_shrinker_register(struct hm_shrinker *ours, const char *name,
				       unsigned int flags, long batch,
				       hm_shrink_fn *count, hm_shrink_fn *scan)
{
	ours->shrinker = shrinker_alloc(flags, "%s", name);
	if (!ours->shrinker)
		return -ENOMEM;
	ours->shrinker->count_objects = count;
	ours->shrinker->scan_objects = scan;
	ours->shrinker->batch = batch;
	shrinker_register(ours->shrinker);
	return 0;
}

static inline struct shrinker *hm_shrinker_get(struct hm_shrinker *ours)
{
	return ours->shrinker;
}

static inline void hm_shrinker_unregister(struct hm_shrinker *ours)
{
	shrinker_free(ours->shrinker);
}
#else
struct hm_shrinker {
	struct shrinker shrinker;
};

static inline int hm_shrinker_register(struct hm_shrinker *ours, const char *name,
				       unsigned int flags, long batch,
				       hm_shrink_fn *count, hm_shrink_fn *scan)
{
	ours->shrinker.count_objects = count;
	ours->shrinker.scan_objects = scan;
	ours->shrinker.seeks = DEFAULT_SEEKS;
	ours->shrinker.flags = flags;
	ours->shrinker.batch = batch;
	return register_shrinker(&ours->shrinker, "%s", name);
}

static inline struct shrinker *hm_shrinker_get(struct hm_shrinker *ours)
{
	return &ours->shrinker;
}

static inline void hm_shrinker_unregister(struct hm_shrinker *ours)
{
	unregister_shrinker(&ours->shrinker);
}
#endif

/*
 * What a shrinker has freed is progress to the kernel only if it is said, and without any it
 * goes on shrinking, or kills.  6.5 named how to say it.
 */
static inline void hm_report_reclaimed(unsigned long pages)
{
#ifdef HM_HAVE_ACCOUNT_RECLAIMED
	mm_account_reclaimed_pages(pages);
#else
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += pages;
#endif
}

#endif /* HOSTMEM_COMPAT_H */
