// SPDX-License-Identifier: GPL-2.0
/*
 * Description: <windows.h>'s functions that keep memory, or let it go: locks, contents that
 * may go (rules F19, G7, K1-K4, N4, N5).
 */
#include "windows_pages.h"

/*
 * Locks
 */

TEST_F(windows, lock_arguments_K1)
{
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, VirtualLock(NULL, PAGE));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, VirtualLock(self->base, 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, VirtualLock(self->base, -1));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, VirtualUnlock(NULL, PAGE));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, VirtualUnlock(self->base, 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE, VirtualUnlock(self->base, -1));
}

TEST_F(windows, lock_wants_accessible_pages_K2)
{
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, VirtualLock(self->end, 1));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, VirtualLock(self->base, PAGES * PAGE + 1));
	protect(self->base + PAGE, PAGE, PAGE_NOACCESS);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, VirtualLock(self->base, 2 * PAGE));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base, PAGE));
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, VirtualLock(self->base, PAGE));
}

TEST_F(windows, lock_meets_one_guard_at_a_time_K3_G7)
{
	protect(self->base + PAGE, 2 * PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_FAILS(STATUS_GUARD_PAGE_VIOLATION, FALSE, VirtualLock(self->base, 4 * PAGE));
	EXPECT_COMMITTED(self->base, self->base, 2 * PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(self->base + 2 * PAGE, self->base, PAGE,
			 PAGE_READWRITE | PAGE_GUARD);
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base, PAGE));
	EXPECT_FAILS(STATUS_GUARD_PAGE_VIOLATION, FALSE, VirtualLock(self->base, 4 * PAGE));
	EXPECT_WORKS(VirtualLock(self->base, 4 * PAGE));
	EXPECT_COMMITTED(self->base, self->base, PAGES * PAGE, PAGE_READWRITE);
}

TEST_F(windows, guards_stay_where_a_page_is_not_committed_K2)
{
	protect(self->base, PAGE, PAGE_READWRITE | PAGE_GUARD);
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, VirtualLock(self->base, PAGES * PAGE + 1));
	EXPECT_COMMITTED(self->base, self->base, PAGE, PAGE_READWRITE | PAGE_GUARD);
}

TEST_F(windows, unlock_of_what_is_locked_K4)
{
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base, PAGE));
	EXPECT_WORKS(VirtualLock(self->base + PAGE + 1, PAGE));
	EXPECT_WORKS(VirtualLock(self->base + PAGE, PAGE));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base, 2 * PAGE));
	EXPECT_WORKS(VirtualUnlock(self->base + PAGE, 2 * PAGE));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base + PAGE, PAGE));

	/* Page by page, as one, and a hole in the middle. */
	EXPECT_WORKS(VirtualLock(self->base, PAGE));
	EXPECT_WORKS(VirtualLock(self->base + 2 * PAGE, PAGE));
	EXPECT_WORKS(VirtualLock(self->base + PAGE, PAGE));
	EXPECT_WORKS(VirtualUnlock(self->base + PAGE, PAGE));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base, 3 * PAGE));
	EXPECT_WORKS(VirtualUnlock(self->base, PAGE));
	EXPECT_WORKS(VirtualUnlock(self->base + 2 * PAGE, PAGE));
}

TEST_F(windows, locks_keep_contents_and_end_with_pages_F19)
{
	stamp(self->base, PAGES * PAGE, 3);
	EXPECT_WORKS(VirtualLock(self->base, PAGES * PAGE));
	protect(self->base, PAGE, PAGE_NOACCESS);
	EXPECT_WORKS(VirtualUnlock(self->base, PAGE));
	protect(self->base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(NULL, unstamped(self->base, PAGES * PAGE, 3));
	EXPECT_TRUE(VirtualFree(self->base + PAGE, PAGE, MEM_DECOMMIT));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base + PAGE, PAGE));
}

/* What .NET and WebKit do with memory that they don't need for a while. */
TEST_F(windows, unlock_after_reset_changes_nothing_N4)
{
	stamp(self->base, PAGES * PAGE, 4);
	ASSERT_EQ(self->base, VirtualAlloc(self->base, PAGES * PAGE, MEM_RESET,
					   PAGE_READWRITE));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->base, PAGES * PAGE));
	EXPECT_EQ(NULL, unstamped(self->base, PAGES * PAGE, 4));
	ASSERT_EQ(self->base, VirtualAlloc(self->base, PAGES * PAGE, MEM_RESET_UNDO,
					   PAGE_READWRITE));
	EXPECT_COMMITTED(self->base, self->base, PAGES * PAGE, PAGE_READWRITE);
}

TEST_F(windows, other_memory_is_locked_by_the_kernel_N4)
{
	int64_t before = own_status("VmLck");

	EXPECT_WORKS(VirtualLock(self->foreign, 2 * PAGE));
	EXPECT_EQ(before + 2 * (int64_t)PAGE, own_status("VmLck"));
	EXPECT_FAILS(ERROR_NOT_LOCKED, FALSE, VirtualUnlock(self->foreign, 3 * PAGE));
	EXPECT_EQ(before + 2 * (int64_t)PAGE, own_status("VmLck"));
	EXPECT_WORKS(VirtualUnlock(self->foreign, 2 * PAGE));
	EXPECT_EQ(before, own_status("VmLck"));
}

