// SPDX-License-Identifier: GPL-2.0
/*
 * Description: single calls of <linux/hostmem.h> as raw ioctls: numbers, flags, reserved
 * members, one errno for each meaning, and what they fill; and the layout of all.
 */
#include "hostmem_test.h"

#include <termios.h>

#include "abi_layout.h"

FIXTURE(abi)
{
	int fd;
	uintptr_t base;
};

FIXTURE_SETUP(abi)
{
	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, raw_alloc(self->fd, 0, GRANULE, HOSTMEM_RESERVE,
			       HOSTMEM_READWRITE, &self->base));
}

FIXTURE_TEARDOWN(abi)
{
}

TEST_F(abi, unknown_numbers)
{
	unsigned char argument[256] = {};
	struct termios termios;
	unsigned int nr;

	*(__u32 *)argument = sizeof(argument);
	for (nr = 10; nr < 256; nr++) {
		EXPECT_EQ(-ENOTTY, raw_call(self->fd,
					    _IO(HOSTMEM_IOC_MAGIC, nr), argument));
	}
	EXPECT_EQ(-ENOTTY, raw_call(self->fd, TCGETS, &termios));
	EXPECT_EQ(-ENOTTY, raw_call(self->fd, 0, argument));
	EXPECT_EQ(-ENOTTY, raw_call(self->fd, ~0u, argument));
}

TEST_F(abi, each_file_has_a_number_of_its_own)
{
	__u32 ids[64];
	size_t i, j;
	int fd;

	ids[0] = hostmem_status(self->fd).out_id;
	for (i = 1; i < ARRAY_SIZE(ids); i++) {
		fd = open_device();
		ids[i] = hostmem_status(fd).out_id;
		/* Not even the number of one that is closed comes again. */
		if (i % 2)
			close(fd);
	}
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		EXPECT_NE(0, ids[i]);
		for (j = 0; j < i; j++)
			EXPECT_NE(ids[i], ids[j]);
	}
	EXPECT_EQ(ids[0], hostmem_status(self->fd).out_id);
}

TEST_F(abi, unknown_bits_of_an_allocation)
{
	/* What this version has, and what others may have. */
	const __u32 known = MEM_COMMIT | MEM_RESERVE | MEM_TOP_DOWN;
	const __u32 maybe = MEM_RESET | MEM_WRITE_WATCH | MEM_RESET_UNDO |
			    MEM_LARGE_PAGES;
	unsigned int bit, cases = 0;
	uintptr_t out;

	for (bit = 0; bit < 32; bit++) {
		if ((known | maybe) & 1u << bit)
			continue;
		cases++;
		EXPECT_EQ(-EINVAL, raw_alloc(self->fd, 0, PAGE,
					     HOSTMEM_RESERVE | 1u << bit,
					     HOSTMEM_READWRITE, &out));
		EXPECT_EQ(0, out);
		EXPECT_EQ(-EINVAL, raw_alloc(self->fd, self->base, PAGE,
					     HOSTMEM_COMMIT | 1u << bit,
					     HOSTMEM_READWRITE, &out));
		EXPECT_EQ(0, out);
	}
	EXPECT_EQ(25, cases);
	EXPECT_EQ(1, hostmem_status(self->fd).out_regions);
}

TEST_F(abi, unknown_bits_of_a_free)
{
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (1u << bit == HOSTMEM_DECOMMIT || 1u << bit == HOSTMEM_RELEASE)
			continue;
		EXPECT_EQ(-EINVAL, raw_free(self->fd, self->base, 0,
					    HOSTMEM_RELEASE | 1u << bit));
		EXPECT_EQ(-EINVAL, raw_free(self->fd, self->base, 0,
					    HOSTMEM_DECOMMIT | 1u << bit));
		EXPECT_EQ(-EINVAL, raw_free(self->fd, self->base, 0, 1u << bit));
	}
	EXPECT_EQ(1, hostmem_status(self->fd).out_regions);
}

TEST_F(abi, reserved_members_and_unknown_flags)
{
	struct hostmem_status status = { .size = sizeof(status) };
	struct hostmem_watch watch = {
		.size = sizeof(watch),
		.addr = self->base,
		.length = PAGE,
	};
	struct hostmem_memory_info info;
	struct hostmem_query query = {
		.size = sizeof(query),
		.addr = self->base,
		.buffer = (uintptr_t)&info,
	};
	struct hostmem_free free = {
		.size = sizeof(free),
		.type = HOSTMEM_RELEASE,
		.addr = self->base,
	};
	struct hostmem_protect protect = {
		.size = sizeof(protect),
		.protect = HOSTMEM_READONLY,
		.addr = self->base,
		.length = PAGE,
		.old = (uintptr_t)&info,
	};
	struct hostmem_alloc alloc = {
		.size = sizeof(alloc),
		.type = HOSTMEM_RESERVE,
		.protect = HOSTMEM_READWRITE,
		.length = PAGE,
	};
	struct hostmem_load load = { .size = sizeof(load) };
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		alloc.flags = 1u << bit;
		if (alloc.flags != HOSTMEM_ALLOC_PINNABLE) {
			EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_ALLOC, &alloc));
		}
		free.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_FREE, &free));
		query.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
		protect.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_PROTECT, &protect));
		load.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_LOAD, &load));
		status.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_STATUS, &status));
		watch.flags = 1u << bit | HOSTMEM_WATCH_RESET;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_WATCH, &watch));
		watch.flags = HOSTMEM_WATCH_RESET;
		watch.reserved = 1u << bit;
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_WATCH, &watch));
		watch.reserved = 0;
	}
	status.reserved = 0;
	EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_STATUS, &status));
	EXPECT_EQ(1, status.out_regions);
	EXPECT_EQ(UINT64_MAX, status.out_own_limit_bytes);
}

