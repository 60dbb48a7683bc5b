// SPDX-License-Identifier: GPL-2.0
/*
 * Description: two threads on one region, in every pair of calls: each answers as
 * documented, accounts come out even, and no page has contents never written to it.
 */
#include "hostile.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

/* Around a block's end; the page tables are two, the neighbours the same. */
#define PAGES		32
#define SIZE		(PAGES * PAGE)
#define BASE		((uintptr_t)0x50000000 + BLOCK - GRANULE)
#define ELSEWHERE	(BASE + 64 * MIB)
#define ROUNDS		12
#define SECRET		0x5ec3e75ec3e75ec3ull

/*
 * A thread writes its own word of a page, and reads its own word into it from a
 * file.  So whatever is found in a page tells who has written it, and where.
 */
enum { WORD_WRITE, WORD_READ, WORDS_EACH, FIRST_WORD = 8 };

#define WORDS	(2 * WORDS_EACH)

struct actor {
	unsigned int number;
	void (*act)(struct actor *actor);
	uint32_t arg;
	uint64_t rng;
	uintptr_t at;
	size_t size;
	const char *wrong;
	int error;
};

static int fd, file;
static pthread_barrier_t start;

#define MUST(condition) do {						\
	if (!(condition) && !actor->wrong)				\
		actor->wrong = #condition;				\
} while (0)

/* Answers that a call may have while another thread changes the region. */
#define MUST_BE(ret, ...) do {						\
	static const int __allowed[] = { 0, __VA_ARGS__ };		\
	size_t __i = 0;							\
	int __ret = (ret);						\
									\
	while (__i < ARRAY_SIZE(__allowed) && __allowed[__i] != __ret)	\
		__i++;							\
	if (__i == ARRAY_SIZE(__allowed) && !actor->wrong) {		\
		actor->wrong = #ret;					\
		actor->error = __ret;					\
	}								\
} while (0)

static uint64_t stamp_of(uintptr_t page, unsigned int word)
{
	return page ^ (0x111111111111ull * (1 + word)) << 16;
}

static unsigned int own_word(const struct actor *actor, unsigned int which)
{
	return actor->number * WORDS_EACH + which;
}

/* Choose a range of the region, mostly a short one. */
static void aim(struct actor *actor)
{
	unsigned int first = random_below(&actor->rng, PAGES);
	unsigned int most = PAGES - first;

	if (most > 4 && random_below(&actor->rng, 2))
		most = 4;
	actor->at = BASE + first * PAGE;
	actor->size = (1 + random_below(&actor->rng, most)) * PAGE;
}

/*
 * The calls
 */

static void commit_elsewhere(struct actor *actor)
{
	uintptr_t place = ELSEWHERE + actor->number * MIB;

	MUST(raw_both(fd, place, SIZE, HOSTMEM_READWRITE) == place);
	MUST(!nonzero((void *)place, SIZE));
	stamp((void *)place, SIZE, SECRET);
	MUST_BE(raw_free(fd, place, 0, HOSTMEM_RELEASE));
}

static void commit(struct actor *actor)
{
	uintptr_t out;

	MUST_BE(raw_alloc(fd, actor->at, actor->size, HOSTMEM_COMMIT, actor->arg, &out),
		-EADDRNOTAVAIL);
}

static void decommit(struct actor *actor)
{
	MUST_BE(raw_free(fd, actor->at, actor->size, HOSTMEM_DECOMMIT), -ENOENT);
}

static void protect(struct actor *actor)
{
	MUST_BE(raw_protect(fd, actor->at, actor->size, actor->arg), -EADDRNOTAVAIL);
}

static void reset(struct actor *actor)
{
	uintptr_t out;

	MUST_BE(raw_alloc(fd, actor->at, actor->size, actor->arg, HOSTMEM_READWRITE, &out),
		-EADDRNOTAVAIL);
}

static void watch(struct actor *actor)
{
	uint64_t found[PAGES];

	MUST_BE(raw_watch(fd, actor->at, actor->size, actor->arg, found,
			  &(uint64_t){ PAGES }), -EINVAL);
}

static void look(struct actor *actor)
{
	struct hostmem_memory_info info;

	MUST_BE(raw_query(fd, actor->at, &info));
	MUST(info.base == actor->at);
	MUST(info.state == HOSTMEM_FREE || info.region_size <= BASE + SIZE - actor->at);
}

