// SPDX-License-Identifier: GPL-2.0
/*
 * Comparing real memory with the model: queries, contents, what may not be
 * accessed, and the numbers of the status.  See worker.h.
 */
#include <signal.h>
#include <string.h>

#include <hostmem/memoryapi.h>
#include <hostmem/mscoree.h>

#include "memory.h"
#include "worker.h"

#define RUN	"%p+0x%zx of %p, allocated 0x%x, state 0x%x, protect 0x%x, type 0x%x"
#define RUN_OF(info)	(info)->BaseAddress, (info)->RegionSize,		\
			(info)->AllocationBase, (info)->AllocationProtect,	\
			(info)->State, (info)->Protect, (info)->Type

bool check_info(struct worker *w, uintptr_t addr,
		const MEMORY_BASIC_INFORMATION *info)
{
	MEMORY_BASIC_INFORMATION want;
	bool at_least;

	if (!model_query(&w->model, addr, &want, &at_least))
		return true;
	if (at_least && info->RegionSize > want.RegionSize)
		want.RegionSize = info->RegionSize;
	if (info->BaseAddress == want.BaseAddress &&
	    info->AllocationBase == want.AllocationBase &&
	    info->AllocationProtect == want.AllocationProtect &&
	    info->PartitionId == 0 &&
	    info->RegionSize == want.RegionSize &&
	    info->State == want.State &&
	    info->Protect == want.Protect &&
	    info->Type == want.Type)
		return true;
	return worker_wrong(w, "expected the query of %p to tell " RUN ", got " RUN,
			    (void *)addr, RUN_OF(&want), RUN_OF(info));
}

bool check_query(struct worker *w, uintptr_t addr)
{
	MEMORY_BASIC_INFORMATION info;
	SIZE_T length;
	HRESULT hr;

	if (addr >= w->model.user_end ||
	    !model_knows(&w->model, page_down(addr), page_down(addr) + PAGE))
		return true;
	memset(&info, 0xcc, sizeof(info));
	hr = HostVirtualQuery((void *)addr, &info, sizeof(info), &length);
	if (hr || length != sizeof(info))
		return worker_wrong(w, "the query of %p failed: %08x", (void *)addr,
				    hr);
	return check_info(w, addr, &info);
}

bool check_page(struct worker *w, uintptr_t addr)
{
	unsigned char seen[PAGE];

	addr = page_down(addr);
	if (model_may_access(&w->model, addr, false) != ACCESS_OK)
		return true;
	if (!memory_copy(seen, addr))
		return worker_wrong(w, "page %p can't be read", (void *)addr);
	if (!model_see(&w->model, addr, seen))
		return worker_wrong(w, "page %p has wrong contents: %02x %02x %02x %02x ...",
				    (void *)addr, seen[0], seen[1], seen[2], seen[3]);
	return true;
}

/* Try what is forbidden, where that leaves no trace: not on guard pages. */
static bool check_forbidden(struct worker *w, uintptr_t addr)
{
	uint64_t value = 0xee;
	uintptr_t fault;
	bool write;

	if (!model_knows(&w->model, page_down(addr), page_down(addr) + PAGE))
		return true;
	for (write = false; ; write = true) {
		int signo;

		if (model_may_access(&w->model, addr, write) == ACCESS_VIOLATION) {
			signo = memory_touch(addr, 1, write, &value, &fault);
			if (signo != SIGSEGV || fault != addr)
				return worker_wrong(w, "expected SIGSEGV for %s at %p, got signal %d",
						    write ? "a write" : "a read",
						    (void *)addr, signo);
		}
		if (write)
			return true;
	}
}

