/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Core dumps of a space.  While a process lives, the kernel finds no struct pages behind
 * its ordinary regions, and none behind pages of pinnable ones that can't be accessed.
 * When it dies and is about to be dumped, mapping.c calls here to have that changed,
 * region by region.
 */
#ifndef HOSTMEM_DUMP_H
#define HOSTMEM_DUMP_H

#include "region_dump.h"
#include "space.h"

/* What a region is to a dump. */
enum hm_dump {
	HM_DUMP_NOT,		/* no part of it */
	HM_DUMP_MAPPED,		/* all that is committed is mapped */
	HM_DUMP_FAULTS,		/* some of it has to be asked for */
	HM_DUMP_AS_BEFORE,	/* it has been dumped once */
};

/**
 * hm_space_is_borrowed - does a process that lives on share the dumper's memory?
 *
 * Then nothing of it may be changed for the dump.
 */
bool hm_space_is_borrowed(const struct hm_space *space);

/**
 * hm_space_dump - have a region dumped, if anything is committed
 * @space: the space
 * @region: its region
 * @sparse: only if it is sparse; or else, only if it is not
 *
 * What is to be dumped can't be changed any more, by whoever shares the address space
 * and outlives the dump, and is accessible whatever its protection.
 *
 * Context: the dumper, mmap_lock held for writing, the VMA locked.
 * Return: what it is.
 */
enum hm_dump hm_space_dump(struct hm_space *space, struct hm_region *region,
			   bool sparse);

/**
 * hm_space_dump_runs - visit what is committed in a region that is being dumped
 * @region: the region
 * @fn: called with the ends of each run, in ascending order
 * @data: argument of @fn
 */
void hm_space_dump_runs(struct hm_region *region, hm_dump_run_fn *fn, void *data);

/**
 * hm_space_dump_page - a page of a region that is being dumped
 * Return: the page, with a reference, or NULL if there is none.
 */
struct page *hm_space_dump_page(struct hm_region *region, unsigned long addr);

#endif /* HOSTMEM_DUMP_H */
