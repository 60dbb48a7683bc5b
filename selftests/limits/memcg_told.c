// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the load and its changes are told of the machine or of the memory cgroup,
 * whichever has less (rule S6).
 */
#include "memcg.h"

FIXTURE(told)
{
	struct run *run;
	int fd;
};

FIXTURE_VARIANT(told)
{
	bool outer;
};

FIXTURE_VARIANT_ADD(told, of_the_own_cgroup)
{
	.outer = false,
};

FIXTURE_VARIANT_ADD(told, of_one_above)
{
	.outer = true,
};

FIXTURE_SETUP(told)
{
	SET_UP_GROUPS();
	self->run->max = 96 * MIB;
	self->run->step = 256 * KIB;
	ASSERT_TRUE(write_number(variant->outer ? OUTER : INNER, "memory.max",
				 self->run->max));
}

FIXTURE_TEARDOWN(told)
{
	TEAR_DOWN_GROUPS();
}

#define LOW		HOSTMEM_AVAILABLE_LOW
#define HIGH		HOSTMEM_AVAILABLE_HIGH

/* What a commit takes beside its pages, and what the kernel keeps at hand. */
#define ABOUT		(4 * MIB)

static int compare_told_and_had(void *arg)
{
	struct run *run = arg;
	uint32_t last = HIGH;
	struct hostmem_load load;
	size_t at, room, low_at = 0;
	SIZE_T available_bytes;
	DWORD percent;
	uintptr_t base;
	int fd, err = 0;

	/* The file may have been opened elsewhere. */
	base = open_region(&fd, 2 * run->max);
	CHECK(base);
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_total_bytes == (uint64_t)meminfo("MemTotal"));
	CHECK(join(run->group));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_available == HIGH);
	CHECK(load.out_total_bytes == run->max);
	CHECK(load.out_room_bytes <= run->max);
	CHECK(load.out_room_bytes >= run->max - ABOUT);
	CHECK(load.out_available_bytes == load.out_room_bytes);
	room = load.out_room_bytes;

	for (at = 0; at < run->max; at += run->step) {
		err = raw_commit(fd, base + at, run->step, PROCESS, AT_ONCE);
		if (err)
			break;
		CHECK(!raw_load(fd, &load));
		CHECK(load.out_room_bytes <= room - at);
		CHECK(load.out_room_bytes + at + ABOUT >= room);
		CHECK(load.out_available <= last);
		CHECK(load.out_available >= last - 1);
		last = load.out_available;
		if (last == LOW && !low_at)
			low_at = at;
	}
	/* It was told, with time to do something about it, and in full. */
	CHECK(err == -ENOMEM);
	CHECK(low_at && low_at < at - MIB);
	CHECK(at + ABOUT > room && at <= room);
	CHECK(load.out_room_bytes <= ABOUT);

	/* The library reads the same, with and without a call. */
	CHECK(!HostGetMemoryLoad(&percent, &available_bytes));
	CHECK(percent >= 95 && available_bytes <= ABOUT);
	CHECK(!HostGetMemoryLoad(&percent, &available_bytes));
	CHECK(percent >= 95 && available_bytes <= ABOUT);
	CHECK(!raw_decommit(fd, base, 0));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_available == HIGH);
	CHECK(load.out_room_bytes + ABOUT >= room);
	/* And elsewhere it is the machine again. */
	CHECK(join(CGROUPS));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_total_bytes == (uint64_t)meminfo("MemTotal"));
	return 0;
}

TEST_F(told, room_is_what_can_be_had_S6)
{
	EXPECT_CHILD(compare_told_and_had);
}

/* Not what the limit allows if something is in the way that can be reclaimed. */
static int compare_with_cache(void *arg)
{
	struct run *run = arg;
	struct hostmem_load load;
	char *cache;
	int fd = open_device();

	CHECK(join(run->group));
	cache = mmap(NULL, run->max / 2, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(cache != MAP_FAILED);
	CHECK(!madvise(cache, run->max / 2, MADV_NOHUGEPAGE));
	stamp(cache, run->max / 2, 1);
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_room_bytes <= run->max / 2);
	CHECK(!madvise(cache, run->max / 2, MADV_FREE));
	CHECK(current(run->group) >= (int64_t)(run->max / 2));
	CHECK(!raw_load(fd, &load));
	CHECK(load.out_room_bytes >= run->max - ABOUT);
	CHECK(load.out_room_bytes <= run->max);
	return 0;
}

TEST_F(told, room_is_also_what_can_be_reclaimed_S6)
{
	EXPECT_CHILD(compare_with_cache);
}

/* Who polls hears of it, whoever takes the memory, and of its end. */
static int poll_in_cgroup(void *arg)
{
	struct run *run = arg;
	size_t much = run->max - 4 * MIB - current(run->group);
	struct pollfd change = { .fd = open_device(), .events = POLLIN };
	char *memory;

	CHECK(join(run->group));
	CHECK(available(change.fd) == HIGH);
	memory = mmap(NULL, much, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	CHECK(!poll(&change, 1, 0));
	stamp(memory, much, 1);
	CHECK(poll(&change, 1, -1) == 1);
	CHECK(available(change.fd) == LOW);
	CHECK(!munmap(memory, much));
	CHECK(poll(&change, 1, -1) == 1);
	CHECK(available(change.fd) != LOW);
	return 0;
}

TEST_F(told, change_wakes_who_polls_S6)
{
	EXPECT_CHILD(poll_in_cgroup);
}

/* One that sleeps in poll(2) while another process takes it. */
static int sleep_in_poll(void *arg)
{
	struct run *run = arg;
	struct pollfd change = { .fd = open_device(), .events = POLLIN };

	CHECK(join(run->group));
	CHECK(available(change.fd) == HIGH);
	run->state = 1;
	CHECK(poll(&change, 1, -1) == 1);
	CHECK(available(change.fd) != HIGH);
	return 0;
}

static int take_most(void *arg)
{
	struct run *run = arg;
	size_t much = run->max - 4 * MIB - current(run->group);
	char *memory;

	CHECK(join(run->group));
	memory = mmap(NULL, much, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	stamp(memory, much, 1);
	run->state = 2;
	for (;;)
		pause();
}

TEST_F(told, change_by_others_wakes_who_polls_S6)
{
	pid_t child = start_child(sleep_in_poll, self->run), taker;

	ASSERT_LE(0, child);
	while (!self->run->state)
		sched_yield();
	taker = start_child(take_most, self->run);
	ASSERT_LE(0, taker);
	EXPECT_EQ(0, status_of(child))
		TH_LOG("line %d", self->run->line);
	ASSERT_EQ(0, kill(taker, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(taker));
}

TEST_HARNESS_MAIN
