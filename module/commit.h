/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commits: charged, allocated without locks, installed under locks.  Called by
 * calls.c with no lock held.
 */
#ifndef HOSTMEM_COMMIT_H
#define HOSTMEM_COMMIT_H

#include "rules.h"
#include "space.h"

/** hm_space_commit - commit a range: all of it or nothing */
int hm_space_commit(struct hm_space *space, const struct hm_alloc_request *req,
		    unsigned long start, unsigned long end);

/**
 * hm_space_map_large - map all large pages of a region just committed
 * Return: 0, -ENOMEM or -EINTR.
 */
int hm_space_map_large(struct hm_space *space,
		       const struct hm_alloc_request *req, unsigned long start);

#endif /* HOSTMEM_COMMIT_H */
