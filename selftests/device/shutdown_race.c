// SPDX-License-Identifier: GPL-2.0
/*
 * Description: HOSTMEM_IOC_SHUTDOWN while other threads use the file: they succeed
 * or are told, and nothing is left.
 *
 * A thread notes the first result that it should not have got, and stops once it is
 * told of the shutdown.
 */
#include "hostmem_limits.h"

#define REGION	(BLOCK + 2 * GRANULE)
#define THREADS		4
#define ROUNDS		15
#define STEPS		2000

struct user {
	pthread_t thread;
	int fd;
	uintptr_t base;		/* a region of one block and more */
	uint64_t rng;
	atomic_int *steps;	/* of all threads */
	bool guards;		/* pages may have one */
	atomic_bool shut;	/* has been told */
	int line;
	int result;
};

/* A call succeeds, or the shutdown was before it or has ended it. */
#define MUST(call) do {							\
	int __result = (call);						\
									\
	if (__result == -ECANCELED || __result == -ESHUTDOWN)		\
		user->shut = true;					\
	else if (__result && !user->line) {				\
		user->line = __LINE__;					\
		user->result = __result;				\
	}								\
} while (0)

/* Memory is there, or it isn't any more. */
static void touch(struct user *user, uintptr_t addr)
{
	struct fault fault = try_write((void *)addr, 1);
	int fds[2];

	if (fault.signo && fault.signo != SIGSEGV &&
	    !(user->guards && fault.signo == SIGBUS))
		MUST(-fault.signo);
	if (pipe2(fds, O_CLOEXEC))
		return;
	if (write(fds[1], (void *)addr, 64) != 64 && errno != EFAULT)
		MUST(-errno);
	close(fds[0]);
	close(fds[1]);
}

/* Does something to pages [at, at + size) of the region. */
typedef void step_fn(struct user *user, uintptr_t at, size_t size);

static void use_in_steps(struct user *user, step_fn *step)
{
	int i;

	for (i = 0; i < STEPS && !user->shut; i++) {
		size_t most = REGION / 2 / PAGE;
		uintptr_t at = user->base + random_below(&user->rng, most) * PAGE;

		++*user->steps;
		step(user, at, (1 + random_below(&user->rng, most)) * PAGE);
	}
}

/* Pages that another thread has decommitted may be refused. */
#define MUST_UNLESS_GONE(call) do {					\
	int __err = (call);						\
									\
	MUST(__err == -EADDRNOTAVAIL ? 0 : __err);			\
} while (0)

static void one_step(struct user *user, uintptr_t at, size_t size)
{
	struct hostmem_memory_info info;
	struct hostmem_status status;

	switch (random_below(&user->rng, 6)) {
	case 0:
		MUST(raw_commit(user->fd, at, size, PROCESS, AT_ONCE));
		break;
	case 1:
		MUST(raw_decommit(user->fd, at, size));
		break;
	case 2:
		MUST_UNLESS_GONE(raw_protect(user->fd, at, PAGE,
					     HOSTMEM_READONLY));
		break;
	case 3:
		MUST(raw_query(user->fd, at, &info));
		break;
	case 4:
		MUST(raw_status(user->fd, &status));
		break;
	default:
		touch(user, at);
	}
}

static void *use_one_region(void *arg)
{
	use_in_steps(arg, one_step);
	return NULL;
}

/* Collects written pages, which lie in the range and come in ascending order. */
static void collect(struct user *user, uintptr_t at, size_t size, uint32_t flags)
{
	uint64_t pages[REGION / 2 / PAGE], count = ARRAY_SIZE(pages), i;
	uintptr_t least = at;
	int err = raw_watch(user->fd, at, size, flags, pages, &count);

	MUST(err);
	for (i = 0; !err && i < count; i++) {
		if (pages[i] < least || pages[i] >= at + size)
			MUST(-ERANGE);
		least = pages[i] + PAGE;
	}
}

/* Resets pages or takes that back, and now and then has the kernel take them. */
static void reset(struct user *user, uintptr_t at, size_t size, uint32_t type)
{
	uintptr_t out;

	MUST_UNLESS_GONE(raw_alloc(user->fd, at, size, type, HOSTMEM_READWRITE,
				   &out));
	if (!random_below(&user->rng, 4) &&
	    !write_file("/proc/sys/vm/drop_caches", "2"))
		MUST(-errno);
}

/* All that's done to single pages, behind the back of those who read and write. */
static void watched_step(struct user *user, uintptr_t at, size_t size)
{
	switch (random_below(&user->rng, 8)) {
	case 0:
		MUST(raw_commit(user->fd, at, size, PROCESS, AT_ONCE));
		break;
	case 1:
		MUST(raw_decommit(user->fd, at, PAGE));
		break;
	case 2:
		MUST_UNLESS_GONE(raw_protect(user->fd, at, PAGE,
					     HOSTMEM_READWRITE | HOSTMEM_GUARD));
		break;
	case 3:
		collect(user, at, size, 0);
		break;
	case 4:
		collect(user, at, size, HOSTMEM_WATCH_RESET);
		break;
	case 5:
		reset(user, at, size, HOSTMEM_RESET);
		break;
	case 6:
		reset(user, at, size, HOSTMEM_RESET_UNDO);
		break;
	default:
		touch(user, at);
	}
}

