// SPDX-License-Identifier: GPL-2.0
/*
 * Description: pages that are decommitted or released while they lie in a pipe: their
 * owner loses them at once, the pipe keeps them, and they stay charged until it has
 * them no more (rules A13, C5, C16).
 *
 * Sets the module's parameters, so it needs root.
 */
#include "pin.h"
#include "hostmem_limits.h"

/* What the limit allows: all of a region, and no more. */
#define PAGES		64
#define SIZE		(PAGES * PAGE)

/* Enough for whatever takes notice that a pipe has let pages go. */
#define SOON		(monotonic_ns() + 120 * 1000000000ull)

FIXTURE(kept)
{
	int observer;		/* another file, to which nothing is charged */
	int fd;
	uintptr_t base;
	int pipe[2];
};

/* A pipe with room for as many pages as one file may commit. */
static bool make_pipe(int pipe[2])
{
	return !pipe2(pipe, O_NONBLOCK | O_CLOEXEC) &&
	       fcntl(pipe[1], F_SETPIPE_SZ, SIZE) == (int)SIZE;
}

FIXTURE_SETUP(kept)
{
	SET_PARAMETERS(PLENTY_MB, 0);
	self->observer = open_device();
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, raw_limit(self->fd, SIZE));
	ASSERT_EQ(0, raw_alloc_as(self->fd, 0, SIZE, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, PINNABLE, &self->base));
	ASSERT_TRUE(make_pipe(self->pipe));
}

FIXTURE_TEARDOWN(kept)
{
	close(self->pipe[0]);
	close(self->pipe[1]);
}

#define page(i)		(self->base + (i) * PAGE)
#define memory(i)	((char *)page(i))

#define commit(first, nr, deadline) \
	raw_commit(self->fd, page(first), (nr) * PAGE, PROCESS, deadline)
#define decommit(first, nr) \
	raw_decommit(self->fd, page(first), (nr) * PAGE)

/* So many pages are charged, of which the rest isn't the region's any more. */
#define EXPECT_CHARGED(nr, of_region) do {				\
	EXPECT_EQ((nr) * PAGE, total_committed(self->observer));	\
	EXPECT_EQ((of_region) * PAGE, committed(self->fd));		\
} while (0)

/* Wait until the whole limit is to be had again. */
#define EXPECT_ALL_GIVEN_BACK() do {					\
	EXPECT_EQ(0, commit(0, PAGES, SOON));				\
	EXPECT_CHARGED(PAGES, PAGES);					\
	EXPECT_EQ(0, decommit(0, PAGES));				\
	EXPECT_CHARGED(0, 0);						\
} while (0)

#define PUT_INTO_PIPE(first, nr) do {					\
	stamp(memory(first), (nr) * PAGE, 1);				\
	ASSERT_EQ((nr) * PAGE, hold(self->pipe[1], memory(first),	\
				    (nr) * PAGE));			\
} while (0)

#define EXPECT_IN_PIPE(first, nr) \
	EXPECT_EQ(NULL, unstamped_in_pipe(self->pipe[0], memory(first), \
					  (nr) * PAGE, 1))

/*
 * Contents
 */

TEST_F(kept, pages_are_gone_for_the_owner_and_stay_in_the_pipe)
{
	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(3, 8);
	EXPECT_EQ(0, decommit(0, PAGES));
	EXPECT_NOTHING_ALLOWED(page(3));
	EXPECT_CHARGED(8, 0);
	ASSERT_EQ(0, commit(0, 32, AT_ONCE));
	EXPECT_EQ(NULL, nonzero(memory(0), 32 * PAGE));
	stamp(memory(0), 32 * PAGE, 2);
	EXPECT_IN_PIPE(3, 8);
	EXPECT_EQ(NULL, unstamped(memory(0), 32 * PAGE, 2));
	EXPECT_ALL_GIVEN_BACK();
}

TEST_F(kept, pages_outlive_their_region)
{
	uintptr_t base;

	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(3, 8);
	EXPECT_EQ(0, raw_release(self->fd, self->base));
	EXPECT_CHARGED(8, 0);
	ASSERT_EQ(0, raw_alloc_as(self->fd, self->base, SIZE, HOSTMEM_RESERVE,
				  HOSTMEM_READWRITE, PINNABLE, &base));
	ASSERT_EQ(0, commit(0, 32, AT_ONCE));
	EXPECT_EQ(NULL, nonzero(memory(0), 32 * PAGE));
	EXPECT_IN_PIPE(3, 8);
	EXPECT_ALL_GIVEN_BACK();
}

