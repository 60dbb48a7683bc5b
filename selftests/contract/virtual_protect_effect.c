// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what a page allows after VirtualProtect: from each protection to each, to
 * the kernel, to other threads, and in any pattern (rules P11, Q5, T1, T14, T15).
 */
#include "virtual_protect.h"

#include <pthread.h>
#include <sched.h>

TEST_F(virtual_protect, every_protection_from_every_other_T14_T15)
{
	char *page = self->base + GRANULE;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		for (j = 0; j < ARRAY_SIZE(protections); j++) {
			DWORD from = protections[i].protect;
			DWORD to = protections[j].protect;

			EXPECT_PROTECTS(query(page).Protect, page, PAGE, from);
			EXPECT_EQ(may(&protections[i]), found(page));
			EXPECT_PROTECTS(from, page, PAGE, to);
			EXPECT_EQ(may(&protections[j]), found(page))
				TH_LOG("from 0x%x to 0x%x", from, to);
			EXPECT_EQ(to, query(page).Protect);
			EXPECT_PROTECTS(to, page, PAGE, to);
			EXPECT_EQ(may(&protections[j]), found(page));
		}
	}
}

TEST_F(virtual_protect, agrees_with_a_model_after_any_sequence_T1_Q5)
{
	DWORD model[PAGES];
	uint64_t rng = 4242;
	size_t i, j, n;

	for (i = 0; i < PAGES; i++)
		model[i] = PAGE_READWRITE;
	for (n = 0; n < 200; n++) {
		size_t first = random_below(&rng, PAGES);
		size_t nr = 1 + random_below(&rng, 20);
		unsigned int to = random_below(&rng, ARRAY_SIZE(protections));

		if (first + nr > PAGES)
			nr = PAGES - first;
		EXPECT_PROTECTS(model[first], self->base + first * PAGE,
				nr * PAGE, protections[to].protect);
		for (i = first; i < first + nr; i++)
			model[i] = protections[to].protect;
	}
	for (i = 0; i < PAGES; i = j) {
		for (j = i; j < PAGES && model[j] == model[i]; j++)
			;
		EXPECT_COMMITTED(self->base + i * PAGE, self->base,
				 (j - i) * PAGE, model[i]);
	}
	for (i = 0; i < PAGES; i++) {
		int want = 0;

		for (j = 0; j < ARRAY_SIZE(protections); j++)
			if (model[i] == protections[j].protect)
				want = may(&protections[j]);
		EXPECT_EQ(want, found(self->base + i * PAGE))
			TH_LOG("page %zu", i);
	}
}

TEST_F(virtual_protect, switches_execution_on_and_off)
{
	char *page = self->base + GRANULE;
	int i, result;

	for (i = 1; i < 100; i++) {
		change_42(page, i);
		EXPECT_SEGV(page, try_exec(page, &result));
		EXPECT_PROTECTS(PAGE_READWRITE, page, PAGE, PAGE_EXECUTE_READ);
		EXPECT_NO_FAULT(try_exec(page, &result));
		EXPECT_EQ(i, result);
		EXPECT_SEGV(page + 1, try_write(page + 1, 0));
		EXPECT_PROTECTS(PAGE_EXECUTE_READ, page, PAGE, PAGE_READWRITE);
	}
}

TEST_F(virtual_protect, binds_the_kernel)
{
	char *page = self->base + GRANULE, copy[64];
	size_t i;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		const struct protection *p = &protections[i];
		ssize_t want = sizeof(copy);

		EXPECT_PROTECTS(query(page).Protect, page, PAGE, p->protect);
		errno = 0;
		EXPECT_EQ(p->read ? want : -1, write(fds[1], page, want));
		EXPECT_EQ(p->read ? 0 : EFAULT, errno);
		if (!p->read) {
			ASSERT_EQ(want, write(fds[1], copy, want));
		}
		errno = 0;
		EXPECT_EQ(p->write ? want : -1, read(fds[0], page, want));
		EXPECT_EQ(p->write ? 0 : EFAULT, errno);
		if (!p->write) {
			ASSERT_EQ(want, read(fds[0], copy, want));
		}
	}
}

