// SPDX-License-Identifier: GPL-2.0
/*
 * Description: VirtualProtect in both shapes: what it answers, what it changes
 * and what it leaves alone (rules T1-T10, T12-T17, P1-P11, X5, X7, X8).
 */
#include "hostmem_test.h"

#include <pthread.h>
#include <sched.h>

#define FIXED	((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define REGION	(BLOCK + 2 * GRANULE)
#define PAGES	(REGION / PAGE)

/* A call that succeeds tells what the first page had, and leaves the last error. */
#define EXPECT_PROTECTS(before, address, size, protect) do {		\
	DWORD __before = (before), __old = POISON_DWORD;			\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(TRUE, VirtualProtect((void *)(address), size, protect,	\
				       &__old));				\
	EXPECT_EQ(__before, __old);						\
	EXPECT_EQ(POISON_DWORD, GetLastError());				\
} while (0)

/* A call that fails alike in both shapes. */
#define EXPECT_PROTECT_FAILS(error, hresult, address, size, protect) do {	\
	DWORD __old;								\
										\
	SetLastError(POISON_DWORD);						\
	EXPECT_EQ(FALSE, VirtualProtect((void *)(address), size, protect,	\
					&__old));				\
	EXPECT_EQ((DWORD)(error), GetLastError());				\
	EXPECT_EQ((hresult), HostVirtualProtect((void *)(address), size,	\
						protect, &__old));		\
} while (0)

#define MAY_READ	1
#define MAY_WRITE	2
#define MAY_EXECUTE	4

static int may(const struct protection *p)
{
	return (p->read ? MAY_READ : 0) | (p->write ? MAY_WRITE : 0) |
	       (p->exec ? MAY_EXECUTE : 0);
}

/*
 * What a thread may do with a page that holds code, found out by doing it; -1 if
 * something forbidden doesn't end in a SIGSEGV that tells its address.
 */
static int found(char *page)
{
	struct fault fault[3];
	char *inside = page + 0x123;
	int result, i, sum = 0;

	fault[0] = try_read(inside);
	fault[1] = try_write(inside, 1);
	fault[2] = try_exec(page, &result);
	for (i = 0; i < 3; i++) {
		if (!fault[i].signo)
			sum |= 1 << i;
		else if (fault[i].signo != SIGSEGV ||
			 fault[i].addr != (uintptr_t)(i < 2 ? inside : page))
			return -1;
	}
	return sum & MAY_EXECUTE && result != 42 ? -1 : sum;
}

FIXTURE(virtual_protect)
{
	char *base;
	int fd;
};

/* Committed as a whole, with code in every page. */
FIXTURE_SETUP(virtual_protect)
{
	size_t i;

	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->base = both_at(FIXED, REGION, PAGE_READWRITE);
	ASSERT_EQ((char *)FIXED, self->base);
	for (i = 0; i < PAGES; i++)
		memcpy(self->base + i * PAGE, code_of_42, sizeof(code_of_42));
}

FIXTURE_TEARDOWN(virtual_protect)
{
}

TEST_F(virtual_protect, tells_the_first_page_and_changes_all_T1)
{
	char *mixed = self->base + GRANULE - 8 * PAGE;

	EXPECT_PROTECTS(PAGE_READWRITE, mixed, 8 * PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(mixed, self->base, 8 * PAGE, PAGE_READONLY);
	EXPECT_PROTECTS(PAGE_READONLY, mixed, 16 * PAGE, PAGE_EXECUTE_READ);
	EXPECT_COMMITTED(mixed, self->base, 16 * PAGE, PAGE_EXECUTE_READ);
	EXPECT_EQ(MAY_READ | MAY_EXECUTE, found(mixed));
	EXPECT_EQ(MAY_READ | MAY_EXECUTE, found(mixed + 15 * PAGE));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(mixed - PAGE));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(mixed + 16 * PAGE));
}