/* Who has a page of a large one has all of it. */
TEST_F(kept, large_pages_are_kept_as_a_whole)
{
	const uint32_t large = HOSTMEM_RESERVE | HOSTMEM_COMMIT | HOSTMEM_LARGE_PAGES;
	int fd = open_device();
	uintptr_t base;

	if (!counts_large_pages()) {
		EXPECT_EQ(-EOPNOTSUPP, raw_alloc_as(fd, 0, BLOCK, large,
						    HOSTMEM_READWRITE, PINNABLE, &base));
		return;
	}
	ASSERT_EQ(0, raw_limit(fd, BLOCK));
	ASSERT_EQ(0, raw_alloc_as(fd, 0, BLOCK, large, HOSTMEM_READWRITE, PINNABLE,
				  &base));
	stamp((char *)base, BLOCK, 1);
	ASSERT_EQ(2 * PAGE, hold(self->pipe[1], (char *)base + 5 * PAGE, 2 * PAGE));
	EXPECT_EQ(0, raw_release(fd, base));
	EXPECT_EQ(BLOCK, total_committed(self->observer));
	EXPECT_EQ(BLOCK, hostmem_status(fd).out_pinned_bytes);

	ASSERT_EQ(0, raw_alloc(fd, 0, BLOCK, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base));
	EXPECT_EQ(-ENOMEM, raw_commit(fd, base, BLOCK, PROCESS, AT_ONCE));
	EXPECT_EQ(0, raw_release(fd, base));
	close(self->pipe[1]);
	close(self->pipe[0]);
	EXPECT_EQ(0, hostmem_status(fd).out_committed_bytes);
	ASSERT_EQ(0, raw_alloc(fd, 0, BLOCK, HOSTMEM_RESERVE, HOSTMEM_READWRITE, &base));
	EXPECT_EQ(0, raw_commit(fd, base, BLOCK, PROCESS, SOON));
	EXPECT_EQ(0, hostmem_status(fd).out_pinned_bytes);
	close(fd);
}

/* A part of what was one allocation for the kernel, then more of it, then all. */
TEST_F(kept, pages_may_lie_in_several_pipes)
{
	int other[2];

	ASSERT_TRUE(make_pipe(other));
	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(3, 8);
	ASSERT_EQ(4 * PAGE, hold(other[1], memory(7), 4 * PAGE));
	EXPECT_EQ(0, decommit(5, 1));
	EXPECT_CHARGED(PAGES, PAGES - 1);
	EXPECT_EQ(0, decommit(3, 6));
	EXPECT_CHARGED(PAGES, PAGES - 6);
	EXPECT_EQ(0, decommit(0, PAGES));
	EXPECT_CHARGED(8, 0);
	/* Those that are in both stay. */
	EXPECT_IN_PIPE(3, 8);
	EXPECT_EQ(0, commit(0, PAGES - 4, SOON));
	EXPECT_EQ(-ENOMEM, commit(PAGES - 4, 1, AT_ONCE));
	EXPECT_CHARGED(PAGES, PAGES - 4);
	EXPECT_EQ(NULL, unstamped_in_pipe(other[0], memory(7), 4 * PAGE, 1));
	EXPECT_ALL_GIVEN_BACK();
}

/*
 * The charge
 */

TEST_F(kept, pages_stay_charged_to_the_limit)
{
	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(3, 8);
	ASSERT_EQ(0, decommit(0, PAGES));
	EXPECT_EQ(-ENOMEM, commit(0, PAGES, AT_ONCE));
	EXPECT_EQ(-ENOMEM, commit(0, PAGES - 7, AT_ONCE));
	EXPECT_EQ(-ETIMEDOUT, commit(0, PAGES - 7, LONG_AGO));
	EXPECT_EQ(0, commit(0, PAGES - 8, AT_ONCE));
	EXPECT_CHARGED(PAGES, PAGES - 8);
	/* What the pipe has still is charged, and nothing else. */
	EXPECT_IN_PIPE(3, 5);
	EXPECT_EQ(0, commit(0, PAGES - 3, SOON));
	EXPECT_EQ(-ENOMEM, commit(0, PAGES - 2, AT_ONCE));
	EXPECT_IN_PIPE(8, 3);
	EXPECT_ALL_GIVEN_BACK();
}

