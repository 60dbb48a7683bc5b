// SPDX-License-Identifier: GPL-2.0
/*
 * Description: core dumps: committed pages of every region are in them, whatever
 * their protection, as the memory of any program is; what debuggers see that write
 * core files themselves; and that a child gets nothing even where it is to inherit.
 *
 * Where core files go is the whole machine's: only one such program can run at a
 * time, as root.
 */
#include "hostmem_test.h"

#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define PATTERN		"/proc/sys/kernel/core_pattern"
#define CORE		"/tmp/hostmem-core"

#define FIXED		((uintptr_t)0x50000000 + BLOCK - GRANULE)

/* What a child that dies tells of itself. */
struct note {
	uintptr_t base[4];
	int line;
};

/**
 * struct core - a core file
 * @fd: the file
 * @headers: of its segments
 * @nr: how many
 */
struct core {
	int fd;
	Elf64_Phdr *headers;
	size_t nr;
};

FIXTURE(dump)
{
	char pattern[256];
	struct note *note;
	struct core core;
};

FIXTURE_SETUP(dump)
{
	int fd = open(PATTERN, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	ASSERT_LE(0, fd);
	length = read(fd, self->pattern, sizeof(self->pattern) - 1);
	close(fd);
	ASSERT_LT(0, length);
	self->pattern[length] = 0;
	ASSERT_TRUE(write_file(PATTERN, CORE ".%p"));
	self->note = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->note);
	self->core.fd = -1;
}

FIXTURE_TEARDOWN(dump)
{
	EXPECT_TRUE(write_file(PATTERN, self->pattern));
	close(self->core.fd);
	free(self->core.headers);
}

/*
 * Reading core files
 */

static bool core_open(struct core *core, pid_t pid)
{
	char path[64];
	Elf64_Ehdr elf;
	size_t size;

	snprintf(path, sizeof(path), CORE ".%d", pid);
	core->fd = open(path, O_RDONLY | O_CLOEXEC);
	unlink(path);
	if (core->fd < 0 || pread(core->fd, &elf, sizeof(elf), 0) != sizeof(elf) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG) || elf.e_type != ET_CORE)
		return false;
	core->nr = elf.e_phnum;
	size = core->nr * sizeof(*core->headers);
	core->headers = malloc(size);
	return core->headers && pread(core->fd, core->headers, size, elf.e_phoff) ==
				(ssize_t)size;
}

/* The segment that begins at an address, or NULL. */
static const Elf64_Phdr *core_segment(const struct core *core, uintptr_t addr)
{
	size_t i;

	for (i = 0; i < core->nr; i++)
		if (core->headers[i].p_type == PT_LOAD &&
		    core->headers[i].p_vaddr == addr)
			return &core->headers[i];
	return NULL;
}

/* A page of the segment that begins at @base; false if the dump doesn't have it. */
static bool core_page(const struct core *core, uintptr_t base, size_t page,
		      uint64_t words[512])
{
	const Elf64_Phdr *header = core_segment(core, base);

	return header && header->p_filesz >= (page + 1) * PAGE &&
	       pread(core->fd, words, PAGE, header->p_offset + page * PAGE) ==
	       (ssize_t)PAGE;
}

/* Does the dump have what stamp() gave to pages of a segment? */
static bool core_stamped(const struct core *core, uintptr_t base, size_t page,
			 size_t nr, uint64_t seed)
{
	uint64_t words[512];

	for (; nr; nr--, page++) {
		uint64_t want = (base + page * PAGE) ^ seed;

		if (!core_page(core, base, page, words) || words[0] != want ||
		    words[511] != ~want)
			return false;
	}
	return true;
}

static bool core_zero(const struct core *core, uintptr_t base, size_t page)
{
	uint64_t words[512];

	return core_page(core, base, page, words) && !nonzero(words, PAGE);
}

/* The core file has all of a segment, or has it without its contents. */
#define EXPECT_SEGMENT(core, base, size, in_file) do {			\
	const Elf64_Phdr *__header = core_segment(core, base);		\
									\
	ASSERT_NE(NULL, __header);					\
	EXPECT_EQ((size_t)(size), __header->p_memsz);			\
	EXPECT_EQ((size_t)(in_file), __header->p_filesz);		\
} while (0)

