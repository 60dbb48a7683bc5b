// SPDX-License-Identifier: GPL-2.0
/*
 * Description: HOSTMEM_IOC_SHUTDOWN: all regions of a file go, for good, and
 * nothing else does.
 */
#include "hostmem_limits.h"

#include <sys/syscall.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)

/* A file to be shut down with a region at FIXED, and another with one above. */
FIXTURE(shutdown)
{
	int fd, other;
	uintptr_t base, other_base;
	__u64 total;		/* without the first */
};

FIXTURE_SETUP(shutdown)
{
	self->other = open_device();
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, raw_alloc(self->other, FIXED + REGION, REGION,
			       HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &self->other_base));
	stamp((void *)self->other_base, REGION, 1);
	self->total = total_committed(self->other);

	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, raw_alloc(self->fd, FIXED, REGION,
			       HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &self->base));
	stamp((void *)self->base, REGION, 2);
}

FIXTURE_TEARDOWN(shutdown)
{
	EXPECT_EQ(self->total, total_committed(self->other));
	EXPECT_EQ(NULL, unstamped((void *)self->other_base, REGION, 1));
	EXPECT_EQ(1, hostmem_status(self->other).out_regions);
	EXPECT_EQ(1, mappings(getpid(), FIXED + REGION, FIXED + 2 * REGION));
}

#define EXPECT_NOTHING_LEFT() do {					\
	EXPECT_EQ(1, device_mappings());				\
	EXPECT_EQ(0, mappings(getpid(), FIXED, FIXED + REGION));	\
	EXPECT_EQ(self->total, total_committed(self->other));		\
} while (0)

TEST_F(shutdown, releases_regions_of_all_kinds)
{
	static const uint32_t protects[] = {
		HOSTMEM_NOACCESS, HOSTMEM_READONLY, HOSTMEM_EXECUTE_READWRITE,
		HOSTMEM_READWRITE | HOSTMEM_GUARD,
	};
	uintptr_t watched, out;
	size_t i;

	ASSERT_EQ(0, raw_alloc(self->fd, 0, 16 * TIB, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &out));
	ASSERT_EQ(0, raw_alloc(self->fd, 0, REGION,
			       HOSTMEM_RESERVE | HOSTMEM_COMMIT |
			       HOSTMEM_WRITE_WATCH, HOSTMEM_READWRITE, &watched));
	stamp((void *)watched, REGION, 3);
	for (i = 0; i < ARRAY_SIZE(protects); i++) {
		ASSERT_EQ(0, raw_alloc(self->fd, 0, REGION, HOSTMEM_COMMIT,
				       protects[i], &out));
	}
	ASSERT_EQ(0, raw_alloc(self->fd, FIXED, BLOCK, HOSTMEM_RESET,
			       HOSTMEM_READWRITE, &out));
	if (has_large_pages()) {
		ASSERT_EQ(0, raw_alloc(self->fd, 0, BLOCK,
				       HOSTMEM_RESERVE | HOSTMEM_COMMIT |
				       HOSTMEM_LARGE_PAGES, HOSTMEM_READWRITE,
				       &out));
	}

	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_NOTHING_LEFT();
	EXPECT_NOTHING_ALLOWED(FIXED);
	EXPECT_NOTHING_ALLOWED(watched + PAGE);
	EXPECT_EQ(0, hostmem_status(self->other).out_reserved_bytes -
		  REGION);
	/* Their place is anyone's. */
	EXPECT_EQ((void *)FIXED, mmap((void *)FIXED, REGION, PROT_READ,
				      MAP_PRIVATE | MAP_ANONYMOUS |
				      MAP_FIXED_NOREPLACE, -1, 0));
}

TEST_F(shutdown, releases_a_thousand_regions)
{
	uintptr_t out;
	int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, raw_alloc(self->fd, 0, PAGE + i % 8 * GRANULE,
				       i % 2 ? HOSTMEM_COMMIT : HOSTMEM_RESERVE,
				       HOSTMEM_READWRITE, &out));
	}
	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_NOTHING_LEFT();
}