TEST_F(virtual_protect, binds_the_kernel_at_the_seam)
{
	size_t size = 4 * PAGE;
	char *start = self->base + GRANULE - 2 * PAGE;
	int fd = memfd_create("hostmem", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	stamp(start, size, 1);
	ASSERT_EQ(size, pwrite(fd, start, size, 0));
	stamp(start, size, 2);
	EXPECT_PROTECTS(PAGE_READWRITE, start + 2 * PAGE, PAGE, PAGE_READONLY);
	EXPECT_EQ(2 * PAGE, pread(fd, start, size, 0));
	EXPECT_EQ(NULL, unstamped(start, 2 * PAGE, 1));
	EXPECT_EQ(NULL, unstamped(start + 2 * PAGE, 2 * PAGE, 2));
	EXPECT_EQ(size, pwrite(fd, start, size, 0));
	EXPECT_PROTECTS(PAGE_READONLY, start + 2 * PAGE, PAGE, PAGE_NOACCESS);
	EXPECT_EQ(2 * PAGE, pwrite(fd, start, size, 0));
}

/*
 * One writes without end, another changes the protection of what it writes to.
 */
struct hammer {
	volatile uint64_t *word;
	volatile bool stop;
	volatile unsigned long written;
	volatile unsigned long refused;
	volatile unsigned long strange;
};

static void *hammer(void *arg)
{
	struct hammer *hammer = arg;

	while (!hammer->stop) {
		uint64_t next = hammer->written + 1;
		struct fault fault = PROBE(*hammer->word = next);

		if (!fault.signo)
			hammer->written = next;
		else if (fault.signo == SIGSEGV &&
			 fault.addr == (uintptr_t)hammer->word)
			hammer->refused++;
		else
			hammer->strange++;
	}
	return NULL;
}

TEST_F(virtual_protect, holds_for_other_threads_when_it_returns)
{
	char *page = self->base + GRANULE;
	struct hammer shared = { .word = (uint64_t *)page };
	uint64_t first, second;
	pthread_t thread;
	int i;

	*shared.word = 0;
	ASSERT_EQ(0, *shared.word >> 63);
	ASSERT_EQ(0, pthread_create(&thread, NULL, hammer, &shared));
	/* Until each has seen the other. */
	for (i = 0; i < 1500 || !shared.refused || shared.written < 100; i++) {
		DWORD to = i & 1 ? PAGE_READONLY : PAGE_EXECUTE_READ;

		EXPECT_PROTECTS(PAGE_READWRITE, page, PAGE, to);
		first = *shared.word;
		if (i % 3 == 0) {
			EXPECT_PROTECTS(to, page, PAGE, PAGE_NOACCESS);
			EXPECT_PROTECTS(PAGE_NOACCESS, page, PAGE, to);
		}
		if (i % 16 == 0)
			sched_yield();
		second = *shared.word;
		ASSERT_EQ(first, second);
		EXPECT_PROTECTS(to, page, PAGE, PAGE_READWRITE);
	}
	shared.stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, shared.strange);
	EXPECT_EQ(shared.written, *shared.word);
}

/* Another one executes, all the time. */
struct runner {
	int (*code)(void);
	volatile bool stop;
	volatile unsigned long returned;
};

static void *runner(void *arg)
{
	struct runner *runner = arg;

	while (!runner->stop)
		if (runner->code() == 42)
			runner->returned++;
	return NULL;
}

TEST_F(virtual_protect, leaves_code_alone_that_stays_executable_T14)
{
	static const DWORD all[] = {
		PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_EXECUTE,
	};
	char *page = self->base + GRANULE;
	struct runner shared = { .code = (void *)page };
	DWORD old, protect = PAGE_EXECUTE_READ;
	unsigned long before = 0;
	pthread_t thread;
	int i;

	EXPECT_PROTECTS(PAGE_READWRITE, page, PAGE, protect);
	ASSERT_EQ(0, pthread_create(&thread, NULL, runner, &shared));
	/* Until it has returned between changes, too, now and then. */
	for (i = 0; i < 2000 || before < 100; i++) {
		before += shared.returned > before;
		old = protect;
		protect = all[(i + 1) % ARRAY_SIZE(all)];
		/* Alone, and among others that are something else in between. */
		if (i % 2)
			EXPECT_PROTECTS(old, page, PAGE, protect);
		else
			EXPECT_PROTECTS(PAGE_READWRITE, page - PAGE, 3 * PAGE, protect);
		if (i % 2 == 0) {
			EXPECT_PROTECTS(protect, page - PAGE, PAGE, PAGE_READWRITE);
			EXPECT_PROTECTS(protect, page + PAGE, PAGE, PAGE_READWRITE);
		}
	}
	shared.stop = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

/* A region of its own size. */
FIXTURE(runs)
{
};

FIXTURE_SETUP(runs)
{
}

FIXTURE_TEARDOWN(runs)
{
}

/* Where mprotect(2) would need a mapping for each run, and may have 65,530. */
TEST_F(runs, hundred_thousand_in_one_mapping)
{
	size_t nr = 100000, size = nr * PAGE, i, wrong = 0;
	char *base = both_at(NULL, size, PAGE_READWRITE);
	DWORD old;

	ASSERT_NE(NULL, base);
	for (i = 1; i < nr; i += 2) {
		ASSERT_TRUE(VirtualProtect(base + i * PAGE, PAGE, PAGE_READONLY,
					   &old));
		wrong += old != PAGE_READWRITE;
	}
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(1, mappings(getpid(), (uintptr_t)base, (uintptr_t)base + size));
	for (i = 0; i < nr; i++) {
		MEMORY_BASIC_INFORMATION info = query(base + i * PAGE);

		wrong += info.RegionSize != PAGE ||
			 info.Protect != (i & 1 ? PAGE_READONLY : PAGE_READWRITE);
		if (i % 8 < 2)
			wrong += can_write(base + i * PAGE) == (i & 1);
	}
	EXPECT_EQ(0, wrong);
	EXPECT_PROTECTS(PAGE_READWRITE, base, size, PAGE_READWRITE);
	EXPECT_COMMITTED(base, base, size, PAGE_READWRITE);
	EXPECT_EQ(1, mappings(getpid(), (uintptr_t)base, (uintptr_t)base + size));
	EXPECT_TRUE(can_write(base + 99999 * PAGE));
}

TEST_HARNESS_MAIN
