// SPDX-License-Identifier: GPL-2.0
/*
 * Description: memory that is prepared ahead: when there is some, who gets it, that it is
 * zero and nobody else's, and what comes back (rules C5, C16, F1).
 */
#include "pool.h"

#define WANTED		(8 * MIB)

FIXTURE(pool)
{
	int fd;
	uintptr_t region;	/* with room for four times what's wanted */
	uintptr_t base;		/* of its first whole block */
};

/* An ordinary one, whatever others are by default. */
static bool make_region(uintptr_t *region, uintptr_t *base, int fd)
{
	*region = reserve_region(fd, 4 * WANTED + BLOCK, 0);
	*base = (*region + BLOCK - 1) & -BLOCK;
	return *region;
}

FIXTURE_SETUP(pool)
{
	SET_PARAMETERS(PLENTY_MB, 0);
	ASSERT_TRUE(set_number("pool_limit_mb", 64));
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(make_region(&self->region, &self->base, self->fd));
}

FIXTURE_TEARDOWN(pool)
{
}

TEST_F(pool, is_empty_until_somebody_asks)
{
	EXPECT_EQ(0, prepared(self->fd));
	EXPECT_EQ(0, raw_prepare(self->fd, 0));
	EXPECT_EQ(0, raw_prepare(self->fd, BLOCK - 1));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, WANTED, PROCESS, AT_ONCE));
	EXPECT_EQ(0, prepared(self->fd));
}

TEST_F(pool, has_what_was_asked_for_in_the_end)
{
	struct hostmem_status before = hostmem_status(self->fd);
	unsigned int i;

	ASSERT_EQ(0, raw_prepare(self->fd, WANTED + BLOCK - 1));
	EXPECT_TRUE(until_prepared(self->fd, WANTED));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(WANTED, prepared(self->fd));
	}
	EXPECT_TRUE(prepare(self->fd, 2 * WANTED));
	EXPECT_EQ(0, raw_prepare(self->fd, BLOCK));
	EXPECT_EQ(BLOCK, prepared(self->fd));
	/* It is charged to no limit, and nothing is committed. */
	EXPECT_SAME_STATUS(before, self->fd);
	EXPECT_EQ(0, raw_prepare(self->fd, 0));
	EXPECT_EQ(0, prepared(self->fd));
}

/* One wrong member at a time; and what there is stays. */
TEST_F(pool, bad_arguments)
{
	struct {
		struct hostmem_prepare arg;
		uint64_t tail;
	} call = { .arg = { .size = sizeof(call.arg), .bytes = 0 } };
	__u32 id = hostmem_status(self->fd).out_id;

	ASSERT_TRUE(prepare(self->fd, WANTED));
	call.arg.id = id + 1;
	EXPECT_EQ(-EBADF, raw_call(self->fd, HOSTMEM_IOC_PREPARE, &call));
	call.arg.id = id;
	call.arg.size = sizeof(call.arg) - 1;
	EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_PREPARE, &call));
	call.arg.size = sizeof(call);
	call.tail = 1;
	EXPECT_EQ(-E2BIG, raw_call(self->fd, HOSTMEM_IOC_PREPARE, &call));
	EXPECT_EQ(-EFAULT, raw_call(self->fd, HOSTMEM_IOC_PREPARE, NULL));
	EXPECT_EQ(WANTED, prepared(self->fd));
	call.tail = 0;
	EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_PREPARE, &call));
	EXPECT_EQ(0, prepared(self->fd));
}

TEST_F(pool, ends_with_a_shutdown)
{
	int other = open_device();

	ASSERT_TRUE(prepare(self->fd, 64 * MIB));
	ASSERT_EQ(0, raw_prepare(other, BLOCK));
	ASSERT_EQ(0, raw_shutdown(self->fd));
	EXPECT_EQ(-ESHUTDOWN, raw_prepare(self->fd, BLOCK));
	/* What it had all of is there for others. */
	EXPECT_TRUE(prepare(other, 64 * MIB));
	close(other);
}

