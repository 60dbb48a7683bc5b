/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a commit has asked for, and is charged for: its region, and what it needs there.
 * Then others may change the region: what has been asked for may not do any more.
 *
 * Called by commit.c.
 */
#ifndef HOSTMEM_ASKED_H
#define HOSTMEM_ASKED_H

#include "rules.h"
#include "space.h"

/**
 * struct hm_asked - what a commit has asked for
 * @region: what it commits in, with a reference; NULL until something is asked for
 * @needs: in space->asked; nothing when that has been settled
 * @changes: of the region, when the needs were worked out
 * @with_vma: it will make page tables or change the VMA
 *
 * Owned by the call that has it on its stack.
 */
struct hm_asked {
	struct hm_region *region;
	struct hm_needs needs;
	unsigned long changes;
	bool with_vma;
};

/**
 * hm_asked_charge - ask for what a commit of a range needs, and charge it
 * @space: no lock held
 * @req: what is wanted, and at which level
 * @start: the range's first byte
 * @end: behind its last one
 * @deadline: until when to wait for room; 0 for not at all
 * @asked: gets it, with a reference to the region, if all goes well
 *
 * Return: 0; -EADDRNOTAVAIL without such a region; -ENOSPC or -EDQUOT if the module's
 * limit or the space's own has no room; as hm_charge() where it waits; -EAGAIN if after
 * that it needs more than it has waited for.
 */
int hm_asked_charge(struct hm_space *space, const struct hm_alloc_request *req,
		    unsigned long start, unsigned long end, u64 deadline,
		    struct hm_asked *asked);

/** hm_asked_no_room - is it a limit that has no room?  Which one, others are told. */
static inline bool hm_asked_no_room(int err)
{
	return err == -EDQUOT || err == -ENOSPC;
}

/** hm_asked_is_enough - does it still do for the range?  The region is locked. */
bool hm_asked_is_enough(const struct hm_asked *asked, unsigned long start,
			unsigned long end);

/**
 * hm_asked_needs_vma - will the commit make page tables, or change the VMA?
 *
 * The region is locked.  Page tables stay once they are there; for VM_IO see hm_mmap().
 */
bool hm_asked_needs_vma(const struct hm_asked *asked, hm_state_t want);

#endif /* HOSTMEM_ASKED_H */