/*
 * Dying
 */

/* In a child that is to die the macros can't tell: the line that went wrong does. */
#define CHECK(condition) do {						\
	if (!(condition)) {						\
		note->line = __LINE__;					\
		_exit(1);						\
	}								\
} while (0)

/* The functions use no library call before: so each child has a space of its own. */
#define DIE(prepare) do {						\
	pid_t __pid = fork();						\
	int __status;							\
									\
	ASSERT_LE(0, __pid);						\
	if (!__pid) {							\
		setrlimit(RLIMIT_CORE, &(struct rlimit){		\
			RLIM_INFINITY, RLIM_INFINITY });		\
		prepare(self->note);					\
		abort();						\
	}								\
	__status = status_of(__pid);					\
	ASSERT_EQ(0, self->note->line);					\
	ASSERT_TRUE(WIFSIGNALED(__status) && WCOREDUMP(__status))	\
		TH_LOG("status 0x%x", __status);			\
	ASSERT_TRUE(core_open(&self->core, __pid));			\
} while (0)

#define KINDS	(2 * ARRAY_SIZE(protections))

/* Give each page of a stamped range another protection; every other has a guard. */
static bool protect_all_ways(char *base, size_t pages)
{
	size_t i;

	for (i = 0; i < pages; i++) {
		DWORD protect = protections[i % KINDS / 2].protect, old;

		if (i % 2 && protect != PAGE_NOACCESS)
			protect |= PAGE_GUARD;
		if (!VirtualProtect(base + i * PAGE, PAGE, protect, &old))
			return false;
	}
	return true;
}

#define SMALL		(BLOCK + 4 * GRANULE)
#define SMALL_PAGES	(SMALL / PAGE)
#define RESERVED	700

static void small_region(struct note *note)
{
	char *base = both_at(FIXED, SMALL, PAGE_READWRITE);
	char *single = both_at(NULL, PAGE, PAGE_READONLY);

	CHECK(base == (char *)FIXED && single);
	stamp(base, SMALL, 1);
	CHECK(protect_all_ways(base, SMALL_PAGES));
	CHECK(VirtualFree(base + RESERVED % SMALL_PAGES * PAGE, PAGE, MEM_DECOMMIT));
	CHECK(commit_at(single, PAGE, PAGE_READWRITE));
	stamp(single, PAGE, 2);
	note->base[0] = (uintptr_t)single;
}

TEST_F(dump, has_pages_of_all_protections)
{
	size_t reserved = RESERVED % SMALL_PAGES;

	DIE(small_region);
	EXPECT_SEGMENT(&self->core, FIXED, SMALL, SMALL);
	EXPECT_TRUE(core_stamped(&self->core, FIXED, 0, reserved, 1));
	EXPECT_TRUE(core_zero(&self->core, FIXED, reserved));
	EXPECT_TRUE(core_stamped(&self->core, FIXED, reserved + 1,
				 SMALL_PAGES - reserved - 1, 1));
	EXPECT_SEGMENT(&self->core, self->note->base[0], PAGE, PAGE);
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], 0, 1, 2));
}

/* Large pages, and what lies next to them. */
static void large_region(struct note *note)
{
	char *next;
	char *base = VirtualAlloc(NULL, 2 * BLOCK,
				  MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES,
				  PAGE_READWRITE);

	CHECK(base);
	next = both_at(NULL, PAGE, PAGE_READWRITE);
	CHECK(next);
	stamp(base, 2 * BLOCK, 3);
	stamp(next, PAGE, 4);
	note->base[0] = (uintptr_t)base;
	note->base[1] = (uintptr_t)next;
}

TEST_F(dump, has_large_pages)
{
	if (!has_large_pages())
		SKIP(return, "this kernel has no large pages for such regions");
	DIE(large_region);
	EXPECT_SEGMENT(&self->core, self->note->base[0], 2 * BLOCK, 2 * BLOCK);
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], 0,
				 2 * BLOCK / PAGE, 3));
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[1], 0, 1, 4));
}

