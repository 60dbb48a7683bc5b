// SPDX-License-Identifier: GPL-2.0
/*
 * Description: the calls of <linux/hostmem.h> as raw ioctls: sizes, pointers,
 * reserved members and layout.
 */
#include "hostmem_test.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <termios.h>

/*
 * The layout, the same for 32-bit callers: every member is where these numbers
 * say, whatever the alignment of 64-bit integers is.
 */
#define AT(type, member, offset, bytes)					\
	_Static_assert(offsetof(struct type, member) == (offset) &&	\
		       sizeof(((struct type *)0)->member) == (bytes),	\
		       #type "." #member)
#define IS(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type)

AT(hostmem_alloc, size, 0, 4);
AT(hostmem_alloc, id, 4, 4);
AT(hostmem_alloc, type, 8, 4);
AT(hostmem_alloc, protect, 12, 4);
AT(hostmem_alloc, level, 16, 4);
AT(hostmem_alloc, flags, 20, 4);
AT(hostmem_alloc, addr, 24, 8);
AT(hostmem_alloc, length, 32, 8);
AT(hostmem_alloc, out_addr, 40, 8);
AT(hostmem_alloc, deadline, 48, 8);
IS(hostmem_alloc, 56);

AT(hostmem_free, size, 0, 4);
AT(hostmem_free, id, 4, 4);
AT(hostmem_free, type, 8, 4);
AT(hostmem_free, reserved, 12, 4);
AT(hostmem_free, addr, 16, 8);
AT(hostmem_free, length, 24, 8);
IS(hostmem_free, 32);

AT(hostmem_query, size, 0, 4);
AT(hostmem_query, id, 4, 4);
AT(hostmem_query, out_own, 8, 4);
AT(hostmem_query, reserved, 12, 4);
AT(hostmem_query, addr, 16, 8);
AT(hostmem_query, buffer, 24, 8);
IS(hostmem_query, 32);

AT(hostmem_memory_info, base, 0, 8);
AT(hostmem_memory_info, allocation_base, 8, 8);
AT(hostmem_memory_info, allocation_protect, 16, 4);
AT(hostmem_memory_info, reserved0, 20, 4);
AT(hostmem_memory_info, region_size, 24, 8);
AT(hostmem_memory_info, state, 32, 4);
AT(hostmem_memory_info, protect, 36, 4);
AT(hostmem_memory_info, type, 40, 4);
AT(hostmem_memory_info, reserved1, 44, 4);
IS(hostmem_memory_info, 48);

AT(hostmem_status, size, 0, 4);
AT(hostmem_status, id, 4, 4);
AT(hostmem_status, reserved, 8, 4);
AT(hostmem_status, out_id, 12, 4);
AT(hostmem_status, out_regions, 16, 8);
AT(hostmem_status, out_reserved_bytes, 24, 8);
AT(hostmem_status, out_committed_bytes, 32, 8);
AT(hostmem_status, out_total_committed_bytes, 40, 8);
AT(hostmem_status, out_commit_limit_bytes, 48, 8);
AT(hostmem_status, out_large_page_bytes, 56, 8);
AT(hostmem_status, out_own_limit_bytes, 64, 8);
AT(hostmem_status, out_waiting, 72, 8);
AT(hostmem_status, out_overhead_bytes, 80, 8);
AT(hostmem_status, out_pinned_bytes, 88, 8);
IS(hostmem_status, 96);

AT(hostmem_protect, size, 0, 4);
AT(hostmem_protect, id, 4, 4);
AT(hostmem_protect, protect, 8, 4);
AT(hostmem_protect, reserved, 12, 4);
AT(hostmem_protect, addr, 16, 8);
AT(hostmem_protect, length, 24, 8);
AT(hostmem_protect, old, 32, 8);
IS(hostmem_protect, 40);

AT(hostmem_watch, size, 0, 4);
AT(hostmem_watch, id, 4, 4);
AT(hostmem_watch, flags, 8, 4);
AT(hostmem_watch, reserved, 12, 4);
AT(hostmem_watch, addr, 16, 8);
AT(hostmem_watch, length, 24, 8);
AT(hostmem_watch, pages, 32, 8);
AT(hostmem_watch, count, 40, 8);
AT(hostmem_watch, out_count, 48, 8);
IS(hostmem_watch, 56);

AT(hostmem_limit, size, 0, 4);
AT(hostmem_limit, id, 4, 4);
AT(hostmem_limit, bytes, 8, 8);
IS(hostmem_limit, 16);

AT(hostmem_shutdown, size, 0, 4);
AT(hostmem_shutdown, id, 4, 4);
IS(hostmem_shutdown, 8);

AT(hostmem_load, size, 0, 4);
AT(hostmem_load, id, 4, 4);
AT(hostmem_load, reserved, 8, 4);
AT(hostmem_load, out_available, 12, 4);
AT(hostmem_load, out_total_bytes, 16, 8);
AT(hostmem_load, out_available_bytes, 24, 8);
AT(hostmem_load, out_room_bytes, 32, 8);
IS(hostmem_load, 40);

AT(hostmem_load_page, charged_bytes, 0, 8);
AT(hostmem_load_page, limit_bytes, 8, 8);
AT(hostmem_load_page, total_bytes, 16, 8);
AT(hostmem_load_page, uncommitted_bytes, 24, 8);
AT(hostmem_load_page, refreshed, 32, 8);
AT(hostmem_load_page, clock_offset, 40, 8);
AT(hostmem_load_page, id, 48, 4);
AT(hostmem_load_page, reserved, 52, 4);
IS(hostmem_load_page, 56);

/* What the query fills is what Windows' structure has in these places. */
#define SAME_PLACE(ours, theirs)					\
	_Static_assert(offsetof(struct hostmem_memory_info, ours) ==	\
		       offsetof(MEMORY_BASIC_INFORMATION, theirs), #ours)

SAME_PLACE(base, BaseAddress);
SAME_PLACE(allocation_base, AllocationBase);
SAME_PLACE(allocation_protect, AllocationProtect);
SAME_PLACE(region_size, RegionSize);
SAME_PLACE(state, State);
SAME_PLACE(protect, Protect);
SAME_PLACE(type, Type);
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) ==
	       sizeof(struct hostmem_memory_info), "MEMORY_BASIC_INFORMATION");

