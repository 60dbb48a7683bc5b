// SPDX-License-Identifier: GPL-2.0
/*
 * Description: what is alike for all calls of <linux/hostmem.h>, as raw ioctls: the
 * size, the place and the tail of a structure, the number of the file, callers of 32
 * bits (rule S7).
 */
#include "hostmem_test.h"

union argument {
	struct {
		__u32 size;
		__u32 id;
	};
	struct hostmem_alloc alloc;
	struct hostmem_free free;
	struct hostmem_limit limit;
	struct hostmem_load load;
	struct hostmem_prepare prepare;
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

FIXTURE_VARIANT_ADD(call, prepare)
{
	.request = HOSTMEM_IOC_PREPARE,
	.size = sizeof(struct hostmem_prepare),
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
	case HOSTMEM_IOC_PREPARE:
		arg->prepare = (struct hostmem_prepare) {
			.size = sizeof(arg->prepare),
			.bytes = BLOCK,
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

#ifdef __x86_64__
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
#else
/* A program of 64 bits has no way in. */
#define MAP_32BIT	0

static long ioctl_32(int fd, unsigned int request, void *arg)
{
	(void)fd;
	(void)request;
	(void)arg;
	return -ENOSYS;
}

static bool has_32_bit_calls(void)
{
	return false;
}
#endif

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

TEST_HARNESS_MAIN