static void *use_watched_region(void *arg)
{
	struct user *user = arg;

	user->guards = true;
	use_in_steps(user, watched_step);
	return NULL;
}

static void *make_regions(void *arg)
{
	struct user *user = arg;
	uintptr_t out;
	int i;

	for (i = 0; i < STEPS && !user->shut; i++) {
		bool commit = random_below(&user->rng, 2);
		size_t size = (1 + random_below(&user->rng, 64)) * PAGE;

		++*user->steps;
		MUST(raw_alloc(user->fd, 0, size, HOSTMEM_RESERVE |
			       (commit ? HOSTMEM_COMMIT : 0), HOSTMEM_READWRITE,
			       &out));
		if (user->shut || !out)
			break;
		touch(user, out);
		/* Some stay for the shutdown to find. */
		if (random_below(&user->rng, 3))
			MUST(raw_release(user->fd, out));
	}
	return NULL;
}

#define RELEASES	4

static void *release_regions(void *arg)
{
	struct user *user = arg;
	uintptr_t regions[RELEASES];
	int i;

	for (i = 0; i < RELEASES; i++)
		MUST(raw_alloc(user->fd, 0, GRANULE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &regions[i]));
	for (i = 0; i < RELEASES && !user->shut; i++) {
		++*user->steps;
		MUST(raw_release(user->fd, regions[i]));
	}
	return NULL;
}

static void *shut_down_too(void *arg)
{
	struct user *user = arg;

	++*user->steps;
	MUST(raw_shutdown(user->fd));
	/* Be it this thread's doing or another's, there is nothing left. */
	if (mappings(getpid(), user->base, user->base + REGION))
		MUST(-EBUSY);
	return NULL;
}

FIXTURE(race)
{
	int other;
	__u64 total;
};

FIXTURE_VARIANT(race)
{
	void *(*use)(void *arg);
	int steps;		/* that they take before the shutdown, at most */
	uint32_t type;		/* of the region, with HOSTMEM_RESERVE */
};

FIXTURE_VARIANT_ADD(race, with_users_of_one_region)
{
	.use = use_one_region,
	.steps = 100,
};

FIXTURE_VARIANT_ADD(race, with_users_of_a_watched_region)
{
	.use = use_watched_region,
	.steps = 100,
	.type = HOSTMEM_WRITE_WATCH,
};

FIXTURE_VARIANT_ADD(race, with_makers_of_regions)
{
	.use = make_regions,
	.steps = 40,
};

FIXTURE_VARIANT_ADD(race, with_releases)
{
	.use = release_regions,
	.steps = THREADS * RELEASES,
};

FIXTURE_VARIANT_ADD(race, with_other_shutdowns)
{
	.use = shut_down_too,
	.steps = THREADS,
};

FIXTURE_SETUP(race)
{
	self->other = open_device();
	ASSERT_LE(0, self->other);
	self->total = total_committed(self->other);
}

FIXTURE_TEARDOWN(race)
{
}

TEST_F(race, leaves_nothing)
{
	struct user users[THREADS];
	int round, before, i, fd;
	uint64_t rng = 4711;
	atomic_int steps;
	uintptr_t base;

	for (round = 0; round < ROUNDS; round++) {
		fd = open_device();
		ASSERT_EQ(0, raw_alloc(fd, 0, REGION,
				       HOSTMEM_RESERVE | variant->type,
				       HOSTMEM_READWRITE, &base));
		ASSERT_EQ(0, raw_commit(fd, base, REGION, PROCESS, AT_ONCE));
		steps = 0;
		for (i = 0; i < THREADS; i++) {
			users[i] = (struct user) {
				.fd = fd, .base = base, .steps = &steps,
				.rng = round * THREADS + i + 1,
			};
			ASSERT_EQ(0, pthread_create(&users[i].thread, NULL,
						    variant->use, &users[i]));
		}
		before = 1 + random_below(&rng, variant->steps);
		while (steps < before)
			sched_yield();
		i = raw_shutdown(fd);
		EXPECT_TRUE(!i || (i == -ESHUTDOWN &&
				   variant->use == shut_down_too))
			TH_LOG("result %d", i);
		/* Of regions; calls that are under way may still be charged. */
		EXPECT_EQ(0, device_mappings())
			TH_LOG("in round %d", round);
		for (i = 0; i < THREADS; i++) {
			ASSERT_EQ(0, pthread_join(users[i].thread, NULL));
			EXPECT_EQ(0, users[i].line)
				TH_LOG("line %d: %d", users[i].line,
				       users[i].result);
		}
		EXPECT_EQ(0, device_mappings());
		/* A page that was touched as it went may be held for a moment longer. */
		EXPECT_EQ(self->total, settled_charge(self->other, self->total));
		close(fd);
	}
}

TEST_HARNESS_MAIN
