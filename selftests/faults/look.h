/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of fail_nth_change.c that look at what is there, or at how much there may be:
 * write watch, queries, limits, load; and fork.  See commit.h.
 */
#ifndef FAULTS_LOOK_H
#define FAULTS_LOOK_H

#include "commit.h"

#include <sys/epoll.h>
#include <sys/rseq.h>
#include <sys/syscall.h>

/*
 * The write watch
 */

/* So many that they come in several batches. */
#define MANY		(4096 + 64)

HELPER bool prepare_written(struct world *world)
{
	NEED(!commit(world, world->chain->at, world->chain->length,
		     HOSTMEM_READWRITE));
	stamp((void *)(BASE + world->chain->at), world->chain->length, SEED);
	return true;
}

HELPER int watch_all(struct world *world, uint32_t flags)
{
	static uint64_t pages[MOST_WRITTEN];
	const FIXTURE_VARIANT(chain) *chain = world->chain;
	uint64_t count = chain->length / PAGE, i;
	int err = raw_watch(world->fd, BASE + chain->at, chain->length, flags,
			    pages, &count);

	if (err)
		return err;
	for (i = 0; i < count; i++)
		if (pages[i] != BASE + chain->at + i * PAGE)
			return -EIO;
	return count == chain->length / PAGE ? 0 : -EIO;
}

HELPER int call_watch(struct world *world)
{
	return watch_all(world, 0);
}

HELPER int call_watch_reset(struct world *world)
{
	return watch_all(world, HOSTMEM_WATCH_RESET);
}

HELPER int call_watch_forget(struct world *world)
{
	uint64_t count = 0;

	return raw_watch(world->fd, BASE + world->chain->at,
			 world->chain->length, HOSTMEM_WATCH_RESET, NULL,
			 &count);
}

HELPER bool watch_as_before(struct world *world)
{
	return !watch_all(world, 0);
}

HELPER bool none_written(struct world *world)
{
	uint64_t pages[1], count = 1;

	NEED(!raw_watch(world->fd, BASE + world->chain->at,
			world->chain->length, 0, pages, &count));
	return !count;
}

/*
 * Queries, limits, load
 */

HELPER int call_query_own(struct world *world)
{
	struct hostmem_memory_info info;

	return raw_query(world->fd, BASE, &info);
}

HELPER int call_query_foreign(struct world *world)
{
	struct hostmem_memory_info info;

	return raw_query(world->fd, (uintptr_t)world, &info);
}

HELPER int call_status(struct world *world)
{
	struct hostmem_status status;

	return raw_status(world->fd, &status);
}

HELPER int call_load(struct world *world)
{
	struct hostmem_load load;

	return raw_load(world->fd, &load);
}

HELPER int call_limit(struct world *world)
{
	return raw_limit(world->fd, BLOCK);
}

HELPER bool limited(struct world *world)
{
	return hostmem_status(world->fd).out_own_limit_bytes == BLOCK;
}

/*
 * Memory that is prepared ahead
 */

#define PREPARED	(2 * BLOCK)

HELPER bool prepared_in_the_end(struct world *world)
{
	NEED(until_prepared(world->fd, PREPARED));
	return true;
}

HELPER int call_prepare(struct world *world)
{
	return raw_prepare(world->fd, PREPARED);
}

HELPER bool prepare_pool(struct world *world)
{
	NEED(!call_prepare(world));
	return prepared_in_the_end(world);
}

HELPER int call_prepare_less(struct world *world)
{
	return raw_prepare(world->fd, BLOCK);
}

HELPER bool less_prepared(struct world *world)
{
	return prepared(world->fd) == BLOCK;
}

HELPER bool prepare_from_pool(struct world *world)
{
	NEED(prepare_pool(world));
	NEED(!commit(world, GRANULE, PREPARED, HOSTMEM_READWRITE));
	return true;
}

HELPER int call_shutdown(struct world *world)
{
	return raw_shutdown(world->fd);
}

HELPER bool shut_down(struct world *world)
{
	struct hostmem_status status;

	NEED(raw_status(world->fd, &status) == -ESHUTDOWN);
	return nothing_there(world);
}

HELPER int call_map_load(struct world *world)
{
	void *pages = mmap((void *)ELSEWHERE, HOSTMEM_LOAD_PAGES * PAGE,
			   PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE,
			   world->fd, HOSTMEM_LOAD_OFFSET);

	return pages == MAP_FAILED ? -errno : 0;
}

HELPER bool prepare_load(struct world *world)
{
	NEED(!call_map_load(world));
	return true;
}

HELPER int call_touch_load(struct world *world)
{
	(void)world;
	return can_read((void *)(ELSEWHERE + PAGE)) ? 0 : -EIO;
}

/* Unmaps them, too: they outlive a shutdown. */
HELPER bool load_shown(struct world *world)
{
	const struct hostmem_load_page *machine = (void *)ELSEWHERE;
	const struct hostmem_load_page *own = (void *)(ELSEWHERE + PAGE);
	struct hostmem_status status = hostmem_status(world->fd);

	NEED(machine->limit_bytes == status.out_commit_limit_bytes);
	NEED(own->limit_bytes == status.out_own_limit_bytes);
	return !munmap((void *)ELSEWHERE, HOSTMEM_LOAD_PAGES * PAGE);
}

HELPER int call_poll(struct world *world)
{
	struct pollfd poller = { .fd = world->fd, .events = POLLIN };

	return poll(&poller, 1, 0) == 1 ? 0 : -errno;
}

HELPER bool prepare_epoll(struct world *world)
{
	world->spare = epoll_create1(EPOLL_CLOEXEC);
	return world->spare >= 0;
}

HELPER int call_epoll(struct world *world)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(world->spare, EPOLL_CTL_ADD, world->fd, &event) ?
	       -errno : 0;
}

HELPER bool polled(struct world *world)
{
	struct epoll_event event;

	return epoll_wait(world->spare, &event, 1, 0) == 1;
}

/*
 * Processes
 */

/* A child has none of it. */
/*
 * The kernel writes to a thread's struct rseq whenever it likes, and kills the
 * process if there is no memory for a copy of its page: after a fork, there has to
 * be one.  Return: has this thread none now?
 */
HELPER bool without_rseq(void)
{
	char *rseq = (char *)__builtin_thread_pointer() + __rseq_offset;

	return !__rseq_size || !syscall(SYS_rseq, rseq, sizeof(struct rseq),
					RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

HELPER int call_fork(struct world *world)
{
	pid_t child = fork();

	(void)world;
	if (!child)
		_exit(can_read((void *)(BASE + 3 * PAGE)));
	if (child < 0)
		return -errno;
	return status_of(child) ? -EIO : 0;
}

HELPER bool nothing_more(struct world *world)
{
	return books_agree(world);
}

#endif /* FAULTS_LOOK_H */