/* Who doesn't wait either finds it. */
TEST_F(kept, pages_are_given_back_to_who_wants_room_at_once)
{
	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(0, PAGES);
	ASSERT_EQ(0, decommit(0, PAGES));
	EXPECT_EQ(-ENOMEM, commit(0, 1, AT_ONCE));
	EXPECT_IN_PIPE(0, PAGES);
	EXPECT_EQ(0, commit(0, PAGES, AT_ONCE));
	EXPECT_EQ(0, decommit(0, PAGES));
	EXPECT_CHARGED(0, 0);
}

TEST_F(kept, pages_are_given_back_when_the_pipe_is_closed)
{
	unsigned int i;

	for (i = 0; i < times(20); i++) {
		ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
		PUT_INTO_PIPE(i, PAGES / 2);
		ASSERT_EQ(0, decommit(0, PAGES));
		EXPECT_CHARGED(PAGES / 2, 0);
		close(self->pipe[0]);
		close(self->pipe[1]);
		EXPECT_ALL_GIVEN_BACK();
		ASSERT_TRUE(make_pipe(self->pipe));
	}
}

TEST_F(kept, pages_that_are_let_go_serve_who_waits)
{
	struct waiter waiter = {
		.fd = self->fd,
		.addr = self->base,
		.length = SIZE,
		.level = PROCESS,
		.deadline = FOREVER,
	};

	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(3, 8);
	ASSERT_EQ(0, decommit(0, PAGES));
	START_WAITER(&waiter);
	EXPECT_IN_PIPE(3, 7);
	EXPECT_FALSE(atomic_load(&waiter.done));
	EXPECT_IN_PIPE(10, 1);
	EXPECT_ENDS(0, &waiter);
}

/* The limit holds for those that pile up, too. */
TEST_F(kept, pages_pile_up_to_the_limit)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ(0, commit(5, 1, AT_ONCE));
		PUT_INTO_PIPE(5, 1);
		ASSERT_EQ(0, decommit(5, 1));
		EXPECT_CHARGED(i + 1, 0);
	}
	EXPECT_EQ(-ENOMEM, commit(5, 1, AT_ONCE));
	for (i = 0; i < PAGES; i++)
		EXPECT_IN_PIPE(5, 1);
	EXPECT_ALL_GIVEN_BACK();
}

/* Pages of every kind are pages: also where they can't be accessed any more. */
TEST_F(kept, pages_are_charged_whatever_their_protection)
{
	static const uint32_t protects[] = {
		HOSTMEM_READONLY, HOSTMEM_NOACCESS,
		HOSTMEM_READWRITE | HOSTMEM_GUARD, HOSTMEM_EXECUTE_READ,
	};
	unsigned int i;

	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(0, 16);
	for (i = 0; i < ARRAY_SIZE(protects); i++)
		ASSERT_EQ(0, raw_protect(self->fd, page(4 * i), 2 * PAGE,
					 protects[i]));
	ASSERT_EQ(0, raw_free(self->fd, self->base, 0, HOSTMEM_DECOMMIT));
	EXPECT_CHARGED(16, 0);
	EXPECT_IN_PIPE(0, 16);
	EXPECT_ALL_GIVEN_BACK();
}

/*
 * Owners that go first.  Who waits is another file, for room in the module's limit.
 */

#define MODULE_PAGES	((size_t)MIB / PAGE)

/* A region of the observer's as large as the limit, and pages that will be kept. */
#define FILL_PIPE_BELOW_LIMIT() do {					\
	SET_PARAMETERS((size_t)1, 0);					\
	ASSERT_EQ(0, raw_alloc_as(self->observer, 0, MIB, HOSTMEM_RESERVE,	\
				  HOSTMEM_READWRITE, PINNABLE, &base));	\
	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));			\
	PUT_INTO_PIPE(3, 8);						\
} while (0)

#define EXPECT_MODULE_HAS_LESS_BY(nr) do {				\
	EXPECT_EQ((nr) * PAGE, total_committed(self->observer));	\
	EXPECT_EQ(-ENOMEM, raw_commit(self->observer, base,		\
				      (MODULE_PAGES - (nr) + 1) * PAGE,	\
				      PROCESS, AT_ONCE));		\
} while (0)

#define EXPECT_MODULE_HAS_ALL() do {					\
	EXPECT_EQ(0, raw_commit(self->observer, base, MIB, PROCESS, SOON));	\
	EXPECT_EQ(0, raw_release(self->observer, base));		\
	EXPECT_EQ(0, total_committed(self->observer));			\
} while (0)

