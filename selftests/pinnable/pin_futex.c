// SPDX-License-Identifier: GPL-2.0
/*
 * Description: futexes in a pinnable region are like those in any memory, shared ones,
 * too (rule G7).
 */
#include "pin_sleepers.h"

#include <linux/futex.h>
#include <sys/syscall.h>

/* Where in a page the words are. */
#define WORD	40

static uint32_t *word_in(char *page)
{
	return (uint32_t *)(page + WORD);
}

/* @count: how many to wake; of a wait, the value that the word has to have. */
static int futex(uint32_t *word, int op, uint32_t count)
{
	return syscall(SYS_futex, word, op, count, NULL, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

/* 0 or errno */
static int wait_for_zero(void *word)
{
	return futex(word, FUTEX_WAIT, 0) ? errno : 0;
}

static int wait_for_bits(void *word)
{
	return futex(word, FUTEX_WAIT_BITSET, 0) ? errno : 0;
}

static int lock_pi(void *word)
{
	return futex(word, FUTEX_LOCK_PI, 0) ? errno : 0;
}

static void nothing(int signo)
{
	(void)signo;
}

/* Wake one that nobody else could. */
static void interrupt(const struct sleeper *sleeper)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	pthread_kill(sleeper->thread, SIGUSR1);
}

/*
 * Operations
 */

TEST_F(futex, wakes_who_waits_there_and_nobody_else)
{
	struct sleeper sleeper;
	size_t i;

	for (i = 0; i < SIZE / PAGE; i += 9) {
		START(&sleeper, wait_for_zero, word_in(self->base + i * PAGE));
		/* Not by the word beside it, nor by the same one of other pages. */
		EXPECT_EQ(0, futex(word_in(self->base + i * PAGE) + 1, FUTEX_WAKE, 1));
		EXPECT_EQ(0, futex(word_in(self->base + (i ^ 1) * PAGE),
				   FUTEX_WAKE, 1));
		EXPECT_EQ(1, futex(word_in(self->base + i * PAGE), FUTEX_WAKE, 1));
		EXPECT_WOKEN(0, &sleeper);
		START(&sleeper, wait_for_bits, word_in(self->base + i * PAGE));
		EXPECT_EQ(1, futex(word_in(self->base + i * PAGE),
				   FUTEX_WAKE_BITSET, 9));
		EXPECT_WOKEN(0, &sleeper);
	}
	*word_in(self->base) = 1;
	EXPECT_EQ(EAGAIN, wait_for_zero(word_in(self->base)));
}

TEST_F(futex, moves_waiters_from_one_page_to_another)
{
	uint32_t *from = word_in(self->base), *to = word_in(self->base + 5 * PAGE);
	struct sleeper sleepers[3];
	size_t i;

	for (i = 0; i < 3; i++)
		START(&sleepers[i], wait_for_zero, from);
	EXPECT_EQ(3, syscall(SYS_futex, from, FUTEX_CMP_REQUEUE, 1, 2L, to, 0));
	EXPECT_EQ(0, futex(from, FUTEX_WAKE, 3));
	EXPECT_EQ(2, futex(to, FUTEX_WAKE, 3));
	for (i = 0; i < 3; i++)
		EXPECT_WOKEN(0, &sleepers[i]);
}

TEST_F(futex, wakes_by_an_operation_on_a_second_word)
{
	uint32_t *one = word_in(self->base), *two = word_in(self->base + 5 * PAGE);
	struct sleeper sleepers[2];

	START(&sleepers[0], wait_for_zero, one);
	START(&sleepers[1], wait_for_zero, two);
	EXPECT_EQ(2, syscall(SYS_futex, one, FUTEX_WAKE_OP, 1, 1L, two,
			     FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)));
	EXPECT_EQ(3, *two);
	EXPECT_WOKEN(0, &sleepers[0]);
	EXPECT_WOKEN(0, &sleepers[1]);
}

TEST_F(futex, hands_a_lock_with_inheritance_on)
{
	uint32_t *word = word_in(self->base);
	struct sleeper sleeper;

	EXPECT_EQ(0, lock_pi(word));
	EXPECT_EQ(gettid(), *word & FUTEX_TID_MASK);
	START(&sleeper, lock_pi, word);
	EXPECT_EQ(0, futex(word, FUTEX_UNLOCK_PI, 0));
	EXPECT_WOKEN(0, &sleeper);
	/* Its owner is gone now, and has left it locked. */
	EXPECT_EQ(sleeper.tid | FUTEX_WAITERS, *word | FUTEX_WAITERS);
}