TEST_F(shutdown, of_a_file_without_regions)
{
	ASSERT_EQ(0, raw_release(self->fd, FIXED));
	EXPECT_EQ(0, raw_shutdown(self->fd));
	EXPECT_EQ(-ESHUTDOWN, raw_shutdown(self->fd));
	EXPECT_NOTHING_LEFT();
}

/* Every call, in a shape that succeeds before. */
static int result_of_call(unsigned int nr, int fd)
{
	struct hostmem_watch watch = {
		.size = sizeof(watch), .flags = HOSTMEM_WATCH_RESET,
		.addr = FIXED, .length = PAGE,
	};
	struct hostmem_protect protect = {
		.size = sizeof(protect), .protect = HOSTMEM_READWRITE,
		.addr = FIXED, .length = PAGE,
		.old = (uintptr_t)&(uint32_t){ 0 },
	};
	struct hostmem_memory_info info;
	struct hostmem_status status;
	struct hostmem_load load;
	uintptr_t out;

	switch (nr) {
	case _IOC_NR(HOSTMEM_IOC_ALLOC):
		return raw_alloc(fd, 0, PAGE, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
				 &out);
	case _IOC_NR(HOSTMEM_IOC_FREE):
		return raw_decommit(fd, FIXED, PAGE);
	case _IOC_NR(HOSTMEM_IOC_QUERY):
		return raw_query(fd, FIXED, &info);
	case _IOC_NR(HOSTMEM_IOC_STATUS):
		return raw_status(fd, &status);
	case _IOC_NR(HOSTMEM_IOC_PROTECT):
		return raw_call(fd, HOSTMEM_IOC_PROTECT, &protect);
	case _IOC_NR(HOSTMEM_IOC_WATCH):
		return raw_call(fd, HOSTMEM_IOC_WATCH, &watch);
	case _IOC_NR(HOSTMEM_IOC_LIMIT):
		return raw_limit(fd, 0);
	case _IOC_NR(HOSTMEM_IOC_SHUTDOWN):
		return raw_shutdown(fd);
	case _IOC_NR(HOSTMEM_IOC_LOAD):
		return raw_load(fd, &load);
	case _IOC_NR(HOSTMEM_IOC_PREPARE):
		return raw_prepare(fd, BLOCK);
	default:
		return -ENOTTY;
	}
}

TEST_F(shutdown, fails_all_calls_that_come_later)
{
	unsigned int nr, calls = 0;
	int copy = dup(self->fd);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, raw_shutdown(self->fd));
	for (nr = 0; nr < 256; nr++) {
		int result = result_of_call(nr, self->fd);

		if (result == -ENOTTY)
			continue;
		calls++;
		EXPECT_EQ(-ESHUTDOWN, result)
			TH_LOG("call %u", nr);
		/* The file is shut down, not the descriptor. */
		EXPECT_EQ(-ESHUTDOWN, result_of_call(nr, copy))
			TH_LOG("call %u", nr);
	}
	EXPECT_EQ(_IOC_NR(HOSTMEM_IOC_PREPARE) + 1, calls);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				   0));
	EXPECT_NOTHING_LEFT();
}

/* What fails isn't a shutdown, and the same process can begin anew. */
TEST_F(shutdown, is_of_one_file_only)
{
	unsigned int nr;
	int fresh;

	ASSERT_EQ(0, raw_shutdown(self->fd));
	for (nr = 0; nr <= _IOC_NR(HOSTMEM_IOC_PREPARE); nr++) {
		/* The region at FIXED was not the others'. */
		fresh = open_device();
		ASSERT_LE(0, fresh);
		EXPECT_NE(-ESHUTDOWN, result_of_call(nr, fresh));
		if (nr != _IOC_NR(HOSTMEM_IOC_SHUTDOWN)) {
			EXPECT_EQ(0, raw_shutdown(fresh));
		}
		close(fresh);
	}
	fresh = open_device();
	EXPECT_EQ(0, raw_alloc(fresh, FIXED, REGION,
			       HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &self->base));
	EXPECT_EQ(NULL, nonzero((void *)FIXED, REGION));
	EXPECT_EQ(0, raw_shutdown(fresh));
	EXPECT_NOTHING_LEFT();
}

