// SPDX-License-Identifier: GPL-2.0
/*
 * Description: flush_ranges, the parameter that says what a flush of the TLBs is
 * believed to cover, and that nothing depends on it but the time it takes.
 *
 * Unloads the module and loads it again, so it needs root and the module's file.
 */
#include "reload.h"

#include <pthread.h>

#define NAME		"flush_ranges"

static bool in_force(const char *value)
{
	char now[16];

	return parameter(NAME, now, sizeof(now)) && !strcmp(now, value);
}

TEST(is_shown_and_not_changed)
{
	EXPECT_TRUE(in_force("yes") || in_force("no"));
	EXPECT_FALSE(write_file(PARAMETERS NAME, "yes"));
	EXPECT_FALSE(write_file(PARAMETERS NAME, "no"));
}

TEST_F(reload, refuses_what_it_does_not_know)
{
	static const char *const bad[] = {
		NAME "=", NAME "=1", NAME "=-1", NAME "=maybe", NAME "=yesno",
		NAME "=YES", NAME,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, load(bad[i]))
			TH_LOG("%s", bad[i]);
		EXPECT_NE(0, access(DEVICE, F_OK));
	}
}

/* No kernel is known whose flushes leave out anything; but a trial may be disturbed. */
TEST_F(reload, finds_out_by_itself)
{
	static const char *const how[] = { "", NAME "=auto" };
	unsigned int i, attempt;

	for (i = 0; i < ARRAY_SIZE(how); i++) {
		for (attempt = 0; attempt < 10; attempt++) {
			ASSERT_EQ(0, load(how[i]));
			if (in_force("yes"))
				break;
			EXPECT_TRUE(in_force("no"));
			ASSERT_TRUE(unload());
		}
		ASSERT_TRUE(in_force("yes"));
		ASSERT_TRUE(unload());
	}
}

/*
 * A thread that writes to pages all the time, so that its processor's TLB has them;
 * and what would go wrong if that was not flushed.
 */
#define PAGES	64

static struct writer {
	char *base;
	volatile bool done;
	volatile unsigned long rounds;
	unsigned char counts[PAGES];	/* what was written last, where it went through */
} writer;

static void *write_all(void *arg)
{
	unsigned int i;

	for (; !writer.done; writer.rounds++)
		for (i = 0; i < PAGES; i++) {
			unsigned char next = writer.counts[i] + 1;

			if (!try_write(writer.base + i * PAGE, next).signo)
				writer.counts[i] = next;
		}
	return arg;
}

/* Wait until the thread has met the pages as they are now. */
static void let_it_write(void)
{
	unsigned long rounds = writer.rounds;

	while (writer.rounds < rounds + 2)
		;
}

/* What comes through to pages that allow nothing, or is lost; NULL if nothing is. */
static const char *wrong_with_writes(void)
{
	unsigned char before[PAGES];
	unsigned int i;
	DWORD old;

	let_it_write();
	if (!VirtualProtect(writer.base, PAGES * PAGE, PAGE_READONLY, &old))
		return "protect";
	for (i = 0; i < PAGES; i++)
		before[i] = writer.base[i * PAGE];
	let_it_write();
	for (i = 0; i < PAGES; i++)
		if (before[i] != (unsigned char)writer.base[i * PAGE] ||
		    before[i] != writer.counts[i])
			return "a write to a read-only page";
	if (!VirtualProtect(writer.base, PAGES * PAGE, PAGE_READWRITE, &old))
		return "protect back";
	return NULL;
}

/* Pages that are written after a reset of the watch must be reported. */
static const char *wrong_with_watch(void)
{
	void *pages[PAGES];
	ULONG_PTR count = PAGES;
	ULONG granularity;

	let_it_write();
	if (GetWriteWatch(WRITE_WATCH_FLAG_RESET, writer.base, PAGES * PAGE, pages,
			  &count, &granularity) || count != PAGES)
		return "what was written first";
	let_it_write();
	count = PAGES;
	if (GetWriteWatch(0, writer.base, PAGES * PAGE, pages, &count,
			  &granularity) || count != PAGES)
		return "what was written after a reset";
	return NULL;
}

static int nothing_gets_through(void)
{
	const char *wrong = NULL;
	pthread_t thread;
	unsigned int i;

	writer.base = VirtualAlloc(NULL, PAGES * PAGE, MEM_RESERVE | MEM_COMMIT |
				   MEM_WRITE_WATCH, PAGE_READWRITE);
	if (!writer.base || pthread_create(&thread, NULL, write_all, NULL))
		return 1;
	for (i = 0; i < times(50) && !wrong; i++) {
		wrong = wrong_with_writes();
		if (!wrong)
			wrong = wrong_with_watch();
	}
	writer.done = true;
	pthread_join(thread, NULL);
	if (wrong)
		fprintf(stderr, "# %s\n", wrong);
	return !!wrong;
}

/* In a child, which closes the device before the module is unloaded. */
TEST_F(reload, is_what_was_asked_for_and_nothing_else)
{
	static const char *const values[] = { "yes", "no" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		char argument[32];
		int status = -1;
		pid_t pid;

		snprintf(argument, sizeof(argument), NAME "=%s", values[i]);
		ASSERT_EQ(0, load(argument));
		EXPECT_TRUE(in_force(values[i]));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(nothing_gets_through());
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status)
			TH_LOG("%s", argument);
		ASSERT_TRUE(unload());
	}
}

TEST_HARNESS_MAIN