#define SPARSE		(256 * MIB)

static const size_t islands[] = { 3, SPARSE / 2 / PAGE - 1, SPARSE / PAGE - 2 };

static void sparse_region(struct note *note)
{
	char *base = reserve_at(NULL, SPARSE);
	size_t i;

	CHECK(base);
	for (i = 0; i < ARRAY_SIZE(islands); i++) {
		char *island = base + islands[i] * PAGE;

		CHECK(commit_at(island, 2 * PAGE, PAGE_READWRITE) == island);
		stamp(island, 2 * PAGE, 5);
	}
	note->base[0] = (uintptr_t)base;
}

TEST_F(dump, has_what_lies_far_apart)
{
	const struct core *core = &self->core;
	uintptr_t base, end;
	size_t i;

	DIE(sparse_region);
	base = self->note->base[0];
	EXPECT_SEGMENT(core, base, islands[0] * PAGE, 0);
	for (i = 0; i < ARRAY_SIZE(islands); i++) {
		uintptr_t island = base + islands[i] * PAGE;

		EXPECT_SEGMENT(core, island, 2 * PAGE, 2 * PAGE);
		EXPECT_TRUE(core_stamped(core, island, 0, 2, 5));
		end = base + (i + 1 < ARRAY_SIZE(islands) ?
			      islands[i + 1] * PAGE : SPARSE);
		if (end > island + 2 * PAGE)
			EXPECT_SEGMENT(core, island + 2 * PAGE,
				       end - island - 2 * PAGE, 0);
	}
}

/* Every 64th page of a region: more parts than a dump shall have. */
#define SCATTERED_PAGES	33000
#define SCATTERED	(SCATTERED_PAGES * 64 * PAGE)

static void scattered_region(struct note *note)
{
	char *base = reserve_at(NULL, SCATTERED);
	size_t i;

	CHECK(base);
	for (i = 0; i < SCATTERED_PAGES; i++)
		CHECK(commit_at(base + i * 64 * PAGE, PAGE, PAGE_READWRITE));
	stamp(base, PAGE, 21);
	stamp(base + 64 * PAGE * 1000, PAGE, 21);
	note->base[0] = (uintptr_t)base;
}

TEST_F(dump, has_as_many_parts_as_there_is_room_for)
{
	uintptr_t base;

	DIE(scattered_region);
	base = self->note->base[0];
	EXPECT_TRUE(core_stamped(&self->core, base, 0, 1, 21));
	EXPECT_TRUE(core_stamped(&self->core, base + 64 * PAGE * 1000, 0, 1, 21));
	EXPECT_GT(36000, self->core.nr);
}

static void other_kinds(struct note *note)
{
	char *watched = VirtualAlloc(NULL, BLOCK, MEM_RESERVE | MEM_COMMIT |
				     MEM_WRITE_WATCH, PAGE_READWRITE);
	char *reset = both_at(NULL, 8 * PAGE, PAGE_READWRITE);
	int fd = open_device();
	uintptr_t other;

	CHECK(watched && reset && fd >= 0);
	stamp(watched, BLOCK, 6);
	CHECK(!ResetWriteWatch(watched, BLOCK));
	stamp(watched, GRANULE, 7);
	/* Of four pages the contents go, two are written again. */
	stamp(reset, 8 * PAGE, 8);
	CHECK(VirtualAlloc(reset + PAGE, 6 * PAGE, MEM_RESET, PAGE_READWRITE));
	stamp(reset + 2 * PAGE, 2 * PAGE, 9);
	CHECK(write_file("/proc/sys/vm/drop_caches", "2"));
	/* And these may go, but didn't yet. */
	CHECK(VirtualAlloc(reset + 3 * PAGE, PAGE, MEM_RESET, PAGE_READWRITE));
	CHECK(!raw_alloc(fd, 0, BLOCK, HOSTMEM_RESERVE | HOSTMEM_COMMIT,
			 HOSTMEM_READWRITE, &other));
	stamp((void *)other, BLOCK, 10);
	note->base[0] = (uintptr_t)watched;
	note->base[1] = (uintptr_t)reset;
	note->base[2] = other;
}