TEST_F(kept, pages_outlive_their_file)
{
	uintptr_t base;

	FILL_PIPE_BELOW_LIMIT();
	/* The mapping is the last that refers to it. */
	close(self->fd);
	ASSERT_EQ(0, munmap(memory(0), SIZE));
	EXPECT_MODULE_HAS_LESS_BY(8);
	EXPECT_IN_PIPE(3, 8);
	EXPECT_MODULE_HAS_ALL();
}

TEST_F(kept, pages_outlive_a_shutdown)
{
	uintptr_t base;

	FILL_PIPE_BELOW_LIMIT();
	EXPECT_EQ(0, raw_shutdown(self->fd));
	EXPECT_MODULE_HAS_LESS_BY(8);
	EXPECT_IN_PIPE(3, 8);
	EXPECT_MODULE_HAS_ALL();
}

struct giver {
	uintptr_t base;
	int pipe;
};

/* A process that leaves pages in a pipe of another one. */
static int give_and_end(void *arg)
{
	struct giver *giver = arg;
	uintptr_t base;
	int fd = open_device();

	CHECK(!raw_alloc_as(fd, giver->base, SIZE, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			    HOSTMEM_READWRITE, PINNABLE, &base));
	stamp((char *)base, SIZE, 1);
	CHECK(hold(giver->pipe, (char *)base + 3 * PAGE, 8 * PAGE) == 8 * PAGE);
	/* Of both ways to end, one doesn't come back. */
	if (giver->base % BLOCK)
		kill(getpid(), SIGKILL);
	return 0;
}

TEST_F(kept, pages_outlive_their_process)
{
	struct giver giver = { .base = 0x50000000, .pipe = self->pipe[1] };
	uintptr_t base;
	int i;

	SET_PARAMETERS((size_t)1, 0);
	for (i = 0; i < 4; i++, giver.base += BLOCK / 2) {
		ASSERT_EQ(0, raw_alloc_as(self->observer, 0, MIB, HOSTMEM_RESERVE,
					  HOSTMEM_READWRITE, PINNABLE, &base));
		EXPECT_EQ(giver.base % BLOCK ? SIGKILL : 0,
			  status_of(start_child(give_and_end, &giver)));
		EXPECT_MODULE_HAS_LESS_BY(8);
		EXPECT_EQ(NULL, unstamped_in_pipe(self->pipe[0],
						  (char *)giver.base + 3 * PAGE,
						  8 * PAGE, 1));
		EXPECT_MODULE_HAS_ALL();
	}
}

struct piler {
	_Atomic unsigned long rounds;
};

/* Has pages in a pipe all the time, new ones each time, on a file of its own. */
static int pile_up(void *arg)
{
	struct piler *piler = arg;
	int fd = open_device(), pipe[2];
	uintptr_t base;

	CHECK(!raw_alloc_as(fd, 0, SIZE, HOSTMEM_RESERVE, HOSTMEM_READWRITE, PINNABLE,
			    &base));
	CHECK(make_pipe(pipe));
	for (;;) {
		CHECK(!raw_commit(fd, base, PAGE, PROCESS, AT_ONCE));
		stamp((char *)base, PAGE, 1);
		CHECK(hold(pipe[1], (char *)base, PAGE) == PAGE);
		CHECK(!raw_decommit(fd, base, PAGE));
		CHECK(!unstamped_in_pipe(pipe[0], (char *)base, PAGE, 1));
		atomic_fetch_add(&piler->rounds, 1);
	}
}

/* S1: whoever adds to what is looked for, nobody's pages are looked for later. */
TEST_F(kept, pages_are_given_back_while_others_have_new_ones_all_the_time)
{
	struct piler *piler = shared_memory(PAGE);
	struct waiter waiter = {
		.fd = self->fd,
		.addr = self->base,
		.length = SIZE,
		.level = PROCESS,
		.deadline = SOON,
	};
	pid_t child;

	ASSERT_NE(NULL, piler);
	ASSERT_EQ(0, commit(0, PAGES, AT_ONCE));
	PUT_INTO_PIPE(3, 8);
	ASSERT_EQ(0, decommit(0, PAGES));
	START_WAITER(&waiter);
	child = start_child(pile_up, piler);
	while (atomic_load(&piler->rounds) < 10)
		ASSERT_EQ(0, waitpid(child, NULL, WNOHANG));
	EXPECT_IN_PIPE(3, 8);
	EXPECT_ENDS(0, &waiter);
	EXPECT_EQ(0, waitpid(child, NULL, WNOHANG));
	kill(child, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(child));
}

TEST_HARNESS_MAIN