/* The numbers are for ever. */
_Static_assert(HOSTMEM_IOC_ALLOC == 0xd600, "HOSTMEM_IOC_ALLOC");
_Static_assert(HOSTMEM_IOC_FREE == 0xd601, "HOSTMEM_IOC_FREE");
_Static_assert(HOSTMEM_IOC_QUERY == 0xd602, "HOSTMEM_IOC_QUERY");
_Static_assert(HOSTMEM_IOC_STATUS == 0xd603, "HOSTMEM_IOC_STATUS");
_Static_assert(HOSTMEM_IOC_PROTECT == 0xd604, "HOSTMEM_IOC_PROTECT");
_Static_assert(HOSTMEM_IOC_WATCH == 0xd605, "HOSTMEM_IOC_WATCH");
_Static_assert(HOSTMEM_IOC_LIMIT == 0xd606, "HOSTMEM_IOC_LIMIT");
_Static_assert(HOSTMEM_IOC_SHUTDOWN == 0xd607, "HOSTMEM_IOC_SHUTDOWN");
_Static_assert(HOSTMEM_IOC_LOAD == 0xd608, "HOSTMEM_IOC_LOAD");
_Static_assert(HOSTMEM_LOAD_OFFSET == 0x1000000000000000, "HOSTMEM_LOAD_OFFSET");
_Static_assert(HOSTMEM_LOAD_PAGES == 2, "HOSTMEM_LOAD_PAGES");
_Static_assert(HOSTMEM_AVAILABLE_LOW == 1 && HOSTMEM_AVAILABLE_NEUTRAL == 2 &&
	       HOSTMEM_AVAILABLE_HIGH == 3, "Windows' EMemoryAvailable");