TEST_F(virtual_protect, rounds_outward_T2_T3)
{
	char *page = self->base + 4 * PAGE;

	EXPECT_PROTECTS(PAGE_READWRITE, page + 1, 1, PAGE_READONLY);
	EXPECT_COMMITTED(page, self->base, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(self->base, self->base, 4 * PAGE, PAGE_READWRITE);
	/* Two bytes on two pages. */
	EXPECT_PROTECTS(PAGE_READWRITE, page - 1, 2, PAGE_NOACCESS);
	EXPECT_COMMITTED(page - PAGE, self->base, 2 * PAGE, PAGE_NOACCESS);
	EXPECT_COMMITTED(self->base, self->base, 3 * PAGE, PAGE_READWRITE);
	/* Up to the last byte of a page. */
	EXPECT_PROTECTS(PAGE_NOACCESS, page, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(page, self->base, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(page + PAGE, self->base, REGION - 5 * PAGE,
			 PAGE_READWRITE);
}

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

TEST_F(virtual_protect, in_the_hosting_shape_T1_H14)
{
	char *page = self->base + GRANULE;
	DWORD old = POISON_DWORD;

	EXPECT_EQ(S_OK, HostVirtualProtect(page, 1, PAGE_READONLY, &old));
	EXPECT_EQ(PAGE_READWRITE, old);
	EXPECT_COMMITTED(page, self->base, PAGE, PAGE_READONLY);
	EXPECT_EQ(S_OK, HostVirtualProtect(page, 1, PAGE_NOACCESS, &old));
	EXPECT_EQ(PAGE_READONLY, old);
	EXPECT_EQ(0, found(page));
}

TEST_F(virtual_protect, wants_a_pointer_for_the_old_T4)
{
	void *readonly = mmap(NULL, PAGE, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, readonly);
	SetLastError(POISON_DWORD);
	EXPECT_EQ(FALSE, VirtualProtect(self->base, PAGE, PAGE_READONLY, NULL));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	EXPECT_EQ(E_POINTER, HostVirtualProtect(self->base, PAGE, PAGE_READONLY,
						NULL));
	SetLastError(POISON_DWORD);
	EXPECT_EQ(FALSE, VirtualProtect(self->base, PAGE, PAGE_READONLY,
					readonly));
	EXPECT_EQ(ERROR_NOACCESS, GetLastError());
	EXPECT_EQ(E_NOACCESS, HostVirtualProtect(self->base, PAGE, PAGE_READONLY,
						 readonly));
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(self->base));
}

/* It either fails and has changed nothing, or tells the old one and succeeds. */
TEST_F(virtual_protect, of_the_page_with_the_old_itself_T4)
{
	DWORD *old = (DWORD *)(self->base + GRANULE);
	char *page = (char *)old;

	if (VirtualProtect(page, PAGE, PAGE_READONLY, old)) {
		EXPECT_EQ(PAGE_READONLY, query(page).Protect);
	} else {
		EXPECT_EQ(ERROR_NOACCESS, GetLastError());
		EXPECT_EQ(PAGE_READWRITE, query(page).Protect);
	}
}

/* Bits 0-3 in all combinations, then bits 4-7: 31 values. */
TEST_F(virtual_protect, takes_six_protections_of_31_P1_P2_P3_T5)
{
	static const DWORD good[] = { 0x01, 0x02, 0x04, 0x10, 0x20, 0x40 };
	DWORD before = PAGE_READWRITE;
	unsigned int value, taken = 0;
	size_t i;

	for (value = 0; value < 31; value++) {
		DWORD protect = value < 16 ? value : (value - 15) << 4;
		bool valid = false;

		for (i = 0; i < ARRAY_SIZE(good); i++)
			valid |= protect == good[i];
		if (valid) {
			EXPECT_PROTECTS(before, self->base, PAGE, protect);
			before = protect;
			taken++;
		} else {
			EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER,
					     E_INVALIDARG, self->base, PAGE,
					     protect);
		}
		EXPECT_EQ(before, query(self->base).Protect)
			TH_LOG("after 0x%x", protect);
	}
	EXPECT_EQ(6, taken);
}

TEST_F(virtual_protect, takes_no_other_bits_and_pairs_P2_P4_P5_P6)
{
	static const DWORD bad[] = {
		PAGE_READONLY | PAGE_EXECUTE, PAGE_READWRITE | 0x80,
		0x02 | 0x04, 0x20 | 0x40, 0x800, PAGE_READWRITE | 0x800,
		PAGE_READWRITE | 0x1000, PAGE_READWRITE | 0x80000000u,
		0xffffffffu, PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE,
		PAGE_NOACCESS | PAGE_GUARD, PAGE_NOACCESS | PAGE_NOCACHE,
		PAGE_NOACCESS | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_GUARD | PAGE_NOCACHE,
		PAGE_READWRITE | PAGE_GUARD | PAGE_WRITECOMBINE,
		PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				     self->base, PAGE, bad[i]);
		/* First of all errors (X7, T6). */
		EXPECT_EQ(FALSE, VirtualProtect(self->base, PAGE, bad[i], NULL));
		EXPECT_EQ(ERROR_INVALID_PARAMETER, GetLastError());
		EXPECT_EQ(E_INVALIDARG, HostVirtualProtect(self->base, PAGE,
							   bad[i], NULL));
		EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
				     self->base + 16 * GIB, PAGE, bad[i]);
	}
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(virtual_protect, changes_nothing_unless_all_is_committed_T7)
{
	char *hole = self->base + GRANULE + BLOCK / 2;
	char *last = self->base + REGION - PAGE;

	ASSERT_TRUE(VirtualFree(hole, PAGE, MEM_DECOMMIT));
	ASSERT_TRUE(VirtualFree(last, PAGE, MEM_DECOMMIT));

	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, hole, 1,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, hole - 1, 2,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, self->base,
			     REGION, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, hole + PAGE,
			     last + 1 - (hole + PAGE), PAGE_NOACCESS);
	EXPECT_COMMITTED(self->base, self->base, hole - self->base,
			 PAGE_READWRITE);
	EXPECT_COMMITTED(hole + PAGE, self->base, last - (hole + PAGE),
			 PAGE_READWRITE);
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(self->base));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(hole - PAGE));
	EXPECT_EQ(MAY_READ | MAY_WRITE, found(last - PAGE));

	/* Between the holes, to the byte. */
	EXPECT_PROTECTS(PAGE_READWRITE, hole + PAGE, last - (hole + PAGE),
			PAGE_READONLY);
}

