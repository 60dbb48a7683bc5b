/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of fail_nth.c that open, reserve and commit: what they need before, the
 * call itself, and what there has to be when it has succeeded.
 */
#ifndef FAULTS_COMMIT_H
#define FAULTS_COMMIT_H

#include "world.h"

HELPER int call_open(struct world *world)
{
	world->fd = open_device();
	return world->fd < 0 ? -errno : 0;
}

HELPER bool opened(struct world *world)
{
	struct hostmem_status status;

	return !raw_status(world->fd, &status) && !status.out_regions;
}

/* At ELSEWHERE, for that is where @at tells, or wherever there is room. */
HELPER int call_reserve(struct world *world)
{
	const FIXTURE_VARIANT(chain) *chain = world->chain;

	return raw_alloc(world->fd, chain->at, chain->length, chain->type,
			 HOSTMEM_READWRITE, &world->out);
}

HELPER bool reserved(struct world *world)
{
	const FIXTURE_VARIANT(chain) *chain = world->chain;
	bool committed = chain->type & HOSTMEM_COMMIT;
	struct hostmem_memory_info info = info_at(world, world->out);
	uint64_t pages[1], count = 1;

	NEED(!chain->at || chain->at == world->out);
	NEED(info.allocation_base == world->out);
	NEED(info.region_size == (chain->length + PAGE - 1) / PAGE * PAGE);
	NEED(info.state == (committed ? HOSTMEM_COMMIT : HOSTMEM_RESERVE));
	NEED(!committed || contents_kept(world->out, chain->length, false));
	NEED(raw_watch(world->fd, world->out, PAGE, 0, pages, &count) ==
	     (chain->type & HOSTMEM_WRITE_WATCH ? 0 : -EINVAL));
	return books_agree(world);
}

HELPER bool prepare_large(struct world *world)
{
	if (has_large_pages())
		world->large = hostmem_status(world->fd).out_large_page_bytes;
	return true;
}

HELPER int call_large(struct world *world)
{
	int err = raw_alloc(world->fd, 0, 2 * (world->large ?: BLOCK),
			    HOSTMEM_RESERVE | HOSTMEM_COMMIT | HOSTMEM_LARGE_PAGES,
			    HOSTMEM_READWRITE, &world->out);

	return !world->large && err == -EOPNOTSUPP ? 0 : err;
}

HELPER bool large_or_refused(struct world *world)
{
	NEED(!world->large ||
	     contents_kept(world->out, 2 * world->large, false));
	return books_agree(world);
}

HELPER int call_commit(struct world *world)
{
	return commit(world, world->chain->at, world->chain->length,
		      world->chain->protect);
}

HELPER bool committed_range(struct world *world)
{
	const FIXTURE_VARIANT(chain) *chain = world->chain;
	uintptr_t start = BASE + chain->at;

	NEED(is_run(world, start, chain->length, HOSTMEM_COMMIT,
		    chain->protect));
	NEED(chain->protect & (HOSTMEM_GUARD | HOSTMEM_NOACCESS) ||
	     contents_kept(start, chain->length,
			   chain->prepare == prepare_parts));
	return books_agree(world);
}

HELPER bool prepare_page(struct world *world)
{
	NEED(!commit(world, 0, PAGE, HOSTMEM_READWRITE));
	return true;
}

/* More than the file may have: all that it has done must be undone. */
HELPER bool prepare_limit(struct world *world)
{
	NEED(!raw_limit(world->fd, PAGE));
	return true;
}

HELPER int call_beyond_limit(struct world *world)
{
	int err = call_reserve(world);

	return err == -ENOMEM || err == -ENOSPC ? 0 : err;
}

HELPER bool nothing_there(struct world *world)
{
	struct hostmem_status status = hostmem_status(world->other);

	NEED(!status.out_total_committed_bytes);
	return is_free(world, BASE) && is_free(world, ELSEWHERE);
}

HELPER int call_commit_by_deadline(struct world *world)
{
	return raw_commit(world->fd, BASE + world->chain->at,
			  world->chain->length, PROCESS, FOREVER);
}

/*
 * A commit that waits until another thread makes room, in the limit of the file.
 * If it fails, the room is taken again: that also shows that nothing of it is
 * still charged.
 */
#define ROOM_AT		(GRANULE + GIB)

struct room {
	struct world *world;
	atomic_bool give_up;
	bool made;
};

HELPER void *make_room(void *arg)
{
	struct room *room = arg;
	int fd = room->world->fd;

	while (!room->give_up && !room->made) {
		if (waiting(fd))
			room->made = !raw_decommit(fd, BASE + ROOM_AT, PAGE);
		else
			sched_yield();
	}
	return NULL;
}

HELPER bool prepare_to_wait(struct world *world)
{
	struct room room = { .world = world, .give_up = true };
	pthread_t thread;

	/* The C library keeps the stack of a thread that has ended. */
	NEED(!pthread_create(&thread, NULL, make_room, &room));
	NEED(!pthread_join(thread, NULL));
	NEED(!commit(world, ROOM_AT, PAGE, HOSTMEM_READWRITE));
	NEED(!raw_limit(world->fd, PAGE));
	return true;
}

HELPER int call_commit_and_wait(struct world *world)
{
	struct room room = { .world = world };
	pthread_t thread;
	int err;

	if (pthread_create(&thread, NULL, make_room, &room))
		return -EIO;
	err = call_commit_by_deadline(world);
	room.give_up = true;
	pthread_join(thread, NULL);
	if (err && room.made && commit(world, ROOM_AT, PAGE, HOSTMEM_READWRITE))
		return -EIO;
	return err;
}

/* A cgroup with hardly any room but what can be reclaimed. */
HELPER bool prepare_cgroup(struct world *world)
{
	const size_t size = 256 * PAGE;
	static char *cache;
	long long current;
	char text[32];
	FILE *file;

	NEED(write_file(GROUP "/memory.max", "max"));
	if (!cache)
		cache = mmap(NULL, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(cache != MAP_FAILED);
	NEED(keep_small(cache, size));
	stamp(cache, size, 1);
	NEED(!madvise(cache, size, MADV_FREE));
	file = fopen(GROUP "/memory.current", "r");
	NEED(file);
	NEED(fscanf(file, "%lld", &current) == 1);
	fclose(file);
	snprintf(text, sizeof(text), "%lld", current + 8 * (long long)PAGE);
	NEED(write_file(GROUP "/memory.max", text));
	return true;
}

HELPER bool committed_in_cgroup(struct world *world)
{
	return committed_range(world) && write_file(GROUP "/memory.max", "max");
}

#endif /* FAULTS_COMMIT_H */