union argument {
	struct {
		__u32 size;
		__u32 id;
	};
	struct hostmem_alloc alloc;
	struct hostmem_free free;
	struct hostmem_limit limit;
	struct hostmem_load load;
	struct hostmem_protect protect;
	struct hostmem_query query;
	struct hostmem_shutdown shutdown;
	struct hostmem_status status;
	struct hostmem_watch watch;
};

/*
 * One row for each call: @fill makes a good argument, which succeeds any number
 * of times.
 */
FIXTURE(call)
{
	int fd;
	char *pages;		/* the second of the two is unmapped */
	union argument *arg;	/* at the beginning of the first */
	char *base;		/* a region */
	struct hostmem_memory_info info;
	__u32 id;		/* of the file */
};

FIXTURE_VARIANT(call)
{
	unsigned int request;
	__u32 size;
	bool writes;		/* into its structure */
	bool ends;		/* the file: what succeeds, does so but once */
};

FIXTURE_VARIANT_ADD(call, alloc)
{
	.request = HOSTMEM_IOC_ALLOC,
	.size = sizeof(struct hostmem_alloc),
	.writes = true,
};

FIXTURE_VARIANT_ADD(call, free)
{
	.request = HOSTMEM_IOC_FREE,
	.size = sizeof(struct hostmem_free),
};

FIXTURE_VARIANT_ADD(call, query)
{
	.request = HOSTMEM_IOC_QUERY,
	.size = sizeof(struct hostmem_query),
	.writes = true,
};

FIXTURE_VARIANT_ADD(call, protect)
{
	.request = HOSTMEM_IOC_PROTECT,
	.size = sizeof(struct hostmem_protect),
};

FIXTURE_VARIANT_ADD(call, watch)
{
	.request = HOSTMEM_IOC_WATCH,
	.size = sizeof(struct hostmem_watch),
	.writes = true,
};

FIXTURE_VARIANT_ADD(call, status)
{
	.request = HOSTMEM_IOC_STATUS,
	.size = sizeof(struct hostmem_status),
	.writes = true,
};

FIXTURE_VARIANT_ADD(call, limit)
{
	.request = HOSTMEM_IOC_LIMIT,
	.size = sizeof(struct hostmem_limit),
};

FIXTURE_VARIANT_ADD(call, load)
{
	.request = HOSTMEM_IOC_LOAD,
	.size = sizeof(struct hostmem_load),
	.writes = true,
};

FIXTURE_VARIANT_ADD(call, shutdown)
{
	.request = HOSTMEM_IOC_SHUTDOWN,
	.size = sizeof(struct hostmem_shutdown),
	.ends = true,
};