static void touch_read(struct actor *actor)
{
	volatile uint64_t *words = (volatile uint64_t *)actor->at + FIRST_WORD;
	unsigned int word;
	uint64_t value;

	for (word = 0; word < WORDS; word++) {
		value = 0;
		PROBE(value = words[word]);
		MUST(!value || value == stamp_of(actor->at, word));
	}
}

static void touch_write(struct actor *actor)
{
	volatile uint64_t *words = (volatile uint64_t *)actor->at + FIRST_WORD;
	unsigned int word = own_word(actor, WORD_WRITE);

	PROBE(words[word] = stamp_of(actor->at, word));
}

static void read_into(struct actor *actor)
{
	uint64_t *words = (uint64_t *)actor->at + FIRST_WORD;
	unsigned int word = own_word(actor, WORD_READ);
	size_t page = (actor->at - BASE) / PAGE;
	ssize_t got = pread(file, words + word, 8, (page * WORDS + word) * 8);

	MUST(got == 8 || (got == -1 && errno == EFAULT));
}

/* As a debugger would, whatever the protection. */
static void poke(struct actor *actor)
{
	static __thread int mem = -1;
	unsigned int word = own_word(actor, WORD_WRITE);
	uint64_t value = stamp_of(actor->at, word);
	ssize_t got;

	if (mem < 0)
		mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	got = pwrite(mem, &value, 8, actor->at + (FIRST_WORD + word) * 8);
	MUST(got == 8 || (got == -1 && errno == EIO));
}

static void reserve_again(struct actor *actor)
{
	uintptr_t out;

	MUST_BE(raw_alloc(fd, BASE, SIZE, HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH |
			  HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out),
		-EADDRNOTAVAIL);
}

static void release(struct actor *actor)
{
	MUST_BE(raw_free(fd, BASE, 0, HOSTMEM_RELEASE), -ENOENT);
	reserve_again(actor);
}

static void unmap(struct actor *actor)
{
	MUST(!munmap((void *)BASE, SIZE));
	reserve_again(actor);
}

static void fork_and_exit(struct actor *actor)
{
	pid_t child;

	/* A process costs as much as all else. */
	if (random_below(&actor->rng, 4))
		return;
	child = fork();
	if (!child)
		_exit(try_read((void *)BASE).signo != SIGSEGV);
	MUST(child > 0 && status_of(child) == 0);
}

#define GUARD	(HOSTMEM_READWRITE | HOSTMEM_GUARD)

static const struct {
	const char *name;
	void (*act)(struct actor *actor);
	uint32_t arg;
} calls[] = {
	{ "commit elsewhere",	commit_elsewhere },
	{ "commit",		commit,		HOSTMEM_READWRITE },
	{ "commit guard",	commit,		GUARD },
	{ "decommit",		decommit },
	{ "protect write",	protect,	HOSTMEM_READWRITE },
	{ "protect read",	protect,	HOSTMEM_READONLY },
	{ "protect none",	protect,	HOSTMEM_NOACCESS },
	{ "protect guard",	protect,	GUARD },
	{ "reset",		reset,		HOSTMEM_RESET },
	{ "reset undo",		reset,		HOSTMEM_RESET_UNDO },
	{ "watch",		watch,		0 },
	{ "watch reset",	watch,		HOSTMEM_WATCH_RESET },
	{ "query",		look },
	{ "read",		touch_read },
	{ "write",		touch_write },
	{ "read(2)",		read_into },
	{ "debugger",		poke },
	{ "release",		release },
	{ "munmap",		unmap },
	{ "fork",		fork_and_exit },
};

static struct actor actors[2];

static void *act(void *arg)
{
	unsigned int i, nr = times(ROUNDS);
	struct actor *actor = arg;

	for (;;) {
		pthread_barrier_wait(&start);
		if (!actor->act)
			return NULL;
		for (i = 0; i < nr; i++) {
			aim(actor);
			actor->act(actor);
		}
		pthread_barrier_wait(&start);
	}
}

/*
 * A process that leaves its secret in as much freed memory as it can, and looks
 * for writes that come from nowhere: the others' to pages they have no more.
 */
