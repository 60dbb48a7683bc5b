// SPDX-License-Identifier: GPL-2.0
/*
 * Description: threads that change pages of one region at the same time: each call takes
 * effect as a whole, contents stay where they belong, and no access faults that
 * the protection allows at every moment (rules C5-C7).
 */
#include "threads.h"

/*
 * Each has pages of its own, every fourth of the region, so that all of them
 * work in the same blocks and yet know what to find.
 */
static void *work_on_own_pages(void *arg)
{
	struct worker *worker = arg;
	uint64_t value[256] = {};
	DWORD protect[256] = {};
	volatile uint64_t *word;
	unsigned long i, own;
	char *page;

	pthread_barrier_wait(&start);
	for (i = 0; i < ROUNDS; i++) {
		own = random_below(&worker->rng, worker->pages / THREADS);
		page = worker->base + (own * THREADS + worker->number) * PAGE;
		word = (volatile uint64_t *)page;

		switch (random_below(&worker->rng, 4)) {
		case 0:
			MUST(VirtualFree(page, PAGE, MEM_DECOMMIT));
			protect[own] = 0;
			value[own] = 0;
			break;
		case 1:
			MUST(commit_at(page, PAGE, PAGE_READONLY) == page);
			protect[own] = PAGE_READONLY;
			break;
		default:
			MUST(commit_at(page, PAGE, PAGE_READWRITE) == page);
			protect[own] = PAGE_READWRITE;
			MUST(*word == value[own]);
			value[own] = (uintptr_t)page + i;
			*word = value[own];
		}
		MUST(can_read(page) == !!protect[own]);
		MUST(can_write(page) == (protect[own] == PAGE_READWRITE));
		MUST(query(page).Protect == protect[own]);
		MUST(query(page).AllocationBase == worker->base);
		if (protect[own])
			MUST(*word == value[own]);
		worker->count += 1;
	}
	/* How many it leaves committed. */
	worker->count = 0;
	for (own = 0; own < worker->pages / THREADS; own++)
		worker->count += !!protect[own];
	return NULL;
}

TEST_F(threads, on_pages_of_their_own_disturb_no_one)
{
	struct worker workers[THREADS];
	/* Both sides of a block's end. */
	size_t pages = 128, committed = 0, i;
	char *base = reserve_at(FIXED + GRANULE - pages / 2 * PAGE, pages * PAGE);

	ASSERT_NE(NULL, base);
	START_WORKERS(workers, work_on_own_pages, base, pages);
	JOIN_WORKERS(workers);
	for (i = 0; i < THREADS; i++)
		committed += workers[i].count;
	EXPECT_EQ(committed * PAGE, hostmem_status(self->fd).out_committed_bytes);
}

/* Any range of the region, any call; contents tell their own address. */
static void *work_on_all_pages(void *arg)
{
	struct worker *worker = arg;
	unsigned long i;

	pthread_barrier_wait(&start);
	for (i = 0; i < ROUNDS; i++) {
		size_t first = random_below(&worker->rng, worker->pages);
		size_t nr = 1 + random_below(&worker->rng, worker->pages - first);
		char *at = worker->base + first * PAGE;
		MEMORY_BASIC_INFORMATION info;
		struct fault fault;
		DWORD protect;

		switch (random_below(&worker->rng, 5)) {
		case 0:
			MUST(VirtualFree(at, nr * PAGE, MEM_DECOMMIT));
			break;
		case 1:
			protect = protections[random_below(&worker->rng,
							   ARRAY_SIZE(protections))].protect;
			MUST(commit_at(at, nr * PAGE, protect) == at);
			break;
		case 2:
			MUST(commit_at(at, nr * PAGE, PAGE_READWRITE) == at);
			break;
		case 3:
			fault = PROBE(*(volatile uint64_t *)at = (uintptr_t)at);
			MUST(!fault.signo || fault.signo == SIGSEGV);
			MUST(!fault.signo || fault.addr == (uintptr_t)at);
			break;
		default:
			info = query(at);
			MUST(info.BaseAddress == (void *)at);
			MUST(info.AllocationBase == (void *)worker->base);
			MUST(info.State == MEM_COMMIT || info.State == MEM_RESERVE);
			MUST((info.State == MEM_RESERVE) == !info.Protect);
			MUST(info.RegionSize >= PAGE);
			MUST(info.RegionSize <= (worker->pages - first) * PAGE);
		}
	}
	return NULL;
}