static void fill(union argument *arg, unsigned int request, char *base,
		 struct hostmem_memory_info *info)
{
	memset(arg, 0, sizeof(*arg));
	switch (request) {
	case HOSTMEM_IOC_ALLOC:
		arg->alloc = (struct hostmem_alloc) {
			.size = sizeof(arg->alloc),
			.type = HOSTMEM_COMMIT,
			.protect = HOSTMEM_READWRITE,
			.addr = (uintptr_t)base,
			.length = PAGE,
			.out_addr = (uintptr_t)POISON_POINTER,
		};
		break;
	case HOSTMEM_IOC_FREE:
		arg->free = (struct hostmem_free) {
			.size = sizeof(arg->free),
			.type = HOSTMEM_DECOMMIT,
			.addr = (uintptr_t)base,
			.length = PAGE,
		};
		break;
	case HOSTMEM_IOC_QUERY:
		arg->query = (struct hostmem_query) {
			.size = sizeof(arg->query),
			.addr = (uintptr_t)base,
			.buffer = (uintptr_t)info,
		};
		break;
	case HOSTMEM_IOC_PROTECT:
		arg->protect = (struct hostmem_protect) {
			.size = sizeof(arg->protect),
			.protect = HOSTMEM_READONLY,
			.addr = (uintptr_t)base + PAGE,
			.length = PAGE,
			.old = (uintptr_t)info,
		};
		break;
	case HOSTMEM_IOC_WATCH:
		arg->watch = (struct hostmem_watch) {
			.size = sizeof(arg->watch),
			.addr = (uintptr_t)base,
			.length = PAGE,
			.pages = (uintptr_t)info,
			.count = 1,
		};
		break;
	case HOSTMEM_IOC_LIMIT:
		arg->limit = (struct hostmem_limit) {
			.size = sizeof(arg->limit),
			.bytes = GIB,
		};
		break;
	case HOSTMEM_IOC_LOAD:
		memset(&arg->load, POISON_BYTE, sizeof(arg->load));
		arg->load.size = sizeof(arg->load);
		arg->load.id = 0;
		arg->load.reserved = 0;
		break;
	case HOSTMEM_IOC_STATUS:
		memset(&arg->status, POISON_BYTE, sizeof(arg->status));
		arg->status.size = sizeof(arg->status);
		arg->status.id = 0;
		arg->status.reserved = 0;
		break;
	case HOSTMEM_IOC_SHUTDOWN:
		arg->shutdown = (struct hostmem_shutdown) {
			.size = sizeof(arg->shutdown),
		};
		break;
	}
}

FIXTURE_SETUP(call)
{
	uintptr_t committed;

	self->fd = open_device();
	ASSERT_LE(0, self->fd);
	self->pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->pages);
	ASSERT_EQ(0, munmap(self->pages + PAGE, PAGE));
	self->arg = (union argument *)self->pages;
	ASSERT_EQ(0, raw_alloc(self->fd, 0, GRANULE,
			       HOSTMEM_RESERVE | HOSTMEM_WRITE_WATCH,
			       HOSTMEM_READWRITE, (uintptr_t *)&self->base));
	/* For the call that wants a committed page. */
	ASSERT_EQ(0, raw_alloc(self->fd, (uintptr_t)self->base + PAGE, PAGE,
			       HOSTMEM_COMMIT, HOSTMEM_READWRITE, &committed));
	self->id = hostmem_status(self->fd).out_id;
	fill(self->arg, variant->request, self->base, &self->info);
}

FIXTURE_TEARDOWN(call)
{
}

/* What ends a file is called for one of its own. */
static int fd_for_call(const FIXTURE_VARIANT(call) *variant, int fd)
{
	return variant->ends ? open_device() : fd;
}

static int call(const FIXTURE_VARIANT(call) *variant, int fd, void *arg)
{
	int its_fd = fd_for_call(variant, fd);
	int ret = raw_call(its_fd, variant->request, arg);

	if (its_fd != fd)
		close(its_fd);
	return ret;
}

#define CALL(ptr) call(variant, self->fd, ptr)

TEST_F(call, its_own_size)
{
	EXPECT_EQ(0, CALL(self->arg));
	EXPECT_EQ(variant->size, self->arg->size);
}

/* S7: a number that isn't this file's keeps the call from doing anything. */
TEST_F(call, of_another_file)
{
	int fd = fd_for_call(variant, self->fd);
	struct hostmem_status before = hostmem_status(fd);
	union argument copy = *self->arg;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		self->arg->id = before.out_id ^ 1u << bit;
		if (!self->arg->id)
			continue;
		copy.id = self->arg->id;
		EXPECT_EQ(-EBADF, raw_call(fd, variant->request, self->arg));
		EXPECT_EQ(0, memcmp(&copy, self->arg, variant->size));
	}
	EXPECT_SAME_STATUS(before, fd);

	self->arg->id = before.out_id;
	EXPECT_EQ(0, raw_call(fd, variant->request, self->arg));
	EXPECT_EQ(before.out_id, self->arg->id);
}

