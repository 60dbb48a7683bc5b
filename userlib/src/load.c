// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * The load pages and what is worked out from them.  See load.h.
 */
#define _GNU_SOURCE
#include <stdbool.h>

#include "device.h"
#include "ioctl.h"
#include "load.h"
#include "manager.h"
#include "notifier.h"

/* The pages that the kernel shows. */
struct load_pages {
	const struct hostmem_load_page *machine;
	const struct hostmem_load_page *own;
};

static uint64_t read_member(const __u64 *member)
{
	return __atomic_load_n(member, __ATOMIC_RELAXED);
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static struct load_pages pages_at(const struct hostmem_load_page *load)
{
	return (struct load_pages){
		.machine = load,
		.own = (const void *)((const char *)load + HOSTMEM_PAGE_SIZE),
	};
}

/* Are these the pages of the file that the manager has, and of this process? */
static bool are_its(struct hostmem_manager *manager, const struct load_pages *pages)
{
	uint32_t id = __atomic_load_n(&pages->own->id, __ATOMIC_RELAXED);

	return id && id == hostmem_file_id(atomic_load(&manager->file));
}

/*
 * Finds the pages and maps them if that hasn't been done, or was of a file that has been
 * replaced since.  False: not possible.
 */
static bool find_pages(struct hostmem_manager *manager, struct load_pages *pages)
{
	const struct hostmem_load_page *load = atomic_load(&manager->load);
	const struct hostmem_load_page *ours;

	if (load) {
		*pages = pages_at(load);
		if (are_its(manager, pages))
			return true;
	}
	ours = hostmem_device_map(manager, load);
	if (!ours)
		return false;
	if (!load && !atomic_compare_exchange_strong(&manager->load, &load, ours)) {
		hostmem_raw_unmap_load(ours);
		ours = load;
	}
	*pages = pages_at(ours);
	return true;
}

/* What is available, by the last refresh and what is charged now. */
static uint64_t left(const struct hostmem_load_page *page, uint64_t charged)
{
	return difference(read_member(&page->uncommitted_bytes), charged);
}

/* Each member is true by itself; together they are as good as an old answer. */
static bool read_pages(const struct load_pages *pages, struct hostmem_load_view *view)
{
	uint64_t own_limit = read_member(&pages->own->limit_bytes);
	uint64_t own_charged = read_member(&pages->own->charged_bytes);
	uint64_t charged = read_member(&pages->machine->charged_bytes);
	/*
	 * By the clock of our time namespace, in which there may be no such time.  Whoever
	 * refreshes the own page does so with the machine's, too.
	 */
	uint64_t refreshed = read_member(&pages->own->refreshed) +
			     read_member(&pages->own->clock_offset);
	uint64_t now = hostmem_raw_time(CLOCK_MONOTONIC_COARSE);

	/* Of others; or too old, or of the future, since the namespace is another now. */
	if (!own_limit || now - refreshed > HOSTMEM_LOAD_AGE_NS)
		return false;

	view->total = smaller(read_member(&pages->machine->total_bytes),
			      read_member(&pages->own->total_bytes));
	view->available = smaller(left(pages->machine, charged),
				  left(pages->own, own_charged));
	view->room = smaller(view->available,
			     difference(read_member(&pages->machine->limit_bytes),
					charged));
	view->room = smaller(view->room, difference(own_limit, own_charged));
	return true;
}

enum hostmem_error hostmem_load_ask(struct hostmem_manager *manager,
				    struct hostmem_load *load)
{
	*load = (struct hostmem_load){ .size = sizeof(*load) };
	return hostmem_manager_call(manager, HOSTMEM_IOC_LOAD, load);
}

/* Asks the kernel; a notifier that doesn't know the answer will, as poll() is mute. */
static enum hostmem_error ask(struct hostmem_manager *manager,
			      struct hostmem_load_view *view)
{
	struct hostmem_notifier *notifier;
	enum hostmem_error error;
	struct hostmem_load load;

	error = hostmem_load_ask(manager, &load);
	if (error)
		return error;

	notifier = atomic_load(&manager->notifier);
	if (notifier)
		hostmem_notifier_hint(notifier, load.out_available);
	*view = (struct hostmem_load_view){
		.total = load.out_total_bytes,
		.available = load.out_available_bytes,
		.room = load.out_room_bytes,
	};
	return HOSTMEM_OK;
}

DWORD hostmem_load_percent(const struct hostmem_load_view *view)
{
	uint64_t used = difference(view->total, view->available);
	unsigned __int128 percent = (unsigned __int128)used * 100 / view->total;

	/* The CLR divides by what is left of 100. */
	return percent > 99 ? 99 : (DWORD)percent;
}

enum hostmem_error hostmem_load_look(struct hostmem_manager *manager,
				     struct hostmem_load_view *view)
{
	enum hostmem_error error = hostmem_manager_open(manager);
	struct load_pages pages;

	if (error)
		return error;
	if (!find_pages(manager, &pages) || !read_pages(&pages, view)) {
		error = ask(manager, view);
		if (error)
			return error;
	}
	return view->total ? HOSTMEM_OK : hostmem_manager_break(manager);
}

enum hostmem_error hostmem_load_get(struct hostmem_manager *manager,
				    DWORD *percent, SIZE_T *room)
{
	struct hostmem_load_view view;
	enum hostmem_error error;

	if (percent)
		*percent = 0;
	if (room)
		*room = 0;
	error = hostmem_manager_open(manager);
	if (error)
		return error;
	if (!percent || !room)
		return HOSTMEM_ERR_NULL;

	error = hostmem_load_look(manager, &view);
	if (error)
		return error;
	*percent = hostmem_load_percent(&view);
	*room = view.room;
	return HOSTMEM_OK;
}

enum hostmem_error hostmem_load_check_owner(struct hostmem_manager *manager)
{
	struct hostmem_status status;
	enum hostmem_error error;
	struct load_pages pages;

	error = hostmem_manager_open(manager);
	if (error)
		return error;
	if (find_pages(manager, &pages))
		return HOSTMEM_OK;

	/* Not HOSTMEM_IOC_LOAD: that may wake those who poll. */
	error = hostmem_manager_status(manager, &status);
	/* If the descriptor has been closed, the pages still tell a child from its parent. */
	if (error == HOSTMEM_ERR_UNAVAILABLE && !hostmem_load_may_be_owner(manager))
		return HOSTMEM_ERR_NOT_OWNER;
	return error;
}

bool hostmem_load_may_be_owner(struct hostmem_manager *manager)
{
	const struct hostmem_load_page *load = atomic_load(&manager->load);

	/* Not the limit, which may be 0 for its owner, too. */
	return !load || __atomic_load_n(&pages_at(load).own->id, __ATOMIC_RELAXED);
}