TEST_F(dump, has_watched_memory_and_that_of_other_files)
{
	const struct core *core = &self->core;
	uintptr_t *base = self->note->base;

	DIE(other_kinds);
	EXPECT_TRUE(core_stamped(core, base[0], 0, GRANULE / PAGE, 7));
	EXPECT_TRUE(core_stamped(core, base[0], GRANULE / PAGE,
				 (BLOCK - GRANULE) / PAGE, 6));
	EXPECT_TRUE(core_stamped(core, base[2], 0, BLOCK / PAGE, 10));
}

TEST_F(dump, has_zeroes_for_contents_that_have_gone)
{
	const struct core *core = &self->core;
	uintptr_t *base = self->note->base;
	size_t gone[] = { 1, 4, 5, 6 }, i;

	DIE(other_kinds);
	EXPECT_SEGMENT(core, base[1], 8 * PAGE, 8 * PAGE);
	EXPECT_TRUE(core_stamped(core, base[1], 0, 1, 8));
	EXPECT_TRUE(core_stamped(core, base[1], 2, 2, 9));
	EXPECT_TRUE(core_stamped(core, base[1], 7, 1, 8));
	for (i = 0; i < ARRAY_SIZE(gone); i++)
		EXPECT_TRUE(core_zero(core, base[1], gone[i]));
}

/*
 * Where far more is reserved than committed: dumps would take hours otherwise
 */

#define GIANT	(64 * TIB)

static void giant_region(struct note *note)
{
	char *before = both_at(FIXED, BLOCK, PAGE_READWRITE);
	char *giant = reserve_at(NULL, GIANT);
	char *after = both_at(NULL, GRANULE, PAGE_READWRITE);

	CHECK(before && giant && after);
	CHECK(commit_at(giant, 64 * MIB, PAGE_READWRITE));
	CHECK(commit_at(giant + GIANT / 2, BLOCK, PAGE_READWRITE));
	stamp(giant, 64 * MIB, 19);
	stamp(giant + GIANT / 2, BLOCK, 20);
	stamp(before, BLOCK, 11);
	stamp(after, GRANULE, 12);
	note->base[0] = (uintptr_t)before;
	note->base[1] = (uintptr_t)giant;
	note->base[2] = (uintptr_t)after;
}

static void giant_region_and_all_that_is_shared(struct note *note)
{
	giant_region(note);
	CHECK(write_file("/proc/self/coredump_filter", "0x7f"));
}

#define EXPECT_GIANT_AND_NEIGHBOURS() do {				\
	const uintptr_t __giant = self->note->base[1];			\
	const uintptr_t __half = __giant + GIANT / 2;			\
									\
	EXPECT_SEGMENT(&self->core, __giant, 64 * MIB, 64 * MIB);	\
	EXPECT_TRUE(core_stamped(&self->core, __giant, 0,		\
				 64 * MIB / PAGE, 19));			\
	EXPECT_SEGMENT(&self->core, __giant + 64 * MIB,			\
		       GIANT / 2 - 64 * MIB, 0);			\
	EXPECT_SEGMENT(&self->core, __half, BLOCK, BLOCK);		\
	EXPECT_TRUE(core_stamped(&self->core, __half, 0, BLOCK / PAGE, 20)); \
	EXPECT_SEGMENT(&self->core, __half + BLOCK, GIANT / 2 - BLOCK, 0); \
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], 0,	\
				 BLOCK / PAGE, 11));			\
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[2], 0,	\
				 GRANULE / PAGE, 12));			\
} while (0)

TEST_F(dump, has_what_is_committed_in_64_TiB)
{
	DIE(giant_region);
	EXPECT_GIANT_AND_NEIGHBOURS();
}

TEST_F(dump, has_what_is_committed_in_64_TiB_if_shared_memory_is_wanted_too)
{
	DIE(giant_region_and_all_that_is_shared);
	EXPECT_GIANT_AND_NEIGHBOURS();
}

