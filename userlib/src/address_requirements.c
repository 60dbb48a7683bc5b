// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * <memoryapi.h> of include/hostmem/win32: VirtualAlloc2() (rule N2).  The kernel reserves
 * where it likes or where it is told.  So whoever has requirements looks for a hole that
 * meets them and asks for it; if another thread is faster, it looks further.
 */
#include <linux/hostmem.h>

#include <hostmem/win32/memoryapi.h>
#include <hostmem/mscoree.h>

#include "manager.h"
#include "numa.h"
#include "user_space.h"
#include "win32.h"

/* How often a hole is made to order before holes are looked for. */
#define ORDERS		3

/**
 * struct request - a reservation with requirements; the caller's own
 * @type: MEM_*
 * @protect: PAGE_*
 * @size: bytes
 * @length: the same, rounded up to pages
 * @low: where it may begin
 * @end: where it must have ended
 * @alignment: of where it begins; 0: there are no requirements
 * @anywhere: @low and @end say nothing
 */
struct request {
	DWORD type;
	DWORD protect;
	SIZE_T size;
	uintptr_t length;
	uintptr_t low;
	uintptr_t end;
	uintptr_t alignment;
	bool anywhere;
};

static enum hostmem_error try_at(const struct request *request, uintptr_t addr,
				 void **out)
{
	return hostmem_manager_alloc(&hostmem_default_manager, (void *)addr,
				     request->size, request->type, request->protect,
				     eProcessCritical, out);
}

static uintptr_t align_down(uintptr_t addr, uintptr_t alignment)
{
	return addr & ~(alignment - 1);
}

static uintptr_t align_up(uintptr_t addr, uintptr_t alignment)
{
	return align_down(addr + alignment - 1, alignment);
}

/*
 * Take a hole that has room for any alignment, leave it and come back to the right place
 * in it.  That is fast however many regions there are.
 */
static enum hostmem_error take_to_order(const struct request *request, void **out)
{
	uintptr_t room = request->length + request->alignment - HOSTMEM_GRANULE;
	enum hostmem_error error = HOSTMEM_ERR_ADDRESS;
	unsigned int i;
	void *hole;

	if (room < request->length)
		return HOSTMEM_ERR_ADDRESS;

	for (i = 0; i < ORDERS && error == HOSTMEM_ERR_ADDRESS; i++) {
		uintptr_t addr;

		error = hostmem_manager_alloc(&hostmem_default_manager, NULL, room,
					      MEM_RESERVE | (request->type & MEM_TOP_DOWN),
					      PAGE_NOACCESS, eProcessCritical, &hole);
		/* There may be a hole that fits without more room. */
		if (error == HOSTMEM_ERR_NO_SPACE)
			return HOSTMEM_ERR_ADDRESS;
		if (error)
			return error;
		addr = (uintptr_t)hole;
		addr = request->type & MEM_TOP_DOWN ?
			align_down(addr + room - request->length, request->alignment) :
			align_up(addr, request->alignment);
		error = hostmem_manager_free(&hostmem_default_manager, hole, 0, MEM_RELEASE);
		if (!error)
			error = try_at(request, addr, out);
	}
	return error;
}

/* The lowest hole that meets the requirements. */
static enum hostmem_error search_up(const struct request *request, void **out)
{
	uintptr_t at = request->low, refused = 0, step = 0;

	while (at < request->end) {
		uintptr_t addr = align_up(at, request->alignment);
		struct hostmem_run run;
		enum hostmem_error error = hostmem_run_at(at, request->end, &run);

		if (error)
			return error;
		if (run.info.State != MEM_FREE || addr >= run.end ||
		    run.end - addr < request->length) {
			at = run.end;
			step = 0;
			continue;
		}
		if (addr == refused) {
			/* No query shows why; further on each time, to come to an end. */
			step = step ? 2 * step : request->alignment;
			if (step >= request->end - addr)
				break;
			at = addr + step;
			continue;
		}
		error = try_at(request, addr, out);
		if (error != HOSTMEM_ERR_ADDRESS)
			return error;
		/* If others are there now, a query will tell as far as where. */
		refused = addr;
	}
	return HOSTMEM_ERR_NO_SPACE;
}

/* Where the highest hole below @end is; 0: nowhere. */
static enum hostmem_error find_highest(const struct request *request, uintptr_t end,
				       uintptr_t *found)
{
	uintptr_t at = request->low;

	*found = 0;
	while (at < end) {
		struct hostmem_run run;
		enum hostmem_error error = hostmem_run_at(at, end, &run);
		uintptr_t addr;

		if (error)
			return error;
		at = run.end;
		if (run.info.State != MEM_FREE || run.end - run.start < request->length)
			continue;
		addr = align_down(run.end - request->length, request->alignment);
		if (addr >= run.start)
			*found = addr;
	}
	return HOSTMEM_OK;
}

