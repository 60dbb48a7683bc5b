// SPDX-License-Identifier: GPL-2.0
/*
 * Description: each allocation of each call fails once, and each copy from and to
 * the caller: then nothing has changed, and the same call succeeds when it is
 * repeated (rules A15, C16).
 *
 * Needs root, and a kernel with fault injection: see the README.
 */
#include "faults/change.h"
#include "faults/library.h"
#include "faults/look.h"
#include "faults/sweep.h"

#include <linux/membarrier.h>

FIXTURE(chain)
{
	struct sweep sweep;
};

FIXTURE_VARIANT_ADD(chain, open)
{
	.call = call_open, .complete = opened, .failures = 1,
};

FIXTURE_VARIANT_ADD(chain, reserve)
{
	.call = call_reserve, .complete = reserved, .length = GRANULE + 1,
	.type = HOSTMEM_RESERVE, .failures = 2, .copies = 1, .error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_blocks)
{
	.call = call_reserve, .complete = reserved, .length = 3 * BLOCK,
	.type = HOSTMEM_RESERVE, .failures = 2, .copies = 1, .error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_top_down)
{
	.call = call_reserve, .complete = reserved, .length = BLOCK,
	.type = HOSTMEM_RESERVE | HOSTMEM_TOP_DOWN, .failures = 2, .copies = 1,
	.error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_at)
{
	.call = call_reserve, .complete = reserved, .at = ELSEWHERE, .length = GIB,
	.type = HOSTMEM_RESERVE, .failures = 2, .copies = 1, .error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_watched)
{
	.call = call_reserve, .complete = reserved, .length = BLOCK,
	.type = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .failures = 2, .copies = 1,
	.error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_and_commit)
{
	.call = call_reserve, .complete = reserved, .length = GRANULE,
	.type = HOSTMEM_RESERVE | HOSTMEM_COMMIT, .failures = 5, .copies = 1,
	.error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_and_commit_at)
{
	.call = call_reserve, .complete = reserved, .at = ELSEWHERE,
	.length = 2 * BLOCK + PAGE, .type = HOSTMEM_RESERVE | HOSTMEM_COMMIT,
	.failures = 13, .copies = 1, .error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, commit_at_null)
{
	.call = call_reserve, .complete = reserved, .length = PAGE,
	.type = HOSTMEM_COMMIT | HOSTMEM_TOP_DOWN, .failures = 5, .copies = 1,
	.error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_and_commit_watched)
{
	.call = call_reserve, .complete = reserved, .at = ELSEWHERE,
	.length = GRANULE,
	.type = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH | HOSTMEM_COMMIT,
	.failures = 8, .copies = 1, .error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, reserve_and_commit_beyond_limit)
{
	.prepare = prepare_limit, .call = call_beyond_limit,
	.complete = nothing_there, .at = ELSEWHERE, .length = 2 * PAGE,
	.type = HOSTMEM_RESERVE | HOSTMEM_COMMIT, .injections = 3, .sure = true,
};

FIXTURE_VARIANT_ADD(chain, large_pages)
{
	.prepare = prepare_large, .call = call_large, .complete = large_or_refused,
	.copies = 1,
	.error = ENOSPC,
};

FIXTURE_VARIANT_ADD(chain, commit_first_page)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.length = PAGE, .protect = HOSTMEM_READWRITE, .failures = 6, .copies = 1,
	.blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_page_beside)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_page, .call = call_commit,
	.complete = committed_range, .at = PAGE, .length = PAGE,
	.protect = HOSTMEM_READWRITE, .failures = 2, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_granule)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.length = GRANULE, .protect = HOSTMEM_READWRITE, .failures = 2, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_beside_granule)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.at = GRANULE, .length = BLOCK - PAGE, .protect = HOSTMEM_READWRITE,
	.failures = 5, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_across_page_tables)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.at = GRANULE + BLOCK - PAGE, .length = 2 * PAGE,
	.protect = HOSTMEM_READWRITE, .failures = 8, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_across_directories)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.at = GRANULE + GIB - PAGE, .length = 2 * PAGE,
	.protect = HOSTMEM_READWRITE, .failures = 11, .copies = 1, .blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_across_512_gib)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.at = GRANULE - PAGE, .length = 2 * PAGE, .protect = HOSTMEM_READWRITE,
	.failures = 11, .copies = 1, .blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_blocks)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.at = GRANULE + BLOCK / 2, .length = 2 * BLOCK + 7 * PAGE,
	.protect = HOSTMEM_READWRITE, .failures = 9, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_over_parts)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_commit,
	.complete = committed_range, .length = PARTS_END,
	.protect = HOSTMEM_EXECUTE_READ, .failures = 8, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_again)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_parts, .call = call_commit,
	.complete = committed_range, .at = GRANULE + BLOCK, .length = BLOCK,
	.protect = HOSTMEM_READONLY, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_watched)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .call = call_commit,
	.complete = committed_range, .length = PAGE, .protect = HOSTMEM_READWRITE,
	.failures = 7, .copies = 1, .blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_watched_over_parts)
{
	.region = HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, .prepare = prepare_parts,
	.call = call_commit, .complete = committed_range, .length = PARTS_END,
	.protect = HOSTMEM_READWRITE, .failures = 9, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_noaccess)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.length = 2 * PAGE, .protect = HOSTMEM_NOACCESS, .failures = 5, .copies = 1,
	.blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_guard)
{
	.region = HOSTMEM_RESERVE, .call = call_commit, .complete = committed_range,
	.length = 2 * PAGE, .protect = HOSTMEM_READWRITE | HOSTMEM_GUARD,
	.failures = 5, .copies = 1, .blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_by_deadline)
{
	.region = HOSTMEM_RESERVE, .call = call_commit_by_deadline,
	.complete = committed_range, .length = PAGE, .protect = HOSTMEM_READWRITE,
	.failures = 6, .copies = 1, .blind = true,
};