TEST_F(threads, on_the_same_pages_leave_a_sound_region)
{
	size_t pages = (BLOCK + 2 * GRANULE) / PAGE, committed = 0, at;
	struct worker workers[THREADS];
	char *base = reserve_at(FIXED, pages * PAGE);
	MEMORY_BASIC_INFORMATION info;

	ASSERT_EQ((char *)FIXED, base);
	START_WORKERS(workers, work_on_all_pages, base, pages);
	JOIN_WORKERS(workers);

	/* Queries, charge, access and contents must agree on what is left. */
	for (at = 0; at < pages * PAGE; at += info.RegionSize) {
		info = query(base + at);
		ASSERT_LT(0, info.RegionSize);
		if (info.State == MEM_COMMIT)
			committed += info.RegionSize;
	}
	EXPECT_EQ(committed, hostmem_status(self->fd).out_committed_bytes);
	for (at = 0; at < pages * PAGE; at += PAGE) {
		const struct protection *p = protections;

		info = query(base + at);
		if (info.State == MEM_RESERVE) {
			ASSERT_FALSE(can_read(base + at));
			continue;
		}
		while (p->protect != info.Protect)
			p++;
		ASSERT_EQ(p->read, can_read(base + at));
		ASSERT_EQ(p->write, can_write(base + at));
	}
	ASSERT_NE(NULL, commit_at(base, pages * PAGE, PAGE_READWRITE));
	EXPECT_EQ(pages * PAGE, hostmem_status(self->fd).out_committed_bytes);
	for (at = 0; at < pages * PAGE; at += PAGE) {
		uint64_t word = *(uint64_t *)(base + at);

		EXPECT_TRUE(!word || word == (uintptr_t)base + at);
		EXPECT_EQ(NULL, nonzero(base + at + 8, PAGE - 8));
	}
}

/*
 * One thread uses a page all the time, which the main thread commits again and
 * again with protections that allow it.
 */
static void *count_up(void *arg)
{
	struct worker *worker = arg;

	pthread_barrier_wait(&start);
	while (!done) {
		struct fault fault;
		unsigned int i;

		for (i = 0; i < worker->pages; i++) {
			volatile uint64_t *word;

			word = (volatile uint64_t *)(worker->base + i * PAGE) +
			       worker->number;
			fault = PROBE(*word = *word + 1);
			MUST(!fault.signo);
		}
		worker->count++;
	}
	return NULL;
}

TEST_F(threads, that_write_never_fault_while_writing_is_allowed_C5_C6)
{
	size_t pages = 2 * GRANULE / PAGE, i;
	struct worker workers[2];
	char *base = both_at(FIXED, pages * PAGE, PAGE_READWRITE);
	int round;

	ASSERT_EQ((char *)FIXED, base);
	START_WORKERS(workers, count_up, base, pages);
	for (round = 0; round < 500 ||
	     !__atomic_load_n(&workers[0].count, __ATOMIC_RELAXED); round++) {
		DWORD protect = round % 2 ? PAGE_READWRITE :
					    PAGE_EXECUTE_READWRITE;

		ASSERT_NE(NULL, commit_at(base, pages * PAGE, protect));
		/* And one page within. */
		ASSERT_NE(NULL, commit_at(base + round % pages * PAGE, PAGE,
					  PAGE_READWRITE));
	}
	done = true;
	JOIN_WORKERS(workers);

	/* No write was lost on the way. */
	for (i = 0; i < pages; i++) {
		EXPECT_EQ(workers[0].count, *(uint64_t *)(base + i * PAGE));
		EXPECT_EQ(workers[1].count, *(uint64_t *)(base + i * PAGE + 8));
	}
}

static void *read_all(void *arg)
{
	struct worker *worker = arg;

	pthread_barrier_wait(&start);
	while (!done) {
		size_t i;

		for (i = 0; i < worker->pages; i++) {
			char *page = worker->base + i * PAGE;
			uint64_t word = 0;
			struct fault fault;

			fault = PROBE(word = *(volatile uint64_t *)page);
			MUST(!fault.signo);
			MUST(word == ((uintptr_t)page ^ 7));
		}
		worker->count++;
	}
	return NULL;
}