static int alloc_page(int fd, uintptr_t addr, __u32 type, __u32 flags, __u64 deadline)
{
	struct hostmem_alloc alloc = {
		.size = sizeof(alloc),
		.type = type,
		.protect = HOSTMEM_READWRITE,
		.flags = flags,
		.addr = addr,
		.length = PAGE,
		.deadline = deadline,
	};

	return raw_call(fd, HOSTMEM_IOC_ALLOC, &alloc);
}

/* What makes no region can't say what it shall be like. */
TEST_F(abi, flags_without_a_reservation)
{
	static const __u32 types[] = {
		HOSTMEM_COMMIT, HOSTMEM_RESET, HOSTMEM_RESET_UNDO,
	};
	uintptr_t committed;
	size_t i;

	ASSERT_EQ(0, raw_alloc(self->fd, self->base, PAGE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &committed));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ(-EINVAL, alloc_page(self->fd, self->base, types[i],
					      HOSTMEM_ALLOC_PINNABLE, 0))
			TH_LOG("type %#x", types[i]);
		EXPECT_EQ(0, alloc_page(self->fd, self->base, types[i], 0, 0))
			TH_LOG("type %#x", types[i]);
	}
}

TEST_F(abi, levels_that_are_none)
{
	struct hostmem_alloc alloc = {
		.size = sizeof(alloc),
		.type = HOSTMEM_COMMIT,
		.protect = HOSTMEM_READWRITE,
		.addr = self->base,
		.length = PAGE,
	};

	for (alloc.level = 3; alloc.level; alloc.level <<= 1) {
		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_ALLOC, &alloc));
	}
	EXPECT_EQ(0, hostmem_status(self->fd).out_committed_bytes);
}

/* What cannot wait has no use for a deadline, and doesn't mind. */
TEST_F(abi, deadlines_of_what_commits_nothing)
{
	static const __u32 types[] = {
		HOSTMEM_RESERVE, HOSTMEM_RESET, HOSTMEM_RESET_UNDO,
	};
	uintptr_t committed;
	size_t i;

	ASSERT_EQ(0, raw_alloc(self->fd, self->base, PAGE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &committed));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		uintptr_t addr = types[i] == HOSTMEM_RESERVE ? 0 : self->base;

		EXPECT_EQ(0, alloc_page(self->fd, addr, types[i], 0, 1))
			TH_LOG("type %#x", types[i]);
	}
}

TEST_F(abi, a_query_knows_its_own_regions)
{
	struct hostmem_memory_info info;
	struct hostmem_query query = {
		.size = sizeof(query),
		.out_own = ~0u,
		.addr = self->base,
		.buffer = (uintptr_t)&info,
	};

	EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
	EXPECT_EQ(1, query.out_own);
	query.addr = (uintptr_t)&info;
	EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
	EXPECT_EQ(0, query.out_own);
}

