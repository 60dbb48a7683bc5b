// SPDX-License-Identifier: GPL-2.0
/*
 * Measuring MEM_RESET and a commit of what is committed.  See resets.h.
 *
 * The peer of MEM_RESET is MADV_FREE; to take it back is to write to each page.
 */
#include <string.h>
#include <sys/mman.h>

#include "by.h"
#include "pages.h"
#include "prove.h"
#include "resets.h"
#include "turns.h"

#define SIZE		(64 * MIB)
#define NR_PAGES	((double)SIZE / PAGE)
#define ROUNDS		9u

static void alloc(void *mem, DWORD type)
{
	void *same;

	must(HostVirtualAlloc(mem, SIZE, type, PAGE_READWRITE, eProcessCritical, &same), "reset");
}

static void touch_all(void *mem)
{
	touch(mem, SIZE);
}

static void our_reset(void *mem)
{
	alloc(mem, MEM_RESET);
}

static void our_undo(void *mem)
{
	alloc(mem, MEM_RESET_UNDO);
}

static void our_commit(void *mem)
{
	alloc(mem, MEM_COMMIT);
}

static void peer_reset(void *mem)
{
	must_not_fail(madvise(mem, SIZE, MADV_FREE), "MADV_FREE");
}

static void peer_commit(void *mem)
{
	must_not_fail(mprotect(mem, SIZE, PROT_READ | PROT_WRITE), "mprotect");
}

bool resets_prove(void)
{
	char *ours = our_memory(SIZE, 0), *peer = map_memory(SIZE, 0);
	bool ok;

	memset(ours, 1, SIZE);
	memset(peer, 1, SIZE);
	our_reset(ours);
	our_undo(ours);
	ok = proved(has_byte(ours, SIZE, 1), "MEM_RESET_UNDO", "contents are there again");
	our_commit(ours);
	ok &= proved(has_byte(ours, SIZE, 1), "commit", "committed memory keeps its contents");
	peer_reset(peer);
	/* The last few wait in a list of the processor's. */
	ok &= proved(smaps_kib(peer, SIZE, "LazyFree:") > (long)(SIZE / KIB) - SLACK_KIB,
		     "MADV_FREE", "all memory may go");
	touch(peer, SIZE);
	ok &= proved(has_byte(peer, SIZE, 1), "touch after MADV_FREE",
		     "contents are there again");
	our_free(ours);
	must_not_fail(munmap(peer, SIZE), "munmap");
	return ok;
}

void resets_report(void)
{
	char *ours = our_memory(SIZE, 0), *peer = map_memory(SIZE, 0);
	const struct side reset[] = {
		{ OURS, ' ', touch_all, our_reset, our_undo, ours },
		{ SMALL, BY_FREE, touch_all, peer_reset, NULL, peer },
	};
	const struct side undo[] = {
		{ OURS, ' ', our_reset, our_undo, NULL, ours },
		{ SMALL, BY_RETOUCH, peer_reset, touch_all, NULL, peer },
	};
	const struct side retouch[] = {
		{ OURS, ' ', our_reset, touch_all, NULL, ours },
		{ SMALL, BY_RETOUCH, peer_reset, touch_all, NULL, peer },
	};
	const struct side commit[] = {
		{ OURS, ' ', NULL, our_commit, NULL, ours },
		{ SMALL, BY_MPROTECT, NULL, peer_commit, NULL, peer },
	};

	touch(ours, SIZE);
	touch(peer, SIZE);
	report_section("contents, per page of 4 KiB");
	turns_row("MEM_RESET", "64 MiB", reset, 2, ROUNDS, NR_PAGES);
	turns_row("MEM_RESET_UNDO", "64 MiB", undo, 2, ROUNDS, NR_PAGES);
	turns_row("touch after MEM_RESET", "64 MiB", retouch, 2, ROUNDS, NR_PAGES);
	turns_row("commit of committed", "64 MiB", commit, 2, ROUNDS, NR_PAGES);
	our_free(ours);
	must_not_fail(munmap(peer, SIZE), "munmap");
}
