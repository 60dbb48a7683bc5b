// SPDX-License-Identifier: GPL-2.0
/*
 * Description: threads that commit, decommit and protect parts of a pinnable region,
 * while others get its pages: these find a page's own contents in it, or zeroes, and
 * nothing of other pages or other times; and nothing is left.
 */
#include "pin.h"
#include "hostmem_limits.h"

#define SIZE		(4 * MIB)
#define PAGES		(SIZE / PAGE)
#define MOST		16
/* Each has a part of the region for itself. */
#define OWNERS		2
#define PART		(SIZE / OWNERS)

/**
 * struct race - what the threads share; invariant but for @readers and @successes
 * @fd: the file, whose limit is the region
 * @base: the region
 * @disk: has contents of zeroes and is read into the region
 * @readers: how many are not through yet; owners go on until then
 */
struct race {
	int fd;
	uintptr_t base;
	int disk;
	atomic_int readers;
};

/**
 * struct racer - one thread
 * @race: its race
 * @number: among those of its kind
 * @successes: how often it got pages
 * @wrong: the line where something was wrong; 0: nothing
 * @addr: the page that had other contents than its own, if it was that
 * @words: the first two and the last of these
 */
struct racer {
	struct race *race;
	int number;
	unsigned long successes;
	int wrong;
	uintptr_t addr;
	uint64_t words[3];
	pthread_t thread;
};

FIXTURE(race)
{
	struct race race;
	struct racer owners[OWNERS];
	struct racer readers[3];
	__u64 before;
};

FIXTURE_SETUP(race)
{
	char *zeroes = plain_memory(MOST * PAGE);
	int fd = open_device();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, raw_limit(fd, SIZE));
	ASSERT_EQ(0, raw_alloc_as(fd, 0, SIZE, HOSTMEM_RESERVE, HOSTMEM_READWRITE,
				  PINNABLE, &self->race.base));
	self->race.fd = fd;
	self->race.disk = open_disk();
	ASSERT_EQ(MOST * PAGE, pwrite(self->race.disk, zeroes, MOST * PAGE, 0));
	self->before = total_committed(fd);
}

FIXTURE_TEARDOWN(race)
{
}

/*
 * Owners
 */

/* One change of a range of pages; what has been committed is stamped. */
static int change(struct race *race, uintptr_t start, size_t size, uint32_t what)
{
	int err;

	switch (what) {
	case 0:
	case 1:
		err = raw_decommit(race->fd, start, size);
		return err;
	case 2:
		err = raw_protect(race->fd, start, size, HOSTMEM_READONLY);
		break;
	case 3:
		err = raw_protect(race->fd, start, size, HOSTMEM_NOACCESS);
		break;
	case 4:
		err = raw_protect(race->fd, start, size,
				  HOSTMEM_READWRITE | HOSTMEM_GUARD);
		break;
	default:
		/* May have no room while readers hold what was decommitted. */
		err = raw_commit(race->fd, start, size, PROCESS, AT_ONCE);
		if (err == -ENOMEM)
			return 0;
		/* Others meet the guards, and no one else changes these pages. */
		if (!err)
			stamp((char *)start, size, 1);
		return err;
	}
	return err == -EADDRNOTAVAIL ? 0 : err;
}

static void *own(void *arg)
{
	struct racer *racer = arg;
	struct race *race = racer->race;
	uintptr_t first = race->base + racer->number * PART;
	uint64_t rng = 31 + racer->number;

	while (atomic_load(&race->readers) && !racer->wrong) {
		size_t at = random_below(&rng, PART / PAGE);
		size_t most = PART / PAGE - at;
		size_t nr = 1 + random_below(&rng, random_below(&rng, 8) ?
					     (most < 40 ? most : 40) : most);

		racer->wrong = change(race, first + at * PAGE, nr * PAGE,
				      random_below(&rng, 10));
		racer->successes++;
	}
	return NULL;
}

/*
 * Readers
 */

/* Each half of what stamp() writes is there, or not yet. */
static bool is_own_or_zero(const uint64_t *words, uintptr_t addr)
{
	return (!words[0] || words[0] == (addr ^ 1)) && !words[1] &&
	       (!words[PAGE / 8 - 1] || words[PAGE / 8 - 1] == ~(addr ^ 1));
}

static bool are_own_or_zero(struct racer *racer, const char *copy, uintptr_t addr,
			    size_t size)
{
	const uint64_t *words;
	size_t done;

	for (done = 0; done < size; done += PAGE) {
		words = (const uint64_t *)(copy + done);
		if (is_own_or_zero(words, addr + done))
			continue;
		racer->addr = addr + done;
		racer->words[0] = words[0];
		racer->words[1] = words[1];
		racer->words[2] = words[PAGE / 8 - 1];
		return false;
	}
	return true;
}

