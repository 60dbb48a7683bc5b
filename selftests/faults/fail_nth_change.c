// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the same as fail_nth, of the calls that change what is there, or look at it
 * (rules A15, C16, G7, G8, R1, R11).
 *
 * Needs root, and a kernel with fault injection: see the README.
 */
#include "change.h"
#include "look.h"
#include "chain.h"

FIXTURE_VARIANT_ADD(chain, decommit_part)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_decommit,
	.complete = decommitted, .at = GRANULE + BLOCK + 3 * PAGE,
	.length = BLOCK / 2, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, decommit_all)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_decommit,
	.complete = decommitted, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, decommit_watched)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_parts,
	.call = call_decommit, .complete = decommitted, .length = PARTS_END,
	.copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, release)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_release,
	.complete = released, .injections = 1, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, munmap)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_munmap,
	.complete = released, .injections = 1, .anyone = true,
};

FIXTURE_VARIANT_ADD(chain, munmap_more)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts_and_neighbour,
	.call = call_munmap_more, .complete = more_released, .failures = 1,
	.anyone = true,
};

FIXTURE_VARIANT_ADD(chain, munmap_part)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts,
	.call = call_munmap_part, .complete = parts_kept, .anyone = true,
};

FIXTURE_VARIANT_ADD(chain, mremap)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_mremap,
	.complete = parts_kept, .anyone = true,
};

FIXTURE_VARIANT_ADD(chain, protect_part)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_protect,
	.complete = committed_range, .at = GRANULE + BLOCK + 3 * PAGE,
	.length = BLOCK / 2, .protect = HOSTMEM_READONLY, .copies = 1, .sure = true,
};

/* The page table that it wants then is the next touch's to find. */
FIXTURE_VARIANT_ADD(chain, protect_part_of_whole)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_whole, .call = call_protect,
	.complete = committed_range, .at = GRANULE + BLOCK + 3 * PAGE,
	.length = BLOCK / 2, .protect = HOSTMEM_READONLY, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, decommit_part_of_whole)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_whole, .call = call_decommit,
	.complete = decommitted, .at = GRANULE + BLOCK + 3 * PAGE,
	.length = BLOCK, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, protect_guard)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_protect,
	.complete = committed_range, .at = GRANULE + BLOCK + 3 * PAGE,
	.length = BLOCK / 2, .protect = HOSTMEM_READWRITE | HOSTMEM_GUARD,
	.copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, protect_noaccess)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_protect,
	.complete = committed_range, .at = GRANULE + BLOCK + 3 * PAGE,
	.length = BLOCK / 2, .protect = HOSTMEM_NOACCESS, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, protect_watched)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_parts,
	.call = call_protect, .complete = committed_range,
	.at = GRANULE + BLOCK + 3 * PAGE, .length = BLOCK / 2,
	.protect = HOSTMEM_EXECUTE_READ, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, reset)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_reset,
	.complete = contents_stay, .at = GRANULE + BLOCK, .length = BLOCK / 2,
	.type = HOSTMEM_RESET, .injections = 1, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, reset_watched)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_parts,
	.call = call_reset, .complete = contents_stay, .at = GRANULE + BLOCK,
	.length = BLOCK / 2, .type = HOSTMEM_RESET, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, reset_undo)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_reset, .call = call_undo,
	.complete = contents_stay, .at = GRANULE + BLOCK, .length = BLOCK / 2,
	.type = HOSTMEM_RESET, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, touch_lost_page)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_lost, .call = call_touch,
	.complete = touched, .at = 3 * PAGE, .injections = 1, .sure = true,
	.blind = true,
};

FIXTURE_VARIANT_ADD(chain, read_to_lost_page)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_lost_and_pipe,
	.call = call_read_to_page, .complete = touched, .at = 3 * PAGE,
	.injections = 1, .error = EFAULT, .blind = true,
};

FIXTURE_VARIANT_ADD(chain, debug_lost_page)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_lost_and_mem,
	.call = call_write_as_debugger, .complete = touched, .at = 3 * PAGE,
	.failures = 1, .injections = 1, .error = EIO, .blind = true, .asked_twice = true,
};

