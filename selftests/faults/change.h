/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of fail_nth_change.c that change what is there: free, protect, reset, and the
 * faults of pages whose contents have gone and of guard pages.  See commit.h.
 */
#ifndef FAULTS_CHANGE_H
#define FAULTS_CHANGE_H

#include "commit.h"

/*
 * Free and protect
 */

HELPER int call_decommit(struct world *world)
{
	return raw_decommit(world->fd, BASE + world->chain->at,
			    world->chain->length);
}

HELPER bool decommitted(struct world *world)
{
	const FIXTURE_VARIANT(chain) *chain = world->chain;

	NEED(is_run(world, BASE + chain->at, chain->length ?: REGION,
		    HOSTMEM_RESERVE, 0));
	return books_agree(world);
}

HELPER int call_release(struct world *world)
{
	return raw_release(world->fd, BASE);
}

/* munmap(2), which is as good as a release. */
HELPER int call_munmap(struct world *world)
{
	(void)world;
	return munmap((void *)BASE, REGION) ? -errno : 0;
}

/* A mapping behind the region, of which half goes with it: that takes memory. */
#define BEHIND	(BASE + REGION)

HELPER bool prepare_parts_and_neighbour(struct world *world)
{
	return prepare_parts(world) &&
	       mmap((void *)BEHIND, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
		    MAP_FIXED_NOREPLACE, -1, 0) == (void *)BEHIND;
}

/*
 * Blocks that the kernel may map at once.  The directory in which they are comes with the
 * page table of the first.
 */
HELPER bool prepare_whole(struct world *world)
{
	NEED(!commit(world, GRANULE, PAGE, HOSTMEM_READWRITE));
	NEED(!commit(world, GRANULE + BLOCK, 2 * BLOCK, HOSTMEM_READWRITE));
	return true;
}

HELPER int call_munmap_more(struct world *world)
{
	(void)world;
	return munmap((void *)BASE, REGION + PAGE) ? -errno : 0;
}

/* Half a region can't go, and a region can't go elsewhere. */
HELPER int call_munmap_part(struct world *world)
{
	(void)world;
	return munmap((void *)BASE, GIB) && errno == EINVAL ? 0 : -errno;
}

HELPER int call_mremap(struct world *world)
{
	void *to = mremap((void *)BASE, REGION, REGION,
			  MREMAP_MAYMOVE | MREMAP_FIXED, (void *)ELSEWHERE);

	(void)world;
	return to == MAP_FAILED && errno == EPERM ? 0 : -errno;
}

HELPER bool released(struct world *world)
{
	NEED(nothing_there(world));
	return books_agree(world);
}

HELPER bool more_released(struct world *world)
{
	NEED(mappings(getpid(), BEHIND, BEHIND + 2 * PAGE) == 1);
	NEED(can_read((void *)(BEHIND + PAGE)) && !can_read((void *)BEHIND));
	NEED(!munmap((void *)(BEHIND + PAGE), PAGE));
	return released(world);
}

HELPER bool parts_kept(struct world *world)
{
	NEED(contents_kept(BASE + 3 * PAGE, PAGE, true));
	NEED(contents_kept(BASE + GRANULE + BLOCK, BLOCK, true));
	NEED(is_run(world, BASE + 8 * PAGE, PAGE, HOSTMEM_COMMIT,
		    HOSTMEM_READWRITE | HOSTMEM_GUARD));
	return is_free(world, ELSEWHERE) && books_agree(world);
}

HELPER int call_protect(struct world *world)
{
	uint32_t old;
	struct hostmem_protect arg = {
		.size = sizeof(arg),
		.protect = world->chain->protect,
		.addr = BASE + world->chain->at,
		.length = world->chain->length,
		.old = (uintptr_t)&old,
	};
	int err = raw_call(world->fd, HOSTMEM_IOC_PROTECT, &arg);

	return err ?: old == HOSTMEM_READWRITE ? 0 : -EIO;
}

/*
 * Resets, and pages whose contents have gone
 */

HELPER int call_reset(struct world *world)
{
	return raw_alloc(world->fd, BASE + world->chain->at,
			 world->chain->length, world->chain->type,
			 HOSTMEM_READWRITE, &world->out);
}

