/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers of the ioctls share: a good structure for each call, a target
 * for it to be about, and a look at what a call that may be wrong has done.
 *
 * Included by hostile_ioctl.c and hostile_struct.c.  Lowers the module's commit
 * limit, so it needs root, and puts it back.
 */
#ifndef HOSTILE_CALL_H
#define HOSTILE_CALL_H

#include "hostile.h"

#define LIMIT_PARAMETER	"/sys/module/hostmem/parameters/commit_limit_mb"

static char limit_before[32];

/* Sizes at random are not to fill the machine. */
static void __attribute__((constructor)) lower_limit(void)
{
	int fd = open(LIMIT_PARAMETER, O_RDONLY);

	if (fd >= 0 && read(fd, limit_before, 31) <= 0)
		limit_before[0] = 0;
	close(fd);
	write_file(LIMIT_PARAMETER, "24");
}

static void __attribute__((destructor)) restore_limit(void)
{
	write_file(LIMIT_PARAMETER, limit_before);
}

union argument {
	__u32 size;
	struct hostmem_alloc alloc;
	struct hostmem_free free;
	struct hostmem_query query;
	struct hostmem_status status;
	struct hostmem_protect protect;
	struct hostmem_watch watch;
	struct hostmem_limit limit;
	struct hostmem_shutdown shutdown;
	struct hostmem_load load;
	struct hostmem_prepare prepare;
	__u64 words[7];
};

/* Far from the specimen in every bit that could be flipped, one or two at once. */
#define TARGET		((uintptr_t)0x2cb3650000)
#define TARGET_SIZE	GRANULE
/* What the kernel writes lies in the middle of nothing. */
#define SCRATCH		((uintptr_t)0x13534aac0000)
/* The region of a file that a call limits or ends. */
#define SINGLE		(TARGET + 16 * GRANULE)

FIXTURE(fuzz)
{
	int fd;			/* the specimen's, and the target's */
	char *arg;		/* three pages, of which the last can't be read */
	uint64_t rng;
	struct hostmem_status before;
};

FIXTURE_VARIANT(fuzz)
{
	unsigned int request;
	__u32 size;
};

#define VARIANT(name, number)						\
FIXTURE_VARIANT_ADD(fuzz, name)						\
{									\
	.request = number,						\
	.size = sizeof(struct hostmem_##name),				\
}

VARIANT(alloc, HOSTMEM_IOC_ALLOC);
VARIANT(free, HOSTMEM_IOC_FREE);
VARIANT(query, HOSTMEM_IOC_QUERY);
VARIANT(status, HOSTMEM_IOC_STATUS);
VARIANT(protect, HOSTMEM_IOC_PROTECT);
VARIANT(watch, HOSTMEM_IOC_WATCH);
VARIANT(limit, HOSTMEM_IOC_LIMIT);
VARIANT(shutdown, HOSTMEM_IOC_SHUTDOWN);
VARIANT(load, HOSTMEM_IOC_LOAD);
VARIANT(prepare, HOSTMEM_IOC_PREPARE);

/* The target: half of it committed, in a region with a write watch. */
HELPER bool make_target(int fd)
{
	uintptr_t out;

	if (raw_alloc(fd, TARGET, TARGET_SIZE,
		      HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, HOSTMEM_READWRITE,
		      &out) ||
	    raw_alloc(fd, TARGET, TARGET_SIZE / 2, HOSTMEM_COMMIT,
		      HOSTMEM_READWRITE, &out))
		return false;
	stamp((void *)TARGET, TARGET_SIZE / 2, SEED);
	return true;
}

/* A good structure, which succeeds. */
HELPER void fill(union argument *arg, unsigned int request)
{
	memset(arg, 0, sizeof(*arg));
	switch (request) {
	case HOSTMEM_IOC_ALLOC:
		arg->alloc.type = HOSTMEM_COMMIT;
		arg->alloc.protect = HOSTMEM_READWRITE;
		arg->alloc.addr = TARGET + PAGE;
		arg->alloc.length = 3 * PAGE;
		arg->size = sizeof(arg->alloc);
		break;
	case HOSTMEM_IOC_FREE:
		arg->free.type = HOSTMEM_DECOMMIT;
		arg->free.addr = TARGET + PAGE;
		arg->free.length = 3 * PAGE;
		arg->size = sizeof(arg->free);
		break;
	case HOSTMEM_IOC_QUERY:
		arg->query.addr = TARGET + PAGE;
		arg->query.buffer = SCRATCH;
		arg->size = sizeof(arg->query);
		break;
	case HOSTMEM_IOC_STATUS:
		arg->size = sizeof(arg->status);
		break;
	case HOSTMEM_IOC_PROTECT:
		arg->protect.protect = HOSTMEM_READONLY;
		arg->protect.addr = TARGET + PAGE;
		arg->protect.length = 3 * PAGE;
		arg->protect.old = SCRATCH;
		arg->size = sizeof(arg->protect);
		break;
	case HOSTMEM_IOC_WATCH:
		arg->watch.flags = HOSTMEM_WATCH_RESET;
		arg->watch.addr = TARGET + PAGE;
		arg->watch.length = 3 * PAGE;
		arg->watch.pages = SCRATCH;
		arg->watch.count = 3;
		arg->size = sizeof(arg->watch);
		break;
	case HOSTMEM_IOC_LIMIT:
		arg->limit.bytes = TARGET_SIZE;
		arg->size = sizeof(arg->limit);
		break;
	case HOSTMEM_IOC_SHUTDOWN:
		arg->size = sizeof(arg->shutdown);
		break;
	case HOSTMEM_IOC_LOAD:
		arg->size = sizeof(arg->load);
		break;
	case HOSTMEM_IOC_PREPARE:
		arg->prepare.bytes = 2 * BLOCK;
		arg->size = sizeof(arg->prepare);
		break;
	}
}

FIXTURE_SETUP(fuzz)
{
	self->fd = library_fd();
	ASSERT_LE(0, self->fd);
	self->arg = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->arg);
	ASSERT_EQ(0, munmap(self->arg + 2 * PAGE, PAGE));
	ASSERT_EQ((void *)SCRATCH, mmap((void *)SCRATCH, PAGE,
					PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS |
					MAP_FIXED_NOREPLACE, -1, 0));
	ASSERT_TRUE(specimen_make(SPECIMEN));
	ASSERT_TRUE(make_target(self->fd));
	self->rng = 161803398;
	self->before = hostmem_status(self->fd);
}