TEST_F(abi, one_errno_for_each_meaning)
{
	uintptr_t out;

	EXPECT_EQ(-EINVAL, raw_alloc(self->fd, self->base, 0, HOSTMEM_COMMIT,
				     HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, out);
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(self->fd, self->base, 1,
					    HOSTMEM_RESERVE, HOSTMEM_READWRITE,
					    &out));
	EXPECT_EQ(0, out);
	EXPECT_EQ(-EADDRNOTAVAIL, raw_alloc(self->fd, self->base, GRANULE + 1,
					    HOSTMEM_COMMIT, HOSTMEM_READWRITE,
					    &out));
	EXPECT_EQ(0, out);
	EXPECT_EQ(-ENOMEM, raw_alloc(self->fd, 0, TIB, HOSTMEM_COMMIT,
				     HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, out);
	EXPECT_EQ(-ENOSPC, raw_alloc(self->fd, 0, ((uintptr_t)1 << USER_BITS) - GIB,
				     HOSTMEM_RESERVE, HOSTMEM_READWRITE, &out));
	EXPECT_EQ(0, out);
	EXPECT_EQ(-ENOENT, raw_free(self->fd, self->base + GRANULE, 0,
				    HOSTMEM_RELEASE));
	EXPECT_EQ(-EADDRNOTAVAIL, raw_free(self->fd, self->base + PAGE, 0,
					   HOSTMEM_RELEASE));
	EXPECT_EQ(-EINVAL, raw_free(self->fd, self->base, GRANULE + 1,
				    HOSTMEM_DECOMMIT));
	EXPECT_EQ(0, raw_alloc(self->fd, self->base, 1, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &out));
	EXPECT_EQ(self->base, out);
}

TEST_F(abi, query_buffer_pointers)
{
	static const uintptr_t bad[] = {
		0, 8, (uintptr_t)1 << 63, 0xffff888000000000, ~(uintptr_t)0,
	};
	struct hostmem_query query = {
		.size = sizeof(query),
		.addr = self->base,
	};
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, mprotect(pages + PAGE, PAGE, PROT_READ));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		query.buffer = bad[i];
		EXPECT_EQ(-EFAULT, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
	}
	query.buffer = (uintptr_t)pages + PAGE;
	EXPECT_EQ(-EFAULT, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
	query.buffer = (uintptr_t)pages + PAGE - 1;
	EXPECT_EQ(-EFAULT, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
	query.buffer = (uintptr_t)pages + PAGE -
		       sizeof(struct hostmem_memory_info);
	EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
	query.buffer = self->base;
	EXPECT_EQ(-EFAULT, raw_call(self->fd, HOSTMEM_IOC_QUERY, &query));
}

TEST_F(abi, outputs_are_complete)
{
	struct hostmem_memory_info info;
	struct hostmem_status status;
	struct hostmem_load load;
	uintptr_t out;

	ASSERT_EQ(0, raw_query(self->fd, self->base + 1, &info));
	EXPECT_EQ(self->base, info.base);
	EXPECT_EQ(self->base, info.allocation_base);
	EXPECT_EQ(HOSTMEM_READWRITE, info.allocation_protect);
	EXPECT_EQ(0, info.reserved0);
	EXPECT_EQ(GRANULE, info.region_size);
	EXPECT_EQ(HOSTMEM_RESERVE, info.state);
	EXPECT_EQ(0, info.protect);
	EXPECT_EQ(HOSTMEM_PRIVATE, info.type);
	EXPECT_EQ(0, info.reserved1);

	ASSERT_EQ(0, raw_query(self->fd, self->base + GRANULE, &info));
	EXPECT_EQ(HOSTMEM_FREE, info.state);
	EXPECT_EQ(0, info.allocation_base);
	EXPECT_EQ(0, info.reserved0);
	EXPECT_EQ(0, info.reserved1);

	ASSERT_EQ(0, raw_query(self->fd, (uintptr_t)&info, &info));
	EXPECT_EQ(0, info.reserved0);
	EXPECT_EQ(0, info.reserved1);

	ASSERT_EQ(0, raw_alloc(self->fd, self->base, 3 * PAGE, HOSTMEM_COMMIT,
			       HOSTMEM_READWRITE, &out));
	ASSERT_EQ(0, raw_status(self->fd, &status));
	EXPECT_EQ(sizeof(status), status.size);
	EXPECT_EQ(0, status.reserved);
	EXPECT_EQ(1, status.out_regions);
	EXPECT_EQ(GRANULE, status.out_reserved_bytes);
	EXPECT_EQ(3 * PAGE, status.out_committed_bytes);
	EXPECT_LE(3 * PAGE, status.out_total_committed_bytes);
	EXPECT_LE(status.out_total_committed_bytes, status.out_commit_limit_bytes);
	EXPECT_NE(0xcccccccccccccccc, status.out_commit_limit_bytes);
	EXPECT_EQ(UINT64_MAX, status.out_own_limit_bytes);
	EXPECT_EQ(0, status.out_waiting);
	EXPECT_EQ(0, status.out_pinned_bytes);
	EXPECT_EQ(0, status.out_prepared_bytes);

	memset(&load, POISON_BYTE, sizeof(load));
	load.size = sizeof(load);
	load.id = 0;
	load.reserved = 0;
	ASSERT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_LOAD, &load));
	EXPECT_EQ(sizeof(load), load.size);
	EXPECT_LE(HOSTMEM_AVAILABLE_LOW, load.out_available);
	EXPECT_GE(HOSTMEM_AVAILABLE_HIGH, load.out_available);
	EXPECT_LE(load.out_available_bytes, load.out_total_bytes);
	EXPECT_LE(load.out_room_bytes, load.out_available_bytes);
}

TEST_F(abi, open_wants_read_and_write)
{
	EXPECT_EQ(-1, open(DEVICE, O_RDONLY));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, open(DEVICE, O_WRONLY));
	EXPECT_EQ(EACCES, errno);
}

TEST_F(abi, no_read_write_or_seek)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_HARNESS_MAIN