HELPER int call_undo(struct world *world)
{
	return raw_alloc(world->fd, BASE + world->chain->at,
			 world->chain->length, HOSTMEM_RESET_UNDO,
			 HOSTMEM_READWRITE, &world->out);
}

HELPER bool prepare_reset(struct world *world)
{
	NEED(prepare_parts(world));
	NEED(!call_reset(world));
	return true;
}

/* The kernel takes whatever its shrinkers give: pressure on demand. */
HELPER bool take_what_was_reset(void)
{
	return write_file("/proc/sys/vm/drop_caches", "2");
}

/* A reset is a permission; after an undo, at the latest, there is none. */
HELPER bool contents_stay(struct world *world)
{
	NEED(!call_undo(world));
	NEED(take_what_was_reset());
	NEED(contents_kept(BASE + world->chain->at, world->chain->length, true));
	return books_agree(world);
}

HELPER uintptr_t lost_page(struct world *world)
{
	return BASE + world->chain->at;
}

HELPER bool prepare_lost(struct world *world)
{
	uintptr_t out;

	NEED(prepare_parts(world));
	NEED(!raw_alloc(world->fd, lost_page(world), PAGE, HOSTMEM_RESET,
			HOSTMEM_READWRITE, &out));
	NEED(take_what_was_reset());
	return true;
}

HELPER int call_touch(struct world *world)
{
	return try_write((void *)lost_page(world), 7).signo ? -EIO : 0;
}

HELPER bool touched(struct world *world)
{
	unsigned char *page = (void *)lost_page(world);
	size_t i;

	NEED(page[0] == 7);
	for (i = 1; i < PAGE; i++)
		NEED(!page[i]);
	return books_agree(world);
}

/* A system call writes there: what a pipe holds. */
HELPER bool fill_pipe(struct world *world)
{
	static const char bytes[] = { 7 };
	int ends[2];

	NEED(!pipe2(ends, O_CLOEXEC));
	NEED(write(ends[1], bytes, 1) == 1);
	close(ends[1]);
	world->spare = ends[0];
	return true;
}

HELPER bool prepare_lost_and_pipe(struct world *world)
{
	return prepare_lost(world) && fill_pipe(world);
}

HELPER int call_read_to_page(struct world *world)
{
	return read(world->spare, (void *)lost_page(world), 1) == 1 ? 0 : -errno;
}

/* A debugger does. */
HELPER bool prepare_lost_and_mem(struct world *world)
{
	NEED(prepare_lost(world));
	world->spare = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	return world->spare >= 0;
}

HELPER int call_write_as_debugger(struct world *world)
{
	static const char bytes[] = { 7 };

	return pwrite(world->spare, bytes, 1, lost_page(world)) == 1 ? 0 : -errno;
}

/*
 * Guard pages: the first touch fails, and disarms the guard
 */

HELPER bool disarmed(struct world *world)
{
	NEED(is_run(world, lost_page(world), PAGE, HOSTMEM_COMMIT,
		    HOSTMEM_READWRITE));
	NEED(contents_kept(lost_page(world), PAGE, false));
	return books_agree(world);
}

HELPER int call_touch_guard(struct world *world)
{
	return try_write((void *)lost_page(world), 7).signo == SIGBUS ? 0 : -EIO;
}

HELPER bool prepare_guard_and_pipe(struct world *world)
{
	return prepare_parts(world) && fill_pipe(world);
}

HELPER int call_read_to_guard(struct world *world)
{
	return read(world->spare, (void *)lost_page(world), 1) == -1 &&
	       errno == EFAULT ? 0 : -EIO;
}

/*
 * Where it can't be remembered, the guard stays for the next attempt.  That is one of
 * the same call, if the kernel makes a second one, or the next call.
 */
HELPER bool disarmed_in_the_end(struct world *world)
{
	if (is_run(world, lost_page(world), PAGE, HOSTMEM_COMMIT,
		   HOSTMEM_READWRITE | HOSTMEM_GUARD))
		NEED(!call_read_to_guard(world));
	return disarmed(world);
}

#endif /* FAULTS_CHANGE_H */
