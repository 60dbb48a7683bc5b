// SPDX-License-Identifier: GPL-2.0
/*
 * The page tables that are there because of a region, and are charged for it.  The
 * kernel frees them with the last mapping in what they cover, which may be one of
 * the region's neighbours.  See region.h and walk.h.
 */
#include "walk.h"

void hm_region_note_tables(struct hm_region *region, unsigned long addr,
			   unsigned int tables)
{
	unsigned int level;

	region->tables += tables;
	for (level = 0; level < tables; level++) {
		unsigned long mask = hm_table_span(level) - 1;

		if ((addr & ~mask) < region->start)
			region->shared_before |= BIT(level);
		if ((addr | mask) >= region->end)
			region->shared_behind |= BIT(level);
	}
}

/*
 * Whose lock isn't held inherits: what its calls count in the meantime is no difference
 * of theirs.
 */
void hm_region_inherit_tables(struct hm_region *region)
{
	lockdep_assert_held(&region->lock);

	region->tables += region->inherited;
	region->shared_before |= region->inherited_before;
	region->shared_behind |= region->inherited_behind;
	region->inherited = 0;
}

void hm_region_hand_over_tables(struct hm_region *region,
				struct hm_region *neighbour)
{
	bool before = neighbour->start < region->start;
	u8 shared = before ? region->shared_before : region->shared_behind;
	unsigned long addr = before ? region->start : region->end - 1;
	unsigned long near = before ? neighbour->end - 1 : neighbour->start;
	unsigned int level, tables = 0;

	for (level = 0; level < HM_TABLE_LEVELS; level++) {
		if (!(shared & BIT(level)) ||
		    (addr ^ near) >= hm_table_span(level))
			continue;
		tables++;
		region->shared_before &= ~BIT(level);
		region->shared_behind &= ~BIT(level);
		if (ALIGN_DOWN(near, hm_table_span(level)) < neighbour->start)
			neighbour->inherited_before |= BIT(level);
		if ((near | (hm_table_span(level) - 1)) >= neighbour->end)
			neighbour->inherited_behind |= BIT(level);
	}
	region->tables -= tables;
	neighbour->inherited += tables;
}
