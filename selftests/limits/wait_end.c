// SPDX-License-Identifier: GPL-2.0
/*
 * Description: how a wait for room in the limits ends: by a shutdown, a signal, the end
 * of its process, or with room, whatever makes that (rules A15, H6).
 */
#include "wait.h"

#include <sys/mman.h>

/*
 * Other ends of a wait
 */

TEST_F(wait, is_cancelled_by_a_shutdown)
{
	struct waiter first = WAITER(0, 4, PROCESS), second = WAITER(0, 1, TASK);
	struct waiter third = { .fd = self->fd[0], .length = PAGE,
				.deadline = FOREVER };
	struct waiter other = WAITER(1, 1, TASK);

	START_WAITER(&first);
	START_WAITER(&second);
	START_WAITER(&third);
	START_WAITER(&other);
	GIVE_BACK(1);
	EXPECT_WAITING(3, 1);
	ASSERT_EQ(0, raw_shutdown(self->fd[0]));
	EXPECT_ENDS(-ECANCELED, &first);
	EXPECT_ENDS(-ECANCELED, &second);
	EXPECT_ENDS(-ECANCELED, &third);
	/* And makes way. */
	EXPECT_ENDS(0, &other);
	EXPECT_EQ(LIMIT, total_committed(self->fd[1]));
}

static atomic_int handled;

static void count_signal(int signo)
{
	(void)signo;
	handled++;
}

static void handle_sigusr1(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	handled = 0;
	sigaction(SIGUSR1, &action, NULL);
}

TEST_F(wait, ends_with_a_signal_A15)
{
	struct hostmem_status before = hostmem_status(self->fd[0]);
	struct waiter waiter = WAITER(0, 2, TASK), behind = WAITER(1, 1, TASK);
	struct waiter reserving = { .fd = self->fd[0], .length = PAGE,
				    .level = TASK, .deadline = FOREVER };

	handle_sigusr1(0);
	START_WAITER(&waiter);
	START_WAITER(&reserving);
	START_WAITER(&behind);
	GIVE_BACK(1);
	EXPECT_WAITING(2, 1);
	ASSERT_EQ(0, pthread_kill(reserving.thread, SIGUSR1));
	EXPECT_ENDS(-EINTR, &reserving);
	EXPECT_EQ(before.out_regions, hostmem_status(self->fd[0]).out_regions);
	EXPECT_WAITING(1, 1);
	ASSERT_EQ(0, pthread_kill(waiter.thread, SIGUSR1));
	EXPECT_ENDS(-EINTR, &waiter);
	EXPECT_ENDS(0, &behind);
	EXPECT_EQ(2, atomic_load(&handled));
	EXPECT_SAME_STATUS(before, self->fd[0]);
}

TEST_F(wait, goes_on_after_a_signal_that_restarts_calls)
{
	struct waiter waiters[2] = { WAITER(0, 2, TASK), WAITER(1, 1, TASK) };
	int i;

	waiters[1].addr = 0;
	handle_sigusr1(SA_RESTART);
	for (i = 0; i < 2; i++) {
		START_WAITER(&waiters[i]);
		ASSERT_EQ(0, pthread_kill(waiters[i].thread, SIGUSR1));
		/* The handler runs outside the call, which then begins anew. */
		while (handled < i + 1 || !waiting(self->fd[i]))
			sched_yield();
		EXPECT_FALSE(atomic_load(&waiters[i].done));
	}
	EXPECT_EQ(1, hostmem_status(self->fd[0]).out_regions);
	EXPECT_EQ(2, hostmem_status(self->fd[1]).out_regions);
	GIVE_BACK(3);
	EXPECT_ENDS(0, &waiters[0]);
	EXPECT_ENDS(0, &waiters[1]);
	EXPECT_EQ(2, atomic_load(&handled));
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

/* In a process of its own: wait for two pages, and tell when it does. */
struct waiting_child {
	atomic_bool queued;
	bool end;		/* end the process while its thread waits */
};

static int wait_in_child(void *arg)
{
	struct waiting_child *child = arg;
	struct waiter waiter = {
		.length = 2 * PAGE, .level = PROCESS, .deadline = FOREVER,
	};

	waiter.addr = open_region(&waiter.fd, GRANULE);
	if (!waiter.addr || pthread_create(&waiter.thread, NULL,
					   commit_in_thread, &waiter))
		return 1;
	while (!waiting(waiter.fd))
		sched_yield();
	child->queued = true;
	if (child->end)
		return 42;
	pthread_join(waiter.thread, NULL);
	return waiter.result ? 2 : 0;
}

#define START_WAITING_CHILD(pid, shared) do {				\
	(pid) = start_child(wait_in_child, shared);			\
	ASSERT_LE(0, pid);						\
	while (!(shared)->queued)					\
		sched_yield();						\
} while (0)