/* Whatever else is true of the file that has been hit by mistake. */
TEST_F(call, of_another_file_that_is_shut)
{
	struct hostmem_shutdown shutdown = { .size = sizeof(shutdown) };

	ASSERT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_SHUTDOWN, &shutdown));
	self->arg->id = self->id + 1;
	EXPECT_EQ(-EBADF, raw_call(self->fd, variant->request, self->arg));
	self->arg->id = self->id;
	EXPECT_EQ(-ESHUTDOWN, raw_call(self->fd, variant->request, self->arg));
}

TEST_F(call, of_another_file_that_is_the_parents)
{
	int status;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		self->arg->id = self->id + 1;
		if (raw_call(self->fd, variant->request, self->arg) != -EBADF)
			_exit(1);
		self->arg->id = self->id;
		_exit(raw_call(self->fd, variant->request, self->arg) != -EXDEV);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(call, too_short)
{
	__u32 size;

	for (size = 0; size < variant->size; size++) {
		self->arg->size = size;
		EXPECT_EQ(-EINVAL, CALL(self->arg))
			TH_LOG("size %u", size);
	}
}

TEST_F(call, longer_with_a_tail_of_zeroes)
{
	__u32 more;

	for (more = 1; more <= 64; more++) {
		self->arg->size = variant->size + more;
		memset((char *)self->arg + variant->size, 0, 64);
		EXPECT_EQ(0, CALL(self->arg))
			TH_LOG("size %u", self->arg->size);
	}
	self->arg->size = PAGE;
	EXPECT_EQ(0, CALL(self->arg));
}

TEST_F(call, longer_with_a_tail_that_is_not_zero)
{
	struct hostmem_status before = hostmem_status(self->fd);
	__u32 at;

	for (at = variant->size; at < variant->size + 64; at++) {
		self->arg->size = variant->size + 64;
		((char *)self->arg)[at] = 1;
		EXPECT_EQ(-E2BIG, CALL(self->arg))
			TH_LOG("dirty at %u", at);
		((char *)self->arg)[at] = 0;
	}
	EXPECT_SAME_STATUS(before, self->fd);
}

TEST_F(call, far_too_long)
{
	static const __u32 sizes[] = { PAGE + 1, 0x10000, 0x7fffffff, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->arg->size = sizes[i];
		EXPECT_EQ(-E2BIG, CALL(self->arg));
	}
}

TEST_F(call, at_the_end_of_mapped_memory)
{
	union argument *last;

	last = (union argument *)(self->pages + PAGE - variant->size);
	memmove(last, self->arg, variant->size);
	EXPECT_EQ(0, CALL(last));
	/* A tail that can't be read, and a structure that can't. */
	last->size = variant->size + 8;
	EXPECT_EQ(-EFAULT, CALL(last));
	last = (union argument *)(self->pages + PAGE - 4);
	last->size = variant->size;
	EXPECT_EQ(-EFAULT, CALL(last));
	EXPECT_EQ(-EFAULT, CALL(self->pages + PAGE - 2));
}

TEST_F(call, bad_pointer)
{
	static const uintptr_t pointers[] = {
		0, 8, (uintptr_t)1 << 63, 0xffff888000000000,
		0xffffffff81000000, ~(uintptr_t)0, ~(uintptr_t)0 - PAGE + 1,
	};
	struct hostmem_status before = hostmem_status(self->fd);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		EXPECT_EQ(-EFAULT, CALL((void *)pointers[i]))
			TH_LOG("pointer 0x%lx", pointers[i]);
	}
	EXPECT_EQ(-EFAULT, CALL(self->pages + PAGE));
	/* Reserved, so there is nothing to read. */
	EXPECT_EQ(-EFAULT, CALL(self->base));
	EXPECT_SAME_STATUS(before, self->fd);
}

TEST_F(call, read_only_structure)
{
	struct hostmem_status before = hostmem_status(self->fd);

	ASSERT_EQ(0, mprotect(self->pages, PAGE, PROT_READ));
	EXPECT_EQ(variant->writes ? -EFAULT : 0, CALL(self->arg));
	EXPECT_SAME_STATUS(before, self->fd);
}