TEST_F(virtual_protect, stays_inside_one_region_T8_X5)
{
	char *next = self->base + REGION;
	char *foreign = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, foreign);
	ASSERT_EQ(next, both_at(next, 2 * PAGE, PAGE_READWRITE));

	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, next - 1, 2,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, self->base,
			     REGION + 1, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, next,
			     2 * PAGE + 1, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS,
			     next + 2 * PAGE, PAGE, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, NULL, PAGE,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_ADDRESS, E_BAD_ADDRESS, foreign, PAGE,
			     PAGE_READONLY);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
	EXPECT_COMMITTED(next, next, 2 * PAGE, PAGE_READWRITE);
	EXPECT_TRUE(can_write(foreign));
}

TEST_F(virtual_protect, refuses_ranges_that_are_none_T9_T10_X8)
{
	uintptr_t limit = user_limit();

	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base, 0,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, limit, PAGE,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, ~0ul, 1,
			     PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG,
			     1ul << 63, PAGE, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base,
			     limit - FIXED + 1, PAGE_READONLY);
	EXPECT_PROTECT_FAILS(ERROR_INVALID_PARAMETER, E_INVALIDARG, self->base,
			     ~0ul, PAGE_READONLY);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(virtual_protect, keeps_what_was_allocated_T12)
{
	char *page = both_at(NULL, 4 * PAGE, PAGE_EXECUTE_READ);

	ASSERT_NE(NULL, page);
	EXPECT_PROTECTS(PAGE_EXECUTE_READ, page, PAGE, PAGE_NOACCESS);
	EXPECT_QUERY(page, page, page, PAGE_EXECUTE_READ, PAGE, MEM_COMMIT,
		     PAGE_NOACCESS, MEM_PRIVATE);
	EXPECT_QUERY(page + PAGE, page + PAGE, page, PAGE_EXECUTE_READ, 3 * PAGE,
		     MEM_COMMIT, PAGE_EXECUTE_READ, MEM_PRIVATE);
}

TEST_F(virtual_protect, keeps_contents_and_charge_T13)
{
	struct hostmem_status before = hostmem_status(self->fd);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		DWORD protect = protections[i].protect;

		stamp(self->base, REGION, i);
		EXPECT_PROTECTS(PAGE_READWRITE, self->base, REGION, protect);
		EXPECT_SAME_STATUS(before, self->fd);
		EXPECT_PROTECTS(protect, self->base, REGION, PAGE_READWRITE);
		EXPECT_EQ(NULL, unstamped(self->base, REGION, i));
	}
}