TEST_F(futex, obeys_the_page)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	struct sleeper sleeper;
	DWORD old;

	ASSERT_TRUE(VirtualProtect(word, 4, PAGE_READONLY, &old));
	START(&sleeper, wait_for_zero, word);
	EXPECT_EQ(1, futex(word, FUTEX_WAKE, 1));
	EXPECT_WOKEN(0, &sleeper);
	EXPECT_EFAULT(futex(word, FUTEX_LOCK_PI, 0));
	ASSERT_TRUE(VirtualProtect(word, 4, PAGE_NOACCESS, &old));
	EXPECT_EFAULT(futex(word, FUTEX_WAIT, 0));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	ASSERT_TRUE(VirtualFree(word, 4, MEM_DECOMMIT));
	EXPECT_EFAULT(futex(word, FUTEX_WAIT, 0));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	EXPECT_EFAULT(futex(word, FUTEX_LOCK_PI, 0));
}

TEST_F(futex, meets_a_guard_once_G7)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	DWORD old;

	ASSERT_TRUE(VirtualProtect(word, 4, PAGE_READWRITE | PAGE_GUARD, &old));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	EXPECT_EQ(PAGE_READWRITE, query(word).Protect);
	EXPECT_EQ(0, futex(word, FUTEX_WAKE, 1));
}

TEST(ordinary_regions_have_private_ones_only)
{
	char *base = make_region(library_fd(), PAGE, 0);

	ASSERT_NE(NULL, base);
	*word_in(base) = 1;
	EXPECT_EFAULT(futex(word_in(base), FUTEX_WAKE, 1));
	EXPECT_EFAULT(futex(word_in(base), FUTEX_WAIT, 0));
	EXPECT_EQ(0, futex(word_in(base), FUTEX_WAKE_PRIVATE, 1));
}

/*
 * Pages that change while somebody sleeps
 */

TEST_F(futex, stays_the_same_while_its_page_does)
{
	static const DWORD protects[] = {
		PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE | PAGE_GUARD,
	};
	uint32_t *word = word_in(self->base + 3 * PAGE);
	struct sleeper sleeper;
	size_t i;
	DWORD old;

	START(&sleeper, wait_for_zero, word);
	for (i = 0; i < ARRAY_SIZE(protects); i++) {
		ASSERT_TRUE(VirtualProtect(word, 4, protects[i], &old));
		ASSERT_TRUE(VirtualProtect(word, 4, PAGE_READWRITE, &old));
	}
	ASSERT_TRUE(VirtualFree(self->base, 3 * PAGE, MEM_DECOMMIT));
	ASSERT_TRUE(VirtualFree(self->base + 4 * PAGE, 9 * PAGE, MEM_DECOMMIT));
	ASSERT_NE(NULL, commit_at(self->base, SIZE, PAGE_READWRITE));
	EXPECT_EQ(1, futex(word, FUTEX_WAKE, 1));
	EXPECT_WOKEN(0, &sleeper);
}

/* Who waits in a page that is gone takes nothing from who waits in the new one. */
TEST_F(futex, is_another_in_a_page_that_is_committed_again)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	struct sleeper stale, fresh;
	unsigned int i;

	for (i = 0; i < times(50); i++) {
		START(&stale, wait_for_zero, word);
		ASSERT_TRUE(VirtualFree(word, 4, MEM_DECOMMIT));
		ASSERT_NE(NULL, commit_at(word, 4, PAGE_READWRITE));
		EXPECT_EQ(0, futex(word, FUTEX_WAKE, 1));
		START(&fresh, wait_for_zero, word);
		EXPECT_EQ(1, futex(word, FUTEX_WAKE, 1));
		EXPECT_WOKEN(0, &fresh);
		interrupt(&stale);
		EXPECT_WOKEN(EINTR, &stale);
	}
}

TEST_F(futex, is_another_in_a_region_that_comes_after)
{
	uint32_t *word = word_in(self->base + 3 * PAGE);
	uintptr_t base = (uintptr_t)self->base, out;
	struct sleeper stale, fresh;

	START(&stale, wait_for_zero, word);
	ASSERT_TRUE(VirtualFree(self->base, 0, MEM_RELEASE));
	EXPECT_EFAULT(futex(word, FUTEX_WAKE, 1));
	ASSERT_EQ(0, raw_alloc_as(self->fd, base, SIZE,
				  HOSTMEM_RESERVE | HOSTMEM_COMMIT,
				  HOSTMEM_READWRITE, PINNABLE, &out));
	ASSERT_EQ(base, out);
	START(&fresh, wait_for_zero, word);
	EXPECT_EQ(1, futex(word, FUTEX_WAKE, 2));
	EXPECT_WOKEN(0, &fresh);
	interrupt(&stale);
	EXPECT_WOKEN(EINTR, &stale);
}

TEST_HARNESS_MAIN
