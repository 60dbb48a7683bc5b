/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixtures of who gets which pages: a specimen of either kind, or, for what only
 * pinnable pages can be asked for, of this one.
 */
#ifndef PIN_WORLD_H
#define PIN_WORLD_H

#include "pin.h"

struct world {
	int fd;
	struct hostmem_status before;
	int disk;
	int pipe[2];
	char *plain;		/* DISK_SIZE bytes for the other side */
};

HELPER bool world_make(struct world *world, uint32_t flags)
{
	world->fd = library_fd();
	if (!specimen_make_as(SPECIMEN, flags))
		return false;
	world->before = hostmem_status(world->fd);
	world->disk = open_disk();
	world->plain = plain_memory(DISK_SIZE);
	return world->disk >= 0 && world->plain && !pipe2(world->pipe, O_NONBLOCK);
}

#define EXPECT_WORLD_AS_BEFORE(world) do {				\
	EXPECT_SAME_STATUS((world)->before, (world)->fd);		\
	EXPECT_INTACT(SPECIMEN);					\
} while (0)

FIXTURE(kind)
{
	struct world world;
};

FIXTURE_VARIANT(kind)
{
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(kind, pinnable)
{
	.flags = PINNABLE,
};

FIXTURE_VARIANT_ADD(kind, ordinary)
{
	.flags = 0,
};

FIXTURE_SETUP(kind)
{
	ASSERT_TRUE(world_make(&self->world, variant->flags));
}

FIXTURE_TEARDOWN(kind)
{
	EXPECT_WORLD_AS_BEFORE(&self->world);
}

FIXTURE(pinned)
{
	struct world world;
};

FIXTURE_SETUP(pinned)
{
	ASSERT_TRUE(world_make(&self->world, PINNABLE));
}

FIXTURE_TEARDOWN(pinned)
{
	EXPECT_WORLD_AS_BEFORE(&self->world);
}

/* May a page itself be read, or written, by who asks for it? */
#define MAY_READ(page) \
	(variant->flags && protection_of(query(page).Protect)->read)
#define MAY_WRITE(page) \
	(variant->flags && protection_of(query(page).Protect)->write)

/*
 * The call meets the guard: it fails once, with the guard consumed, and then works.
 * Afterwards the page is as it was.
 */
#define EXPECT_GUARD_MET(size, call) do {				\
	DWORD __old;							\
									\
	EXPECT_EFAULT(call);						\
	EXPECT_EQ(PAGE_READWRITE, query(at(GUARDED)).Protect);		\
	EXPECT_EQ((ssize_t)(size), (ssize_t)(call));			\
	mend(GUARDED);							\
	EXPECT_TRUE(VirtualProtect(at(GUARDED), PAGE,			\
				   PAGE_READWRITE | PAGE_GUARD, &__old));	\
} while (0)

#endif /* PIN_WORLD_H */