/* Where much is committed, the gaps are in the dump, too. */
#define DENSE		(GIB + 256 * MIB)
#define DENSE_PART	(96 * MIB)

static void dense_region(struct note *note)
{
	char *base = reserve_at(NULL, DENSE);

	CHECK(base && commit_at(base + DENSE / 2, DENSE_PART, PAGE_READWRITE));
	stamp(base + DENSE / 2, DENSE_PART, 14);
	note->base[0] = (uintptr_t)base;
}

TEST_F(dump, is_whole_where_much_is_committed)
{
	DIE(dense_region);
	EXPECT_SEGMENT(&self->core, self->note->base[0], DENSE, DENSE);
	EXPECT_TRUE(core_stamped(&self->core, self->note->base[0], DENSE / 2 / PAGE,
				 DENSE_PART / PAGE, 14));
}

/*
 * The user's word
 */

/* Advised before there is a page, when there are some, and not at all. */
static void advised_regions(struct note *note)
{
	size_t i;

	for (i = 0; i < 3; i++) {
		char *base = reserve_at(NULL, 2 * BLOCK);

		CHECK(base);
		CHECK(i != 0 || !madvise(base, 2 * BLOCK, MADV_DONTDUMP));
		CHECK(commit_at(base, 2 * BLOCK, PAGE_READWRITE));
		CHECK(i != 1 || !madvise(base, 2 * BLOCK, MADV_DONTDUMP));
		stamp(base, 2 * BLOCK, 15);
		note->base[i] = (uintptr_t)base;
	}
}

TEST_F(dump, has_not_what_the_user_has_advised_against)
{
	uintptr_t *base = self->note->base;

	DIE(advised_regions);
	EXPECT_SEGMENT(&self->core, base[0], 2 * BLOCK, 0);
	EXPECT_SEGMENT(&self->core, base[1], 2 * BLOCK, 0);
	EXPECT_SEGMENT(&self->core, base[2], 2 * BLOCK, 2 * BLOCK);
	EXPECT_TRUE(core_stamped(&self->core, base[2], 0, 2 * BLOCK / PAGE, 15));
}

/* Private memory is bit 0 of coredump_filter, shared memory of files is bit 3. */
static void filtered_region(struct note *note)
{
	small_region(note);
	CHECK(write_file("/proc/self/coredump_filter", "0x8"));
}

TEST_F(dump, is_filtered_as_private_memory)
{
	DIE(filtered_region);
	EXPECT_SEGMENT(&self->core, FIXED, SMALL, 0);
}

/* The flags of the mapping that begins at an address, or an empty string. */
static const char *flags_of(const void *base)
{
	static char line[512];
	FILE *file = fopen("/proc/self/smaps", "r");
	uintptr_t from, to;
	bool found = false;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			found = from == (uintptr_t)base;
		else if (found && !strncmp(line, "VmFlags:", 8))
			break;
	}
	if (!file || feof(file))
		line[0] = 0;
	if (file)
		fclose(file);
	return line;
}

#define EXPECT_FLAGS(base, io, dd) do {					\
	const char *__flags = flags_of(base);				\
									\
	EXPECT_EQ(io, !!strstr(__flags, " io"))				\
		TH_LOG("%s", __flags);					\
	EXPECT_EQ(dd, !!strstr(__flags, " dd"))				\
		TH_LOG("%s", __flags);					\
	EXPECT_NE(NULL, strstr(__flags, " rd"));			\
} while (0)

/*
 * Who shares the memory and lives on
 */

static int die_together(void *arg)
{
	(void)arg;
	setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	signal(SIGABRT, SIG_DFL);
	syscall(SYS_kill, syscall(SYS_getpid), SIGABRT);
	return 1;
}

static char stack[64 * 1024] __attribute__((aligned(16)));