/* Of whole blocks it's the memory; everything else goes without. */
TEST_F(pool, is_not_for_everything)
{
	uintptr_t pinnable = reserve_region(self->fd, WANTED + BLOCK,
					    HOSTMEM_ALLOC_PINNABLE);

	ASSERT_NE(0, pinnable);
	pinnable = (pinnable + BLOCK - 1) & -BLOCK;
	ASSERT_TRUE(prepare(self->fd, WANTED));
	EXPECT_EQ(0, raw_commit(self->fd, pinnable, WANTED, PROCESS, AT_ONCE));
	EXPECT_EQ(WANTED, prepared(self->fd));
	EXPECT_EQ(0, raw_commit(self->fd, self->base + PAGE, 2 * (BLOCK - PAGE), PROCESS,
				AT_ONCE));
	EXPECT_EQ(0, raw_commit(self->fd, self->base, PAGE, PROCESS, AT_ONCE));
	EXPECT_EQ(WANTED, prepared(self->fd));
}

/* Nothing that isn't ready is left when nothing is wanted any more: so these are in use. */
TEST_F(pool, is_what_whole_blocks_are_committed_from)
{
	unsigned int round;

	for (round = 0; round < 5; round++) {
		ASSERT_TRUE(prepare(self->fd, WANTED));
		EXPECT_EQ(WANTED / BLOCK, module_areas());
		ASSERT_EQ(0, raw_commit(self->fd, self->base, WANTED, PROCESS, AT_ONCE));
		EXPECT_EQ(WANTED, committed(self->fd));
		EXPECT_LE(WANTED, total_committed(self->fd));
		ASSERT_EQ(0, raw_prepare(self->fd, 0));
		EXPECT_EQ(WANTED / BLOCK, module_areas());
		/* And now nothing wants them back. */
		ASSERT_EQ(0, raw_decommit(self->fd, self->base, WANTED));
		EXPECT_EQ(0, committed(self->fd));
		EXPECT_EQ(0, module_areas());
	}
}

/* What a commit has, has never been left so by another one (rule C5). */
TEST_F(pool, comes_back_as_zeroes)
{
	unsigned int round;

	for (round = 0; round < 40; round++) {
		ASSERT_TRUE(prepare(self->fd, WANTED));
		ASSERT_EQ(0, raw_commit(self->fd, self->base, WANTED, PROCESS, AT_ONCE));
		ASSERT_EQ(NULL, not_zero(self->base, WANTED));
		memset((void *)self->base, 0xa5, WANTED);
		if (round % 2) {
			ASSERT_EQ(0, raw_decommit(self->fd, self->base, WANTED));
			continue;
		}
		ASSERT_EQ(0, raw_release(self->fd, self->region));
		ASSERT_TRUE(make_region(&self->region, &self->base, self->fd));
	}
}

/* Two commits have never the same memory, and what one has written stays. */
TEST_F(pool, belongs_to_one)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		ASSERT_TRUE(prepare(self->fd, WANTED));
		ASSERT_EQ(0, raw_commit(self->fd, self->base + i * WANTED, WANTED, PROCESS,
					AT_ONCE));
		stamp((void *)(self->base + i * WANTED), WANTED, i);
	}
	ASSERT_EQ(0, raw_prepare(self->fd, 0));
	EXPECT_EQ(4 * WANTED / BLOCK, module_areas());
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(NULL, unstamped((void *)(self->base + i * WANTED), WANTED, i));
	}
}

/* A piece that isn't whole is no piece any more. */
static bool leaves_no_area(int fd)
{
	return !raw_prepare(fd, 0) && !module_areas() && prepare(fd, WANTED);
}

/* What goes alone is zero when it comes again, and the rest is as it was. */
TEST_F(pool, parts_of_it_go_alone)
{
	uint64_t rng = 271828;
	unsigned int round;
	uintptr_t part;
	size_t length;

	ASSERT_TRUE(prepare(self->fd, WANTED));
	for (round = 0; round < 60; round++) {
		ASSERT_EQ(0, raw_commit(self->fd, self->base, BLOCK, PROCESS, AT_ONCE));
		ASSERT_EQ(NULL, not_zero(self->base, BLOCK));
		stamp((void *)self->base, BLOCK, round);
		part = self->base + random_below(&rng, BLOCK / PAGE) * PAGE;
		length = PAGE + random_below(&rng, (self->base + BLOCK - part) / PAGE) * PAGE;
		ASSERT_EQ(0, raw_decommit(self->fd, part, length));
		ASSERT_TRUE(round % 10 || leaves_no_area(self->fd));
		ASSERT_EQ(NULL, unstamped((void *)self->base, part - self->base, round));
		ASSERT_EQ(NULL, unstamped((void *)(part + length),
					  self->base + BLOCK - part - length, round));
		if (round % 3) {
			ASSERT_EQ(0, raw_commit(self->fd, part, length, PROCESS, AT_ONCE));
			ASSERT_EQ(NULL, not_zero(part, length));
		}
		ASSERT_EQ(0, raw_decommit(self->fd, self->base, BLOCK));
	}
}

