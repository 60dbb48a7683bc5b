// SPDX-License-Identifier: GPL-2.0
/*
 * Making, splitting and freeing pages that others may hold.  See pinnable.h.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>

#include "compat.h"
#include "pinnable.h"

#define HM_FS_MAGIC	0x686d656d	/* "hmem" */

/* Invariant between init and exit. */
static struct vfsmount *mount;
static struct inode *inode;

/* Of the page that comes next. */
static atomic64_t next_index = ATOMIC64_INIT(0);

static int init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, HM_FS_MAGIC) ? 0 : -ENOMEM;
}

/* Without .owner: the mount is the module's own, and would keep it loaded. */
static struct file_system_type fs_type = {
	.name			= "hostmem",
	.init_fs_context	= init_fs_context,
	.kill_sb		= kill_anon_super,
};

/* Whoever has written to a page says so, and asks who has to be told: nobody. */
static const struct address_space_operations page_ops = {
	.dirty_folio	= noop_dirty_folio,
};

int hm_pinnable_init(void)
{
	mount = kern_mount(&fs_type);
	if (IS_ERR(mount))
		return PTR_ERR(mount);
	inode = alloc_anon_inode(mount->mnt_sb);
	if (IS_ERR(inode)) {
		kern_unmount(mount);
		return PTR_ERR(inode);
	}
	inode->i_mapping->a_ops = &page_ops;
	return 0;
}

void hm_pinnable_exit(void)
{
	iput(inode);
	kern_unmount(mount);
}

bool hm_pinnable_is(const struct page *page)
{
	return ((const struct folio *)page)->mapping == inode->i_mapping;
}

void hm_pinnable_adopt(struct page *piece, unsigned int order)
{
	unsigned int i, nr = 1u << order;
	pgoff_t index = atomic64_fetch_add(nr, &next_index);

	for (i = 0; i < nr; i++) {
		struct folio *folio = (struct folio *)(piece + i);

		/* The first has its own, and maybe that of who had the page before. */
		if (i)
			set_page_count(piece + i, 1);
		atomic_set(&folio->_mapcount, 0);
		folio->index = index + i;
		folio->mapping = inode->i_mapping;
	}
}

struct page *hm_pinnable_alloc_large(unsigned int order, gfp_t gfp)
{
	struct folio *folio = folio_alloc(gfp, order);

	if (!folio)
		return NULL;
	folio->index = atomic64_fetch_add(1ul << order, &next_index);
	folio->mapping = inode->i_mapping;
	return &folio->page;
}

void hm_pinnable_split(struct page *piece, unsigned int order)
{
	hm_memcg_split(piece, 1u << order);
}

/* A page becomes no more than any other, whoever holds it. */
static void disown(struct page *page)
{
	((struct folio *)page)->mapping = NULL;
	atomic_set(&page->_mapcount, -1);
}

/* Nobody gets hold of a page of the piece any more; false: somebody has one. */
static bool disown_and_freeze(struct page *piece, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		disown(piece + i);
		if (!page_ref_freeze(piece + i, 1))
			break;
	}
	if (i == nr)
		return true;
	while (i--)
		page_ref_unfreeze(piece + i, 1);
	return false;
}

/* The page allocator wants one reference, to the first. */
static void free_frozen(struct page *piece, unsigned int order)
{
	page_ref_unfreeze(piece, 1);
	__free_pages(piece, order);
}

/* Its own books of a large folio are the kernel's. */
static bool try_free_large(struct folio *folio)
{
	folio->mapping = NULL;
	if (!folio_ref_freeze(folio, 1))
		return false;
	folio_ref_unfreeze(folio, 1);
	folio_put(folio);
	return true;
}

bool hm_pinnable_try_free(struct folio *folio)
{
	if (folio_test_large(folio))
		return try_free_large(folio);
	if (!disown_and_freeze(&folio->page, 1))
		return false;
	free_frozen(&folio->page, 0);
	return true;
}

/* Free a folio, or put it to those that are held.  Return how many pages that adds. */
static unsigned int free_or_keep(struct folio *folio, struct list_head *held)
{
	unsigned int nr = folio_nr_pages(folio);

	if (hm_pinnable_try_free(folio))
		return 0;
	list_add_tail(&folio->lru, held);
	return nr;
}

unsigned int hm_pinnable_free(struct page *piece, unsigned int order,
			      struct list_head *held)
{
	unsigned int i, nr = 1u << order, nr_held = 0;

	if (folio_test_large((struct folio *)piece))
		return free_or_keep((struct folio *)piece, held);
	if (disown_and_freeze(piece, nr)) {
		free_frozen(piece, order);
		return 0;
	}
	if (order)
		hm_pinnable_split(piece, order);
	for (i = 0; i < nr; i++)
		nr_held += free_or_keep((struct folio *)(piece + i), held);
	return nr_held;
}
