// SPDX-License-Identifier: GPL-2.0
/*
 * Description: both limits, a file's own and the module's, hold exactly among threads
 * and processes (rules A13, C5).
 */
#include "quota.h"

/*
 * A team that takes everything there is, in threads or in processes.  A member
 * notes the line in which it went wrong and goes on, for the others wait for it.
 */
#define MEMBERS		4
#define TEAM_MB		2
#define TEAM_LIMIT	(TEAM_MB * MIB)
#define SHARE		(TEAM_LIMIT / MEMBERS)
#define PART		(TEAM_LIMIT + MIB)	/* of address space, for each */

struct member {
	struct team *team;
	int fd;
	uintptr_t base;
	unsigned int number;
	uint64_t rng;
	int line;		/* where it went wrong first */
};

struct team {
	pthread_barrier_t barrier;
	int (*work)(struct member *member);
	bool files;		/* each member has one of its own */
	atomic_ulong taken;	/* pages */
	struct member members[MEMBERS];
};

#define MUST(condition) do {						\
	if (!(condition) && !member->line)				\
		member->line = __LINE__;				\
} while (0)

static void meet(struct member *member)
{
	pthread_barrier_wait(&member->team->barrier);
}

static int be_member(void *arg)
{
	struct member *member = arg;

	if (member->team->files)
		member->base = open_region(&member->fd, PART);
	MUST(member->base);
	member->team->work(member);
	return 0;
}

static void *be_member_in_thread(void *arg)
{
	be_member(arg);
	return NULL;
}

/* A team whose members have parts of one region, or will have files of their own. */
static struct team *make_team(int fd, bool files)
{
	struct team *team = shared_memory(sizeof(*team));
	uintptr_t base;
	int i;

	if (!team || !share_barrier(&team->barrier, MEMBERS) ||
	    raw_alloc(fd, 0, MEMBERS * PART, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
		      &base))
		return NULL;
	team->files = files;
	for (i = 0; i < MEMBERS; i++)
		team->members[i] = (struct member) {
			.team = team,
			.fd = fd,
			.base = base + i * PART,
			.number = i,
			.rng = 4711 + i,
		};
	return team;
}

/* All members do the same, each in a thread or a process. */
#define RUN_TEAM(team, in_processes, function) do {			\
	struct member *__members = (team)->members;			\
	pthread_t __threads[MEMBERS];					\
	pid_t __children[MEMBERS];					\
	int __i;							\
									\
	(team)->work = function;					\
	for (__i = 0; __i < MEMBERS; __i++) {				\
		if (in_processes) {					\
			__children[__i] = start_child(be_member,	\
						      &__members[__i]);	\
			ASSERT_LE(0, __children[__i]);			\
		} else {						\
			ASSERT_EQ(0, pthread_create(&__threads[__i], NULL,	\
						    be_member_in_thread,	\
						    &__members[__i]));	\
		}							\
	}								\
	for (__i = 0; __i < MEMBERS; __i++) {				\
		if (in_processes) {					\
			EXPECT_EQ(0, status_of(__children[__i]));	\
		} else {						\
			ASSERT_EQ(0, pthread_join(__threads[__i], NULL));	\
		}							\
		EXPECT_EQ(0, __members[__i].line)			\
			TH_LOG("member %d: see that line", __i);	\
	}								\
} while (0)

FIXTURE(team)
{
	int fd;
	struct team *team;
};

FIXTURE_VARIANT(team)
{
	bool processes;
	bool files;
	bool own;		/* it is the file's own limit that they meet */
};

FIXTURE_VARIANT_ADD(team, threads)
{
	.files = false,
};

FIXTURE_VARIANT_ADD(team, threads_and_own_limit)
{
	.own = true,
};

FIXTURE_VARIANT_ADD(team, threads_with_files)
{
	.files = true,
};

FIXTURE_VARIANT_ADD(team, processes)
{
	.processes = true,
	.files = true,
};

FIXTURE_SETUP(team)
{
	SET_PARAMETERS(variant->own ? LIMIT_MB : TEAM_MB, 0);
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->team = make_team(self->fd, variant->files);
	ASSERT_NE(NULL, self->team);
	if (variant->own) {
		ASSERT_EQ(0, raw_limit(self->fd, TEAM_LIMIT));
	}
}

FIXTURE_TEARDOWN(team)
{
	EXPECT_EQ(0, total_committed(self->fd));
}

/* Each takes its share: all of them must get it, and none a page more. */
static int take_shares(struct member *member)
{
	int round;

	for (round = 0; round < 20; round++) {
		meet(member);
		MUST(!raw_commit(member->fd, member->base, SHARE, TASK, AT_ONCE));
		meet(member);
		MUST(total_committed(member->fd) == TEAM_LIMIT);
		MUST(raw_commit(member->fd, member->base + SHARE, PAGE, PROCESS,
				AT_ONCE) == -ENOMEM);
		meet(member);
		MUST(!raw_decommit(member->fd, member->base, SHARE));
	}
	return 0;
}

TEST_F(team, gets_all_there_is_in_equal_shares_A13)
{
	RUN_TEAM(self->team, variant->processes, take_shares);
}

/* Whoever has no more than its share at any time is never refused. */
static int stay_below_share(struct member *member)
{
	int round;

	meet(member);
	for (round = 0; round < 40; round++) {
		size_t size = (1 + random_below(&member->rng, SHARE / PAGE)) * PAGE;

		MUST(!raw_commit(member->fd, member->base, size, TASK, AT_ONCE));
		MUST(total_committed(member->fd) <= TEAM_LIMIT);
		MUST(!raw_decommit(member->fd, member->base, size));
	}
	return 0;
}

TEST_F(team, is_never_refused_what_fits_A13)
{
	RUN_TEAM(self->team, variant->processes, stay_below_share);
}

/* All take page by page until there is none: then all is taken. */
static int take_pages(struct member *member)
{
	size_t pages;
	int round;

	for (round = 0; round < 6; round++) {
		meet(member);
		for (pages = 0; pages <= TEAM_LIMIT / PAGE; pages++)
			if (raw_commit(member->fd, member->base + pages * PAGE,
				       PAGE, PROCESS, AT_ONCE))
				break;
		member->team->taken += pages;
		meet(member);
		MUST(member->team->taken == TEAM_LIMIT / PAGE);
		MUST(total_committed(member->fd) == TEAM_LIMIT);
		meet(member);
		member->team->taken -= pages;
		if (pages)
			MUST(!raw_decommit(member->fd, member->base, pages * PAGE));
	}
	return 0;
}

TEST_F(team, takes_the_last_page_and_not_one_more_A13)
{
	RUN_TEAM(self->team, variant->processes, take_pages);
}

/* All commit the same pages, which costs but once. */
static int take_the_same(struct member *member)
{
	uintptr_t base = member->team->members[0].base;
	int round;

	for (round = 0; round < 20; round++) {
		meet(member);
		MUST(!raw_commit(member->fd, base, TEAM_LIMIT, TASK, AT_ONCE));
		meet(member);
		MUST(total_committed(member->fd) == TEAM_LIMIT);
		meet(member);
		if (!member->number)
			MUST(!raw_decommit(member->fd, base, TEAM_LIMIT));
	}
	return 0;
}

TEST_F(quota, counts_pages_once_that_all_commit_C5)
{
	struct team *team = make_team(self->fd, false);

	ASSERT_NE(NULL, team);
	ASSERT_EQ(0, raw_limit(self->fd, TEAM_LIMIT));
	RUN_TEAM(team, false, take_the_same);
}

TEST_HARNESS_MAIN
