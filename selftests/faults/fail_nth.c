// SPDX-License-Identifier: GPL-2.0
/*
 * Description: each allocation of each call that reserves and commits, the library's too,
 * fails once, and each copy from and to the caller: then nothing has changed, and the
 * same call succeeds when it is repeated (rules A15, C16).
 *
 * Needs root, and a kernel with fault injection: see the README.
 */
#include "commit.h"
#include "library.h"
#include "chain.h"

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
	.protect = HOSTMEM_READWRITE, .failures = 1, .copies = 1,
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
	.protect = HOSTMEM_READWRITE, .failures = 6, .copies = 1,
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

TEST_HARNESS_MAIN