/* Of several files, and while they change. */
TEST_F(pool, is_never_more_than_the_limit)
{
	int other = open_device();
	unsigned int i;

	ASSERT_LE(0, other);
	ASSERT_TRUE(set_number("pool_limit_mb", 8));
	ASSERT_EQ(0, raw_prepare(self->fd, 6 * MIB));
	ASSERT_EQ(0, raw_prepare(other, UINT64_MAX));
	for (i = 0; i < MOST_YIELDS && prepared(self->fd) + prepared(other) < 8 * MIB; i++)
		sched_yield();
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(8 * MIB, prepared(self->fd) + prepared(other));
		sched_yield();
	}
	ASSERT_TRUE(set_number("pool_limit_mb", 5));
	EXPECT_EQ(4 * MIB, prepared(self->fd) + prepared(other));
	ASSERT_TRUE(set_number("pool_limit_mb", 0));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, prepared(self->fd) + prepared(other));
		sched_yield();
	}
	/* What one gives up the other one gets. */
	ASSERT_TRUE(set_number("pool_limit_mb", 8));
	ASSERT_EQ(0, raw_prepare(self->fd, 0));
	EXPECT_TRUE(until_prepared(other, 8 * MIB));
	close(other);
	EXPECT_TRUE(prepare(self->fd, 8 * MIB));
}

static int prepare_as_child(void *arg)
{
	int fd = *(int *)arg;

	return raw_prepare(fd, BLOCK) == -EXDEV ? 0 : 1;
}

TEST_F(pool, is_not_a_childs)
{
	ASSERT_TRUE(prepare(self->fd, WANTED));
	EXPECT_EQ(0, status_of(start_child(prepare_as_child, &self->fd)));
	EXPECT_EQ(WANTED, prepared(self->fd));
}

/* Its child, which has inherited the file, goes on until the pipe is closed. */
static int prepare_and_end(void *arg)
{
	const int *pipe = arg;
	int fd = open_device();
	char byte;

	if (!prepare(fd, 8 * MIB))
		return 1;
	if (!fork()) {
		close(pipe[1]);
		_exit(read(pipe[0], &byte, 1));
	}
	return 0;
}

TEST_F(pool, ends_with_its_process)
{
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	ASSERT_TRUE(set_number("pool_limit_mb", 8));
	ASSERT_EQ(0, status_of(start_child(prepare_and_end, ends)));
	EXPECT_TRUE(prepare(self->fd, 8 * MIB));
	close(ends[0]);
	close(ends[1]);
}

/* The library's part; its host test has the rest. */
TEST(managers_have_it_if_told_so)
{
	HOSTMEM_STATUS status = { .cbSize = sizeof(status) };
	IHostMemoryManager *manager;
	unsigned int i;
	void *mem;

	ASSERT_EQ(S_OK, CreateHostMemoryManager(NULL, &manager));
	ASSERT_EQ(S_OK, HostMemoryManagerPrepare(manager, WANTED));
	for (i = 0; i < MOST_YIELDS && status.cbPrepared != WANTED; i++) {
		sched_yield();
		ASSERT_EQ(S_OK, HostMemoryManagerStatus(manager, &status));
	}
	EXPECT_EQ(WANTED, status.cbPrepared);
	EXPECT_EQ(0, status.cbCommitted);
	ASSERT_EQ(S_OK, IHostMemoryManager_VirtualAlloc(manager, NULL, WANTED,
							MEM_RESERVE | MEM_COMMIT,
							PAGE_READWRITE, eTaskCritical,
							&mem));
	EXPECT_EQ(NULL, not_zero((uintptr_t)mem, WANTED));
	EXPECT_EQ(0, IHostMemoryManager_Release(manager));
	EXPECT_EQ(0, module_areas());
}

TEST_HARNESS_MAIN