static void survive(struct __test_metadata *_metadata, struct core *core, int flags)
{
	char *base = VirtualAlloc(NULL, 2 * BLOCK, MEM_RESERVE | MEM_COMMIT |
				  MEM_WRITE_WATCH, PAGE_READWRITE);
	struct fault fault;
	int status;
	DWORD old;
	pid_t pid;

	ASSERT_NE(NULL, base);
	stamp(base, 2 * BLOCK, 16);
	ASSERT_TRUE(VirtualProtect(base, PAGE, PAGE_READONLY, &old));
	ASSERT_EQ(0, ResetWriteWatch(base, 2 * BLOCK));
	pid = clone(die_together, stack + sizeof(stack), flags | CLONE_VM | SIGCHLD,
		    NULL);
	ASSERT_LT(0, pid);
	status = status_of(pid);
	ASSERT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	ASSERT_TRUE(core_open(core, pid));

	/* Its memory is as it was, and does all that it did. */
	EXPECT_FLAGS(base, false, false);
	EXPECT_EQ(NULL, unstamped(base, 2 * BLOCK, 16));
	fault = try_write(base, 1);
	EXPECT_EQ(SIGSEGV, fault.signo);
	EXPECT_TRUE(can_write(base + PAGE));
	EXPECT_TRUE(VirtualFree(base + BLOCK, BLOCK, MEM_DECOMMIT));
	fault = try_read(base + BLOCK);
	EXPECT_EQ(SIGSEGV, fault.signo);
	EXPECT_EQ(base, commit_at(base, 2 * BLOCK, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(base + BLOCK, BLOCK));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_F(dump, of_one_who_shares_the_memory_leaves_it_alone)
{
	survive(_metadata, &self->core, 0);
}

TEST_F(dump, of_a_vfork_child_leaves_its_parent_s_memory_alone)
{
	survive(_metadata, &self->core, CLONE_VFORK);
}

/* A child of vfork that outlives its parent's dump still finds the memory. */
struct outliving {
	int started[2];
	int parent[2];
	int result[2];
};

static int outlive(void *arg)
{
	struct outliving *pipes = arg;
	char byte = 'g';

	close(pipes->parent[1]);
	if (write(pipes->started[1], &byte, 1) != 1 ||
	    read(pipes->parent[0], &byte, 1))		/* until the parent is gone */
		byte = 'p';
	else if (unstamped((void *)FIXED, BLOCK, 17) || !can_write((void *)FIXED))
		byte = 'm';
	return write(pipes->result[1], &byte, 1) != 1;
}

static void *spawn(void *pipes)
{
	clone(outlive, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, pipes);
	return NULL;
}

static struct outliving pipes;

static void parent_of_vfork(struct note *note)
{
	char *base = both_at(FIXED, BLOCK, PAGE_READWRITE), byte;
	pthread_t thread;

	CHECK(base && !pipe(pipes.started) && !pipe(pipes.parent));
	close(pipes.result[0]);
	stamp(base, BLOCK, 17);
	CHECK(!pthread_create(&thread, NULL, spawn, &pipes));
	CHECK(read(pipes.started[0], &byte, 1) == 1);
}

TEST_F(dump, of_a_vfork_child_s_parent_has_the_memory_and_leaves_it_to_the_child)
{
	char byte = 0;

	ASSERT_EQ(0, pipe(pipes.result));
	DIE(parent_of_vfork);
	EXPECT_TRUE(core_stamped(&self->core, FIXED, 0, BLOCK / PAGE, 17));
	close(pipes.result[1]);
	EXPECT_EQ(1, read(pipes.result[0], &byte, 1));
	EXPECT_EQ('g', byte);
}

/*
 * Debuggers that write core files: they pass over what /proc/PID/smaps calls "io",
 * a device's, or "dd", not to be dumped
 */

TEST(debuggers_find_memory_worth_a_core_file)
{
	char *small = both_at(NULL, PAGE, PAGE_NOACCESS);
	char *base = reserve_at(NULL, 4 * BLOCK);
	char *giant = reserve_at(NULL, GIANT);
	size_t i;

	ASSERT_NE(NULL, small);
	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, giant);
	EXPECT_FLAGS(small, false, false);
	EXPECT_FLAGS(base, false, false);
	EXPECT_FLAGS(giant, !is_pinnable(), false);
	for (i = 0; i < 4; i++) {
		if (i == 2)
			ASSERT_EQ(0, madvise(base, 4 * BLOCK, MADV_DONTDUMP));
		ASSERT_NE(NULL, commit_at(base + i * BLOCK, 3 * PAGE, PAGE_READWRITE));
		EXPECT_FLAGS(base, false, i >= 2);
		ASSERT_NE(NULL, commit_at(giant + i * BLOCK, PAGE, PAGE_READWRITE));
		EXPECT_FLAGS(giant, !is_pinnable(), false);
	}
}

/* What is sparse no more is found, and stays so. */
TEST(debuggers_find_a_giant_once_it_is_full)
{
	char *base = reserve_at(NULL, DENSE);

	ASSERT_NE(NULL, base);
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_FLAGS(base, !is_pinnable(), false);
	ASSERT_NE(NULL, commit_at(base, DENSE_PART, PAGE_READWRITE));
	EXPECT_FLAGS(base, false, false);
	ASSERT_TRUE(VirtualFree(base, 0, MEM_DECOMMIT));
	ASSERT_NE(NULL, commit_at(base, PAGE, PAGE_READWRITE));
	EXPECT_FLAGS(base, false, false);
}

/*
 * Children that are to inherit a region
 */

#define INHERITED	(2 * BLOCK)

/* Nothing of it is there; if there is a mapping, it can only be unmapped. */
static int look_at_inheritance(char *base, int depth)
{
	int status;
	pid_t pid;

	if (try_read(base).signo != SIGSEGV || try_write(base + BLOCK, 1).signo != SIGSEGV)
		return 1;
	if (mappings(getpid(), (uintptr_t)base, (uintptr_t)base + INHERITED) &&
	    (mprotect(base, INHERITED, PROT_READ) != -1 ||
	     mremap(base, INHERITED, PAGE, MREMAP_MAYMOVE) != MAP_FAILED ||
	     !munmap(base, PAGE)))
		return 2;
	madvise(base, INHERITED, MADV_DOFORK);
	madvise(base, INHERITED, MADV_KEEPONFORK);
	if (depth) {
		pid = fork();
		if (!pid)
			_exit(look_at_inheritance(base, depth - 1));
		status = status_of(pid);
		if (status)
			return 10 + WEXITSTATUS(status);
	}
	return munmap(base, INHERITED) ? 3 : 0;
}

TEST(child_inherits_nothing)
{
	int ends[2], status, i;
	char *base, byte = 0;
	pid_t pid;

	base = both_at(NULL, INHERITED, PAGE_READWRITE);
	ASSERT_NE(NULL, base);
	stamp(base, INHERITED, 18);
	/* Some kernels refuse that. */
	madvise(base, INHERITED, MADV_DOFORK);

	for (i = 0; i < 2; i++) {
		status = -1;
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(look_at_inheritance(base, 1));
		status = status_of(pid);
		EXPECT_EQ(0, status);
		EXPECT_EQ(NULL, unstamped(base, INHERITED, 18));
	}

	/* A child that stays while the memory goes, and even its owner's regions. */
	ASSERT_EQ(0, pipe(ends));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(ends[1]);
		if (read(ends[0], &byte, 1) != 1)
			_exit(20);
		_exit(look_at_inheritance(base, 1));
	}
	EXPECT_TRUE(VirtualFree(base, BLOCK, MEM_DECOMMIT));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
	EXPECT_EQ(1, write(ends[1], &byte, 1));
	status = status_of(pid);
	EXPECT_EQ(0, status);
	EXPECT_EQ(base, both_at(base, INHERITED, PAGE_READWRITE));
	EXPECT_EQ(NULL, nonzero(base, INHERITED));
}

