// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Commits and frees as valgrind's memcheck should see them.  See memcheck.h.
 */
#include <linux/hostmem.h>

#include "manager.h"
#include "memcheck.h"

#define PAGE	((uintptr_t)HOSTMEM_PAGE_SIZE)

int hostmem_memcheck_state;

/* Has memcheck been told that there is memory?  The first byte stands for a page. */
static bool is_known(uintptr_t page)
{
	unsigned char bits;

	/* 3: it can't be accessed.  Says so without an error report. */
	return VALGRIND_GET_VBITS(page, &bits, sizeof(bits)) != 3;
}

void hostmem_memcheck_commit(uintptr_t first, uintptr_t last, bool reserved)
{
	uintptr_t page = first & -PAGE, start;

	/* Helgrind has new memory belong to the thread that tells of it. */
	if (reserved)
		VALGRIND_HG_CLEAN_MEMORY(page, (last | (PAGE - 1)) + 1 - page);
	while (page <= last) {
		start = page;
		while (page <= last && !is_known(page))
			page += PAGE;
		if (page != start)
			VALGRIND_MAKE_MEM_DEFINED(start, page - start);
		else
			page += PAGE;
	}
}

/* Return: false if nothing can be told of @addr and what follows */
static bool look(struct hostmem_manager *manager, uintptr_t addr,
		 struct hostmem_memory_info *info, bool *own)
{
	struct hostmem_query arg = {
		.size = sizeof(arg),
		.addr = addr,
		.buffer = (uintptr_t)info,
	};

	*info = (struct hostmem_memory_info){ 0 };
	if (hostmem_manager_call(manager, HOSTMEM_IOC_QUERY, &arg))
		return false;
	*own = arg.out_own == 1;
	return info->base + info->region_size > addr;
}

/* Tells of a manager's committed pages in [addr, end); @region: of this one only, or 0. */
static void tell(struct hostmem_manager *manager, uintptr_t addr, uintptr_t end,
		 uintptr_t region, bool there)
{
	struct hostmem_memory_info info;
	uintptr_t next;
	bool own;

	for (; addr < end && look(manager, addr, &info, &own); addr = next) {
		if (region && info.allocation_base != region)
			break;
		next = info.base + info.region_size;
		if (next > end)
			next = end;
		if (!own || info.state != HOSTMEM_COMMIT)
			continue;
		if (there) {
			VALGRIND_MAKE_MEM_DEFINED(addr, next - addr);
		} else {
			VALGRIND_MAKE_MEM_NOACCESS(addr, next - addr);
			/* Drd forgets who has used it. */
			VALGRIND_HG_CLEAN_MEMORY(addr, next - addr);
		}
	}
}

static void tell_of_free(struct hostmem_manager *manager, const struct hostmem_free *arg,
			 bool there)
{
	uintptr_t end = arg->length ? arg->addr + arg->length : -PAGE;
	struct hostmem_memory_info info;
	bool own;

	if (look(manager, arg->addr, &info, &own) && own)
		tell(manager, info.base, (end + PAGE - 1) & -PAGE, info.allocation_base,
		     there);
}

/*
 * Before the call, since another thread may have been given the addresses when it
 * returns.
 */
enum hostmem_error hostmem_memcheck_free(struct hostmem_manager *manager,
					 struct hostmem_free *arg)
{
	enum hostmem_error error;

	tell_of_free(manager, arg, false);
	error = hostmem_manager_call(manager, HOSTMEM_IOC_FREE, arg);
	if (error)
		tell_of_free(manager, arg, true);
	return error;
}

void hostmem_memcheck_free_all(struct hostmem_manager *manager)
{
	tell(manager, 0, UINTPTR_MAX, 0, false);
}