FIXTURE_TEARDOWN(fuzz)
{
	EXPECT_SAME_STATUS(self->before, self->fd);
	EXPECT_INTACT(SPECIMEN);
}

/* Is the target as make_target() left it? */
HELPER bool target_is_whole(int fd)
{
	struct hostmem_memory_info info;
	uint64_t written[TARGET_SIZE / PAGE];

	return !raw_query(fd, TARGET, &info) &&
	       info.region_size == TARGET_SIZE / 2 &&
	       info.state == HOSTMEM_COMMIT &&
	       info.protect == HOSTMEM_READWRITE &&
	       !raw_query(fd, TARGET + TARGET_SIZE / 2, &info) &&
	       info.region_size == TARGET_SIZE / 2 &&
	       info.state == HOSTMEM_RESERVE &&
	       !unstamped((void *)TARGET, TARGET_SIZE / 2, SEED) &&
	       !raw_watch(fd, TARGET, TARGET_SIZE, 0, written,
			  &(uint64_t){ ARRAY_SIZE(written) });
}

/* How many pages of the target count as written. */
HELPER unsigned int pages_written(int fd)
{
	uint64_t pages[TARGET_SIZE / PAGE];
	struct hostmem_watch arg = {
		.size = sizeof(arg),
		.addr = TARGET,
		.length = TARGET_SIZE,
		.pages = (uintptr_t)pages,
		.count = ARRAY_SIZE(pages),
	};

	return raw_call(fd, HOSTMEM_IOC_WATCH, &arg) ? ~0u : arg.out_count;
}

HELPER bool same_status(const struct hostmem_status *a,
			const struct hostmem_status *b)
{
	return a->out_regions == b->out_regions &&
	       a->out_reserved_bytes == b->out_reserved_bytes &&
	       a->out_committed_bytes == b->out_committed_bytes &&
	       a->out_total_committed_bytes == b->out_total_committed_bytes;
}

/* A file of its own for a call that limits or ends it, with a committed page. */
HELPER int open_single(void)
{
	int fd = open_device();

	if (raw_both(fd, SINGLE, PAGE, HOSTMEM_READWRITE) == SINGLE)
		stamp((void *)SINGLE, PAGE, SEED);
	return fd;
}

HELPER void close_single(int fd)
{
	struct hostmem_shutdown arg = { .size = sizeof(arg) };

	raw_call(fd, HOSTMEM_IOC_SHUTDOWN, &arg);
	close(fd);
}

static bool limits_or_ends(unsigned int request)
{
	return request == HOSTMEM_IOC_LIMIT || request == HOSTMEM_IOC_SHUTDOWN;
}

/* The call alone, of a file that others don't need. */
HELPER int call_alone(int fd, unsigned int request, void *arg)
{
	int ret, single;

	if (!limits_or_ends(request))
		return raw_call(fd, request, arg);
	single = open_device();
	ret = raw_call(single, request, arg);
	close(single);
	return ret;
}

