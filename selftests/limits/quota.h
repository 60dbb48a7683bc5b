/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What quota.c and quota_team.c share: a limit, and two files with a region each.
 *
 * Sets the module's parameters, so it needs root, and puts them back.
 */
#ifndef QUOTA_H
#define QUOTA_H

#include "hostmem_limits.h"

#define LIMIT_MB	16
#define LIMIT		(LIMIT_MB * MIB)
#define REGION		(2 * LIMIT)

FIXTURE(quota)
{
	int fd, other;
	uintptr_t base, other_base;
};

FIXTURE_SETUP(quota)
{
	SET_PARAMETERS(LIMIT_MB, 0);
	self->base = open_region(&self->fd, REGION);
	ASSERT_NE(0, self->base);
	self->other_base = open_region(&self->other, REGION);
	ASSERT_NE(0, self->other_base);
}

FIXTURE_TEARDOWN(quota)
{
}

#endif /* QUOTA_H */