TEST_F(call, misaligned_structure)
{
	union argument *odd = (union argument *)((char *)self->arg + 1001);

	memcpy(odd, self->arg, variant->size);
	EXPECT_EQ(0, CALL(odd));
}

TEST_F(call, other_direction_or_size_in_the_number)
{
	unsigned int nr = _IOC_NR(variant->request);

	EXPECT_EQ(-ENOTTY, raw_call(self->fd, _IOC(_IOC_READ, HOSTMEM_IOC_MAGIC,
						   nr, 0), self->arg));
	EXPECT_EQ(-ENOTTY, raw_call(self->fd, _IOC(_IOC_WRITE, HOSTMEM_IOC_MAGIC,
						   nr, 0), self->arg));
	EXPECT_EQ(-ENOTTY, raw_call(self->fd,
				    _IOC(_IOC_READ | _IOC_WRITE,
					 HOSTMEM_IOC_MAGIC, nr, variant->size),
				    self->arg));
	EXPECT_EQ(-ENOTTY, raw_call(self->fd, _IOC(_IOC_NONE, HOSTMEM_IOC_MAGIC,
						   nr, 4), self->arg));
	EXPECT_EQ(-ENOTTY, raw_call(self->fd, _IO(HOSTMEM_IOC_MAGIC ^ 1, nr),
				    self->arg));
}

/* The way in of a 32-bit program: number 54 of its system calls is ioctl. */
static long ioctl_32(int fd, unsigned int request, void *arg)
{
	long ret = 54;

	asm volatile("int $0x80"
		     : "+a" (ret)
		     : "b" ((long)fd), "c" ((long)request), "d" (arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* Can there be 32-bit programs?  Number 20 is getpid. */
static bool has_32_bit_calls(void)
{
	long ret = 20;
	struct fault fault;

	fault = PROBE(asm volatile("int $0x80" : "+a" (ret) : : "memory", "r8",
				   "r9", "r10", "r11"));
	return !fault.signo && ret == getpid();
}

TEST_F(call, from_a_32_bit_program)
{
	void *low;

	if (!has_32_bit_calls())
		SKIP(return, "this kernel has no 32-bit system calls");
	low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ASSERT_NE(MAP_FAILED, low);
	memcpy(low, self->arg, variant->size);
	EXPECT_EQ(0, ioctl_32(fd_for_call(variant, self->fd), variant->request,
			      low));
	((union argument *)low)->size = variant->size - 1;
	EXPECT_EQ(-EINVAL, ioctl_32(self->fd, variant->request, low));
	EXPECT_EQ(-EFAULT, ioctl_32(self->fd, variant->request, NULL));
	EXPECT_EQ(-ENOTTY, ioctl_32(self->fd, variant->request | 0xf0, low));
}

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
	for (nr = 9; nr < 256; nr++) {
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
		struct hostmem_alloc alloc = {
			.size = sizeof(alloc),
			.type = types[i],
			.protect = HOSTMEM_READWRITE,
			.flags = HOSTMEM_ALLOC_PINNABLE,
			.addr = self->base,
			.length = PAGE,
		};

		EXPECT_EQ(-EINVAL, raw_call(self->fd, HOSTMEM_IOC_ALLOC, &alloc))
			TH_LOG("type %#x", types[i]);
		alloc.flags = 0;
		EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_ALLOC, &alloc))
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
		struct hostmem_alloc alloc = {
			.size = sizeof(alloc),
			.type = types[i],
			.protect = HOSTMEM_READWRITE,
			.addr = types[i] == HOSTMEM_RESERVE ? 0 : self->base,
			.length = PAGE,
			.deadline = 1,
		};

		EXPECT_EQ(0, raw_call(self->fd, HOSTMEM_IOC_ALLOC, &alloc))
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
	EXPECT_EQ(-ENOSPC, raw_alloc(self->fd, 0, ((uintptr_t)1 << 47) - GIB,
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