static bool check_status(struct worker *w)
{
	const struct model *m = &w->model;
	struct hostmem_status status;

	if (w->fd < 0)
		return true;
	if (!device_status(w->fd, &status))
		return worker_wrong(w, "there's no status");
	if (status.out_regions == m->nr_regions &&
	    status.out_reserved_bytes == m->reserved * PAGE &&
	    status.out_committed_bytes == m->committed * PAGE &&
	    (!w->own_limit ||
	     (status.out_total_committed_bytes ==
	      (m->committed + m->others_min) * PAGE &&
	      status.out_commit_limit_bytes == m->limit * PAGE)))
		return true;
	return worker_wrong(w, "expected a status of %zu regions, 0x%zx bytes reserved, 0x%zx committed, limit 0x%zx; got %llu, 0x%llx, 0x%llx (of all: 0x%llx), 0x%llx",
			    m->nr_regions, m->reserved * PAGE, m->committed * PAGE,
			    m->limit * PAGE, status.out_regions,
			    status.out_reserved_bytes, status.out_committed_bytes,
			    status.out_total_committed_bytes,
			    status.out_commit_limit_bytes);
}

/* A page of some region; 0 if there is none. */
static uintptr_t anywhere(const struct worker *w, uint64_t *rng)
{
	const struct region *r = w->model.regions;
	uint32_t i;

	if (!r)
		return 0;
	for (i = random_below(rng, w->model.nr_regions); i; i--)
		r = r->next;
	return r->base + random_below(rng, r->pages) * PAGE;
}

bool check_around(struct worker *w, uintptr_t addr, size_t size, uint32_t salt)
{
	struct range range = { page_down(addr), page_down(addr) + PAGE };
	uint64_t rng = salt;
	uintptr_t sample[6];
	size_t i, pages;

	model_range(&w->model, addr, size, &range);
	pages = (range.end - range.start) / PAGE;
	sample[0] = range.start;
	sample[1] = range.end - PAGE;
	sample[2] = range.start - PAGE;
	sample[3] = range.end;
	sample[4] = range.start +
		    random_below(&rng, pages < 4096 ? pages : 4096) * PAGE;
	sample[5] = anywhere(w, &rng);
	for (i = 0; i < sizeof(sample) / sizeof(sample[0]); i++) {
		if (i && sample[i] == sample[0])
			continue;
		if (!check_query(w, sample[i] + random_below(&rng, PAGE)) ||
		    !check_page(w, sample[i]))
			return false;
		if (salt % 8 == 0 &&
		    !check_forbidden(w, sample[i] + random_below(&rng, PAGE)))
			return false;
	}
	return check_status(w);
}

/* Every run of a region, as a walk with queries finds it. */
static bool check_runs(struct worker *w, const struct region *r)
{
	uintptr_t addr = r->base, end = r->base + r->pages * PAGE;
	MEMORY_BASIC_INFORMATION info;
	bool at_least;

	while (addr < end) {
		if (!check_query(w, addr))
			return false;
		model_query(&w->model, addr, &info, &at_least);
		addr += info.RegionSize;
	}
	return true;
}

static bool check_watch(struct worker *w, const struct region *r)
{
	static _Thread_local void *pages[MODEL_MAX_SIZE / PAGE];
	ULONG_PTR count = sizeof(pages) / sizeof(pages[0]);
	uintptr_t bad;
	DWORD size;

	if (!r->watched)
		return true;
	if (GetWriteWatch(0, (void *)r->base, r->pages * PAGE, pages, &count, &size))
		return worker_wrong(w, "GetWriteWatch of all of the region at %p failed: %u",
				    (void *)r->base, GetLastError());
	bad = model_watched(&w->model, r->base, r->pages * PAGE, false, pages, count,
			    sizeof(pages) / sizeof(pages[0]));
	if (bad)
		return worker_wrong(w, "GetWriteWatch of all of the region at %p: page %p should%s be told",
				    (void *)r->base, (void *)bad,
				    model_page(&w->model, bad) &&
				    model_page(&w->model, bad)->written ? "" : " not");
	return true;
}

bool check_all(struct worker *w)
{
	const struct region *r;
	size_t i;

	for (r = w->model.regions; r; r = r->next) {
		if (!check_runs(w, r) || !check_watch(w, r))
			return false;
		for (i = 0; i < r->pages; i++)
			if (!check_page(w, r->base + i * PAGE))
				return false;
	}
	return check_status(w);
}