TEST_F(wait, of_a_process_that_is_killed_leaves_nothing)
{
	struct waiting_child *shared = shared_memory(sizeof(*shared));
	struct waiter behind = WAITER(0, 1, TASK);
	pid_t child;

	ASSERT_NE(NULL, shared);
	START_WAITING_CHILD(child, shared);
	START_WAITER(&behind);
	GIVE_BACK(1);
	EXPECT_WAITING(1);
	ASSERT_EQ(0, kill(child, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(child));
	EXPECT_ENDS(0, &behind);
	EXPECT_EQ(LIMIT, total_committed(self->holder));
	GIVE_BACK(LIMIT / PAGE - 1);
	EXPECT_EQ(PAGE, total_committed(self->holder));
}

TEST_F(wait, of_a_process_that_exits_leaves_nothing)
{
	struct waiting_child *shared = shared_memory(sizeof(*shared));
	struct waiter behind = WAITER(0, 1, TASK);
	pid_t child;

	ASSERT_NE(NULL, shared);
	shared->end = true;
	GIVE_BACK(1);
	START_WAITING_CHILD(child, shared);
	EXPECT_EQ(42 << 8, status_of(child));
	EXPECT_EQ(0, raw_commit(self->fd[0], behind.addr, PAGE, TASK, FOREVER));
	EXPECT_EQ(LIMIT, total_committed(self->holder));
}

/* Who is stopped doesn't queue: it begins anew when it goes on. */
TEST_F(wait, of_a_process_that_is_stopped_holds_up_nobody)
{
	struct waiting_child *shared = shared_memory(sizeof(*shared));
	struct waiter behind = WAITER(0, 1, TASK);
	int status = 0;
	pid_t child;

	ASSERT_NE(NULL, shared);
	START_WAITING_CHILD(child, shared);
	START_WAITER(&behind);
	GIVE_BACK(1);
	EXPECT_WAITING(1);
	ASSERT_EQ(0, kill(child, SIGSTOP));
	ASSERT_EQ(child, waitpid(child, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_ENDS(0, &behind);
	GIVE_BACK(2);
	ASSERT_EQ(0, kill(child, SIGCONT));
	EXPECT_EQ(0, status_of(child));
	EXPECT_EQ(LIMIT - 2 * PAGE, total_committed(self->holder));
}

/*
 * What makes room.  One holder has all that a task may have, in this process or
 * in a child, and a task waits for one page of it.
 */
struct holder {
	int fd;
	uintptr_t base;
	pid_t child;
	int order[2];		/* a pipe to the child */
};

static int hold(void *arg)
{
	struct holder *holder = arg;
	char told = 0;

	holder->base = open_region(&holder->fd, LIMIT);
	if (!holder->base || raw_commit(holder->fd, holder->base, LIMIT, PROCESS,
					AT_ONCE))
		return 1;
	if (holder->child < 0)
		return 0;
	/* The parent sees by the total that the child holds it. */
	if (read(holder->order[0], &told, 1) != 1)
		return 2;
	if (told == 'e') {
		fcntl(holder->fd, F_SETFD, 0);
		fcntl(holder->order[0], F_SETFD, 0);
		execl("/proc/self/exe", "wait_end", "--hold", NULL);
		return 3;
	}
	return 0;
}

static bool by_decommit(struct holder *holder)
{
	return !raw_decommit(holder->fd, holder->base, PAGE);
}

static bool by_decommit_of_all(struct holder *holder)
{
	return !raw_decommit(holder->fd, holder->base, 0);
}

static bool by_release(struct holder *holder)
{
	return !raw_release(holder->fd, holder->base);
}

static bool by_munmap(struct holder *holder)
{
	return !munmap((void *)holder->base, LIMIT);
}

static bool by_mmap(struct holder *holder)
{
	return mmap((void *)holder->base, LIMIT, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	       (void *)holder->base;
}

static bool by_shutdown(struct holder *holder)
{
	return !raw_shutdown(holder->fd);
}

static bool by_closing(struct holder *holder)
{
	return !close(holder->fd) && by_munmap(holder);
}

static bool by_limit(struct holder *holder)
{
	(void)holder;
	return set_number("commit_limit_mb", LIMIT_MB + 1);
}

static bool by_default_limit(struct holder *holder)
{
	(void)holder;
	return set_number("commit_limit_mb", 0);
}

static bool by_exit(struct holder *holder)
{
	return write(holder->order[1], "x", 1) == 1;
}

static bool by_exec(struct holder *holder)
{
	return write(holder->order[1], "e", 1) == 1;
}

static bool by_kill(struct holder *holder)
{
	return !kill(holder->child, SIGKILL);
}

FIXTURE(room)
{
	struct holder holder;
	int fd;
	uintptr_t base;
};

FIXTURE_VARIANT(room)
{
	bool (*make)(struct holder *holder);
	bool in_child;
};

#define ROOM(name, child)						\
	FIXTURE_VARIANT_ADD(room, name) { .make = name, .in_child = child }

ROOM(by_decommit, false);
ROOM(by_decommit_of_all, false);
ROOM(by_release, false);
ROOM(by_munmap, false);
ROOM(by_mmap, false);
ROOM(by_shutdown, false);
ROOM(by_closing, false);
ROOM(by_limit, false);
ROOM(by_default_limit, false);
ROOM(by_exit, true);
ROOM(by_exec, true);
ROOM(by_kill, true);

FIXTURE_SETUP(room)
{
	SET_PARAMETERS(LIMIT_MB, 0);
	self->base = open_region(&self->fd, LIMIT);
	ASSERT_NE(0, self->base);
	self->holder.child = -1;
	if (!variant->in_child) {
		ASSERT_EQ(0, hold(&self->holder));
		return;
	}
	ASSERT_EQ(0, pipe2(self->holder.order, O_CLOEXEC));
	self->holder.child = 0;
	self->holder.child = start_child(hold, &self->holder);
	ASSERT_LT(0, self->holder.child);
	while (total_committed(self->fd) < LIMIT) {
		ASSERT_EQ(0, waitpid(self->holder.child, NULL, WNOHANG));
		sched_yield();
	}
}

FIXTURE_TEARDOWN(room)
{
}

TEST_F(room, ends_a_wait)
{
	struct waiter waiter = {
		.fd = self->fd, .addr = self->base, .length = PAGE,
		.level = TASK, .deadline = FOREVER,
	};

	START_WAITER(&waiter);
	ASSERT_TRUE(variant->make(&self->holder));
	EXPECT_ENDS(0, &waiter);
	EXPECT_EQ(NULL, nonzero((void *)self->base, PAGE));
	EXPECT_NO_FAULT(try_write((void *)self->base, 1));
	EXPECT_EQ(0, waiting(self->fd));
	EXPECT_EQ(PAGE, committed(self->fd));
}

/* The reserve is for tasks to have as soon as it is none any more. */
TEST_F(wait, ends_when_the_reserve_is_made_smaller_H6)
{
	struct waiter task = WAITER(0, 1, TASK), domain = WAITER(1, 1, APPDOMAIN);

	ASSERT_TRUE(set_number("critical_reserve_pct", 50));
	GIVE_BACK(10);
	START_WAITER(&task);
	START_WAITER(&domain);
	ASSERT_TRUE(set_number("critical_reserve_pct", 1));
	EXPECT_WAITING(1, 0);
	ASSERT_TRUE(set_number("critical_reserve_pct", 0));
	EXPECT_WAITING(0, 0);
	EXPECT_ENDS(0, &task);
	EXPECT_ENDS(0, &domain);
}

/* What the program is after by_exec(): a process that holds nothing but lives. */
static void __attribute__((constructor)) after_exec(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--hold"))
		for (;;)
			pause();
}

TEST_HARNESS_MAIN