FIXTURE_VARIANT_ADD(chain, touch_guard)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts,
	.call = call_touch_guard, .complete = disarmed, .at = 8 * PAGE, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, read_to_guard)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_guard_and_pipe,
	.call = call_read_to_guard, .complete = disarmed_in_the_end, .at = 8 * PAGE,
	.injections = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, watch)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_written,
	.call = call_watch, .complete = watch_as_before, .length = MANY * PAGE,
	.injections = 1, .copies = 3,
};

FIXTURE_VARIANT_ADD(chain, watch_reset)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_written,
	.call = call_watch_reset, .complete = none_written, .length = MANY * PAGE,
	.injections = 1, .copies = 3,
};

FIXTURE_VARIANT_ADD(chain, watch_few)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_written,
	.call = call_watch_reset, .complete = none_written, .length = 5 * PAGE,
	.failures = 1, .copies = 2,
};

FIXTURE_VARIANT_ADD(chain, watch_forget)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_written,
	.call = call_watch_forget, .complete = none_written, .length = 5 * PAGE,
	.copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, query_own)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_query_own,
	.complete = nothing_more, .copies = 2, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, query_foreign)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts,
	.call = call_query_foreign, .complete = nothing_more, .copies = 2,
	.sure = true,
};

FIXTURE_VARIANT_ADD(chain, status)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_status,
	.complete = nothing_more, .copies = 2, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, load)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_load,
	.complete = nothing_more, .copies = 2, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, limit)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_limit,
	.complete = limited, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, prepare)
{
	.call = call_prepare, .complete = prepared_in_the_end, .failures = 1, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, prepare_less)
{
	.prepare = prepare_pool, .call = call_prepare_less, .complete = less_prepared,
	.copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, commit_prepared)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_pool, .call = call_commit,
	.complete = committed_range, .at = GRANULE, .length = PREPARED,
	.protect = HOSTMEM_READWRITE, .failures = 2, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, decommit_part_of_prepared)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_from_pool, .call = call_decommit,
	.complete = decommitted, .at = GRANULE + 3 * PAGE, .length = BLOCK / 2,
	.copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, shutdown)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_shutdown,
	.complete = shut_down, .injections = 1, .copies = 1, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, map_load)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_map_load,
	.complete = load_shown, .failures = 1,
};

FIXTURE_VARIANT_ADD(chain, touch_load)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_load, .call = call_touch_load,
	.complete = load_shown, .sure = true, .anyone = true,
};

FIXTURE_VARIANT_ADD(chain, poll)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_poll,
	.complete = nothing_more, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, epoll)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_epoll, .call = call_epoll,
	.complete = polled, .failures = 1,
};

FIXTURE_VARIANT_ADD(chain, fork)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_fork,
	.complete = nothing_more, .failures = 30, .error = EAGAIN, .anyone = true,
};

FIXTURE(ended)
{
	struct world world;
};

FIXTURE_SETUP(ended)
{
	ASSERT_TRUE(write_file(GROUP "/cgroup.procs", "0"));
	self->world.chain = &_chain_decommit_all_variant;
	self->world.other = open_device();
	ASSERT_LE(0, self->world.other);
}

FIXTURE_TEARDOWN(ended)
{
}

/* A process that ends can't be told that there is no memory. */
static int end_without(struct world *world, unsigned int nth)
{
	world->fd = open_device();
	if (call_region(world, HOSTMEM_RESERVE) || !prepare_parts(world) ||
	    !open_nth() || !arm(nth))
		return 1;
	return 0;
}

TEST_F(ended, leaves_nothing)
{
	struct world *world = &self->world;
	unsigned int nth;
	pid_t child;

	ASSERT_TRUE(choose_faults(ALLOCATIONS));
	for (nth = 1; nth < 5; nth++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(end_without(world, nth));
		EXPECT_EQ(0, status_of(child));
		EXPECT_EQ(0, hostmem_status(world->other).out_total_committed_bytes);
		EXPECT_EQ(0, module_areas());
	}
}

TEST_HARNESS_MAIN