FIXTURE_VARIANT_ADD(chain, commit_and_wait)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_to_wait,
	.call = call_commit_and_wait, .complete = committed_range, .length = PAGE,
	.protect = HOSTMEM_READWRITE, .failures = 4, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, commit_in_cgroup)
{
	.region = HOSTMEM_RESERVE, .prepare = prepare_cgroup, .call = call_commit,
	.complete = committed_in_cgroup, .length = 4 * PAGE,
	.protect = HOSTMEM_READWRITE, .failures = 10, .copies = 1,
};

FIXTURE_VARIANT_ADD(chain, library)
{
	.call = call_library, .complete = library_committed, .failures = 5,
	.copies = 1,
};

/* The load is asked for, which is a copy more, where the page with it is old. */
FIXTURE_VARIANT_ADD(chain, library_manager)
{
	.prepare = prepare_library, .call = call_manager,
	.complete = nothing_more, .failures = 7, .copies = 8, .error = ENODEV,
	.circular = true,
};

FIXTURE_VARIANT_ADD(chain, library_heap)
{
	.prepare = prepare_library, .call = call_heap, .complete = nothing_more,
	/* A heap that is refused memory gives its slack back and asks again. */
	.failures = 4, .injections = 20, .copies = 6, .error = ENODEV, .circular = true,
};

FIXTURE_VARIANT_ADD(chain, library_notify)
{
	.prepare = prepare_library, .call = call_notify,
	.complete = nothing_more, .failures = 1, .injections = 2, .copies = 5,
	.error = ENODEV, .circular = true,
};

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

FIXTURE_SETUP(chain)
{
	/* The stack doesn't grow later on. */
	volatile char stack[256 * KIB];
	size_t i;

	for (i = 0; i < sizeof(stack); i += PAGE)
		stack[i] = 0;
	ASSERT_TRUE(knobs_set)
		TH_LOG("can't set all of " DEBUGFS "{" SLAB "," PAGES "," COPY
		       "}, or find the module's address: run as root");
	ASSERT_TRUE(write_file(GROUP "/cgroup.procs", "0"))
		TH_LOG("can't join " GROUP);
	ASSERT_TRUE(open_nth());
	ASSERT_TRUE(!variant->anyone || without_rseq());
	self->sweep.world.chain = variant;
	self->sweep.world.other = open_device();
	ASSERT_LE(0, self->sweep.world.other);
	query(NULL);
}

FIXTURE_TEARDOWN(chain)
{
	EXPECT_EQ(0, module_areas());
}

TEST_F(chain, allocation_fails)
{
	bool survives = variant->asked_twice && is_pinnable();

	self->sweep.faults = variant->anyone ? ALL_ALLOCATIONS : ALLOCATIONS;
	sweep(_metadata, &self->sweep, survives ? 0 : variant->failures,
	      variant->injections);
}

TEST_F(chain, copy_fails)
{
	self->sweep.faults = COPIES;
	sweep(_metadata, &self->sweep, variant->copies, variant->copies);
}

static void __attribute__((constructor)) make_group(void)
{
	write_file(CGROUPS "cgroup.subtree_control", "+memory");
	rmdir(GROUP);
	mkdir(GROUP, 0755);
}

static void __attribute__((destructor)) remove_group(void)
{
	if (getpid() == knobs_owner)
		rmdir(GROUP);
}

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

/* Comes last: all that the others have charged is there no more. */
FIXTURE(leak)
{
};

FIXTURE_SETUP(leak)
{
}

FIXTURE_TEARDOWN(leak)
{
}

TEST_F(leak, is_there_none)
{
	cpu_set_t cpus;
	long left;
	int round;

	/*
	 * Idle processors keep the address space of who ran there last; and what is freed
	 * behind a grace period of RCU, or by a work then, is charged until it is.
	 */
	for (round = 0; (left = charged_pages(GROUP)) > 0 && round < 64; round++) {
		CPU_ZERO(&cpus);
		CPU_SET(round % 8, &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
		ASSERT_EQ(0, syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
	}
	EXPECT_EQ(0, left);
	EXPECT_EQ(0, module_areas());
}

TEST_HARNESS_MAIN
