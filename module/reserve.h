/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions come and go: reserve and release, and their other half in the memory
 * manager's mmap and munmap.  A reservation calls vm_mmap(), which comes back
 * through mapping.c to ask what is pending and to attach the region to its VMA.
 *
 * Called by calls.c, mapping.c and placement.c.
 */
#ifndef HOSTMEM_RESERVE_H
#define HOSTMEM_RESERVE_H

#include "rules.h"
#include "space.h"

/**
 * struct hm_pending - a reservation on its way through vm_mmap()
 * @link: in space->pending; space->lock
 * @task: who called; invariant after init
 * @region: the region, until a VMA has taken it; space->lock
 * @serial: of the region, when a VMA has taken it; space->lock
 * @top_down: where to look for room; invariant after init
 *
 * On the stack of the call that reserves.  A mapping of the file that is not
 * announced by one of these is refused.
 */
struct hm_pending {
	struct list_head link;
	struct task_struct *task;
	struct hm_region *region;
	u64 serial;
	bool top_down;
};

/**
 * hm_space_pending - the reservation for which the current task maps the file
 *
 * Return: the reservation, or NULL if the task maps the file on its own account.
 */
struct hm_pending *hm_space_pending(struct hm_space *space);

/**
 * hm_space_attach - the VMA for a reservation is there
 * @space: the space
 * @pending: from hm_space_pending()
 * @vma: its VMA; mmap_lock is held for writing
 *
 * Return: the region, which the VMA owns from here on.
 */
struct hm_region *hm_space_attach(struct hm_space *space,
				  struct hm_pending *pending,
				  struct vm_area_struct *vma);

/** hm_space_detach - the VMA of a region is gone, and its PTEs with it */
void hm_space_detach(struct hm_space *space, struct hm_region *region);

/**
 * struct hm_place - where a region has been made
 * @start: its address
 * @serial: its number; another region may be there by now
 */
struct hm_place {
	unsigned long start;
	u64 serial;
};

/** hm_space_reserve - make a region; @place tells where it is */
int hm_space_reserve(struct hm_space *space, const struct hm_alloc_request *req,
		     struct hm_place *place);

/** hm_space_release - free the region that begins at @start, with all it has */
int hm_space_release(struct hm_space *space, unsigned long start);

/**
 * hm_space_give_back - the same for those who can't do without
 * @space: the space
 * @place: of the region; if another thread has released it, nothing happens to one
 *	that is there now
 *
 * Return: as hm_space_release(), but -ENOMEM only after a fatal signal, as -EINTR.
 */
int hm_space_give_back(struct hm_space *space, const struct hm_place *place);

/**
 * hm_space_shutdown - release all regions, end all waiting, and make none again
 * Return: 0; -ESHUTDOWN if another call has begun it, when there is nothing left;
 * -EACCES if a region is sealed; -EINTR.
 */
int hm_space_shutdown(struct hm_space *space);

#endif /* HOSTMEM_RESERVE_H */