#define MANY		300

/* Change what a process wants dumped until it has gone. */
static void toggle_filter(pid_t pid)
{
	char path[64];
	unsigned int n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/coredump_filter", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	for (n = 0; pwrite(fd, n % 2 ? "0" : "1", 1, 0) == 1; n++)
		;
	_exit(0);
}

/* Many sparse regions, so that looking for what is in them takes a while. */
static void many_sparse_regions(struct note *note)
{
	size_t i, run;
	pid_t pid = getpid();
	char *base;

	for (i = 0; i < MANY; i++) {
		base = reserve_at(NULL, 32 * BLOCK);
		CHECK(base);
		for (run = 0; run < 4; run++)
			CHECK(commit_at(base + PAGE + run * GRANULE * 8, PAGE,
					PAGE_READWRITE));
	}
	if (!fork())
		toggle_filter(pid);
}

/* Anybody may change the filter meanwhile: the dump has the one kind of list or the other. */
TEST_F(dump, may_be_told_otherwise_meanwhile)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		DIE(many_sparse_regions);
		EXPECT_LE(MANY, self->core.nr);
		close(self->core.fd);
		free(self->core.headers);
		self->core = (struct core){ .fd = -1 };
	}
}

#define RELEASED	100
#define RELEASED_SIZE	(RELEASED * PAGE)