TEST_F(threads, that_read_never_fault_while_reading_is_allowed_C5_C6)
{
	size_t pages = 2 * GRANULE / PAGE, i;
	struct worker workers[2];
	char *base = both_at(FIXED, pages * PAGE, PAGE_READWRITE);

	ASSERT_EQ((char *)FIXED, base);
	stamp(base, pages * PAGE, 7);
	START_WORKERS(workers, read_all, base, pages);
	/* All but PAGE_NOACCESS, which is the first. */
	for (i = 0; i < 300; i++) {
		ASSERT_NE(NULL, commit_at(base, pages * PAGE,
					  protections[1 + i % 5].protect));
	}
	done = true;
	JOIN_WORKERS(workers);
	EXPECT_EQ(NULL, unstamped(base, pages * PAGE, 7));
}

static void *read_or_fault(void *arg)
{
	struct worker *worker = arg;

	pthread_barrier_wait(&start);
	while (!done) {
		size_t i;

		for (i = 0; i < worker->pages; i++) {
			char *page = worker->base + i * PAGE;
			uint64_t word = 0;
			struct fault fault;

			fault = PROBE(word = *(volatile uint64_t *)page);
			if (fault.signo) {
				MUST(fault.signo == SIGSEGV);
				MUST(fault.addr == (uintptr_t)page);
				worker->count++;
			} else {
				MUST(word == ((uintptr_t)page ^ 7));
			}
		}
	}
	return NULL;
}

TEST_F(threads, that_may_fault_see_contents_or_the_address_C7)
{
	size_t pages = 2 * GRANULE / PAGE;
	struct worker workers[2];
	char *base = both_at(FIXED, pages * PAGE, PAGE_READWRITE);
	int i;

	ASSERT_EQ((char *)FIXED, base);
	stamp(base, pages * PAGE, 7);
	ASSERT_NE(NULL, commit_at(base, pages * PAGE, PAGE_NOACCESS));
	START_WORKERS(workers, read_or_fault, base, pages);
	for (i = 0; i < 300; i++) {
		ASSERT_NE(NULL, commit_at(base, pages * PAGE,
					  i % 2 ? PAGE_NOACCESS : PAGE_READONLY));
	}
	done = true;
	JOIN_WORKERS(workers);
	ASSERT_NE(NULL, commit_at(base, pages * PAGE, PAGE_READONLY));
	EXPECT_EQ(NULL, unstamped(base, pages * PAGE, 7));
}

/* Reads of the kernel meet pages that come and go. */
static void *read_into(void *arg)
{
	struct worker *worker = arg;
	int fd = open("/dev/zero", O_RDONLY);
	size_t size = worker->pages * PAGE;

	MUST(fd >= 0);
	pthread_barrier_wait(&start);
	while (!done) {
		ssize_t got = read(fd, worker->base, size);

		MUST(got == -1 ? errno == EFAULT : got <= (ssize_t)size);
	}
	close(fd);
	return NULL;
}

TEST_F(threads, in_read_2_get_bytes_or_efault)
{
	size_t pages = 2 * GRANULE / PAGE;
	struct worker workers[2];
	char *base = both_at(FIXED, pages * PAGE, PAGE_READWRITE);
	int i;

	ASSERT_EQ((char *)FIXED, base);
	START_WORKERS(workers, read_into, base, pages);
	for (i = 0; i < 300; i++) {
		ASSERT_TRUE(VirtualFree(base + i % pages * PAGE, PAGE,
					MEM_DECOMMIT));
		if (i % 8 == 0) {
			ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
		}
		ASSERT_NE(NULL, commit_at(base, pages * PAGE, PAGE_READWRITE));
	}
	done = true;
	JOIN_WORKERS(workers);
	EXPECT_EQ(NULL, nonzero(base, pages * PAGE));
	EXPECT_EQ(pages * PAGE, hostmem_status(self->fd).out_committed_bytes);
}

TEST_HARNESS_MAIN