/* The highest one, as search_up() finds the lowest. */
static enum hostmem_error search_down(const struct request *request, void **out)
{
	uintptr_t end = request->end, refused = 0, step = 0;

	for (;;) {
		uintptr_t addr;
		enum hostmem_error error = find_highest(request, end, &addr);

		if (error)
			return error;
		if (!addr)
			return HOSTMEM_ERR_NO_SPACE;
		if (addr != refused) {
			error = try_at(request, addr, out);
			if (error != HOSTMEM_ERR_ADDRESS)
				return error;
			refused = addr;
			continue;
		}
		step = step ? 2 * step : request->alignment;
		if (step >= addr + request->length - request->low)
			return HOSTMEM_ERR_NO_SPACE;
		end = addr + request->length - step;
	}
}

static enum hostmem_error take(struct request *request, void **out)
{
	uintptr_t start;
	SIZE_T large = 0;
	enum hostmem_error error;

	if (request->type & MEM_LARGE_PAGES) {
		error = hostmem_manager_large_page(&hostmem_default_manager, &large);
		if (error)
			return error;
		if (request->alignment < large)
			request->alignment = large;
	}
	/* What is wrong anywhere is for the kernel to say, as is that it has none. */
	if (!hostmem_pages_of((void *)request->low, request->size, &start,
			      &request->length) ||
	    request->size > hostmem_user_space_last() ||
	    (request->type & MEM_LARGE_PAGES && !large) ||
	    (request->anywhere && request->alignment <= HOSTMEM_GRANULE))
		return try_at(request, 0, out);
	request->length -= start;

	if (request->anywhere) {
		error = take_to_order(request, out);
		if (error != HOSTMEM_ERR_ADDRESS)
			return error;
	}
	return request->type & MEM_TOP_DOWN ? search_down(request, out) :
					      search_up(request, out);
}

static bool take_requirements(struct request *request,
			      const MEM_ADDRESS_REQUIREMENTS *wanted)
{
	const uintptr_t mask = HOSTMEM_GRANULE - 1;
	uintptr_t low, high, alignment, last = hostmem_user_space_last();

	if (!wanted)
		return false;
	low = (uintptr_t)wanted->LowestStartingAddress;
	high = (uintptr_t)wanted->HighestEndingAddress;
	alignment = wanted->Alignment;

	/* GetSystemInfo()'s last address is no multiple less 1, but it is the last one. */
	if (low & mask || (high && high != last && (high + 1) & mask) || high > last)
		return false;
	if (alignment & (alignment - 1) || (alignment && alignment < HOSTMEM_GRANULE))
		return false;

	request->anywhere = !low && !high;
	request->low = low > HOSTMEM_USER_SPACE_FIRST ? low : HOSTMEM_USER_SPACE_FIRST;
	request->end = (high ? high : last) + 1;
	request->alignment = alignment ? alignment : HOSTMEM_GRANULE;
	return low < (high ? high : last);
}

static bool take_parameters(struct request *request,
			    const MEM_EXTENDED_PARAMETER *parameters, ULONG count)
{
	bool has_node = false;
	ULONG i;

	if (count && !parameters)
		return false;
	for (i = 0; i < count; i++) {
		switch (parameters[i].Type) {
		case MemExtendedParameterAddressRequirements:
			if (request->alignment ||
			    !take_requirements(request, parameters[i].Pointer))
				return false;
			break;
		case MemExtendedParameterNumaNode:
			if (has_node || !hostmem_numa_node_exists(parameters[i].ULong))
				return false;
			has_node = true;
			break;
		default:
			return false;
		}
	}
	return true;
}

PVOID VirtualAlloc2(HANDLE Process, PVOID BaseAddress, SIZE_T Size,
		    ULONG AllocationType, ULONG PageProtection,
		    MEM_EXTENDED_PARAMETER *ExtendedParameters, ULONG ParameterCount)
{
	struct request request = {
		.type = AllocationType,
		.protect = PageProtection,
		.size = Size,
	};
	void *mem;

	if (!hostmem_win32_own_process(Process))
		return NULL;
	if (!take_parameters(&request, ExtendedParameters, ParameterCount) ||
	    (request.alignment && (BaseAddress || !(AllocationType & MEM_RESERVE)))) {
		hostmem_win32_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	if (!request.alignment)
		return VirtualAlloc(BaseAddress, Size, AllocationType, PageProtection);
	return hostmem_win32_result(take(&request, &mem)) ? mem : NULL;
}