static int shut_down_in_child(void *arg)
{
	return raw_shutdown(*(int *)arg) != -EXDEV;
}

TEST_F(shutdown, is_the_owners_alone)
{
	EXPECT_EQ(0, status_of(start_child(shut_down_in_child, &self->fd)));
	EXPECT_EQ(NULL, unstamped((void *)self->base, REGION, 2));
	EXPECT_EQ(REGION, committed(self->fd));
	ASSERT_EQ(0, raw_shutdown(self->fd));
	/* And who isn't the owner is told that first. */
	EXPECT_EQ(0, status_of(start_child(shut_down_in_child, &self->fd)));
}

/* On kernels with mseal(2), which Debian 12 has no header for. */
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

TEST_F(shutdown, leaves_what_is_sealed_and_says_so)
{
	uintptr_t next;

	if (syscall(SYS_mseal, NULL, 0, 0) && errno == ENOSYS) {
		EXPECT_EQ(0, raw_shutdown(self->fd));
		SKIP(return, "this kernel has no mseal");
	}
	ASSERT_EQ(0, raw_alloc(self->fd, 0, REGION, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &next));
	ASSERT_EQ(0, syscall(SYS_mseal, FIXED, REGION, 0));
	EXPECT_EQ(-EACCES, raw_shutdown(self->fd));
	EXPECT_EQ(NULL, unstamped((void *)self->base, REGION, 2));
	EXPECT_EQ(0, mappings(getpid(), next, next + REGION));
	EXPECT_EQ(self->total + REGION, total_committed(self->other));
	EXPECT_EQ(-ESHUTDOWN, raw_release(self->fd, FIXED));
	EXPECT_EQ(-ESHUTDOWN, raw_shutdown(self->fd));
	/* For the end of the test. */
	self->total += REGION;
}

/* A process that is killed in its shutdown. */
static int shut_down_and_wait(void *arg)
{
	atomic_bool *begun = arg;
	uintptr_t out;
	int i, fd = open_device();

	for (i = 0; i < 100; i++)
		if (raw_alloc(fd, 0, 16 * PAGE, HOSTMEM_COMMIT,
			      HOSTMEM_READWRITE, &out))
			return 1;
	*begun = true;
	if (raw_shutdown(fd))
		return 2;
	pause();
	return 3;
}

TEST_F(shutdown, of_a_process_that_is_killed_leaves_nothing)
{
	atomic_bool *begun = shared_memory(sizeof(*begun));
	uint64_t rng = 4711;
	volatile int spin;
	pid_t child;
	int round;

	ASSERT_NE(NULL, begun);
	ASSERT_EQ(0, raw_shutdown(self->fd));
	for (round = 0; round < 10; round++) {
		*begun = false;
		child = start_child(shut_down_and_wait, begun);
		ASSERT_LE(0, child);
		while (!*begun) {
			ASSERT_EQ(0, waitpid(child, NULL, WNOHANG));
		}
		for (spin = random_below(&rng, 300000); spin; spin--)
			;
		ASSERT_EQ(0, kill(child, SIGKILL));
		EXPECT_EQ(SIGKILL, status_of(child));
		EXPECT_EQ(self->total, total_committed(self->other));
	}
}

/*
 * Who polls
 */

FIXTURE(poll)
{
	int fd;
};

FIXTURE_VARIANT(poll)
{
	short events;
};

FIXTURE_VARIANT_ADD(poll, for_changes)
{
	.events = POLLIN,
};

FIXTURE_VARIANT_ADD(poll, for_nothing)
{
	.events = 0,
};

FIXTURE_SETUP(poll)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	/* From here on there is nothing to be told. */
	ASSERT_NE(0, available(self->fd));
}

FIXTURE_TEARDOWN(poll)
{
}

TEST_F(poll, is_ended_by_a_shutdown)
{
	struct poller poller;

	START_POLLER(&poller, self->fd, variant->events);
	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_POLLED(POLLHUP, &poller);
}

TEST_F(poll, ends_at_once_after_a_shutdown)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = variant->events };

	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_EQ(1, poll(&poll_fd, 1, -1));
	EXPECT_EQ(POLLHUP, poll_fd.revents);
}

TEST_HARNESS_MAIN