static void leave_secrets(volatile bool *wrong)
{
	int own = open_device();
	uintptr_t base;
	uint64_t *at;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		base = raw_both(own, 0, SIZE, HOSTMEM_READWRITE);
		if (!base || nonzero((void *)base, SIZE))
			*wrong = true;
		for (at = (uint64_t *)base; at < (uint64_t *)(base + SIZE); at++)
			*at = SECRET;
		sched_yield();
		for (at = (uint64_t *)base; at < (uint64_t *)(base + SIZE); at++)
			if (*at != SECRET)
				*wrong = true;
		raw_free(own, base, 0, HOSTMEM_RELEASE);
	}
}

/* What is in the region, once all of it can be read; NULL if that is right. */
static const char *contents_wrong(void)
{
	unsigned int i, word;
	uint64_t *words;
	uintptr_t out;

	if (raw_alloc(fd, BASE, SIZE, HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out))
		return "commit of all";
	for (i = 0; i < PAGES; i++) {
		words = (uint64_t *)(BASE + i * PAGE);
		if (nonzero(words, FIRST_WORD * 8))
			return "what nobody writes";
		words += FIRST_WORD;
		for (word = 0; word < WORDS; word++)
			if (words[word] &&
			    words[word] != stamp_of(BASE + i * PAGE, word))
				return "a thread's word";
		if (nonzero(words + WORDS, PAGE - 8 * (FIRST_WORD + WORDS)))
			return "what nobody writes";
	}
	return NULL;
}

FIXTURE(pairs)
{
	pid_t neighbour;
	volatile bool *wrong;
	__u64 total;
};

FIXTURE_SETUP(pairs)
{
	unsigned int i, word;
	uint64_t value;

	fd = open_device();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pthread_barrier_init(&start, NULL, 3));
	self->total = hostmem_status(fd).out_total_committed_bytes;
	self->wrong = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->wrong);
	file = memfd_create("hostile", MFD_CLOEXEC);
	for (i = 0; i < PAGES; i++)
		for (word = 0; word < WORDS; word++) {
			value = stamp_of(BASE + i * PAGE, word);
			ASSERT_EQ(8, write(file, &value, 8));
		}
	self->neighbour = fork();
	ASSERT_LE(0, self->neighbour);
	if (!self->neighbour)
		leave_secrets(self->wrong);
}

FIXTURE_TEARDOWN(pairs)
{
	EXPECT_EQ(0, raw_free(fd, BASE, 0, HOSTMEM_RELEASE));
	EXPECT_EQ(0, hostmem_status(fd).out_regions);
	EXPECT_EQ(0, hostmem_status(fd).out_committed_bytes);
	EXPECT_EQ(0, kill(self->neighbour, SIGKILL));
	EXPECT_EQ(SIGKILL, status_of(self->neighbour));
	EXPECT_FALSE(*self->wrong);
	EXPECT_EQ(self->total, hostmem_status(fd).out_total_committed_bytes);
}

TEST_F(pairs, of_all_calls_leave_a_sound_region)
{
	pthread_t threads[2];
	struct actor *actor;
	const char *wrong;
	uintptr_t out;
	size_t i, j;

	ASSERT_EQ(0, raw_alloc(fd, BASE, SIZE, HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH |
			       HOSTMEM_COMMIT, HOSTMEM_READWRITE, &out));
	for (i = 0; i < 2; i++) {
		actors[i].number = i;
		actors[i].rng = 20071104 + i;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, act, &actors[i]));
	}
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		for (j = 0; j < ARRAY_SIZE(calls); j++) {
			actors[0].act = calls[i].act;
			actors[0].arg = calls[i].arg;
			actors[1].act = calls[j].act;
			actors[1].arg = calls[j].arg;
			pthread_barrier_wait(&start);
			pthread_barrier_wait(&start);

			for (actor = actors; actor < actors + 2; actor++) {
				EXPECT_EQ(NULL, actor->wrong)
					TH_LOG("%s beside %s, thread %u: %s: %s",
					       calls[i].name, calls[j].name,
					       actor->number, actor->wrong,
					       strerror(-actor->error));
				actor->wrong = NULL;
			}
			wrong = accounts_wrong(fd, BASE, SIZE) ?: contents_wrong();
			ASSERT_EQ(NULL, wrong)
				TH_LOG("%s beside %s: %s", calls[i].name,
				       calls[j].name, wrong);
		}
	actors[0].act = NULL;
	actors[1].act = NULL;
	pthread_barrier_wait(&start);
	EXPECT_EQ(0, pthread_join(threads[0], NULL));
	EXPECT_EQ(0, pthread_join(threads[1], NULL));
}

TEST_HARNESS_MAIN
