// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the library's descriptors in processes with several tables of files:
 * children made by vfork, threads with a table of their own, daemons (rule S7).
 */
#include "descriptors.h"

#include <sched.h>

static char child_stack[64 << 10] __attribute__((aligned(16)));

/* A child as of vfork(): it has the parent's memory, and its own table of files. */
static bool in_vfork_child(int (*function)(void *), void *arg)
{
	pid_t child = clone(function, child_stack + sizeof(child_stack),
			    CLONE_VM | CLONE_VFORK | SIGCHLD, arg);

	return child > 0 && !status_of(child);
}

static int use_it(void *arg)
{
	_exit(!(arg ? !!VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE) :
		      can_query()));
}

static int first_use_in_vfork_child(void)
{
	int fd, i;

	CHECK(in_vfork_child(use_it, NULL));
	fd = memory_file();
	for (i = 0; i < 100; i++) {
		CHECK(can_query());
		CHECK(in_vfork_child(use_it, NULL));
	}
	CHECK(is_untouched(memory_file, fd));
	CHECK(all_works());
	CHECK(is_untouched(memory_file, fd));
	/* The child had a copy of what the parent has now. */
	CHECK(in_vfork_child(use_it, NULL));
	CHECK(all_works());
	/* None of all that has been left open. */
	CHECK(open("/dev/null", O_RDONLY) < 16);
	return 0;
}

static int first_region_in_vfork_child(void)
{
	CHECK(in_vfork_child(use_it, ""));
	CHECK(!all_is_refused((char *)0x50000000));
	return 0;
}

TEST_F(descriptors, of_vfork_children_are_their_own)
{
	EXPECT_GOOD(first_use_in_vfork_child);
	EXPECT_GOOD(first_region_in_vfork_child);
}

/* Runs in a thread with a table of files of its own. */
static int thread_line;

static void *in_own_table(void *arg)
{
	int (*function)(void) = arg;

	thread_line = unshare(CLONE_FILES) ? __LINE__ : function();
	return NULL;
}

static int run_in_own_table(int (*function)(void))
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, in_own_table, function));
	CHECK(!pthread_join(thread, NULL));
	return thread_line;
}

static int query_in_thread(void)
{
	CHECK(can_query());
	return 0;
}

static int close_and_query(void)
{
	close_all();
	CHECK(can_query());
	CHECK(memory_file() >= 0);
	CHECK(can_query());
	return 0;
}

static int close_and_work(void)
{
	close_all();
	CHECK(all_works());
	return 0;
}

static int close_and_be_refused(void)
{
	close_all();
	return all_is_refused((char *)0x50000000);
}

static int first_use_in_thread(void)
{
	int line = run_in_own_table(query_in_thread);

	CHECK(!line);
	CHECK(can_query());
	CHECK(all_works());
	return 0;
}

static int tables_in_turn(void)
{
	int i;

	for (i = 0; i < 50; i++) {
		CHECK(can_query());
		CHECK(!run_in_own_table(close_and_query));
	}
	CHECK(all_works());
	CHECK(open("/dev/null", O_RDONLY) < 16);
	return 0;
}

static int regions_in_thread(void)
{
	int line;

	CHECK(can_query());
	line = run_in_own_table(close_and_work);
	CHECK(!line);
	/* What they are in is open there only. */
	CHECK(!all_is_refused((char *)0x50000000));
	return 0;
}

static int regions_elsewhere(void)
{
	char *mem = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	int line;

	CHECK(mem);
	line = run_in_own_table(close_and_be_refused);
	CHECK(!line);
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	CHECK(all_works());
	return 0;
}

TEST_F(descriptors, of_threads_may_be_their_own)
{
	EXPECT_GOOD(first_use_in_thread);
	EXPECT_GOOD(tables_in_turn);
	EXPECT_GOOD(regions_in_thread);
	EXPECT_GOOD(regions_elsewhere);
}

static int daemon_without_regions(void *arg)
{
	(void)arg;
	/* It may use the parent's file as little as any child... */
	if (can_query())
		return 1;
	/* ... but without it, one of its own. */
	close_all();
	return !all_works();
}

static int forks_a_daemon(void)
{
	CHECK(can_query());
	CHECK(!status_of(start_child(daemon_without_regions, NULL)));
	CHECK(all_works());
	return 0;
}

static int daemon_with_regions(void *arg)
{
	close_all();
	return all_is_refused(arg);
}

static int forks_a_daemon_with_regions(void)
{
	void *mem = VirtualAlloc(NULL, PAGE, MEM_RESERVE, PAGE_READWRITE);

	CHECK(!status_of(start_child(daemon_with_regions, mem)));
	CHECK(VirtualFree(mem, 0, MEM_RELEASE));
	return 0;
}

TEST_F(descriptors, of_a_daemon_may_be_its_own)
{
	EXPECT_GOOD(forks_a_daemon);
	EXPECT_GOOD(forks_a_daemon_with_regions);
}

TEST_HARNESS_MAIN