TEST_F(virtual_protect, merges_equal_runs_again_T16)
{
	char *base = self->base;
	uint64_t rng = 99;
	int i;

	for (i = 0; i < 300; i++) {
		size_t first = random_below(&rng, PAGES);
		size_t nr = 1 + random_below(&rng, PAGES - first);
		DWORD protect = protections[random_below(&rng, 6)].protect;

		EXPECT_PROTECTS(query(base + first * PAGE).Protect,
				base + first * PAGE, nr * PAGE, protect);
	}
	EXPECT_PROTECTS(query(base).Protect, base, REGION, PAGE_READWRITE);
	EXPECT_COMMITTED(base, base, REGION, PAGE_READWRITE);
	/* By parts, too. */
	EXPECT_PROTECTS(PAGE_READWRITE, base + GRANULE, PAGE, PAGE_READONLY);
	EXPECT_COMMITTED(base, base, GRANULE, PAGE_READWRITE);
	EXPECT_PROTECTS(PAGE_READONLY, base + GRANULE, PAGE, PAGE_READWRITE);
	EXPECT_COMMITTED(base, base, REGION, PAGE_READWRITE);
	EXPECT_EQ(1, mappings(getpid(), FIXED, FIXED + REGION));
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
		page[1] = i;
		EXPECT_SEGV(page, try_exec(page, &result));
		EXPECT_PROTECTS(PAGE_READWRITE, page, PAGE, PAGE_EXECUTE_READ);
		EXPECT_NO_FAULT(try_exec(page, &result));
		EXPECT_EQ(i, result);
		EXPECT_SEGV(page + 1, try_write(page + 1, 0));
		EXPECT_PROTECTS(PAGE_EXECUTE_READ, page, PAGE, PAGE_READWRITE);
	}
}

TEST_F(virtual_protect, obeys_the_regions_cache_attribute_P8)
{
	DWORD nocache = PAGE_READWRITE | PAGE_NOCACHE;
	char *base = both_at(NULL, 2 * PAGE, nocache);

	ASSERT_NE(NULL, base);
	EXPECT_QUERY(base, base, base, nocache, 2 * PAGE, MEM_COMMIT, nocache,
		     MEM_PRIVATE);
	EXPECT_PROTECTS(nocache, base, PAGE, PAGE_READWRITE);
	EXPECT_QUERY(base, base, base, nocache, 2 * PAGE, MEM_COMMIT, nocache,
		     MEM_PRIVATE);
	EXPECT_PROTECTS(nocache, base, PAGE, PAGE_READONLY);
	EXPECT_QUERY(base, base, base, nocache, PAGE, MEM_COMMIT,
		     PAGE_READONLY | PAGE_NOCACHE, MEM_PRIVATE);
	EXPECT_SEGV(base, try_write(base, 1));
	EXPECT_NO_FAULT(try_write(base + PAGE, 1));
	/* Which NOACCESS can't have (P5), and so does not show. */
	EXPECT_PROTECTS(PAGE_READONLY | PAGE_NOCACHE, base, PAGE, PAGE_NOACCESS);
	EXPECT_PROTECTS(PAGE_NOACCESS, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(nocache, query(base).Protect);
}

TEST_F(virtual_protect, ignores_a_cache_attribute_elsewhere_P9_P10)
{
	EXPECT_PROTECTS(PAGE_READWRITE, self->base, PAGE,
			PAGE_READONLY | PAGE_NOCACHE);
	EXPECT_COMMITTED(self->base, self->base, PAGE, PAGE_READONLY);
	EXPECT_PROTECTS(PAGE_READONLY, self->base, PAGE,
			PAGE_READWRITE | PAGE_WRITECOMBINE);
	EXPECT_COMMITTED(self->base, self->base, REGION, PAGE_READWRITE);
}

TEST_F(virtual_protect, write_combining_is_the_regions_P7_P10)
{
	DWORD combine = PAGE_READONLY | PAGE_WRITECOMBINE;
	char *base = both_at(NULL, PAGE, combine);

	ASSERT_NE(NULL, base);
	EXPECT_QUERY(base, base, base, combine, PAGE, MEM_COMMIT, combine,
		     MEM_PRIVATE);
	EXPECT_PROTECTS(combine, base, PAGE, PAGE_READWRITE);
	EXPECT_EQ(PAGE_READWRITE | PAGE_WRITECOMBINE, query(base).Protect);
	EXPECT_NO_FAULT(try_write(base, 1));
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

	ASSERT_EQ(0, *shared.word >> 63);
	*shared.word = 0;
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