static uintptr_t released[RELEASED];
static int releasing_fd;
static atomic_bool may_release;
static char borrower_stack[64 * 1024];

static int release_all(void *unused)
{
	size_t i = RELEASED;

	(void)unused;
	while (!may_release)
		;
	while (i--)
		raw_free(releasing_fd, released[i], 0, HOSTMEM_RELEASE);
	_exit(0);
}

static void regions_being_released(struct note *note)
{
	size_t i;

	for (i = 0; i < RELEASED; i++) {
		released[i] = (uintptr_t)both_at(NULL, RELEASED_SIZE, PAGE_READWRITE);
		CHECK(released[i]);
		stamp((void *)released[i], RELEASED_SIZE, 1);
	}
	releasing_fd = library_fd();
	CHECK(clone(release_all, borrower_stack + sizeof(borrower_stack), CLONE_VM,
		    NULL) > 0);
	may_release = true;
}

/*
 * A child with the same memory may have begun to release a region when it becomes part
 * of the dump: its pages are freed nevertheless, or else the kernel complains of the mm.
 */
TEST_F(dump, may_come_while_regions_are_released)
{
	size_t i;

	for (i = 0; i < 4; i++) {
		DIE(regions_being_released);
		close(self->core.fd);
		free(self->core.headers);
		self->core = (struct core){ .fd = -1 };
	}
}

static char thread_stack[64 * 1024];
static pid_t leader;

/* Die when the thread that the process began with has ended. */
static int die_last(void *unused)
{
	char path[64], line[256];
	ssize_t length;
	int fd;

	(void)unused;
	snprintf(path, sizeof(path), "/proc/%d/stat", leader);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		length = read(fd, line, sizeof(line) - 1);
		close(fd);
		line[length > 0 ? length : 0] = 0;
	} while (!strstr(line, ") Z"));
	syscall(SYS_tkill, syscall(SYS_gettid), SIGABRT);
	return 0;
}

static int end_first(void *unused)
{
	(void)unused;
	leader = syscall(SYS_getpid);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	clone(die_last, thread_stack + sizeof(thread_stack),
	      CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, NULL);
	return syscall(SYS_exit, 0);
}

/* A thread that has ended doesn't count: the memory is the parent's all the same. */
TEST_F(dump, of_a_borrower_whose_first_thread_has_ended_leaves_memory_alone)
{
	char *base = reserve_at(NULL, BLOCK);
	int status;
	pid_t pid;

	ASSERT_NE(NULL, commit_at(base, GRANULE, PAGE_READWRITE));
	pid = clone(end_first, borrower_stack + sizeof(borrower_stack),
		    CLONE_VM | SIGCHLD, NULL);
	ASSERT_LT(0, pid);
	status = status_of(pid);
	EXPECT_TRUE(WIFSIGNALED(status) && WCOREDUMP(status));
	EXPECT_TRUE(core_open(&self->core, pid));
	EXPECT_NE(NULL, commit_at(base, BLOCK, PAGE_READWRITE));
	EXPECT_TRUE(VirtualFree(base, 0, MEM_RELEASE));
}

TEST_HARNESS_MAIN
