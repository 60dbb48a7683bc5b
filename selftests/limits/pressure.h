/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pressure*.c share: readings of the load, and two files with regions below a
 * small limit.
 *
 * Sets the module's parameters, so it needs root, and puts them back.
 */
#ifndef PRESSURE_H
#define PRESSURE_H

#include "hostmem_limits.h"

#define LIMIT_MB	32
#define LIMIT		(LIMIT_MB * MIB)

#define LOW		HOSTMEM_AVAILABLE_LOW
#define NEUTRAL		HOSTMEM_AVAILABLE_NEUTRAL
#define HIGH		HOSTMEM_AVAILABLE_HIGH

HELPER struct hostmem_load load_of(int fd)
{
	struct hostmem_load load;

	raw_load(fd, &load);
	return load;
}

FIXTURE(load)
{
	int fd, other;
	uintptr_t base, other_base;
};

FIXTURE_SETUP(load)
{
	SET_PARAMETERS(LIMIT_MB, 10);
	self->base = open_region(&self->fd, 2 * LIMIT);
	ASSERT_NE(0, self->base);
	self->other_base = open_region(&self->other, 2 * LIMIT);
	ASSERT_NE(0, self->other_base);
	/* All tests count on a machine that has memory. */
	ASSERT_EQ(HIGH, available(self->fd));
}

FIXTURE_TEARDOWN(load)
{
}

#endif /* PRESSURE_H */
