// SPDX-License-Identifier: GPL-2.0
/*
 * Description: core dumps of more parts than a dump shall have.
 *
 * A program of its own, as it has some ten thousand mappings, all of which the kernel debug
 * looks through whenever one changes.
 */
#include "dump.h"

/* Every 64th page of a region: more parts than a dump shall have. */
#define SCATTERED_PAGES	33000
#define SCATTERED	(SCATTERED_PAGES * 64 * PAGE)

static void scattered_region(struct note *note)
{
	char *base = reserve_at(NULL, SCATTERED);
	size_t i;

	CHECK(base);
	for (i = 0; i < SCATTERED_PAGES; i++)
		CHECK(commit_at(base + i * 64 * PAGE, PAGE, PAGE_READWRITE));
	stamp(base, PAGE, 21);
	stamp(base + 64 * PAGE * 1000, PAGE, 21);
	note->base[0] = (uintptr_t)base;
}

TEST_F(dump, has_as_many_parts_as_there_is_room_for)
{
	uintptr_t base;

	DIE(scattered_region);
	base = self->note->base[0];
	EXPECT_TRUE(core_stamped(&self->core, base, 0, 1, 21));
	EXPECT_TRUE(core_stamped(&self->core, base + 64 * PAGE * 1000, 0, 1, 21));
	EXPECT_GT(36000, self->core.nr);
}

TEST_HARNESS_MAIN