/*
 * Contents that may go
 */

static bool reclaim_all(void)
{
	return write_file("/proc/sys/vm/drop_caches", "2");
}

TEST_F(windows, discard_and_offer_are_resets_N5)
{
	SetLastError(POISON_DWORD);
	stamp(self->base, PAGES * PAGE, 5);
	EXPECT_EQ(ERROR_SUCCESS, DiscardVirtualMemory(self->base, PAGE));
	EXPECT_EQ(ERROR_SUCCESS,
		  OfferVirtualMemory(self->base + PAGE, PAGE, VmOfferPriorityVeryLow));
	EXPECT_EQ(ERROR_SUCCESS,
		  OfferVirtualMemory(self->base + 2 * PAGE, PAGE, VmOfferPriorityNormal));
	EXPECT_EQ(NULL, unstamped(self->base, PAGES * PAGE, 5));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, nonzero(self->base, 3 * PAGE));
	EXPECT_COMMITTED(self->base, self->base, PAGES * PAGE, PAGE_READWRITE);
	EXPECT_EQ(POISON_DWORD, GetLastError());
}

TEST_F(windows, reclaim_tells_whether_contents_have_gone_N5)
{
	stamp(self->base, PAGES * PAGE, 6);
	EXPECT_EQ(ERROR_SUCCESS,
		  OfferVirtualMemory(self->base, PAGES * PAGE, VmOfferPriorityLow));
	EXPECT_EQ(ERROR_SUCCESS, ReclaimVirtualMemory(self->base, PAGES * PAGE));
	ASSERT_TRUE(reclaim_all());
	EXPECT_EQ(NULL, unstamped(self->base, PAGES * PAGE, 6));

	EXPECT_EQ(ERROR_SUCCESS,
		  OfferVirtualMemory(self->base + PAGE, PAGE, VmOfferPriorityLow));
	ASSERT_TRUE(reclaim_all());
	/* With different protections, so that it is several runs. */
	protect(self->base, PAGE, PAGE_READONLY);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(ERROR_BUSY, ReclaimVirtualMemory(self->base, PAGES * PAGE));
	EXPECT_EQ(POISON_DWORD, GetLastError());
}

TEST_F(windows, wrong_ranges_of_contents_N5)
{
	char *base = self->base, *past = base + 2 * PAGES * PAGE;
	static const int wrong[] = { 0, 5, -1 };
	size_t i;

	EXPECT_EQ(ERROR_INVALID_PARAMETER, DiscardVirtualMemory(base + 1, PAGE));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, DiscardVirtualMemory(base, PAGE + 1));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, DiscardVirtualMemory(base, 0));
	EXPECT_EQ(ERROR_INVALID_ADDRESS, DiscardVirtualMemory(past - PAGE, 2 * PAGE));
	EXPECT_EQ(ERROR_INVALID_ADDRESS, DiscardVirtualMemory(self->foreign, PAGE));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, OfferVirtualMemory(base + 1, PAGE,
							      VmOfferPriorityLow));
	EXPECT_EQ(ERROR_INVALID_ADDRESS, OfferVirtualMemory(self->foreign, PAGE,
							    VmOfferPriorityLow));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(ERROR_INVALID_PARAMETER,
			  OfferVirtualMemory(base, PAGE, (OFFER_PRIORITY)wrong[i]));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, ReclaimVirtualMemory(base + 1, PAGE));
	EXPECT_EQ(ERROR_INVALID_PARAMETER, ReclaimVirtualMemory(base, 0));
	EXPECT_EQ(ERROR_INVALID_ADDRESS, ReclaimVirtualMemory(past - PAGE, 2 * PAGE));
	EXPECT_EQ(ERROR_INVALID_ADDRESS, ReclaimVirtualMemory(self->foreign, PAGE));
}

TEST_F(windows, prefetch_N5)
{
	WIN32_MEMORY_RANGE_ENTRY ranges[] = {
		{ self->base, 2 * PAGES * PAGE }, { self->foreign + 1, 1 },
		{ NULL, PAGE }, { (PVOID)-1, -1 },
	};

	stamp(self->base, PAGES * PAGE, 7);
	EXPECT_WORKS(PrefetchVirtualMemory(OWN_PROCESS, ARRAY_SIZE(ranges), ranges, 0));
	EXPECT_EQ(NULL, unstamped(self->base, PAGES * PAGE, 7));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     PrefetchVirtualMemory(OWN_PROCESS, 0, ranges, 0));
	EXPECT_FAILS(ERROR_INVALID_PARAMETER, FALSE,
		     PrefetchVirtualMemory(OWN_PROCESS, 1, ranges, 1));
	EXPECT_FAILS(ERROR_NOACCESS, FALSE, PrefetchVirtualMemory(OWN_PROCESS, 1, NULL, 0));
}

TEST_HARNESS_MAIN