/* Pages in a pipe, some of which stay there for a while. */
static int by_pipe(struct racer *racer, int pipe[2], uintptr_t start, size_t size)
{
	char copy[MOST * HOSTMEM_PAGE_SIZE];
	ssize_t got = hold(pipe[1], (void *)start, size);

	if (got < 0)
		return errno == EFAULT ? 0 : __LINE__;
	CHECK(got % PAGE == 0);
	sched_yield();
	CHECK(read(pipe[0], copy, got) == got);
	CHECK(are_own_or_zero(racer, copy, start, got));
	racer->successes++;
	return 0;
}

static int by_process_vm(struct racer *racer, uintptr_t start, size_t size)
{
	char copy[MOST * HOSTMEM_PAGE_SIZE];
	struct iovec own = { .iov_base = copy, .iov_len = size };
	struct iovec his = { .iov_base = (void *)start, .iov_len = size };
	ssize_t got = process_vm_readv(getpid(), &own, 1, &his, 1, 0);

	if (got < 0)
		return errno == EFAULT ? 0 : __LINE__;
	CHECK(got % PAGE == 0);
	CHECK(are_own_or_zero(racer, copy, start, got));
	racer->successes++;
	return 0;
}

/* Zeroes from a disk into pages that may go while it writes, and no others. */
static int by_disk(struct racer *racer, uintptr_t start, size_t size)
{
	ssize_t got = pread(racer->race->disk, (void *)start, size, 0);

	if (got < 0)
		return errno == EFAULT ? 0 : __LINE__;
	racer->successes++;
	return 0;
}

static void *reader(void *arg)
{
	struct racer *racer = arg;
	uint64_t rng = 4711 + racer->number;
	unsigned int i;
	int pipe[2];

	racer->wrong = pipe2(pipe, O_NONBLOCK) ? __LINE__ : 0;
	for (i = 0; i < times(6000) && !racer->wrong; i++) {
		size_t at = random_below(&rng, PAGES - MOST);
		size_t size = (1 + random_below(&rng, MOST)) * PAGE;
		uintptr_t start = racer->race->base + at * PAGE;

		switch (racer->number) {
		case 0:
			racer->wrong = by_pipe(racer, pipe, start, size);
			break;
		case 1:
			racer->wrong = by_process_vm(racer, start, size);
			break;
		default:
			racer->wrong = by_disk(racer, start, size);
		}
	}
	atomic_fetch_sub(&racer->race->readers, 1);
	return NULL;
}

#define START(racers, function) do {					\
	size_t __i;							\
									\
	for (__i = 0; __i < ARRAY_SIZE(racers); __i++) {		\
		(racers)[__i].race = &self->race;			\
		(racers)[__i].number = __i;				\
		ASSERT_EQ(0, pthread_create(&(racers)[__i].thread, NULL, function, \
					    &(racers)[__i]));		\
	}								\
} while (0)

#define EXPECT_ALL_RIGHT(racers) do {					\
	size_t __i;							\
									\
	for (__i = 0; __i < ARRAY_SIZE(racers); __i++) {		\
		ASSERT_EQ(0, pthread_join((racers)[__i].thread, NULL));	\
		EXPECT_EQ(0, (racers)[__i].wrong)			\
			TH_LOG("page %lx had %lx, %lx, %lx", (racers)[__i].addr, \
			       (racers)[__i].words[0], (racers)[__i].words[1], \
			       (racers)[__i].words[2]);			\
		EXPECT_NE(0, (racers)[__i].successes);			\
	}								\
} while (0)

TEST_F(race, leaves_contents_and_charge_right)
{
	self->race.readers = ARRAY_SIZE(self->readers);
	START(self->readers, reader);
	START(self->owners, own);
	EXPECT_ALL_RIGHT(self->readers);
	EXPECT_ALL_RIGHT(self->owners);
	/* Nobody has any page any more, but the region itself. */
	EXPECT_EQ(0, raw_decommit(self->race.fd, self->race.base, SIZE));
	EXPECT_EQ(0, raw_commit(self->race.fd, self->race.base, SIZE, PROCESS,
				monotonic_ns() + 120 * 1000000000ull));
	EXPECT_EQ(NULL, nonzero((void *)self->race.base, SIZE));
	EXPECT_EQ(0, raw_release(self->race.fd, self->race.base));
	EXPECT_EQ(self->before, total_committed(self->race.fd));
}

TEST_HARNESS_MAIN