/* What a call that limits or ends a file has made of it; NULL if that is right. */
static const char *single_wrong(int fd, unsigned int request, int ret,
				const union argument *arg)
{
	struct hostmem_status status;
	uint64_t limit = UINT64_MAX;

	/* What is more than there are addresses is no limit. */
	if (request == HOSTMEM_IOC_LIMIT && !ret && !(arg->limit.bytes >> 48))
		limit = arg->limit.bytes & -PAGE;
	if (request == HOSTMEM_IOC_SHUTDOWN && !ret) {
		if (raw_status(fd, &status) != -ESHUTDOWN)
			return "a file that goes on";
		return can_read((void *)SINGLE) ? "a region that is left" : NULL;
	}
	if (raw_status(fd, &status) || status.out_committed_bytes != PAGE ||
	    unstamped((void *)SINGLE, PAGE, SEED))
		return "a region that has changed";
	return status.out_own_limit_bytes == limit ? NULL : "another limit";
}

/* Make such a call: it must have done what it should, and nothing to @fd. */
static const char *call_single(int fd, unsigned int request,
			       union argument *arg,
			       const struct hostmem_status *before)
{
	int single = open_single();
	int ret = raw_call(single, request, arg);
	const char *wrong = single_wrong(single, request, ret, arg);
	struct hostmem_status now;

	close_single(single);
	now = hostmem_status(fd);
	if (!wrong && (!same_status(before, &now) || !target_is_whole(fd) ||
		       now.out_own_limit_bytes != UINT64_MAX))
		wrong = "another file that has changed";
	return wrong;
}

/* Is it a question, which changes nothing, or a call that changes nothing in a region? */
static bool asks(unsigned int request)
{
	return request == HOSTMEM_IOC_QUERY || request == HOSTMEM_IOC_STATUS ||
	       request == HOSTMEM_IOC_LOAD || request == HOSTMEM_IOC_PREPARE;
}

/*
 * Make one call with a structure that may be wrong.  What fails must have changed
 * nothing; what succeeds may have changed the target, which is made anew, or have
 * made a region, which goes.  NULL if all is right.  A call that limits or ends its
 * file is another file's.
 */
HELPER const char *call(int fd, unsigned int request, union argument *arg,
			const struct hostmem_status *before)
{
	bool alloc = request == HOSTMEM_IOC_ALLOC;
	struct hostmem_status now;
	int ret;

	if (limits_or_ends(request))
		return call_single(fd, request, arg, before);
	ret = raw_call(fd, request, arg);
	now = hostmem_status(fd);
	if (ret) {
		if (!same_status(before, &now))
			return "a failure that changed the accounts";
		if (!target_is_whole(fd) || pages_written(fd) != TARGET_SIZE / PAGE / 2)
			return "a failure that changed the target";
		return NULL;
	}
	if (now.out_regions > before->out_regions &&
	    (!alloc || raw_free(fd, arg->alloc.out_addr, 0, HOSTMEM_RELEASE)))
		return "a region of no one";
	if (asks(request))
		return same_status(before, &now) && target_is_whole(fd) ?
			NULL : "a question that changed something";
	if (now.out_regions != before->out_regions - 1 &&
	    raw_free(fd, TARGET, 0, HOSTMEM_RELEASE))
		return "a target that has gone";
	return make_target(fd) ? NULL : "a target that can't be made";
}

#define EXPECT_RIGHT_CALL(what, number) do {				\
	const char *__wrong = call(self->fd, variant->request,		\
				   (void *)self->arg, &self->before);	\
									\
	ASSERT_EQ(NULL, __wrong)					\
		TH_LOG("%s %lu: %s", what, (unsigned long)(number), __wrong); \
} while (0)

/* The specimen isn't among them, nor anything else that may be written. */
static const uint64_t interesting[] __attribute__((unused)) = {
	0, 1, 2, 7, 8, 0xfff, PAGE, PAGE + 1, GRANULE - 1, GRANULE, BLOCK,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
	0x8000000000000000, 0xffff800000000000, 0xffffffff81000000,
	0xfffffffffffff000, ~0ull, ~0ull - 7, TARGET, TARGET + 1, TARGET - 1,
	TARGET + PAGE, TARGET + TARGET_SIZE / 2, TARGET + TARGET_SIZE - 1,
	TARGET + TARGET_SIZE, -TARGET, TARGET_SIZE, TARGET_SIZE + 1, SCRATCH,
	SCRATCH + PAGE - 4, SCRATCH + PAGE, 0x7ffffffff000, 0x7fffffffefff,
	0x800000000000, HOSTMEM_RESERVE, HOSTMEM_COMMIT, HOSTMEM_RELEASE,
	HOSTMEM_DECOMMIT, HOSTMEM_RESERVE | HOSTMEM_COMMIT, HOSTMEM_RESET,
	HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH, HOSTMEM_RESET_UNDO,
	HOSTMEM_READWRITE | HOSTMEM_GUARD,
};

#endif /* HOSTILE_CALL_H */
